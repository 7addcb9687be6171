"""The store on SQLite, and everything that is SQLite's own: its file, its pragmas, its write lock."""

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from forestall.ledger.checkpoint import Signer
from forestall.model.errors import StoreFailed
from forestall.model.ports import Clock
from forestall.store.blobs import FileBlobs
from forestall.store.group import Committer
from forestall.store.schema import migrate
from forestall.store.sql import SqlStore

DATABASE = "forestall.db"
"""The database's file name within the data folder."""

MEDIA = "media"
"""The folder of media within the data folder."""

_BUSY_MS = 30_000
_PRAGMAS = (
    f"busy_timeout = {_BUSY_MS}",  # another process may be committing
    "synchronous = FULL",  # acknowledged means on the disk
    "trusted_schema = OFF",  # a planted trigger or view cannot call functions with side effects
    "cell_size_check = ON",  # notice a damaged page when it is read
    "temp_store = MEMORY",  # nothing about content in a temporary file elsewhere
    "wal_autocheckpoint = 16384",  # 64 MiB: pages that many groups touch are copied into the database once, not once per group
    "journal_size_limit = 67108864",
)

_WRITER_CACHE = (
    "cache_size = -65536"  # KiB: a whole group of changes fits, so that no page is written twice in one transaction
)


def open_store(folder: Path, signer: Signer, clock: Clock) -> SqlStore:
    """Open the store in a data folder, making or migrating it as needed; several processes may have it open at once.

    Takes:
        folder: where `forestall.db` and `media/` lie; made with access for its owner only.
        signer: signs a checkpoint of the ledger with each commit.
        clock: tells when.
    Raises StoreFailed where the folder or the database cannot be used.
    """
    path = folder / DATABASE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        blobs = FileBlobs(folder / MEDIA)
    except OSError as error:
        raise StoreFailed(
            f"the data folder {folder} cannot be used ({error})", "check its owner and free space"
        ) from None
    writing, reading = _engines(path)
    try:
        _write_ahead(writing, path)
        migrate(writing)
    except DBAPIError as error:
        raise _unusable(path, error.orig) from None
    finally:
        writing.dispose()
    return SqlStore(Committer(writing, insert, signer, clock), reading, blobs)


def _engines(path: Path) -> tuple[Engine, Engine]:
    """Give the engine that writes, whose transactions begin with the write lock, and the one that reads and cannot write."""
    url = URL.create("sqlite", database=str(path))
    writing = create_engine(url, pool_size=1)
    reading = create_engine(url, isolation_level="AUTOCOMMIT", max_overflow=-1)

    def prepare_writer(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver
        _set_up(connection, path, (*_PRAGMAS, _WRITER_CACHE))

    def prepare_reader(connection: sqlite3.Connection, _record: Any) -> None:
        _set_up(connection, path, (*_PRAGMAS, "query_only = ON"))

    event.listen(writing, "connect", prepare_writer)
    event.listen(reading, "connect", prepare_reader)
    event.listen(writing, "begin", _begin)
    return writing, reading


def _set_up(connection: sqlite3.Connection, path: Path, pragmas: Sequence[str]) -> None:
    """Set a new connection up; raises StoreFailed where the file is no database."""
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from None


def _unusable(path: Path, error: BaseException | None) -> StoreFailed:
    """Give the error for a file that cannot be opened as a database."""
    return StoreFailed(
        f"{path} cannot be opened ({error})", "check that it is a Forestall database, or restore it from a backup"
    )


def _begin(connection: Connection) -> None:
    """Begin a transaction with the write lock in hand, so that what it reads stays true until it commits."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _write_ahead(engine: Engine, path: Path) -> None:
    """Turn write-ahead logging on: readers and the writer do not wait for each other. Kept in the file.

    SQLite does not wait for its lock here, so two processes that make the same database have to take turns.
    """
    give_up = time.monotonic() + _BUSY_MS / 1000
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            if time.monotonic() > give_up or "locked" not in str(error):
                raise _unusable(path, error) from None
            time.sleep(0.02)
        else:
            return
        finally:
            connection.close()
