"""The archive: the traces of everything screened, ready to be searched for signals that arrive later (`ports.Archive`).

Each keyed type has an index of its own over the keys of its traces; an entry's id is the sighting's place in the ledger and the
number of the trace in it. The indexes follow the store and can be thrown away at any time. What is found is read from the store
before it is given, so what was forgotten there is never given, whatever an index still holds. Types whose values are sequences
have no keys: their traces are read from the store, page by page, past a matcher that holds the asked values.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import Hits, Index, open_index
from forestall.detect.match.signals.base import KeyedType, SequenceType
from forestall.detect.match.types import SignalTypes, is_keyed
from forestall.model.bank import Found, Trace
from forestall.model.records import Page, Sighting

NUMBER_BITS = 12
"""Bits of an entry's id that number the trace within its sighting; traces beyond are not searched."""
PAGE = 2_000
"""Sightings read at once."""
IDLE_PAGES = 50
"""So many pages without a trace of a type, and its index is told how far it was read all the same."""
ASKED = 100_000
"""Keys looked up at once."""
JOIN_FROM = 256
"""From so many keys on, whole buckets are joined instead of looking up key by key."""
RESOLVED = 5_000
"""Sightings read at once to give what was found."""
CROWDED = 10_000
"""A key that so many contents share is not taken out of the index entry by entry; what is left there is never given."""


class SightingSource(Protocol):
    """Where sightings are read from; part of every store (see `ports.Store`)."""

    def sightings_since(self, cursor: str = "", limit: int = 1_000) -> Page[tuple[int, Sighting]]:
        """Give sightings and their positions after a cursor."""
        ...

    def sightings_at(self, positions: Sequence[int]) -> Sequence[tuple[int, Sighting]]:
        """Give the sightings at these positions that were not forgotten."""
        ...


class Seen:
    """The archive over a store's sightings. Any number of threads may search while one follows.

    Takes:
        folder: where the indexes lie, shared by all processes; `None` holds them in memory.
    """

    def __init__(self, source: SightingSource, types: SignalTypes, folder: Path | None) -> None:
        self._source = source
        self._types = types
        self._following = threading.Lock()
        self._indexes: dict[str, Index] = {}
        self._read: dict[str, tuple[str, str, int]] = {}  # type → position in its index, cursor read up to, pages since
        for kind in types.keyed:
            place = None if folder is None else folder / kind.name
            if place is not None:
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._indexes[kind.name] = open_index(place, kind.size, near=kind.largest > 0)

    def follow(self) -> int:
        """Take in sightings that the store has and the indexes have not; gives how many were read for it."""
        with self._following:
            for index in self._indexes.values():
                index.refresh()
            standing: dict[str, list[KeyedType]] = defaultdict(list)
            for kind in self._types.keyed:
                standing[self._cursor(kind.name)].append(kind)
            # Indexes stand at one place, unless one of them was lost and begins again, or has had nothing to take in for long.
            return max((self._follow(position, kinds) for position, kinds in standing.items()), default=0)

    def search(self, kind: str, values: Sequence[str], radius: int) -> Iterator[Found]:
        """Give every trace of a type within `radius` of canonical values, each once per value with its least distance."""
        named = self._types.kind(kind)
        if is_keyed(named):
            return self._keyed(named, values, radius)
        return self._passed(cast("SequenceType", named), values, radius)

    def forget(self, traces: Iterable[Trace]) -> None:
        """Take traces that were dropped from the store out of the indexes."""
        by_kind: dict[str, set[str]] = defaultdict(set)
        for trace in traces:
            by_kind[trace.type].add(trace.value)
        for kind in self._types.keyed:
            values = sorted(by_kind.get(kind.name, ()))
            for start in range(0, len(values), ASKED):
                self._forget(kind, values[start : start + ASKED])

    def compact(self) -> None:
        """Make the indexes as small and quick as they can be."""
        for index in self._indexes.values():
            index.compact()

    def __len__(self) -> int:
        return sum(len(index) for index in self._indexes.values())

    def close(self) -> None:
        """Let go of files."""
        for index in self._indexes.values():
            index.close()

    def _cursor(self, kind: str) -> str:
        """Give where to read on for a type: where its index says, unless this process has read on since without need to write."""
        position = self._indexes[kind].position
        known, cursor, _ = self._read.get(kind, ("", "", 0))
        return cursor if known == position else position

    def _follow(self, cursor: str, kinds: Sequence[KeyedType]) -> int:
        """Take in the sightings after a cursor for some types."""
        count = 0
        while True:
            page = self._source.sightings_since(cursor, PAGE)
            if not page.items:
                return count
            cursor = page.next_cursor
            taken = [self._take(kind, page.items, cursor) for kind in kinds]
            count += len(page.items) if any(taken) else 0

    def _take(self, kind: KeyedType, sightings: Sequence[tuple[int, Sighting]], cursor: str) -> int:
        """Take in the traces of one type; gives how many. Where there are none, only now and then is the place written down."""
        index = self._indexes[kind.name]
        ids, keys = _columns(kind, sightings)
        idle = self._read.get(kind.name, ("", "", 0))[2] + 1
        if len(ids) or idle >= IDLE_PAGES:
            index.add(ids, keys, cursor)
            idle = 0
        self._read[kind.name] = index.position, cursor, idle
        return len(ids)

    def _keyed(self, kind: KeyedType, values: Sequence[str], radius: int) -> Iterator[Found]:
        """Search the index of a type."""
        for owners, keys in _asked(kind, values):
            hits = _met(self._indexes[kind.name], keys, radius)
            if len(hits):
                yield from self._resolved(kind.name, *_nearest(owners, hits))

    def _resolved(
        self, kind: str, asked: NDArray[np.int64], ids: NDArray[np.uint64], distances: NDArray[np.int64]
    ) -> Iterator[Found]:
        """Give what was found as the store knows it, by value and distance; what it has forgotten is left out."""
        shift = np.uint64(NUMBER_BITS)
        places = (ids >> shift).astype(np.int64)
        numbers = (ids & np.uint64((1 << NUMBER_BITS) - 1)).astype(np.int64)
        for start in range(0, len(ids), RESOLVED):
            part = slice(start, start + RESOLVED)
            at = dict(self._source.sightings_at(np.unique(places[part]).tolist()))
            columns = (asked[part].tolist(), places[part].tolist(), numbers[part].tolist(), distances[part].tolist())
            for value, position, number, distance in zip(*columns, strict=True):
                sighting = at.get(position)
                if sighting is None or number >= len(sighting.traces):
                    continue
                trace = sighting.traces[number]
                if trace.type == kind:
                    yield Found(value, position, trace, distance)

    def _passed(self, kind: SequenceType, values: Sequence[str], radius: int) -> Iterator[Found]:
        """Let all traces of a type pass a matcher that holds the values."""
        matcher = kind.matcher()
        matcher.add(list(enumerate(values)))
        cursor = ""
        while True:
            page = self._source.sightings_since(cursor, PAGE)
            if not page.items:
                return
            cursor = page.next_cursor
            for position, sighting in page.items:
                for trace in sighting.traces:
                    if trace.type == kind.name:
                        for hit in matcher.lookup(trace.value):
                            if hit.distance <= radius:
                                yield Found(hit.id, position, trace, hit.distance)

    def _forget(self, kind: KeyedType, values: Sequence[str]) -> None:
        """Take those entries with the keys of some values out of an index that the store no longer has."""
        index = self._indexes[kind.name]
        keys = _keys(kind, values)
        hits = index.search(keys, 0)
        crowds = np.bincount(hits.queries, minlength=len(keys))
        few = crowds[hits.queries] <= CROWDED
        queries, ids = hits.queries[few], hits.ids[few]
        for start in range(0, len(ids), RESOLVED):
            part = slice(start, start + RESOLVED)
            places = (ids[part] >> np.uint64(NUMBER_BITS)).astype(np.int64)
            there = np.array([place for place, _ in self._source.sightings_at(np.unique(places).tolist())], np.int64)
            gone = ~np.isin(places, there)
            if gone.any():
                index.remove(ids[part][gone], keys[queries[part][gone]], index.position)


