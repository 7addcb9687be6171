"""Folding: one spelling for everything that reads the same, with exact offsets back to the original.

`fold` undoes what a reader does not see or does not mind: case, width, ligatures, drawn letters, accents, Arabic vowels,
tatweel and letter forms, zero-width and direction controls, runs of white space, look-alike letters inside Latin words.
Folding twice changes nothing. `squeeze` goes further and gives a second, lossy view in which leet, spaced-out and
stretched words read as the plain ones; it is for matching only. Both take linear time and raise nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
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


class Folded:
    """A folded text, with the way back: `span` gives the original offsets of folded ones."""

    __slots__ = ("_length", "_squeezed", "_starts", "text")

    def __init__(self, text: str, length: int, starts: NDArray[np.int32] | None = None) -> None:
        self.text = text
        self._length = length
        self._starts = starts
        self._squeezed: Squeezed | bool | None = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the original offsets of folded characters `start` to `end` (exclusive), clamped to the text.

        Accents and controls that were dropped belong to the character before them; a part of a ligature means all of it.
        """
        start = min(max(start, 0), len(self.text))
        end = min(max(end, start), len(self.text))
        if self._starts is None:
            return start, end
        first, last = int(self._starts[start]), int(self._starts[end])
        if end > start and last == self._starts[end - 1]:
            last = int(self._starts[np.searchsorted(self._starts, last, side="right")])
        return first, last

    @property
    def squeezed(self) -> "Squeezed | None":
        """The second view, made when first asked for; None where it would say nothing that this one does not."""
        if isinstance(self._squeezed, bool):
            self._squeezed = _squeeze(self.text)
        return self._squeezed


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A lossy view of a folded text: letters `l` read `i`, doubled letters are single, leet digits are letters.

    `starts` are offsets into the folded text. `marks` says for each character whether it stands in a word that was leet,
    spaced out, stretched, cut by punctuation or glued into a hashtag, and whether words are glued there.
    """

    text: str
    starts: NDArray[np.int32]
    marks: NDArray[np.int32]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the folded offsets of squeezed characters `start` to `end` (exclusive, not empty)."""
        return int(self.starts[start]), int(self.starts[end - 1]) + 1

    def changed(self, start: int, end: int) -> bool:
        """True where some character of the range stands in an obfuscated word."""
        return bool((self.marks[start:end] & CHANGED).any())

    def loose(self, at: int) -> bool:
        """True where the character at `at` stands in a word glued from several, so that a match may begin or end there."""
        return at < len(self.marks) and bool(self.marks[at] & LOOSE)


def fold(text: str) -> Folded:
    """Fold a text. About 1 µs where it is plain ASCII, 5 µs for 150 other characters."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return Folded(text.lower().replace("`", "'"), len(text))
    codes, table = _codes(text), tables()
    room = len(codes) + _SPARE
    while True:
        out = np.empty((2, room + 1), np.int32)
        length = _kernels().fold_codes(codes, table.page, table.entry, table.spread, out)
        if length >= 0:
            return Folded(_text(out[0, :length]), len(text), out[1, : length + 1])
        room = -length


def squeezed_patterns(phrases: Sequence[str]) -> list[str]:
    """Give folded phrases the way they read in the squeezed view, so that they can be looked for there."""
    view, length = squeezed_codes(_codes(_APART.join(phrases)))
    return _text(view[0, : abs(length)]).split(_APART) if phrases else []


def _squeeze(text: str) -> Squeezed | None:
    """Make the second view of a folded text, where there is anything to undo."""
    view, length = squeezed_codes(_codes(text))
    return Squeezed(_text(view[0, :-length]), view[1, :-length], view[2, :-length]) if length < 0 else None


def squeezed_codes(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Squeeze code points: rows of characters, origins and marks, and their length, negative where any is marked."""
    table, view = tables(), np.empty((3, len(codes)), np.int32)
    length: int = _kernels().squeeze_codes(codes, table.page, table.entry, table.leet, view)
    return view, length


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
