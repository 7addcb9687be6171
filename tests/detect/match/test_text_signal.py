"""Whole texts: the same words in another spelling are the same text, other words are not, and a bank can't be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.match.signals.text import FEWEST, TEXT
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading, Role, Segment
from forestall.text.fold import fold
from tests.contracts.signal import JUNK, KeyedContract

WORDS, ARABIC, HASHED = TEXT.examples()


def keys(text: str, role: Role = Role.BODY) -> list[bytes]:
    """Give the keys that a reading of one text asks for."""
    return [query.key for query in TEXT.queries(Reading("1", segments=(Segment(BODY, role, text),)))]


class TestText(KeyedContract):
    """The laws of a keyed type hold for texts."""

    kind = TEXT
    met = (WORDS, Reading("1", segments=(Segment(BODY, Role.BODY, f"  {WORDS.upper()}\n"),)))
    junk = (*JUNK, "f0:" + "0" * 64, "!" * 99, "😀" * 40)


@pytest.mark.parametrize(
    "copy",
    [
        WORDS.upper(),
        WORDS.replace(" ", " \n\t\u00a0 "),
        WORDS.replace("a", "а").replace("e", "е"),
        "\u200b".join(WORDS),
        "".join(chr(ord(letter) + 0xFEE0) if "!" < letter <= "~" else letter for letter in WORDS),
    ],
    ids=["capitals", "white space", "look-alikes", "hidden", "full width"],
)
def test_another_spelling_is_the_same_text(copy: str) -> None:
    """A text is met however it is spelled, in a post, a page or a code."""
    key = TEXT.key(TEXT.normalise(WORDS))
    assert keys(copy) == keys(copy, Role.PAGE) == keys(copy, Role.CODE) == [key]


def test_marks_of_arabic_do_not_matter() -> None:
    """An Arabic text is the same with vowel marks, tatweel and other forms of alef."""
    marked = ARABIC.replace("ل", "لَ").replace("ا", "أ").replace("خ", "خـ")
    assert keys(marked) == [TEXT.key(TEXT.normalise(ARABIC))]


def test_other_words_are_another_text() -> None:
    """One word more makes another text: passages are for that."""
    assert keys(f"{WORDS} Now") != [TEXT.key(TEXT.normalise(WORDS))]


def test_short_texts_ask_nothing() -> None:
    """What half the world writes is nobody's material."""
    assert keys("Hello there, friends") == []
    assert keys("See you tomorrow there") == []
    with pytest.raises(BadInput):
        TEXT.normalise("Happy birthday, Anna!")


def test_links_are_not_texts() -> None:
    """A link target is an address, not a text."""
    assert keys("https://example.org/a/long/enough/address", Role.LINK) == []


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_whatever_can_be_banked_is_met(text: str) -> None:
    """Every text that a bank takes is met by a post of it, and one that it does not take is refused for its length."""
    try:
        value = TEXT.normalise(text)
    except BadInput:
        assert sum(map(str.isalnum, fold(text.strip()).text)) < FEWEST
        return
    assert keys(text) == [TEXT.key(value)]
