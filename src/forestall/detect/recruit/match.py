"""Matching: where cues stand in a folded text. One walk over it per tongue, and one over its squeezed view where that differs."""

import threading
import unicodedata
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forestall.detect.recruit.lexicon import GAP, NEXT, Cue, Tongue
from forestall.text.fold import Folded, code_points

_ARABIC = "ar"
"""The one tongue whose particles are looked for: Persian and Urdu words begin with the same letters."""
_PROCLITICS = (
    *("و", "ف", "ب", "ل", "ك", "س", "ه", "ال", "وال", "بال", "فال", "كال", "عال", "هال", "شال", "لل", "ولل"),
    *("ول", "وب", "وس", "وك", "فل", "فب", "فس", "وبال", "وفال"),
)
"""What Arabic writes together with the word that follows: and, then, with, for, like, will, the, and their combinations."""
_ENCLITICS = ("ك", "كم", "كن", "نا", "هم", "ها")
"""What Arabic writes together with the word before: your, our, their, her. Those that could be another word's ending are left out."""
_ROOM = 1 << 10
_LARGEST = 1 << 16
"""Pieces of the text with most whose room a thread keeps for the next."""
_NOTHING = np.empty(0, np.int32)


class Hit(NamedTuple):
    """A cue found, and its folded offsets.

    `hidden` is True where the words were obfuscated, `whole` where they stand together, without a gap.
    """

    cue: Cue
    start: int
    end: int
    hidden: bool = False
    whole: bool = True


class _Room(threading.local):
    """Room for what is found, per thread: pieces of phrases, how far each phrase has begun, and cues."""

    def __init__(self) -> None:
        self._parts = _ROOM
        self._kept = self._made(_ROOM)

    def fit(self, parts: int, pieces: int = 0) -> tuple[NDArray[np.int32], ...]:
        """Give room for phrases of so many parts, and so many pieces; what a text of very many took is not kept."""
        if parts > self._parts:
            self._parts = parts
            self._kept = self._made(_ROOM)
        if pieces > len(self._kept[2]):
            made = self._made(pieces)
            if pieces > _LARGEST:
                return made
            self._kept = made
        return self._kept

    def _made(self, pieces: int) -> tuple[NDArray[np.int32], ...]:
        """Make room."""
        return (
            np.empty((self._parts, 3), np.int32),
            np.empty((2 * pieces, 4), np.int32),
            np.empty((pieces, 5), np.int32),
        )


_ROOMS = _Room()


def find(view: Folded, tongues: Sequence[Tongue]) -> list[Hit]:
    """Give every cue of the tongues in the text, tongue by tongue in the order in which they end; each cue at most once per place."""
    codes, hidden = view.codes, (_NOTHING, _NOTHING, _NOTHING)
    squeezed = view.squeezed
    if squeezed is not None:
        hidden = (code_points(squeezed.text), squeezed.starts, squeezed.marks)
    return [hit for tongue in tongues for hit in _find(codes, hidden, tongue)]


def _find(codes: NDArray[np.int32], hidden: tuple[NDArray[np.int32], ...], tongue: Tongue) -> list[Hit]:
    """Give every cue of one tongue; `hidden` is the squeezed view."""
    plain, squeezed, cues, needed = tongue.plain, tongue.squeezed, tongue.cues, 0
    while True:
        begun, pieces, found = _ROOMS.fit(len(tongue.parts), needed)
        count = _kernels().match(
            codes,
            *hidden,
            _in_word(),
            *(plain.tree, plain.filled, plain.parts_of),
            *(squeezed.tree, squeezed.filled, squeezed.parts_of),
            tongue.parts,
            _joined(tongue.name == _ARABIC),
            _GAPS,
            begun,
            pieces,
            found,
        )
        if count >= 0:
            break
        needed = -count
    hits: dict[tuple[int, int, int], Hit] = {}
    for cue, start, end, veiled, whole in found[:count].tolist():
        if (cue, start, end) not in hits:
            hits[cue, start, end] = Hit(cues[cue], start, end, veiled == 1, whole == 1)
    return list(hits.values())


_GAPS = np.array([NEXT, GAP], np.int32)


@cache
def _in_word() -> NDArray[np.uint8]:
    """Give for each code point whether it is a letter, a digit or one of the vowel signs that Indic scripts write as marks."""
    codes = np.arange(0x110000, dtype=np.uint32)
    table = np.strings.isalnum(codes.view("U1")).astype(np.uint8)
    assigned = (*range(0x300, 0x20000), *range(0xE0000, 0xE0200))
    table[[code for code in assigned if not table[code] and unicodedata.category(chr(code))[0] == "M"]] = 1
    return table


@cache
def _joined(arabic: bool) -> NDArray[np.int32]:
    """Give what is written together with words in Arabic, packed: before them, and behind them; nothing for other tongues."""
    if not arabic:
        return np.empty((0, 0), np.int32)
    pack, table = _kernels().pack, np.zeros((2, len(_PROCLITICS)), np.int32)
    for row, words in enumerate((_PROCLITICS, _ENCLITICS)):
        table[row, : len(words)] = [pack(code_points(word), 0, len(word)) for word in words]
    return table


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first text is looked at."""
    from forestall.detect.recruit import match_kernels  # noqa: PLC0415 - loading numba is dear

    return match_kernels
