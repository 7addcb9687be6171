"""The seams. Each Protocol has a contract test class in `tests/contracts/` that every implementation inherits."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import BinaryIO, Protocol

from forestall.model.content import Attachment, Content, Problem
from forestall.model.decision import Decision
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Opened, Reading
from forestall.model.records import (
    ApiKey,
    Case,
    CaseState,
    Change,
    Delivery,
    Invite,
    LedgerRow,
    Page,
    Person,
    Receipt,
    Session,
    StoredContent,
)

Clock = Callable[[], str]
"""Gives now as UTC, ISO 8601 with milliseconds and `Z`."""

NewId = Callable[[], str]
"""Gives a fresh id that sorts after all earlier ones."""


class Detector(Protocol):
    """Notices, never concludes. Deterministic, bounded in time; raises nothing on any reading.

    `labels` names every label it can give with the harshest outcome that label may cause without a person.
    """

    @property
    def name(self) -> str:
        """Stable name, as in findings."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same reading could give other findings."""
        ...

    @property
    def labels(self) -> Mapping[str, Outcome]:
        """Label → ceiling."""
        ...

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give what there is to notice in the reading, in a stable order."""
        ...


class Opener(Protocol):
    """Opens files without trusting them. Never raises on bad files: what it can't read is a Problem."""

    def open(self, attachment: Attachment) -> Opened:
        """Open one file and everything inside it, within limits."""
        ...

    def unpack(self, attachment: Attachment) -> Iterator[Attachment | Problem]:
        """Give the members of an archive one level deep, within limits; a file that is no archive gives nothing."""
        ...

    def close(self) -> None:
        """Stop the workers."""
        ...


class Exports(Protocol):
    """Knows the export formats of platforms by their content."""

    def recognise(self, name: str, head: bytes) -> str:
        """Name the format of a file from its name and first 64 KiB, or give an empty string if it holds no posts."""
        ...

    def read(
        self, format_name: str, name: str, source: BinaryIO, attach: Callable[[str], Attachment | Problem]
    ) -> Iterator[Content]:
        """Give the posts of a recognised file one by one; `attach` fetches a media path named in it."""
        ...


class Platform(Protocol):
    """The operator's own service, which carries out what was decided."""

    def deliver(self, delivery: Delivery) -> str:
        """Hand over one message; gives an empty string when it was taken, or why it was not. Never raises for a bad answer."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Blobs(Protocol):
    """Keeps bytes under their SHA-256."""

    def put(self, data: bytes) -> str:
        """Keep bytes durably and give their SHA-256 in hex."""
        ...

    def get(self, sha256: str) -> bytes:
        """Give kept bytes; raises NotFound."""
        ...

    def delete(self, sha256: str) -> None:
        """Forget bytes; no error where there are none."""
        ...


class Store(Protocol):
    """Keeps everything. Writes go through `submit`, whose changes commit in order, many to one transaction.

    One contract suite (`tests/contracts/store.py`) runs on every implementation.
    """

    @property
    def blobs(self) -> Blobs:
        """Where media bytes are kept."""
        ...

    def submit(self, change: Change) -> Future[Receipt]:
        """Queue a change. The future resolves once it is durable; it raises Conflict or StoreFailed if it was not made."""
        ...

    def content(self, content_id: str, revision: str = "") -> StoredContent | None:
        """Give one revision, or the one received last."""
        ...

    def decision(self, decision_id: str) -> Decision | None:
        """Give a decision by its id."""
        ...

    def decision_by_key(self, key: str) -> Decision | None:
        """Give the machine decision made under this idempotency key."""
        ...

    def decisions_of(self, content_id: str) -> Sequence[Decision]:
        """Give all decisions on a piece of content, oldest first."""
        ...

    def decisions(self, since: str = "", outcome: Outcome | None = None, limit: int = 100) -> Page[Decision]:
        """Give decisions in commit order after the cursor `since`; a page with decisions always has a `next_cursor` to wait at."""
        ...

    def case(self, case_id: str) -> Case | None:
        """Give a case by its id."""
        ...

    def case_of(self, content_id: str, revision: str) -> Case | None:
        """Give the newest case on a revision of content."""
        ...

    def cases(self, state: CaseState, after: str = "", limit: int = 50) -> Page[Case]:
        """Give cases in a state by priority, highest first, then oldest first."""
        ...

    def count_cases(self, state: CaseState) -> int:
        """Count the cases in a state."""
        ...

    def deliveries_due(self, now: str, limit: int = 100) -> Sequence[Delivery]:
        """Give outgoing messages that are due, oldest first."""
        ...

    def delivery(self, delivery_id: str) -> Delivery | None:
        """Give an outgoing message by its id."""
        ...

    def api_key(self, secret_sha256: str) -> ApiKey | None:
        """Give the key with this hashed secret."""
        ...

    def api_keys(self) -> Sequence[ApiKey]:
        """Give all keys, oldest first."""
        ...

    def person(self, person_id: str) -> Person | None:
        """Give a person by pseudonym."""
        ...

    def person_named(self, name: str) -> Person | None:
        """Give a person by sign-in name (case does not matter)."""
        ...

    def people(self) -> Sequence[Person]:
        """Give all people, oldest first."""
        ...

    def invite(self, token_sha256: str) -> Invite | None:
        """Give an invitation by its hashed token."""
        ...

    def session(self, session_id: str) -> Session | None:
        """Give a session by its hashed token."""
        ...

    def expired_contents(self, retention: str, received_before: str, limit: int = 500) -> Sequence[StoredContent]:
        """Give contents of a retention class received before an instant and not yet purged, without an open case."""
        ...

    def holders_of(self, sha256: str) -> Sequence[tuple[str, str]]:
        """Give `(id, revision)` of all content not yet purged that holds the file with this SHA-256."""
        ...

    def ledger_size(self) -> int:
        """Count the committed ledger lines."""
        ...

    def ledger_rows(self, start: int = 0, stop: int | None = None) -> Iterator[LedgerRow]:
        """Give ledger lines by position."""
        ...

    def ledger_of(self, subject: str) -> Sequence[LedgerRow]:
        """Give the ledger lines about one id, oldest first."""
        ...

    def checkpoints(self) -> Sequence[str]:
        """Give all signed checkpoints kept, oldest first, in signed-note form."""
        ...

    def close(self) -> None:
        """Finish queued writes and close."""
        ...
