"""How an index adds, removes, searches and compacts. Where its entries are kept is up to `memory.py` and `shared.py`."""

import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import kernels, log
from forestall.detect.match.index.contract import Index
from forestall.detect.match.index.hits import Hits, hits_of
from forestall.detect.match.index.holding import Holding, sorted_view
from forestall.detect.match.index.join import joined
from forestall.detect.match.index.table import Shape, Table, living, table_of, words_of
from forestall.model.errors import StoreFailed

COMPACT_FROM = 1 << 16
"""So many entries outside of tables are made into one in the background; and a batch as large becomes a table at once."""

LONG_LOG = 8 << 20
"""Bytes of a log that is long enough for compacting, whatever it holds."""

HURRY = 4
"""At so many times either, who adds does the work and waits."""

GROW = 4
"""A table is taken into a new one where it is at most so many times as large as what is new: each entry moves few times."""

WORTH = 0.8
"""A table with a smaller share of living entries is made anew."""

_LITTLE_ROOM = 2_048
"""Hits that a single query has room for at first: the largest clusters fit, and memory that is not touched costs nothing."""
_LARGEST = 256
_SORTED_FROM = 64
_Ids = NDArray[np.uint64]
_Keys = NDArray[np.uint8]


class Keeping(Index):
    """What all indexes have in common; who writes holds `_writing`, who makes tables `_alone`."""

    def __init__(self, size: int, *, near: bool) -> None:
        self._size, self._near, self._width = size, near, -(-size // 8)
        self._guard = threading.RLock()
        self._worker: threading.Thread | None = None
        self._holding = Holding(size, [], near=near)
        self._position = ""
        self._closed = False

    def __len__(self) -> int:
        return len(self._holding)

    @property
    def position(self) -> str:
        """What the last `add` or `remove` that named a position named; empty where all must be added anew."""
        return self._position

    def search(self, queries: _Keys, radius: int = 0) -> Hits:
        """Give every entry within `radius` bits of each key."""
        asked = self._checked(queries, radius)
        view = self._holding.view
        if len(asked) >= _SORTED_FROM and not self._near:
            view = sorted_view(view, self._size)
        room = _LITTLE_ROOM + 4 * (len(asked) - 1)
        while True:
            out = np.empty((3, room), np.int64)
            find, how = (kernels.near, radius) if radius else (kernels.equal, self._width)
            count = find(view.parts, asked, how, out)
            if count <= room:
                return hits_of(out, count)
            room = count

    def join(self, keys: _Keys, radius: int) -> Hits:
        """Do as `search` for a large batch of keys, on all processors."""
        asked = self._checked(keys, radius)
        return joined(sorted_view(self._holding.view, self._size), asked, radius, self._width)

    def _checked(self, queries: _Keys, radius: int) -> _Keys:
        """Give keys in the form the loops read; refuses what cannot be answered."""
        if not 0 <= radius <= (_LARGEST if self._near else 0):
            raise ValueError(f"radius {radius} is not within 0..{_LARGEST if self._near else 0}")
        if queries.ndim != 2 or queries.shape[1] != self._size:
            raise ValueError(f"keys of shape {queries.shape} are not (N, {self._size})")
        # Read-only arrays and views would compile every loop once more.
        return np.require(queries, np.uint8, ["C", "W"])

    def add(self, ids: _Ids, keys: _Keys, position: str = "") -> None:
        """Take entries in."""
        self._write(log.ADD, ids, keys, position)

    def remove(self, ids: _Ids, keys: _Keys, position: str = "") -> None:
        """Let entries go."""
        self._write(log.REMOVE, ids, keys, position)

    def _write(self, kind: int, ids: _Ids, keys: _Keys, position: str) -> None:
        """Add or remove, and start compacting where it is time."""
        keys = np.ascontiguousarray(keys, np.uint8).reshape(len(ids), self._size)
        record = log.Record(kind, np.ascontiguousarray(ids, np.uint64), keys, position)
        try:
            if kind == log.ADD and len(ids) >= COMPACT_FROM:
                with self._alone(), self._writing():
                    self._take_all(record)
                return
            with self._writing():
                for piece in _pieces(record):
                    self._take(piece)
            if self._due(HURRY):
                self._compact(full=False)
        except OSError as error:
            raise self._failed(error) from error
        if self._due(1):
            self._start()

    @abstractmethod
    def _writing(self) -> AbstractContextManager[None]:
        """Be the only one that writes, with everything known that others wrote."""

    @abstractmethod
    def _alone(self) -> AbstractContextManager[None]:
        """Be the only one that makes tables; taken before `_writing`, never within."""

    @abstractmethod
    def _logged(self, record: log.Record) -> None:
        """Write a record down."""

    @abstractmethod
    def _cut(self) -> None:
        """Let what is written from now on stand apart from all before, which is about to be compacted."""

    @abstractmethod
    def _made(self, sources: Sequence[Table]) -> Table:
        """Make a table of others, for good."""

    @abstractmethod
    def _install(self, kept: Sequence[Table], made: Table | None, position: str) -> None:
        """Let these tables stand for all before the cut; `position` is of then."""

    @abstractmethod
    def _due(self, times: int) -> bool:
        """Tell whether there is enough outside of tables for compacting, or that many times as much."""

    @property
    @abstractmethod
    def _pending(self) -> bool:
        """Tell whether anything was written down since the last cut."""

    @abstractmethod
    def _failed(self, error: OSError) -> StoreFailed:
        """Give the error that says what could not be done."""

    def _new(self, record: log.Record) -> log.Record | None:
        """Give a record of what of one would change anything; None where nothing would."""
        changes = self._holding.alive(words_of(record.keys), record.ids) ^ (record.kind == log.ADD)
        if not changes.any() and record.position in {"", self._position}:
            return None
        return replace(record, ids=record.ids[changes], keys=record.keys[changes])

    def _take(self, record: log.Record) -> None:
        """Write a record down and follow it."""
        new = self._new(record)
        if new is not None:
            self._logged(new)
            self._position = followed(self._holding, [new], self._position)

    def _take_all(self, record: log.Record) -> None:
        """Make a table of a large batch and all that is in none yet, at once."""
        new = self._new(record)
        if new is None:
            return
        self._cut()
        kept, fresh = self._holding.frozen()
        words = words_of(new.keys)
        rest = Holding(self._size, kept, near=self._near).turn(words, new.ids, dead=False)
        sources = [*fresh, table_of(words[rest], new.ids[rest], self._size)]
        self._install(kept, self._made(sources) if living(sources) else None, new.position or self._position)

    def compact(self) -> None:
        """Make one table of everything."""
        try:
            self._compact(full=True)
        except OSError as error:
            raise self._failed(error) from error

    def _start(self) -> None:
        """Compact in the background, unless that is going on already."""
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._work, name="index-compacting")
            self._worker.start()

    def _work(self) -> None:
        """Compact for as long as there is enough. A disk that cannot be written is met again by who adds, who then says so."""
        with suppress(OSError):
            while self._due(1) and not self._closed:
                self._compact(full=False)

    def _compact(self, *, full: bool) -> None:
        """Make a table of what is in none yet and of the smaller tables, or of all."""
        with self._alone():
            with self._writing():
                kept, fresh = self._holding.frozen()
                chosen = _chosen(kept, living(fresh), full=full)
                done = not chosen or (len(chosen) == 1 and kept[chosen[0]].dead is None)
                if done and not self._holding.unsettled and not self._pending:
                    return
                self._cut()
                position, asked = self._position, self._stands()
            sources = [*fresh, *(kept[number] for number in chosen)]
            made = self._made(sources) if living(sources) else None
            with self._writing():
                if self._stands() == asked:
                    self._install([kept[n] for n in range(len(kept)) if n not in chosen], made, position)

    @abstractmethod
    def _stands(self) -> object:
        """Give what changes when somebody replaces the tables."""

    def close(self) -> None:
        """Wait for the end of compacting."""
        self._closed = True
        if self._worker is not None:
            self._worker.join()


