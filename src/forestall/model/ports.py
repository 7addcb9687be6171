"""The seams. Each Protocol has a contract test class in `tests/contracts/` that every implementation inherits."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import BinaryIO, Protocol

from forestall.model.advice import Advice
from forestall.model.bank import Bank, Entry, Found, Match, Signal, Trace
from forestall.model.content import Attachment, Content, Problem
from forestall.model.crisis import CrisisSource
from forestall.model.decision import Decision
from forestall.model.desk import CaseSource
from forestall.model.feed import Batch, Verdict
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Opened, Reading
from forestall.model.records import (
    ApiKey,
    Change,
    Delivery,
    Exchange,
    Hunt,
    Invite,
    LedgerRow,
    Page,
    Person,
    Receipt,
    Session,
    Sighting,
    StoredContent,
)
from forestall.model.rulebook import RuleSource
from forestall.model.sources import ListSource, PastSource, SignalSource
from forestall.model.thread import Moment

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


class ThreadDetector(Protocol):
    """Notices what only a thread as a whole says. Deterministic, bounded in time; never says anything about a person."""

    @property
    def name(self) -> str:
        """Stable lower-case name."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same moments could give other findings."""
        ...

    @property
    def labels(self) -> Mapping[str, Outcome]:
        """Every label with its ceiling."""
        ...

    def moment(self, content: str, author: str, at: str, findings: Sequence[Finding]) -> Moment:
        """Give what is remembered of a post from what was noticed on it."""
        ...

    def look(self, moments: Sequence[Moment]) -> Iterable[Finding]:
        """Give findings on a thread, whose posts are given in order of time; the last one is the post being screened."""
        ...


class Adviser(Protocol):
    """Asks a language model about a text. What it says is advice to a person and never counts by itself."""

    def advise(self, text: str, policy: str) -> Advice:
        """Give its answer on a text under a written policy, within its time limit; raises nothing."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Tracer(Protocol):
    """Takes the signals of a reading that are kept for retro-hunts. Deterministic, bounded; raises nothing on any reading."""

    def traces(self, reading: Reading) -> Sequence[Trace]:
        """Give the signals of a reading, in a stable order, each once per part."""
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


class Fetcher(Protocol):
    """Fetches files that a caller names by their address, from where the operator allows it. Bounded in time and memory."""

    def fetch(self, url: str) -> Attachment:
        """Fetch one file. Raises BadInput, Refused and ExchangeFailed; no error holds more of the address than its host."""
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


class Types(Protocol):
    """The signal types there are, for rooms that must not know how each works."""

    @property
    def names(self) -> Sequence[str]:
        """Names of all types."""
        ...

    def normalise(self, kind: str, value: str) -> str:
        """Give a value as its type writes it; raises BadInput naming what is wrong with type or value."""
        ...

    def largest_distance(self, kind: str) -> int:
        """Give the largest distance a bank may set for a type; 0 for types without nearness."""
        ...

    def floor(self, kind: str) -> int:
        """Give the least quality that is matched where a bank does not ask for more; 0 where the type measures none."""
        ...

    def radius(self, kind: str) -> int:
        """Give the largest distance at which values of a type match where a bank says nothing else."""
        ...

    def compare(self, kind: str, first: str, second: str) -> int:
        """Give the distance of two canonical values of a type."""
        ...


class Library(Protocol):
    """All banked signals, ready to be met. Any number of threads may look while it follows the store."""

    def follow(self, *, patient: bool = True) -> bool:
        """Take in what changed in the store since last time; tells whether anything did. Cheap where nothing did.

        Without `patient` what another process is taking in at this moment is left to it; the next call sees it.
        """
        ...

    def versions(self) -> Mapping[str, str]:
        """Give `bank:NAME` → version of every bank that takes part; changes whenever a match could."""
        ...

    def matches(self, reading: Reading, now: str) -> Sequence[Match]:
        """Give what of all banks a reading meets, by type, part, bank, nearest first; matches of allow banks are among them."""
        ...

    def lookup(self, kind: str, values: Sequence[str], now: str) -> Sequence[Sequence[Match]]:
        """Give per canonical value the signals of its type that it meets, nearest first; allow banks' matches are among them."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


