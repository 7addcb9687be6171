"""Films and animations in a reading: their frames hashed, without the bars around them and with, in all eight forms.

The hash of a frame is PDQ with one difference. PDQ blurs a picture by a box whose size in whole pixels follows from the picture's, so
that the same frame at 256 and at 1,080 lines differs in 12 bits in the median and in up to 46. Films come back in every size, so
the blur is taken in fractions of a pixel here: films of any size then differ in 2 to 4 bits in the median (8 at most from 192 lines
on), and from hashes that the reference tools made of the full frame in 4 to 8 (18 at most), where 31 still match.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.frames import Hashes, Shown, pictures, settled
from forestall.detect.match.signals.pdq import VARIANTS
from forestall.detect.match.signals.pdq_trim import Window, whole
from forestall.model.reading import Plane, Reading

_Bands = tuple[NDArray[np.int64], NDArray[np.float32]]

_SIDE, _KEPT = 64, 16
_BITS = _KEPT * _KEPT
_LEAST_PIXELS = 16
ORDER_TENTHS = 2
"""Frames of an animation are written as if so far apart: only their order counts."""

_LOOKED_AT = 24  # frames that decide where the bars are
_SPREAD, _SHIFT = 20, 16  # levels within which a bar's line is of one colour, and by which it may change
_FEW = 0.03
_LEAST_CUT, _LEAST_SIDE = 0.015, 0.4


def films(reading: Reading) -> Sequence[Shown]:
    """Give the films of a reading, in its order; hashed once per reading."""
    found: list[Shown] | None = reading.memo.get("films")
    if found is None:
        moving = (plane for plane in reading.planes if plane.at >= 0 and is_sound(plane))
        groups = groupby(moving, lambda plane: plane.part)
        found = [shown for part, planes in groups for shown in _shown(part, list(planes))]
        reading.memo["films"] = found
    return found


def animations(reading: Reading) -> Sequence[Shown]:
    """Give the animations of a reading: pictures with several frames that differ, in order; hashed once per reading."""
    found: list[Shown] | None = reading.memo.get("animations")
    if found is None:
        still = (plane for plane in reading.planes if plane.at < 0 and is_sound(plane))
        groups = ((part, list(planes)) for part, planes in groupby(still, lambda plane: plane.part))
        made = (shown for part, planes in groups if len(planes) > 1 for shown in _shown(part, planes, ORDER_TENTHS))
        found = [shown for shown in made if pictures(shown.frames.hashes, 2) == 2]
        reading.memo["animations"] = found
    return found


def is_sound(plane: Plane) -> bool:
    """Tell whether a frame is large enough to be hashed and holds what it says."""
    return min(plane.width, plane.height) >= _LEAST_PIXELS and len(plane.luma) == plane.width * plane.height


def _shown(part: str, planes: list[Plane], tenths: int = 0) -> Iterator[Shown]:
    """Give a film, or with `tenths` an animation whose frames lie so far apart, as it is kept and looked up.

    Nothing where no frame has enough detail.
    """
    width, height = planes[0].width, planes[0].height
    planes = [plane for plane in planes if (plane.width, plane.height) == (width, height)]
    inside = window(planes)
    hashes, qualities = hashed(planes, inside)
    times = [tenths * number if tenths else round(10 * plane.at) for number, plane in enumerate(planes)]
    frames, kept = settled(times, qualities, hashes[:, 0])
    if not kept:
        return
    views = [("", hashes[kept])]
    if inside != whole(planes[0]):
        entire, _ = hashed([planes[row] for row in kept], whole(planes[0]))
        views = [("trimmed", hashes[kept]), ("", entire)]
    forms = tuple(
        ("+".join(filter(None, (view, variant))), np.ascontiguousarray(made[:, at]))
        for view, made in views
        for at, variant in enumerate(VARIANTS)
    )
    yield Shown(part, frames, forms)


def hashed(planes: Sequence[Plane], inside: Window) -> tuple[Hashes, list[int]]:
    """Hash a window of frames of one size: uint8 (N, 8, 32) in the order of `VARIANTS`, and the qualities 0..100."""
    rows, columns = _blur(inside.height), _blur(inside.width)
    hashes = np.empty((len(planes), len(VARIANTS), 32), np.uint8)
    qualities = []
    for number, plane in enumerate(planes):
        luma = np.frombuffer(plane.luma, np.uint8)
        small = _kernels().shrink(luma, plane.width, inside.top * plane.width + inside.left, rows, columns)
        hashes[number] = _forms(_DCT @ small.astype(np.float64) @ _DCT.T)
        qualities.append(_quality(small))
    return hashes, qualities


@lru_cache(maxsize=256)
def _blur(length: int) -> _Bands:
    """Give for one axis, around 64 even places, the first pixel that counts and the weights: two passes of a box of 1/128 of it."""
    reach = max(length / (2 * _SIDE), 1.0)

    def up_to(edge: NDArray[np.float64]) -> NDArray[np.float64]:
        """The integral of the tent of that reach, from its foot to an edge."""
        place = np.clip(edge / reach, -1, 1)
        area: NDArray[np.float64] = np.where(place < 0, (place + 1) ** 2 / 2, 1 - (1 - place) ** 2 / 2)
        return area

    middles = (np.arange(_SIDE) + 0.5) * length / _SIDE
    weights = np.diff(up_to(np.arange(length + 1)[None, :] - middles[:, None]), axis=1)
    weights /= weights.sum(axis=1, keepdims=True)
    band = int((weights > 0).sum(axis=1).max())
    starts = np.minimum((weights > 0).argmax(axis=1), length - band)
    kept = np.take_along_axis(weights, starts[:, None] + np.arange(band), axis=1)
    return starts.astype(np.int64), kept.astype(np.float32)


def _forms(found: NDArray[np.float64]) -> Hashes:
    """Give the hashes of the eight forms, uint8 (8, 32), of 16 x 16 coefficients: mirroring turns the sign of odd frequencies."""
    across, down = found * _SIGNS[None, :], found * _SIGNS[:, None]
    both = across * _SIGNS[:, None]
    forms = np.stack([found, across, down, both, found.T, across.T, down.T, both.T]).reshape(8, _BITS)
    median = np.partition(forms, _BITS // 2 - 1, axis=1)[:, _BITS // 2 - 1, None]
    return np.packbits((forms > median)[:, ::-1], axis=1)


def _quality(small: NDArray[np.float32]) -> int:
    """Give PDQ's measure of detail, 0..100: the sum of all steps between neighbours, in whole percents of white."""
    down, across = (np.trunc(np.diff(small, axis=axis) * np.float32(100 / 255)) for axis in (0, 1))
    return min(100, int(np.abs(down).sum() + np.abs(across).sum()) // 90)


@cache
def _kernels() -> ModuleType:
    """The compiled loop, loaded when the first film needs it."""
    from forestall.detect.match.signals import film_kernels  # noqa: PLC0415 - loading numba is dear, and texts never need it

    return film_kernels


def _basis() -> NDArray[np.float64]:
    """Give the 16 x 64 matrix of the DCT-II rows 1..16."""
    frequency = np.arange(1, _KEPT + 1)[:, None]
    waves = np.cos(np.pi / (2 * _SIDE) * frequency * (2 * np.arange(_SIDE)[None, :] + 1))
    matrix: NDArray[np.float64] = waves * np.sqrt(2 / _SIDE)
    return matrix


_DCT = _basis()
_SIGNS = np.where(np.arange(_KEPT) % 2 == 0, -1.0, 1.0)


def window(planes: Sequence[Plane]) -> Window:
    """Give what is inside the bars of a film whose frames are all of one size: lines that stay of one colour from first to last."""
    width, height = planes[0].width, planes[0].height
    spread = np.linspace(0, len(planes) - 1, min(_LOOKED_AT, len(planes))).round().astype(int)
    looked = np.stack([np.frombuffer(planes[at].luma, np.uint8).reshape(height, width) for at in spread.tolist()])
    top, bottom = _bars(looked)
    left, right = _bars(looked.transpose(0, 2, 1))
    inner = Window(left, top, width - left - right, height - top - bottom)
    cut = min(inner.width / width, inner.height / height)
    return inner if _LEAST_SIDE <= cut <= 1 - _LEAST_CUT else whole(planes[0])


def _bars(looked: NDArray[np.uint8]) -> tuple[int, int]:
    """Give how many rows at the top and at the bottom are bars; `looked` is uint8 of frames, rows, columns."""
    ordered = np.sort(looked[:, :, :: max(1, looked.shape[2] // 128)].astype(np.int16), axis=2)
    few = int(ordered.shape[2] * _FEW)
    low, high = ordered[:, :, few].min(axis=0), ordered[:, :, -1 - few].max(axis=0)
    return _run(low, high), _run(low[::-1], high[::-1])


def _run(low: NDArray[np.int16], high: NDArray[np.int16]) -> int:
    """Give how many lines from the outermost on stay within a few levels of it, over all frames."""
    steady = (high - low <= _SPREAD) & (np.abs(low - low[0]) <= _SHIFT)
    return len(steady) if steady.all() else int(np.argmin(steady))
