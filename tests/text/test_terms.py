"""Terms: exactly the phrases that stand in a text as whole words are found, however many there are and however they collide."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.model.errors import BadList
from forestall.text import terms_kernels as kernels
from forestall.text.fold import fold
from forestall.text.sketch_kernels import alone as stands_alone
from forestall.text.tables import DIGIT, KIND, NONE, tables
from forestall.text.terms import MOST, Found, Terms

LETTERS = "ab c-\n.#1 ক্া天ب"
PHRASES = st.lists(st.text(st.sampled_from(LETTERS), min_size=1, max_size=9), max_size=12)


def kind(character: str) -> int:
    """Say what a folded character is."""
    table = tables()
    return int((table.entry[int(table.page[ord(character) >> 8]) * 256 + (ord(character) & 255)] >> KIND) & 15)


def in_word(character: str) -> bool:
    """True for letters, marks and digits."""
    return kind(character) != NONE


def borders(text: str) -> set[int]:
    """Give the offsets at which a word may begin or end: not between two characters of one."""
    alone = {at for at, character in enumerate(text) if stands_alone(ord(character))}
    inside = {
        at for at in range(1, len(text)) if in_word(text[at - 1]) and in_word(text[at]) and not {at - 1, at} & alone
    }
    return set(range(len(text) + 1)) - inside


def plainly(phrases: list[str], folded: str) -> list[Found]:
    """Find phrases the slow way: at every offset each of them."""
    text, found = folded.replace("\n", " "), []
    border = borders(text)
    for term, phrase in enumerate(item.replace("\n", " ") for item in phrases):
        inner = [at for at, character in enumerate(phrase) if in_word(character)]
        for start in range(len(text) - len(phrase) + 1):
            words = (start + inner[0], start + inner[-1] + 1)
            if text.startswith(phrase, start) and border >= set(words):
                found.append((*words, Found(term, start, start + len(phrase))))
    return [item for *_, item in sorted(found)]


def usable(phrases: list[str]) -> list[str]:
    """Give those of the texts that can be phrases, folded."""
    kept = []
    for phrase in phrases:
        text = fold(phrase).text
        if any(map(in_word, text)):
            kept.append(text)
    return kept


@settings(derandomize=True, max_examples=600, deadline=None)
@given(PHRASES, st.text(st.sampled_from(LETTERS), max_size=40))
def test_exactly_what_stands_there_is_found(phrases: list[str], text: str) -> None:
    """The kernel finds what comparing every phrase at every offset finds, in the same order."""
    known = usable(phrases)
    folded = fold(text)
    try:
        terms = Terms(known)
    except BadList:
        return  # more than eight words
    assert list(terms.find(folded)) == plainly(known, folded.text)


def test_many_phrases_are_told_apart() -> None:
    """Of 100,000 phrases that share their words, those that stand in a text are found and no other."""
    dice = random.Random(3)
    words = ["".join(letters) for letters in itertools.product("abcdefgh", "aeiou", "lmnrst")]
    phrases = sorted({" ".join(dice.choices(words, k=dice.randrange(1, 9))) for _ in range(MOST)})
    terms, known = Terms(phrases), {phrase: number for number, phrase in enumerate(phrases)}
    for _ in range(50):
        said = dice.choices(words, k=10)
        said[2:2] = dice.choice(phrases).split()
        text = " ".join(said)
        found = [text[item.start : item.end] for item in terms.find(fold(text))]
        spans = itertools.combinations(range(len(said) + 1), 2)
        expected = [" ".join(said[start:end]) for start, end in spans]
        assert found == [phrase for phrase in expected if phrase in known]


def colliding() -> tuple[str, str]:
    """Give two words that have the same key."""
    table = tables()
    words = ["".join(letters) for letters in itertools.product("abcdefghijklmnop", repeat=5)][: 1 << 18]
    codes = np.array([ord(letter) for word in words for letter in f"{word} "], np.int32)
    offsets, hashes = np.empty((3, len(words)), np.int32), np.empty((2, len(words)), np.uint64)
    assert kernels.split(codes, table.page, table.entry, offsets, hashes) == len(words)
    seen: dict[int, str] = {}
    for word, mixed in zip(words, hashes[0], strict=True):
        key = int(kernels.key_of(mixed))
        if key in seen:
            return seen[key], word
        seen[key] = word
    raise AssertionError("among 262,144 words some eight pairs are expected to collide")


def test_words_with_the_same_key_are_not_mixed_up() -> None:
    """A word whose key is that of a term is not taken for it, alone or at the beginning of a phrase; and both can be terms."""
    one, other = colliding()
    assert list(Terms([one]).find(fold(other))) == []
    assert list(Terms([f"{one} gate"]).find(fold(f"{other} gate"))) == []
    text = fold(f"{one} {other} {other}\n{one}")
    known = [one, other, f"{other} {one}", f"{one} {one}"]
    assert list(Terms(known).find(text)) == plainly(known, text.text)
    assert {item.term for item in Terms(known).find(text)} == {0, 1, 2}


def test_signs_of_a_phrase_must_stand_there() -> None:
    """What is listed with signs is found with them only; a blank may be a line end."""
    terms = Terms(["c++", "ash-en banner", "#ferry", "ferry"])
    assert [item.term for item in terms.find(fold("C, c++ and\nAsh-en\n Banner"))] == [0, 1]
    assert [item.term for item in terms.find(fold("the ferry #FERRY"))] == [3, 2, 3]
    assert list(terms.find(fold("c ash en banner ferrys"))) == []


@pytest.mark.parametrize("phrases", [["ok", "…!"], ["a b c d e f g h i"], ["a"] * (MOST + 1)])
def test_what_is_no_term_is_refused(phrases: list[str]) -> None:
    """A term without a word, one of nine words and a list that is too long are refused, and the message says what to do."""
    with pytest.raises(BadList) as caught:
        Terms(phrases)
    assert caught.value.next_step


def test_no_terms_find_nothing() -> None:
    """An empty list finds nothing, and an empty text holds nothing."""
    assert list(Terms([]).find(fold("any text"))) == []
    assert list(Terms(["any"]).find(fold(""))) == []
    assert len(Terms(["any", "text"])) == 2


def test_digits_are_words() -> None:
    """Numbers count as words, whole ones only."""
    assert kind("1") == DIGIT
    assert [item.start for item in Terms(["88"]).find(fold("188 88 88x"))] == [4]
