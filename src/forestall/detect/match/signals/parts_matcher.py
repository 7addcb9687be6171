"""Banked pictures by their parts, in memory: found by points whose descriptions are alike, and kept where the points agree.

Points lie in segments that never change, so that others can look while one is added; small ones are joined as they come, each time with one
not much larger, so that there are few. From a few thousand points on, a segment lists its points by each of the eight 16-bit pieces of
their descriptions: points that are alike nearly always share one, but for a bit. Beyond a quarter of a million points only equal pieces are
looked for, which meets fewer of the strongly changed copies. A signal that is gone stays in its segment, owned by nobody,
until that is joined with another or half of all points are gone.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.base import Hit
from forestall.detect.match.signals.parts_points import LEAST, Points, mirrored, read, seen
from forestall.model.reading import BODY, Reading

_CLOSE = 32  # bits by which descriptions of one point may differ
_COVER = 0.2  # of one of the two pictures, over which agreeing points must be spread: an emblem is not a copy, nor a line of words
_LISTED = 4_096  # points from which lists are quicker than going through all
_FLIPPED = 1 << 18  # points up to which lists are so short that those of pieces that differ in one bit are read too
_MOST_PAIRS = 200_000
_MOST_TO_VERIFY = 64
_MOST_PAIRS_EACH = 512


@dataclass(frozen=True, slots=True, eq=False)
class _Segment:
    """Some signals: their points, for each point the number of its signal here, and for each signal id, serial and first point."""

    points: Points
    owners: NDArray[np.int32]
    ids: tuple[int, ...]
    serials: tuple[int, ...]
    starts: NDArray[np.int64]
    lists: tuple[NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint32]] | None

    def points_of(self, number: int) -> Points:
        """Give the points of one of its signals."""
        rows = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return Points(self.points.words[rows], self.points.places[rows])


class Matcher:
    """Banked pictures by their parts (`SequenceMatcher`). Takes the largest distance at which anything is given."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._changing = threading.Lock()
        self._segments: tuple[_Segment, ...] = ()
        self._alive: dict[int, int] = {}
        self._serial = 0

    def __len__(self) -> int:
        return len(self._alive)

    def add(self, signals: Sequence[tuple[int, str]]) -> None:
        """Take signals as (id, canonical value); an id it already holds is left as it is."""
        with self._changing:
            new: dict[int, Points] = {}
            for number, value in signals:
                if number not in self._alive:
                    new.setdefault(number, read(bytes.fromhex(value)))
            if not new:
                return
            serials = {number: self._serial + place for place, number in enumerate(new)}
            self._serial += len(new)
            kept = list(self._segments)
            signals_kept = [(number, serials[number], points) for number, points in new.items()]
            while kept and len(kept[-1].owners) <= 2 * sum(len(points.places) for _, _, points in signals_kept):
                signals_kept = [*self._living(kept.pop()), *signals_kept]
            self._segments = (*kept, _segment(signals_kept))
            self._alive.update(serials)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget signals; ids it does not hold are no error."""
        with self._changing:
            for number in ids:
                self._alive.pop(number, None)
            if 2 * len(self._alive) < sum(len(segment.ids) for segment in self._segments):
                living = [signal for segment in self._segments for signal in self._living(segment)]
                self._segments = (_segment(living),) if living else ()

    def look(self, reading: Reading) -> Iterable[Hit]:
        """Give the banked pictures whose parts a reading's pictures show, in a stable order."""
        if not len(self):
            return
        for plane, quality, points in seen(reading):
            for number, distance, variant, agreed in self._met(points):
                yield Hit(number, plane.part, distance, variant, quality, evidence={"points": agreed})

    def lookup(self, value: str) -> Iterable[Hit]:
        """Give the banked pictures whose parts one canonical value shows."""
        for number, distance, variant, agreed in self._met(read(bytes.fromhex(value))):
            yield Hit(number, BODY, distance, variant, evidence={"points": agreed})

    def _living(self, segment: _Segment) -> list[tuple[int, int, Points]]:
        """Give the signals of a segment that are not gone: id, serial, points."""
        return [
            (number, serial, segment.points_of(place))
            for place, (number, serial) in enumerate(zip(segment.ids, segment.serials, strict=True))
            if self._alive.get(number) == serial
        ]

    def _met(self, points: Points) -> Iterator[tuple[int, int, str, int]]:
        """Give id, distance, variant and how many points agree, per banked picture, by id."""
        best: dict[int, tuple[int, int, str, int]] = {}
        segments = self._segments
        for variant, asked in (("part", points), ("part+mirrored", mirrored(points))):
            for segment in segments:
                for place, agreed in _agreeing(segment, asked):
                    number = segment.ids[place]
                    if self._alive.get(number) != segment.serials[place]:
                        continue
                    possible = min(len(points.places), int(segment.starts[place + 1] - segment.starts[place]))
                    distance = 100 - 100 * agreed // possible
                    if distance <= self._largest and (number not in best or distance < best[number][1]):
                        best[number] = number, distance, variant, agreed
        yield from (best[number] for number in sorted(best))


