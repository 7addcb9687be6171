"""Contact points: one place is one signal however its address is written."""

import pytest

from forestall.detect.contact import canonical, detector, points_of
from forestall.detect.contact.kinds import KINDS
from forestall.detect.match.signals.contact import type_of
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading, Role, Segment
from tests.contracts.signal import KeyedContract

CONTACT = type_of(points_of, canonical)
KNOWN = tuple(f"{name}:{kind.example}" for name, kind in KINDS.items())


def post(text: str) -> Reading:
    """Give a reading of one text."""
    return Reading("1", segments=(Segment(BODY, Role.BODY, text),))


class TestContact(KeyedContract):
    """The laws of a keyed type hold for contact points."""

    kind = CONTACT
    built_in = False
    case_matters = True
    met = ("https://t.me/pale_dawn7", post("Write to telegram: @Pale_Dawn7, or t[.]me/pale_dawn7"))
    junk = (
        "",
        " ",
        "0",
        "no-value",
        "-1",
        "０",
        "\0",
        "\ud800",
        "[]",
        "t.me/share",
        "https://example.org",
        "telegram:name:x",
    )


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.rpartition(":")[0])
def test_an_id_is_its_own_id(known: str) -> None:
    """The canonical id of every kind of contact point is read as itself."""
    assert canonical(known) == known


def test_codes_keep_their_case_and_names_do_not() -> None:
    """Two invites that differ in case are two places; two names are one."""
    assert canonical("https://t.me/+AbCdEfGhIjKlMn") != canonical("https://t.me/+abcdefghijklmn")
    assert canonical("@Pale_Dawn7 on telegram") == canonical("t.me/pale_dawn7")


def test_two_points_are_no_value() -> None:
    """A value that names two places is refused, so that nobody banks one by mistake."""
    with pytest.raises(BadInput) as error:
        canonical("t.me/pale_dawn7 or t.me/ninth_tide")
    assert error.value.next_step


def test_a_point_is_met_where_it_stands() -> None:
    """A banked point is met in a post, with its mark; and the detector finds the same without looking twice."""
    text = "Come to t . me / pale_dawn7 tonight"
    reading = post(text)
    (query,) = CONTACT.queries(reading)
    assert query.key == CONTACT.key("telegram:name:pale_dawn7")
    assert [text[start:end] for start, end in query.spans] == ["t . me / pale_dawn7"]
    kept = reading.memo["places:0"]
    (finding,) = detector().look(reading)
    assert finding.evidence["canonical"] == "telegram:name:pale_dawn7"
    assert finding.spans == query.spans
    assert reading.memo["places:0"] is kept
