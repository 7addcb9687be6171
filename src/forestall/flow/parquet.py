"""Reading Parquet files with DuckDB: batch by batch, in bounded memory, and without its fetching anything."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from forestall.model.errors import BadInput, ForestallError

_MEMORY = "1GB"
_BATCH = 20_000
_SETTINGS: dict[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": _MEMORY,
}


def batches(path: Path, choose: Callable[[Sequence[str]], Sequence[str]]) -> Iterator[list[tuple[Any, ...]]]:
    """Give the rows of a file in batches, the columns that were chosen in that order.

    Takes:
        choose: gives, of the file's columns, what to select, as SQL; `column` writes one. May raise BadInput.
    Raises BadInput for a file that is no Parquet, and ForestallError where DuckDB is not installed.
    """
    try:
        import duckdb  # noqa: PLC0415 - an extra that few need
    except ImportError:
        raise ForestallError(
            "reading Parquet needs DuckDB, which is not installed",
            "install forestall[analytics] (in a checkout: python3 run.py full), or give JSON lines",
        ) from None
    with closing(duckdb.connect(":memory:", config=_SETTINGS)) as database:
        try:
            found = database.execute("SELECT * FROM read_parquet(?) LIMIT 0", [_literal(path)])
            wanted = ", ".join(choose([column[0] for column in found.description or ()]))
            found = database.execute(f"SELECT {wanted} FROM read_parquet(?)", [_literal(path)])  # noqa: S608 - names quoted
            while rows := found.fetchmany(_BATCH):
                yield rows
        except duckdb.Error as error:
            raise BadInput(f"`{path}` cannot be read as Parquet ({str(error)[:200]})", "write it again") from None


def column(name: str) -> str:
    """Write a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    """Give a path that is read as this one file: DuckDB would take stars and brackets in it for patterns."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path.absolute()))
