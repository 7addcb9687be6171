"""Reading a post whole: folded, squeezed, terms, score, words and sketch, in one call into compiled code.

A `Reader` is made once for a set of terms and a model; it is used by any number of threads at once, each of which keeps some room of
its own from post to post. What it gives equals, part by part, what `fold`, `Folded.squeezed`, `Terms.find`, `Linear.score`,
`sketch.words` and `sketch.sketch` give; calling those one by one takes several times as long.
"""

import threading
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np

from forestall.text.fold import Folded, code_points, squeezed_view, text_of
from forestall.text.ngrams import SCRATCH, Linear
from forestall.text.sketch import BYTES, Words
from forestall.text.tables import tables
from forestall.text.terms import NOTHING, Hits, Terms, built

_LARGEST = 1 << 16
"""Characters of the longest post whose room a thread keeps for the next."""
_SPARE = 64


class Whole(NamedTuple):
    """A post, read: `terms` as `Terms.find` gives them, `score` 0.0 without a model, `sketch` empty without a word."""

    folded: Folded
    terms: Hits
    score: float
    words: Words
    sketch: bytes


class Reader:
    """Reads posts: folds them, looks for `terms`, and scores them by `linear`."""

    __slots__ = ("_given", "_masks", "_rooms", "linear", "terms")

    def __init__(self, terms: Terms | None = None, linear: Linear | None = None) -> None:
        self.terms, self.linear = terms, linear
        names = terms.phrases if terms is not None else ()
        masked = linear.mask.terms.phrases if linear is not None and linear.mask is not None else ()
        self._masks = len(names)
        table, weights = tables(), linear.weights if linear is not None else np.empty(0, np.float32)
        held = built((*names, *masked))
        self._given = (table.page, table.entry, table.spread, table.leet, *held, self._masks, weights)
        self._rooms = _Rooms()

    def read(self, text: str) -> Whole:
        """Read a post; some 12 µs for 150 characters. Linear time; raises nothing."""
        kernels, codes = _kernels(), code_points(text)
        room = self._rooms.fit(len(codes) + _SPARE)
        while True:
            state, score = kernels.read(codes, *self._given, *room.arrays)
            if state == kernels.FITS:
                return self._whole(room, len(text), score)
            if state == kernels.NARROW:
                room = self._rooms.fit(int(room.facts[kernels.NEEDED]))
            else:
                room = _Room(room.size, int(room.facts[kernels.FOUND]))

    def _whole(self, room: "_Room", length: int, score: float) -> Whole:
        """Take out of the room what was read, so that the next post may be."""
        kernels, linear, scratch = _kernels(), self.linear, room.scratch
        size, squeezed, number, count = room.facts[: kernels.NEEDED].tolist()
        view = squeezed_view(scratch[kernels.SQUEEZE :], squeezed) if squeezed < 0 else None
        kept = scratch[:2, : size + 1].copy()
        rows = room.found[:number]
        terms = Hits(rows[rows[:, 0] < self._masks]) if number else NOTHING
        return Whole(
            Folded(text_of(kept[0, :size]), length, kept[1], view, kept[0, :size]),
            terms,
            linear.bias + linear.scale * score if linear is not None else 0.0,
            Words(scratch[kernels.SPLIT :, :count].view(np.uint32).copy(), count),
            room.sketch.tobytes() if count else b"",
        )


class _Room:
    """Room for posts of up to `size` characters, folded, and `rows` phrases found in them."""

    __slots__ = ("arrays", "facts", "found", "scratch", "size", "sketch")

    def __init__(self, size: int, rows: int) -> None:
        kernels = _kernels()
        self.size = size
        self.scratch = np.empty((kernels.ROWS, size + 1), np.int32)
        self.found = np.empty((rows, 3), np.int32)
        self.facts = np.empty(kernels.FACTS + BYTES, np.int32)
        self.sketch = np.empty(BYTES, np.uint8)
        hashes = np.empty((2, size), np.uint64)
        self.arrays = (self.scratch, hashes, self.found, SCRATCH.seen, SCRATCH.buckets, self.facts, self.sketch)


class _Rooms(threading.local):
    """The room that a thread keeps from post to post."""

    def __init__(self) -> None:
        self._kept = _Room(1 << 10, _SPARE)

    def fit(self, size: int) -> _Room:
        """Give room for `size` characters; what a very long post took is not kept."""
        if size <= self._kept.size:
            return self._kept
        if size >= _LARGEST:
            return _Room(size, size // 8)
        self._kept = _Room(1 << size.bit_length(), size // 8)
        return self._kept


@cache
def _kernels() -> ModuleType:
    """The compiled loop, loaded when the first reader is made."""
    from forestall.text import whole_kernels  # noqa: PLC0415 - loading numba is dear

    return whole_kernels
