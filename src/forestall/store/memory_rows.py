"""The rows of the store in memory: versions, and values that only one row may have, are guarded here."""

import threading
from collections.abc import Iterator
from typing import Any, TypeVar

from forestall.model.records import Record
from forestall.store.draft import Write, check_version, taken
from forestall.store.rows import DECISION, KINDS, Key, Kind

R = TypeVar("R", bound=Record)

Slot = tuple[str, str, str]
"""Table, column and value of something only one row may have."""


class MemoryRows:
    """Rows by kind and key. What changes them holds `_lock`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tables: dict[str, dict[Key, tuple[Any, ...]]] = {kind.table: {} for kind in KINDS.values()}
        self._owners: dict[Slot, Key] = {}

    def _check(self, write: Write) -> None:
        """Raise Conflict or StoreFailed where a row may not be written."""
        before = self._tables[write.kind.table].get(write.key)
        if write.kind.versioned:
            check_version(write, write.kind.version(before) if before else 0)
        if write.kind is DECISION and before:
            raise taken(write)
        if any(self._owners.get(slot, write.key) != write.key for slot in _slots(write.kind, write.row)):
            raise taken(write)

    def _replace(self, kind: Kind[Any], key: Key, row: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        """Put a row, or none, in the place of what is there, and give that."""
        table = self._tables[kind.table]
        before = table.get(key)
        for slot in _slots(kind, before):
            del self._owners[slot]
        for slot in _slots(kind, row):
            self._owners[slot] = key
        if row is None:
            del table[key]
        else:
            table[key] = row
        return before

    def _one(self, kind: Kind[R], key: Key | None) -> R | None:
        """Give the record with this key."""
        row = self._tables[kind.table].get(key) if key else None
        return kind.record(row) if row else None

    def _all(self, kind: Kind[R]) -> list[R]:
        """Give all records of a kind in the order they first came."""
        with self._lock:
            rows = list(self._tables[kind.table].values())
        return [kind.record(row) for row in rows]


def _slots(kind: Kind[Any], row: tuple[Any, ...] | None) -> Iterator[Slot]:
    """Give what only this row may have."""
    if row is not None:
        for column, value in zip(kind.unique, kind.unique_values(row), strict=True):
            if value:
                yield kind.table, column, value
