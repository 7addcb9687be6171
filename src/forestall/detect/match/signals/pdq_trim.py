"""Where inside a picture another one may lie: without bars and frames around it, or set into a page such as a screenshot.

Looked for in a sample of at most 256 x 256 of its pixels: PDQ looks at 64 x 64, so an edge that is off by one of the sample moves few
bits. What is found is only ever looked up beside the whole picture; a wrong guess (a sky that looks like a bar) costs a look-up.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forestall.model.reading import Plane

_SAMPLES = 256
_SPREAD = (
    20  # levels within which a line is of one colour, but for a few of its pixels: JPEG leaves noise beside an edge
)
_SHIFT = 16  # levels by which lines of one border may differ
_FEW = 0.03  # share of a line's pixels that may stand out
_LEAST_SIDE = 0.2  # of the whole's, for what is inside to be looked at
_LEAST_CUT = 0.015  # of a side, for a border to be one
_PAGE = 0.2  # share of the pixels that have the colour of the page, for a picture to be set into one
_DENSE = 0.4  # share of a line's pixels that differ from the page, for the line to cross the picture
_SHARP = 3  # lines of the sample within which a picture set into a page begins
_GAP = 0.02  # of a side: a thinner run of page-like lines belongs to the picture


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int


_Sample = NDArray[np.int16]


def whole(plane: Plane) -> Window:
    """Give the window that is the picture."""
    return Window(0, 0, plane.width, plane.height)


def windows(plane: Plane) -> Iterator[tuple[str, Window]]:
    """Give what may be a picture inside this one: `trimmed` of one border, and of a second within it; `inset` in a page."""
    width, height = plane.width, plane.height
    if min(width, height) < 32 or len(plane.luma) != width * height:
        return
    across, down = -(-width // _SAMPLES), -(-height // _SAMPLES)
    pixels = np.frombuffer(plane.luma, np.uint8).reshape(height, width)[down // 2 :: down, across // 2 :: across]
    sample = pixels.astype(np.int16)
    everything = (0, sample.shape[0], 0, sample.shape[1])
    first = _trim(sample, everything)
    second = _trim(sample, first) if first != everything else first
    for name, box in (
        ("trimmed", first),
        ("trimmed", second if second != first else everything),
        ("inset", _inset(sample)),
    ):
        top, bottom, left, right = box
        cut = (bottom - top) / sample.shape[0], (right - left) / sample.shape[1]
        if min(cut) >= _LEAST_SIDE and min(cut) <= 1 - _LEAST_CUT:
            x, y = left * across, top * down
            yield name, Window(x, y, min(right * across, width) - x, min(bottom * down, height) - y)


_Box = tuple[int, int, int, int]
"""Top, bottom (not included), left, right (not included), in the sample."""


def _trim(sample: _Sample, box: _Box) -> _Box:
    """Give the box without the lines at its sides that are of one colour and alike."""
    top, bottom, left, right = box
    part = sample[top:bottom, left:right]
    rows, columns = _borders(part), _borders(part.T)
    if sum(rows) >= part.shape[0] or sum(columns) >= part.shape[1]:
        return box
    return top + rows[0], bottom - rows[1], left + columns[0], right - columns[1]


def _borders(part: _Sample) -> tuple[int, int]:
    """Give how many lines at the beginning and at the end are of one colour, and of the same as the outermost."""
    few = int(part.shape[1] * _FEW)
    ordered = np.sort(part, axis=1)
    flat = ordered[:, -1 - few] - ordered[:, few] <= _SPREAD
    middle = ordered[:, part.shape[1] // 2]
    return _run(flat & (abs(middle - middle[0]) <= _SHIFT)), _run((flat & (abs(middle - middle[-1]) <= _SHIFT))[::-1])


def _run(holds: NDArray[np.bool_]) -> int:
    """Give how many values at the beginning are true."""
    return len(holds) if holds.all() else int(np.argmin(holds))


def _inset(sample: _Sample) -> _Box:
    """Give the largest block of lines that mostly differ from the page's colour; everything where there is no page."""
    everything = (0, sample.shape[0], 0, sample.shape[1])
    counts = np.bincount((sample >> 2).ravel(), minlength=64)
    near = counts[:-1] + counts[1:]  # eight neighbouring levels
    if near.max() < _PAGE * sample.size:
        return everything
    inked = abs(sample - 4 * (int(np.argmax(near)) + 1)) > _SHIFT
    top, bottom, left, right = everything
    for _ in range(2):
        across = inked[top:bottom].mean(axis=0)
        left, right = _block(across)
        down = inked[:, left:right].mean(axis=1)
        top, bottom = _block(down)
    return (
        (top, bottom, left, right)
        if _begins_sharply(across, left, right) and _begins_sharply(down, top, bottom)
        else everything
    )


def _begins_sharply(density: NDArray[np.float64], begin: int, end: int) -> bool:
    """Tell whether a run of lines begins and ends within a few lines, as a picture on a page does and a thing in a picture does not."""
    inside = float(np.median(density[begin:end]))
    before, after = density[max(0, begin - _SHARP) : begin], density[end : end + _SHARP]
    return all(not len(beside) or float(beside.min()) < inside / 2 for beside in (before, after))


def _block(density: NDArray[np.float64]) -> tuple[int, int]:
    """Give the longest run of dense lines, joined over thin gaps: its first line, and the one after its last."""
    dense = density >= _DENSE * density.max()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], dense.astype(np.int8), [0]])))
    begins, ends = edges[::2], edges[1::2]
    joined = [(int(begins[0]), int(ends[0]))]
    for begin, end in zip(begins[1:].tolist(), ends[1:].tolist(), strict=True):
        if begin - joined[-1][1] <= _GAP * len(density):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return max(joined, key=lambda run: run[1] - run[0])
