"""Migrations: an empty file becomes exactly the tables the code knows, and an unknown one is left alone."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect

from forestall.model.errors import StoreFailed
from forestall.store import open_store
from forestall.store.schema import HEAD, MIGRATIONS, migrate, revision
from forestall.store.sqlite import DATABASE
from forestall.store.tables import metadata
from tests.store.samples import SIGNER, at, decided, decision_of


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give an engine on an empty file, its transactions begun as the store begins them."""
    engine = create_engine(f"sqlite:///{tmp_path}/empty.db")

    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None

    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables(engine: Engine) -> None:
    """All migrations run on an empty file give the tables, columns, types and indexes that the code is written for."""
    migrate(engine)
    assert revision(engine) == HEAD
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_same_sql(engine: Engine, tmp_path: Path) -> None:
    """The tables made by migrations are, to the letter, those that the code would make."""
    migrate(engine)
    other = create_engine(f"sqlite:///{tmp_path}/other.db")
    metadata.create_all(other)
    query = "SELECT type, name, replace(replace(sql, char(10), ''), char(9), '') FROM sqlite_master WHERE name != 'alembic_version'"
    found = []
    for source in (engine, other):
        with source.connect() as connection:
            found.append({tuple(row) for row in connection.exec_driver_sql(query) if "alembic" not in str(row)})
    other.dispose()
    assert found[0] == found[1]


def test_the_newest_migration_is_the_one_named() -> None:
    """The number the code looks for is that of the newest migration, and the migrations form one line."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [HEAD]


def test_migrating_again_does_nothing(engine: Engine) -> None:
    """A database that is up to date is left as it is."""
    migrate(engine)
    with engine.connect() as connection:
        before = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    migrate(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA schema_version").scalar() == before


def test_a_failed_migration_leaves_nothing(engine: Engine) -> None:
    """Where a migration fails in the middle nothing of it remains, and it can be run again."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE sessions (x)")
    with pytest.raises(Exception, match="sessions"):
        migrate(engine)
    assert inspect(engine).get_table_names() == ["sessions"]
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE sessions")
    migrate(engine)
    assert revision(engine) == HEAD


def test_0001_keeps_data(tmp_path: Path) -> None:
    """Data written into the tables of migration 0001 is there when the store is opened again."""
    store = open_store(tmp_path, SIGNER, at)
    change = decided()
    store.submit(change).result(10)
    store.close()
    store = open_store(tmp_path, SIGNER, at)
    assert store.decision(decision_of(change).id) == decision_of(change)
    store.close()


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    """A database of a newer version is refused with the next step, and not changed."""
    open_store(tmp_path, SIGNER, at).close()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreFailed, match="another version") as caught:
        open_store(tmp_path, SIGNER, at)
    assert "newest version" in caught.value.next_step
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


def test_opening_costs_no_migration_tool(tmp_path: Path) -> None:
    """Opening a store that is up to date does not load alembic, which takes most of a second."""
    open_store(tmp_path, SIGNER, at).close()
    code = (
        "import sys; from pathlib import Path; from forestall.ledger.checkpoint import Signer;"
        "from forestall.store import open_store;"
        f"open_store(Path({str(tmp_path)!r}), Signer('a', bytes(32)), str).close(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
