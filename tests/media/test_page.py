"""Texts and pages: the right characters, and doubts about them named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.media import Box, page
from forestall.model.content import Markup
from forestall.model.reading import Role
from forestall.model.settings import Settings
from tests.media.samples import causes, opened, texts

ARABIC = "\N{ARABIC LETTER SEEN}\N{ARABIC LETTER LAM}\N{ARABIC LETTER ALEF}\N{ARABIC LETTER MEEM} " * 8
FRENCH = "\u00c9t\u00e9 \u00e0 la plage, d\u00e9j\u00e0 vu ; \u0153uvre compl\u00e8te. " * 4


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1256"])
def test_arabic_is_read_in_every_encoding(box: Box, name: str) -> None:
    """Arabic in Unicode's encodings, with or without a mark, or in the old Windows one, comes out as Arabic."""
    data = ARABIC.encode(name)
    if name == "utf-16":
        assert data[:2] == b"\xff\xfe"
    found = opened(box, data)
    assert texts(found) == [ARABIC]
    assert causes(found) == ([] if name in {"utf-8", "utf-8-sig", "utf-16", "utf-32"} else ["encoding"])


def test_western_text_is_not_taken_for_arabic(box: Box) -> None:
    """French in the old Windows encoding comes out as French, and the guess is named."""
    found = opened(box, FRENCH.encode("cp1252"))
    assert texts(found) == [FRENCH]
    assert causes(found) == ["encoding"]
    assert "cp1252" in found.problems[0].what


def test_one_broken_byte_does_not_spoil_a_text(box: Box) -> None:
    """A text in UTF-8 with a broken place stays UTF-8, with a replacement character there and the place named."""
    data = ARABIC.encode()
    found = opened(box, data[:20] + b"\xff" + data[20:])
    assert texts(found) == [ARABIC[:10] + "\ufffd" + ARABIC[10:]] or "\ufffd" in texts(found)[0]
    assert "byte 20" in found.problems[0].what


@pytest.mark.parametrize(
    "html",
    [
        b"<!DOCTYPE html><html><body>a</body></html>",
        b"  \n<p>a</p>",
        b"\xef\xbb\xbf<html>a</html>",
        b"<!-- note --><div>a</div>",
        b"<?xml version='1.0'?><rss>a</rss>",
        b"<svg xmlns='x'><text>a</text></svg>",
    ],
)
def test_pages_pass_with_their_markup(box: Box, html: bytes) -> None:
    """A web page, fragment, feed or drawing is one segment with its markup, which is not touched."""
    (segment,) = opened(box, html).segments
    assert segment.markup is Markup.HTML
    assert segment.role is Role.PAGE
    assert segment.text == html.removeprefix(b"\xef\xbb\xbf").decode()


@pytest.mark.parametrize("text", [b"<script>a</script>", b"a <b>bold</b> word", b"if a < b: print(a)", b'{"a": 1}'])
def test_what_a_page_would_hide_stays_text(box: Box, text: bytes) -> None:
    """A text that is no page stays plain, tags and all: a reader of that file sees what a browser would hide."""
    (segment,) = opened(box, text).segments
    assert segment.markup is Markup.PLAIN


def test_a_declared_encoding_is_used(box: Box) -> None:
    """A page in an encoding it declares is read in it, without a doubt."""
    russian = "\u043c\u0438\u0440" * 20
    data = f'<html><meta charset="koi8-r"><p>{russian}</p></html>'.encode("koi8-r")
    found = opened(box, data)
    assert russian in texts(found)[0]
    assert not found.problems


@pytest.mark.parametrize("name", ["punycode", "base64", "no-such-thing", "unicode_escape", "utf-8"])
def test_strange_declarations_are_ignored(name: str) -> None:
    """An encoding that is none, or that takes quadratic time, is not used however loudly it is declared."""
    assert page.decode(b"caf\xe9 \xe9t\xe9", name)[0] == "caf\u00e9 \u00e9t\u00e9"


def test_a_long_text_is_cut_and_named() -> None:
    """A text beyond the limit is cut there, and says so."""
    box = Box(Settings(box_workers=1, max_text=100))
    for data in (b"a" * 101, "\N{ARABIC LETTER ALEF}".encode() * 101, b"b" * 1_000_000):
        found = opened(box, data)
        assert len(texts(found)[0]) == 100
        assert causes(found) == ["text-too-long"]
    box.close()


@given(data=st.binary(max_size=200), charset=st.sampled_from(["", *sorted(page.ENCODINGS)]))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_any_bytes_become_text(data: bytes, charset: str) -> None:
    """Decoding never raises, whatever the bytes and whatever they are declared to be."""
    text, doubt = page.decode(data, charset)
    assert isinstance(text, str)
    assert len(text) <= 2 * len(data) + 1
    assert isinstance(doubt, str)


@given(text=st.text(max_size=100))
@settings(max_examples=200, derandomize=True)
def test_utf8_comes_back(text: str) -> None:
    """Valid UTF-8 is read as it is, without a doubt."""
    assert page.decode(text.encode()) == (text.removeprefix("\ufeff"), "")


def test_every_encoding_is_ready_in_the_box(box: Box) -> None:
    """Every encoding we read when declared works inside the box, where nothing more can be loaded."""
    for name in sorted(page.ENCODINGS):
        data = f"<html><meta charset={name}><p>plain words</p>\x80\xff".encode("latin-1")
        found = opened(box, data)
        assert texts(found), name
        assert "damaged" not in causes(found), name
