"""Sketching: the same words have the same hashes however they are spelled, and every word leads back to where it stood."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forestall.text import sketch_kernels as kernels
from forestall.text.fold import fold, squeezed_codes
from forestall.text.sketch import BYTES, VERSION, near, sketch, words
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
    assert VERSION == "1f2"
    assert hashes("The lamplighter's book 2024 天") == [311696485, 3304018182, 319079286, 766696594, 690996776]
    text = "The lamplighter's book 2024, and whoever can read it in green ink by the light of the harbour."
    assert sketch(words(fold(text))).hex()[:32] == "2f7e9e91e28e44b9f76043721fba88a4"


VOCABULARY = ["".join(letters) for letters in itertools.product("bdfk", "aeou", "mnrt", "aeou")]
TALK = st.lists(st.sampled_from(VOCABULARY[:40]), max_size=40)


def sketched(said: list[str]) -> bytes:
    """Give the sketch of a text of these words."""
    return sketch(words(fold(" ".join(said))))


def grams(said: list[str]) -> set[tuple[str, ...]]:
    """Give the 3-grams of words; fewer words are one."""
    return {tuple(said[n : n + 3]) for n in range(max(len(said) - 2, 1))}


@settings(derandomize=True, max_examples=300, deadline=None)
@given(TALK, TALK)
def test_nearness_is_symmetric(one: list[str], other: list[str]) -> None:
    """Nearness is 0..1, symmetric, 1 for equal texts and 0 for a text without words."""
    first, second = sketched(one), sketched(other)
    assert {len(first), len(second)} <= {0, BYTES}
    assert 0.0 <= near(first, second) == near(second, first) <= 1.0
    assert near(first, first) == (1.0 if one else 0.0)
    assert near(first, b"") == 0.0


def test_nearness_is_the_share_of_grams_in_both() -> None:
    """On texts of which some words were changed, nearness is the share of 3-grams in both, give or take 0.08 and to neither side."""
    dice, errors = random.Random(5), []
    for _ in range(400):
        one = dice.choices(VOCABULARY, k=dice.randrange(5, 120))
        changed = dice.choice([0.0, 0.02, 0.05, 0.1, 0.3, 1.0])
        other = [dice.choice(VOCABULARY) if dice.random() < changed else word for word in one]
        shared = len(grams(one) & grams(other)) / len(grams(one) | grams(other))
        errors.append(near(sketched(one), sketched(other)) - shared)
    assert np.abs(errors).mean() < 0.08
    assert abs(np.mean(errors)) < 0.01


def test_spelling_does_not_change_a_sketch() -> None:
    """Disguised copies of a post have its sketch."""
    plain = sketch(words(fold("Bring nothing but bread and one lamp, the ferry leaves at dusk")))
    assert (
        near(
            plain, sketch(words(fold("BRING n0thing but brеad and one l.a.m.p – the ferry lea\u200bves at duuuusk!!")))
        )
        == 1.0
    )
