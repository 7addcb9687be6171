"""What every store must do with what rules are kept by and tried on; part of `StoreContract`."""

from dataclasses import replace

from forestall.model.finding import Finding
from forestall.model.ids import new_id
from forestall.model.outcome import Outcome
from forestall.model.ports import Store
from forestall.model.reading import Role, Segment
from forestall.model.records import Change, Event
from forestall.model.rulebook import RulesetState, RulesetVersion, Shadow, Snapshot
from tests.store.samples import at, content_of, decided, decision_of, fresh, made, with_line


def version(state: RulesetState = RulesetState.PROPOSED, **given: object) -> RulesetVersion:
    """Give a version of a ruleset."""
    made = RulesetVersion(new_id(), "mine", fresh(), fresh(), fresh(), state, "person:a", "because", at())
    return replace(made, **given)  # type: ignore[arg-type] # whatever the test wants


def finding(label: str) -> Finding:
    """Give a finding with a label."""
    return Finding("sample", "1", label, 0.5, Outcome.REVIEW)


def snapshots(store: Store, labels: set[str] | None = None, parts: int = 1, *, texts: bool = False) -> list[Snapshot]:
    """Give all snapshots, in the order of their ids."""
    found = [one for part in store.snapshots(labels, parts, texts=texts) for batch in part for one in batch]
    return sorted(found, key=lambda one: one.decision)


class StoreRules:
    """Versions of the ruleset, shadows, and decisions by the many."""

    def test_versions_come_newest_first_and_one_is_live(self, store: Store) -> None:
        """All versions of the ruleset are listed, and the one that decides is found."""
        assert store.ruleset_live() is None
        old, live, new = version(RulesetState.RETIRED), version(RulesetState.LIVE), version()
        for one in (old, live, new):
            store.submit(with_line(one)).result(10)
        assert store.rulesets() == [new, live, old]
        assert store.rulesets(1) == [new]
        assert store.ruleset_live() == live
        assert store.ruleset(old.id) == old
        assert store.ruleset("nobody's") is None

    def test_a_version_moves_on_by_one(self, store: Store) -> None:
        """A version of the ruleset keeps what was written last."""
        one = version(proof={"looked": 3}, harsher=("a",))
        store.submit(with_line(one)).result(10)
        later = replace(one, state=RulesetState.LIVE, second="person:b", version=2)
        store.submit(with_line(later)).result(10)
        assert store.ruleset(one.id) == later

    def test_shadows_are_read_by_time(self, store: Store) -> None:
        """What shadow rules would have said is read from an instant on, newest first."""
        early = Shadow(fresh(), at(), ("a",))
        late = Shadow(fresh(), at(), (), ("b",))
        store.submit(Change((), (early, late))).result(10)
        assert store.shadows() == [late, early]
        assert store.shadows(late.at) == [late]
        assert store.shadows("", 1) == [late]

    def test_decisions_are_counted_by_their_labels(self, store: Store) -> None:
        """Decisions with the same labels are counted together, whatever their order, those without any not."""
        both = (finding("b"), finding("a"), finding("b"))
        store.submit(decided(findings=both)).result(10)
        store.submit(decided(findings=both[:2][::-1])).result(10)
        store.submit(decided(findings=(finding("a"),))).result(10)
        store.submit(decided(findings=())).result(10)
        assert store.label_sets() == {"a b": 2, "a": 1}
        assert store.count_decided() == 4

    def test_snapshots_hold_what_was_decided(self, store: Store) -> None:
        """A snapshot holds facts, findings, ruleset and texts as they were stored; those wanted are found by their labels."""
        change = decided(
            findings=(finding("a"),), facts={"kind": "post", "parts": 1}, versions={"ruleset-files": "abc", "x": "y"}
        )
        other = decided(findings=())
        store.submit(change).result(10)
        store.submit(other).result(10)
        one, kept = decision_of(change), content_of(change)
        expected = Snapshot(
            one.id,
            one.content,
            one.revision,
            one.at,
            one.language,
            one.outcome,
            one.facts,
            one.findings,
            tuple(reason.rule for reason in one.reasons),
            one.unknowns,
            "abc",
        )
        (part,) = store.snapshots({"a"}, 1, rules=True)
        assert [shot for batch in part for shot in batch] == [expected]
        expected = replace(expected, rules=(), unknown=())
        assert snapshots(store, {"a"}) == [expected]
        assert snapshots(store, {"b"}) == snapshots(store, set()) == []
        assert [shot.decision for shot in snapshots(store)] == sorted([one.id, decision_of(other).id])
        assert snapshots(store, {"a"}, texts=True) == [replace(expected, texts=kept.segments)]

    def test_snapshots_begin_at_an_instant(self, store: Store) -> None:
        """Only decisions made from an instant on are given."""
        early, late = decided(findings=(finding("a"),)), decided(findings=(finding("a"),))
        for change in (early, late):
            store.submit(change).result(10)
        found = [
            one for part in store.snapshots(None, 1, since=decision_of(late).at) for batch in part for one in batch
        ]
        assert [one.decision for one in found] == [decision_of(late).id]

    def test_purged_texts_are_not_there(self, store: Store) -> None:
        """Where content was purged, its snapshot says that there are no texts."""
        change = decided(findings=(finding("a"),))
        store.submit(change).result(10)
        gone = replace(content_of(change), segments=(Segment("text", Role.BODY, ""),), purged=at())
        store.submit(with_line(gone)).result(10)
        assert [shot.texts for shot in snapshots(store, {"a"}, texts=True)] == [None]

    def test_only_the_last_word_counts(self, store: Store) -> None:
        """Of a revision screened again only the last machine decision is given, with the last answer of a person."""
        change = decided(findings=(finding("a"),), outcome=Outcome.REVIEW)
        first = decision_of(change)
        again = replace(first, id=fresh(), key=fresh(), at=at())
        answer = replace(first, id=fresh(), key="", by="person:a", outcome=Outcome.REMOVE, findings=(), at=at())
        better = replace(answer, id=fresh(), outcome=Outcome.PASS, at=at())
        elsewhere = replace(first, id=fresh(), key=fresh(), revision="another")
        store.submit(change).result(10)
        for one in (again, answer, better, elsewhere):
            store.submit(Change((made(one),), (one,))).result(10)
        assert [(shot.decision, shot.person) for shot in snapshots(store, {"a"})] == sorted(
            [(again.id, Outcome.PASS), (elsewhere.id, None)]
        )
        assert sum(store.asked_by_day().values()) == 2

    def test_parts_hold_everything_once(self, store: Store) -> None:
        """However many parts are asked for, together they hold every decision exactly once."""
        made = [decided(findings=(finding("a"),)) for _ in range(7)]
        for change in made:
            store.submit(change).result(10)
        store.submit(Change((Event("x:y", "z", at()),))).result(10)
        expected = sorted(decision_of(change).id for change in made)
        for parts in (1, 2, 3, 7, 50):
            assert [shot.decision for shot in snapshots(store, {"a"}, parts)] == expected
