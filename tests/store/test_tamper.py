"""Tampering with the real database file by SQL is found, and the line is named."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from forestall.ledger.checkpoint import Signer
from forestall.ledger.entry import leaf_hash
from forestall.ledger.report import Fault, FaultKind
from forestall.ledger.state import verify_state
from forestall.ledger.verify import verify_log
from forestall.model.errors import StoreFailed
from forestall.store import open_store
from forestall.store.sql import SqlStore
from forestall.store.sqlite import DATABASE
from tests.store.samples import KEY, SIGNER, at, decided, decision_of

SIZE = 40
"""Ledger lines of the store that is tampered with: 20 changes of 2, each under a checkpoint of its own."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a closed store."""
    store = open_store(tmp_path, SIGNER, at)
    for _ in range(SIZE // 2):
        store.submit(decided()).result(10)
    store.close()
    return tmp_path


@pytest.fixture
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give the database as someone with access to the disk has it."""
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        yield connection


def faults(folder: Path) -> list[Fault]:
    """Open the store and give what checking its ledger finds."""
    store = open_store(folder, SIGNER, at)
    try:
        return verify_log(store.ledger_rows(), store.checkpoints(), KEY).faults
    finally:
        store.close()


def rewrite(connection: sqlite3.Connection, seq: int, old: bytes, new: bytes) -> None:
    """Change a line's entry and make its hash fit."""
    (entry,) = connection.execute("SELECT entry FROM ledger WHERE seq = ?", (seq,)).fetchone()
    changed = bytes(entry).replace(old, new)
    assert changed != entry
    connection.execute("UPDATE ledger SET entry = ?, leaf = ? WHERE seq = ?", (changed, leaf_hash(changed), seq))


def swap(connection: sqlite3.Connection) -> None:
    """Let lines 10 and 11 change places."""
    connection.executescript(
        "UPDATE ledger SET seq = 999 WHERE seq = 10; UPDATE ledger SET seq = 10 WHERE seq = 11;"
        "UPDATE ledger SET seq = 11 WHERE seq = 999;"
    )


Tamper = Callable[[sqlite3.Connection], object]

TAMPERED: dict[str, tuple[Tamper, list[tuple[FaultKind, int, int]]]] = {
    "entry changed": (
        lambda db: db.execute("UPDATE ledger SET entry = CAST(replace(entry, 'made', 'mode') AS BLOB) WHERE seq = 7"),
        [(FaultKind.CHANGED, 7, 7)],
    ),
    "entry turned into text": (
        lambda db: db.execute("UPDATE ledger SET entry = 'nothing to see' WHERE seq = 7"),
        [(FaultKind.CHANGED, 7, 7)],
    ),
    "columns turned into numbers": (
        lambda db: db.execute("UPDATE ledger SET tag = 5, subject = 1.5, leaf = 3 WHERE seq = 7"),
        [(FaultKind.CHANGED, 7, 7)],
    ),
    "entry and hash changed": (lambda db: rewrite(db, 7, b'"at":"2026', b'"at":"2025'), [(FaultKind.DIVERGED, 6, 7)]),
    "deleted": (lambda db: db.execute("DELETE FROM ledger WHERE seq = 7"), [(FaultKind.MISSING, 7, 7)]),
    "deleted from the start": (lambda db: db.execute("DELETE FROM ledger WHERE seq < 7"), [(FaultKind.MISSING, 0, 6)]),
    "swapped": (swap, [(FaultKind.MOVED, 10, 10), (FaultKind.MOVED, 11, 11), (FaultKind.DIVERGED, 10, 11)]),
    "cut off": (lambda db: db.execute("DELETE FROM ledger WHERE seq >= 31"), [(FaultKind.TRUNCATED, 31, 39)]),
    "emptied": (lambda db: db.execute("DELETE FROM ledger"), [(FaultKind.TRUNCATED, 0, 39)]),
    "added": (
        lambda db: db.execute(
            "INSERT INTO ledger SELECT 40, tag, subject, CAST(replace(entry, '\"seq\":39', '\"seq\":40') AS BLOB), leaf"
            " FROM ledger WHERE seq = 39"
        ),
        [(FaultKind.CHANGED, 40, 40), (FaultKind.UNSIGNED, 40, 40)],
    ),
    "checkpoint changed": (
        lambda db: db.execute("UPDATE checkpoints SET note = replace(note, '20', '22') WHERE size = 20"),
        [(FaultKind.CHECKPOINT, -1, -1)],
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_with_the_file_is_named(folder: Path, database: sqlite3.Connection, name: str) -> None:
    """A line changed, deleted, swapped, cut off or added by SQL is found and named, and so is a changed checkpoint."""
    assert faults(folder) == []
    tamper, expected = TAMPERED[name]
    tamper(database)
    assert [(fault.kind, fault.first, fault.last) for fault in faults(folder)] == expected


def test_tampering_stays_visible_while_the_log_goes_on(folder: Path, database: sqlite3.Connection) -> None:
    """Lines cut off stay missing once others were added: the log goes on from its signed end, not from what is left."""
    database.execute("DELETE FROM ledger WHERE seq >= 31")
    store = open_store(folder, SIGNER, at)
    assert store.submit(decided()).result(10).first_seq == SIZE
    store.close()
    assert [(fault.kind, fault.first, fault.last) for fault in faults(folder)] == [(FaultKind.MISSING, 31, 39)]


def test_a_log_put_back_is_found_by_what_it_does_not_know(folder: Path, database: sqlite3.Connection) -> None:
    """Lines and checkpoints deleted together leave a log that is fine by itself, but decisions it does not know."""
    database.execute("DELETE FROM ledger WHERE seq >= 30")
    database.execute("DELETE FROM checkpoints WHERE size > 30")
    assert faults(folder) == []
    store = open_store(folder, SIGNER, at)
    found = verify_state(store).faults
    store.close()
    assert len(found) == 5
    assert all("does not know it" in fault.what for fault in found)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET outcome = 'pass' WHERE id = ?",
        "UPDATE decisions SET findings = '[]' WHERE id = ?",
        "UPDATE decisions SET facts = 'no json' WHERE id = ?",
        "UPDATE decisions SET outcome = 'nonsense' WHERE id = ?",
        "DELETE FROM decisions WHERE id = ?",
    ],
)
def test_a_changed_decision_is_named(folder: Path, database: sqlite3.Connection, statement: str) -> None:
    """A decision changed, broken or deleted by SQL is named, with the line that tells what it was."""
    (decision_id,) = database.execute("SELECT id FROM decisions WHERE seq = 21").fetchone()
    database.execute(statement, (decision_id,))
    store = open_store(folder, SIGNER, at)
    found = verify_state(store).faults
    store.close()
    assert (found[0].kind, found[0].first) == (FaultKind.STATE, 21)
    assert all(decision_id in fault.what for fault in found)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checkpoints SET note = 'x' WHERE size = 40",
        "UPDATE checkpoints SET frontier = zeroblob(64) WHERE size = 40",
        "UPDATE checkpoints SET frontier = x'00' WHERE size = 40",
        "UPDATE checkpoints SET size = 44 WHERE size = 40",
        "DELETE FROM checkpoints WHERE size > 30",
    ],
)
def test_nothing_is_added_to_a_log_whose_end_was_tampered_with(
    folder: Path, database: sqlite3.Connection, statement: str
) -> None:
    """Where the newest checkpoint is not the end of the lines, writing is refused with the next step; reading goes on."""
    (decision_id,) = database.execute("SELECT id FROM decisions WHERE seq = 21").fetchone()
    database.execute(statement)
    store = open_store(folder, SIGNER, at)
    with pytest.raises(StoreFailed) as caught:
        store.submit(decided()).result(10)
    assert caught.value.next_step
    assert store.decision(decision_id) is not None
    store.close()


def test_another_key_cannot_go_on(folder: Path) -> None:
    """A store opened with another ledger key can be read, but not written to: its log would no longer verify."""
    store = open_store(folder, Signer("ledger.example/test", bytes(32)), at)
    with pytest.raises(StoreFailed, match="not signed by") as caught:
        store.submit(decided()).result(10)
    assert "key" in caught.value.next_step
    assert store.ledger_size() == SIZE
    store.close()


def test_tampering_while_the_store_is_open_is_noticed(folder: Path, database: sqlite3.Connection) -> None:
    """A checkpoint forged under a running store is not built upon."""
    store: SqlStore = open_store(folder, SIGNER, at)
    change = decided()
    store.submit(change).result(10)
    database.execute("UPDATE checkpoints SET note = replace(note, '42', '41') WHERE size = 42")
    with pytest.raises(StoreFailed, match="cannot go on"):
        store.submit(decided()).result(10)
    assert store.decision(decision_of(change).id) == decision_of(change)
    store.close()