class Archive(Protocol):
    """The traces of everything screened, ready to be searched for signals that arrive later."""

    def follow(self) -> int:
        """Take in sightings that the store has and this has not; gives how many."""
        ...

    def search(self, kind: str, values: Sequence[str], radius: int) -> Iterator[Found]:
        """Give every trace of a type within `radius` of canonical values, changed forms of them included; whole batches at once."""
        ...

    def forget(self, traces: Iterable[Trace]) -> None:
        """Let go of traces that were dropped from the store."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


class SignalFiles(Protocol):
    """Knows the formats in which others write signals down."""

    def recognise(self, name: str, head: bytes) -> str:
        """Name the format of a file from its name and first 64 KiB; empty where it holds no signals."""
        ...

    def read(self, format_name: str, name: str, source: BinaryIO) -> Iterator[Entry | Problem]:
        """Give the entries of a recognised file one by one; a row that can't be used is a Problem and the rest goes on."""
        ...


class Feed(Protocol):
    """A partner's service that gives signals again and again. `tests/contracts/exchange.py` runs on every implementation."""

    @property
    def listens(self) -> bool:
        """Tell whether verdicts can be told back."""
        ...

    def pull(self, checkpoint: str) -> Iterator[Batch]:
        """Give what is new since a checkpoint (everything, where it is empty), batch by batch; raises ExchangeFailed.

        What was received before a failure is given before it is raised.
        """
        ...

    def report(self, verdict: Verdict) -> str:
        """Tell a verdict; gives an empty string when it was taken, or why it was not. Never raises for a bad answer."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Store(SignalSource, ListSource, PastSource, RuleSource, CaseSource, CrisisSource, Protocol):
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

    def thread(self, thread: str, limit: int = 64) -> Sequence[tuple[StoredContent, Decision]]:
        """Give the newest contents of a thread, each with the machine's last decision on it, newest first."""
        ...

    def decisions(self, since: str = "", outcome: Outcome | None = None, limit: int = 100) -> Page[Decision]:
        """Give decisions in commit order after the cursor `since`; a page with decisions always has a `next_cursor` to wait at."""
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

    def bank(self, bank_id: str) -> Bank | None:
        """Give a bank by its id."""
        ...

    def bank_named(self, name: str) -> Bank | None:
        """Give a bank by its name (case does not matter)."""
        ...

    def banks_since(self, cursor: str = "") -> tuple[Sequence[str], str]:
        """Give the ids of the banks with signals changed after a cursor, and the cursor to wait at, which is that of `signals_since`.

        The database goes through the signals on its own; a million take about a second and hold up nobody.
        """
        ...

    def signals_of(
        self, bank: str, after: str = "", limit: int = 100, *, kind: str = "", source: str = "", value: str = ""
    ) -> Page[Signal]:
        """Give the signals of a bank by type and beginning of value, or only some of them.

        Takes:
            kind: only signals of this type.
            source: only those of which this source has an opinion.
            value: only those whose value begins so.
        """
        ...

    def count_signals(self, bank: str) -> Mapping[str, int]:
        """Count a bank's signals by type, withdrawn ones included."""
        ...

    def sightings_since(self, cursor: str = "", limit: int = 1_000) -> Page[tuple[int, Sighting]]:
        """Give sightings and their positions in the ledger, ascending, after a cursor; a page that is not empty has a `next_cursor`."""
        ...

    def sightings_at(self, positions: Sequence[int]) -> Sequence[tuple[int, Sighting]]:
        """Give the sightings at these positions that there are and were not forgotten, in any order."""
        ...

    def sightings_before(self, at: str, limit: int = 500) -> Sequence[Sighting]:
        """Give sightings older than an instant that were not forgotten yet."""
        ...

    def hunt(self, hunt_id: str) -> Hunt | None:
        """Give a retro-hunt by its id."""
        ...

    def hunts(self, limit: int = 50) -> Sequence[Hunt]:
        """Give retro-hunts, newest first."""
        ...

    def exchange(self, exchange_id: str) -> Exchange | None:
        """Give an exchange by its id."""
        ...

    def exchange_named(self, name: str) -> Exchange | None:
        """Give an exchange by its name (case does not matter)."""
        ...

    def exchanges(self) -> Sequence[Exchange]:
        """Give all exchanges by name."""
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
