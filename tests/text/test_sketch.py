"""Sketching: the same words have the same hashes however they are spelled, and every word leads back to where it stood."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forestall.text import sketch_kernels as kernels
from forestall.text.fold import fold, squeezed_codes
from forestall.text.sketch import VERSION, words
from forestall.text.tables import tables

MIXED = st.text(st.sampled_from("ab l'l.-!$#1 23  \n@تب天กx*~_’"), max_size=16)


def hashes(text: str) -> list[int]:
    """Give the word hashes of a text."""
    return [int(value) for value in words(fold(text)).hashes]


def rows(text: str, *, short: bool) -> NDArray[np.uint32] | None:
    """Give what one of the two loops writes for a folded text; None where the short one gives up."""
    codes = np.frombuffer(fold(text).text.encode("utf-32-le", "surrogatepass"), np.int32)
    table, out = tables(), np.zeros((3, len(codes)), np.uint32)
    if short:
        count = kernels.plain_hashes(codes, table.page, table.entry, table.leet, out)
    else:
        view, length = squeezed_codes(codes)
        count = kernels.squeezed_hashes(codes, view, abs(length), table.page, table.entry, out)
    return out[:, :count] if count >= 0 else None


@settings(derandomize=True, max_examples=1_000, deadline=None)
@given(st.one_of(MIXED, st.text(max_size=40)))
def test_the_short_way_is_the_long_way(text: str) -> None:
    """Where the loop for plain texts gives an answer, it is the one that squeezing gives."""
    plain, squeezed = rows(text, short=True), rows(text, short=False)
    assert squeezed is not None
    assert plain is None or np.array_equal(plain, squeezed)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.one_of(MIXED, st.text(max_size=60)))
def test_words_stand_in_order_and_hold_letters(text: str) -> None:
    """Words do not overlap, come in order, and each begins with a letter, mark, digit or what is read as one."""
    view = fold(text)
    found = words(view)
    end = 0
    for number in range(len(found)):
        start, stop = found.span(number, number + 1)
        assert end <= start < stop <= len(view.text)
        assert view.text[start].isalnum() or view.text[start] in "@$!|+" or not view.text[start].isascii()
        end = stop


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The book, quickly!", "the  BOOK\nquickly"),
        ("a book of hello", "a b00k of he11o"),
        ("so good today", "sooooo goooood todayyyy"),
        ("don't stop", "dont stop"),
        ("join the harbour", "j.o.i.n the h-a-r-b-o-u-r"),
        ("join now", "j o i n now"),
        ("paradise is here", "раrаdisе is hеrе"),
        ("كتاب القرية", "كِتَابُ ٱلقريـــة"),
    ],
)
def test_spellings_are_one(one: str, other: str) -> None:
    """Case, punctuation, leet, stretching, cutting up, look-alikes and vowel marks do not change a word."""
    assert hashes(one) == hashes(other)


def test_other_words_differ() -> None:
    """Different words have different hashes, and order is kept."""
    assert hashes("one two three") == hashes("three two one")[::-1]
    assert len(set(hashes("one two three four five six seven"))) == 7


def test_scripts_without_spaces_have_a_word_per_letter() -> None:
    """Han, kana, Thai, Khmer, Lao and Burmese letters stand each for a word, so that passages in them can be found."""
    for text in ("天地玄黄", "ひらがな", "กขคง", "ភាសា", "ພາສາ", "ဘာသာ"):
        assert len(hashes(text)) == len(fold(text).text)


def test_hashes_are_fixed() -> None:
    """Banks keep these numbers: whoever changes them raises the version."""
    assert VERSION == "1f1"
    assert hashes("The lamplighter's book 2024 天") == [311696485, 3304018182, 319079286, 766696594, 690996776]
