"""Terms: finding up to 100,000 phrases in a text in one pass, whole words only.

Made for lists that people keep (terms of a policy, names): what is found stands in the text letter by letter, between word borders,
and a line may end where the phrase has a blank. Time is linear in the text, whatever the phrases: from each word at most eight
further words are looked at.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forestall.model.errors import BadList
from forestall.text.fold import Folded, code_points
from forestall.text.tables import tables

MOST = 100_000
"""Phrases of one set."""
_ROOM = 64
_SIEVE_BITS = 8
"""Bits of the sieve for each row of the table, at least; one word in ten that begins no phrase passes it."""


class Found(NamedTuple):
    """A phrase, by its place in what was given, at folded offsets `start` to `end` (exclusive)."""

    term: int
    start: int
    end: int


class Hits:
    """What was found, by where it begins, then where it ends. Made into `Found` as it is asked for: a long text may hold millions."""

    __slots__ = ("_rows",)

    def __init__(self, rows: NDArray[np.int32]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Found]:
        return map(Found._make, self._rows.tolist())


NOTHING = Hits(np.empty((0, 3), np.int32))


class Terms:
    """A set of folded phrases of 1 to 8 words each, ready to be looked for. Raises BadList where one is none.

    A word is what `text.fold` takes for one: letters, marks and digits; in scripts without spaces every letter counts. Signs inside a
    phrase or at its ends (`c++`) must stand in the text as well. The same phrase given twice is found twice. 100,000 take 50 ms and
    some 6 MB.
    """

    __slots__ = ("arrays", "phrases")

    def __init__(self, phrases: Sequence[str]) -> None:
        if len(phrases) > MOST:
            raise BadList(f"a list of {len(phrases)} terms is too long", f"give at most {MOST}, or several lists")
        self.phrases = tuple(phrases)
        self.arrays = built(self.phrases)
        """What the kernel needs: table, sieve, facts of the phrases, their characters."""

    def __len__(self) -> int:
        return len(self.phrases)

    def find(self, folded: Folded) -> Hits:
        """Give every phrase that stands in a folded text, overlapping ones too: by where it begins, then where it ends."""
        if not self.phrases:
            return NOTHING
        codes = folded.codes
        words, hashes, count = split(codes)
        found = np.empty((_ROOM, 3), np.int32)
        number = _kernels().find(codes, words, hashes, count, *self.arrays, found)
        if number > _ROOM:
            found = np.empty((number, 3), np.int32)
            _kernels().find(codes, words, hashes, count, *self.arrays, found)
        return Hits(found[:number])


def split(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.uint64], int]:
    """Split folded code points into words: their offsets (rows start, end, whether a number), hashes, and how many there are."""
    table, room = tables(), len(codes) // 2 + 1  # between two words there is a sign, but in scripts without spaces
    words, hashes = np.empty((3, room), np.int32), np.empty((2, room), np.uint64)
    count = _kernels().split(codes, table.page, table.entry, words, hashes)
    if count < 0:
        words, hashes = np.empty((3, len(codes)), np.int32), np.empty((2, len(codes)), np.uint64)
        count = _kernels().split(codes, table.page, table.entry, words, hashes)
    return words, hashes, count


def built(
    phrases: Sequence[str],
) -> tuple[NDArray[np.uint32], NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32]]:
    """Build what the kernel needs: table, sieve, facts of the phrases, their characters. Raises BadList where one is none."""
    kernels, table = _kernels(), tables()
    held = code_points("".join(phrases).replace("\n", " "))
    facts = np.zeros((max(len(phrases), 1), 5), np.int32)
    sizes = np.fromiter(map(len, phrases), np.int32, len(phrases))
    facts[: len(phrases), kernels.SIZE] = sizes
    facts[: len(phrases), kernels.AT] = np.cumsum(sizes) - sizes
    words, hashes = np.empty((3, kernels.SPAN + 1), np.int32), np.empty((2, kernels.SPAN + 1), np.uint64)
    room = 1 << (4 * len(phrases) + 16).bit_length()
    while True:
        rows = np.zeros((room, 2), np.uint32)
        sieve = np.zeros(room * _SIEVE_BITS // 128, np.uint64)
        count = kernels.fill(held, table.page, table.entry, words, hashes, facts[: len(phrases)], rows, sieve)
        if count >= 0:
            return rows, sieve, facts, held
        if count != kernels.NO_ROOM:
            _refuse(phrases[int(facts[len(phrases) - 1, kernels.NEXT])], few=count == kernels.NO_WORD)
        room *= 2


def _refuse(phrase: str, *, few: bool) -> None:
    """Raise BadList for a phrase without a word, or with too many."""
    if few:
        raise BadList(f"the term `{phrase[:40]}` has no letter or digit", "give words to look for")
    raise BadList(f"the term `{phrase[:40]}…` has more than {_kernels().SPAN} words", "give its telling words")


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first terms are."""
    from forestall.text import terms_kernels  # noqa: PLC0415 - loading numba is dear, and not every house has terms

    return terms_kernels
