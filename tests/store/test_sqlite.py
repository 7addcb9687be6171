"""The store on SQLite keeps the contract of stores, and promises of its own: files, reopening, failures, agreement with memory."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from forestall.ledger.checkpoint import verify
from forestall.ledger.verify import verify_log
from forestall.model.errors import StoreFailed
from forestall.model.ports import Store
from forestall.model.records import CaseState, Change
from forestall.store import group, open_store, sqlite
from forestall.store.sqlite import DATABASE
from tests.contracts.store import StoreContract
from tests.store.samples import (
    KEY,
    SIGNER,
    at,
    case,
    content,
    content_of,
    decided,
    decision,
    decision_of,
    run,
    with_line,
)


class TestSqliteStore(StoreContract):
    """The contract of stores, on SQLite."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """Give an empty store."""
        store = open_store(tmp_path / "data", SIGNER, at)
        yield store
        store.close()


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    """What was made is there after closing and opening again, and the ledger goes on where it ended."""
    changes = [decided(once=str(number)) for number in range(7)]
    for number, change in enumerate(changes):
        store = open_store(tmp_path, SIGNER, at)
        assert store.submit(change).result(10).first_seq == 2 * number
        store.close()
    store = open_store(tmp_path, SIGNER, at)
    assert [store.decision(decision_of(change).id) for change in changes] == [decision_of(change) for change in changes]
    assert store.submit(changes[3]).result(10).duplicate
    assert verify_log(store.ledger_rows(), store.checkpoints(), KEY).ok
    store.close()


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """The data folder, the database, its journal and media are open to their owner only, whatever the process's mask."""
    before = os.umask(0)
    try:
        store = open_store(tmp_path / "a" / "data", SIGNER, at)
        store.blobs.put(b"x")
        store.submit(decided()).result(10)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a" / "data").rglob("*")}
    finally:
        os.umask(before)
    store.close()
    assert stat.S_IMODE((tmp_path / "a" / "data").stat().st_mode) == 0o700
    assert {DATABASE, f"{DATABASE}-wal"} <= modes.keys()
    assert set(modes.values()) <= {0o600, 0o700}


def test_acknowledged_means_synced(tmp_path: Path) -> None:
    """The writing connection waits for the disk on every commit, and the database is write-ahead logged."""
    store = open_store(tmp_path, SIGNER, at)
    with store._committer._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    store.close()


def test_a_folder_with_odd_names(tmp_path: Path) -> None:
    """A data folder may have spaces, quotes, percent and question marks, or letters of any script in its name."""
    folder = tmp_path / "da ta%20'\"?#&=ü ملف"
    store = open_store(folder, SIGNER, at)
    store.submit(decided()).result(10)
    store.close()
    assert (folder / DATABASE).is_file()


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file that is no database is refused with its name and the next step, and left as it is."""
    (tmp_path / DATABASE).write_bytes(b"not a database, but long enough to look like one" * 100)
    with pytest.raises(StoreFailed, match=DATABASE) as caught:
        open_store(tmp_path, SIGNER, at)
    assert "backup" in caught.value.next_step
    assert (tmp_path / DATABASE).read_bytes().startswith(b"not a database")


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """A data folder that is a file, or below one, is refused with its name and the next step."""
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(StoreFailed, match="file") as caught:
            open_store(folder, SIGNER, at)
        assert caught.value.next_step


def test_a_locked_database_fails_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds the database changes fail with the next step; once it lets go they are made."""
    monkeypatch.setattr(sqlite, "_PRAGMAS", ("busy_timeout = 20", *sqlite._PRAGMAS[1:]))
    store = open_store(tmp_path, SIGNER, at)
    store.submit(decided()).result(10)
    with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        futures = [store.submit(decided(once="k")) for _ in range(3)]
        assert {type(future.exception(10)) for future in futures} == {StoreFailed}
        with pytest.raises(StoreFailed, match="locked"):
            store.submit(decided()).result(10)
        assert len(store.decisions().items) == 1
        other.execute("ROLLBACK")
    assert store.submit(decided(once="k")).result(10).first_seq == 2
    assert verify_log(store.ledger_rows(), store.checkpoints(), KEY).ok
    store.close()


