"""What the store keeps, and the one shape in which every verb hands over its writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from forestall.model.action import Action
from forestall.model.bank import Bank, Signal, Trace
from forestall.model.content import Audience
from forestall.model.crisis import Crisis
from forestall.model.decision import Decision
from forestall.model.lists import Edition, Watchlist
from forestall.model.outcome import Outcome
from forestall.model.reading import FileFacts, Segment
from forestall.model.rulebook import RulesetVersion, Shadow

T = TypeVar("T")


class Retention(StrEnum):
    """How long content is kept before its texts and media are purged."""

    TRANSIENT = "transient"
    """Passed unseen: kept briefly so that a decision can be checked."""
    CASE = "case"
    """A person was asked: kept for review, complaints and appeals (TCO Art 6, DSA Art 20: six months)."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A kept attachment: its name and the SHA-256 under which the blob store holds it."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredContent:
    """Content as kept. `(id, revision)` names it; `segments` are the texts that spans point into."""

    id: str
    revision: str
    kind: str
    received: str
    audience: Audience
    retention: Retention
    language: str
    author: str = ""
    thread: str = ""
    url: str = ""
    published: str = ""
    segments: tuple[Segment, ...] = ()
    files: tuple[StoredFile, ...] = ()
    facts: tuple[FileFacts, ...] = ()
    purged: str = ""


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CONCLUDED = "concluded"


@dataclass(frozen=True, slots=True)
class Case:
    """A question put to a person about one revision of content.

    `version` starts at 1 and grows by one with every change; writing any other number is a `Conflict`.
    `cluster` names cases that belong together (one retro-hunt), or is empty. `queue` is where it waits and `due` until when it should
    be answered; `severity` is the highest of its rules (1 to 5), `weight` what orders cases of one deadline. `holder` is the pseudonym
    of who works on it until the instant `leased`; until `snoozed` it waits for a later hour.
    """

    id: str
    content: str
    revision: str
    decision: str
    priority: float
    outcome: Outcome
    state: CaseState
    opened: str
    rules: tuple[str, ...] = ()
    concluded: str = ""
    conclusion: str = ""
    cluster: str = ""
    queue: str = ""
    due: str = ""
    severity: int = 0
    weight: float = 0.0
    language: str = "und"
    holder: str = ""
    leased: str = ""
    snoozed: str = ""
    version: int = 1


class DeliveryState(StrEnum):
    """Where an outgoing message stands."""

    DUE = "due"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outgoing message, committed with the change that caused it; `id` is the idempotency key its receiver sees."""

    id: str
    target: str
    kind: str
    body: Mapping[str, Any]
    due: str
    state: DeliveryState = DeliveryState.DUE
    attempts: int = 0
    last_error: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key a platform calls the API with; only the SHA-256 of the secret is kept."""

    id: str
    name: str
    secret_sha256: str
    scopes: tuple[str, ...]
    created: str
    revoked: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who works at the desk. `id` is the pseudonym the ledger shows."""

    id: str
    name: str
    role: str
    password_hash: str = field(repr=False)
    created: str = ""
    disabled: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Invite:
    """A one-time link with which a person makes an account; only the SHA-256 of its token is kept."""

    id: str
    token_sha256: str
    role: str
    expires: str
    used: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; `id` is the SHA-256 of the cookie's token, so that a stolen database opens nothing."""

    id: str
    person: str
    created: str
    expires: str
    revoked: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Sighting:
    """The signals of one screened revision of content: `id` is the content's. Kept longer than the content, and without it.

    `forgotten` is the instant its traces were dropped, or empty.
    """

    id: str
    revision: str
    at: str
    traces: tuple[Trace, ...] = ()
    forgotten: str = ""


class HuntState(StrEnum):
    """Where a retro-hunt stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hunt:
    """A search of what was screened before for signals that arrived later; its cases share its id as their cluster.

    `cursor` is how far it got, so that it goes on there after a crash; `since` is the change of the banks it began from.
    """

    id: str
    bank: str
    state: HuntState
    started: str
    since: str = ""
    cursor: str = ""
    looked: int = 0
    matched: int = 0
    finished: str = ""
    error: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Exchange:
    """A source of signals that is asked again and again; each fills the bank of its id. Its token lies in the key folder.

    `kind` names the protocol, `address` where it is asked, `options` what the protocol needs beside that. `checkpoint` is
    how far we got, in the protocol's own words.
    """

    id: str
    name: str
    kind: str
    bank: str
    address: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    checkpoint: str = ""
    minutes: int = 60
    due: str = ""
    last_success: str = ""
    last_error: str = ""
    added: int = 0
    withdrawn: int = 0
    refused: int = 0
    created: str = ""
    version: int = 1


Record = (
    StoredContent
    | Decision
    | Case
    | Delivery
    | Action
    | Crisis
    | ApiKey
    | Person
    | Invite
    | Session
    | Bank
    | Signal
    | Sighting
    | Hunt
    | Exchange
    | RulesetVersion
    | Shadow
    | Watchlist
    | Edition
)


@dataclass(frozen=True, slots=True)
class Event:
    """A line for the ledger: `tag` reads `subject:verb`, `subject` is the id it is about, `body` holds ids and digests, never texts."""

    tag: str
    subject: str
    at: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one verb changes: its records, ledger lines and outgoing messages, committed together or not at all.

    `once` is an idempotency key: if a change with it was committed before, this one is skipped and its receipt says so.
    """

    events: tuple[Event, ...]
    records: tuple[Record, ...] = ()
    once: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a change: the ledger positions it took, or `duplicate` when it had been committed before."""

    first_seq: int
    last_seq: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One committed ledger line: position from 0, its canonical bytes, and its leaf hash (RFC 9162 §2.1.1)."""

    seq: int
    tag: str
    subject: str
    entry: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing. `next_cursor` leads on; it is empty at the end (for a feed that grows: where nothing came)."""

    items: tuple[T, ...]
    next_cursor: str = ""
