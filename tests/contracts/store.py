"""What every store must do. Inherit `StoreContract`, give the fixture `store`, and the promises below are tested.

What it must do when read is in `tests/contracts/store_reads.py`, with known material in `tests/contracts/store_known.py`, about
rules in `tests/contracts/store_rules.py`; this includes all.
"""

import threading
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.ledger.entry import digest, leaf_hash, parse
from forestall.ledger.state import verify_state
from forestall.ledger.verify import verify_log
from forestall.model.errors import Conflict, StoreFailed
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Store
from forestall.model.reading import Role, Segment
from forestall.model.records import ApiKey, Change, Delivery, Event, Invite, Receipt, Record, StoredContent
from tests.contracts.store_known import StoreKnown
from tests.contracts.store_lists import ListContract
from tests.contracts.store_reads import StoreReads
from tests.contracts.store_rules import StoreRules
from tests.store.samples import (
    KEY,
    at,
    case,
    content,
    content_of,
    decided,
    decision,
    decision_of,
    fresh,
    made,
    person,
    run,
    undigested,
    with_line,
)

CONFLICTING = [(0, 2), (0, 0), (1, 1), (1, 3), (2, 1)]
"""Stored version (0 for none) and a version that may not follow it."""

WEIRD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(
    [
        "\0",
        "a\0b",
        "\u202eabc\u2066",
        "\ufeff",
        "\u2028\u2029",
        "e\u0301\u0323",
        "\U0001f469\u200d\U0001f469",
        '"\\\n\x7f',
    ]
)
"""Valid Unicode, also such as is seldom seen."""

BY_EXAMPLE = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


def unkeepable() -> list[Any]:
    """Give changes that hold what cannot be kept."""
    nan, half = float("nan"), "a\ud800b"
    finding = Finding("words", "1", "contact-invite", nan, Outcome.REVIEW)
    return [
        pytest.param(undigested(decision(priority=nan)), id="priority-not-a-number"),
        pytest.param(undigested(decision(findings=(finding,))), id="score-not-a-number"),
        pytest.param(undigested(decision(note=half)), id="surrogate-in-a-column"),
        pytest.param(
            undigested(decision(findings=(replace(finding, score=1.0, evidence={"w": half}),))), id="surrogate-in-json"
        ),
        pytest.param(with_line(content(segments=(Segment("text", Role.BODY, half),))), id="surrogate-in-a-text"),
        pytest.param(with_line(content(id=half)), id="surrogate-in-an-id"),
        pytest.param(
            undigested(decision(findings=(replace(finding, score=1.0, evidence={"w": object()}),))), id="no-plain-value"
        ),
        pytest.param(Change((Event("a:b", "c", at(), {"score": 0.5}),), (person(),)), id="fraction-in-a-line"),
        pytest.param(Change((Event("a:b", "c", at(), {"n": 2**53}),), (person(),)), id="integer-too-large-in-a-line"),
        pytest.param(Change((Event("a:b", half, at()),), (person(),)), id="surrogate-in-a-line"),
        pytest.param(Change((Event("a:b", "c", at()),), (decision(),)), id="decision-without-its-line"),
        pytest.param(Change((), (decision(),)), id="decision-without-any-line"),
    ]


def twins(kind: str) -> tuple[Record, Record]:
    """Give two records that may not both be kept."""
    first, name = decision(), fresh()
    pairs: dict[str, tuple[Record, Record]] = {
        "decision": (first, decision(id=first.id)),
        "decision key": (first, decision(key=first.key)),
        "person": (person(name=f"Ünal {name}"), person(name=f"üNAL {name.upper()}")),
        "API key": (ApiKey(fresh(), "a", name, ("screen",), at()), ApiKey(fresh(), "b", name, (), at())),
        "invite": (Invite(fresh(), name, "admin", at()), Invite(fresh(), name, "moderator", at())),
    }
    return pairs[kind]


