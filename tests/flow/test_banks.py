"""Banks: filled in streams, corrected by source, every change in the ledger with who did it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.flow import banks, opinions
from forestall.flow.banks import BATCH, SHOWN, Added, Banker
from forestall.ledger.checkpoint import Signer
from forestall.ledger.entry import parse
from forestall.model.bank import Bank, BankState, Entry, Opinion, Purpose, Signal, Stance, Trust, standing
from forestall.model.content import Problem
from forestall.model.errors import BadInput, Conflict, ForestallError, NotFound, StoreFailed
from forestall.model.records import Change, Event, Receipt
from forestall.store import MemoryStore
from tests.flow.known import TwoTypes
from tests.support import Clock, Ids

LATER = "2030-01-01T00:00:00.000Z"


class Room:
    """A banker over a store in memory; `changes` counts how often those who match were told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = MemoryStore(Signer("forestall/test", b"7" * 32), self.clock)
        self.changes = 0
        self.banker = Banker(self.store, TwoTypes(), self.clock, Ids("bank"), self.changed)
        self.bank = self.banker.create("known", "cli")

    def changed(self) -> None:
        """Count."""
        self.changes += 1

    def signals(self) -> list[Signal]:
        """Give everything in the bank."""
        return list(self.store.signals_of(self.bank.id, limit=10_000).items)

    def lines(self, tag: str) -> list[Event]:
        """Give the ledger lines with a tag."""
        return [parse(row.entry)[1] for row in self.store.ledger_rows() if row.tag == tag]

    def add(self, *entries: Entry | Problem) -> Added:
        """Add entries."""
        return self.banker.add(self.bank, entries, "cli")


@pytest.fixture
def room() -> Room:
    """A banker with one bank."""
    return Room()


def md5(number: int) -> str:
    """Give a digest."""
    return f"{number:032x}"


def entry(number: int = 1, source: str = "us", **said: Any) -> Entry:
    """Give an entry about a file."""
    outer = {name: said.pop(name) for name in ("distance", "expires") if name in said}
    return Entry("md5", md5(number), Opinion(source, **said), **outer)


def test_a_bank_is_made_with_its_ledger_line(room: Room) -> None:
    """A new bank is live, empty and ours to trust as said, and the ledger says who made it."""
    bank = room.banker.create(
        "Ninth Tide ", "person-1", trust=Trust.PARTNER, purpose=Purpose.ALLOW, distances={"pdq": 8}, note="from a peer"
    )
    assert room.store.bank(bank.id) == bank == room.banker.find("ninth tide")
    assert (bank.name, bank.state, bank.version) == ("Ninth Tide", BankState.LIVE, 1)
    line = room.lines("bank:created")[-1]
    assert (line.subject, line.body["by"], line.body["note"]) == (bank.id, "person-1", "from a peer")


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "x" * 129},
        {"name": "two\nlines"},
        {"name": "turned\u202e"},
        {"name": "KNOWN"},
        {"quality": 101},
        {"distances": {"pdq": 900}},
        {"distances": {"md5": 1}},
        {"distances": {"smell": 1}},
        {"expires": "soon"},
        {"description": "x" * 5_000},
        {"note": "x" * 2_000},
    ],
)
def test_a_bank_that_cannot_be_is_refused(room: Room, given: dict[str, Any]) -> None:
    """Bad names, taken names, distances a type does not allow and days that are none are refused in words, and nothing is kept."""
    with pytest.raises(BadInput) as caught:
        room.banker.create(**{"name": "fresh", "by": "cli", **given})
    assert caught.value.next_step
    assert [bank.name for bank in room.store.banks()] == ["known"]


def test_a_bank_changes_only_as_it_was_seen(room: Room) -> None:
    """A change names the fields and who changed them; one made on an older version is a Conflict; one that changes nothing is none."""
    after = room.banker.change(room.bank, "cli", state=BankState.OFF, quality=60, note="noise")
    assert room.store.bank(room.bank.id) == after
    assert room.lines("bank:changed")[0].body["fields"] == ["quality", "state"]
    with pytest.raises(Conflict):
        room.banker.change(room.bank, "cli", quality=70)
    assert room.banker.change(after, "cli", quality=60) is after
    with pytest.raises(BadInput, match="`id`"):
        room.banker.change(after, "cli", id="other")


