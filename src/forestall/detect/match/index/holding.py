"""What a process holds of an index: its tables, the entries added since, and which of all these were removed.

New entries go to a short tail that searches compare one by one. A full tail becomes part of a table in memory, and that in
time part of a table in a file (`index.py`). An entry is in one place only, dead or alive: adding one that is dead revives it.
One thread at a time changes a holding; any number search the view it last gave out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import kernels
from forestall.detect.match.index.table import Shape, Table, living, merged, table_of

Words = NDArray[np.uint64]

TAIL = 4_096
"""Entries that the tail has room for: comparing with so many takes about as long as searching a table."""


@dataclass(frozen=True, slots=True)
class View:
    """What searches read: `parts` for the loops, and `arrays` so that the memory stays while they do."""

    parts: Words
    arrays: tuple[Any, ...]
    tail: int


class Holding:
    """The entries of an index in this process."""

    def __init__(self, size: int, tables: Sequence[Table], *, near: bool) -> None:
        self.size, self.near = size, near
        self.tables = list(tables)
        self.recent: Table | None = None
        self._clear()
        self._look()

    def __len__(self) -> int:
        return living(self._sorted) + len(self._held)

    @property
    def unsettled(self) -> int:
        """Count the entries that are in no table of a file yet."""
        return (len(self.recent) if self.recent else 0) + self._count

    @property
    def _sorted(self) -> list[Table]:
        return [*self.tables, self.recent] if self.recent else self.tables

    def _clear(self) -> None:
        """Begin a new tail; views of the old one keep it."""
        width = -(-self.size // 8)
        self._words, self._ids = np.zeros((TAIL, width), np.uint64), np.zeros(TAIL, np.uint64)
        self._dead = np.zeros(TAIL, np.uint8)
        self._count = 0
        self._held: dict[bytes, int] = {}

    def _look(self) -> None:
        """Give out a new view."""
        tables = self._sorted
        parts = [table.part() for table in tables]
        if self._count:
            addresses = [array.ctypes.data for array in (self._words, self._ids, self._dead)]
            parts.append(np.array([self._count, *addresses, 0, 0, 0, 0, 0], np.uint64))
        given = np.stack(parts) if parts else np.zeros((0, kernels.FIELDS), np.uint64)
        arrays = [(table.memory, table.dead) for table in tables]
        self.view = View(given, (*arrays, self._words, self._ids, self._dead), self._count)

    def _located(self, words: Words, ids: Words) -> NDArray[np.int64]:
        """Give part and row of each entry among the sorted ones, -1 where it is in none."""
        where = np.full((len(ids), 2), -1, np.int64)
        if self._sorted:
            kernels.locate(self.view.parts, words, ids, where)
        return where

    def alive(self, words: Words, ids: Words) -> NDArray[np.bool_]:
        """Tell which entries are held and not removed."""
        where = self._located(words, ids)
        found = np.zeros(len(ids), np.bool_)
        for number, table in enumerate(self._sorted):
            here = np.flatnonzero(where[:, 0] == number)
            found[here] = True if table.dead is None else table.dead[where[here, 1]] == 0
        if self._held:
            found |= np.fromiter((name in self._held for name in _names(words, ids)), np.bool_, len(ids))
        return found

    def add(self, words: Words, ids: Words) -> None:
        """Take entries in; those held already change nothing."""
        rest = self.turn(words, ids, dead=False)
        words, ids = words[rest], ids[rest]
        if self._count + len(ids) > TAIL:
            self._settle(words, ids)
        else:
            for name, word, number in zip(_names(words, ids), words, ids, strict=True):
                if name not in self._held:
                    self._held[name] = at = self._count
                    self._words[at], self._ids[at], self._dead[at] = word, number, 0
                    self._count += 1
        self._look()

    def remove(self, words: Words, ids: Words) -> None:
        """Let entries die; those not held change nothing."""
        rest = self.turn(words, ids, dead=True)
        for name in _names(words[rest], ids[rest]):
            at = self._held.pop(name, None)
            if at is not None:
                self._dead[at] = 1
        self._look()

    def turn(self, words: Words, ids: Words, *, dead: bool) -> NDArray[np.int64]:
        """Let entries among the sorted ones die or live; gives the places of the others."""
        where = self._located(words, ids)
        for number, table in enumerate(self._sorted):
            rows = np.unique(where[where[:, 0] == number, 1])
            if len(rows) and (dead or table.dead is not None):
                table.turn(rows, dead=dead)
        return np.flatnonzero(where[:, 0] < 0)

    def _settle(self, words: Words, ids: Words) -> None:
        """Put the tail and further entries into the table in memory."""
        fresh = table_of(*self._joined(words, ids), self.size)
        sources = [fresh, self.recent] if self.recent else [fresh]
        self.recent = merged(sources, Shape(living(sources), self.size, near=self.near))
        self._clear()

    def _joined(self, words: Words, ids: Words) -> tuple[Words, Words]:
        """Give the living entries of the tail, and others after them."""
        alive = np.fromiter(self._held.values(), np.int64, len(self._held))
        return np.concatenate([self._words[alive], words]), np.concatenate([self._ids[alive], ids])

    def frozen(self) -> tuple[list[Table], list[Table]]:
        """Give the tables of files, and all entries that are in none, as tables that will not change any more."""
        none = np.zeros((0, self._words.shape[1]), np.uint64)
        tail = table_of(*self._joined(none, np.zeros(0, np.uint64)), self.size)
        return [_still(table) for table in self.tables], [*([_still(self.recent)] if self.recent else []), tail]


def sorted_view(view: View, size: int) -> View:
    """Give a view for many queries: its tail is sorted."""
    if not view.tail:
        return view
    words, ids, dead = view.arrays[-3:]
    alive = np.flatnonzero(dead[: view.tail] == 0)
    tail = table_of(words[alive], ids[alive], size)
    tail.arrange()
    return View(np.concatenate([view.parts[:-1], tail.part()[None, :]]), (view, tail), 0)


def _still(table: Table) -> Table:
    """Give a table over the same memory whose entries do not die with the other's."""
    still = Table(table.shape, table.memory)
    still.dead = None if table.dead is None else table.dead.copy()
    still.living = table.living if still.dead is None else int(np.count_nonzero(still.dead == 0))
    return still


def _names(words: Words, ids: Words) -> list[bytes]:
    """Give each entry as bytes."""
    rows = np.ascontiguousarray(np.column_stack([ids, words]))
    names: list[bytes] = rows.view(f"V{rows.shape[1] * 8}").ravel().tolist()
    return names
