"""Group commit: many changes in one transaction, each made whole or not at all.

The order of things inside the transaction: find where the ledger goes on; skip changes that were committed before; refuse those
whose records moved on; give the rest their ledger positions; write all rows table by table; sign a checkpoint. Where the
database refuses a row nevertheless, the group is undone and tried in halves, until the change at fault stands alone.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, case, delete, func, insert, literal_column, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, ProgrammingError

from forestall.ledger.checkpoint import Signer, verify
from forestall.ledger.entry import leaf_hash, place
from forestall.ledger.tree import HASH_BYTES, Frontier
from forestall.model.errors import Conflict, LedgerBroken, StoreFailed
from forestall.model.ports import Clock
from forestall.model.records import Receipt
from forestall.store import tables
from forestall.store.draft import Draft, check_version
from forestall.store.readers import parts
from forestall.store.rows import BANK, DECISION, KINDS, SIGHTING, SIGNAL, WATCHLIST, Key, Kind

Verdict = Receipt | Conflict | StoreFailed
"""What became of one change of a group."""

Upsert = Callable[[Table], Any]
"""The dialect's INSERT that knows ON CONFLICT DO UPDATE."""

KEEP_NEWEST = 1_000
"""Checkpoints all of which are kept: the newest."""

KEEP_EVERY = 1_024
"""Of older checkpoints the last within each this many ledger lines is kept, so that a fault can still be located."""

Inserts = dict[str, str]
"""The INSERT of each table, with positional parameters."""

Written = tuple[list[Verdict], Frontier]
"""What became of each change, and the frontier after them."""

Write = Callable[[Connection, Inserts, Sequence[Draft], Frontier], Written]
"""Writes a group within a transaction."""

Versions = dict[tuple[str, Key], int]
"""Versions of records by table and key."""

Rows = defaultdict[str, list[tuple[Any, ...]]]
"""Rows to insert, by table."""

_REFUSALS = (IntegrityError, DataError, InterfaceError, ProgrammingError, OverflowError, UnicodeError)
"""What is raised where a row cannot be kept. Anything else (disk full, locked, damaged) is not the fault of one change."""

_POSITIONED = frozenset(kind.table for kind in KINDS.values() if "seq" in tables.metadata.tables[kind.table].c)
"""Tables whose rows end with a ledger position."""

_NEWEST = select(tables.checkpoints).order_by(tables.checkpoints.c.size.desc()).limit(1)
_SEEN = select(tables.seen.c.once, tables.seen.c.first_seq, tables.seen.c.last_seq).where(
    tables.seen.c.once.in_(bindparam("keys", expanding=True))
)


class Committer:
    """Commits groups of changes, one group at a time.

    Takes:
        engine: opens a connection whose transactions begin with the database's write lock in hand, so that the ledger's end
            cannot move meanwhile, whoever else writes to this database.
        upsert: the dialect's INSERT that knows ON CONFLICT.
        signer, clock: sign a checkpoint of each commit and say when.
    """

    def __init__(self, engine: Engine, upsert: Upsert, signer: Signer, clock: Clock) -> None:
        self._engine = engine
        self._signer = signer
        self._clock = clock
        self._frontier = Frontier()
        self._note = ""
        self._commits = 0
        self._inserts = _inserts(engine, upsert)

    def commit(self, drafts: Sequence[Draft]) -> list[Verdict]:
        """Commit a group and say what became of each change; when this returns they are durable.

        Raises StoreFailed or a database error where nothing of the group was made.
        """
        try:
            return self._transact(drafts, _write)
        except _REFUSALS:
            return self._transact(drafts, _write_by_halves)

    def _transact(self, drafts: Sequence[Draft], write: Write) -> list[Verdict]:
        """Write a group in one transaction, with a signed checkpoint of what it added to the ledger."""
        with self._engine.begin() as connection:
            frontier = self._resume(connection)
            before, note = frontier.size, self._note
            verdicts, frontier = write(connection, self._inserts, drafts, frontier)
            if frontier.size > before:
                note = self._sign(connection, frontier)
        self._frontier, self._note = frontier, note
        return verdicts

    def close(self) -> None:
        """Close the database; not to be called while a group commits."""
        self._engine.dispose()

    def _resume(self, connection: Connection) -> Frontier:
        """Give the frontier of the committed ledger, which another process may have moved on."""
        row = connection.execute(_NEWEST).first()
        if row is None:
            return Frontier()
        if row.note == self._note:
            return self._frontier
        try:
            signed = verify(row.note, self._signer.verifier_key)
            frontier = Frontier(signed.size, _split(row.frontier))
        except LedgerBroken as error:
            raise StoreFailed(
                f"the ledger cannot go on: {error.what}", "run `forestall ledger verify`, and check the ledger key"
            ) from None
        if row.size != signed.size or frontier.root() != signed.root:
            raise StoreFailed(
                "the ledger cannot go on: its end is not what was signed", "run `forestall ledger verify`"
            )
        return frontier

    def _sign(self, connection: Connection, frontier: Frontier) -> str:
        """Keep a signed checkpoint of the ledger as it now is, and now and then thin out old ones."""
        note = self._signer.sign(frontier.size, frontier.root())
        values = (frontier.size, note, b"".join(frontier.hashes), self._clock())
        connection.exec_driver_sql(self._inserts["checkpoints"], values)
        if self._commits % KEEP_NEWEST == 0:
            _thin(connection)
        self._commits += 1
        return note


