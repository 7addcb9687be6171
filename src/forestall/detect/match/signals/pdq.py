"""PDQ, the perceptual hash of pictures (Meta, "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019).

A picture's brightness is blurred by two passes of a box filter along both axes, sampled down to 64 x 64, transformed
by a DCT of which the 16 x 16 lowest frequencies above the constant one are kept, and each coefficient becomes one bit:
above the median or not. Copies of one picture differ in few of the 256 bits; 31 or fewer count as the same picture.

The filter and the sampling are linear and separable, so we fold them into one banded matrix per axis and read each
pixel once (`kernels.shrink`). Turning or mirroring a picture only swaps coefficients or changes their signs, so one
transform gives the hashes of all eight forms, and a bank needs to keep only one of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.base import Query, from_hex
from forestall.model.reading import Plane, Reading

QUALITY_FLOOR = 50
"""Pictures with less detail than this (flat colours, gradients) collide by nature and never match, as in the reference."""

VARIANTS = (
    "",
    "mirrored",
    "upside-down",
    "rotated-180",
    "transposed",
    "rotated-right",
    "rotated-left",
    "transposed-180",
)
"""How a copy was changed, in the order of the rows of `Forms.hashes`; `upside-down` is mirrored top to bottom."""

_SIDE = 64
_KEPT = 16
_BITS = _KEPT * _KEPT
_WINDOW_DIVISOR = 128
_SMALLEST = 5  # pixels a side, as in the reference

_Bands = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Forms:
    """The PDQ hashes of one picture in its eight forms: `hashes` is uint8 of shape (8, 32), `quality` 0..100."""

    hashes: NDArray[np.uint8]
    quality: int


@dataclass(frozen=True, slots=True)
class Pdq:
    """The signal type `pdq`: 256 bits, compared by how many differ."""

    name: str = "pdq"
    size: int = _BITS // 8
    radius: int = 31

    def normalise(self, value: str) -> bytes:
        """Give the 32 bytes of a hash in hex, highest bit first as the reference writes it; raises BadInput."""
        return from_hex(value, self.size, "a PDQ hash")

    def compare(self, first: bytes, second: bytes) -> int:
        """Give the number of bits in which two hashes differ, 0..256."""
        return (int.from_bytes(first) ^ int.from_bytes(second)).bit_count()

    def examples(self) -> Sequence[str]:
        """Give three unrelated hashes."""
        return (
            "d8f8f0cce0f4a84f0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22",
            "54a977c221d14c1c43ba5e6e21d4a13989a3553f1462611cbb85fda7be83b677",
            "accb6d39648035f8125c8ce6ba65007de7b54c67a2d93ef7b8f33b0611306715",
        )

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give all eight forms of every picture and frame whose quality reaches the floor."""
        for plane in reading.planes:
            forms = hash_plane(plane)
            if forms is not None and forms.quality >= QUALITY_FLOOR:
                for variant, row in zip(VARIANTS, forms.hashes, strict=True):
                    yield Query(plane.part, row.tobytes(), variant, forms.quality)


PDQ = Pdq()


def hash_plane(plane: Plane) -> Forms | None:
    """Hash a picture's brightness in all eight forms; `None` for pictures under 5 pixels a side, which have no hash."""
    width, height = plane.width, plane.height
    if min(width, height) < _SMALLEST or len(plane.luma) != width * height:
        return None
    luma = np.frombuffer(plane.luma, np.uint8)
    small = _kernels().shrink(luma, width, _bands(height), _bands(width))
    return Forms(_hashes(_coefficients(small)), _quality(small))


@lru_cache(maxsize=256)
def _bands(length: int) -> _Bands:
    """Give for one axis, per output position, the first pixel that counts and the weights from there on (zero-padded).

    Equals the reference's two passes of a running box of ceil(length / 128) pixels that shrinks at the edges, sampled
    at the middle of each of 64 equal strips.
    """
    window = -(-length // _WINDOW_DIVISOR)
    ahead = (window + 2) // 2 - 1
    behind = window - 1 - ahead
    weights = np.zeros((_SIDE, 2 * window), np.float64)
    starts = np.zeros(_SIDE, np.int64)
    for i in range(_SIDE):
        at = (2 * i + 1) * length // (2 * _SIDE)
        outer = range(max(0, at - behind), min(length, at + ahead + 1))
        starts[i] = max(0, outer.start - behind)
        for middle in outer:
            low, high = max(0, middle - behind), min(length, middle + ahead + 1)
            weights[i, low - starts[i] : high - starts[i]] += 1 / (len(outer) * (high - low))
    return starts, weights.astype(np.float32)


def _basis() -> NDArray[np.float64]:
    """Give the 16 x 64 matrix of the DCT-II rows 1..16."""
    frequency = np.arange(1, _KEPT + 1)[:, None]
    position = 2 * np.arange(_SIDE)[None, :] + 1
    matrix: NDArray[np.float64] = np.sqrt(2 / _SIDE) * np.cos(np.pi / (2 * _SIDE) * frequency * position)
    return matrix


_DCT = _basis()
_SIGNS = np.where(np.arange(_KEPT) % 2 == 0, -1.0, 1.0)


def _coefficients(small: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give the 16 x 16 lowest frequencies; double precision keeps ties apart the same way on every machine."""
    found: NDArray[np.float64] = _DCT @ small.astype(np.float64) @ _DCT.T
    return found


def _hashes(found: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Give the hashes of the eight forms, uint8 (8, 32), in the order of `VARIANTS`.

    Mirroring negates the odd frequencies of an axis, transposing swaps the axes. The bit of row i, column j of the
    coefficients is bit 16 i + j of the hash; hex shows the highest bit first.
    """
    across, down = found * _SIGNS[None, :], found * _SIGNS[:, None]
    both = across * _SIGNS[:, None]
    # To meet the known picture, a copy turned to the right must be turned to the left again: mirror, then transpose.
    forms = np.stack([found, across, down, both, found.T, across.T, down.T, both.T]).reshape(8, _BITS)
    median = np.partition(forms, _BITS // 2 - 1, axis=1)[:, _BITS // 2 - 1, None]
    return np.packbits((forms > median)[:, ::-1], axis=1)


def _quality(small: NDArray[np.float32]) -> int:
    """Give the reference's measure of detail, 0..100: the sum of all steps between neighbours, in whole percents of white."""
    down = np.trunc(np.diff(small, axis=0) * np.float32(100) / np.float32(255))
    across = np.trunc(np.diff(small, axis=1) * np.float32(100) / np.float32(255))
    return min(100, int(np.abs(down).sum() + np.abs(across).sum()) // 90)


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first picture needs them."""
    from forestall.detect.match import kernels  # noqa: PLC0415 - loading numba is dear, and texts never need it

    return kernels
