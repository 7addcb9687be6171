"""Folding: one spelling for everything that reads the same, with exact offsets back to the original.

`fold` undoes what a reader does not see or does not mind: case, width, ligatures, drawn letters, accents, Arabic vowels,
tatweel and letter forms, zero-width and direction controls, runs of white space, look-alike letters inside Latin words.
Folding twice changes nothing. `squeeze` goes further and gives a second, lossy view in which leet, spaced-out and
stretched words read as the plain ones; it is for matching only. Both take linear time and raise nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.text.tables import CHANGED, LOOSE, tables

VERSION = "1"
"""Changes whenever the same text could fold differently; `Folded.text` also depends on the Unicode of the Python in use."""

_APART = "\0\0"
"""What keeps phrases apart that are squeezed together: no folded text has a NUL, and two end any word."""
_SPARE = 64
"""Characters of room for ligatures before the kernel is asked again with as much room as it needs."""


@dataclass(frozen=True)
class Folded:
    """A folded text. `original_length` is the length of the text it came from.

    `starts` gives, for each folded character and the end, the original offset where it starts; `None` means the same one.
    """

    text: str
    original_length: int
    starts: NDArray[np.int32] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the original offsets of folded characters `start` to `end` (exclusive), clamped to the text.

        Accents and controls that were dropped belong to the character before them; a part of a ligature means all of it.
        """
        start = min(max(start, 0), len(self.text))
        end = min(max(end, start), len(self.text))
        if self.starts is None:
            return start, end
        first, last = int(self.starts[start]), int(self.starts[end])
        if end > start and last == self.starts[end - 1]:
            last = int(self.starts[np.searchsorted(self.starts, last, side="right")])
        return first, last

    @cached_property
    def squeezed(self) -> "Squeezed":
        """The second view, made when first asked for."""
        return _squeeze(self.text)


@dataclass(frozen=True)
class Squeezed:
    """A lossy view of a folded text: letters `l` read `i`, doubled letters are single, leet digits are letters.

    `starts` are offsets into the folded text. `changed` marks characters in words that were leet, spaced out, stretched,
    cut by punctuation or glued into a hashtag; `loose` marks those where words are glued, so that a match may begin and
    end inside. `any_changed` is False where the view says nothing the folded text does not.
    """

    text: str
    starts: NDArray[np.int32]
    marks: NDArray[np.uint8]
    any_changed: bool

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the folded offsets of squeezed characters `start` to `end` (exclusive, not empty)."""
        return int(self.starts[start]), int(self.starts[end - 1]) + 1

    def changed(self, start: int, end: int) -> bool:
        """True where some character of the range stands in an obfuscated word."""
        return bool((self.marks[start:end] & CHANGED).any())

    def loose(self, at: int) -> bool:
        """True where the character at `at` stands in a word glued from several."""
        return 0 <= at < len(self.marks) and bool(self.marks[at] & LOOSE)


def fold(text: str) -> Folded:
    """Fold a text. About 1 µs where it is plain ASCII, 5 µs for 150 other characters."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return Folded(text.lower().replace("`", "'"), len(text))
    codes, table = _codes(text), tables()
    room = len(codes) + _SPARE
    while True:
        out, starts = np.empty(room, np.int32), np.empty(room + 1, np.int32)
        length = _kernels().fold_codes(codes, table.page, table.entry, table.spread, out, starts)
        if length >= 0:
            break
        room = -length
    folded = _text(out[:length])
    return Folded(folded, len(text), starts[: length + 1])


def squeezed_patterns(phrases: Sequence[str]) -> list[str]:
    """Give folded phrases the way they read in the squeezed view, so that they can be looked for there."""
    if not phrases:
        return []
    return _squeeze(_APART.join(phrases)).text.split(_APART)


def _squeeze(text: str) -> Squeezed:
    """Make the second view of a folded text."""
    codes = _codes(text)
    out, starts = np.empty(len(codes), np.int32), np.empty(len(codes), np.int32)
    marks = np.empty(len(codes), np.uint8)
    table = tables()
    length = _kernels().squeeze_codes(codes, table.page, table.entry, table.leet, out, starts, marks)
    squeezed = _text(out[: abs(length)])
    return Squeezed(squeezed, starts[: abs(length)], marks[: abs(length)], length < 0)


def _codes(text: str) -> NDArray[np.int32]:
    """Give the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)


def _text(codes: NDArray[np.int32]) -> str:
    """Give the text of code points."""
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first text needs them."""
    from forestall.text import fold_kernels  # noqa: PLC0415 - loading numba is dear, and plain ASCII never needs it

    return fold_kernels
