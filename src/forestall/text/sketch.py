"""Sketching: a text as a row of hashed words, or as 32 bytes, to be compared without being read.

`words` gives the row: for passages, where it matters which words stand where. `sketch` gives the 32 bytes: for telling in a moment
which of a million posts are nearly the same. Both rest on the same hashes, which are of squeezed words (`text.fold`), so that they do
not change where a word is written in leet, stretched, cut up or drawn with look-alikes. In scripts without spaces every letter counts
as a word. Linear time; raises nothing.
"""

from functools import cache
from operator import eq
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.model.finding import Span
from forestall.text import fold as folding
from forestall.text.fold import Folded, squeezed_codes
from forestall.text.tables import tables

VERSION = f"1f{folding.VERSION}"
"""Changes whenever the same text could have other words or other hashes."""

BYTES = 32
"""Of a sketch."""
_CHANCE = 1 / 256
"""How often two bytes agree by chance."""


class Words:
    """The words of a folded text: `hashes` uint32 (N), and where each stands in it (`span`)."""

    __slots__ = ("_table", "hashes")

    def __init__(self, table: NDArray[np.uint32], count: int) -> None:
        self._table = table
        self.hashes = table[0, :count]

    def __len__(self) -> int:
        return len(self.hashes)

    def span(self, first: int, end: int) -> Span:
        """Give the folded offsets of the words `first` to `end` (exclusive, not empty)."""
        return int(self._table[1, first]), int(self._table[2, end - 1])


def words(folded: Folded) -> Words:
    """Give the words of a folded text; some 4 µs for 150 characters."""
    codes = folded.codes
    # Between two words of a plain text there is at least one sign.
    table, out = tables(), np.empty((3, len(codes) // 2 + 1), np.uint32)
    count = _kernels().plain_hashes(codes, table.page, table.entry, table.leet, out)
    if count < 0:
        out = np.empty((3, len(codes)), np.uint32)
        view, length = squeezed_codes(codes)
        count = _kernels().squeezed_hashes(codes, view, abs(length), table.page, table.entry, out)
    return Words(out, count)


def sketch(found: Words) -> bytes:
    """Give the sketch of a text's words: 32 bytes, none for a text without words; some 3 µs for 150 characters.

    A text that shares 80 % of its 3-word grams with another agrees with it in four of five bytes (`near`). Runs of bytes may serve as
    keys for finding such texts among many: two texts that share 80 % agree in one of the eight runs of four with 98 %.
    """
    if not len(found):
        return b""
    out = np.empty(BYTES, np.uint8)
    _kernels().sample(found.hashes, np.empty(BYTES, np.uint32), out)
    return out.tobytes()


def near(one: bytes, other: bytes) -> float:
    """Estimate from two sketches the share of the 3-word grams of either text that stand in both, 0..1; exact to some 0.08.

    Equal texts give 1, a text without words gives 0.
    """
    if not one or not other:
        return 0.0
    same: float = sum(map(eq, one, other)) / len(one)
    return max(0.0, (same - _CHANCE) / (1 - _CHANCE))


@cache
def _kernels() -> ModuleType:
    """The compiled loop, loaded when the first text needs it."""
    from forestall.text import sketch_kernels  # noqa: PLC0415 - loading numba is dear, and many runs compare no texts

    return sketch_kernels
