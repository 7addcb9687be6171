"""What of a store is read by whoever needs no more of it; parts of every store, with its contract tests."""

from collections.abc import Sequence
from typing import Protocol

from forestall.model.bank import Bank, Signal
from forestall.model.lists import Edition, Watchlist
from forestall.model.past import Judged
from forestall.model.records import Page


class SignalSource(Protocol):
    """Where banked signals are read from; part of every store."""

    def signals_position(self) -> int:
        """Give the ledger position of the newest change of any bank or signal; -1 before the first. Cheap enough to ask often."""
        ...

    def banks(self) -> Sequence[Bank]:
        """Give all banks by name."""
        ...

    def signals(self, ids: Sequence[int]) -> Sequence[Signal]:
        """Give the signals with these ids that there are, in any order."""
        ...

    def signals_since(self, cursor: str = "", limit: int = 5_000, kinds: Sequence[str] = ()) -> Page[Signal]:
        """Give signals in the order of their last change after a cursor, of all types or of some.

        A page with signals always has a `next_cursor` to wait at. A signal changed meanwhile comes once more, later.
        """
        ...


class ListSource(Protocol):
    """Where lists are read from; part of every store. `tests/contracts/store_lists.py` runs on every implementation."""

    def lists_position(self) -> int:
        """Give the ledger position of the newest change of any list; -1 before the first. Cheap enough to ask often."""
        ...

    def watchlist(self, list_id: str) -> Watchlist | None:
        """Give a list by its id."""
        ...

    def watchlist_named(self, name: str) -> Watchlist | None:
        """Give a list by its name (case does not matter)."""
        ...

    def watchlists(self) -> Sequence[Watchlist]:
        """Give all lists by name, removed ones included."""
        ...

    def edition(self, edition_id: str) -> Edition | None:
        """Give an edition of a list with its entries."""
        ...

    def editions(self, list_id: str, limit: int = 50) -> Sequence[Edition]:
        """Give the editions of a list, newest first, without their entries."""
        ...


class PastSource(Protocol):
    """Where what was screened is read from; part of every store. `tests/contracts/store_lists.py` runs on every implementation."""

    def judged_since(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided after a cursor, in commit order; a page that is not empty has a `next_cursor` to wait at."""
        ...

    def judged_before(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided before a cursor (the newest, where it is empty), newest first; both kinds of cursor are one."""
        ...
