"""PDQ, the perceptual hash of pictures (Meta, "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019).

A picture's brightness is blurred by two passes of a box filter along both axes, sampled down to 64 x 64, transformed
by a DCT of which the 16 x 16 lowest frequencies above the constant one are kept, and each coefficient becomes one bit:
above the median or not. Copies of one picture differ in few of the 256 bits; 31 or fewer count as the same picture.

The filter and the sampling are linear and separable, so we fold them into one banded matrix per axis and pass over the
pixels once (`pdq_kernels`). They are also lopsided, by up to a pixel and a half whatever the size: a mirrored copy of 256
pixels hashes 30 bits beside the mirrored hash, and a copy at half size beside the hash at full size. So the matrices of both
directions are applied, which gives the reference's hash of the picture turned back, bit for bit; and small pictures are also
hashed as if they were enlarged. Borders, bars and pages around a picture are found in `pdq_trim`, and what is inside is
hashed too. So a bank needs to keep only one hash of a picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.base import Query, from_hex
from forestall.detect.match.signals.pdq_trim import Window, whole, windows
from forestall.model.bank import Trace
from forestall.model.reading import BODY, Plane, Reading

QUALITY_FLOOR = 50
"""Pictures with less detail than this (flat colours, gradients) collide by nature and never match, as in the reference."""

ENLARGED = "enlarged"
"""The view of a small picture as if it had been enlarged before it was hashed: for copies of larger ones."""

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
_SIZE = _BITS // 8
_WINDOW_DIVISOR = 128
_SMALLEST = 5  # pixels a side, as in the reference
_APART = 8  # bits from which what is inside a border is worth asking for beside the whole

_SMALL = 512  # shorter side in pixels up to which the sampling's lopsidedness shows
_ENLARGED = 4

_Bands = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Forms:
    """The PDQ hashes of one picture in its eight forms: `hashes` is uint8 of shape (8, 32), `quality` 0..100."""

    hashes: NDArray[np.uint8]
    quality: int


@dataclass(frozen=True, slots=True)
class View:
    """One view of a picture that is good enough to match: the part, which view (empty: the whole), its hashes."""

    part: str
    name: str
    forms: Forms
    film: bool = False


@dataclass(frozen=True, slots=True)
class Pdq:
    """The signal type `pdq`: 256 bits, compared by how many differ."""

    name: str = "pdq"
    size: int = _SIZE
    radius: int = 31
    largest: int = 127
    floor: int = QUALITY_FLOOR

    def normalise(self, value: str) -> str:
        """Give a hash as 64 lower-case hex digits, highest bit first as the reference writes it; raises BadInput."""
        return from_hex(value, self.size, "a PDQ hash").hex()

    def key(self, value: str) -> bytes:
        """Give the 32 bytes of a canonical value."""
        return bytes.fromhex(value)

    def compare(self, first: str, second: str) -> int:
        """Give the number of bits in which two hashes differ, 0..256."""
        return (int(first, 16) ^ int(second, 16)).bit_count()

    def examples(self) -> Sequence[str]:
        """Give three unrelated hashes."""
        return (
            "d8f8f0cce0f4a84f0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22",
            "54a977c221d14c1c43ba5e6e21d4a13989a3553f1462611cbb85fda7be83b677",
            "accb6d39648035f8125c8ce6ba65007de7b54c67a2d93ef7b8f33b0611306715",
        )

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the hash of every picture and frame whose quality reaches the floor, and of what is inside its borders.

        Frames of films are left to the types that keep films.
        """
        for view in views(reading):
            if view.name != ENLARGED and not view.film:
                yield Trace(self.name, view.part, view.forms.hashes[0].tobytes().hex(), view.forms.quality)

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give all eight forms of every picture and frame whose quality reaches the floor, and of what is inside its borders."""
        for view in views(reading):
            for form, row in zip(VARIANTS, view.forms.hashes, strict=True):
                variant = "+".join(filter(None, (view.name, form)))
                yield Query(view.part, row.tobytes(), variant, view.forms.quality)

    def asked(self, value: str) -> Iterable[Query]:
        """Give the eight forms of a hash alone.

        Its own and the transposed one are exact. The others take each coefficient's sign for turned and the median for zero,
        which is 4 to 20 bits beside the copy's hash for photographs of 600 pixels and more, and up to 108 for small ones with fine
        textures: matches near the radius may be missed. Whoever has the picture itself should look that up.
        """
        for variant, row in zip(VARIANTS, forms_of(self.key(value)), strict=True):
            yield Query(BODY, row.tobytes(), variant)


PDQ = Pdq()


def views(reading: Reading) -> Sequence[View]:
    """Give the views of a reading's pictures that are good enough to match, in a stable order; taken once per reading."""
    found: list[View] | None = reading.memo.get("pdq")
    if found is None:
        found = []
        for plane in reading.planes:
            if plane.at < 0:
                found += _views(plane)
            else:
                found += list(_shown(plane, [view for view in found[-2:] if view.part == plane.part]))
        reading.memo["pdq"] = found
    return found


