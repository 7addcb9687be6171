"""Reading known material from a database: banks, signals, sightings, retro-hunts and exchanges."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam, func, select, tuple_, union_all

from forestall.ledger.entry import MAX_INTEGER
from forestall.model.bank import Bank, Signal
from forestall.model.records import Exchange, Hunt, Page, Sighting
from forestall.store import cursor as cursors
from forestall.store.readers import columns, parts
from forestall.store.rows import BANK, EXCHANGE, HUNT, SIGHTING, SIGNAL, head, name_key, source_mark
from forestall.store.sql_lists import SqlLists
from forestall.store.tables import banks as banks_table
from forestall.store.tables import exchanges as exchanges_table
from forestall.store.tables import hunts as hunts_table
from forestall.store.tables import sightings, signals

_BANK = columns(BANK).where(banks_table.c.id == bindparam("id"))
_BANK_NAMED = columns(BANK).where(banks_table.c.name_key == bindparam("name"))
_BANKS = columns(BANK).order_by(banks_table.c.name_key)
_POSITION = select(
    select(func.max(signals.c.seq)).scalar_subquery(), select(func.max(banks_table.c.seq)).scalar_subquery()
)
_SIGNAL = columns(SIGNAL).where(signals.c.id == bindparam("id"))
_SIGNALS = columns(SIGNAL).where(signals.c.id.in_(bindparam("ids", expanding=True)))
_AFTER = tuple_(signals.c.seq, signals.c.id) > tuple_(bindparam("seq"), bindparam("id"))
_CHANGED = columns(SIGNAL, "seq").where(_AFTER)
_SIGNALS_SINCE = _CHANGED.order_by(signals.c.seq, signals.c.id).limit(bindparam("limit"))
# Not the bare column: in the order of banks the database would read all signals rather than those that changed.
_BANKS_SINCE = select((signals.c.bank + "").label("bank")).distinct().where(_AFTER)
_LAST_SINCE = (
    select(signals.c.seq, signals.c.id).where(_AFTER).order_by(signals.c.seq.desc(), signals.c.id.desc()).limit(1)
)
_COUNT_SIGNALS = (
    select(signals.c.type, func.count().label("signals"))
    .where(signals.c.bank == bindparam("bank"))
    .group_by(signals.c.type)
)
_SEEN_SINCE = (
    columns(SIGHTING, "seq")
    .where(sightings.c.seq > bindparam("after"))
    .order_by(sightings.c.seq)
    .limit(bindparam("limit"))
)
_SEEN_AT = columns(SIGHTING, "seq").where(
    sightings.c.seq.in_(bindparam("positions", expanding=True)), sightings.c.forgotten == ""
)
_SEEN_BEFORE = (
    columns(SIGHTING)
    .where(sightings.c.forgotten == "", sightings.c.at < bindparam("at"))
    .order_by(sightings.c.at, sightings.c.seq)
    .limit(bindparam("limit"))
)
_HUNT = columns(HUNT).where(hunts_table.c.id == bindparam("id"))
_HUNTS = columns(HUNT).order_by(hunts_table.c.started.desc(), hunts_table.c.id.desc()).limit(bindparam("limit"))
_EXCHANGE = columns(EXCHANGE).where(exchanges_table.c.id == bindparam("id"))
_EXCHANGE_NAMED = columns(EXCHANGE).where(exchanges_table.c.name_key == bindparam("name"))
_EXCHANGES = columns(EXCHANGE).order_by(exchanges_table.c.name_key)

_PLACE = ("after_type", "after_head", "after_id")
"""The parameters that say after which signal a listing goes on."""


class SqlKnown(SqlLists):
    """The part of a store on a database that reads known material; see `forestall.model.ports.Store`."""

    def signals_position(self) -> int:
        """Give the ledger position of the newest change of any bank or signal; -1 before the first. About 20 µs."""
        (row,) = self._readers.rows(_POSITION)
        return max(-1 if seq is None else seq for seq in row)

    def bank(self, bank_id: str) -> Bank | None:
        """Give a bank by its id."""
        return self._readers.record(BANK, _BANK, id=bank_id)

    def bank_named(self, name: str) -> Bank | None:
        """Give a bank by its name (case does not matter)."""
        return self._readers.record(BANK, _BANK_NAMED, name=name_key(name))

    def banks(self) -> Sequence[Bank]:
        """Give all banks by name."""
        return self._readers.records(BANK, _BANKS)

    def signals(self, ids: Sequence[int]) -> Sequence[Signal]:
        """Give the signals with these ids that there are, each once, in any order."""
        # an id beyond these cannot have been kept, and the database would not take it
        wanted = [number for number in {int(one) for one in ids} if -MAX_INTEGER <= number <= MAX_INTEGER]
        if len(wanted) == 1:
            return self._readers.records(SIGNAL, _SIGNAL, id=wanted[0])
        return [signal for part in parts(wanted) for signal in self._readers.records(SIGNAL, _SIGNALS, ids=part)]

    def signals_since(self, cursor: str = "", limit: int = 5_000, kinds: Sequence[str] = ()) -> Page[Signal]:
        """Give signals in the order of their last change after a cursor: by position, those of one change by id."""
        seq, number = cursors.read(cursor, tuple[int, int]) if cursor else (-1, 0)
        parameters: dict[str, Any] = {"seq": seq, "id": number, "limit": cursors.limit(limit)}
        wanted = sorted(set(kinds))
        parameters |= {f"type_{place}": kind for place, kind in enumerate(wanted)}
        rows = self._readers.rows(signals_since(len(wanted)), **parameters)
        following = cursors.write([rows[-1].seq, rows[-1].id]) if rows else ""
        return Page(tuple([SIGNAL.record(row) for row in rows]), following)

    def banks_since(self, cursor: str = "") -> tuple[Sequence[str], str]:
        """Give the ids of the banks with signals changed after a cursor, and the cursor to wait at."""
        seq, number = cursors.read(cursor, tuple[int, int]) if cursor else (-1, 0)
        last = self._readers.rows(
            _LAST_SINCE, seq=seq, id=number
        )  # read first: what comes in between is given now and once more
        found = self._readers.rows(_BANKS_SINCE, seq=seq, id=number)
        return [bank for (bank,) in found], cursors.write([last[0].seq, last[0].id]) if last else cursor

    def signals_of(
        self, bank: str, after: str = "", limit: int = 100, *, kind: str = "", source: str = "", value: str = ""
    ) -> Page[Signal]:
        """Give the signals of a bank by type, beginning of value and id."""
        limit = cursors.limit(limit)
        parameters: dict[str, Any] = {"bank": bank, "limit": limit + 1}
        if kind:
            parameters["type"] = kind
        if after:
            place = cursors.read(after, tuple[str, str, int])
            if kind and place[0] > kind:
                return Page(())
            if not kind or place[0] == kind:
                parameters |= zip(_PLACE, place, strict=True)
        if source:
            parameters["source"] = source_mark(source)
        if value:
            parameters |= {"value": value, "head": head(value)}
            parameters |= {
                f"{name}_end": end for name in ("value", "head") if (end := cursors.behind(parameters[name]))
            }
            if kind and parameters.get("after_head", "") >= parameters["head"]:
                del parameters["head"]  # said by the cursor, from which the index then goes on
        rows = self._readers.rows(signals_of(parameters), **parameters)
        page = rows[:limit]
        following = cursors.write([page[-1].type, page[-1].head, page[-1].id]) if len(rows) > limit else ""
        return Page(tuple([SIGNAL.record(row) for row in page]), following)

    def count_signals(self, bank: str) -> Mapping[str, int]:
        """Count a bank's signals by type, withdrawn ones included."""
        return {row.type: row.signals for row in self._readers.rows(_COUNT_SIGNALS, bank=bank)}

    def sightings_since(self, cursor: str = "", limit: int = 1_000) -> Page[tuple[int, Sighting]]:
        """Give sightings and their positions in the ledger, ascending, after a cursor; forgotten ones without traces."""
        after = cursors.read(cursor, tuple[int])[0] if cursor else -1
        rows = self._readers.rows(_SEEN_SINCE, after=after, limit=cursors.limit(limit))
        following = cursors.write([rows[-1].seq]) if rows else ""
        return Page(tuple([(row.seq, SIGHTING.record(row)) for row in rows]), following)

    def sightings_at(self, positions: Sequence[int]) -> Sequence[tuple[int, Sighting]]:
        """Give the sightings at these positions that there are and were not forgotten, each once, in any order."""
        wanted = [number for number in {int(one) for one in positions} if 0 <= number <= MAX_INTEGER]
        return [
            (row.seq, SIGHTING.record(row))
            for part in parts(wanted)
            for row in self._readers.rows(_SEEN_AT, positions=part)
        ]

    def sightings_before(self, at: str, limit: int = 500) -> Sequence[Sighting]:
        """Give sightings older than an instant that were not forgotten yet, oldest first."""
        return self._readers.records(SIGHTING, _SEEN_BEFORE, at=at, limit=cursors.limit(limit))

    def hunt(self, hunt_id: str) -> Hunt | None:
        """Give a retro-hunt by its id."""
        return self._readers.record(HUNT, _HUNT, id=hunt_id)

    def hunts(self, limit: int = 50) -> Sequence[Hunt]:
        """Give retro-hunts, newest first."""
        return self._readers.records(HUNT, _HUNTS, limit=cursors.limit(limit))

    def exchange(self, exchange_id: str) -> Exchange | None:
        """Give an exchange by its id."""
        return self._readers.record(EXCHANGE, _EXCHANGE, id=exchange_id)

    def exchange_named(self, name: str) -> Exchange | None:
        """Give an exchange by its name (case does not matter)."""
        return self._readers.record(EXCHANGE, _EXCHANGE_NAMED, name=name_key(name))

    def exchanges(self) -> Sequence[Exchange]:
        """Give all exchanges by name."""
        return self._readers.records(EXCHANGE, _EXCHANGES)


