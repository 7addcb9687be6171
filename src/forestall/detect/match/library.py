"""The library: all banked signals from all sources, ready to be met (`ports.Library`).

Signals of the store are held in one index per type under a folder that all processes share, and follow the store by its
own cursor: whoever notices a change first takes it in, the others see it in the index. The folder is a cache; without it
everything is read again. Signals of bank files are held in memory beside. What a bank, its state, its thresholds and the
opinions on a signal mean is applied to what was met, at the instant it was met.
"""

import fcntl
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import Index, open_index
from forestall.detect.match.signals.base import Hit, KeyedType, Query, SequenceMatcher
from forestall.detect.match.types import AnyType, SignalTypes, is_keyed, is_sequence
from forestall.model.bank import Bank, Match, Signal, opinion_of, standing
from forestall.model.reading import BODY, Reading
from forestall.model.sources import SignalSource

FileBank = tuple[Bank, Sequence[Signal]]
"""A bank file as loaded."""

MOST_PER_PART = 1_000
"""Signals of one type met on one part that are looked into, nearest first; banks hold clusters of near-copies."""

_PAGE = 5_000
_MOST_CACHED = 100_000
_CURSOR = "cursor"
_LOCK = "lock"


class Library:
    """All banked signals. Any number of threads may look while one follows the store.

    Takes:
        types: the signal types there are.
        source: the store, or `None` where nothing is stored.
        folder: where the shared index lies, or `None` to hold it in memory.
        files: bank files, which never change while the library is open.
    """

    def __init__(
        self, types: SignalTypes, source: SignalSource | None, folder: Path | None, files: Sequence[FileBank] = ()
    ) -> None:
        self._types = types
        self._source = source
        self._filed = _Shelf(types, None)
        self._facts: dict[int, Signal] = {}
        self._file_banks = {bank.id: bank for bank, _ in files}
        self._banks: dict[str, Bank] = dict(self._file_banks)
        self._position = -1
        self._noticed = -1
        self._following = threading.Lock()
        self._cache: dict[int, Signal] = {}
        for _, signals in files:
            self._filed.take(signals, _all_stand)
            self._facts.update((signal.id, signal) for signal in signals)
        self._versions = self._named()
        self._stored = None if source is None else _Stored(types, source, folder)
        self._held = self._holding()
        self.follow()

    def follow(self, *, patient: bool = True) -> bool:
        """Take in what changed in the store since last time; tells whether anything did.

        Without `patient` what another process takes into the shared indexes is left to it: whoever changed something follows at
        once. What it has done so far counts here from now on; where it does not get any further, the next call does the rest.
        """
        if self._source is None or self._stored is None:
            return False
        with self._following:
            position = self._source.signals_position()
            if position == self._position:
                changed = self._stored.refresh()
                self._held = self._holding() if changed else self._held
                return changed
            banks = {bank.id: bank for bank in self._source.banks()}
            self._banks = {**banks, **self._file_banks}
            whole = self._stored.follow(banks, leave=not patient and position != self._noticed, wait=patient)
            self._noticed = position
            self._cache = {}
            if whole:
                self._position = position
            self._held = self._holding()
            self._versions = self._named()
            return True

    def versions(self) -> Mapping[str, str]:
        """Give `bank:NAME` → version of every bank; the same object until something changes."""
        return self._versions

    def matches(self, reading: Reading, now: str) -> Sequence[Match]:
        """Give what of all banks a reading meets, by type, part, bank, nearest first; matches of allow banks are among them."""
        found: list[Match] = []
        for kind, shelves in self._held:
            if is_keyed(kind):
                queries = list(kind.queries(reading))
                hits = [hit for shelf in shelves for hit in shelf.met(kind, queries, self._radius(kind))]
                found += self._weighed(kind, _nearest(hits, queries), now) if hits else ()
            else:
                looked = [hit for shelf in shelves for hit in shelf.sequences[kind.name].look(reading)]
                found += self._weighed(kind, looked, now)
        return found

    def lookup(self, kind: str, values: Sequence[str], now: str) -> Sequence[Sequence[Match]]:
        """Give per canonical value the signals of its type that it meets, nearest first. Raises BadInput for an unknown type."""
        named = self._types.kind(kind)
        shelves = [shelf for shelf in self._shelves() if shelf.holds(kind)]
        if not is_keyed(named):
            return [
                self._weighed(named, [hit for shelf in shelves for hit in shelf.sequences[kind].lookup(value)], now)
                for value in values
            ]
        queries: list[Query] = []
        owners: list[int] = []
        for number, value in enumerate(values):
            asked = list(named.asked(value))
            queries += asked
            owners += [number] * len(asked)
        by_value: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for shelf in shelves:
            for hit in shelf.met(named, queries, self._radius(named)):
                by_value[owners[hit[0]]].append(hit)
        if len(by_value) > 1:
            self._signals({hit[1] for hits in by_value.values() for hit in hits})  # all at once; then they are at hand
        return [
            self._weighed(named, _nearest(by_value[n], queries), now) if n in by_value else []
            for n in range(len(values))
        ]

    def count(self, kind: str) -> int:
        """Count the signals of a type that may match."""
        return sum(shelf.count(kind) for shelf in self._shelves())

    def close(self) -> None:
        """Let go of files."""
        for shelf in self._shelves():
            shelf.close()

    def _holding(self) -> Sequence[tuple[AnyType, Sequence["_Shelf"]]]:
        """Give the types of which there is any signal, with the shelves that hold them; most services have a few types only."""
        every = [(kind, [shelf for shelf in self._shelves() if shelf.holds(kind.name)]) for kind in self._types.all]
        return [(kind, shelves) for kind, shelves in every if shelves]

    def _shelves(self) -> list["_Shelf"]:
        return [self._filed] if self._stored is None else [self._filed, self._stored.shelf]

    def _named(self) -> Mapping[str, str]:
        """Name every bank with its version: for the store's, the ledger position up to which their changes are in."""
        versions = {}
        for bank in self._banks.values():
            filed = bank.id in self._file_banks
            versions[f"bank:{bank.name}"] = bank.id if filed else f"{bank.version}@{self._position}"
        return versions

    def _radius(self, kind: AnyType) -> int:
        """Give the largest distance any bank lets count for a type."""
        wanted = [bank.distances.get(kind.name, kind.radius) for bank in self._banks.values()]
        return min(kind.largest, max(wanted, default=kind.radius))

    def _weighed(self, kind: AnyType, hits: Sequence[Hit], now: str) -> list[Match]:
        """Give those hits that count, with all that is known of them, by part, bank name, distance, value."""
        signals = self._signals({hit.id for hit in hits})
        found = []
        for hit in hits:
            signal = signals.get(hit.id)
            bank = self._banks.get(signal.bank) if signal else None
            if signal is None or bank is None:
                continue  # changed while we looked
            limit = bank.distances.get(kind.name, kind.radius)
            limit = limit if signal.distance is None else min(limit, signal.distance)
            if hit.distance > limit or (kind.floor and 0 <= hit.quality < max(kind.floor, bank.quality)):
                continue
            stands = standing(bank, signal, now)
            if stands is not None:
                seen = (hit.variant, hit.quality, hit.spans, hit.evidence)
                found.append(Match(signal, bank, stands, hit.part, hit.distance, limit, *seen))
        parts = {part: place for place, part in enumerate(dict.fromkeys(hit.part for hit in hits))}
        found.sort(key=lambda match: (parts[match.part], match.bank.name, match.distance, match.signal.value))
        return found

    def _signals(self, ids: set[int]) -> dict[int, Signal]:
        """Give signals by id: of bank files, as read lately, or from the store."""
        found = {}
        missing = []
        for number in ids:
            signal = self._facts.get(number) or self._cache.get(number)
            if signal is None:
                missing.append(number)
            else:
                found[number] = signal
        if missing and self._source is not None:
            cache = self._cache
            for signal in self._source.signals(missing):
                found[signal.id] = signal
                if len(cache) < _MOST_CACHED:
                    cache[signal.id] = signal
        return found


