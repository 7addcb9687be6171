"""Recognising a picture by its parts, where PDQ, which looks at it as a whole, cannot: cropped, covered, turned a little, set into others.

Up to 64 points of a picture that stand out (blobs at some size: extremes of differences of Gaussians, Lowe 2004) are each described
by 128 bits, the signs of the lowest frequencies around them, and kept with place and size. A copy that shows part of the
picture shares points; it is taken for a copy only where at least `LEAST` of them lie to each other as they do in the known picture,
shifted, scaled and turned by up to some ten degrees, and spread over a good part of one of the two. Mirroring turns known signs, so
mirrored copies are met too.

What is banked is computed from one picture; a value is written in hex, 42 digits a point. The distance is how many in a hundred of the
points that could agree do not. Pictures that share a large printed part (posters on one layout, one picture with other
captions) do share points, so a match is never more than near.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from forestall.detect.match.signals.parts_matcher import Matcher
from forestall.detect.match.signals.parts_points import LEAST, MOST, RECORD, points_of, seen, written
from forestall.detect.match.signals.pdq import QUALITY_FLOOR
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.reading import Plane, Reading


@dataclass(frozen=True, slots=True)
class Parts:
    """The signal type `picture-parts`: the points of a picture that stand out, met where enough agree."""

    name: str = "picture-parts"
    radius: int = 85
    largest: int = 95
    floor: int = QUALITY_FLOOR

    def normalise(self, value: str) -> str:
        """Give the points as lower-case hex; raises BadInput unless they are 7 to 64 records of 42 digits."""
        digits = value.strip().lower()
        if len(digits) % (2 * RECORD) or not LEAST <= len(digits) // (2 * RECORD) <= MOST:
            raise BadInput(
                "a value has a length that no picture's parts have",
                f"give {LEAST} to {MOST} points of {2 * RECORD} hex digits",
            )
        if not digits.isascii() or not set(digits) <= set("0123456789abcdef"):
            raise BadInput(
                "a value holds something other than hex digits",
                f"give {LEAST} to {MOST} points of {2 * RECORD} hex digits",
            )
        return digits

    def compare(self, first: str, second: str) -> int:
        """Give how many in a hundred of the points that could agree do not: 0 for equal values, 100 where too few do."""
        if first == second:
            return 0
        low, high = sorted((first, second))
        matcher = Matcher(self.largest)
        matcher.add([(1, high)])
        return min((max(1, hit.distance) for hit in matcher.lookup(low)), default=100)

    def examples(self) -> Sequence[str]:
        """Give the parts of two drawn pictures."""
        return tuple(written(points) for points in map(points_of, _drawn()) if points is not None)

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the parts of every picture whose PDQ quality reaches the floor and that has enough of them."""
        for plane, quality, points in seen(reading):
            yield Trace(self.name, plane.part, written(points), quality)

    def matcher(self) -> Matcher:
        """Give an empty matcher."""
        return Matcher(self.largest)


PARTS = Parts()


def _drawn() -> Iterator[Plane]:
    """Draw two pictures for the examples."""
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        picture = np.kron(rng.integers(0, 256, (12, 12)), np.ones((16, 16))).astype(np.uint8)
        yield Plane("", 192, 192, picture.tobytes())
