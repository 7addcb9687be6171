"""The points of a picture that stand out: found at many sizes, described, written down and read again; what for, `parts` says."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.pdq import QUALITY_FLOOR, hash_plane
from forestall.model.reading import Plane, Reading

MOST = 64
"""Points kept of a picture."""
LEAST = 7
"""Points that must agree for two pictures to share a part."""
RECORD = 21
"""Bytes of a point: x and y (16 bits each, of the longer side), size (an eighth of an octave), description."""
_BITS = 128
_WORKING_SIDE = 160  # pixels: pictures are averaged down until the shorter side is under twice that
_WORKING_LENGTH = 2_000
_LEAST_SIDE = 24
_MEMO = "picture-parts"
_SIGMA = 1.6
_STEPS = 2
_OCTAVES = 4
_FAINT = 1.2  # levels of brightness
_TURNS = (0.0, -9.0, 9.0)  # degrees by which a copy may have been turned for its points to look alike again
_STEP = 0.8  # sizes of a point between two samples of what is around it
_ROOM = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What stands out in a picture: `words` uint64 (N, 2) describe it, `places` float32 (N, 3) are x, y, and the size's logarithm.

    x and y are shares of the longer side times 65,535; the size is in the same unit, its logarithm to base 2. There may be several
    times as many `words` as `places`: the same points in the same order, described again as if the picture had been turned.
    """

    words: NDArray[np.uint64]
    places: NDArray[np.float32]


def seen(reading: Reading) -> Sequence[tuple[Plane, int, Points]]:
    """Give the pictures of a reading (not films) that have parts to go by, their quality and parts; taken once per reading."""
    found: list[tuple[Plane, int, Points]] | None = reading.memo.get(_MEMO)
    if found is None:
        found = []
        for plane in (plane for plane in reading.planes if plane.at < 0):
            forms = hash_plane(plane)
            spots = _spots(plane) if forms is not None and forms.quality >= QUALITY_FLOOR else []
            if forms is not None and len(spots) >= LEAST:
                turned = [_points(spots, degrees) for degrees in _TURNS]
                words = np.concatenate([points.words for points in turned])
                found.append((plane, forms.quality, Points(words, turned[0].places)))
        reading.memo[_MEMO] = found
    return found


