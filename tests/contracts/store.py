"""What every store must do. Inherit `StoreContract`, give the fixture `store`, and the promises below are tested.

What it must do when read is in `StoreReading`, which it includes.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.store_reading import StoreReading
from tests.store.samples import KEY, at, case, content, decided, decision, fresh, person

from forestall.ledger.entry import digest, leaf_hash, parse
from forestall.ledger.state import verify_state
from forestall.ledger.verify import verify_log
from forestall.model.errors import Conflict, StoreFailed
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Store
from forestall.model.reading import Role, Segment
from forestall.model.records import (
    ApiKey,
    Change,
    Delivery,
    Event,
    Invite,
    Receipt,
    Record,
)

CONFLICTING_VERSIONS = [(0, 2), (0, 0), (1, 1), (1, 3), (2, 1)]
"""Stored version (0 for none) and a version that may not follow it."""

WEIRD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(
    ["\0", "a\0b", "\u202eabc\u2066", "\ufeff", "\u2028\u2029", "e\u0301\u0323", "\U0001f469\u200d\U0001f469", "\uffff", '"\\\n\x7f']
)
"""Valid Unicode that is seldom seen."""


class StoreContract(StoreReading):
    """The promises of a store when written to."""

    def test_all_of_a_change_is_there_when_it_resolves(self, store: Store) -> None:
        """Records, ledger lines and outgoing messages of one change are all there once its future resolves."""
        kept, made = content(), decision()
        made = replace(made, content=kept.id, revision=kept.revision)
        asked = case(made)
        message = Delivery(fresh(), "platform", "content.hold", {"id": kept.id, "n": [1, 2.5, None]}, at())
        change = Change((Event("content:received", kept.id, at()), Event("decision:made", made.id, at())), (kept, made, asked, message))
        assert store.submit(change).result(10) == Receipt(0, 1)
        assert store.content(kept.id, kept.revision) == kept
        assert store.decision(made.id) == made
        assert store.case(asked.id) == asked
        assert store.delivery(message.id) == message
        assert [row.tag for row in store.ledger_rows()] == ["content:received", "decision:made"]

    def test_ledger_lines_say_what_was_submitted(self, store: Store) -> None:
        """A ledger line's entry reads back as its event and position, under the leaf hash of exactly these bytes."""
        events = [Event("key:created", fresh(), at(), {"n": n, "of": ["a", {"b": None}], "ok": True}) for n in range(5)]
        receipts = [store.submit(Change((event,))).result(10) for event in events]
        rows = list(store.ledger_rows())
        assert [parse(row.entry) for row in rows] == list(enumerate(events))
        assert [(row.seq, row.tag, row.subject) for row in rows] == [(n, event.tag, event.subject) for n, event in enumerate(events)]
        assert all(row.leaf == leaf_hash(row.entry) for row in rows)
        assert [(receipt.first_seq, receipt.last_seq) for receipt in receipts] == [(n, n) for n in range(5)]

    def test_a_change_is_made_once(self, store: Store) -> None:
        """A change whose idempotency key was committed before is skipped whole, and its receipt names the first one's lines."""
        first = decided(once="screen-1")
        store.submit(decided()).result(10)
        receipt = store.submit(first).result(10)
        again = decided(once="screen-1")
        assert store.submit(again).result(10) == replace(receipt, duplicate=True)
        assert store.submit(first).result(10) == replace(receipt, duplicate=True)
        assert store.decision(again.records[1].id) is None
        assert store.ledger_size() == 4

    def test_the_same_change_many_times_at_once_is_made_once(self, store: Store) -> None:
        """Of many submissions of one idempotency key that wait together exactly one is made."""
        receipts = [future.result(10) for future in [store.submit(decided(once="same")) for _ in range(50)]]
        assert [receipt.duplicate for receipt in receipts] == [False, *[True] * 49]
        assert {(receipt.first_seq, receipt.last_seq) for receipt in receipts} == {(0, 1)}
        assert store.ledger_size() == 2

    def test_changes_without_a_key_are_never_duplicates(self, store: Store) -> None:
        """A change without an idempotency key is made as often as it is submitted."""
        change = Change((Event("ledger:checked", "x", at()),))
        assert [store.submit(change).result(10) for _ in range(3)] == [Receipt(n, n) for n in range(3)]

    @pytest.mark.parametrize(("stored", "given"), CONFLICTING_VERSIONS)
    def test_a_stale_change_conflicts(self, store: Store, stored: int, given: int) -> None:
        """A record that does not follow on the stored version makes its change a Conflict, of which nothing remains."""
        before = case(decision())
        for version in range(1, stored + 1):
            store.submit(Change((), (replace(before, version=version),))).result(10)
        bystander = person()
        event = Event("case:concluded", before.id, at())
        change = Change((event,), (bystander, replace(before, version=given, conclusion="late")), once="k")
        with pytest.raises(Conflict, match=before.id):
            store.submit(change).result(10)
        kept = store.case(before.id)
        assert (kept.version, kept.conclusion) == (stored, "") if kept else not stored
        assert store.person(bystander.id) is None
        assert store.ledger_size() == 0
        store.submit(Change((event,), (replace(before, version=stored + 1),), once="k")).result(10)
        assert store.ledger_size() == 1

    def test_a_failed_change_leaves_its_neighbours_alone(self, store: Store) -> None:
        """Of changes that wait together those at fault fail, each with its own error, and the others are made in order."""
        taken = decided()
        store.submit(taken).result(10)
        good = [decided() for _ in range(20)]
        stale = Change((), (replace(case(decision()), version=7),))
        twice = Change((Event("decision:made", taken.records[1].id, at()),), (replace(taken.records[1], key=""),))  # type: ignore[type-var]
        futures = [store.submit(change) for change in (*good[:7], stale, *good[7:14], twice, *good[14:], stale, twice)]
        failures = [future.exception(10) for future in futures]
        assert [type(error) for error in failures if error] == [Conflict, StoreFailed, Conflict, StoreFailed]
        seqs = [future.result().first_seq for future, error in zip(futures, failures, strict=True) if not error]
        assert seqs == list(range(2, 42, 2))
        assert all(store.decision(change.records[1].id) for change in good)

    def test_only_one_of_two_rivals_wins(self, store: Store) -> None:
        """Of many threads that conclude the same version of a case exactly one succeeds, the others get a Conflict."""
        opened = case(decision())
        store.submit(Change((), (opened,))).result(10)
        rivals = [replace(opened, version=2, conclusion=str(n)) for n in range(20)]
        futures: list[Future[Receipt]] = []
        threads = [threading.Thread(target=lambda r=r: futures.append(store.submit(Change((), (r,))))) for r in rivals]
        _run(threads)
        errors = [future.exception(10) for future in futures]
        assert sum(error is None for error in errors) == 1
        assert all(isinstance(error, Conflict) for error in errors if error)

    @pytest.mark.parametrize("kind", ["decision", "decision key", "person", "API key", "invite"])
    def test_what_must_be_unique_is(self, store: Store, kind: str) -> None:
        """A decision's id and key, a sign-in name whatever its case, and hashed secrets belong to one record only."""
        first, second = _twins(kind)
        store.submit(_with(first)).result(10)
        with pytest.raises(StoreFailed):
            store.submit(_with(second)).result(10)
        store.submit(decided()).result(10)
        assert store.ledger_size() == 3

    def test_a_name_given_up_can_be_taken(self, store: Store) -> None:
        """Once a person is renamed, their former sign-in name is free and leads to nobody."""
        ada = person(name="Ada")
        store.submit(Change((), (ada,))).result(10)
        store.submit(Change((), (replace(ada, name="Grace", version=2),))).result(10)
        assert store.person_named("ada") is None
        other = person(name="ADA")
        store.submit(Change((), (other,))).result(10)
        assert store.person_named("ada") == other

    @pytest.mark.parametrize("change", _unkeepable := [], ids=str)
    def test_nothing(self, store: Store, change: Change) -> None:
        """Placeholder."""