def followed(holding: Holding, records: Sequence[log.Record], position: str) -> str:
    """Let a holding take records in, neighbours of one kind together; gives the position after them."""
    for kind, group in groupby(records, key=lambda record: record.kind):
        together = list(group)
        ids = np.concatenate([record.ids for record in together])
        if len(ids):
            words = words_of(np.concatenate([record.keys for record in together]))
            (holding.add if kind == log.ADD else holding.remove)(words, ids)
    return next((record.position for record in reversed(records) if record.position), position)


def _pieces(record: log.Record) -> Iterator[log.Record]:
    """Give a long record as several; only the last one has the position."""
    for begin in range(0, max(1, len(record.ids)), COMPACT_FROM):
        end = begin + COMPACT_FROM
        position = record.position if end >= len(record.ids) else ""
        yield log.Record(record.kind, record.ids[begin:end], record.keys[begin:end], position)


def _chosen(kept: Sequence[Table], fresh: int, *, full: bool) -> list[int]:
    """Give the numbers of the tables that go into a new one: all, or the smaller ones and those with many dead."""
    chosen = []
    for number in sorted(range(len(kept)), key=lambda number: kept[number].living):
        table = kept[number]
        if full or table.living <= GROW * fresh or table.living < WORTH * len(table):
            chosen.append(number)
            fresh += table.living
    return chosen


def shape_of(sources: Sequence[Table], size: int, *, near: bool) -> Shape:
    """Give the shape of a table of the living entries of others."""
    return Shape(living(sources), size, near=near)