def test_adding_says_what_became_of_each(room: Room) -> None:
    """New, repeated, changed, refused and taken-back entries are counted, and only what changed is written."""
    first = room.add(
        entry(1), entry(2), entry(2), Problem("bad", "line 3 is bad", "", "line 3"), Entry("md5", "x", Opinion("us"))
    )
    assert (first.read, first.added, first.same, first.refused) == (5, 2, 1, 2)
    assert [problem.part for problem in first.problems] == ["line 3", "entry 5"]
    second = room.add(entry(1, label="poster"), entry(2), entry(3, withdrawn=LATER), entry(2, "them"))
    assert (second.changed, second.same, second.unknown, second.added) == (2, 1, 1, 0)
    third = room.add(entry(1, withdrawn=LATER), entry(9, withdrawn=LATER))
    assert (third.withdrawn, third.unknown) == (1, 1)
    assert [signal.version for signal in room.signals()] == [3, 2]
    for added in (first, second, third):
        assert added.read == sum(
            (added.added, added.changed, added.same, added.withdrawn, added.refused, added.unknown)
        )


def test_the_same_file_twice_adds_nothing(room: Room) -> None:
    """Adding the same entries again writes nothing: no version, no ledger line."""
    entries = [entry(n, label="x", distance=0, reference=f"r{n}") for n in range(10)]
    room.add(*entries)
    size = room.store.ledger_size()
    again = room.add(*entries)
    assert (again.same, again.added, again.changed) == (10, 0, 0)
    assert room.store.ledger_size() == size


def test_a_source_has_one_opinion(room: Room) -> None:
    """What a source says later takes the place of what it said; when it first said something is kept, other sources are not touched."""
    room.add(
        entry(1, "us", label="old", first_seen="2026-01-01", last_seen="2026-01-02"),
        entry(1, "them", stance=Stance.SEED),
    )
    room.add(entry(1, "us", label="new", first_seen="2026-05-01", last_seen="2026-05-02", stance=Stance.NEGATIVE))
    ((ours, theirs),) = [signal.opinions for signal in room.signals()]
    assert (ours.label, ours.first_seen, ours.last_seen, ours.stance) == (
        "new",
        "2026-01-01",
        "2026-05-02",
        Stance.NEGATIVE,
    )
    assert (theirs.source, theirs.stance, theirs.withdrawn) == ("them", Stance.SEED, "")
    assert theirs.first_seen


def test_each_batch_is_one_line(room: Room) -> None:
    """A long stream is written in batches, each with one ledger line that says how many and of whom; followers are told each time."""
    told: list[int] = []
    before = room.changes
    count = 2 * BATCH + 7
    added = room.banker.add(room.bank, (entry(n, f"s{n % 2}") for n in range(count)), "key:7", told.append)
    assert added.added == count == sum(told)
    bodies = [line.body for line in room.lines("bank:added")]
    assert [body["count"] for body in bodies] == [BATCH, BATCH, 7]
    assert {(body["by"], body["bank"], *body["sources"]) for body in bodies} == {("key:7", "known", "s0", "s1")}
    assert room.changes - before == 3


def test_a_withdrawn_fact_stops_matching_at_once(room: Room) -> None:
    """Taking a source back leaves what others stand by; what nobody stands by matches no more, and its record stays."""
    room.add(entry(1, "us"), entry(1, "them"), entry(2, "them"), entry(3, "us"))
    assert room.banker.withdraw(room.bank, "them", "cli", note="list was poisoned") == 2
    now = room.clock()
    assert [standing(room.bank, signal, now) is not None for signal in room.signals()] == [True, False, True]
    assert room.banker.withdraw(room.bank, "them", "cli") == 0
    (line,) = room.lines("bank:withdrawn")
    assert (line.body["source"], line.body["count"], line.body["note"]) == ("them", 2, "list was poisoned")