def points_of(plane: Plane) -> Points | None:
    """Give the points of a picture that stand out most; `None` where they are too few to go by."""
    spots = _spots(plane)
    return None if len(spots) < LEAST else _points(spots, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    """A place that stands out: how much, where and how large in the value's units; and where that is in which blurred picture."""

    strength: float
    place: tuple[float, float, float]
    at: tuple[float, float, float]
    image: NDArray[np.float32]


def _spots(plane: Plane) -> list[_Spot]:
    """Give the places that stand out most, the strongest first."""
    kernels, (width, height) = _kernels(), (plane.width, plane.height)
    factor = max(1, min(width, height) // _WORKING_SIDE, -(-max(width, height) // _WORKING_LENGTH))
    if min(width, height) // factor < _LEAST_SIDE or len(plane.luma) != width * height:
        return []
    image = kernels.reduce(np.frombuffer(plane.luma, np.uint8), width, height, factor)
    unit = 65_535 * factor / max(width, height)
    while min(image.shape) < _WORKING_SIDE // 2:
        image, unit = kernels.double(image), unit / 2
    image = kernels.blur(image, _gaussian((_SIGMA**2 - 0.25) ** 0.5))
    found: list[_Spot] = []
    for octave in range(_OCTAVES):
        if min(image.shape) < 12:
            break
        image = _octave(image, unit * 2**octave, found)
    return sorted(found, key=lambda spot: -spot.strength)[:MOST]


def _octave(image: NDArray[np.float32], unit: float, found: list[_Spot]) -> NDArray[np.float32]:
    """Add the strongest places of one octave of sizes; give the picture at half size for the next."""
    kernels = _kernels()
    grow = 2 ** (1 / _STEPS)
    blurred = [image]
    for step in range(_STEPS + 2):
        blurred.append(kernels.blur(blurred[-1], _gaussian(_SIGMA * grow**step * (grow**2 - 1) ** 0.5)))
    layers = np.stack([after - before for before, after in pairwise(blurred)])
    room = np.empty((_ROOM, 4), np.float32)
    count = kernels.extrema(layers, _FAINT, room)
    strongest = room[:count][np.argsort(-room[:count, 3], kind="stable")][:MOST]
    for layer, y, x, strength in strongest.tolist():
        sigma = _SIGMA * grow**layer
        place = unit * (x + 0.5), unit * (y + 0.5), unit * sigma
        found.append(_Spot(strength, place, (y, x, _STEP * sigma), blurred[round(layer)]))
    return np.ascontiguousarray(blurred[_STEPS][::2, ::2])


def _points(spots: Sequence[_Spot], degrees: float) -> Points:
    """Describe places as if the picture had been turned."""
    describe = _kernels().describe
    turn = np.deg2rad(degrees)
    rows = [describe(spot.image, *spot.at, np.cos(turn), np.sin(turn), _DCT, _ORDER).tobytes() for spot in spots]
    return read(b"".join(_pointed(*spot.place, bits) for spot, bits in zip(spots, rows, strict=True)))


def _pointed(x: float, y: float, size: float, bits: bytes) -> bytes:
    """Write a point down."""
    places = (min(65_535, max(0, round(place))) for place in (x, y))
    return (
        b"".join(place.to_bytes(2) for place in places)
        + bytes([min(255, max(0, round(8 * np.log2(max(size, 1)))))])
        + bits
    )


def read(records: bytes) -> Points:
    """Give the points that records hold."""
    table = np.frombuffer(records, np.uint8).reshape(-1, RECORD)
    whole = table.astype(np.float32)
    places = np.stack([256 * whole[:, 0] + whole[:, 1], 256 * whole[:, 2] + whole[:, 3], whole[:, 4] / 8], axis=1)
    return Points(np.ascontiguousarray(table[:, 5:]).view(np.uint64).copy(), places)


def written(points: Points) -> str:
    """Give points as a canonical value."""
    bits = points.words[: len(points.places)].view(np.uint8).reshape(len(points.places), -1)
    return b"".join(
        int(x).to_bytes(2) + int(y).to_bytes(2) + bytes([int(8 * size)]) + row.tobytes()
        for (x, y, size), row in zip(points.places.tolist(), bits, strict=True)
    ).hex()


def mirrored(points: Points) -> Points:
    """Give the points as they are in the mirrored picture."""
    places = points.places.copy()
    places[:, 0] = 65_535 - places[:, 0]
    return Points(points.words ^ _MIRROR, places)


@lru_cache(maxsize=64)
def _gaussian(sigma: float) -> NDArray[np.float32]:
    """Give the weights of a Gaussian, of odd length."""
    reach = max(1, round(2.5 * sigma))
    weights = np.exp(-((np.arange(-reach, reach + 1) / sigma) ** 2) / 2)
    normed: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return normed


def _basis() -> NDArray[np.float64]:
    """Give the 16 x 16 matrix of the DCT-II."""
    frequency, position = np.arange(16)[:, None], 2 * np.arange(16)[None, :] + 1
    matrix: NDArray[np.float64] = np.cos(np.pi / 32 * frequency * position)
    return matrix


_DCT = _basis()
_ORDER = np.array(sorted(range(1, 256), key=lambda at: ((at // 16) ** 2 + (at % 16) ** 2, at))[:_BITS])
_MIRROR = np.packbits(_ORDER % 2 == 1, bitorder="little").view(np.uint64)  # odd frequencies along a row turn their sign


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first picture needs them."""
    from forestall.detect.match.signals import parts_kernels  # noqa: PLC0415 - loading numba is dear, and texts never need it

    return parts_kernels
