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
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

LARGEST_RADIUS = 31
"""Up to here the ring filter misses nothing: 16 chunks with two differing bits each would be 32."""

SCAN_BELOW = 4_096
"""Banks with fewer hashes are scanned: faster than 272 list look-ups, and nothing to build."""

_WORDS = 4
_CHUNKS = 16
_VALUES = 1 << 16

_Lists = tuple[NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint16]]


@dataclass(frozen=True, slots=True)
class Hits:
    """Pairs found: query `queries[i]` and hash `rows[i]` differ in `distances[i]` bits; by query, then row."""

    queries: NDArray[np.int64]
    rows: NDArray[np.int64]
    distances: NDArray[np.int64]


class HammingIndex:
    """An immutable index over hashes given as uint8 of shape (N, 32); row numbers are positions in that array."""

    def __init__(self, hashes: NDArray[np.uint8]) -> None:
        words = np.ascontiguousarray(hashes, np.uint8).reshape(-1, 32).view(np.uint64)
        self._words = words
        self._lists = _build(words) if len(words) >= SCAN_BELOW else None

    def __len__(self) -> int:
        return len(self._words)

    def search(self, queries: NDArray[np.uint8], radius: int = LARGEST_RADIUS) -> Hits:
        """Give every hash within `radius` (at most 31) of each query; `queries` is uint8 of shape (Q, 32)."""
        if not 0 <= radius <= LARGEST_RADIUS:
            raise ValueError(f"radius {radius} is not within 0..{LARGEST_RADIUS}")
        asked = np.ascontiguousarray(queries, np.uint8).reshape(-1, 32).view(np.uint64)
        room = 256
        while True:
            found = np.empty((room, 3), np.int64)
            if self._lists is None:
                count = _scan(self._words, asked, radius, found)
            else:
                count = _walk(self._words, self._lists, asked, radius, found)
            if count <= room:
                break
            room = count  # a cluster larger than expected: once more, with room for all of it
        found = found[:count]
        found = found[np.lexsort((found[:, 1], found[:, 0]))]
        return Hits(found[:, 0], found[:, 1], found[:, 2])


@intrinsic
def _popcount(_context: Any, _word: Any) -> Any:
    """Count the ones of a 64-bit word with the processor's own instruction."""

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.uint64(types.uint64), generate


_ones: Any = _popcount  # to the type checker, an intrinsic still wants its typing context


@njit(cache=True, nogil=True)
def _distance(words: NDArray[np.uint64], row: int, asked: NDArray[np.uint64], query: int) -> np.int64:
    """Count the differing bits of a banked hash and a query."""
    total = np.int64(0)
    for k in range(_WORDS):
        total += np.int64(_ones(words[row, k] ^ asked[query, k]))
    return total


@njit(cache=True, nogil=True)
def _scan(words: NDArray[np.uint64], asked: NDArray[np.uint64], radius: int, found: NDArray[np.int64]) -> int:
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


@njit(cache=True, nogil=True)
def _chunk(words: NDArray[np.uint64], row: int, position: int) -> np.uint64:
    """Give one of the 16 chunks of a hash, 0..65535; positions wrap around."""
    position &= _CHUNKS - 1
    value: np.uint64 = (words[row, position >> 2] >> np.uint64((position & 3) << 4)) & np.uint64(0xFFFF)
    return value


@njit(cache=True, nogil=True)
def _build(words: NDArray[np.uint64]) -> _Lists:
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


@njit(cache=True, nogil=True)
def _walk(
    words: NDArray[np.uint64], lists: _Lists, asked: NDArray[np.uint64], radius: int, found: NDArray[np.int64]
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


@njit(cache=True, nogil=True)
def _first(words: NDArray[np.uint64], row: int, asked: NDArray[np.uint64], query: int) -> int:
    """Give the first position whose list lets this pair through, so that a pair found in several counts once."""
    for t in range(_CHUNKS):
        here = _ones(_chunk(words, row, t) ^ _chunk(asked, query, t))
        beside = _ones(_chunk(words, row, t + 1) ^ _chunk(asked, query, t + 1))
        if here <= 1 and here + beside <= 3:
            return t
    return -1


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