def _inserts(engine: Engine, upsert: Upsert) -> Inserts:
    """Give the INSERT of each table as text with positional parameters.

    Text and tuples, because SQLAlchemy spends 5 µs per row on turning dictionaries into tuples, more than SQLite on the row.
    """
    clauses: dict[str, Any] = {table.name: insert(table) for table in (tables.ledger, tables.checkpoints, tables.seen)}
    clauses[tables.holdings.name] = upsert(tables.holdings).on_conflict_do_nothing()
    columns: dict[str, Sequence[str]] = {name: tables.metadata.tables[name].c.keys() for name in clauses}
    for kind in KINDS.values():
        table = tables.metadata.tables[kind.table]
        columns[kind.table] = _columns(kind)
        if kind is DECISION:  # a decision is never written over
            clauses[kind.table] = insert(table)
        else:
            clause = upsert(table)
            changed = {name: clause.excluded[name] for name in kind.columns if name not in kind.key}
            if kind in (BANK, SIGNAL, WATCHLIST):
                changed["seq"] = clause.excluded.seq
            elif kind is SIGHTING:
                changed["seq"] = _position_of_sighting(clause)
            clauses[kind.table] = clause.on_conflict_do_update(index_elements=list(kind.key), set_=changed)
    result = {}
    for name, clause in clauses.items():
        compiled = clause.compile(dialect=engine.dialect, column_keys=columns[name])
        if compiled.positiontup != list(columns[name]):
            raise StoreFailed(f"the driver of this database cannot fill the table {name} by position")
        result[name] = str(compiled)
    return result


def _position_of_sighting(clause: Any) -> Any:
    """Give the position of a sighting written over: where it was forgotten it stays, where it was made again it is the new one."""
    forgotten = clause.excluded.forgotten != literal_column("''")
    return case((forgotten, clause.table.c.seq), else_=clause.excluded.seq)


def _columns(kind: Kind[Any]) -> list[str]:
    """Give the columns of a kind's table in the order its rows have."""
    return [*kind.columns, "seq"] if kind.table in _POSITIONED else list(kind.columns)


def _write(connection: Connection, inserts: Inserts, drafts: Sequence[Draft], frontier: Frontier) -> Written:
    """Decide on each change in order, then write the rows of all, table by table."""
    frontier = frontier.copy()
    seen = _seen(connection, drafts)
    versions = _versions(connection, drafts)
    rows: Rows = defaultdict(list)
    verdicts: list[Verdict] = []
    for draft in drafts:
        if draft.once in seen:
            verdicts.append(Receipt(*seen[draft.once], duplicate=True))
            continue
        try:
            _advance(versions, draft)
        except Conflict as conflict:
            verdicts.append(conflict)
            continue
        receipt = _place(draft, frontier, rows)
        verdicts.append(receipt)
        if draft.once:
            seen[draft.once] = receipt.first_seq, receipt.last_seq
            rows["seen"].append((draft.once, receipt.first_seq, receipt.last_seq))
    # by id, the order of three of their indexes: a seventh less work where there are thousands
    rows[SIGNAL.table].sort(key=itemgetter(0))
    for table, values in rows.items():
        if values:
            connection.exec_driver_sql(inserts[table], values)
    return verdicts, frontier