class StoreContract(StoreReads, StoreKnown, StoreRules, ListContract):
    """The promises of a store when written to."""

    def test_all_of_a_change_is_there_when_it_resolves(self, store: Store) -> None:
        """Records, ledger lines and outgoing messages of one change are all there once its future resolves."""
        change = decided()
        asked = case(decision_of(change))
        message = Delivery(fresh(), "platform", "content.hold", {"n": [1, 2.5, None], "of": {"a": ""}}, at())
        change = replace(change, records=(*change.records, asked, message))
        assert store.submit(change).result(10) == Receipt(0, 1)
        kept, concluded = content_of(change), decision_of(change)
        assert store.content(kept.id, kept.revision) == kept
        assert store.decision(concluded.id) == concluded
        assert store.case(asked.id) == asked
        assert store.delivery(message.id) == message
        assert [row.tag for row in store.ledger_rows()] == ["content:received", "decision:made"]

    def test_ledger_lines_say_what_was_submitted(self, store: Store) -> None:
        """A ledger line's entry reads back as its event and position, under the leaf hash of exactly these bytes."""
        body = {"n": 3, "of": ["a", {"b": None}], "ok": True}
        events = [Event("key:created", fresh(), at(), body) for _ in range(5)]
        receipts = [store.submit(Change((event,))).result(10) for event in events]
        rows = list(store.ledger_rows())
        assert [parse(row.entry) for row in rows] == list(enumerate(events))
        assert [(row.tag, row.subject) for row in rows] == [(event.tag, event.subject) for event in events]
        assert all(row.leaf == leaf_hash(row.entry) for row in rows)
        assert receipts == [Receipt(row.seq, row.seq) for row in rows]

    def test_a_change_is_made_once(self, store: Store) -> None:
        """A change whose key was committed before is skipped whole, and its receipt names the lines of the first."""
        first, again = decided(once="screen-1"), decided(once="screen-1")
        store.submit(decided()).result(10)
        receipt = store.submit(first).result(10)
        assert store.submit(again).result(10) == replace(receipt, duplicate=True)
        assert store.submit(first).result(10) == replace(receipt, duplicate=True)
        assert store.decision(decision_of(again).id) is None
        assert store.ledger_size() == 4

    def test_the_same_change_many_times_at_once_is_made_once(self, store: Store) -> None:
        """Of many submissions of one idempotency key that wait together exactly one is made."""
        receipts = [future.result(10) for future in [store.submit(decided(once="same")) for _ in range(50)]]
        assert receipts == [Receipt(0, 1), *[Receipt(0, 1, duplicate=True)] * 49]
        assert store.ledger_size() == 2

    def test_changes_without_a_key_are_never_duplicates(self, store: Store) -> None:
        """A change without an idempotency key is made as often as it is submitted."""
        change = Change((Event("ledger:checked", "x", at()),))
        assert [store.submit(change).result(10) for _ in range(3)] == [Receipt(n, n) for n in range(3)]

    def test_a_change_may_have_no_ledger_line(self, store: Store) -> None:
        """A change without events takes no ledger position, and its receipt is an empty range where the ledger ends."""
        store.submit(decided()).result(10)
        ada = person()
        assert store.submit(Change((), (ada,), once="p")).result(10) == Receipt(2, 1)
        assert store.submit(Change((), (ada,), once="p")).result(10) == Receipt(2, 1, duplicate=True)
        assert store.person(ada.id) == ada

    @pytest.mark.parametrize(("stored", "given"), CONFLICTING)
    def test_a_stale_change_conflicts(self, store: Store, stored: int, given: int) -> None:
        """A record that does not follow on the stored version makes its change a Conflict, of which nothing remains."""
        before, bystander = case(decision()), person()
        for version in range(1, stored + 1):
            store.submit(Change((), (replace(before, version=version),))).result(10)
        event = Event("case:concluded", before.id, at())
        stale = Change((event,), (bystander, replace(before, version=given, conclusion="late")), once="k")
        with pytest.raises(Conflict, match=before.id):
            store.submit(stale).result(10)
        kept = store.case(before.id)
        assert (kept.version, kept.conclusion) == (stored, "") if kept else stored == 0
        assert store.person(bystander.id) is None
        assert store.ledger_size() == 0
        store.submit(Change((event,), (replace(before, version=stored + 1),), once="k")).result(10)
        assert store.ledger_size() == 1

    def test_a_failed_change_leaves_its_neighbours_alone(self, store: Store) -> None:
        """Of changes that wait together those at fault fail, each with its own error; the others are made in order."""
        taken = decision()
        store.submit(Change((made(taken),), (taken,))).result(10)
        good = [decided() for _ in range(20)]
        stale = Change((), (replace(case(taken), version=7),))
        twice = Change((made(taken),), (replace(taken, key=""),))
        changes = [*good[:7], stale, *good[7:14], twice, *good[14:], stale, twice]
        futures = [store.submit(change) for change in changes]
        failures = [future.exception(10) for future in futures]
        assert [type(error) for error in failures if error] == [Conflict, StoreFailed, Conflict, StoreFailed]
        made_of = [future.result().first_seq for future, error in zip(futures, failures, strict=True) if not error]
        assert made_of == list(range(1, 41, 2))
        assert all(store.decision(decision_of(change).id) for change in good)

    def test_only_one_of_many_rivals_wins(self, store: Store) -> None:
        """Of many threads that conclude the same version of a case exactly one succeeds, the others get a Conflict."""
        opened = case(decision())
        store.submit(Change((), (opened,))).result(10)
        futures: list[Future[Receipt]] = []

        def conclude(number: int) -> None:
            change = Change((), (replace(opened, version=2, conclusion=str(number)),))
            futures.append(store.submit(change))

        run([threading.Thread(target=conclude, args=(number,)) for number in range(20)])
        errors = [future.exception(10) for future in futures]
        assert sum(error is None for error in errors) == 1
        assert sum(isinstance(error, Conflict) for error in errors) == 19

    @pytest.mark.parametrize("kind", ["decision", "decision key", "person", "API key", "invite"])
    def test_what_must_be_unique_is(self, store: Store, kind: str) -> None:
        """A decision's id and key, a sign-in name whatever its case, and hashed secrets belong to one record only."""
        first, second = twins(kind)
        store.submit(with_line(first)).result(10)
        with pytest.raises(StoreFailed):
            store.submit(with_line(second)).result(10)
        store.submit(decided()).result(10)
        assert store.ledger_size() == 3

    def test_a_name_given_up_can_be_taken(self, store: Store) -> None:
        """Once a person is renamed, their former sign-in name leads to nobody and is free."""
        ada, other = person(name="Ada"), person(name="ADA")
        store.submit(Change((), (ada,))).result(10)
        store.submit(Change((), (replace(ada, name="Grace", version=2),))).result(10)
        assert store.person_named("ada") is None
        store.submit(Change((), (other,))).result(10)
        assert store.person_named("ada") == other

    @pytest.mark.parametrize("change", unkeepable())
    def test_what_cannot_be_kept_is_refused_whole(self, store: Store, change: Change) -> None:
        """A change that holds what cannot be kept or read back is refused, nothing of it remains, and the store goes on."""
        future, following = store.submit(change), store.submit(decided())
        with pytest.raises(StoreFailed) as caught:
            future.result(10)
        assert caught.value.next_step
        assert following.result(10) == Receipt(0, 1)
        assert len(store.people()) == 0
        assert len(store.decisions().items) == 1

    @BY_EXAMPLE
    @given(WEIRD, WEIRD)
    def test_any_text_reads_back(self, store: Store, first: str, second: str) -> None:
        """NULs, bidi controls, combining marks, astral and unassigned characters read back unchanged, wherever they stand."""
        # ids with a suffix of their own, so that examples do not meet
        kept = content(
            id=first + fresh(), revision=second, author=second, url=first, segments=(Segment(second, Role.BODY, first),)
        )
        concluded = decision(id=second + fresh(), content=kept.id, note=first, facts={second: first}, language=second)
        asked = case(concluded, conclusion=first, rules=(second, first))
        worker = person(name=first + fresh(), role=second)
        event = Event("decision:made", concluded.id, at(), {second: [first]})
        store.submit(Change((event,), (kept, concluded, asked, worker), once=first + fresh())).result(10)
        assert store.content(kept.id, second) == kept
        assert store.decision(concluded.id) == concluded
        assert store.case_of(kept.id, concluded.revision) == asked
        assert store.person_named(worker.name) == worker
        assert parse(store.ledger_of(concluded.id)[0].entry)[1] == event

    def test_what_is_committed_is_what_was_handed_over(self, store: Store) -> None:
        """A mapping that its owner changes after submitting does not change what is kept."""
        facts: dict[str, Any] = {"files": 1}
        body: dict[str, Any] = {"n": 1}
        concluded = decision(facts=facts)
        future = store.submit(Change((Event("decision:made", concluded.id, at(), body),), (concluded,)))
        facts["files"] = body["n"] = 2
        future.result(10)
        kept = store.decision(concluded.id)
        assert kept is not None
        assert kept.facts == {"files": 1}
        assert parse(store.ledger_of(concluded.id)[0].entry)[1].body == {"n": 1}

    def test_digests_survive_keeping(self, store: Store) -> None:
        """A record read back has the digest of the record handed over, whatever its evidence is made of."""
        evidence = {
            "t": (1, (2.5, "x")),
            "big": 2**63,
            "tiny": 5e-324,
            "third": 1 / 3,
            "one": 1.0,
            "z": {"b": 1, "a": [()]},
        }
        finding = Finding("words", "1", "contact-invite", 1.0, Outcome.REVIEW, "text", ((0, 1),), evidence)
        change = decided(findings=(finding, replace(finding, evidence={"n": {1: "int key"}})))
        store.submit(change).result(10)
        assert digest(store.decision(decision_of(change).id)) == digest(decision_of(change))
        assert digest(store.content(content_of(change).id)) == digest(content_of(change))

    def test_content_is_written_over_by_its_revision(self, store: Store) -> None:
        """Content handed over again under the same id and revision replaces what was kept, as when its texts are purged."""
        kept = content()
        store.submit(with_line(kept)).result(10)
        store.submit(with_line(other := content(id=kept.id, revision="r2", received=kept.received))).result(10)
        purged = replace(kept, segments=(), files=(), purged=at())
        store.submit(with_line(purged)).result(10)
        assert store.content(kept.id, "r1") == purged
        assert store.content(kept.id, "r2") == other

    def test_a_queued_change_cannot_be_called_back(self, store: Store) -> None:
        """Cancelling a future does nothing: the change is made, and the future resolves."""
        futures = [store.submit(decided()) for _ in range(20)]
        assert not any(future.cancel() for future in futures)
        assert [future.result(10).first_seq for future in futures] == list(range(0, 40, 2))

    def test_a_thousand_changes_from_fifty_threads(self, store: Store) -> None:
        """1,000 changes from 50 threads are all made, share no ledger position, and leave a ledger and state that verify."""
        receipts: list[Receipt] = []
        changes = [decided(once=f"k{number}") for number in range(1_000)]

        def work(part: list[Change]) -> None:
            receipts.extend([store.submit(change).result(60) for change in part])

        run([threading.Thread(target=work, args=(changes[start::50],)) for start in range(50)])
        assert sorted(receipt.first_seq for receipt in receipts) == list(range(0, 2_000, 2))
        assert all(receipt.last_seq == receipt.first_seq + 1 for receipt in receipts)
        log = verify_log(store.ledger_rows(), store.checkpoints(), KEY)
        assert (log.rows, log.faults) == (2_000, [])
        state = verify_state(store)
        assert (state.records, state.faults) == (2_000, [])

    def test_closing_finishes_what_waits(self, store: Store) -> None:
        """Closing makes all queued changes first; afterwards changes are refused, and closing again does nothing."""
        futures = [store.submit(decided()) for _ in range(200)]
        store.close()
        assert [future.result(0).first_seq for future in futures] == list(range(0, 400, 2))
        with pytest.raises(StoreFailed, match="closed"):
            store.submit(decided()).result(10)
        store.close()

    def test_content_is_a_record_like_any(self, store: Store) -> None:
        """Content may come without a decision, and a decision without content."""
        kept: StoredContent = content()
        concluded = decision()
        store.submit(with_line(kept)).result(10)
        store.submit(Change((made(concluded),), (concluded,))).result(10)
        assert store.content(kept.id) == kept
        assert store.content(concluded.content) is None
        assert list(store.decisions_of(concluded.content)) == [concluded]
