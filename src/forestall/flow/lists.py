"""Lists as they are looked up: those of the store and those of the settings' files, always as they stand now.

An expired list is no longer looked up, and says so: its terms are not there (None, so that a condition on them is unknown), and the
versions named on every decision say `expired`.
"""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from forestall.flow.listing import check
from forestall.model.errors import BadList
from forestall.model.finding import Finding
from forestall.model.lists import (
    ListEntry,
    ListFile,
    ListKind,
    NameList,
    Places,
    Watchlist,
    digest_of,
)
from forestall.model.outcome import Outcome
from forestall.model.ports import Clock, Types
from forestall.model.reading import Reading
from forestall.model.sources import ListSource
from forestall.policy.hits import DETECTOR, LABELS, LIST_MATCH

MOST_PER_LIST = 10
"""Entries of one list named on one part."""

_VERSION = "1"
_SHORT = 16
_CONTACT = frozenset({"contact-point", "contact-invite"})
_ENTITIES = {
    ListKind.URLS: "url",
    ListKind.DOMAINS: "domain",
    ListKind.CONTACTS: "contact",
    ListKind.HASHES: "hash",
}


@dataclass(frozen=True, slots=True)
class _Held:
    """A list with its entries. `values` leads from what is met to the entry, for lists of addresses, contact points and digests."""

    listed: Watchlist
    entries: Sequence[ListEntry] = field(repr=False)
    values: Mapping[str, ListEntry] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """All lists at one moment: as of which position of the store, on which day, and what follows from that."""

    position: int
    day: str
    held: Mapping[str, _Held]
    versions: Mapping[str, str]
    names: tuple[NameList, ...]


