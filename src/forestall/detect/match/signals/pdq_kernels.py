"""The inner loops of picture hashing, compiled: from pixels to 64 x 64. See `pdq` for what they are for.

Per output row, the weighted sum of its band of pixel rows is taken, then the same along it. Bands hardly overlap, so each pixel is read
about once in each direction, in the order in which it lies in memory, and the loop over a row is one the compiler turns into vector
instructions. The bytes of a colour picture are summed as they lie, red, green and blue apart; brightness is taken of the sums.
"""

# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import kernel

_SIDE = 64
_KEPT = 16

Bands = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Per direction of one axis and output position, the first pixel that counts (2, 64), and the weights from there on (2, 64, band)."""


@kernel
def shrink(
    data: NDArray[np.uint8], channels: int, stride: int, start: int, rows: Bands, columns: Bands
) -> NDArray[np.float32]:
    """Give the 64 x 64 pictures of a window of pixels as it is, mirrored, upside down, and both: (4, 64, 64).

    `channels` is 1 for brightness bytes and 3 for RGB bytes, of which brightness is 0.299 R + 0.587 G + 0.114 B, not rounded;
    `stride` is bytes per row of the whole picture, `start` where the window's first pixel lies.
    """
    row_starts, row_weights = rows
    column_starts, column_weights = columns
    small = np.empty((4, _SIDE, _SIDE), np.float32)
    width = column_starts.max() + column_weights.shape[2]
    sums = np.empty(channels * width, np.float32)
    mixed = np.empty(width, np.float32)
    band = mixed if channels == 3 else sums
    for down in range(2):
        for i in range(_SIDE):
            _sum_rows(data, stride, start + row_starts[down, i] * stride, row_weights[down, i], sums)
            if channels == 3:
                for x in range(width):
                    red, green, blue = sums[3 * x], sums[3 * x + 1], sums[3 * x + 2]
                    mixed[x] = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
            for across in range(2):
                for j in range(_SIDE):
                    total = np.float32(0)
                    first = column_starts[across, j]
                    for k in range(column_weights.shape[2]):
                        total += column_weights[across, j, k] * band[first + k]
                    small[2 * down + across, i, j] = total
    return small


@kernel
def _sum_rows(
    data: NDArray[np.uint8], stride: int, start: int, weights: NDArray[np.float32], band: NDArray[np.float32]
) -> None:
    """Fill `band` with the weighted sum of as many rows as there are weights; four at a time, to pass over `band` less often."""
    band[:] = 0
    length, count = band.shape[0], weights.shape[0]
    last = count - count % 4
    for k in range(0, last, 4):
        at = start + k * stride
        first, second = data[at : at + length], data[at + stride : at + stride + length]
        third, fourth = (
            data[at + 2 * stride : at + 2 * stride + length],
            data[at + 3 * stride : at + 3 * stride + length],
        )
        one, two, three, four = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        for x in range(length):
            upper = one * np.float32(first[x]) + two * np.float32(second[x])
            band[x] += upper + (three * np.float32(third[x]) + four * np.float32(fourth[x]))
    for k in range(last, count):
        at = start + k * stride
        row, weight = data[at : at + length], weights[k]
        for x in range(length):
            band[x] += weight * np.float32(row[x])


@kernel
def digest(small: NDArray[np.float32], basis: NDArray[np.float64]) -> tuple[NDArray[np.uint8], int]:
    """Give the hashes of a picture in its eight forms, uint8 (8, 32), and its quality 0..100.

    Takes what `shrink` gives, and the DCT's matrix (16, 64). Forms come in the order of `pdq.VARIANTS`: the four, then the four
    transposed, which only swaps rows and columns. The bit of row i, column j of the coefficients is bit 16 i + j of a hash, of
    which the highest is written first. Double precision keeps ties apart the same way everywhere.
    """
    hashes = np.zeros((8, _KEPT * _KEPT // 8), np.uint8)
    for form in range(4):
        found = _coefficients(small[form], basis)
        median = np.partition(found.ravel(), _KEPT * _KEPT // 2 - 1)[_KEPT * _KEPT // 2 - 1]
        for i in range(_KEPT):
            for j in range(_KEPT):
                if found[i, j] > median:
                    bit, turned = _KEPT * i + j, _KEPT * j + i
                    hashes[form, 31 - (bit >> 3)] |= np.uint8(1 << (bit & 7))
                    hashes[form + 4, 31 - (turned >> 3)] |= np.uint8(1 << (turned & 7))
    return hashes, _quality(small[0])


@kernel
def _coefficients(small: NDArray[np.float32], basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the 16 x 16 lowest frequencies above the constant one."""
    half = np.zeros((_KEPT, _SIDE), np.float64)
    for i in range(_KEPT):
        for y in range(_SIDE):
            weight = basis[i, y]
            for x in range(_SIDE):
                half[i, x] += weight * np.float64(small[y, x])
    found = np.zeros((_KEPT, _KEPT), np.float64)
    across = basis.T.copy()
    for i in range(_KEPT):
        for x in range(_SIDE):
            weight = half[i, x]
            for j in range(_KEPT):
                found[i, j] += weight * across[x, j]
    return found


@kernel
def _quality(small: NDArray[np.float32]) -> int:
    """Give the reference's measure of detail, 0..100: the sum of all steps between neighbours, in whole percents of white."""
    total = 0
    for y in range(_SIDE):
        for x in range(_SIDE):
            if y:
                total += abs(int((small[y, x] - small[y - 1, x]) * np.float32(100) / np.float32(255)))
            if x:
                total += abs(int((small[y, x] - small[y, x - 1]) * np.float32(100) / np.float32(255)))
    return min(100, total // 90)
