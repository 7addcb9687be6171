"""Records as rows: one `Kind` per record type says which columns it has and turns records into rows and back.

Scalar fields are columns of their own; nested values are JSON text in one column. Rows are made when a change is submitted, so
that what is committed is what the caller handed over, whatever happens to its mappings meanwhile.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar, cast, get_type_hints

import msgspec

from forestall.ledger.entry import MAX_INTEGER
from forestall.model.action import Action
from forestall.model.bank import Bank, Opinion, Signal, Trace
from forestall.model.crisis import Crisis
from forestall.model.decision import Decision
from forestall.model.errors import StoreFailed
from forestall.model.finding import Finding
from forestall.model.lists import Edition, ListEntry, Watchlist
from forestall.model.records import (
    ApiKey,
    Case,
    Delivery,
    Exchange,
    Hunt,
    Invite,
    Person,
    Record,
    Session,
    Sighting,
    StoredContent,
)
from forestall.model.rulebook import RulesetVersion, Shadow

R = TypeVar("R", bound=Record)

Key = tuple[str | int, ...]
"""What names a row within its kind: its id, or id and revision."""

HEAD_CHARACTERS = 32
"""So much of a signal's value is in an index. Every character there costs, as new values go all over it; 32 tell hashes apart."""

_encode = msgspec.json.Encoder().encode
_PLAIN = (str, int, float, bool, int | None)
_NUMBERS = (int, float, bool, int | None)


