"""The inner loop of hashing a film's frames, compiled: from pixels to 64 x 64. See `film` for what it is for."""

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import kernel

_SIDE = 64

Bands = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Per output position the first pixel that counts (64,), and the weights from there on (64, band)."""


@kernel
def shrink(luma: NDArray[np.uint8], stride: int, start: int, rows: Bands, columns: Bands) -> NDArray[np.float32]:
    """Give a window of brightness pixels as 64 x 64; `stride` is bytes per row, `start` where the window's first pixel lies."""
    row_starts, row_weights = rows
    column_starts, column_weights = columns
    small = np.empty((_SIDE, _SIDE), np.float32)
    width = column_starts.max() + column_weights.shape[1]
    band = np.empty(width, np.float32)
    for i in range(_SIDE):
        band[:] = 0
        for k in range(row_weights.shape[1]):
            weight = row_weights[i, k]
            first = start + (row_starts[i] + k) * stride
            for x in range(width):
                band[x] += weight * np.float32(luma[first + x])
        for j in range(_SIDE):
            total = np.float32(0)
            first = column_starts[j]
            for k in range(column_weights.shape[1]):
                total += column_weights[j, k] * band[first + k]
            small[i, j] = total
    return small
