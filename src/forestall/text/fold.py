"""Folding: one spelling for everything that reads the same, with exact offsets back to the original.

`fold` undoes what a reader does not see or does not mind: case, width, ligatures, drawn letters, accents, Arabic vowels,
tatweel and letter forms, zero-width and direction controls, runs of white space, look-alike letters inside Latin words.
Folding twice changes nothing. `squeeze` goes further and gives a second, lossy view in which leet, spaced-out and
stretched words read as the plain ones; it is for matching only. Both take linear time and raise nothing.
"""

from codecs import utf_32_le_decode, utf_32_le_encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.text.tables import CHANGED, LOOSE, tables

VERSION = "2"
"""Changes whenever the same text could fold differently; `Folded.text` also depends on the Unicode of the Python in use."""

_APART = "\0\0\0"
"""What keeps phrases apart that are squeezed together: no folded text has a NUL, and three end any word, also one of spaced letters."""
_SPARE = 64
"""Characters of room for ligatures before the kernel is asked again with as much room as it needs."""


class Folded:
    """A folded text, with the way back: `span` gives the original offsets of folded ones."""

    __slots__ = ("_codes", "_length", "_squeezed", "_starts", "text")

    def __init__(
        self,
        text: str,
        length: int,
        starts: NDArray[np.int32] | None = None,
        squeezed: "Squeezed | bool | None" = False,
        codes: NDArray[np.int32] | None = None,
    ) -> None:
        self.text = text
        self._length = length
        self._starts = starts
        self._squeezed = squeezed
        self._codes = codes

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
    def starts(self) -> NDArray[np.int32]:
        """The original offset of each folded character, and that of the end."""
        return np.arange(len(self.text) + 1, dtype=np.int32) if self._starts is None else self._starts

    @property
    def codes(self) -> NDArray[np.int32]:
        """The code points of the text, one per element."""
        if self._codes is None:
            self._codes = code_points(self.text)
        return self._codes

    @property
    def squeezed(self) -> "Squeezed | None":
        """The second view, made when first asked for; None where it would say nothing that this one does not."""
        if isinstance(self._squeezed, bool):
            self._squeezed = squeezed_view(*squeezed_codes(self.codes))
        return self._squeezed


@dataclass(frozen=True)
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
        return self._changed_before[end] > self._changed_before[start]

    @cached_property
    def _changed_before(self) -> Sequence[int]:
        """How many characters before each, and before the end, stand in obfuscated words."""
        return [0, *np.cumsum((self.marks & CHANGED) != 0).tolist()]

    def loose(self, at: int) -> bool:
        """True where the character at `at` stands in a word glued from several, so that a match may begin or end there."""
        return at < len(self.marks) and bool(self.marks[at] & LOOSE)


def fold(text: str) -> Folded:
    """Fold a text. About 1 µs where it is plain ASCII, 5 µs for 150 other characters."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return Folded(text.lower().replace("`", "'"), len(text))
    codes, table = code_points(text), tables()
    room = len(codes) + _SPARE
    while True:
        out = np.empty((3, room + 1), np.int32)
        length = _kernels().fold_codes(codes, table.page, table.entry, table.spread, out)
        if length >= 0:
            rows = out[:2, : length + 1].copy()
            return Folded(text_of(rows[0, :length]), len(text), rows[1], codes=rows[0, :length])
        room = -length


def squeezed_patterns(phrases: Sequence[str]) -> list[str]:
    """Give folded phrases the way they read in the squeezed view, so that they can be looked for there."""
    view, length = squeezed_codes(code_points(_APART.join(phrases)))
    return text_of(view[0, : abs(length)]).split(_APART) if phrases else []


def squeezed_view(view: NDArray[np.int32], length: int) -> Squeezed | None:
    """Give the second view, out of the rows that the kernel wrote and the length it gave; None where nothing is marked."""
    if length >= 0:
        return None
    rows = view[1:3, :-length].copy()
    return Squeezed(text_of(view[0, :-length]), rows[0], rows[1])


def squeezed_codes(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Squeeze code points: rows of characters, origins and marks, and their length, negative where any is marked."""
    table, view = tables(), np.empty((5, len(codes)), np.int32)
    length: int = _kernels().squeeze_codes(codes, table.page, table.entry, table.leet, view)
    return view, length


def code_points(text: str) -> NDArray[np.int32]:
    """Give the code points of a text, one per element."""
    return np.frombuffer(utf_32_le_encode(text, "surrogatepass")[0], np.int32)


def text_of(codes: NDArray[np.int32]) -> str:
    """Give the text of code points."""
    return utf_32_le_decode(codes.tobytes(), "surrogatepass", True)[0]


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first text needs them."""
    from forestall.text import fold_kernels  # noqa: PLC0415 - loading numba is dear, and plain ASCII never needs it

    return fold_kernels
