"""Retro-hunts: what was screened before is found when its signals arrive, once, and never judged harsher than the rules say."""

from concurrent.futures import Future
from dataclasses import replace

import pytest

from forestall.flow import retrohunt
from forestall.flow.banks import Banker
from forestall.flow.replay import replay_all
from forestall.flow.retain import purge
from forestall.flow.retrohunt import Hunter, forget
from forestall.ledger.state import verify_state
from forestall.model.bank import BankState, Entry, Match, Opinion, Purpose, Trace, Trust, standing
from forestall.model.decision import Reason
from forestall.model.errors import BadInput, Conflict, StoreFailed
from forestall.model.outcome import Outcome
from forestall.model.records import CaseState, Change, Event, Hunt, HuntState, Receipt, Retention
from tests.flow.hunting import DAY, FILE, A, B, C, Room
from tests.flow.known import TwoTypes, flipped, trace


@pytest.fixture
def room() -> Room:
    """An empty room."""
    return Room()


def test_what_was_screened_before_is_found(room: Room) -> None:
    """A signal that arrives later meets the copy screened earlier, in a new decision with a case in the hunt's cluster."""
    room.post("copy", f"look {flipped(A, 12)}")
    room.post("other", f"look {B}")
    hunt = room.hunt(room.bank(A))
    assert (hunt.state, hunt.looked, hunt.matched) == (HuntState.DONE, 1, 1)
    first, later = room.machine("copy")
    assert (first.outcome, later.outcome) == (Outcome.PASS, Outcome.REVIEW)
    (case,) = room.store.cases_in(hunt.id)
    assert (case.content, case.decision, case.state, case.cluster) == ("copy", later.id, CaseState.OPEN, hunt.id)
    assert later.findings[-1].evidence["distance"] == 12
    assert later.facts == first.facts
    assert len(room.machine("other")) == 1
    assert [line.body.get("matched") for line in room.lines("hunt:finished")] == [1]
    assert room.lines("hunt:started")[0].body["by"] == "cli"


def test_hunt_decisions_replay(room: Room) -> None:
    """What a hunt decided comes to the same when it is evaluated again, and the store holds what the ledger says."""
    room.post("copy", f"!recruiting {A}")
    room.hunt(room.bank(A, trust=Trust.CONFIRMED))
    assert [item.difference for item in replay_all(room.store) if item.failed or item.difference] == []
    assert verify_state(room.store).ok


def test_earlier_findings_stay(room: Room) -> None:
    """The new decision rests on everything found before as well, and what the bank says of a signal is said once."""
    room.post("copy", f"!grievance {A}")
    bank = room.bank(A)
    room.hunt(bank)
    room.banker.opine(bank, room.store.signals_of(bank.id).items[0].id, Opinion("us", trust=Trust.CONFIRMED), "cli")
    room.hunt(bank)
    last = room.machine("copy")[-1]
    assert [finding.label for finding in last.findings] == ["grievance", "known-near"]
    assert last.outcome is Outcome.HOLD


def test_a_hunt_twice_decides_nothing_twice(room: Room) -> None:
    """Hunting the whole bank again brings no decision, no case and no message for what is known already."""
    room.post("copy", A)
    bank = room.bank(A)
    room.hunt(bank)
    before = len(room.store.decisions_of("copy"))
    again = room.hunter.run(room.hunter.start(bank, "cli", whole=True))
    assert (again.state, again.matched) == (HuntState.DONE, 1)
    assert len(room.store.decisions_of("copy")) == before
    assert len(room.open_cases()) == 1


def test_only_new_signals_are_looked_up(room: Room) -> None:
    """A later hunt begins where the last one ended, also where that was another bank's before this one was made."""
    bank = room.bank(A)
    assert room.hunt(bank).looked == 1
    room.add(bank, B)
    assert room.hunt(bank).looked == 1
    newer = room.bank(C)
    assert room.hunter.start(newer, "cli").since
    assert room.hunter.run(room.hunter.waiting()[0]).looked == 1
    assert room.hunter.waiting() == []