@lru_cache(maxsize=64)
def signals_since(kinds: int) -> Select[Any] | CompoundSelect[Any]:
    """Give the query of changed signals of so many types, or (0) of all.

    Types are read each from its own index and merged, so that the few passages and films among millions of hashes are found
    without reading those.
    """
    if not kinds:
        return _SIGNALS_SINCE
    arms = [_CHANGED.where(signals.c.type == bindparam(f"type_{place}")) for place in range(kinds)]
    merged = union_all(*arms)
    return merged.order_by(merged.selected_columns.seq, merged.selected_columns.id).limit(bindparam("limit"))


def signals_of(given: Collection[str]) -> Select[Any]:
    """Give the query of a bank's signals by the parameters it is `given`; any of them but `bank` and `limit` may be missing."""
    table = signals.c
    query = columns(SIGNAL, "head").where(table.bank == bindparam("bank"))
    if "type" in given:
        query = query.where(table.type == bindparam("type"))
    if "source" in given:  # exact and in any database, unlike LIKE, for which case may not matter
        query = query.where(func.replace(table.sources, bindparam("source"), "") != table.sources)
    for name in ("head", "value"):
        if name in given:
            query = query.where(table[name] >= bindparam(name))
        if f"{name}_end" in given:
            query = query.where(table[name] < bindparam(f"{name}_end"))
    order = [table.type, table.head, table.id]
    place: list[BindParameter[Any]] = [bindparam(name) for name in _PLACE]
    if "type" in given:  # said once, or the database sorts what the index has in order
        order, place = order[1:], place[1:]
    if "after_id" in given:
        query = query.where(tuple_(*order) > tuple_(*place))
    return query.order_by(*order).limit(bindparam("limit"))
