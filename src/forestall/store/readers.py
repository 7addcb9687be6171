"""Reading from a database: a stack of open connections, and rows turned into records."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import CompoundSelect, Connection, Engine, Row, Select, select
from sqlalchemy.exc import DBAPIError

from forestall.model.errors import StoreFailed
from forestall.model.records import Record
from forestall.store import tables
from forestall.store.draft import closed
from forestall.store.rows import Kind

R = TypeVar("R", bound=Record)
T = TypeVar("T")

MOST_PARAMETERS = 5_000
"""So many parameters one statement is given at most (SQLite itself takes 32,766, PostgreSQL 65,535)."""


class Readers:
    """Runs queries, each on a connection nobody else uses meanwhile; safe from many threads.

    Connections stay checked out between queries: going through SQLAlchemy's pool makes a point read cost 38 µs instead of 15.
    Takes an engine in autocommit mode, so that no query holds a snapshot open.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: deque[Connection] = deque()
        self._open = True

    @property
    def url(self) -> str:
        """The database's address, for those who open a connection of their own."""
        return self._engine.url.render_as_string(hide_password=False)

    def rows(self, query: Select[Any] | CompoundSelect[Any], **parameters: Any) -> Sequence[Row[Any]]:
        """Give all rows of a query; raises StoreFailed where the database cannot be read."""
        if not self._open:
            raise closed()
        try:
            connection = self._idle.pop() if self._idle else self._engine.connect()
        except IndexError:  # another thread took the last one
            connection = self._engine.connect()
        try:
            found = connection.execute(query, parameters).all()
        except BaseException as error:
            connection.close()
            if isinstance(error, DBAPIError):
                raise StoreFailed(
                    f"the store could not be read ({error.orig})", "check the disk and run `forestall ledger verify`"
                ) from None
            raise
        if self._open:
            self._idle.append(connection)
        else:
            connection.close()
        return found

    def value(self, query: Select[Any], **parameters: Any) -> Any:
        """Give the first column of the first row, or None."""
        found = self.rows(query, **parameters)
        return found[0][0] if found else None

    def records(self, kind: Kind[R], query: Select[Any], **parameters: Any) -> list[R]:
        """Give the records of a query made with `columns`."""
        return [kind.record(row) for row in self.rows(query, **parameters)]

    def record(self, kind: Kind[R], query: Select[Any], **parameters: Any) -> R | None:
        """Give the first record of a query made with `columns`, or None."""
        found = self.rows(query, **parameters)
        return kind.record(found[0]) if found else None

    def close(self) -> None:
        """Close the connections; a query still running closes its own."""
        self._open = False
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()


def parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Give a list in parts that a statement takes as parameters."""
    for start in range(0, len(items), MOST_PARAMETERS):
        yield items[start : start + MOST_PARAMETERS]


def columns(kind: Kind[Any], *extra: str) -> Select[Any]:
    """Give a query of a kind's columns, with further ones after them."""
    table = tables.metadata.tables[kind.table]
    return select(*[table.c[name] for name in (*kind.columns, *extra)])
