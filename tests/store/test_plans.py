"""Queries stay fast as the store grows: each is answered by an index."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Select, create_engine

from forestall.store import group, open_store, sql, sql_known, sql_rules
from forestall.store.sqlite import DATABASE
from tests.store.samples import SIGNER, at

SMALL = {"_API_KEYS", "_PEOPLE", "_CHECKPOINTS", "_BANKS", "_EXCHANGES", "_RULESETS"}
"""Queries that give a whole table, which stays small."""

QUERIES: dict[str, Any] = {
    name: query
    for module in (sql, sql_known, sql_rules, group)
    for name, query in vars(module).items()
    if isinstance(query, Select) and name not in SMALL
}
QUERIES |= {f"signals_since {kinds}": sql_known.signals_since(kinds) for kinds in (1, 2, 14)}
LISTED = ("bank", "limit")
PLACE = ("after_type", "after_head", "after_id")
QUERIES |= {
    "signals_of": sql_known.signals_of(LISTED),
    "signals_of after": sql_known.signals_of((*LISTED, *PLACE)),
    "signals_of a type": sql_known.signals_of((*LISTED, "type", *PLACE)),
    "signals_of a value": sql_known.signals_of((*LISTED, "type", "head", "head_end", "value", "value_end")),
    "signals_of a value after": sql_known.signals_of((*LISTED, "type", "head_end", "value", "value_end", *PLACE)),
    "signals_of a source": sql_known.signals_of((*LISTED, "source", *PLACE)),
}

SORTED_BY_INDEX = {
    "_CASES",
    "_CASES_AFTER",
    "_DECISIONS",
    "_DECISIONS_TO",
    "_DECISIONS_OF",
    "_DUE",
    "_LEDGER_ROWS",
    "_LEDGER_OF",
    "_SIGNALS_SINCE",
    "_SEEN_SINCE",
    "_SEEN_BEFORE",
    "_HUNTS",
    "_CASES_IN",
    *(name for name in QUERIES if name.startswith("signals_")),
}
"""Listings that may be long: they must not be sorted after reading."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give an engine on an empty store."""
    folder: Path = tmp_path_factory.mktemp("plans")
    open_store(folder, SIGNER, at).close()
    engine = create_engine(f"sqlite:///{folder / DATABASE}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", QUERIES)
def test_queries_use_an_index(engine: Engine, name: str) -> None:
    """No query reads a whole table that grows, and no long listing is sorted after reading."""
    query = QUERIES[name]
    binds = query.compile(dialect=engine.dialect).binds
    query = query.params({key: ["1"] if bind.expanding else "1" for key, bind in binds.items()})
    compiled = query.compile(dialect=engine.dialect, compile_kwargs={"render_postcompile": True})
    with engine.connect() as connection:
        values = tuple("1" for _ in compiled.positiontup or ())
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)]
    assert plan
    # the whole ledger, one end of a table, or an index of what has findings, counted
    indexed = name in ("_LEDGER", "_NEWEST", "_SIZE", "_LAST", "_HUNTS", "_POSITION", "_LABEL_SETS", "_COUNT_DECIDED")
    assert indexed or not any(step.startswith("SCAN") for step in plan), plan
    if name in SORTED_BY_INDEX:
        assert not any("TEMP B-TREE" in step for step in plan), plan
