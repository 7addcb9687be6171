"""Lists that rules and detectors look things up in: names of listed organisations, terms, addresses, contact points, file digests."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Protocol

from forestall.model.content import Problem
from forestall.model.finding import Span
from forestall.model.reading import Reading


class ListKind(StrEnum):
    """What the entries of a list are, and so what they are looked up in."""

    NAMES = "names"
    """Listed organisations. A name in a text is context, never more."""
    TERMS = "terms"
    """Words and phrases, for `terms("list")`."""
    URLS = "urls"
    """Web addresses, for `in_list("list", url)`."""
    DOMAINS = "domains"
    """Sites with everything below them, for `in_list("list", domain)`."""
    CONTACTS = "contacts"
    """Places outside the platform, for `in_list("list", contact)`."""
    HASHES = "hashes"
    """Digests of files (MD5, SHA-1, SHA-256, SHA-512), for `in_list("list", hash)`."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry. `value` is as its kind writes it; terms and names are as given, with single blanks and composed letters.

    They are folded where they are looked up, so that nothing stored goes stale when folding changes. `aliases` are other spellings
    of a name, `weak` those the source itself calls of low quality; `reference` is the source's own number for it.
    """

    value: str
    aliases: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    reference: str = ""
    programme: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A list as it stands now. `version` counts its changes; which entries it has says `digest`.

    Takes:
        source: who publishes it.
        dated: the day or instant its source gives it (ISO 8601), or empty.
        imported, by: when it came here last, and who brought it.
        digest: the SHA-256 of its entries (`digest_of`), the version that decisions name.
        edition: id of the edition that holds the entries.
        size, people: how many entries it has, and how many people were left out of it.
        expires: last day (ISO 8601) on which it counts, or empty.
        expired: the instant at which that was written into the ledger, or empty.
        removed: the instant since which it no longer counts, or empty.
    """

    id: str
    name: str
    kind: ListKind
    source: str = ""
    dated: str = ""
    imported: str = ""
    by: str = ""
    digest: str = ""
    edition: str = ""
    size: int = 0
    people: int = 0
    expires: str = ""
    expired: str = ""
    removed: str = ""
    version: int = 1

    def counts(self, day: str) -> bool:
        """Tell whether the list is in force on a day (ISO 8601)."""
        return not self.removed and not self.past(day)

    def past(self, day: str) -> bool:
        """Tell whether its last day is over on a day (ISO 8601)."""
        return bool(self.expires) and self.expires < day


@dataclass(frozen=True, slots=True)
class Edition:
    """The entries of a list as one import brought them, kept as history; never changed.

    `added`, `changed` and `gone` count what is different from the edition before.
    """

    id: str
    list: str
    digest: str
    source: str = ""
    dated: str = ""
    imported: str = ""
    by: str = ""
    added: int = 0
    changed: int = 0
    gone: int = 0
    people: int = 0
    entries: tuple[ListEntry, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a file holds: entries as written, before they were checked. `kind` is empty where the file does not tell.

    `people` counts persons that were left out; `problems` are rows that could not be read.
    """

    name: str
    form: str
    kind: ListKind | None
    entries: tuple[ListEntry, ...] = field(default=(), repr=False)
    source: str = ""
    dated: str = ""
    people: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NameList:
    """A list of organisations in force: `version` is the digest of its entries."""

    name: str
    version: str
    entries: tuple[ListEntry, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class Placed:
    """An address in a reading: `kind` is `url` or `domain`, `value` canonical, `variant` how it is met there (empty: openly)."""

    kind: str
    value: str
    part: str
    spans: tuple[Span, ...] = ()
    variant: str = ""


class Places(Protocol):
    """Gives the addresses of a reading, each URL and each domain it lies under; bounded, raises nothing."""

    def __call__(self, reading: Reading) -> Iterable[Placed]:
        """Give them in order of appearance."""
        ...


class Names(Protocol):
    """Gives the lists of organisations in force."""

    def names(self) -> Sequence[NameList]:
        """Give them by name: the same object until one of them changes. Cheap enough to ask for every post."""
        ...


class ListFiles(Protocol):
    """Knows the formats in which lists are published."""

    def read(self, files: Sequence[tuple[str, bytes]]) -> ListFile:
        """Give what the files of one list hold (most lists are one file); raises BadList naming what is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Diff:
    """What one edition has that another has not. `changed` are pairs of the entry before and after."""

    added: tuple[ListEntry, ...] = ()
    gone: tuple[ListEntry, ...] = ()
    changed: tuple[tuple[ListEntry, ListEntry], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


_DEFAULTS = {part.name: part.default for part in fields(ListEntry)}


def in_order(entries: Iterable[ListEntry]) -> tuple[ListEntry, ...]:
    """Give entries in their canonical order, each once."""
    return tuple(
        sorted(
            set(entries),
            key=lambda one: (one.reference, one.value, one.aliases, one.weak, one.programme, one.note),
        )
    )


def digest_of(kind: ListKind, entries: Sequence[ListEntry]) -> str:
    """Give the SHA-256 in hex of entries in canonical order: the version of a list."""
    said = hashlib.sha256(kind.value.encode())
    for entry in entries:
        plain = {name: value for name, value in asdict(entry).items() if value != _DEFAULTS[name]}
        said.update(json.dumps(plain, ensure_ascii=True, sort_keys=True).encode() + b"\n")
    return said.hexdigest()


def diff(before: Sequence[ListEntry], after: Sequence[ListEntry]) -> Diff:
    """Give what changed from one set of entries to another.

    An entry is the same one where its source's number is, if nothing else in either set has that number; else where its value is.
    """
    old, new = _keyed(before, after), _keyed(after, before)
    added = tuple(entry for key, entry in new.items() if key not in old)
    gone = tuple(entry for key, entry in old.items() if key not in new)
    pairs = ((old[key], entry) for key, entry in new.items() if key in old)
    return Diff(added, gone, tuple((was, now) for was, now in pairs if was != now))


def _keyed(entries: Sequence[ListEntry], others: Sequence[ListEntry]) -> Mapping[tuple[str, str], ListEntry]:
    """Give entries by what tells them apart."""
    shared = _repeated(entries) | _repeated(others)
    keyed: dict[tuple[str, str], ListEntry] = {}
    for entry in entries:
        alone = entry.reference and entry.reference not in shared
        keyed[("reference", entry.reference) if alone else (entry.reference, entry.value)] = entry
    return keyed


def _repeated(entries: Iterable[ListEntry]) -> set[str]:
    """Give the numbers that several entries have."""
    counted = Counter(entry.reference for entry in entries)
    return {reference for reference, count in counted.items() if count > 1}