def test_one_signal_is_disabled_and_judged(room: Room) -> None:
    """A signal can be kept from matching until an instant and get an opinion; only in its own bank, with a line each."""
    room.add(entry(1, "us"))
    (signal,) = room.signals()
    off = room.banker.disable(room.bank, signal.id, "2030-01-01", "person-1", note="too broad")
    assert (off.disabled_until, standing(room.bank, off, room.clock())) == (LATER, None)
    on = room.banker.disable(room.bank, signal.id, "", "person-1")
    said = room.banker.opine(room.bank, signal.id, Opinion("ada", Stance.NEGATIVE, note="a news photo"), "person-1")
    stands = standing(room.bank, said, room.clock())
    assert stands is not None
    assert (stands.disputed, stands.trust, said.version) == (True, Trust.CANDIDATE, on.version + 1)
    assert [line.body["by"] for line in room.lines("signal:changed")] == ["person-1"] * 3
    other = room.banker.create("other", "cli")
    with pytest.raises(NotFound):
        room.banker.disable(other, signal.id, "", "cli")
    with pytest.raises(NotFound):
        room.banker.opine(other, signal.id, Opinion("x"), "cli")
    with pytest.raises(BadInput):
        room.banker.disable(room.bank, signal.id, "later", "cli")


def test_a_million_bad_rows_are_counted_not_kept(room: Room) -> None:
    """However many rows can't be used, the good one among them is added, and only the first problems are kept."""
    bad = (Problem("bad", f"row {n}") for n in range(100_000))
    added = room.banker.add(room.bank, [*bad, entry(1)], "cli")
    assert (added.refused, added.added, len(added.problems)) == (100_000, 1, SHOWN)


@pytest.mark.parametrize(
    "bad",
    [
        Entry("smell", md5(1), Opinion("us")),
        Entry("md5", "0" * 5_000_000, Opinion("us")),
        Entry("md5", md5(1), Opinion("us"), distance=1),
        Entry("pdq", md5(1) * 2, Opinion("us"), distance=-1),
        Entry("md5", md5(1), Opinion("us"), expires="soon"),
        Entry("md5", md5(1), Opinion("us", note="x" * 100_000)),
    ],
)
def test_hostile_entries_are_refused_in_words(room: Room, bad: Entry) -> None:
    """Unknown types, endless values and texts, and distances no type has are refused one by one; no message repeats them whole."""
    added = room.add(bad, entry(2))
    assert (added.refused, added.added) == (1, 1)
    assert len(added.problems[0].what) < 500


def test_half_letters_and_many_sources_are_kept_within_bounds(room: Room) -> None:
    """Lone surrogates become U+FFFD, and a signal keeps the opinions of so many sources and no more."""
    room.add(entry(1, "\ud800x", label="\udfff"), *[entry(1, f"s{n}") for n in range(opinions.MOST_SOURCES + 50)])
    (signal,) = room.signals()
    assert (signal.opinions[0].source, signal.opinions[0].label) == ("\ufffdx", "\ufffd")
    assert len(signal.opinions) == opinions.MOST_SOURCES


def test_another_writer_loses_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody else writes the same signals between our reading and our writing, both are kept."""
    submit, rival = room.store.submit, [True]

    def meanwhile(change: Change) -> Future[Receipt]:
        if rival and any(isinstance(record, Signal) for record in change.records):
            rival.clear()
            Banker(room.store, TwoTypes(), room.clock, Ids("x")).add(room.bank, [entry(1, "them")], "cli")
        return submit(change)

    monkeypatch.setattr(room.store, "submit", meanwhile)
    added = room.add(entry(1, "us"), entry(2, "us"))
    assert (added.added, added.changed) == (1, 1)
    assert [[item.source for item in signal.opinions] for signal in room.signals()] == [["them", "us"], ["us"]]


def test_withdrawing_repeats_after_another_writer(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A withdrawal that meets another writer reads again and takes back what it set out to take back."""
    room.add(entry(1, "us"))
    submit, rival = room.store.submit, [True]

    def meanwhile(change: Change) -> Future[Receipt]:
        if rival and change.events[0].tag == "bank:withdrawn":
            rival.clear()
            room.add(entry(1, "them"))
        return submit(change)

    monkeypatch.setattr(room.store, "submit", meanwhile)
    assert room.banker.withdraw(room.bank, "us", "cli") == 1
    ((ours, theirs),) = [signal.opinions for signal in room.signals()]
    assert (bool(ours.withdrawn), bool(theirs.withdrawn)) == (True, False)


