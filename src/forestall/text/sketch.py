"""Sketching: a text as a row of hashed words, to be compared without being read.

The hashes are of squeezed words (`text.fold`), so they do not change where a word is written in leet, stretched, cut up or
drawn with look-alikes. In scripts without spaces every letter counts as a word. Linear time; raises nothing.
"""

from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.model.finding import Span
from forestall.text import fold as folding
from forestall.text.fold import Folded, squeezed_codes
from forestall.text.tables import tables

VERSION = f"1f{folding.VERSION}"
"""Changes whenever the same text could have other words or other hashes."""


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
    codes = np.frombuffer(folded.text.encode("utf-32-le", "surrogatepass"), np.int32)
    # Between two words of a plain text there is at least one sign.
    table, out = tables(), np.empty((3, len(codes) // 2 + 1), np.uint32)
    count = _kernels().plain_hashes(codes, table.page, table.entry, table.leet, out)
    if count < 0:
        out = np.empty((3, len(codes)), np.uint32)
        view, length = squeezed_codes(codes)
        count = _kernels().squeezed_hashes(codes, view, abs(length), table.page, table.entry, out)
    return Words(out, count)


@cache
def _kernels() -> ModuleType:
    """The compiled loop, loaded when the first text needs it."""
    from forestall.text import sketch_kernels  # noqa: PLC0415 - loading numba is dear, and many runs compare no texts

    return sketch_kernels
