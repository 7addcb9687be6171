"""A table: entries that no longer change, in the order of their keys, and for hashes the lists by chunk beside them.

A key is held as words of 64 bits, its first byte the most significant, so words sort as keys do. One stretch of memory holds,
each on a boundary of 64 bytes: words (N, W); ids (N,); starts; and where hashes are many, rows (15, N) and next chunks (16, N).
The first chunk's list needs no rows, since its order is that of the hashes. That is 32 + 8 + 15 * 4 + 16 * 2 = 132 bytes per
hash and 4 MiB of starts. The stretch is an array, or a file mapped read-only (`files.py`).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import building, kernels
from forestall.detect.match.index.machine import LANES

LISTS_FROM = 4_096
"""Fewer hashes are compared one by one: faster than 272 lists, and nothing to build."""

_STEP = 64
_MOST_BITS = 22
_LEAST_BITS = 4
_VECTOR_BITS = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides where things lie: entries, bytes of a key, and whether nearness is asked for."""

    count: int
    size: int
    near: bool

    @property
    def width(self) -> int:
        """Words of a key."""
        return -(-self.size // 8)

    @property
    def listed(self) -> bool:
        """Tell whether hashes are listed by chunk."""
        return self.near and self.count >= LISTS_FROM

    @property
    def bits(self) -> int:
        """Leading bits that `starts` tells apart, for lists of one vector or a dozen keys; where there are lists, at most a chunk."""
        if self.listed:
            return max(_LEAST_BITS, min(16, self.count.bit_length() - _VECTOR_BITS))
        return min(_MOST_BITS, max(0, self.count.bit_length() - 4))

    @property
    def places(self) -> tuple[int, ...]:
        """Where words, ids, starts, rows and next chunks begin, and where all ends."""
        chunks = kernels.CHUNKS if self.listed else 0
        lengths = (
            self.count * self.width * 8,
            self.count * 8,
            4 * (max(1, chunks) * ((1 << self.bits) + 1)),
            4 * max(0, chunks - 1) * self.count,
            2 * (chunks * self.count + LANES) if chunks else 0,
        )
        places = [0]
        for length in lengths:
            places.append(places[-1] + -(-length // _STEP) * _STEP)
        return tuple(places)

    @property
    def length(self) -> int:
        """Bytes of all together."""
        return self.places[-1]


class Table:
    """Entries over a stretch of memory. Entries may die and live again; nothing else changes."""

    def __init__(self, shape: Shape, memory: NDArray[np.uint8]) -> None:
        self.shape, self.memory = shape, memory
        self.dead: NDArray[np.uint8] | None = None
        self.living = shape.count

    def __len__(self) -> int:
        return self.shape.count

    @property
    def words(self) -> NDArray[np.uint64]:
        """The keys (N, W), in order."""
        return self._stretch(0, np.uint64)[: self.shape.count * self.shape.width].reshape(-1, self.shape.width)

    @property
    def ids(self) -> NDArray[np.uint64]:
        """The ids (N,)."""
        return self._stretch(1, np.uint64)[: self.shape.count]

    def _stretch(self, number: int, kind: type[np.generic]) -> NDArray[Any]:
        """Give one of the arrays, as long as its room."""
        begin, end = self.shape.places[number : number + 2]
        return self.memory[begin:end].view(kind)

    def turn(self, rows: NDArray[np.int64], *, dead: bool) -> None:
        """Let entries die or live again; rows may not repeat, and those that already are so stay so."""
        if self.dead is None:
            self.dead = np.zeros(self.shape.count, np.uint8)
        turned = int(np.count_nonzero(self.dead[rows] != dead))
        self.dead[rows] = dead
        self.living += -turned if dead else turned

    def part(self) -> NDArray[np.uint64]:
        """Give the row of numbers by which the loops know this table (`kernels.py`)."""
        base, places, shape = self.memory.ctypes.data, self.shape.places, self.shape
        dead = 0 if self.dead is None else self.dead.ctypes.data
        rows, beside = (base + places[3], base + places[4]) if shape.listed else (0, 0)
        fields = (shape.count, base, base + places[1], dead, shape.bits, base + places[2], rows, beside, 1)
        return np.array(fields, np.uint64)

    def fill(self, sources: Sequence["Table"]) -> None:
        """Lay out the living entries of other tables, which must be as many as this one has room for, and list them."""
        given = np.stack([source.part() for source in sources]) if sources else np.zeros((0, kernels.FIELDS), np.uint64)
        merged = building.merge(given, self.words, self.ids)
        if merged != self.shape.count:
            raise RuntimeError(f"a table for {self.shape.count} entries was given {merged}")
        self.arrange()

    def arrange(self) -> None:
        """List the entries, which are in place and in order."""
        words = self.words
        if not self.shape.listed:
            bits = self.shape.bits
            heads = (words[:, 0] >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(words), np.int64)
            starts = self._stretch(2, np.uint32)
            starts[0] = 0
            starts[1 : (1 << bits) + 1] = np.cumsum(np.bincount(heads, minlength=1 << bits))
            return
        starts, rows, beside = self._stretch(2, np.uint32), self._stretch(3, np.uint32), self._stretch(4, np.uint16)
        count, values = self.shape.count, (1 << self.shape.bits) + 1

        def listed(t: int) -> None:
            own = rows[max(0, t - 1) * count :][:count]
            building.lists(words, t, self.shape.bits, starts[t * values :][:values], own, beside[t * count :][:count])

        if count < _ALONE:
            for t in range(kernels.CHUNKS):
                listed(t)
            return
        with ThreadPoolExecutor(2, "index-lists") as pool:
            list(pool.map(listed, range(kernels.CHUNKS)))


_ALONE = 200_000
"""Fewer hashes are listed by one thread."""


def words_of(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Give keys (N, size) as words (N, W)."""
    count, size = keys.shape
    padded = keys
    if size % 8:
        padded = np.zeros((count, size + -size % 8), np.uint8)
        padded[:, :size] = keys
    return np.ascontiguousarray(padded).view(">u8").astype(np.uint64).reshape(count, padded.shape[1] // 8)


def ordered(words: NDArray[np.uint64], ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Give the rows in the order of key, then id, each entry once."""
    order = np.argsort(words[:, 0])
    heads = words[order, 0]
    same = heads[1:] == heads[:-1]
    if same.any():
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        rows = order[tied]
        columns = (ids[rows], *(words[rows, k] for k in range(words.shape[1] - 1, -1, -1)))
        order[tied] = rows[np.lexsort(columns)]
        again = (ids[order[1:]] == ids[order[:-1]]) & (words[order[1:]] == words[order[:-1]]).all(axis=1)
        order = order[np.append(True, ~again)]
    return order


def table_of(words: NDArray[np.uint64], ids: NDArray[np.uint64], size: int) -> Table:
    """Give a table in memory of entries in any order, each once; for equality only, and before `arrange` only for merging."""
    order = ordered(words, ids)
    table = empty(Shape(len(order), size, near=False))
    np.take(words, order, axis=0, out=table.words)
    np.take(ids, order, out=table.ids)
    return table


def empty(shape: Shape) -> Table:
    """Give a table in memory, still to be filled."""
    room = np.empty(shape.length + _STEP, np.uint8)
    skip = -room.ctypes.data % _STEP
    return Table(shape, room[skip : skip + shape.length])


def merged(sources: Sequence[Table], shape: Shape) -> Table:
    """Give a table in memory of the living entries of others."""
    table = empty(shape)
    table.fill(sources)
    return table


def living(tables: Sequence[Table]) -> int:
    """Count the living entries of tables."""
    return sum(table.living for table in tables)
