"""Addresses: all spellings that lead to one place are one signal, and one place is never taken for another."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.match.signals.addresses import read
from forestall.detect.match.signals.links import MOST_PER_PART, links
from forestall.detect.match.signals.url import URL, URL_MD5, spellings
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading, Role, Segment
from tests.contracts.signal import JUNK, KeyedContract

PLACE = "https://files.example.org/Drop/7Qx2?b=1&c=2"


def post(text: str, role: Role = Role.BODY) -> Reading:
    """Give a reading of one text."""
    return Reading("1", segments=(Segment(BODY, role, text),))


def found(text: str, role: Role = Role.BODY) -> list[str]:
    """Give the canonical addresses of one text."""
    return [link.address.url for link in links(post(text, role))]


class TestUrl(KeyedContract):
    """The laws of a keyed type hold for addresses."""

    kind = URL
    case_matters = True
    met = (
        "files.example.org/Drop/7Qx2",
        post("Get it at hxxps://www.FILES[.]example.org/Drop/7Qx2/?utm_source=a now."),
    )
    junk = (
        *JUNK,
        "a@b",
        "mailto:someone@example.org",
        "javascript:alert(1)",
        "localhost",
        "1.2.3",
        "a" * 3_000 + ".org",
    )


class TestUrlMd5(KeyedContract):
    """The laws of a keyed type hold for digests of addresses."""

    kind = URL_MD5
    met = (
        hashlib.md5(b"http://www.files.example.org/Drop/7Qx2/").hexdigest(),
        post("Get it at https://files.example.org/Drop/7Qx2"),
    )


SAME = (
    "http://files.example.org/Drop/7Qx2?b=1&c=2",
    "HTTPS://WWW.Files.Example.ORG:443/Drop/7Qx2?c=2&b=1",
    "files.example.org./Drop//x/../7Qx2/?b=1&c=2",
    "https://user:secret@files.example.org/./Drop/7Qx2?utm_source=mail&b=1&fbclid=9&c=2#top",
    "hxxps://files[.]example(dot)org/%44rop/7Qx2?b=%31&c=2",
    "https:\\\\files.example.org\\Drop\\7Qx2?b=1&c=2",
    "https://fi\u200bles。example．org/Drop/7Qx2?b=1&c=2",
    "https://m.files.example.org/Drop/7Qx2?b=1&c=2",
)
OTHER = (
    "https://files.example.org/drop/7Qx2?b=1&c=2",
    "https://files.example.org/Drop/7Qx2",
    "https://files.example.org/Drop/7Qx2?b=1&c=3",
    "https://files.example.org:8443/Drop/7Qx2?b=1&c=2",
    "https://files.example.net/Drop/7Qx2?b=1&c=2",
    "ftp://files.example.org/Drop/7Qx2?b=1&c=2",
    "https://files.exаmple.org/Drop/7Qx2?b=1&c=2",
    "https://files.example.org/Drop%2F7Qx2?b=1&c=2",
)


@pytest.mark.parametrize("copy", SAME, ids=range(len(SAME)))
def test_every_spelling_is_one_address(copy: str) -> None:
    """Case, ports, escapes, dots, slashes, users, tracking and disguise do not make another address."""
    assert URL.normalise(copy) == PLACE


@pytest.mark.parametrize("other", OTHER, ids=range(len(OTHER)))
def test_another_place_stays_another(other: str) -> None:
    """What may lead elsewhere stays apart: case of the path, parameters, ports, hosts, letters of another script."""
    assert URL.normalise(other) != PLACE


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("bücher.example/straße", "https://xn--bcher-kva.example/stra%C3%9Fe"),
        ("пример.рф", "https://xn--e1afmkfd.xn--p1ai/"),
        ("http://3232235521/x", "https://192.168.0.1/x"),
        ("http://0xC0.0250.1/x", "https://192.168.0.1/x"),
        ("https://[2001:DB8:0::1]:80/", "https://[2001:db8::1]/"),
        ("telegram.me/s/ninth_tide/12", "https://t.me/ninth_tide/12"),
        ("https://signal.group/#CjQKIEabc", "https://signal.group/#CjQKIEabc"),
        ("https://chat.example.org/#/room/7", "https://chat.example.org/#/room/7"),
        ("https://example.org/#top", "https://example.org/"),
        ("https://youtu.be/abcdefghij0?si=x", "https://youtube.com/watch?v=abcdefghij0"),
        ("https://m.youtube.com/shorts/abcdefghij0", "https://youtube.com/watch?v=abcdefghij0"),
        ("https://example.org/a%2fb%zz", "https://example.org/a%2Fb%25zz"),
        ("https://m.org/x", "https://m.org/x"),
        ("https://example.org/../../a", "https://example.org/a"),
    ],
)
def test_the_one_spelling(written: str, canonical: str) -> None:
    """The canonical form is the documented one."""
    assert URL.normalise(written) == canonical


ADDRESSES = st.builds(
    lambda *pieces: "".join(pieces),
    st.sampled_from(["", "http://", "HTTPS://", "hxxp://", "ftp://", "//", "x:", "http:\\\\"]),
    st.sampled_from(
        ["example.org", "www.EXAMPLE.org.", "a.b.example", "1.2.3.4", "0x7f.1", "[::1]", "ü.example", "u@e.org"]
    ),
    st.sampled_from(["", ":80", ":8080", ":", ":x"]),
    st.text(st.sampled_from("/aB.%2fFeE~é ?&=#;+\\\u200b😀\"'<|\ud800"), max_size=30),
)


@settings(derandomize=True, max_examples=600, deadline=None)
@given(st.one_of(ADDRESSES, st.text(max_size=60)))
def test_reading_again_changes_nothing(text: str) -> None:
    """The canonical form of an address is its own canonical form, plain ASCII, and has the same host."""
    address = read(text)
    if address is not None:
        again = read(address.url)
        assert again is not None
        assert (again.url, again.host) == (address.url, address.host)
        assert address.url.isascii()
        assert not set(' \t\n"<>') & set(address.url)


def test_addresses_are_found_in_texts() -> None:
    """With a scheme or without, disguised, in brackets, before a full stop: each is found and marked."""
    text = "See (example.org/a_(b)), hxxp://bad[.]example[.]net/Q! or go to other (dot) example (dot) org. Not a@mail.example.org, v1.2.3"
    marked = [(link.address.url, [text[a:b] for a, b in link.spans]) for link in links(post(text))]
    assert marked == [
        ("https://example.org/a_(b)", ["example.org/a_(b)"]),
        ("https://bad.example.net/Q", ["hxxp://bad[.]example[.]net/Q"]),
        ("https://other.example.org/", ["other (dot) example (dot) org"]),
    ]


def test_the_target_of_a_redirect_is_found() -> None:
    """An address that carries another leads there: both are asked for, the inner one named as such."""
    outer = "https://out.example.com/l?u=https%3A%2F%2Ffiles.example.org%2FDrop%2F7Qx2%3Fb%3D1%26c%3D2&h=AT0"
    archived = f"https://archive.example.com/web/2020/{PLACE}"
    for text in (outer, archived, outer.replace("https%3A", "hxxps%3A")):
        variants = {query.variant for query in URL.queries(post(text)) if query.key == URL.key(PLACE)}
        assert variants == {"target of a redirect"}


def test_links_and_codes_are_read_whole() -> None:
    """A link target or a code is an address from end to end, also one without a scheme."""
    assert found("files.example.org/Drop/7Qx2?b=1&c=2", Role.LINK) == [PLACE]
    assert found(" https://files.example.org/Drop/7Qx2?b=1&c=2 ", Role.CODE) == [PLACE]
    assert found("Scan: https://files.example.org/Drop/7Qx2?b=1&c=2", Role.CODE) == [PLACE]
    assert found("mailto:a@example.org", Role.LINK) == []


def test_thirteen_spellings() -> None:
    """Of an address with a path thirteen spellings are asked for: as written, three schemes, with www, with a slash."""
    address = read("https://Files.example.org/Drop/7Qx2")
    assert address is not None
    texts = [text for _, text in spellings(address)]
    assert len(texts) == len(set(texts)) == 13
    assert texts[0] == "https://Files.example.org/Drop/7Qx2"
    assert {"files.example.org/Drop/7Qx2", "http://www.files.example.org/Drop/7Qx2/"} <= set(texts)
    names = [query.variant for query in URL_MD5.queries(post("https://Files.example.org/Drop/7Qx2"))]
    assert len(set(names)) == 13


HOSTILE = (
    "a.b" * 100_000,
    "http://" * 50_000,
    "x.y.z/(" * 50_000,
    "." * 300_000,
    "https://a.org/" + ")" * 300_000,
    "(dot)" * 60_000,
    "http://%2f%2f@" * 9_000,
    "a.org/http://" * 20_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_end(text: str) -> None:
    """Texts made to be slow to read are read in linear time, and give a bounded number of addresses."""
    assert len(found(text)) <= MOST_PER_PART + 1


def test_a_list_of_addresses_is_cut() -> None:
    """Of a text with thousands of addresses the first ones stand for all."""
    assert len(found(" ".join(f"https://example.org/{n}" for n in range(3_000)))) == MOST_PER_PART


def test_a_wrong_address_is_refused() -> None:
    """What is no address is refused with what to use instead."""
    with pytest.raises(BadInput) as error:
        URL.normalise("someone@example.org")
    assert "contact" in error.value.next_step