def _write_by_halves(connection: Connection, inserts: Inserts, drafts: Sequence[Draft], frontier: Frontier) -> Written:
    """Write a group that the database refused: undo it and try each half, until the changes at fault stand alone."""
    try:
        with connection.begin_nested():
            return _write(connection, inserts, drafts, frontier)
    except _REFUSALS as error:
        if len(drafts) == 1:
            return [_refusal(drafts[0], error)], frontier
    middle = len(drafts) // 2
    first, frontier = _write_by_halves(connection, inserts, drafts[:middle], frontier)
    second, frontier = _write_by_halves(connection, inserts, drafts[middle:], frontier)
    return first + second, frontier


def _seen(connection: Connection, drafts: Sequence[Draft]) -> dict[str, tuple[int, int]]:
    """Give the ledger positions of those changes that were committed before, by idempotency key."""
    keys = [draft.once for draft in drafts if draft.once]
    return {row[0]: (row[1], row[2]) for part in parts(keys) for row in connection.execute(_SEEN, {"keys": part})}


def _versions(connection: Connection, drafts: Sequence[Draft]) -> Versions:
    """Give the stored versions of all versioned records that a group writes; those that are not there are left out."""
    wanted: dict[str, list[Any]] = {}
    for draft in drafts:
        for write in draft.writes:
            if write.kind.versioned:
                wanted.setdefault(write.kind.table, []).append(write.key[0])
    found: Versions = {}
    for name, ids in wanted.items():
        columns = tables.metadata.tables[name].c
        query = select(columns.id, columns.version).where(columns.id.in_(bindparam("ids", expanding=True)))
        for part in parts(ids):
            found |= {(name, (row[0],)): row[1] for row in connection.execute(query, {"ids": part})}
    return found


def _advance(versions: Versions, draft: Draft) -> None:
    """Move the versions of a change's records on, all of them or, raising Conflict, none."""
    moved: Versions = {}
    for write in draft.writes:
        if write.kind.versioned:
            name = (write.kind.table, write.key)
            check_version(write, moved.get(name, versions.get(name, 0)))
            moved[name] = write.kind.version(write.row)
    versions.update(moved)


def _place(draft: Draft, frontier: Frontier, rows: Rows) -> Receipt:
    """Give a change its ledger positions and add its rows."""
    first = frontier.size
    ledger = rows["ledger"] if draft.lines else []
    for seq, line in enumerate(draft.lines, first):
        entry = place(line.head, seq, line.tail)
        leaf = leaf_hash(entry)
        frontier.append(leaf)
        ledger.append((seq, line.tag, line.subject, entry, leaf))
    for write in draft.writes:
        name = write.kind.table
        rows[name].append((*write.row, first + write.offset) if name in _POSITIONED else write.row)
    if draft.held:
        rows["holdings"] += draft.held
    return Receipt(first, frontier.size - 1)


def _refusal(draft: Draft, error: Exception) -> StoreFailed:
    """Give the error for a change that the database refused."""
    subject = draft.lines[0].subject if draft.lines else (draft.writes[0].key[0] if draft.writes else "")
    cause = error.orig if isinstance(error, DBAPIError) else error
    return StoreFailed(
        f"the change about {subject!r} cannot be kept ({cause})", "give fresh ids, and plain values within their limits"
    )


def _thin(connection: Connection) -> None:
    """Forget most old checkpoints: all of the newest stay, and of those before the last within each stretch of lines."""
    size = tables.checkpoints.c.size
    oldest = connection.execute(select(size).order_by(size.desc()).offset(KEEP_NEWEST - 1).limit(1)).scalar()
    if oldest is not None:
        last = select(func.max(size)).where(size < oldest).group_by(size // KEEP_EVERY)
        connection.execute(delete(tables.checkpoints).where(size < oldest, size.not_in(last)))


def _split(hashes: bytes) -> list[bytes]:
    """Give the hashes of a kept frontier."""
    return [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]