class Lists:
    """Looks lists up (`ports.Names`, and what rules ask). Any number of threads may look while it follows the store.

    Takes:
        store: where lists are kept; None knows those of the files only.
        types: writes addresses, contact points and digests in their one spelling.
        clock: tells which day it is, for lists that expire.
        places: gives the addresses of a reading.
        filed: lists from files; one of them hides a stored one with its name.
    """

    def __init__(
        self,
        store: ListSource | None,
        types: Types,
        clock: Clock,
        places: Places = lambda _reading: (),
        filed: Sequence[ListFile] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._places = places
        self._filed = _from_files(filed, types, clock())
        self._turn = threading.Lock()
        self._shelf = self._read(None)

    def follow(self) -> bool:
        """Take in what changed in the store, and what expired; tells whether anything did. Some 20 µs where nothing did."""
        position = self._store.lists_position() if self._store is not None else -1
        if (position, self._clock()[:10]) == (self._shelf.position, self._shelf.day):
            return False
        with self._turn:
            before = self._shelf
            self._shelf = self._read(before)
        return self._shelf.versions is not before.versions

    def versions(self) -> Mapping[str, str]:
        """Give `list:NAME` → version of every list, `expired` where it no longer counts: the same object until one changes."""
        return self._shelf.versions

    def names(self) -> Sequence[NameList]:
        """Give the lists of organisations in force, by name: the same object until one of them changes."""
        return self._shelf.names

    def terms(self, name: str) -> tuple[str, Sequence[str]] | None:
        """Give the version and the entries of a list of terms as they were written; None where it is not in force."""
        held = self._in_force(name)
        if held is None or held.listed.kind is not ListKind.TERMS:
            return None
        return held.listed.digest, [entry.value for entry in held.entries]

    def missing(self, names: Collection[str]) -> frozenset[str]:
        """Give those of some lists that are not there, were removed, or are expired: what asks for them is unknown."""
        return frozenset(name for name in names if self._in_force(name) is None)

    def found(self, reading: Reading, findings: Sequence[Finding], lists: Collection[str]) -> Iterator[Finding]:
        """Give what a reading meets on some lists: its addresses, its contact points (from the findings), its files' digests.

        In the order of the lists' names; entries of one list in the order in which they stand in the reading.
        """
        for name in sorted(lists):
            held = self._in_force(name)
            if held is None or not held.values:
                continue
            met: dict[tuple[str, str], Finding] = {}
            counted: dict[str, int] = {}
            for value, finding in _values(held.listed.kind, reading, findings, self._places):
                entry = held.values.get(value)
                key = (finding.part, value)
                if entry is None or key in met or counted.get(finding.part, 0) >= MOST_PER_LIST:
                    continue
                counted[finding.part] = counted.get(finding.part, 0) + 1
                met[key] = _met(held.listed, entry, finding)
            yield from met.values()

    def warnings(self) -> Sequence[str]:
        """Say in words which lists no longer count."""
        shelf = self._shelf
        return [
            f"the list `{held.listed.name}` counted until {held.listed.expires} and is no longer looked up"
            for held in shelf.held.values()
            if held.listed.past(shelf.day)
        ]

    def _in_force(self, name: str) -> _Held | None:
        """Give a list that counts today."""
        shelf = self._shelf
        held = shelf.held.get(name)
        return held if held is not None and held.listed.counts(shelf.day) else None

    def _read(self, before: _Shelf | None) -> _Shelf:
        """Read what there is; lists that did not change are taken over, with what was made of them."""
        day = self._clock()[:10]
        held: dict[str, _Held] = {}
        position = -1
        if self._store is not None:
            position = self._store.lists_position()
            for listed in self._store.watchlists():
                if not listed.removed:
                    held[listed.name] = self._take(listed, before)
        held |= self._filed
        held = dict(sorted(held.items()))
        versions = {f"list:{name}": _version(one.listed, day) for name, one in held.items()}
        named = tuple(
            NameList(name, one.listed.digest, tuple(one.entries))
            for name, one in held.items()
            if one.listed.kind is ListKind.NAMES and one.listed.counts(day)
        )
        if before is not None and before.versions == versions:
            return _Shelf(position, day, MappingProxyType(held), before.versions, before.names)
        return _Shelf(position, day, MappingProxyType(held), MappingProxyType(versions), named)

    def _take(self, listed: Watchlist, before: _Shelf | None) -> _Held:
        """Give a stored list with its entries, which are read again only where they are others."""
        known = before.held.get(listed.name) if before is not None else None
        if known is not None and known.listed.edition == listed.edition:
            return _Held(listed, known.entries, known.values)
        edition = self._store.edition(listed.edition) if self._store is not None else None
        return _held(listed, edition.entries if edition is not None else ())


def _from_files(files: Sequence[ListFile], types: Types, now: str) -> dict[str, _Held]:
    """Give lists from files; a file that does not tell its kind holds names. Raises BadList where two have one name."""
    held: dict[str, _Held] = {}
    for file in files:
        kind = file.kind or ListKind.NAMES
        checked = check(kind, file, types)
        if file.name in held:
            raise BadList(f"two files are lists with the name `{file.name}`", "give one of them another file name")
        version = digest_of(kind, checked.entries)
        listed = Watchlist(
            id=f"file:{file.name}", name=file.name, kind=kind, source=file.source, dated=file.dated, imported=now,
            by="file", digest=version, edition=version, size=len(checked.entries), people=file.people,
        )  # fmt: skip
        held[file.name] = _held(listed, checked.entries)
    return held


def _held(listed: Watchlist, entries: Sequence[ListEntry]) -> _Held:
    """Give a list made ready to be looked up."""
    keyed = {entry.value: entry for entry in entries} if listed.kind in _ENTITIES else {}
    return _Held(listed, entries, keyed)


def _version(listed: Watchlist, day: str) -> str:
    """Give the version of a list as decisions name it."""
    return "expired" if listed.past(day) else listed.digest[:_SHORT]


def _values(
    kind: ListKind, reading: Reading, findings: Sequence[Finding], places: Places
) -> Iterator[tuple[str, Finding]]:
    """Give what of a reading could stand on a list of a kind, each with a finding that says where it stood."""
    if kind is ListKind.CONTACTS:
        for finding in findings:
            if finding.label in _CONTACT:
                yield str(finding.evidence.get("canonical", "")), finding
    elif kind is ListKind.HASHES:
        for file in reading.files:
            for value in (file.md5, file.sha1, file.sha256, file.sha512):
                yield value, _at(file.part)
    else:
        for place in places(reading):
            if place.kind == _ENTITIES[kind]:
                evidence = {"variant": place.variant} if place.variant else {}
                yield (
                    place.value,
                    Finding(DETECTOR, _VERSION, LIST_MATCH, 1.0, Outcome.REVIEW, place.part, place.spans, evidence),
                )


def _at(part: str) -> Finding:
    """Give a finding that says no more than where something stood."""
    return Finding(DETECTOR, _VERSION, LIST_MATCH, 1.0, Outcome.REVIEW, part)


def _met(listed: Watchlist, entry: ListEntry, where: Finding) -> Finding:
    """Give the finding of an entry that was met."""
    evidence = {
        "list": listed.name,
        "list_version": listed.digest,
        "entry": entry.value,
        "kind": _ENTITIES[listed.kind],
    }
    optional = {"reference": entry.reference, "note": entry.note, "variant": str(where.evidence.get("variant", ""))}
    evidence.update((name, value) for name, value in optional.items() if value)
    return Finding(DETECTOR, _VERSION, LIST_MATCH, 1.0, LABELS[LIST_MATCH], where.part, where.spans, evidence)
