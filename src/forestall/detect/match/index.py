"""Finding all banked 256-bit hashes within a Hamming radius of 31 or less: exact, never approximate.

Small banks are scanned. Larger ones use multi-index hashing (Norouzi, Punjani, Fleet 2012) with a ring filter:
a hash is cut into 16 chunks of 16 bits, and per chunk position all hashes are listed by that chunk's value, each with its
*next* chunk beside it. If two hashes differ in at most 31 bits, let b[t] be the differing bits in chunk t; the sum of
(b[t] - 2) around the ring is negative, so there is a t from which every running sum is negative (start after the last
maximum): b[t] <= 1 and b[t] + b[t+1] <= 3. So it is enough to walk, for each of the 16 positions, the lists of the
query's chunk and its 16 one-bit changes, and to compare in full only where the next chunk fits too. That costs
272 short contiguous reads per query and discards 99.7 % of the candidates without touching their hashes.

Memory per hash: 32 bytes, and 16 x (4 + 2) for the lists.
"""

from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

LARGEST_RADIUS = 31
"""Up to here the ring filter misses nothing: 16 chunks with two differing bits each would be 32."""

SCAN_BELOW = 4_096
"""Banks with fewer hashes are scanned: faster than 272 list look-ups, and nothing to build."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Pairs found: query `queries[i]` and hash `rows[i]` differ in `distances[i]` bits; by query, then row."""

    queries: NDArray[np.int64]
    rows: NDArray[np.int64]
    distances: NDArray[np.int64]


class HammingIndex:
    """An immutable index over hashes given as uint8 of shape (N, 32); row numbers are positions in that array."""

    def __init__(self, hashes: NDArray[np.uint8]) -> None:
        self._words = words = _words(hashes)
        self._lists = _kernels().build(words) if len(words) >= SCAN_BELOW else None

    def __len__(self) -> int:
        return len(self._words)

    def search(self, queries: NDArray[np.uint8], radius: int = LARGEST_RADIUS) -> Hits:
        """Give every hash within `radius` (at most 31) of each query; `queries` is uint8 of shape (Q, 32)."""
        if not 0 <= radius <= LARGEST_RADIUS:
            raise ValueError(f"radius {radius} is not within 0..{LARGEST_RADIUS}")
        asked = _words(queries)
        room = 256
        while True:
            found = np.empty((room, 3), np.int64)
            if self._lists is None:
                count = _kernels().scan(self._words, asked, radius, found)
            else:
                count = _kernels().walk(self._words, self._lists, asked, radius, found)
            if count <= room:
                break
            room = count  # a cluster larger than expected: once more, with room for all of it
        found = found[:count]
        found = found[np.lexsort((found[:, 1], found[:, 0]))]
        return Hits(found[:, 0], found[:, 1], found[:, 2])


def _words(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Give hashes (N, 32) as words (N, 4); writable, because numba would compile everything again for read-only arrays."""
    return np.require(hashes, np.uint8, ["C", "W"]).reshape(-1, 32).view(np.uint64)


class ExactIndex:
    """An immutable index for equality over values given as uint8 of shape (N, size), for signals without nearness.

    Sorted by their first eight bytes; values that share those are compared in full.
    """

    def __init__(self, values: NDArray[np.uint8]) -> None:
        heads = _heads(values)
        self._order = np.argsort(heads, kind="stable")
        self._heads = heads[self._order]
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def search(self, queries: NDArray[np.uint8], radius: int = 0) -> Hits:  # noqa: ARG002 - the seam both indexes share
        """Give every value equal to each query (uint8 of shape (Q, size)); distances are 0."""
        heads = _heads(queries)
        low, high = np.searchsorted(self._heads, heads, "left"), np.searchsorted(self._heads, heads, "right")
        pairs = [
            (query, int(row))
            for query in np.flatnonzero(high > low).tolist()
            for row in np.sort(self._order[low[query] : high[query]])
            if np.array_equal(self._values[row], queries[query])
        ]
        found = np.array(pairs, np.int64).reshape(-1, 2)
        return Hits(found[:, 0], found[:, 1], np.zeros(len(found), np.int64))


def _heads(values: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Give the first eight bytes of each value as a word."""
    return np.ascontiguousarray(values[:, :8]).view(np.uint64).reshape(-1)


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first bank with near signals needs them."""
    from forestall.detect.match import kernels  # noqa: PLC0415 - loading numba is dear, and most set-ups begin without a bank

    return kernels
