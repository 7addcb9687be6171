"""Known material in the store in memory: banks, signals, sightings, retro-hunts and exchanges."""

import sys
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Mapping, Sequence

from forestall.model.bank import Bank, Signal
from forestall.model.records import Exchange, Hunt, Page, Sighting
from forestall.store import cursor as cursors
from forestall.store.draft import Write
from forestall.store.memory_lists import MemoryLists
from forestall.store.rows import BANK, EXCHANGE, HUNT, SIGHTING, SIGNAL, Key, head, name_key

Place = tuple[str, str, int]
"""Where a signal stands in its bank: type, beginning of its value, id."""


class MemoryKnown(MemoryLists):
    """The part of the store in memory that keeps known material; see `forestall.model.ports.Store`."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = -1
        self._signal_seq: dict[int, int] = {}
        self._signal_feed: list[tuple[int, int]] = []
        self._shelves: dict[str, list[Place]] = {}
        self._shelved: dict[int, tuple[str, Place]] = {}
        self._sighting_seq: dict[Key, int] = {}
        self._sightings: dict[int, Key] = {}
        self._sighting_feed: list[int] = []

    def _list_known(self, write: Write, first: int) -> None:
        """Enter a written row into the listings; `first` is the first position of its change."""
        if write.kind is BANK:
            self._changed = first
        elif write.kind is SIGNAL:
            self._changed = first
            self._list_signal(SIGNAL.record(write.row), first)
        elif write.kind is SIGHTING:
            self._list_sighting(SIGHTING.record(write.row), write.key, first + write.offset)
        else:
            self._list_lists(write, first)

    def _list_signal(self, signal: Signal, seq: int) -> None:
        """Enter a signal as changed at a position; what the feed says of it from before no longer holds."""
        place = signal.bank, (signal.type, head(signal.value), signal.id)
        before = self._shelved.get(signal.id)
        if before != place:
            if before:
                self._shelves[before[0]].remove(before[1])
            insort(self._shelves.setdefault(signal.bank, []), place[1])
            self._shelved[signal.id] = place
        if self._signal_seq.get(signal.id) != seq:
            self._signal_seq[signal.id] = seq
            insort(self._signal_feed, (seq, signal.id))

    def _list_sighting(self, sighting: Sighting, key: Key, seq: int) -> None:
        """Enter a sighting at its position; one forgotten keeps the position it has."""
        before = self._sighting_seq.get(key)
        if before is not None:
            if sighting.forgotten:
                return
            del self._sightings[before]
        self._sighting_seq[key] = seq
        self._sightings[seq] = key
        insort(self._sighting_feed, seq)

    def signals_position(self) -> int:
        """Give the ledger position of the newest change of any bank or signal; -1 before the first."""
        return self._changed

    def bank(self, bank_id: str) -> Bank | None:
        """Give a bank by its id."""
        return self._one(BANK, (bank_id,))

    def bank_named(self, name: str) -> Bank | None:
        """Give a bank by its name (case does not matter)."""
        return self._one(BANK, self._owners.get((BANK.table, "name_key", name_key(name))))

    def banks(self) -> Sequence[Bank]:
        """Give all banks by name."""
        return sorted(self._all(BANK), key=lambda bank: name_key(bank.name))

    def signals(self, ids: Sequence[int]) -> Sequence[Signal]:
        """Give the signals with these ids that there are, each once, in any order."""
        return [signal for number in {int(one) for one in ids} if (signal := self._one(SIGNAL, (number,)))]

    def signals_since(self, cursor: str = "", limit: int = 5_000, kinds: Sequence[str] = ()) -> Page[Signal]:
        """Give signals in the order of their last change after a cursor: by position, those of one change by id."""
        limit = cursors.limit(limit)
        after = cursors.read(cursor, tuple[int, int]) if cursor else (-1, 0)
        found: list[tuple[int, int]] = []
        with self._lock:
            place = bisect_right(self._signal_feed, after)
            while len(found) < limit and place < len(self._signal_feed):
                seq, number = self._signal_feed[place]
                if self._signal_seq[number] == seq and (not kinds or self._shelved[number][1][0] in kinds):
                    found.append((seq, number))
                place += 1
            items = [signal for _, number in found if (signal := self._one(SIGNAL, (number,)))]
        return Page(tuple(items), cursors.write(found[-1]) if found else "")

    def banks_since(self, cursor: str = "") -> tuple[Sequence[str], str]:
        """Give the ids of the banks with signals changed after a cursor, and the cursor to wait at."""
        page = self.signals_since(cursor, sys.maxsize)
        return list({signal.bank for signal in page.items}), page.next_cursor or cursor

    def signals_of(
        self, bank: str, after: str = "", limit: int = 100, *, kind: str = "", source: str = "", value: str = ""
    ) -> Page[Signal]:
        """Give the signals of a bank by type, beginning of value and id."""
        limit = cursors.limit(limit)
        place = cursors.read(after, tuple[str, str, int]) if after else ("",)
        with self._lock:
            shelf = list(self._shelves.get(bank, ()))
        found: list[Signal] = []
        for _, _, number in shelf[bisect_right(shelf, place) :]:
            signal = self._one(SIGNAL, (number,))
            if signal and _wanted(signal, kind, source, value):
                found.append(signal)
            if len(found) > limit:
                last = found[limit - 1]
                return Page(tuple(found[:limit]), cursors.write([last.type, head(last.value), last.id]))
        return Page(tuple(found))

    def count_signals(self, bank: str) -> Mapping[str, int]:
        """Count a bank's signals by type, withdrawn ones included."""
        with self._lock:
            return Counter(kind for kind, _, _ in self._shelves.get(bank, ()))

    def sightings_since(self, cursor: str = "", limit: int = 1_000) -> Page[tuple[int, Sighting]]:
        """Give sightings and their positions in the ledger, ascending, after a cursor; forgotten ones without traces."""
        limit = cursors.limit(limit)
        after = cursors.read(cursor, tuple[int])[0] if cursor else -1
        found: list[tuple[int, Sighting]] = []
        with self._lock:
            place = bisect_right(self._sighting_feed, after)
            while len(found) < limit and place < len(self._sighting_feed):
                seq = self._sighting_feed[place]
                sighting = self._one(SIGHTING, self._sightings.get(seq))
                if sighting:
                    found.append((seq, sighting))
                place += 1
        return Page(tuple(found), cursors.write([found[-1][0]]) if found else "")

    def sightings_at(self, positions: Sequence[int]) -> Sequence[tuple[int, Sighting]]:
        """Give the sightings at these positions that there are and were not forgotten, each once, in any order."""
        with self._lock:
            found = [(seq, self._one(SIGHTING, self._sightings.get(seq))) for seq in {int(one) for one in positions}]
        return [(seq, sighting) for seq, sighting in found if sighting and not sighting.forgotten]

    def sightings_before(self, at: str, limit: int = 500) -> Sequence[Sighting]:
        """Give sightings older than an instant that were not forgotten yet, oldest first."""
        with self._lock:
            found = [
                (sighting.at, self._sighting_seq[sighting.id, sighting.revision], sighting)
                for sighting in self._all(SIGHTING)
                if sighting.at < at and not sighting.forgotten
            ]
        return [sighting for _, _, sighting in sorted(found, key=lambda item: item[:2])[: cursors.limit(limit)]]

    def hunt(self, hunt_id: str) -> Hunt | None:
        """Give a retro-hunt by its id."""
        return self._one(HUNT, (hunt_id,))

    def hunts(self, limit: int = 50) -> Sequence[Hunt]:
        """Give retro-hunts, newest first."""
        found = sorted(self._all(HUNT), key=lambda hunt: (hunt.started, hunt.id), reverse=True)
        return found[: cursors.limit(limit)]

    def exchange(self, exchange_id: str) -> Exchange | None:
        """Give an exchange by its id."""
        return self._one(EXCHANGE, (exchange_id,))

    def exchange_named(self, name: str) -> Exchange | None:
        """Give an exchange by its name (case does not matter)."""
        return self._one(EXCHANGE, self._owners.get((EXCHANGE.table, "name_key", name_key(name))))

    def exchanges(self) -> Sequence[Exchange]:
        """Give all exchanges by name."""
        return sorted(self._all(EXCHANGE), key=lambda exchange: name_key(exchange.name))


def _wanted(signal: Signal, kind: str, source: str, value: str) -> bool:
    """Tell whether a listing asks for a signal."""
    if (kind and signal.type != kind) or not signal.value.startswith(value):
        return False
    return not source or any(opinion.source == source for opinion in signal.opinions)