def test_what_was_being_screened_is_found_a_minute_later(room: Room) -> None:
    """Content whose screening began before a signal arrived and was kept after the hunt had looked is met by one more look."""
    bank = room.bank(A)
    assert room.hunt(bank).matched == 0
    room.post("late", A)  # screened without the bank: its screening had begun before
    assert room.hunter.late() == 0
    room.clock.seconds += retrohunt.LATE_SECONDS + 1
    assert room.hunter.late() == 1
    assert room.machine("late")[-1].outcome is not Outcome.PASS
    assert (len(room.open_cases()), room.hunter.late()) == (1, 0)


def test_a_hunt_survives_being_killed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hunt that broke off between a page's decisions and its cursor goes on there and opens each case once."""
    monkeypatch.setattr(retrohunt, "PAGE", 2)
    values = [f"{number:064x}" for number in (0, *(((1 << 60) - 1) << (60 * n) for n in range(4)))]
    for number, value in enumerate(values):
        room.post(f"post-{number}", value)
    hunt = room.hunter.start(room.bank(*values), "cli")
    keep, calls = Hunter._keep, [0]

    def dies(self: Hunter, kept: Hunt, *events: Event) -> Hunt:
        calls[0] += 1
        if calls[0] == 2:
            raise StoreFailed("pulled the plug")
        return keep(self, kept, *events)

    monkeypatch.setattr(Hunter, "_keep", dies)
    with pytest.raises(StoreFailed):
        room.hunter.run(hunt)
    monkeypatch.setattr(Hunter, "_keep", keep)
    (left,) = room.hunter.waiting()
    assert left.looked == 2
    done = room.hunter.run(left)
    assert (done.looked, done.matched, len(room.open_cases())) == (5, 5, 5)
    assert [len(room.machine(f"post-{number}")) for number in range(5)] == [2] * 5


