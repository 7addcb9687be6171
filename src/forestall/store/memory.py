"""The store in memory: keeps every promise except that nothing outlives the process. For tests, trials and dry runs."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from forestall.ledger.checkpoint import Signer
from forestall.ledger.entry import leaf_hash, place
from forestall.ledger.tree import Frontier
from forestall.model.decision import MACHINE, Decision
from forestall.model.errors import Conflict, StoreFailed
from forestall.model.outcome import Outcome
from forestall.model.past import Judged, Noticed
from forestall.model.ports import Clock
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
from forestall.store import cursor as cursors
from forestall.store.blobs import MemoryBlobs
from forestall.store.draft import Draft, Write, closed, draft
from forestall.store.memory_desk import MemoryDesk
from forestall.store.memory_known import MemoryKnown
from forestall.store.memory_rules import MemoryRules
from forestall.store.rows import (
    API_KEY,
    CASE,
    CONTENT,
    DECISION,
    DELIVERY,
    INVITE,
    PERSON,
    SESSION,
    Key,
    Kind,
    holders,
    name_key,
)


class SignedAt(NamedTuple):
    """A signed checkpoint, the size it covers, and when it was signed."""

    size: int
    note: str
    at: str


class MemoryStore(MemoryKnown, MemoryRules, MemoryDesk):
    """A store in memory; see `forestall.model.ports.Store`. Safe to use from many threads.

    Takes:
        signer: signs a checkpoint of the ledger whenever checkpoints are asked for after it grew.
        clock: tells when a checkpoint was signed.
    """

    def __init__(self, signer: Signer, clock: Clock) -> None:
        super().__init__()
        self._blobs = MemoryBlobs()
        self._signer = signer
        self._clock = clock
        self._closed = False
        self._revisions: dict[str, list[Key]] = {}
        self._threads: dict[str, list[Key]] = {}
        self._holders: dict[str, dict[Key, None]] = {}
        self._decided: dict[str, list[str]] = {}
        self._feed: list[tuple[int, str]] = []
        self._once: dict[str, Receipt] = {}
        self._ledger: list[LedgerRow] = []
        self._about: dict[str, list[LedgerRow]] = {}
        self._frontier = Frontier()
        self._signed: list[SignedAt] = []

    @property
    def blobs(self) -> MemoryBlobs:
        """Where media bytes are kept."""
        return self._blobs

    def submit(self, change: Change) -> Future[Receipt]:
        """Make a change; the future is resolved when this returns."""
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()
        try:
            ready = draft(change)
            with self._lock:
                receipt = self._commit(ready)
        except (Conflict, StoreFailed) as error:
            future.set_exception(error)
        else:
            future.set_result(receipt)
        return future

    def _commit(self, change: Draft) -> Receipt:
        """Write a change whole, or nothing of it."""
        if self._closed:
            raise closed()
        if change.once in self._once:
            return self._once[change.once]
        undo: list[tuple[Kind[Any], Key, tuple[Any, ...] | None]] = []
        try:
            for write in change.writes:
                self._check(write)
                undo.append((write.kind, write.key, self._replace(write.kind, write.key, write.row)))
        except (Conflict, StoreFailed):
            for kind, key, before in reversed(undo):
                self._replace(kind, key, before)
            raise
        first = len(self._ledger)
        for write in change.writes:
            self._list(write, first)
        for sha256, *key in change.held:
            self._holders.setdefault(sha256, {})[tuple(key)] = None
        self._log(change)
        receipt = Receipt(first, len(self._ledger) - 1)
        if change.once:
            self._once[change.once] = replace(receipt, duplicate=True)
        return receipt

    def _list(self, write: Write, first: int) -> None:
        """Enter a written row into the listings."""
        if write.kind is CONTENT:
            revisions = self._revisions.setdefault(str(write.key[0]), [])
            if write.key not in revisions:
                revisions.append(write.key)
                content: StoredContent = CONTENT.record(write.row)
                if content.thread:
                    self._threads.setdefault(content.thread, []).append(write.key)
        elif write.kind is DECISION:
            decision: Decision = DECISION.record(write.row)
            insort(self._feed, (first + write.offset, decision.id))
            self._decided.setdefault(decision.content, []).append(decision.id)
        else:
            self._list_known(write, first)

    def _log(self, change: Draft) -> None:
        """Append a change's ledger lines."""
        for seq, line in enumerate(change.lines, len(self._ledger)):
            entry = place(line.head, seq, line.tail)
            row = LedgerRow(seq, line.tag, line.subject, entry, leaf_hash(entry))
            self._frontier.append(row.leaf)
            self._ledger.append(row)
            self._about.setdefault(line.subject, []).append(row)

    def content(self, content_id: str, revision: str = "") -> StoredContent | None:
        """Give one revision, or the one received last."""
        if revision:
            return self._one(CONTENT, (content_id, revision))
        with self._lock:
            keys = list(self._revisions.get(content_id, ()))
        found = [content for key in reversed(keys) if (content := self._one(CONTENT, key))]
        return max(found, key=lambda content: content.received, default=None)

    def decision(self, decision_id: str) -> Decision | None:
        """Give a decision by its id."""
        return self._one(DECISION, (decision_id,))

    def decision_by_key(self, key: str) -> Decision | None:
        """Give the machine decision made under this idempotency key."""
        return self._one(DECISION, self._owners.get((DECISION.table, "key", key)))

    def decisions_of(self, content_id: str) -> Sequence[Decision]:
        """Give all decisions on a piece of content, oldest first."""
        with self._lock:
            ids = list(self._decided.get(content_id, ()))
        return [decision for item in ids if (decision := self.decision(item))]

    def thread(self, thread: str, limit: int = 64) -> Sequence[tuple[StoredContent, Decision]]:
        """Give the newest contents of a thread, each with the machine's last decision on it, newest first."""
        with self._lock:
            keys = self._threads.get(thread, [])[: -cursors.limit(limit) - 1 : -1] if thread else []
        found = []
        for key in keys:
            content = self._one(CONTENT, key)
            made = [one for one in self.decisions_of(str(key[0])) if (one.revision, one.by) == (key[1], MACHINE)]
            if content is not None and made:
                found.append((content, made[-1]))
        return found

    def decisions(self, since: str = "", outcome: Outcome | None = None, limit: int = 100) -> Page[Decision]:
        """Give decisions in commit order after the cursor `since`."""
        limit = cursors.limit(limit)
        after = cursors.read(since, tuple[int])[0] if since else -1
        found: list[tuple[int, Decision]] = []
        with self._lock:
            for seq, decision_id in islice(self._feed, bisect_right(self._feed, after, key=itemgetter(0)), None):
                decision = self._one(DECISION, (decision_id,))
                if decision and outcome in (None, decision.outcome):
                    found.append((seq, decision))
                if len(found) == limit:
                    break
        return Page(tuple(item for _, item in found), cursors.write([found[-1][0]]) if found else "")

    def judged_since(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided after a cursor, in commit order."""
        after = cursors.read(cursor, tuple[int])[0] if cursor else -1
        with self._lock:
            return self._judged(self._feed[bisect_right(self._feed, after, key=itemgetter(0)) :], limit)

    def judged_before(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided before a cursor, newest first."""
        before = cursors.read(cursor, tuple[int])[0] if cursor else len(self._ledger)
        with self._lock:
            return self._judged(self._feed[: bisect_left(self._feed, before, key=itemgetter(0))][::-1], limit)

    def _judged(self, feed: Sequence[tuple[int, str]], limit: int) -> Page[Judged]:
        """Give the first machine's decisions of a stretch of the feed, each with its content."""
        limit, found = cursors.limit(limit), list[Judged]()
        for seq, decision_id in feed:
            made = self._one(DECISION, (decision_id,))
            kept = self._one(CONTENT, (made.content, made.revision)) if made and made.by == MACHINE else None
            if made is not None and kept is not None:
                seen = tuple(Noticed(finding.label, finding.evidence) for finding in made.findings)
                place = cursors.write([seq])
                found.append(
                    Judged(kept.id, kept.revision, made.at, kept.author, kept.thread, place, seen, kept.segments)
                )
            if len(found) == limit:
                break
        return Page(tuple(found), found[-1].place if found else "")

    def deliveries_due(self, now: str, limit: int = 100) -> Sequence[Delivery]:
        """Give outgoing messages that are due, oldest first."""
        due = [item for item in self._all(DELIVERY) if item.state is DeliveryState.DUE and item.due <= now]
        return sorted(due, key=lambda item: (item.due, item.id))[: cursors.limit(limit)]

    def delivery(self, delivery_id: str) -> Delivery | None:
        """Give an outgoing message by its id."""
        return self._one(DELIVERY, (delivery_id,))

    def api_key(self, secret_sha256: str) -> ApiKey | None:
        """Give the key with this hashed secret."""
        return self._one(API_KEY, self._owners.get((API_KEY.table, "secret_sha256", secret_sha256)))

    def api_keys(self) -> Sequence[ApiKey]:
        """Give all keys, oldest first."""
        return sorted(self._all(API_KEY), key=lambda key: (key.created, key.id))

    def person(self, person_id: str) -> Person | None:
        """Give a person by pseudonym."""
        return self._one(PERSON, (person_id,))

    def person_named(self, name: str) -> Person | None:
        """Give a person by sign-in name (case does not matter)."""
        return self._one(PERSON, self._owners.get((PERSON.table, "name_key", name_key(name))))

    def people(self) -> Sequence[Person]:
        """Give all people, oldest first."""
        return sorted(self._all(PERSON), key=lambda person: (person.created, person.id))

    def invite(self, token_sha256: str) -> Invite | None:
        """Give an invitation by its hashed token."""
        return self._one(INVITE, self._owners.get((INVITE.table, "token_sha256", token_sha256)))

    def session(self, session_id: str) -> Session | None:
        """Give a session by its hashed token."""
        return self._one(SESSION, (session_id,))

    def expired_contents(self, retention: str, received_before: str, limit: int = 500) -> Sequence[StoredContent]:
        """Give contents of a retention class received before an instant and not yet purged, without an open case."""
        limit = cursors.limit(limit)
        held = {(case.content, case.revision) for case in self._all(CASE) if case.state is CaseState.OPEN}
        found = [
            content
            for content in self._all(CONTENT)
            if content.retention == retention
            and content.received < received_before
            and not content.purged
            and (content.id, content.revision) not in held
        ]
        return sorted(found, key=lambda content: (content.received, content.id, content.revision))[:limit]

    def holders_of(self, sha256: str) -> Sequence[tuple[str, str]]:
        """Give `(id, revision)` of all content not yet purged that holds the file with this SHA-256."""
        with self._lock:
            keys = list(self._holders.get(sha256, ()))
        return holders([content for key in keys if (content := self._one(CONTENT, key))], sha256)

    def ledger_size(self) -> int:
        """Count the committed ledger lines."""
        return len(self._ledger)

    def ledger_rows(self, start: int = 0, stop: int | None = None) -> Iterator[LedgerRow]:
        """Give ledger lines by position."""
        return iter(self._ledger[max(start, 0) : None if stop is None else max(stop, 0)])

    def ledger_of(self, subject: str) -> Sequence[LedgerRow]:
        """Give the ledger lines about one id, oldest first."""
        return tuple(self._about.get(subject, ()))

    def checkpoints(self) -> Sequence[str]:
        """Give all signed checkpoints kept, oldest first, in signed-note form."""
        with self._lock:
            size = self._frontier.size
            if size and (not self._signed or self._signed[-1].size < size):
                note = self._signer.sign(size, self._frontier.root())
                self._signed.append(SignedAt(size, note, self._clock()))
            return [item.note for item in self._signed]

    def close(self) -> None:
        """Refuse further changes; what is kept can still be read."""
        with self._lock:
            self._closed = True
