"""Domains: a banked site is met by itself and everything below it, and what everybody shares can't be banked."""

import pytest

from forestall.detect.match.signals.addresses import read
from forestall.detect.match.signals.domain import DOMAIN, shared_places
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading, Role, Segment
from tests.contracts.signal import JUNK, KeyedContract


def post(text: str) -> Reading:
    """Give a reading of one text."""
    return Reading("1", segments=(Segment(BODY, Role.BODY, text),))


def met(banked: str, text: str) -> list[str]:
    """Give the variants in which a text meets a banked domain."""
    key = DOMAIN.key(DOMAIN.normalise(banked))
    return [query.variant for query in DOMAIN.queries(post(text)) if query.key == key]


class TestDomain(KeyedContract):
    """The laws of a keyed type hold for domains."""

    kind = DOMAIN
    met = ("pale-dawn.example", post("Go to https://files.pale-dawn.example/x"))
    junk = (
        *JUNK,
        "com",
        "t.me",
        "*.github.io",
        "co.uk",
        "https://pale-dawn.example/x",
        "pale-dawn.example:8080",
        "a@b.example",
    )


def test_a_site_is_met_by_itself_and_below() -> None:
    """A banked domain is met by its own addresses and by those of every name below it, which is said."""
    assert met("pale-dawn.example", "see www.PALE-DAWN.example/page") == [""]
    assert met("*.pale-dawn.example", "see a.b.pale-dawn.example") == ["subdomain of"]


def test_a_neighbour_is_not_met() -> None:
    """A name that only ends or begins alike, or lies above, is another site."""
    for text in ("notpale-dawn.example", "pale-dawn.example.org", "example.org", "pale-dawn.examples"):
        assert met("pale-dawn.example", f"see https://{text}/x") == []
    assert met("a.pale-dawn.example", "see https://pale-dawn.example/x") == []


@pytest.mark.parametrize(
    "place", ["t.me", "https://www.youtube.com/", "github.io", "co.uk", "com.tr", "X.com", "twitter.com"]
)
def test_shared_places_are_refused(place: str) -> None:
    """A suffix or a platform would match everything there: it is refused, with what to bank instead."""
    with pytest.raises(BadInput) as error:
        DOMAIN.normalise(place)
    assert "url" in error.value.next_step


def test_a_name_below_a_shared_place_is_somebodys() -> None:
    """What one hoster's customer runs can be banked, and is met by its own addresses alone."""
    assert met("pale-dawn.github.io", "see https://pale-dawn.github.io/x") == [""]
    assert met("pale-dawn.github.io", "see https://other.github.io/x") == []


def test_addresses_by_number_have_nothing_above() -> None:
    """An IP address is met as a whole."""
    assert [query.variant for query in DOMAIN.queries(post("http://192.0.2.7/a"))] == [""]
    assert met("192.0.2.7", "http://192.0.2.7/a") == [""]
    assert met("2001:DB8::7", "http://[2001:db8:0::7]:8080/a") == [""]


def test_the_list_is_canonical() -> None:
    """Every shared place stands in the list as addresses are read, so that none is missed."""
    for name in shared_places() - {"onion", "twitter.com", "youtu.be", "telegram.me"}:
        address = read(name)
        assert address is not None, name
        assert address.host == name
