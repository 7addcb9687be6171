"""A change made ready to commit: everything that can be computed or refused before a transaction is open."""

from math import isfinite
from typing import Any, NamedTuple

from forestall.ledger.entry import frame
from forestall.model.decision import Decision
from forestall.model.errors import BadInput, Conflict, StoreFailed
from forestall.model.records import Change, Event, Record, StoredContent
from forestall.store.rows import DECISION, KINDS, SIGHTING, Key, Kind

MAX_BYTES = 64 * 1024 * 1024
"""Largest change, in bytes of rows and entries."""


class Line(NamedTuple):
    """A ledger line; between `head` and `tail` of its entry goes its position."""

    tag: str
    subject: str
    head: bytes
    tail: bytes


class Write(NamedTuple):
    """A row to write, and its size in bytes.

    `offset` counts from the change's first ledger position to the line that the row belongs to.
    """

    kind: Kind[Any]
    row: tuple[Any, ...]
    offset: int
    weight: int

    @property
    def key(self) -> Key:
        """What names the row within its kind."""
        return self.kind.name(self.row)


class Draft(NamedTuple):
    """A change ready to commit.

    `held` says which content holds which file: SHA-256, content id and revision. `weight` is the size in bytes, about.
    """

    once: str
    lines: tuple[Line, ...]
    writes: tuple[Write, ...]
    held: tuple[tuple[str, str, str], ...]
    weight: int


def draft(change: Change) -> Draft:
    """Make a change ready; raises StoreFailed naming what cannot be kept."""
    try:
        lines = tuple([Line(event.tag, event.subject, *frame(event)) for event in change.events])
    except BadInput as error:
        raise StoreFailed(error.what, error.next_step) from None
    writes = tuple([_write(record, change.events) for record in change.records])
    _one_sighting_per_line(writes)
    weight = sum([len(line.head) + len(line.tail) for line in lines]) + sum([write.weight for write in writes])
    if weight > MAX_BYTES:
        raise StoreFailed(f"a change has {weight:,} bytes", f"split it: the largest has {MAX_BYTES:,}")
    return Draft(change.once, lines, writes, _held(change.records), weight)


def check_version(write: Write, stored: int) -> None:
    """Raise Conflict unless a versioned row follows on the `stored` version (0 where there is none)."""
    version = write.kind.version(write.row)
    if version != stored + 1:
        now = f"at version {stored}" if stored else "not there"
        raise Conflict(
            f"the {write.kind.noun} {write.key[0]!r} was to become version {version} but is {now}",
            "look again and repeat",
        )


def taken(write: Write) -> StoreFailed:
    """Give the error for a row that may not be kept because another has its id or a value that must be unique."""
    unique = "".join(f" or `{name}`" for name in write.kind.unique)
    return StoreFailed(
        f"the {write.kind.noun} {write.key[0]!r} cannot be kept: there is one with this id{unique}", "give a fresh one"
    )


def closed() -> StoreFailed:
    """Give the error for a change that comes after the end."""
    return StoreFailed("the store is closed", "open it again")


def _write(record: Record, events: tuple[Event, ...]) -> Write:
    """Turn a record into a row to write."""
    kind = KINDS[type(record)]
    try:
        row = kind.row(record)
        weight = kind.weight(row)
        if isinstance(record, Decision) and not all(isfinite(finding.score) for finding in record.findings):
            raise ValueError("a finding's score is not a number")
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreFailed(f"the {kind.noun} {record.id!r} cannot be kept ({error})", "hand over plain values") from None
    return Write(kind, row, _offset(kind, record, events) if kind.followed else 0, weight)


def _held(records: tuple[Record, ...]) -> tuple[tuple[str, str, str], ...]:
    """Give which content holds which file, each once."""
    held = [
        (file.sha256, record.id, record.revision)
        for record in records
        if isinstance(record, StoredContent)
        for file in record.files
    ]
    return tuple(dict.fromkeys(held))


def _offset(kind: Kind[Any], record: Record, events: tuple[Event, ...]) -> int:
    """Find the ledger line, counted from the change's first, whose position becomes that of the row of a followed kind."""
    if kind is DECISION:
        for offset, event in enumerate(events):
            if event.subject == record.id:
                return offset
        raise _lineless(kind, record)
    if not events:
        raise _lineless(kind, record)
    if kind is SIGHTING:
        for offset, event in enumerate(events):
            if _about(event, record):
                return offset
    return 0


def _about(event: Event, sighting: Any) -> bool:
    """Tell whether a line is about the content of a sighting, and this revision if it names one."""
    return bool(event.subject == sighting.id and event.body.get("revision", sighting.revision) == sighting.revision)


def _lineless(kind: Kind[Any], record: Record) -> StoreFailed:
    """Give the error for a record that others follow by its place in the ledger and that comes without one."""
    return StoreFailed(
        f"the {kind.noun} {record.id!r} comes without a ledger line", f"add an event about the {kind.noun}"
    )


def _one_sighting_per_line(writes: tuple[Write, ...]) -> None:
    """Raise StoreFailed where two sightings of a change would take the same position."""
    offsets = [write.offset for write in writes if write.kind is SIGHTING]
    if len(offsets) != len(set(offsets)):
        raise StoreFailed("two sightings share a ledger line", "add a line about the content of each")
