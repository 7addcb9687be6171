"""Where each word of banked sound stands: sorted arrays, a large one that seldom changes and a small one that new sound goes to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
_Level = tuple[Words, NDArray[np.int64]]

_MOST_SAME = 2_000
"""A word that stands in more places than this says nothing, and is not followed up."""

_SMALL = 100_000
_NOTHING: _Level = (np.empty(0, np.uint32), np.empty(0, np.int64))
_SHIFTS = 1 << 24


@dataclass(frozen=True, slots=True)
class _Kept:
    """A banked recording: its id, its words, and the row of its first."""

    id: int
    words: Words
    row: int


@dataclass(slots=True)
class _State:
    """Everything held. What is added goes to `kept` and `starts` first and to `levels` last; who looks reads them the other way round."""

    slots: dict[int, int] = field(default_factory=dict)
    kept: list[_Kept | None] = field(default_factory=list)
    starts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    levels: tuple[_Level, _Level] = (_NOTHING, _NOTHING)
    rows: int = 0
    dead: int = 0

    def add(self, recordings: Sequence[tuple[int, Words]]) -> None:
        """Take recordings whose ids it does not hold."""
        fresh: list[_Kept] = []
        for number, words in recordings:
            if number not in self.slots:
                self.slots[number] = len(self.kept)
                fresh.append(_Kept(number, words, self.rows))
                self.kept.append(fresh[-1])
                self.rows += len(words)
        if not fresh:
            return
        self.starts = np.append(self.starts, [kept.row for kept in fresh])
        words = np.concatenate([kept.words for kept in fresh])
        rows = np.arange(fresh[0].row, self.rows)
        sounding = words != 0
        large, small = self.levels
        small = _merged(small, (words[sounding], rows[sounding]))
        if len(small[0]) > max(_SMALL, len(large[0]) // 4):
            large, small = _merged(large, small), _NOTHING
        self.levels = (large, small)


class Postings:
    """Recordings by id and by word. One thread changes it while others look: what they hold stays right."""

    def __init__(self) -> None:
        self._state = _State()

    def __len__(self) -> int:
        return len(self._state.slots)

    def words(self, number: int) -> Words:
        """Give the words of a recording; none where it has gone meanwhile."""
        state = self._state
        slot = state.slots.get(number)
        kept = None if slot is None else state.kept[slot]
        return kept.words if kept is not None else np.empty(0, np.uint32)

    def add(self, recordings: Sequence[tuple[int, Words]]) -> None:
        """Take recordings; an id it already holds is left as it is."""
        self._state.add(recordings)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget recordings; ids it does not hold are no error. The room is won back when half of it is unused."""
        state = self._state
        for number in ids:
            slot = state.slots.pop(number, None)
            kept = None if slot is None else state.kept[slot]
            if slot is not None and kept is not None:
                state.kept[slot] = None
                state.dead += len(kept.words)
        if state.dead > max(_SMALL, state.rows // 2):
            fresh = _State()
            fresh.add([(kept.id, kept.words) for kept in state.kept if kept is not None])
            self._state = fresh

    def places(self, keys: Words, places: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
        """Give (id, shift) of recordings that hold some of the words, those with most words at one shift first.

        `places` says where each key stands in what is asked; the shift is by how much further on it stands in the recording.
        """
        state = self._state
        levels = state.levels
        kept, starts = state.kept, state.starts
        found = [_found(level, keys, places) for level in levels]
        rows, asked = (np.concatenate(parts) for parts in zip(*found, strict=True))
        if not len(rows):
            return
        slots = np.searchsorted(starts, rows, "right") - 1
        laid, counts = np.unique(slots * _SHIFTS + (rows - starts[slots] - asked + _SHIFTS // 2), return_counts=True)
        for number in np.argsort(-counts, kind="stable")[:most].tolist():
            slot, shift = divmod(int(laid[number]), _SHIFTS)
            recording = kept[slot]
            if recording is not None:
                yield recording.id, shift - _SHIFTS // 2


def _merged(first: _Level, second: _Level) -> _Level:
    """Give both levels as one, by word and row."""
    words, rows = np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])
    order = np.argsort(words, kind="stable")
    return words[order], rows[order]


def _found(level: _Level, keys: Words, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows that hold the keys, and where each key stands in what is asked."""
    words, rows = level
    low, high = np.searchsorted(words, keys, "left"), np.searchsorted(words, keys, "right")
    counts = high - low
    counts[counts > _MOST_SAME] = 0
    hits = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
    return rows[hits], np.repeat(places, counts)