def test_two_values_with_one_id_are_both_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals whose ids meet by chance, in one batch or later, get ids of their own and are found again."""
    monkeypatch.setattr(banks, "signal_id", lambda bank, kind, value, attempt=0: 100 + attempt)
    entries = [entry(n) for n in range(4)]
    assert room.add(*entries[:2]).added == 2
    assert room.add(*entries).added == 2
    assert {signal.value for signal in room.signals()} == {md5(n) for n in range(4)}
    assert room.add(*entries).same == 4


def test_what_was_written_before_an_error_stays(room: Room) -> None:
    """A stream that breaks off keeps the batches read before, and adding it again goes on from there."""

    def broken() -> Iterator[Entry]:
        yield from (entry(n) for n in range(BATCH))
        yield entry(BATCH)
        raise OSError("the line went dead")

    with pytest.raises(OSError, match="dead"):
        room.banker.add(room.bank, broken(), "cli")
    assert len(room.signals()) == BATCH
    again = room.banker.add(room.bank, (entry(n) for n in range(BATCH + 1)), "cli")
    assert (again.added, again.same) == (1, BATCH)


def test_a_store_that_fails_is_told_once(room: Room) -> None:
    """Where nothing can be written, adding raises instead of counting."""
    room.store.close()
    with pytest.raises(StoreFailed):
        room.add(entry(1))


def test_finding_a_bank_that_is_not_there_says_so(room: Room) -> None:
    """An unknown name or id is NotFound with a next step."""
    with pytest.raises(NotFound) as caught:
        room.banker.find("x" * 1_000)
    assert caught.value.next_step
    assert len(str(caught.value)) < 300


SOURCES = st.sampled_from(["a", "b", "c"])
SAID = st.builds(
    entry,
    st.integers(1, 4),
    SOURCES,
    label=st.sampled_from(["", "x", "y"]),
    stance=st.sampled_from(Stance),
    withdrawn=st.sampled_from(["", "", LATER]),
)


@given(st.lists(SAID, max_size=30), st.integers(1, 7))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_how_a_stream_is_cut_does_not_matter(said: Sequence[Entry], size: int) -> None:
    """The same entries in one batch or in many come to the same bank, and every entry is counted once."""
    whole, pieces = Room(), Room()
    counted = whole.add(*said)
    for start in range(0, len(said), size):
        pieces.add(*said[start : start + size])
    assert _plain(whole.signals()) == _plain(pieces.signals())
    counts = (counted.added, counted.changed, counted.same, counted.withdrawn, counted.refused, counted.unknown)
    assert sum(counts) == counted.read == len(said)


def _plain(signals: Iterable[Signal]) -> list[tuple[str, tuple[Opinion, ...]]]:
    """Give what signals say, without versions and the times of the test's clock."""
    return [(item.value, tuple(replace(opinion, first_seen="") for opinion in item.opinions)) for item in signals]


def test_ledger_lines_hold_no_values(room: Room) -> None:
    """The ledger says how many signals and whose, and digests; never a value or a label."""
    room.add(entry(0xABCDEF, label="secret words"))
    text = json.dumps([dict(line.body) for line in room.lines("bank:added")])
    assert md5(0xABCDEF) not in text
    assert "secret" not in text


def test_bank_errors_are_of_our_tree(room: Room) -> None:
    """Whatever is wrong with a bank is a ForestallError, so that a door can say it."""
    assert issubclass(BadInput, ForestallError)
    with pytest.raises(ForestallError):
        room.banker.change(replace(room.bank, version=9), "cli", quality=1)
    assert isinstance(room.bank, Bank)
