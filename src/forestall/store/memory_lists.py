"""Lists in the store in memory."""

from collections.abc import Sequence
from dataclasses import replace

from forestall.model.lists import Edition, Watchlist
from forestall.store import cursor as cursors
from forestall.store.draft import Write
from forestall.store.memory_rows import MemoryRows
from forestall.store.rows import EDITION, WATCHLIST, name_key


class MemoryLists(MemoryRows):
    """The part of the store in memory that keeps lists; see `forestall.model.sources.ListSource`."""

    def __init__(self) -> None:
        super().__init__()
        self._lists_changed = -1

    def _list_lists(self, write: Write, first: int) -> None:
        """Note that a list was changed; `first` is the first position of its change."""
        if write.kind is WATCHLIST:
            self._lists_changed = first

    def lists_position(self) -> int:
        """Give the ledger position of the newest change of any list; -1 before the first."""
        return self._lists_changed

    def watchlist(self, list_id: str) -> Watchlist | None:
        """Give a list by its id."""
        return self._one(WATCHLIST, (list_id,))

    def watchlist_named(self, name: str) -> Watchlist | None:
        """Give a list by its name (case does not matter)."""
        return self._one(WATCHLIST, self._owners.get((WATCHLIST.table, "name_key", name_key(name))))

    def watchlists(self) -> Sequence[Watchlist]:
        """Give all lists by name, removed ones included."""
        return sorted(self._all(WATCHLIST), key=lambda one: name_key(one.name))

    def edition(self, edition_id: str) -> Edition | None:
        """Give an edition of a list with its entries."""
        return self._one(EDITION, (edition_id,))

    def editions(self, list_id: str, limit: int = 50) -> Sequence[Edition]:
        """Give the editions of a list, newest first, without their entries."""
        found = [replace(one, entries=()) for one in self._all(EDITION) if one.list == list_id]
        return sorted(found, key=lambda one: one.id, reverse=True)[: cursors.limit(limit)]