def _columns(
    kind: KeyedType, sightings: Sequence[tuple[int, Sighting]]
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Give ids (N,) and keys (N, size) of the traces of one type."""
    ids: list[int] = []
    values: list[str] = []
    for position, sighting in sightings:
        for number, trace in enumerate(sighting.traces[: 1 << NUMBER_BITS]):
            if trace.type == kind.name:
                ids.append(position << NUMBER_BITS | number)
                values.append(trace.value)
    return np.array(ids, np.uint64), _keys(kind, values)


def _keys(kind: KeyedType, values: Iterable[str]) -> NDArray[np.uint8]:
    """Give the keys of canonical values, uint8 (N, size)."""
    return np.frombuffer(b"".join([kind.key(value) for value in values]), np.uint8).reshape(-1, kind.size)


def _asked(kind: KeyedType, values: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Give the keys to look up for values, changed forms of them included, in batches with the number of each key's value."""
    owners: list[int] = []
    keys: list[bytes] = []
    for number, value in enumerate(values):
        for query in kind.asked(value):
            owners.append(number)
            keys.append(query.key)
        if len(keys) >= ASKED or (number == len(values) - 1 and keys):
            yield np.array(owners, np.int64), np.frombuffer(b"".join(keys), np.uint8).reshape(-1, kind.size)
            owners, keys = [], []


def _met(index: Index, keys: NDArray[np.uint8], radius: int) -> Hits:
    """Look keys up in the way that suits their number."""
    return index.join(keys, radius) if len(keys) >= JOIN_FROM else index.search(keys, radius)


def _nearest(owners: NDArray[np.int64], hits: Hits) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
    """Give per value and entry the least distance, by value, distance and entry; a value is asked in several forms."""
    asked = owners[hits.queries]
    order = np.lexsort((hits.distances, hits.ids, asked))
    asked, ids, distances = asked[order], hits.ids[order], hits.distances[order]
    first = np.ones(len(ids), bool)
    first[1:] = (asked[1:] != asked[:-1]) | (ids[1:] != ids[:-1])
    asked, ids, distances = asked[first], ids[first], distances[first]
    order = np.lexsort((ids, distances, asked))
    return asked[order], ids[order], distances[order]