def test_a_hunt_can_be_stopped_and_seen(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """`stop` ends the work after a page, with the place kept; progress is told after every page."""
    monkeypatch.setattr(retrohunt, "PAGE", 1)
    hunt = room.hunter.start(room.bank(A, B, C), "cli")
    told: list[int] = []
    stopped = room.hunter.run(hunt, lambda now: told.append(now.looked), stop=lambda: len(told) == 2)
    assert (stopped.state, told) == (HuntState.RUNNING, [1, 2])
    assert room.hunter.run(stopped).looked == 3


def test_signals_that_come_during_a_hunt_are_taken_in(room: Room) -> None:
    """Starting while a hunt runs gives that one, and it can't end without looking once more."""
    room.post("copy", B)
    bank = room.bank(A)
    hunt = room.hunter.start(bank, "cli")
    room.add(bank, B)
    same = room.hunter.start(bank, "cli")
    assert (same.id, same.version) == (hunt.id, hunt.version + 1)
    assert room.hunter.run(hunt).matched == 1


def test_two_that_run_the_same_hunt_come_out_right(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner that finds the hunt moved on by another goes on from there."""
    monkeypatch.setattr(retrohunt, "PAGE", 1)
    room.post("a", A)
    room.post("b", B)
    hunt = room.hunter.start(room.bank(A, B), "cli")
    room.hunter.run(hunt, stop=iter([False, True]).__next__)
    done = room.hunter.run(hunt)
    assert done.state is HuntState.DONE
    assert len(room.open_cases()) == 2


def test_a_bank_that_is_not_live_is_not_hunted_for(room: Room) -> None:
    """Banks in preview, switched off, expired and allow banks start no hunt; one switched off meanwhile ends it as failed."""
    for fields in ({"state": BankState.PREVIEW}, {"purpose": Purpose.ALLOW}, {"expires": "2020-01-01"}):
        with pytest.raises(BadInput, match="not hunted"):
            room.hunter.start(room.bank(A, **fields), "cli")
    bank = room.bank(B)
    hunt = room.hunter.start(bank, "cli")
    room.banker.change(bank, "cli", state=BankState.OFF)
    assert room.hunter.run(hunt).state is HuntState.FAILED
    assert room.lines("hunt:finished")[-1].body["state"] == "failed"


def test_switching_on_hunts_for_the_whole_bank(room: Room) -> None:
    """A bank switched on, or made wider or more trusted, is hunted for whole; other changes start nothing."""
    room.post("copy", flipped(A, 20))
    bank = room.bank(A, state=BankState.PREVIEW, distances={"pdq": 10})
    live = room.banker.change(bank, "cli", state=BankState.LIVE)
    first = room.hunter.arrived(bank, live, "cli")
    assert first is not None
    assert room.hunter.run(first).matched == 0
    wider = room.banker.change(live, "cli", distances={"pdq": 24})
    second = room.hunter.arrived(live, wider, "cli")
    assert second is not None
    assert room.hunter.run(second).matched == 1
    told = room.banker.change(wider, "cli", description="posters")
    assert room.hunter.arrived(wider, told, "cli") is None
    assert room.hunter.arrived(told, room.banker.change(told, "cli", state=BankState.OFF), "cli") is None


def test_distances_quality_and_standing_count(room: Room) -> None:
    """A hunt takes for a match what screening would: within the bank's and the signal's distance, good enough, and stood by."""
    room.post("far", flipped(A, 20))
    room.post("poor", f"{A}_40")
    room.post("gone", B)
    bank = room.bank(distances={"pdq": 16}, quality=60)
    room.banker.add(
        bank,
        [
            Entry("pdq", A, Opinion("peer"), distance=16),
            Entry("pdq", B, Opinion("peer")),
            Entry("pdq", C, Opinion("peer"), distance=2),
        ],
        "cli",
    )
    room.banker.withdraw(bank, "peer", "cli")
    room.add(bank, A)
    room.post("near", flipped(C, 4))
    room.post("here", flipped(A, 16))
    assert room.hunt(bank).matched == 1
    assert [case.content for case in room.open_cases()] == ["here"]


def test_hunts_remove_only_what_the_rules_remove(room: Room) -> None:
    """A confirmed exact copy is removed by rule and told to the platform once; a confirmed near one is only held."""
    room = Room(webhook=True)
    room.post("exact", FILE)
    room.post("near", flipped(A, 3))
    room.hunt(room.bank(FILE, A, trust=Trust.CONFIRMED))
    assert {case.content: case.outcome for case in room.open_cases()} == {"exact": Outcome.REMOVE, "near": Outcome.HOLD}
    due = room.store.deliveries_due("2099-01-01T00:00:00.000Z")
    assert sorted(item.kind for item in due) == ["content.hold", "content.remove"]


def test_purged_content_is_found_by_its_hashes(room: Room) -> None:
    """Content whose texts were purged still gets its decision and case; what is not purged is kept for as long as a case asks."""
    room.post("old", f"old words {A}")
    room.clock.seconds += 40 * DAY
    room.post("new", f"new words {A}")
    assert purge(room.store, room.clock(), {Retention.TRANSIENT: 30}) == 1
    room.hunt(room.bank(A))
    assert sorted(case.content for case in room.open_cases()) == ["new", "old"]
    old, new = room.store.content("old"), room.store.content("new")
    assert old is not None
    assert new is not None
    assert (old.segments, new.retention) == ((), Retention.CASE)
    assert verify_state(room.store).ok


def test_an_open_case_is_left_and_named(room: Room) -> None:
    """Where a case on the revision is open, it stays as it is: the new decision names it, and no second one is opened."""
    room.post("asked", f"!recruiting {A}")
    (before,) = room.open_cases()
    hunt = room.hunt(room.bank(A))
    assert room.open_cases() == [before]
    assert room.machine("asked")[-1].case == before.id
    assert not room.store.cases_in(hunt.id)


def answered(room: Room, name: str, outcome: Outcome) -> None:
    """Let a person answer the open case on a post."""
    (case,) = [item for item in room.open_cases() if item.content == name]
    asked = room.machine(name)[-1]
    said = replace(
        asked,
        id=room.house.new_id(),
        outcome=outcome,
        by="person:ada",
        key="",
        reasons=(Reason("person:agreed", "so"),),
    )
    concluded = replace(case, state=CaseState.CONCLUDED, conclusion=said.id, version=case.version + 1)
    event = Event("decision:made", said.id, room.clock(), {})
    room.store.submit(Change((event, Event("case:concluded", case.id, room.clock(), {})), (said, concluded))).result()


def test_what_a_person_decided_stands(room: Room) -> None:
    """After a person's answer a hunt says nothing milder or as harsh, and asks again only for rules they did not answer."""
    for name in ("removed", "passed"):
        room.post(name, A)
    bank = room.bank(A)
    room.hunt(bank)
    answered(room, "removed", Outcome.REMOVE)
    answered(room, "passed", Outcome.PASS)
    counts = [len(room.store.decisions_of(name)) for name in ("removed", "passed")]
    room.add(bank, flipped(A, 1))
    room.hunt(bank)
    assert [len(room.store.decisions_of(name)) for name in ("removed", "passed")] == counts
    room.hunt(room.bank(A, trust=Trust.CONFIRMED))
    assert [case.content for case in room.open_cases()] == ["passed"]
    assert len(room.store.decisions_of("removed")) == counts[0]


def test_allow_banks_excuse_in_hunts_too(room: Room) -> None:
    """What an allow bank excuses on the same part passes in a hunt as it does in screening."""
    room.post("news", A)
    allow = room.bank(A, purpose=Purpose.ALLOW)
    (signal,) = room.store.signals_of(allow.id).items
    bank = room.bank(A)
    stands = standing(allow, signal, room.clock())
    assert stands is not None
    room.library.told[A] = [Match(signal, allow, stands, "text", 0, 31)]
    hunt = room.hunt(bank)
    assert (hunt.matched, room.open_cases()) == (1, [])


def test_many_matches_are_decided_in_several_goes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a page meets, memory is bounded and every content gets its case."""
    monkeypatch.setattr(retrohunt, "AT_ONCE", 3)
    for number in range(8):
        room.post(f"p{number}", A)
    monkeypatch.setattr(retrohunt, "PAGE", 1)
    hunt = room.hunt(room.bank(A, flipped(A, 1)))
    assert (hunt.matched, len(room.open_cases())) == (8, 8)


def test_every_revision_is_found(room: Room) -> None:
    """An edited post is found in each revision that held the material."""
    room.post("edited", f"first {A}")
    room.post("edited", f"second {A}")
    room.post("edited", "third")
    assert room.hunt(room.bank(A)).matched == 2
    assert len({case.revision for case in room.open_cases()}) == 2


def test_preview_decides_nothing(room: Room) -> None:
    """A preview counts what a bank would match, by month and type with the nearest and furthest, and writes nothing."""
    room.post("january", A)
    room.clock.seconds += 40 * DAY
    room.post("february", f"{flipped(A, 9)} {FILE}")
    bank = room.bank(A, FILE, B, state=BankState.PREVIEW)
    size = room.store.ledger_size()
    told: list[int] = []
    impact = room.hunter.preview(bank, told.append)
    assert (impact.signals, impact.contents, impact.more, told) == (3, 2, False, [3])
    assert impact.months == {"2026-01": 1, "2026-02": 1}
    assert impact.types == {"md5": 1, "pdq": 2}
    assert {(item.content, item.distance) for item in impact.sample} == {("january", 0), ("february", 0)}
    assert room.store.ledger_size() == size


def test_preview_follows_the_bank(room: Room) -> None:
    """A preview counts with the distances and withdrawals of the bank as it would be live."""
    room.post("near", flipped(A, 9))
    narrow = room.bank(A, state=BankState.PREVIEW, distances={"pdq": 8})
    assert room.hunter.preview(narrow).contents == 0
    wide = room.banker.change(narrow, "cli", distances={"pdq": 9})
    assert room.hunter.preview(wide).contents == 1
    room.banker.withdraw(wide, "peer", "cli")
    assert room.hunter.preview(wide).contents == 0


def test_old_hashes_are_forgotten(room: Room) -> None:
    """Traces older than the days are dropped with a ledger line, told to the index, and found no more; the decision stays."""
    room.post("old", A)
    room.clock.seconds += 100 * DAY
    room.post("new", A)
    dropped: list[Trace] = []
    assert forget(room.store, room.clock(), 90, dropped.extend) == 1
    assert dropped == [trace(A)]
    (line,) = room.lines("content:forgotten")
    assert (line.subject, line.body["hashes"]) == ("old", 1)
    assert room.hunt(room.bank(A)).matched == 1
    assert forget(room.store, room.clock(), 90) == 0
    assert len(room.store.decisions_of("old")) == 1
    assert verify_state(room.store).ok


def test_many_are_forgotten_in_batches(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one batch of old hashes goes in one call."""
    monkeypatch.setattr(retrohunt, "_FORGET", 3)
    for number in range(7):
        room.post(f"p{number}", A)
    room.clock.seconds += 2 * DAY
    assert forget(room.store, room.clock(), 1) == 7
    assert len(room.lines("content:forgotten")) == 7


def test_a_start_that_loses_a_race_begins_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the running hunt ends while another is asked for, a new one is begun."""
    bank = room.bank(A)
    hunt = room.hunter.start(bank, "cli")
    submit, rival = room.store.submit, [True]

    def meanwhile(change: Change) -> Future[Receipt]:
        if rival and change.records and isinstance(change.records[0], Hunt):
            rival.clear()
            room.hunter.run(hunt)
        return submit(change)

    monkeypatch.setattr(room.store, "submit", meanwhile)
    fresh = room.hunter.start(bank, "cli")
    assert fresh.id != hunt.id
    assert fresh.state is HuntState.RUNNING
    with pytest.raises(Conflict):
        room.hunter._keep(hunt)


def test_hunts_begin_by_themselves(room: Room) -> None:
    """With the hunter behind the banker, adding, judging and switching on begin hunts; what matches less begins none."""
    room.post("copy", A)
    banker = Banker(room.store, TwoTypes(), room.clock, room.house.new_id, arrived=room.hunter.arrived)
    bank = banker.create("ours", "cli", state=BankState.PREVIEW)
    banker.add(bank, [Entry("pdq", A, Opinion("peer"))], "cli")
    assert room.hunter.waiting() == []
    live = banker.change(bank, "cli", state=BankState.LIVE)
    (done,) = room.hunter.run_waiting()
    assert (done.matched, done.since) == (1, "")
    assert banker.add(live, [Entry("pdq", A, Opinion("peer"))], "cli").same == 1
    banker.withdraw(live, "peer", "cli")
    assert room.hunter.waiting() == []
    banker.add(live, [Entry("pdq", A, Opinion("other", trust=Trust.CONFIRMED))], "cli")
    (again,) = room.hunter.run_waiting()
    assert (again.looked, again.matched) == (1, 1)
    assert room.machine("copy")[-1].outcome is Outcome.HOLD


def test_signals_without_a_hunt_are_noticed(room: Room) -> None:
    """Signals that came in while nobody could begin a hunt get theirs when asked, once; so do those of a bank switched on."""
    bank, empty, later = room.bank(A), room.bank(), room.bank(C, state=BankState.PREVIEW)
    (hunt,) = room.hunter.overlooked()
    assert hunt.bank == bank.id
    assert not room.hunter.overlooked()
    room.hunter.run(hunt)
    assert not room.hunter.overlooked()
    room.add(empty, B)
    assert [item.bank for item in room.hunter.overlooked()] == [empty.id]
    room.hunter.run_waiting()
    room.banker.change(later, "cli", state=BankState.LIVE)
    assert [item.bank for item in room.hunter.overlooked()] == [later.id]
    assert not room.hunter.overlooked()


def test_what_another_process_left_is_noticed(room: Room) -> None:
    """A hunter that is new, as after a crash, finds signals without a hunt also where another bank's hunt came after them."""
    first, second = room.bank(A), room.bank(B)
    room.hunt(second)
    fresh = replace(room.hunter)
    assert [item.bank for item in fresh.overlooked()] == [first.id]