class _Shelf:
    """Signals in indexes and matchers, by type."""

    def __init__(self, types: SignalTypes, folder: Path | None) -> None:
        self._types = types
        self._folder = folder
        self.indexes: dict[str, Index] = {}
        self.sequences: dict[str, SequenceMatcher] = {}

    def holds(self, kind: str) -> bool:
        """Tell whether there is any signal of a type."""
        return self.count(kind) > 0

    def count(self, kind: str) -> int:
        """Count the signals of a type."""
        held = self.indexes.get(kind)
        matcher = self.sequences.get(kind)
        return (len(held) if held is not None else 0) + (len(matcher) if matcher is not None else 0)

    def index(self, kind: KeyedType) -> Index:
        """Give the index of a type, opening it where it is new."""
        index = self.indexes.get(kind.name)
        if index is None:
            folder = None if self._folder is None else self._folder / kind.name
            index = self.indexes[kind.name] = open_index(folder, kind.size, near=kind.largest > 0)
        return index

    def take(self, signals: Iterable[Signal], stands: Callable[[Signal], bool], position: str = "") -> None:
        """Add signals that stand and remove those that do not."""
        by_type: dict[str, list[Signal]] = defaultdict(list)
        for signal in signals:
            by_type[signal.type].append(signal)
        for name, group in by_type.items():
            if name not in self._types.names:
                continue  # of a type this version does not know
            kind = self._types.kind(name)
            kept = [signal for signal in group if stands(signal)]
            gone = [signal for signal in group if not stands(signal)]
            if is_keyed(kind):
                index = self.index(kind)
                index.add(*_columns(kind, kept), position=position)
                index.remove(*_columns(kind, gone), position=position)
            elif is_sequence(kind):
                matcher = self.sequences.get(name)
                if matcher is None:
                    matcher = kind.matcher()
                matcher.remove([signal.id for signal in gone])
                matcher.add([(signal.id, signal.value) for signal in kept])
                self.sequences[name] = matcher

    def met(self, kind: KeyedType, queries: Sequence[Query], radius: int) -> Iterator[tuple[int, int, int]]:
        """Give (query number, signal id, distance) of everything in the index within a radius of the queries' keys."""
        index = self.indexes.get(kind.name)
        if index is None or not queries:
            return iter(())
        keys = np.frombuffer(b"".join(query.key for query in queries), np.uint8).reshape(-1, kind.size)
        hits = index.search(keys, radius)
        return zip(hits.queries.tolist(), hits.ids.tolist(), hits.distances.tolist(), strict=True)

    def close(self) -> None:
        """Let go of files."""
        for index in self.indexes.values():
            index.close()


