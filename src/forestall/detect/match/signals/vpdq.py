"""vPDQ, the perceptual hash of films (after Meta's vPDQ: PDQ of frames, matched by how many of them are met both ways).

A film is the hashes of frames sampled four times a second, with their seconds (`frames` says how that is written). What is kept is the
film without the bars around it: rows and columns that stay of one colour from beginning to end. A copy is looked up without its
bars and with them, mirrored and turned in all eight ways.

**What is a match.** Frames that differ in 31 bits or fewer are looked up. Where at least three of a film lie at one pace (the copy and
the known film run through them at the same speed, within two and a half seconds), all frames at that pace are compared, and those
that differ in 72 bits or fewer count. They must show at least three different pictures; a film of stills (a speech over one
picture) must be met as a whole, four fifths of either. Then the share of the copy's time that shows the known film, and the share of
the known film that is shown, follow, with the seconds on both sides. The distance is the percent missing of the larger share: 0 is
the same value, 1 a film shown whole within another, 92 five seconds that two films of a minute have in common.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.base import SequenceMatcher
from forestall.detect.match.signals.film import films
from forestall.detect.match.signals.frames import (
    Frames,
    FramesMatcher,
    Overlap,
    differing,
    distance,
    example,
    pictures,
    read,
    written,
)
from forestall.detect.match.signals.pdq import QUALITY_FLOOR
from forestall.model.bank import Trace
from forestall.model.reading import Reading

PACE_BITS = 72
"""Bits by which frames at a pace that others prove may differ: a large logo moves 30 to 80, another film 96 or more."""

_PACE_TENTHS = 25
_BESIDE_TENTHS = 12
_LEAST_FRAMES = 3
_LEAST_PICTURES = 3
_MOST_PACES = 16
_STILL_SHARE = 0.8
_JOIN_TENTHS = 30
_LONGEST_TENTHS = 20
_MOST_RANGES = 20


class Vpdq:
    """The signal type `vpdq`: frames of a film."""

    name = "vpdq"
    radius = 95
    largest = 99
    floor = QUALITY_FLOOR

    def normalise(self, value: str) -> str:
        """Give a list of frame hashes in its compact form; raises BadInput."""
        return written(read(value, "a vPDQ value"))

    def compare(self, first: str, second: str) -> int:
        """Give the percent that is missing of what two films share: 0 for equal values, 100 for films with nothing in common."""
        return distance(first, second, score)

    def examples(self) -> Sequence[str]:
        """Give two unrelated films of eight frames: one in the compact form, one as the reference writes it."""
        listed = enumerate(example(2).hashes)
        lines = (f"{number},100,{row.tobytes().hex()},{number / 2:.3f}" for number, row in listed)
        return written(example(1)), "\n".join(lines)

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give every film of a reading."""
        for shown in films(reading):
            yield Trace(self.name, shown.part, written(shown.frames), int(np.median(shown.frames.qualities)))

    def matcher(self) -> SequenceMatcher:
        """Give an empty matcher."""
        return FramesMatcher(films, score)


VPDQ = Vpdq()


def score(copy: Frames, known: Frames, copies: NDArray[np.int64], knowns: NDArray[np.int64]) -> Overlap | None:
    """Judge the pairs of frames that two films share."""
    met = _at_paces(copy, known, _paces(known.times[knowns] - copy.times[copies], copies, knowns))
    rows, others = np.flatnonzero(met.any(axis=1)), np.flatnonzero(met.any(axis=0))
    if len(rows) < _LEAST_FRAMES or pictures(known.hashes[others], _LEAST_PICTURES) < _LEAST_PICTURES:
        rows, others = np.unique(copies), np.unique(knowns)
        if min(_share(copy, rows), _share(known, others)) < _STILL_SHARE:
            return None
    shares = _share(copy, rows), _share(known, others)
    evidence = {
        "share_of_copy": round(100 * shares[0]),
        "share_of_known": round(100 * shares[1]),
        "copy_seconds": ranges(copy, rows),
        "known_seconds": ranges(known, others),
    }
    return Overlap(*shares, len(rows), evidence)


def _paces(shifts: NDArray[np.int64], copies: NDArray[np.int64], knowns: NDArray[np.int64]) -> list[int]:
    """Give by how many tenths the known film is ahead of the copy, wherever three frames of both agree; most agreed first."""
    order = np.argsort(shifts, kind="stable")
    ordered = shifts[order]
    ends = np.searchsorted(ordered, ordered + _PACE_TENTHS, "right")
    sizes = ends - np.arange(len(shifts))
    free = np.ones(len(shifts), bool)
    found: list[int] = []
    for start in np.argsort(-sizes, kind="stable").tolist():
        if sizes[start] < _LEAST_FRAMES or len(found) == _MOST_PACES:
            break
        if free[start]:
            mine = order[start : ends[start]]
            free[start : ends[start]] = False
            if min(len(np.unique(copies[mine])), len(np.unique(knowns[mine]))) >= _LEAST_FRAMES:
                found.append(int(np.median(shifts[mine])))
    return found


def _at_paces(copy: Frames, known: Frames, paces: list[int]) -> NDArray[np.bool_]:
    """Say which frames of the copy (rows) show which of the known film (columns), of those that lie where a pace puts them."""
    near = np.zeros((len(copy), len(known)), bool)
    until = np.append(known.times[1:], known.times[-1] + _LONGEST_TENTHS)
    for pace in paces:
        expected = copy.times[:, None] + pace
        near |= np.abs(known.times[None, :] - expected) <= _BESIDE_TENTHS
        near |= (known.times[None, :] <= expected) & (expected < until[None, :])
    return near & (differing(copy.hashes, known.hashes) <= PACE_BITS) if paces else near


def _weights(frames: Frames) -> NDArray[np.int64]:
    """Give how many tenths of a second each frame stands for: until the next one, unless that is unusually far."""
    gaps = np.diff(frames.times)
    usual = int(np.median(gaps)) if len(gaps) else _LONGEST_TENTHS
    return np.append(np.minimum(gaps, max(_LONGEST_TENTHS, 2 * usual)), min(usual, _LONGEST_TENTHS))


def _share(frames: Frames, rows: NDArray[np.int64]) -> float:
    """Give the share of a film's time that some of its frames stand for."""
    weights = _weights(frames)
    return float(weights[rows].sum() / max(1, weights.sum()))


def ranges(frames: Frames, rows: NDArray[np.int64]) -> list[list[float]]:
    """Give from which second to which some frames reach, as [from, to]; short gaps are closed, the first 20 are given."""
    weights = _weights(frames)
    join = max(_JOIN_TENTHS, 3 * int(np.median(weights)))
    found: list[list[int]] = []
    for row in rows.tolist():
        start = int(frames.times[row])
        end = start + int(weights[row])
        if found and start - found[-1][1] <= join:
            found[-1][1] = max(end, found[-1][1])
        else:
            found.append([start, end])
    return [[start / 10, end / 10] for start, end in found[:_MOST_RANGES]]
