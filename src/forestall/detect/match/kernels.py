"""The inner loops of picture hashing and of the index, compiled. See `signals/pdq.py` and `index.py` for what they are for."""

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from forestall.text.kernel import kernel

_SIDE = 64
_WORDS = 4
_CHUNKS = 16
_VALUES = 1 << 16

Bands = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Per output position of one axis, the first pixel that counts (64,), and the weights from there on (64, band)."""

Lists = tuple[NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint16]]
"""Where each chunk's list starts (16, 65537), and in list order the rows (16, N) and their next chunks (16, N)."""


@kernel
def shrink(luma: NDArray[np.uint8], width: int, rows: Bands, columns: Bands) -> NDArray[np.float32]:
    """Give the 64 x 64 picture: per output row, the weighted sum of its band of pixel rows, then the same along it.

    `luma` is height * width bytes, row by row.
    """
    row_starts, row_weights = rows
    column_starts, column_weights = columns
    small = np.empty((_SIDE, _SIDE), np.float32)
    band = np.empty(width, np.float32)
    for i in range(_SIDE):
        band[:] = 0
        for k in range(row_weights.shape[1]):
            weight = row_weights[i, k]
            if weight == 0:
                continue
            start = (row_starts[i] + k) * width
            row = luma[start : start + width]
            for x in range(width):
                band[x] += weight * np.float32(row[x])
        for j in range(_SIDE):
            total = np.float32(0)
            for k in range(column_weights.shape[1]):
                weight = column_weights[j, k]
                if weight != 0:
                    total += weight * band[column_starts[j] + k]
            small[i, j] = total
    return small


@intrinsic
def _popcount(_context: Any, _word: Any) -> Any:
    """Count the ones of a 64-bit word with the processor's own instruction."""

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.uint64(types.uint64), generate


_ones: Any = _popcount  # to the type checker, an intrinsic still wants its typing context


@kernel
def _distance(words: NDArray[np.uint64], row: int, asked: NDArray[np.uint64], query: int) -> np.int64:
    """Count the differing bits of a banked hash and a query."""
    total = np.int64(0)
    for k in range(_WORDS):
        total += np.int64(_ones(words[row, k] ^ asked[query, k]))
    return total


@kernel
def scan(words: NDArray[np.uint64], asked: NDArray[np.uint64], radius: int, found: NDArray[np.int64]) -> int:
    """Compare every query with every hash; fill `found` (query, row, distance) and give how many there were."""
    count = 0
    for query in range(asked.shape[0]):
        for row in range(words.shape[0]):
            distance = _distance(words, row, asked, query)
            if distance <= radius:
                if count < found.shape[0]:
                    found[count, 0] = query
                    found[count, 1] = row
                    found[count, 2] = distance
                count += 1
    return count


@kernel
def _chunk(words: NDArray[np.uint64], row: int, position: int) -> np.uint64:
    """Give one of the 16 chunks of a hash, 0..65535; positions wrap around."""
    position &= _CHUNKS - 1
    value: np.uint64 = (words[row, position >> 2] >> np.uint64((position & 3) << 4)) & np.uint64(0xFFFF)
    return value


@kernel
def build(words: NDArray[np.uint64]) -> Lists:
    """Give the lists: `starts` (16, 65537), and in list order the `rows` (16, N) and their next chunks `beside` (16, N)."""
    size = words.shape[0]
    starts = np.zeros((_CHUNKS, _VALUES + 1), np.int32)
    rows = np.empty((_CHUNKS, size), np.uint32)
    beside = np.empty((_CHUNKS, size), np.uint16)
    for t in range(_CHUNKS):
        for row in range(size):
            starts[t, _chunk(words, row, t) + np.uint64(1)] += 1
        for value in range(_VALUES):
            starts[t, value + 1] += starts[t, value]
        fill = starts[t].copy()
        for row in range(size):
            own = _chunk(words, row, t)
            rows[t, fill[own]] = row
            beside[t, fill[own]] = _chunk(words, row, t + 1)
            fill[own] += 1
    return starts, rows, beside


@kernel
def walk(
    words: NDArray[np.uint64], lists: Lists, asked: NDArray[np.uint64], radius: int, found: NDArray[np.int64]
) -> int:
    """Walk the lists for every query; fill `found` (query, row, distance) and give how many there were."""
    starts, rows, beside = lists
    count = 0
    for query in range(asked.shape[0]):
        for t in range(_CHUNKS):
            own = _chunk(asked, query, t)
            next_own = _chunk(asked, query, t + 1)
            for flip in range(-1, 16):
                value = own if flip < 0 else own ^ (np.uint64(1) << np.uint64(flip))
                allowed = np.uint64(3 if flip < 0 else 2)
                for at in range(starts[t, value], starts[t, value + np.uint64(1)]):
                    if _ones(np.uint64(beside[t, at]) ^ next_own) > allowed:
                        continue
                    row = rows[t, at]
                    distance = _distance(words, row, asked, query)
                    if distance <= radius and _first(words, row, asked, query) == t:
                        if count < found.shape[0]:
                            found[count, 0] = query
                            found[count, 1] = row
                            found[count, 2] = distance
                        count += 1
    return count


@kernel
def _first(words: NDArray[np.uint64], row: int, asked: NDArray[np.uint64], query: int) -> int:
    """Give the first position whose list lets this pair through, so that a pair found in several counts once."""
    for t in range(_CHUNKS):
        here = _ones(_chunk(words, row, t) ^ _chunk(asked, query, t))
        beside = _ones(_chunk(words, row, t + 1) ^ _chunk(asked, query, t + 1))
        if here <= 1 and here + beside <= 3:
            return t
    return -1
