"""The store on a database, through SQLAlchemy Core: reads here, writes through one `Writer`."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Engine, Row, bindparam, exists, func, literal_column, select

from forestall.model.decision import MACHINE, Decision
from forestall.model.errors import StoreFailed
from forestall.model.outcome import Outcome
from forestall.model.ports import Blobs
from forestall.model.records import (
    ApiKey,
    CaseState,
    Change,
    Delivery,
    DeliveryState,
    Invite,
    LedgerRow,
    Page,
    Person,
    Receipt,
    Session,
    StoredContent,
)
from forestall.store import cursor
from forestall.store.draft import draft
from forestall.store.group import Committer
from forestall.store.readers import Readers, columns
from forestall.store.rows import API_KEY, CONTENT, DECISION, DELIVERY, INVITE, PERSON, SESSION, holders, name_key
from forestall.store.sql_desk import SqlDesk
from forestall.store.sql_known import SqlKnown
from forestall.store.sql_rules import SqlRules
from forestall.store.tables import (
    api_keys,
    cases,
    checkpoints,
    contents,
    decisions,
    deliveries,
    holdings,
    invites,
    ledger,
)
from forestall.store.tables import people as people_table
from forestall.store.tables import sessions as sessions_table
from forestall.store.writer import Writer

_LEDGER_PAGE = 2_000

_CONTENT = columns(CONTENT).where(contents.c.id == bindparam("id"))
_REVISION = _CONTENT.where(contents.c.revision == bindparam("revision"))
_NEWEST = _CONTENT.order_by(contents.c.received.desc(), contents.c.seq.desc()).limit(1)
_DECISION = columns(DECISION).where(decisions.c.id == bindparam("id"))
_DECISION_BY_KEY = columns(DECISION).where(decisions.c.key == bindparam("key"))
_DECISIONS_OF = columns(DECISION).where(decisions.c.content == bindparam("content")).order_by(decisions.c.seq)
_THREAD = (
    columns(CONTENT)
    .where(contents.c.thread == bindparam("thread"), contents.c.thread != literal_column("''"))
    .order_by(contents.c.seq.desc())
    .limit(bindparam("limit"))
)
_DECISIONS_ON = (
    columns(DECISION)
    .where(decisions.c.content.in_(bindparam("contents", expanding=True)), decisions.c.by == MACHINE)
    .order_by(decisions.c.seq)
)
_DECISIONS = (
    columns(DECISION, "seq")
    .where(decisions.c.seq > bindparam("after"))
    .order_by(decisions.c.seq)
    .limit(bindparam("limit"))
)
_DECISIONS_TO = _DECISIONS.where(decisions.c.outcome == bindparam("outcome"))
_DUE = (
    columns(DELIVERY)
    .where(deliveries.c.state == DeliveryState.DUE.value, deliveries.c.due <= bindparam("now"))
    .order_by(deliveries.c.due, deliveries.c.id)
    .limit(bindparam("limit"))
)
_DELIVERY = columns(DELIVERY).where(deliveries.c.id == bindparam("id"))
_API_KEY = columns(API_KEY).where(api_keys.c.secret_sha256 == bindparam("secret"))
_API_KEYS = columns(API_KEY).order_by(api_keys.c.created, api_keys.c.id)
_PERSON = columns(PERSON).where(people_table.c.id == bindparam("id"))
_PERSON_NAMED = columns(PERSON).where(people_table.c.name_key == bindparam("name"))
_PEOPLE = columns(PERSON).order_by(people_table.c.created, people_table.c.id)
_INVITE = columns(INVITE).where(invites.c.token_sha256 == bindparam("token"))
_SESSION = columns(SESSION).where(sessions_table.c.id == bindparam("id"))
_HELD = exists().where(
    cases.c.content == contents.c.id, cases.c.revision == contents.c.revision, cases.c.state == CaseState.OPEN.value
)
_EXPIRED = (
    columns(CONTENT)
    .where(contents.c.retention == bindparam("retention"), contents.c.purged == "")
    .where(contents.c.received < bindparam("before"), ~_HELD)
    .order_by(contents.c.received, contents.c.id, contents.c.revision)
    .limit(bindparam("limit"))
)
_HOLDERS = (
    columns(CONTENT)
    .join(holdings, (holdings.c.content == contents.c.id) & (holdings.c.revision == contents.c.revision))
    .where(holdings.c.sha256 == bindparam("sha256"), contents.c.purged == "")
)
_SIZE = select(func.max(checkpoints.c.size))
_CHECKPOINTS = select(checkpoints.c.note).order_by(checkpoints.c.size)
_LEDGER = select(ledger.c.seq, ledger.c.tag, ledger.c.subject, ledger.c.entry, ledger.c.leaf).order_by(ledger.c.seq)
_LEDGER_ROWS = _LEDGER.where(ledger.c.seq >= bindparam("start"), ledger.c.seq < bindparam("stop")).limit(_LEDGER_PAGE)
_LEDGER_OF = _LEDGER.where(ledger.c.subject == bindparam("subject"))
_LAST = select(func.max(ledger.c.seq))


class SqlStore(SqlKnown, SqlRules, SqlDesk):
    """A store on a database; see `forestall.model.ports.Store`. Safe to use from many threads and processes.

    Takes:
        committer: writes groups of changes.
        reading: an engine in autocommit mode.
        blobs: where media bytes are kept.
    """

    def __init__(self, committer: Committer, reading: Engine, blobs: Blobs) -> None:
        self._committer = committer
        super().__init__(Readers(reading))
        self._blobs = blobs
        self._writer = Writer(committer.commit)

    @property
    def blobs(self) -> Blobs:
        """Where media bytes are kept."""
        return self._blobs

    def submit(self, change: Change) -> Future[Receipt]:
        """Queue a change; waits while the queue is full. Once the future resolves the change is durable."""
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()
        try:
            self._writer.submit(draft(change), future)
        except StoreFailed as error:
            future.set_exception(error)
        return future

    def content(self, content_id: str, revision: str = "") -> StoredContent | None:
        """Give one revision, or the one received last."""
        if revision:
            return self._readers.record(CONTENT, _REVISION, id=content_id, revision=revision)
        return self._readers.record(CONTENT, _NEWEST, id=content_id)

    def decision(self, decision_id: str) -> Decision | None:
        """Give a decision by its id."""
        return self._readers.record(DECISION, _DECISION, id=decision_id)

    def decision_by_key(self, key: str) -> Decision | None:
        """Give the machine decision made under this idempotency key."""
        return self._readers.record(DECISION, _DECISION_BY_KEY, key=key)

    def decisions_of(self, content_id: str) -> Sequence[Decision]:
        """Give all decisions on a piece of content, oldest first."""
        return self._readers.records(DECISION, _DECISIONS_OF, content=content_id)

    def thread(self, thread: str, limit: int = 64) -> Sequence[tuple[StoredContent, Decision]]:
        """Give the newest contents of a thread, each with the machine's last decision on it, newest first."""
        found = self._readers.records(CONTENT, _THREAD, thread=thread, limit=cursor.limit(limit)) if thread else []
        names = sorted({content.id for content in found})
        decided = self._readers.records(DECISION, _DECISIONS_ON, contents=names) if names else []
        last = {(decision.content, decision.revision): decision for decision in decided}
        return [(one, last[one.id, one.revision]) for one in found if (one.id, one.revision) in last]

    def decisions(self, since: str = "", outcome: Outcome | None = None, limit: int = 100) -> Page[Decision]:
        """Give decisions in commit order after the cursor `since`."""
        limit = cursor.limit(limit)
        after = cursor.read(since, tuple[int])[0] if since else -1
        parameters = {"after": after, "limit": limit}
        if outcome is None:
            rows = self._readers.rows(_DECISIONS, **parameters)
        else:
            rows = self._readers.rows(_DECISIONS_TO, outcome=outcome.value, **parameters)
        following = cursor.write([rows[-1].seq]) if rows else ""
        return Page(tuple([DECISION.record(row) for row in rows]), following)

    def deliveries_due(self, now: str, limit: int = 100) -> Sequence[Delivery]:
        """Give outgoing messages that are due, oldest first."""
        return self._readers.records(DELIVERY, _DUE, now=now, limit=cursor.limit(limit))

    def delivery(self, delivery_id: str) -> Delivery | None:
        """Give an outgoing message by its id."""
        return self._readers.record(DELIVERY, _DELIVERY, id=delivery_id)

    def api_key(self, secret_sha256: str) -> ApiKey | None:
        """Give the key with this hashed secret."""
        return self._readers.record(API_KEY, _API_KEY, secret=secret_sha256)

    def api_keys(self) -> Sequence[ApiKey]:
        """Give all keys, oldest first."""
        return self._readers.records(API_KEY, _API_KEYS)

    def person(self, person_id: str) -> Person | None:
        """Give a person by pseudonym."""
        return self._readers.record(PERSON, _PERSON, id=person_id)

    def person_named(self, name: str) -> Person | None:
        """Give a person by sign-in name (case does not matter)."""
        return self._readers.record(PERSON, _PERSON_NAMED, name=name_key(name))

    def people(self) -> Sequence[Person]:
        """Give all people, oldest first."""
        return self._readers.records(PERSON, _PEOPLE)

    def invite(self, token_sha256: str) -> Invite | None:
        """Give an invitation by its hashed token."""
        return self._readers.record(INVITE, _INVITE, token=token_sha256)

    def session(self, session_id: str) -> Session | None:
        """Give a session by its hashed token."""
        return self._readers.record(SESSION, _SESSION, id=session_id)

    def expired_contents(self, retention: str, received_before: str, limit: int = 500) -> Sequence[StoredContent]:
        """Give contents of a retention class received before an instant and not yet purged, without an open case."""
        limit = cursor.limit(limit)
        return self._readers.records(CONTENT, _EXPIRED, retention=retention, before=received_before, limit=limit)

    def holders_of(self, sha256: str) -> Sequence[tuple[str, str]]:
        """Give `(id, revision)` of all content not yet purged that holds the file with this SHA-256."""
        return holders(self._readers.records(CONTENT, _HOLDERS, sha256=sha256), sha256)

    def ledger_size(self) -> int:
        """Count the committed ledger lines."""
        return int(self._readers.value(_SIZE) or 0)

    def ledger_rows(self, start: int = 0, stop: int | None = None) -> Iterator[LedgerRow]:
        """Give ledger lines by position; lines committed after the call are left out. Read in pages, never all at once."""
        if stop is None:
            last = self._readers.value(_LAST)
            stop = 0 if last is None else last + 1
        return self._pages(max(start, 0), stop)

    def _pages(self, start: int, stop: int) -> Iterator[LedgerRow]:
        """Give ledger lines page by page."""
        while rows := self._readers.rows(_LEDGER_ROWS, start=start, stop=stop):
            for row in rows:
                yield _line(row)
            start = rows[-1].seq + 1

    def ledger_of(self, subject: str) -> Sequence[LedgerRow]:
        """Give the ledger lines about one id, oldest first."""
        return tuple([_line(row) for row in self._readers.rows(_LEDGER_OF, subject=subject)])

    def checkpoints(self) -> Sequence[str]:
        """Give all signed checkpoints kept, oldest first, in signed-note form."""
        return [str(row.note) for row in self._readers.rows(_CHECKPOINTS)]

    def close(self) -> None:
        """Finish queued writes and close."""
        self._writer.close()
        self._committer.close()
        self._readers.close()


def _line(row: Row[Any]) -> LedgerRow:
    """Give a ledger line as kept, even where someone put values of another type into the database: checking names them."""
    return LedgerRow(row.seq, str(row.tag), str(row.subject), _bytes(row.entry), _bytes(row.leaf))


def _bytes(value: object) -> bytes:
    """Give a value as bytes."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