def _shown(plane: Plane, before: Sequence[View]) -> Iterable[View]:
    """Give the frame of a film, unless it looks like the one before it.

    Films come small, where PDQ's whole pixels are coarse: it is hashed as PDQ does and, where that differs, as `film` does. A
    photograph shown in a film is met by the first in 92 of 100 cases, by the second in 87, by either in 96.
    """
    from forestall.detect.match.signals import film  # noqa: PLC0415 - films are made of pictures, so `film` imports this module

    made = [hash_plane(plane)]
    if film.is_sound(plane):
        hashes, (quality,) = film.hashed([plane], whole(plane))
        made.append(Forms(hashes[0], quality))
    seen = [view.forms.hashes[0] for view in before]
    for forms in made:
        if forms is None or forms.quality < QUALITY_FLOOR:
            continue
        if all(_apart(forms.hashes[0], other) > _APART for other in seen):
            seen.append(forms.hashes[0])
            yield View(plane.part, "", forms, film=True)


def _views(plane: Plane) -> Iterable[View]:
    """Give the views of one picture: the whole, and where they hash differently, what is inside borders, and the whole enlarged."""
    asked: list[NDArray[np.uint8]] = []
    wanted = [("", whole(plane), 1), *((name, window, 1) for name, window in windows(plane))]
    if min(plane.width, plane.height) <= _SMALL:
        wanted.append((ENLARGED, whole(plane), _ENLARGED))
    for name, window, scale in wanted:
        forms = hash_plane(plane, window, scale)
        if forms is None or forms.quality < QUALITY_FLOOR:
            continue
        if all(_apart(forms.hashes[0], other) > _APART for other in asked):
            asked.append(forms.hashes[0])
            yield View(plane.part, name, forms)


def _apart(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int:
    """Give the number of bits in which two hashes differ."""
    return int(np.bitwise_count(first ^ second).sum())


def hash_plane(plane: Plane, window: Window | None = None, scale: int = 1) -> Forms | None:
    """Hash a picture, or a window of it, in all eight forms, as if enlarged by a whole number; `None` for under 5 pixels a side.

    With the picture's colours at hand the hash is the reference's on the same colours, bit for bit; from its rounded
    brightness it differs by a bit or two.
    """
    window = window or whole(plane)
    if min(window.width, window.height) < _SMALLEST or len(plane.luma) != plane.width * plane.height:
        return None
    channels, data = (3, plane.rgb) if len(plane.rgb) == 3 * len(plane.luma) else (1, plane.luma)
    start = channels * (window.top * plane.width + window.left)
    bands = _bands(window.height, scale), _bands(window.width, scale)
    small = _kernels().shrink(np.frombuffer(data, np.uint8), channels, channels * plane.width, start, *bands)
    return Forms(*_kernels().digest(small, _DCT))


def forms_of(key: bytes) -> NDArray[np.uint8]:
    """Give the eight forms of a hash of which only the bits are known, uint8 (8, 32), in the order of `VARIANTS`."""
    bits = np.unpackbits(np.frombuffer(key, np.uint8))[::-1].reshape(_KEPT, _KEPT).astype(bool)
    across, down = bits ^ _ODD[None, :], bits ^ _ODD[:, None]
    both = across ^ _ODD[:, None]
    # To meet the known picture, a copy turned to the right must be turned to the left again: mirror, then transpose.
    forms = np.stack([bits, across, down, both, bits.T, across.T, down.T, both.T]).reshape(8, _BITS)
    return np.packbits(forms[:, ::-1], axis=1)


@lru_cache(maxsize=1024)
def _bands(length: int, scale: int = 1) -> _Bands:
    """Give for one axis, as it is and mirrored, per output position the first pixel that counts (2, 64) and the weights from there on.

    Equals the reference's two passes of a running box of ceil(length / 128) pixels that shrinks at the edges, sampled
    at the middle of each of 64 equal strips; with `scale`, each pixel counts as so many.
    """
    virtual = length * scale
    window = -(-virtual // _WINDOW_DIVISOR)
    ahead = (window + 2) // 2 - 1
    behind = window - 1 - ahead
    band = min(length, 2 * window // scale + (scale > 1) * 2)
    weights = np.zeros((2, _SIDE, band), np.float64)
    starts = np.zeros((2, _SIDE), np.int64)
    for i in range(_SIDE):
        at = (2 * i + 1) * virtual // (2 * _SIDE)
        outer = range(max(0, at - behind), min(virtual, at + ahead + 1))
        # Near the end a band begins earlier than it must, so that every band lies inside the picture.
        start = min(max(0, outer.start - behind) // scale, length - band)
        for middle in outer:
            low, high = max(0, middle - behind), min(virtual, middle + ahead + 1)
            places = np.arange(low, high) // scale - start
            weights[0, i] += np.bincount(places, minlength=band) / (len(outer) * (high - low))
        starts[:, i] = start, length - band - start
        weights[1, i] = weights[0, i, ::-1]
    return starts, weights.astype(np.float32)


def _basis() -> NDArray[np.float64]:
    """Give the 16 x 64 matrix of the DCT-II rows 1..16."""
    frequency = np.arange(1, _KEPT + 1)[:, None]
    position = 2 * np.arange(_SIDE)[None, :] + 1
    matrix: NDArray[np.float64] = np.sqrt(2 / _SIDE) * np.cos(np.pi / (2 * _SIDE) * frequency * position)
    return matrix


_DCT = _basis()
_ODD = np.arange(1, _KEPT + 1) % 2 == 1  # frequencies whose sign mirroring turns


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first picture needs them."""
    from forestall.detect.match.signals import pdq_kernels  # noqa: PLC0415 - loading numba is dear, and texts never need it

    return pdq_kernels