def _segment(signals: Sequence[tuple[int, int, Points]]) -> _Segment:
    """Give the segment of signals: id, serial, points."""
    ids, serials, points = zip(*signals, strict=True)
    counts = [len(each.places) for each in points]
    words = np.concatenate([each.words for each in points])
    places = np.concatenate([each.places for each in points])
    owners = np.repeat(np.arange(len(points), dtype=np.int32), counts)
    lists = _kernels().build(words) if len(words) >= _LISTED else None
    return _Segment(Points(words, places), owners, ids, serials, np.concatenate([[0], np.cumsum(counts)]), lists)


def _agreeing(segment: _Segment, asked: Points) -> Iterator[tuple[int, int]]:
    """Give the signals of a segment of which enough points agree with those asked, by number, and how many."""
    kernels = _kernels()
    found = np.empty((_MOST_PAIRS, 2), np.int64)
    words = segment.points.words
    if segment.lists is None:
        count = kernels.compared(words, asked.words, _CLOSE, found)
    else:
        flips = 16 if len(words) <= _FLIPPED else 0
        count = kernels.candidates(words, segment.lists, asked.words, flips, _CLOSE, found)
    pairs = np.unique(found[:count, 0] * len(words) + found[:count, 1])
    found = np.stack([pairs // len(words), pairs % len(words)], axis=1)
    owners = segment.owners[found[:, 1]]
    order = np.argsort(owners, kind="stable")
    places, starts, counts = np.unique(owners[order], return_index=True, return_counts=True)
    likely = zip((-counts).tolist(), places.tolist(), starts.tolist(), strict=True)
    for negative, place, start in sorted(each for each in likely if -each[0] >= LEAST)[:_MOST_TO_VERIFY]:
        pairs = found[order[start : start - negative]][:_MOST_PAIRS_EACH] - np.array([0, segment.starts[place]])
        pairs[:, 0] %= len(asked.places)
        pairs = np.unique(pairs, axis=0)
        there = segment.points_of(place).places
        agree = pairs[kernels.agreeing(asked.places, there, pairs)]
        if len(agree) >= LEAST and max(_cover(asked.places, agree[:, 0]), _cover(there, agree[:, 1])) >= _COVER:
            yield place, len(agree)


def _cover(places: NDArray[np.float32], chosen: NDArray[np.int64]) -> float:
    """Give the share of the rectangle around a picture's points that the rectangle around the chosen ones takes."""
    whole, part = np.ptp(places[:, :2], axis=0), np.ptp(places[chosen, :2], axis=0)
    return float(part.prod() / max(1.0, whole.prod()))


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first picture needs them."""
    from forestall.detect.match.signals import parts_kernels  # noqa: PLC0415 - loading numba is dear, and texts never need it

    return parts_kernels
