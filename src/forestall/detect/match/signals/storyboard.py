"""Storyboards: animations (GIF, animated WebP, PNG and AVIF) by the order of the pictures they show.

An animation is the hashes of its frames, at most 16 by default and evenly spread, without those that hardly differ from the one before
(`frames` says how that is written; an animation's times only count). It may come back saved anew, shortened, slower or faster,
framed or mirrored: what stays is which pictures follow each other.

**What is a match.** The longest run of frames that both show in the same order, with others in between or not, of at least two
different pictures. The distance is the percent missing of the larger share of it in either: 0 is the same value, 1 an animation
of which the other shows every frame. Every frame is a picture too, and is matched as one by `pdq`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.base import SequenceMatcher
from forestall.detect.match.signals.film import animations
from forestall.detect.match.signals.frames import (
    Frames,
    FramesMatcher,
    Overlap,
    distance,
    example,
    pictures,
    read,
    written,
)
from forestall.detect.match.signals.pdq import QUALITY_FLOOR
from forestall.model.bank import Trace
from forestall.model.reading import Reading

_LEAST_PICTURES = 2


class Storyboard:
    """The signal type `storyboard`: frames of an animation in order."""

    name = "storyboard"
    radius = 50
    largest = 90
    floor = QUALITY_FLOOR

    def normalise(self, value: str) -> str:
        """Give a list of frame hashes in its compact form; raises BadInput."""
        return written(read(value, "a storyboard"))

    def compare(self, first: str, second: str) -> int:
        """Give the percent that is missing of what two animations share: 0 for equal values, 100 for nothing in common."""
        return distance(first, second, score)

    def examples(self) -> Sequence[str]:
        """Give two unrelated animations of five frames."""
        return written(example(11, 5, 2)), written(example(12, 5, 2))

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give every animation of a reading."""
        for shown in animations(reading):
            yield Trace(self.name, shown.part, written(shown.frames), int(np.median(shown.frames.qualities)))

    def matcher(self) -> SequenceMatcher:
        """Give an empty matcher."""
        return FramesMatcher(animations, score)


STORYBOARD = Storyboard()


def score(copy: Frames, known: Frames, copies: NDArray[np.int64], knowns: NDArray[np.int64]) -> Overlap | None:
    """Judge the pairs of frames that two animations share."""
    run = _in_order(copies, knowns)
    others = np.array(sorted({known for _, known in run}), np.int64)
    if pictures(known.hashes[others], _LEAST_PICTURES) < _LEAST_PICTURES:
        return None
    shares = len(run) / len(copy), len(run) / len(known)
    evidence = {"share_of_copy": round(100 * shares[0]), "share_of_known": round(100 * shares[1])}
    return Overlap(*shares, len(run), evidence)


def _in_order(copies: NDArray[np.int64], knowns: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Give the longest run of pairs that rises on both sides (patience sorting)."""
    pairs = sorted(zip(copies.tolist(), knowns.tolist(), strict=True), key=lambda pair: (pair[0], -pair[1]))
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, known) in enumerate(pairs):
        at = bisect_left(tails, known)
        before.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(known)
            ends.append(number)
        else:
            tails[at], ends[at] = known, number
    found = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]