class Kind(Generic[R]):
    """One type of record and its row.

    Takes:
        cls: the record type; its fields, in order, are the first columns.
        noun: what messages call it.
        table: the table's name.
        key: fields that name a row.
        unique: columns whose value no two rows share (empty values excepted).
        blank: unique text columns that are kept as NULL when empty.
        extra: columns after the fields, computed from the record.
        lean: fields that hold a tuple of dataclasses, with the dataclass; what is at its default is not written.
        followed: others read its rows in the order of their ledger positions, so none may come without a ledger line.
    """

    def __init__(
        self,
        cls: type[R],
        noun: str,
        table: str,
        *,
        key: Key = ("id",),
        unique: tuple[str, ...] = (),
        blank: tuple[str, ...] = (),
        extra: Mapping[str, Callable[[R], str]] | None = None,
        lean: Mapping[str, type[Any]] | None = None,
        followed: bool = False,
    ) -> None:
        self.cls = cls
        self.noun = noun
        self.table = table
        self.key = key
        self.unique = unique
        self.followed = followed
        hints = get_type_hints(cls)
        names = tuple(field.name for field in fields(cls))
        self._count = len(names)
        self._extra = tuple((extra or {}).values())
        self.columns = (*names, *(extra or {}))
        self.versioned = "version" in names
        self._get = attrgetter(*names)
        self._keys = tuple(names.index(name) for name in key)
        self._version = names.index("version") if self.versioned else -1
        self._unique = tuple(self.columns.index(name) for name in unique)
        self._sized = itemgetter(
            *(i for i, name in enumerate(names) if hints[name] not in _NUMBERS and name not in blank)
        )
        self._blank = tuple(names.index(name) for name in blank)
        self._floats = tuple(i for i, name in enumerate(names) if hints[name] is float)
        self._enums = tuple((i, hints[name]) for i, name in enumerate(names) if _is_enum(hints[name]))
        self._integers = tuple(i for i, name in enumerate(names) if hints[name] in (int, int | None))
        lean = lean or {}
        self._nested = tuple(
            (i, _lean(lean[name]) if name in lean else _encode, msgspec.json.Decoder(hints[name]).decode)
            for i, name in enumerate(names)
            if hints[name] not in _PLAIN and not _is_enum(hints[name])
        )

    def row(self, record: R) -> tuple[Any, ...]:
        """Give a record's row: its columns in order. Raises TypeError, ValueError or UnicodeEncodeError where JSON cannot hold it."""
        values: list[Any] = list(self._get(record))
        for i in self._floats:
            if not isfinite(values[i]):
                raise ValueError(f"`{self.columns[i]}` is {values[i]}")
        for i, _ in self._enums:
            values[i] = values[i]._value_
        for i in self._integers:
            if values[i] is not None and not -MAX_INTEGER <= values[i] <= MAX_INTEGER:
                raise ValueError(f"`{self.columns[i]}` is {values[i]}")
        for i, encode, _ in self._nested:
            values[i] = encode(values[i]).decode()
        for i in self._blank:
            values[i] = values[i].encode().decode() or None
        values += [make(record) for make in self._extra]
        return tuple(values)

    def record(self, row: Sequence[Any]) -> R:
        """Give the record of a row (further columns are ignored); raises StoreFailed where the row is damaged."""
        values = list(row[: self._count])
        try:
            for i, _, decode in self._nested:
                values[i] = decode(values[i])
            for i, enum in self._enums:
                values[i] = enum(values[i])
            for i in self._blank:
                values[i] = values[i] or ""
        except (msgspec.DecodeError, ValueError, TypeError) as error:
            raise StoreFailed(
                f"the {self.noun} {row[0]!r} in the store is damaged ({error})",
                "run `forestall ledger verify` and restore the database from a backup",
            ) from None
        return self.cls(*values)

    def weight(self, row: Sequence[Any]) -> int:
        """Give about how many bytes a row has; raises UnicodeEncodeError where its text is not valid Unicode."""
        return len("".join(self._sized(row)).encode())

    def name(self, row: Sequence[Any]) -> Key:
        """Give what names a row."""
        return tuple([row[i] for i in self._keys])

    def unique_values(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """Give a row's values in the `unique` columns."""
        return tuple([row[i] for i in self._unique])

    def version(self, row: Sequence[Any]) -> int:
        """Give a row's version; for versioned kinds only."""
        return cast("int", row[self._version])


def name_key(name: str) -> str:
    """Give the form of a name under which it is looked up: case and compatibility forms do not matter."""
    return unicodedata.normalize("NFKC", name).casefold()


def holders(contents: Iterable[StoredContent], sha256: str) -> list[tuple[str, str]]:
    """Give, sorted, `(id, revision)` of those contents that hold a file and are not purged."""
    return sorted(
        (content.id, content.revision)
        for content in contents
        if not content.purged and any(file.sha256 == sha256 for file in content.files)
    )


def labels_of(findings: Iterable[Finding]) -> str:
    """Give the labels of a decision's findings, each once, in order: decisions with the same are found together."""
    return " ".join(sorted({finding.label for finding in findings}))


def head(value: str) -> str:
    """Give the beginning of a signal's value, by which it is listed."""
    return value[:HEAD_CHARACTERS]


@lru_cache(maxsize=1_024)
def source_mark(source: str) -> str:
    """Give what stands in the `sources` column for one source.

    A comma and a JSON string: no text inside a JSON string has a quote without a backslash before it, so a mark is found in the
    column only where that very source stands.
    """
    return "," + _encode(source).decode()


def _sources(signal: Signal) -> str:
    """Give the marks of all who have an opinion on a signal, each once."""
    opinions = signal.opinions
    if len(opinions) == 1:
        return source_mark(opinions[0].source)
    return "".join(dict.fromkeys([source_mark(opinion.source) for opinion in opinions]))


def _lean(cls: type[Any]) -> Callable[[Iterable[Any]], bytes]:
    """Give an encoder of a sequence of dataclasses as JSON objects without the fields that are at their defaults.

    What is left out reads back as its default, so a default may never change without a migration.
    """
    parts = fields(cls)
    shape = msgspec.defstruct(
        cls.__name__,
        [(part.name, Any) if part.default is MISSING else (part.name, Any, part.default) for part in parts],
        omit_defaults=True,
    )
    get = attrgetter(*(part.name for part in parts))
    return lambda items: _encode([shape(*get(item)) for item in items])


def _is_enum(hint: Any) -> bool:
    """Tell whether a field's type is an enumeration of strings."""
    return isinstance(hint, type) and issubclass(hint, StrEnum)


CONTENT = Kind(StoredContent, "content", "contents", key=("id", "revision"))
DECISION = Kind(
    Decision,
    "decision",
    "decisions",
    unique=("key",),
    blank=("key",),
    extra={"labels": lambda decision: labels_of(decision.findings)},
    followed=True,
)
CASE = Kind(Case, "case", "cases")
DELIVERY = Kind(Delivery, "delivery", "deliveries")
API_KEY = Kind(ApiKey, "API key", "api_keys", unique=("secret_sha256",))
PERSON = Kind(
    Person, "person", "people", unique=("name_key",), extra={"name_key": lambda person: name_key(person.name)}
)
INVITE = Kind(Invite, "invite", "invites", unique=("token_sha256",))
SESSION = Kind(Session, "session", "sessions")

BANK = Kind(
    Bank,
    "bank",
    "banks",
    unique=("name_key",),
    extra={"name_key": lambda bank: name_key(bank.name)},
    followed=True,
)
SIGNAL = Kind(
    Signal,
    "signal",
    "signals",
    extra={"head": lambda signal: head(signal.value), "sources": _sources},
    lean={"opinions": Opinion},
    followed=True,
)
SIGHTING = Kind(Sighting, "sighting", "sightings", key=("id", "revision"), lean={"traces": Trace}, followed=True)
HUNT = Kind(Hunt, "retro-hunt", "hunts")
EXCHANGE = Kind(
    Exchange,
    "exchange",
    "exchanges",
    unique=("name_key",),
    extra={"name_key": lambda exchange: name_key(exchange.name)},
)
WATCHLIST = Kind(
    Watchlist,
    "list",
    "watchlists",
    unique=("name_key",),
    extra={"name_key": lambda listed: name_key(listed.name)},
    followed=True,
)
EDITION = Kind(Edition, "edition", "editions", lean={"entries": ListEntry})

ACTION = Kind(Action, "action", "actions")
CRISIS = Kind(Crisis, "crisis", "crises")

RULESET = Kind(RulesetVersion, "version of the ruleset", "rulesets")
SHADOW = Kind(Shadow, "shadow of a decision", "shadows")

KINDS: Mapping[type[Any], Kind[Any]] = {
    kind.cls: kind
    for kind in (
        CONTENT,
        DECISION,
        CASE,
        DELIVERY,
        ACTION,
        CRISIS,
        API_KEY,
        PERSON,
        INVITE,
        SESSION,
        BANK,
        SIGNAL,
        SIGHTING,
        HUNT,
        EXCHANGE,
        RULESET,
        SHADOW,
        WATCHLIST,
        EDITION,
    )
}
"""Every kind by its record type."""
