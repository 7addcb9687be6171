"""The store in memory and the store on SQLite agree on whatever is done to them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.model.bank import Opinion
from forestall.model.outcome import Outcome
from forestall.model.ports import Store
from forestall.model.records import CaseState, Change, Delivery, Event, Page, Retention
from forestall.store import MemoryStore, open_store
from tests.store.samples import SIGNER, at, bank, case, content, decision, exchange, hunt, person, sighting, signal

IDS = st.sampled_from(["a", "b", "c"])
VERSIONS = st.integers(1, 3)
NUMBERS = st.integers(1, 6)
TIMES = st.integers(0, 5).map(at)
PRIORITIES = st.sampled_from([0.0, 0.1, 1 / 3, 1.0])
RECORDS = st.one_of(
    st.builds(content, id=IDS, revision=IDS, received=TIMES, retention=st.sampled_from(Retention), purged=st.sampled_from(["", "t"])),
    st.builds(decision, id=IDS, content=IDS, key=st.sampled_from(["", "k1", "k2"]), outcome=st.sampled_from(Outcome)),
    st.builds(lambda **given: case(decision(), **given), id=IDS, content=IDS, revision=IDS, priority=PRIORITIES, opened=TIMES,
              state=st.sampled_from(CaseState), cluster=st.sampled_from(["", "a"]), version=VERSIONS),
    st.builds(person, id=IDS, name=st.sampled_from(["x", "X", "y"]), created=TIMES, version=VERSIONS),
    st.builds(bank, id=IDS, name=st.sampled_from(["x", "X", "y"]), version=VERSIONS),
    st.builds(signal, IDS, id=NUMBERS, type=st.sampled_from(["sha256", "url"]), value=st.sampled_from(["v", "V", "vw", "z" * 40]),
              opinions=st.lists(st.builds(Opinion, IDS), max_size=2).map(tuple), version=VERSIONS),
    st.builds(sighting, id=IDS, revision=IDS, at=TIMES, forgotten=st.sampled_from(["", "", "t"])),
    st.builds(hunt, id=IDS, started=TIMES, version=VERSIONS),
    st.builds(exchange, id=IDS, name=st.sampled_from(["x", "X", "y"]), version=VERSIONS),
    st.builds(Delivery, id=IDS, target=IDS, kind=IDS, body=st.just({}), due=TIMES, version=VERSIONS),
)  # fmt: skip
EVENTS = st.builds(Event, st.sampled_from(["decision:made", "content:received"]), IDS, TIMES)
CHANGES = st.builds(
    Change,
    st.lists(EVENTS, max_size=3).map(tuple),
    st.lists(RECORDS, max_size=3).map(tuple),
    st.sampled_from(["", "", "once-1", "once-2"]),
)


def outcome_of(store: Store, changes: list[Change]) -> list[Any]:
    """Give what became of changes submitted together: receipts, or the types of errors."""
    futures = [store.submit(change) for change in changes]
    return [type(error) if (error := future.exception(10)) else future.result() for future in futures]


def view(store: Store) -> list[Any]:
    """Give everything that can be read."""
    ids = ["a", "b", "c"]
    found: list[Any] = [
        [(row.seq, row.entry, row.leaf) for row in store.ledger_rows()],
        store.ledger_size(),
        store.people(),
    ]
    for first in ids:
        found += [store.content(first), list(store.decisions_of(first)), store.decision(first), store.case(first)]
        found += [store.person(first), store.delivery(first), [row.seq for row in store.ledger_of(first)]]
        found += [store.content(first, second) for second in ids] + [store.case_of(first, second) for second in ids]
    found += [store.decision_by_key(key) for key in ("", "k1", "k2")] + [
        store.person_named(name) for name in ("x", "Y")
    ]
    found += [store.decisions(outcome=outcome, limit=2).items for outcome in (None, *Outcome)]
    found += [store.cases(state, limit=2) for state in CaseState] + [store.count_cases(state) for state in CaseState]
    found += [list(store.expired_contents(retention, at(4))) for retention in Retention]
    found += [list(store.deliveries_due(at(3))), sorted(store.holders_of("ab" * 32))]
    return found + view_of_known(store)


def view_of_known(store: Store) -> list[Any]:
    """Give everything that can be read about known material."""
    found: list[Any] = [store.signals_position(), store.banks(), store.exchanges(), store.hunts(), store.cases_in("a")]
    found += [sorted(store.signals(range(9)), key=lambda one: one.id), sorted(store.sightings_at(range(60)))]
    found += [page for kinds in ((), ("url",), ("url", "sha256")) for page in pages(store.signals_since, kinds=kinds)]
    found += [*pages(store.sightings_since), list(store.sightings_before(at(4)))]
    for first in ["a", "b", "c"]:
        asked: tuple[dict[str, str], ...] = (
            {},
            {"kind": "url"},
            {"source": "b"},
            {"value": "v", "kind": "sha256"},
            {"value": "z" * 34},
        )
        found += [page for given in asked for page in pages(partial(store.signals_of, first), **given)]
        found += [store.bank(first), store.hunt(first), store.exchange(first), store.count_signals(first)]
    return found + [named for name in ("x", "Y") for named in (store.bank_named(name), store.exchange_named(name))]


def pages(listing: Callable[..., Page[Any]], **asked: Any) -> list[Any]:
    """Give a listing in pages of two, with their cursors."""
    found = [listing("", 2, **asked)]
    while found[-1].next_cursor:
        found.append(listing(found[-1].next_cursor, 2, **asked))
    return found


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CHANGES, min_size=1, max_size=6), min_size=1, max_size=4))
def test_memory_and_sqlite_agree(tmp_path_factory: Any, groups: list[list[Change]]) -> None:
    """Whatever is submitted, in whatever groups, both stores give the same receipts and errors and then read the same."""
    folder: Path = tmp_path_factory.mktemp("agree")
    memory, disk = MemoryStore(SIGNER, at), open_store(folder, SIGNER, at)
    try:
        for changes in groups:
            assert outcome_of(disk, changes) == outcome_of(memory, changes)
            assert view(disk) == view(memory)
    finally:
        disk.close()
