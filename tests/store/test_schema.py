"""Migrations: an empty file becomes exactly the tables the code knows, and an unknown one is left alone."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect

from forestall.ledger.state import verify_state
from forestall.ledger.verify import verify_log
from forestall.model.errors import StoreFailed
from forestall.model.finding import Finding
from forestall.model.lists import ListKind, Watchlist
from forestall.model.outcome import Outcome
from forestall.model.records import ApiKey, CaseState, Change, Delivery, Event, Invite, Session
from forestall.store import open_store
from forestall.store.schema import HEAD, MIGRATIONS, migrate, revision
from forestall.store.sqlite import DATABASE
from forestall.store.tables import metadata
from tests.store.samples import KEY, SIGNER, at, banked, case, decided, decision_of, person, signal


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


def test_0002_keeps_data(engine: Engine, tmp_path: Path) -> None:
    """A database of migration 0001 with rows in all its tables is brought up to date, reads as before, and its ledger goes on."""
    newer = open_store(tmp_path / "newer", SIGNER, at)
    change = decided(once="k")
    asked = case(decision_of(change))
    records = (asked, person(), Delivery("d", "platform", "k", {}, at()), ApiKey("a", "n", "s", (), at()))
    newer.submit(replace(change, records=(*change.records, *records))).result(10)
    newer.submit(Change((), (Invite("i", "t", "admin", at()), Session("h", "p", at(), at())))).result(10)
    newer.close()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    (tmp_path / "old").mkdir()
    old = (tmp_path / "empty.db").rename(tmp_path / "old" / DATABASE)
    with closing(sqlite3.connect(old)) as source, source:
        source.execute("ATTACH ? AS newer", (str(tmp_path / "newer" / DATABASE),))
        tables = [row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in set(tables) - {"alembic_version"}:
            names = ", ".join(f'"{row[1]}"' for row in source.execute(f"PRAGMA table_info({table})"))
            source.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM newer.{table}")
            assert source.execute(f"SELECT count(*) FROM {table}").fetchone() > (0,)
    store = open_store(old.parent, SIGNER, at)
    assert store.decision(decision_of(change).id) == decision_of(change)
    asked = replace(asked, weight=asked.priority, language=decision_of(change).language)
    assert store.cases(CaseState.OPEN).items == (asked,)
    assert store.case_of(asked.content, asked.revision) == asked
    assert not store.cases_in("")
    assert store.submit(Change((), (replace(asked, cluster="h", version=2),))).result(10).first_seq == 2
    assert [found.id for found in store.cases_in("h")] == [asked.id]
    assert store.submit(change).result(10).duplicate
    assert store.submit(banked(signal("b"))).result(10).first_seq == 2
    assert verify_log(store.ledger_rows(), store.checkpoints(), KEY).ok
    assert verify_state(store).ok
    store.close()


def test_0005_keeps_data(engine: Engine, tmp_path: Path) -> None:
    """A database of migration 0003 is brought up to date with what it holds, lists can be kept in it, and labels are counted."""
    newer = open_store(tmp_path / "newer", SIGNER, at)
    labels = ("b", "a", "b")
    change = decided(once="k", findings=tuple(Finding("x", "1", label, 1.0, Outcome.REVIEW) for label in labels))
    newer.submit(change).result(10)
    newer.close()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()
    (tmp_path / "old").mkdir()
    old = (tmp_path / "empty.db").rename(tmp_path / "old" / DATABASE)
    with closing(sqlite3.connect(old)) as source, source:
        source.execute("ATTACH ? AS newer", (str(tmp_path / "newer" / DATABASE),))
        for (table,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table != "alembic_version":
                names = ", ".join(f'"{row[1]}"' for row in source.execute(f"PRAGMA table_info({table})"))
                source.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM newer.{table}")
    store = open_store(old.parent, SIGNER, at)
    assert store.decision(decision_of(change).id) == decision_of(change)
    assert [one.content for one in store.judged_before().items] == [decision_of(change).content]
    assert store.label_sets() == {"a b": 1}
    assert store.lists_position() == -1
    one = Watchlist("l", "ours", ListKind.TERMS)
    store.submit(Change((Event("list:imported", "l", at()),), (one,))).result(10)
    assert store.watchlist_named("Ours") == one
    assert verify_log(store.ledger_rows(), store.checkpoints(), KEY).ok
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
