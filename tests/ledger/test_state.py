"""Checking records against the ledger: what was changed, lost or slipped in beside it is named."""

from dataclasses import replace

import pytest

from forestall.ledger.entry import digest
from forestall.ledger.report import FaultKind
from forestall.ledger.state import verify_state
from forestall.model.bank import Bank, BankState, Purpose
from forestall.model.records import Change, Event, StoredContent
from forestall.store import MemoryStore
from tests.store.samples import SIGNER, at, bank, content, decided, decision, signal


@pytest.fixture
def store() -> MemoryStore:
    """Give a store with three screened items."""
    store = MemoryStore(SIGNER, at)
    for _ in range(3):
        store.submit(decided()).result()
    return store


def received(of: StoredContent) -> Change:
    """Give the change that keeps content with the line that states its digest."""
    body = {"revision": of.revision, "digest": digest(of)}
    return Change((Event("content:received", of.id, at(), body),), (of,))


def test_untouched_records_are_fine(store: MemoryStore) -> None:
    """Records as the ledger tells them have no fault, and all of them are looked at."""
    report = verify_state(store)
    assert (report.ok, report.rows, report.records) == (True, 6, 6)


def test_a_changed_record_is_named(store: MemoryStore) -> None:
    """Content or a decision changed beside the ledger is named with the line that tells what it was."""
    rows = list(store.ledger_rows())
    kept = store.content(rows[2].subject)
    assert kept is not None
    store.submit(Change((), (replace(kept, author="someone else"),))).result()
    (fault,) = verify_state(store).faults
    assert (fault.kind, fault.first) == (FaultKind.STATE, 2)
    assert kept.id in fault.what
    assert "changed" in fault.what


def test_a_lost_record_is_named(store: MemoryStore) -> None:
    """A record that the ledger tells of and the store lacks is named as gone."""
    lost = decision()
    gone = content(id=lost.content)
    body = {"revision": gone.revision, "digest": digest(gone)}
    events = (
        Event("content:received", gone.id, at(), body),
        Event("decision:made", lost.id, at(), {"digest": digest(lost)}),
    )
    store.submit(Change(events)).result()
    faults = verify_state(store).faults
    assert [(fault.kind, fault.first) for fault in faults] == [(FaultKind.STATE, 6), (FaultKind.STATE, 7)]
    assert all("gone" in fault.what for fault in faults)


def test_a_decision_slipped_in_is_named(store: MemoryStore) -> None:
    """A decision that the store holds and the ledger does not tell of is named."""
    slipped = decision()
    store.submit(Change((Event("note:added", slipped.id, at()),), (slipped,))).result()
    (fault,) = verify_state(store).faults
    assert (fault.kind, fault.first) == (FaultKind.STATE, -1)
    assert slipped.id in fault.what


def test_the_newest_line_about_a_record_counts(store: MemoryStore) -> None:
    """A record that was changed with a line that says so is fine; revisions of one content do not stand in for each other."""
    first = content()
    again = replace(first, received=at())
    other = replace(first, revision="r2")
    for change in (received(first), received(other), received(again)):
        store.submit(change).result()
    assert verify_state(store).ok
    store.submit(Change((), (first,))).result()
    assert [fault.first for fault in verify_state(store).faults] == [8]
    store.submit(Change((), (again, replace(other, language="xx")))).result()
    assert [fault.first for fault in verify_state(store).faults] == [7]


def test_purged_content_is_fine(store: MemoryStore) -> None:
    """Content whose texts were purged, with a line that says so, is fine; purged without one it is not."""
    kept = content()
    store.submit(received(kept)).result()
    store.submit(Change((), (replace(kept, segments=(), purged=at()),))).result()
    assert not verify_state(store).ok
    store.submit(Change((Event("content:purged", kept.id, at(), {"revision": kept.revision}),))).result()
    assert verify_state(store).ok


def test_a_line_that_cannot_be_read_is_left_to_the_check_of_lines(store: MemoryStore) -> None:
    """Lines that state no digest, or of things we keep no records of, are passed over."""
    store.submit(
        Change((Event("key:created", "k", at(), {"digest": "x"}), Event("content:received", "c", at(), {"digest": 5})))
    ).result()
    report = verify_state(store)
    assert (report.ok, report.rows, report.records) == (True, 8, 6)


def banked(of: Bank, tag: str = "bank:created") -> Change:
    """Give the change that keeps a bank with the line that states its digest."""
    return Change((Event(tag, of.id, at(), {"digest": digest(of)}),), (of,))


def test_banks_are_checked(store: MemoryStore) -> None:
    """A bank as its newest line tells it has no fault, whatever lines about its signals come after; one changed beside it is named."""
    kept = bank()
    after = replace(kept, purpose=Purpose.ALLOW, version=2)
    one = signal(kept)
    added = Event("bank:added", kept.id, at(), {"count": 1, "signals": "0" * 64})
    for change in (banked(kept), banked(after, "bank:changed"), Change((added,), (one,))):
        store.submit(change).result()
    assert verify_state(store).faults == []
    changed = replace(after, state=BankState.OFF, version=3)
    store.submit(Change((Event("bank:changed", kept.id, at()),), (changed,))).result()
    (fault,) = verify_state(store).faults
    assert (fault.kind, fault.first) == (FaultKind.STATE, 7)
    assert kept.id in fault.what


def test_a_bank_beside_the_ledger_is_named(store: MemoryStore) -> None:
    """A bank that came into the store without a line about it is named, as what it allows would be excused unseen."""
    slipped = bank(purpose=Purpose.ALLOW)
    store.submit(Change((Event("key:created", "x", at()),), (slipped,))).result()
    (fault,) = verify_state(store).faults
    assert f"the bank {slipped.id!r}" in fault.what
    assert "does not know it" in fault.what