def test_a_full_disk_fails_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full changes fail, nothing of them remains, reading goes on; with room again they are made."""
    open_store(tmp_path, SIGNER, at).close()
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "_PRAGMAS", ("max_page_count = 100", *sqlite._PRAGMAS))
        store = open_store(tmp_path, SIGNER, at)
        made, error = 0, None
        while not error:
            error = store.submit(decided(once=str(made), note="x" * 5_000)).exception(10)
            made += not error
        assert isinstance(error, StoreFailed)
        assert "full" in error.what
        assert "free space" in error.next_step
        assert len(store.decisions(limit=1_000).items) == made
        store.close()
    store = open_store(tmp_path, SIGNER, at)
    assert store.submit(decided(once=str(made), note="x" * 5_000)).result(10).first_seq == 2 * made
    assert verify_log(store.ledger_rows(), store.checkpoints(), KEY).ok
    store.close()


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """A record that someone broke in the database is never half given: reading it fails, names it and says what to do."""
    store = open_store(tmp_path, SIGNER, at)
    change = decided()
    store.submit(change).result(10)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as other, other:
        other.execute("UPDATE contents SET segments = '[{\"part\": 5}]'")
    with pytest.raises(StoreFailed, match=content_of(change).id) as caught:
        store.content(content_of(change).id)
    assert "ledger verify" in caught.value.next_step
    store.close()


def test_a_broken_database_fails_reads(tmp_path: Path) -> None:
    """Where the database itself cannot be read, reading fails as the store's failure, not the driver's."""
    store = open_store(tmp_path, SIGNER, at)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as other, other:
        other.execute("DROP TABLE people")
    with pytest.raises(StoreFailed, match="could not be read"):
        store.people()
    assert store.decisions().items == ()
    store.close()


def test_a_closed_store_refuses_to_read(tmp_path: Path) -> None:
    """After closing, reading fails with a plain word and opens nothing again."""
    store = open_store(tmp_path, SIGNER, at)
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.ledger_size()


def test_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    """Threads that read while others write always see whole changes: a decision with its content and ledger line."""
    store = open_store(tmp_path, SIGNER, at)
    stop = threading.Event()
    wrong: list[str] = []
    looks: list[int] = []

    def look() -> None:
        since = ""
        while not stop.is_set():
            page = store.decisions(since, limit=50)
            since = page.next_cursor or since
            looks.append(len(page.items))
            wrong.extend(
                item.id for item in page.items if not store.content(item.content) or not store.ledger_of(item.id)
            )

    readers = [threading.Thread(target=look) for _ in range(4)]
    for reader in readers:
        reader.start()
    for future in [store.submit(decided()) for _ in range(600)]:
        future.result(30)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert looks
    store.close()


def test_old_checkpoints_are_thinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest checkpoints all stay, of older ones the last in each stretch of lines, and the ledger still verifies."""
    monkeypatch.setattr(group, "KEEP_NEWEST", 10)
    monkeypatch.setattr(group, "KEEP_EVERY", 16)
    store = open_store(tmp_path, SIGNER, at)
    for _ in range(61):
        store.submit(decided()).result(10)
    sizes = [verify(note, KEY).size for note in store.checkpoints()]
    assert sizes[-10:] == list(range(104, 124, 2))
    assert sizes == [14, 30, 46, 62, 78, 94, 102, *range(104, 124, 2)]
    assert verify_log(store.ledger_rows(), store.checkpoints(), KEY).ok
    store.close()


def test_a_big_group_is_one_transaction(tmp_path: Path) -> None:
    """Thousands of changes submitted at once commit in order, in far fewer transactions than changes."""
    store = open_store(tmp_path, SIGNER, at)
    receipts = [future.result(60) for future in [store.submit(decided()) for _ in range(3_000)]]
    assert [receipt.first_seq for receipt in receipts] == list(range(0, 6_000, 2))
    assert len(store.checkpoints()) < 600
    store.close()


def test_large_changes_are_kept_or_refused(tmp_path: Path) -> None:
    """A change of some megabytes is kept; one beyond the limit is refused with its size before anything is queued."""
    store = open_store(tmp_path, SIGNER, at)
    assert store.submit(with_line(content(author="x" * 5_000_000))).result(30).first_seq == 0
    with pytest.raises(StoreFailed, match="bytes"):
        store.submit(with_line(content(author="x" * 70_000_000))).result(30)
    store.close()


def test_many_threads_race_for_the_same_cases(tmp_path: Path) -> None:
    """Many threads that each move cases on from what they read leave each case with one unbroken line of versions."""
    store = open_store(tmp_path, SIGNER, at)
    opened = [case(decision()) for _ in range(5)]
    store.submit(Change((), tuple(opened))).result(10)
    won: list[tuple[str, int]] = []

    def work() -> None:
        for number in range(20):
            seen = store.case(opened[number % 5].id)
            assert seen is not None
            moved = case(decision(), id=seen.id, version=seen.version + 1)
            if store.submit(Change((), (moved,))).exception(10) is None:
                won.append((moved.id, moved.version))

    run([threading.Thread(target=work) for _ in range(8)])
    for item in store.cases(CaseState.OPEN).items:
        assert sorted(version for case_id, version in won if case_id == item.id) == list(range(2, item.version + 1))
    store.close()