class _Stored:
    """The store's signals: a shelf that follows their changes.

    Keyed types share a folder with other processes, and in it the cursor up to which their indexes have taken changes in;
    sequences are held by each process, which follows them on its own.
    """

    def __init__(self, types: SignalTypes, source: SignalSource, folder: Path | None) -> None:
        self.shelf = _Shelf(types, folder)
        self._types = types
        self._source = source
        self._folder = folder
        self._cursor = ""
        self._sequences_cursor = ""
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open()

    def refresh(self) -> bool:
        """Notice what other processes wrote into the shared indexes."""
        changed = [index.refresh() for index in self.shelf.indexes.values()]  # each of them, not until the first
        return any(changed)

    def follow(self, banks: Mapping[str, Bank], *, leave: bool, wait: bool) -> bool:
        """Take in what changed since last time; tells whether that was everything.

        Takes:
            leave: leave the shared indexes to whoever made the change, who has had no time yet.
            wait: wait where another process is at them; if not, they are also left to one that has got further since last time.
        """

        def stands(signal: Signal) -> bool:
            bank = banks.get(signal.bank)
            return bank is not None and opinion_of(bank, signal) is not None

        before = self._cursor
        self._open()
        leave = self._folder is not None and (leave or (not wait and self._cursor != before))
        with self._alone(leave=leave, wait=wait) as alone:
            if alone:
                self._open()
            keyed = tuple(kind.name for kind in self._types.keyed)
            for signals, cursor in self._pages(self._cursor, keyed) if alone else ():
                self.shelf.take(signals, stands, cursor)
                self._cursor = cursor
                self._write_cursor()
        sequences = tuple(kind.name for kind in self._types.sequences)
        if sequences:
            for signals, cursor in self._pages(self._sequences_cursor, sequences):
                self.shelf.take(signals, stands)
                self._sequences_cursor = cursor
        return alone

    def _pages(self, cursor: str, kinds: Sequence[str]) -> Iterator[tuple[Sequence[Signal], str]]:
        """Give changed signals page by page with the cursor after each."""
        while True:
            page = self._source.signals_since(cursor, _PAGE, kinds)
            if not page.items:
                return
            yield page.items, page.next_cursor
            cursor = page.next_cursor

    def _open(self) -> None:
        """Read where the shared indexes stand; where one of them was lost, begin again from the first change."""
        if self._folder is None:
            return
        try:
            cursor, *named = (self._folder / _CURSOR).read_text("utf-8").split("\n")
        except (OSError, UnicodeDecodeError):
            cursor, named = "", []
        for kind in self._types.keyed:
            if kind.name in named or (self._folder / kind.name).is_dir():
                index = self.shelf.index(kind)
                index.refresh()
                if not index.position:
                    cursor = ""
        self._cursor = cursor

    def _write_cursor(self) -> None:
        """Write down where the shared indexes stand; after a crash before this, changes are taken in twice, which is harmless."""
        if self._folder is not None:
            fresh = self._folder / f"{_CURSOR}.{os.getpid()}"
            fresh.write_text("\n".join([self._cursor, *self.shelf.indexes]), "utf-8")
            fresh.replace(self._folder / _CURSOR)

    @contextmanager
    def _alone(self, *, leave: bool, wait: bool) -> Iterator[bool]:
        """Let one process at a time follow, waiting for the turn or not; tells whether it is ours, which it is not if we `leave` it."""
        if self._folder is None or leave:
            yield not leave
            return
        with (self._folder / _LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


def _all_stand(_: Signal) -> bool:
    """Bank files hold only what stands."""
    return True


def _columns(kind: KeyedType, signals: Sequence[Signal]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Give the ids and keys of signals as arrays (N,) and (N, size)."""
    keys = b"".join(kind.key(signal.value) for signal in signals)
    ids = np.array([signal.id for signal in signals], np.uint64)
    return ids, np.frombuffer(keys, np.uint8).reshape(-1, kind.size)


def _nearest(hits: Iterable[tuple[int, int, int]], queries: Sequence[Query]) -> list[Hit]:
    """Give per part and signal the nearest of its hits, at most `MOST_PER_PART` a part, in order of part and distance."""
    best: dict[tuple[str, int], tuple[int, int]] = {}
    parts: dict[str, int] = {}  # only of parts with hits: a batch has thousands of queries
    for query, signal, distance in hits:
        part = queries[query].part
        parts[part] = min(query, parts.get(part, query))
        key = (part, signal)
        here = (distance, query)
        if key not in best or here < best[key]:
            best[key] = here
    order = sorted(best.items(), key=lambda item: (parts[item[0][0]], item[1][0], item[0][1]))
    seen: dict[str, int] = defaultdict(int)
    found = []
    for (part, signal), (distance, query) in order:
        seen[part] += 1
        if seen[part] <= MOST_PER_PART:
            asked = queries[query]
            found.append(Hit(signal, part or BODY, distance, asked.variant, asked.quality, asked.spans))
    return found
