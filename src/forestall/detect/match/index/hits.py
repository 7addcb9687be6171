"""What a search gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Hits:
    """Entries found: query `queries[i]` and the entry `ids[i]` are `distances[i]` bits apart; by query, distance, id."""

    queries: NDArray[np.int64]
    ids: NDArray[np.uint64]
    distances: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


_NO_INTS, _NO_IDS = np.zeros(0, np.int64), np.zeros(0, np.uint64)
_NO_INTS.flags.writeable = _NO_IDS.flags.writeable = False
NONE = Hits(_NO_INTS, _NO_IDS, _NO_INTS)
"""Nothing was found."""

ORDERED = 32
"""Up to so many hits of one query the loops put in order themselves."""


_DISTANCE_BITS = 9


def hits_of(out: NDArray[np.int64], count: int) -> Hits:
    """Give the first `count` columns of what the loops wrote: queries, ids, distances (3, room)."""
    if count == 0:
        return NONE
    if count > ORDERED:
        return ordered(out[:, :count])
    return Hits(out[0, :count], out[1, :count].view(np.uint64), out[2, :count])


def ordered(found: NDArray[np.int64]) -> Hits:
    """Give columns of queries, ids and distances in order. Where all three fit into a word, as they nearly always do, one sort does."""
    queries, ids, distances = found[0].view(np.uint64), found[1].view(np.uint64), found[2].view(np.uint64)
    wide = int(ids.max()).bit_length()
    if wide + _DISTANCE_BITS + int(queries.max()).bit_length() > 64:
        order = np.lexsort((ids, distances, queries))
        return Hits(found[0][order], ids[order], found[2][order])
    low, middle = np.uint64(wide), np.uint64(wide + _DISTANCE_BITS)
    words = np.sort(queries << middle | distances << low | ids)
    apart = (words >> low) & np.uint64((1 << _DISTANCE_BITS) - 1)
    return Hits((words >> middle).view(np.int64), words & np.uint64((1 << wide) - 1), apart.view(np.int64))
