"""The store in memory and the store on SQLite agree on whatever is done to them."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.model.outcome import Outcome
from forestall.model.ports import Store
from forestall.model.records import CaseState, Change, Delivery, Event, Retention
from forestall.store import MemoryStore, open_store
from tests.store.samples import SIGNER, at, case, content, decision, person

IDS = st.sampled_from(["a", "b", "c"])
VERSIONS = st.integers(1, 3)
TIMES = st.integers(0, 5).map(at)
PRIORITIES = st.sampled_from([0.0, 0.1, 1 / 3, 1.0])
RECORDS = st.one_of(
    st.builds(content, id=IDS, revision=IDS, received=TIMES, retention=st.sampled_from(Retention), purged=st.sampled_from(["", "t"])),
    st.builds(decision, id=IDS, content=IDS, key=st.sampled_from(["", "k1", "k2"]), outcome=st.sampled_from(Outcome)),
    st.builds(lambda **given: case(decision(), **given), id=IDS, content=IDS, revision=IDS, priority=PRIORITIES, opened=TIMES,
              state=st.sampled_from(CaseState), version=VERSIONS),
    st.builds(person, id=IDS, name=st.sampled_from(["x", "X", "y"]), created=TIMES, version=VERSIONS),
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
