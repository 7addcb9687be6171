"""Reading lists, and what was screened before as counters read it, from a database."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Select, bindparam, func, literal_column, select

from forestall.model.decision import MACHINE
from forestall.model.errors import StoreFailed
from forestall.model.lists import Edition, Watchlist
from forestall.model.past import Judged, Noticed
from forestall.model.reading import Segment
from forestall.model.records import Page
from forestall.store import cursor as cursors
from forestall.store.readers import Readers, columns
from forestall.store.rows import EDITION, WATCHLIST, name_key
from forestall.store.tables import contents, decisions
from forestall.store.tables import editions as editions_table
from forestall.store.tables import watchlists as watchlists_table

_POSITION = select(func.max(watchlists_table.c.seq))
_LIST = columns(WATCHLIST).where(watchlists_table.c.id == bindparam("id"))
_LIST_NAMED = columns(WATCHLIST).where(watchlists_table.c.name_key == bindparam("name"))
_LISTS = columns(WATCHLIST).order_by(watchlists_table.c.name_key)
_EDITION = columns(EDITION).where(editions_table.c.id == bindparam("id"))
_EDITIONS: Select[Any] = (
    select(*[editions_table.c[name] for name in EDITION.columns if name != "entries"], literal_column("'[]'"))
    .where(editions_table.c.list == bindparam("list"))
    .order_by(editions_table.c.id.desc())
    .limit(bindparam("limit"))
)
_JUDGED = (
    select(
        decisions.c.seq,
        decisions.c.content,
        decisions.c.revision,
        decisions.c.at,
        contents.c.author,
        contents.c.thread,
        decisions.c.findings,
        contents.c.segments,
    )
    .join(contents, (contents.c.id == decisions.c.content) & (contents.c.revision == decisions.c.revision))
    .where(decisions.c.by == MACHINE)
    .limit(bindparam("limit"))
)
_JUDGED_SINCE = _JUDGED.where(decisions.c.seq > bindparam("place")).order_by(decisions.c.seq)
_JUDGED_BEFORE = _JUDGED.where(decisions.c.seq < bindparam("place")).order_by(decisions.c.seq.desc())
_JUDGED_LAST = _JUDGED.order_by(decisions.c.seq.desc())

_findings = msgspec.json.Decoder(tuple[Noticed, ...]).decode
_segments = msgspec.json.Decoder(tuple[Segment, ...]).decode


class SqlLists:
    """The part of a store on a database that reads lists; see `ListSource` and `PastSource` in `forestall.model.sources`."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def lists_position(self) -> int:
        """Give the ledger position of the newest change of any list; -1 before the first. About 15 µs."""
        found = self._readers.value(_POSITION)
        return -1 if found is None else int(found)

    def watchlist(self, list_id: str) -> Watchlist | None:
        """Give a list by its id."""
        return self._readers.record(WATCHLIST, _LIST, id=list_id)

    def watchlist_named(self, name: str) -> Watchlist | None:
        """Give a list by its name (case does not matter)."""
        return self._readers.record(WATCHLIST, _LIST_NAMED, name=name_key(name))

    def watchlists(self) -> Sequence[Watchlist]:
        """Give all lists by name, removed ones included."""
        return self._readers.records(WATCHLIST, _LISTS)

    def edition(self, edition_id: str) -> Edition | None:
        """Give an edition of a list with its entries."""
        return self._readers.record(EDITION, _EDITION, id=edition_id)

    def editions(self, list_id: str, limit: int = 50) -> Sequence[Edition]:
        """Give the editions of a list, newest first, without their entries, which may be megabytes each."""
        return self._readers.records(EDITION, _EDITIONS, list=list_id, limit=cursors.limit(limit))

    def judged_since(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided after a cursor, in commit order."""
        after = cursors.read(cursor, tuple[int])[0] if cursor else -1
        return _page(self._readers.rows(_JUDGED_SINCE, place=after, limit=cursors.limit(limit)))

    def judged_before(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided before a cursor, newest first."""
        limit = cursors.limit(limit)
        if not cursor:
            return _page(self._readers.rows(_JUDGED_LAST, limit=limit))
        return _page(self._readers.rows(_JUDGED_BEFORE, place=cursors.read(cursor, tuple[int])[0], limit=limit))


def _page(rows: Sequence[Row[Any]]) -> Page[Judged]:
    """Give rows as a page that ends at the last of them."""
    items = tuple([_judged(row) for row in rows])
    return Page(items, items[-1].place if items else "")


def _judged(row: Row[Any]) -> Judged:
    """Give what one row says; raises StoreFailed where it is damaged."""
    seq, content, revision, at, author, thread, findings, segments = tuple(row)
    place = cursors.write([seq])
    try:
        return Judged(content, revision, at, author, thread, place, _findings(findings), _segments(segments))
    except msgspec.DecodeError as error:
        raise StoreFailed(
            f"the decision on {content!r} in the store is damaged ({error})",
            "run `forestall ledger verify` and restore the database from a backup",
        ) from None
