"""Backtests: what they say is what replaying one by one would say, however the decisions are split, and however many work."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.insights.backtest import report, rows
from forestall.insights.backtest.impact import capacity_of, impact, needed
from forestall.insights.backtest.plan import plan_of
from forestall.insights.backtest.run import Backtest, backtest, tried
from forestall.insights.backtest.tally import MOST_SURPRISES, Tally
from forestall.model.decision import Fact
from forestall.model.errors import BadInput
from forestall.model.finding import Finding
from forestall.model.ids import new_id
from forestall.model.outcome import Outcome
from forestall.model.records import Change
from forestall.model.rulebook import Snapshot
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import evaluate
from forestall.policy.ruleset import default_files, load
from forestall.store import MemoryStore, open_store
from tests.policy.samples import FACT_SETS, LABELS, any_rulesets, findings, found
from tests.store.samples import SIGNER, at, decision, made


def snapshot(number: int, given_: tuple[Finding, ...], facts: Mapping[str, Fact], **more: Any) -> Snapshot:
    """Give a decision to try rules on."""
    values: dict[str, Any] = {"at": f"2026-01-{1 + number % 9:02d}T00:00:00.000Z", "language": "en"}
    return Snapshot(
        f"d{number}", f"c{number}", "r", **{**values, **more}, outcome=Outcome.PASS, facts=facts, findings=given_
    )


@cache
def ruleset(text: str = "") -> Ruleset:
    """Give the packaged ruleset, with further rules where a text holds some."""
    files = default_files()
    return load({**files, "90-more.yaml": text} if text else files, LABELS)


def rule(name: str, *conditions: str, outcome: str = "review") -> str:
    """Write a file with one rule."""
    when = "".join(f"\n      - {line}" for line in conditions)
    head = f"rules:\n  - id: {name}\n    version: 1\n    title: T\n    clause: C\n"
    return f"{head}    outcome: {outcome}\n    reason: So.\n    when:{when}\n"


SNAPSHOTS = st.lists(st.tuples(st.lists(findings(), max_size=5).map(tuple), FACT_SETS), max_size=8).map(
    lambda drawn: [snapshot(number, given_, facts) for number, (given_, facts) in enumerate(drawn)]
)
LAWS = settings(max_examples=100, derandomize=True, deadline=None)


@given(any_rulesets(needing=True), any_rulesets(needing=True), SNAPSHOTS)
@LAWS
def test_it_is_what_replaying_says(before: Ruleset, after: Ruleset, shots: list[Snapshot]) -> None:
    """Every pair of outcomes that differs is counted, and none that does not; rules gained and lost are those of two evaluations."""
    plan = plan_of(before, after)
    for one in shots:
        was, now = (evaluate(one.facts, one.findings, rules) for rules in (before, after))
        sides = plan.sides(one)
        if sides is None:
            assert was.outcome is now.outcome
            assert {reason.rule for reason in was.reasons} == {reason.rule for reason in now.reasons}
        else:
            assert (sides.before, sides.after) == (was.outcome, now.outcome)
            spoke, speaks = ({reason.rule for reason in verdict.reasons} for verdict in (was, now))
            assert set(sides.gained) == speaks - spoke
            assert set(sides.lost) == spoke - speaks
            assert set(sides.unknown) == set(now.unknowns)


@given(any_rulesets(needing=True), any_rulesets(needing=True), SNAPSHOTS)
@LAWS
def test_what_it_does_not_look_at_cannot_change(before: Ruleset, after: Ruleset, shots: list[Snapshot]) -> None:
    """A decision whose labels the difference does not concern comes out the same under both rulesets."""
    plan = plan_of(before, after)
    for one in shots:
        labels = " ".join(sorted({finding.label for finding in one.findings}))
        if not one.findings or labels not in plan.concerned([labels]):
            was, now = (evaluate(one.facts, one.findings, rules) for rules in (before, after))
            assert was.outcome is now.outcome


@given(any_rulesets(needing=True), any_rulesets(needing=True), SNAPSHOTS, st.integers(0, 8))
@LAWS
def test_parts_add_up(before: Ruleset, after: Ruleset, shots: list[Snapshot], cut: int) -> None:
    """Counting two parts and adding them gives what counting the whole gives, whichever comes first."""
    plan = plan_of(before, after)
    whole = tried(plan, shots)
    for first, second in ((shots[:cut], shots[cut:]), (shots[cut:], shots[:cut])):
        summed = tried(plan, first)
        summed += tried(plan, second)
        assert _plain(plan_totals(summed)) == _plain(plan_totals(whole))
        assert summed.surprises == whole.surprises


def plan_totals(tally: Tally) -> dict[str, Any]:
    """Give a tally as plain values."""
    plan = plan_of(ruleset(), ruleset())
    return report.totals(Backtest(plan, tally, 0, 0, {}))


def _plain(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def test_words_and_titles_change_nothing() -> None:
    """Rules that only say the same in other words do not differ in what they decide, so nothing is looked at."""
    files = default_files()
    other = {**files, "20-recruiting.yaml": files["20-recruiting.yaml"].replace("Reads like", "Sounds like")}
    plan = plan_of(ruleset(), load(other, LABELS))
    assert not plan.rules
    assert not plan.concerned(["recruiting", "recruiting training"])


def test_only_concerned_decisions_are_looked_at() -> None:
    """A new rule that needs a label is tried only where there is one."""
    plan = plan_of(ruleset(), ruleset(rule("more", 'finding("training")', 'score("recruiting") >= 0.2')))
    assert plan.concerned(["recruiting", "training", "recruiting training", "a recruiting training z"]) == {
        "recruiting training",
        "a recruiting training z",
    }


def test_people_s_answers_are_counted() -> None:
    """What people answered on newly caught and on dropped decisions says how right the new rules are."""
    plan = plan_of(ruleset(), ruleset(rule("more", 'score("training") >= 0.3')))
    given_ = (found("training", 0.4),)
    answers = [Outcome.REMOVE, Outcome.HOLD, Outcome.PASS, None]
    tally = tried(plan, [snapshot(number, given_, {}, person=person) for number, person in enumerate(answers)])
    assert (tally.moves.caught, tally.moves.dropped) == (4, 0)
    assert (tally.caught.right, tally.caught.wrong) == (2, 1)
    assert tally.rules["more"].precision.hits == 2
    assert tally.rules["more"].alone == 4
    back = tried(plan_of(plan.after, plan.before), [snapshot(0, given_, {}, person=Outcome.REMOVE)])
    assert (back.moves.dropped, back.dropped.right) == (1, 1)


def test_the_most_surprising_comes_first() -> None:
    """What contradicts a person's answer is read first, and no more than twenty are shown."""
    plan = plan_of(ruleset(), ruleset(rule("more", 'score("training") >= 0.3')))
    shots = [snapshot(number, (found("training", 0.4),), {}) for number in range(300)]
    shots[177] = replace(shots[177], person=Outcome.PASS)
    tally = tried(plan, shots)
    assert len(tally.surprises) == MOST_SURPRISES
    assert tally.surprises[0].content == "c177"
    assert tally.surprises[0].gained == ("more",)
    assert tally.surprises[0].reason == "So."


@pytest.mark.parametrize("processes", [1, 2])
def test_a_store_is_tried_in_parts_and_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    """Over a store, alone or in several processes, the answer is that of trying every decision."""
    monkeypatch.setattr("forestall.insights.backtest.run.APART", 5)
    monkeypatch.setattr("forestall.insights.backtest.run.PART", 4)
    store = open_store(tmp_path, SIGNER, at)
    shots = []
    for number in range(23):
        one = replace(
            decision(), findings=(found("training", number / 23),), facts={}, outcome=Outcome.REVIEW, key=new_id()
        )
        store.submit(Change((made(one),), (one,))).result(10)
        shots.append(one)
    after = ruleset(rule("more", 'score("training") >= 0.3'))
    seen: list[tuple[int, int]] = []
    found_ = backtest(
        ruleset(), after, LABELS, store, processes=processes, progress=lambda done, number: seen.append((done, number))
    )
    store.close()
    expected = Counter(
        (evaluate({}, one.findings, ruleset()).outcome, evaluate({}, one.findings, after).outcome) for one in shots
    )
    assert found_.tally.moves.caught == expected[Outcome.PASS, Outcome.REVIEW] > 0
    assert found_.tally.looked == found_.concerned == found_.decisions == 23
    assert seen[-1] == (23, 23)
    assert sum(found_.asked.values()) == 23


def test_an_empty_store_has_nothing_to_say() -> None:
    """Without decisions nothing moves and nothing is known about cases per day."""
    found_ = backtest(ruleset(), ruleset(rule("more", 'finding("training")')), LABELS, MemoryStore(SIGNER, at))
    assert not found_.tally.moves.any
    assert not impact(found_).days
    assert "no decision" in impact(found_).told()


def test_impact_counts_days_without_cases() -> None:
    """Cases per day are over all days from the first to the last, and what reviewers can do is set against them."""
    plan = plan_of(ruleset(), ruleset())
    tally = Tally()
    tally.days.update({"2026-01-01": -4, "2026-01-05": 15})
    what = impact(Backtest(plan, tally, 0, 0, {"2026-01-01": 10, "2026-01-04": 20}), capacity=15)
    assert (what.days, what.mean_before, what.mean_after) == (5, 6.0, 8.2)
    assert (what.most_before, what.most_after) == (20, 20)
    assert (what.over_before, what.over_after) == (1, 1)
    assert what.fits
    assert "55%" in what.told()
    assert capacity_of(3, 5.0, 2.0) == 450
    assert needed(451, 5.0, 2.0) == 4


def test_rows_of_a_file_are_tried(tmp_path: Path) -> None:
    """Decisions in a file are read with what is known of them; no row can give a label more than it may cause here."""
    path = tmp_path / "rows.jsonl"
    line = {
        "findings": [
            {"label": "training", "score": 0.4, "ceiling": "remove"},
            {"label": "strange", "ceiling": "remove"},
        ],
        "person": "remove",
        "family": "news",
        "language": "ar",
        "at": "2026-01-02T00:00:00Z",
    }
    path.write_text(json.dumps(line) + "\n\n" + json.dumps({"id": "x", "findings": []}) + "\n", "utf-8")
    read = list(rows.read(path, LABELS))
    assert [finding.ceiling for finding in read[0].findings] == [Outcome.REVIEW, Outcome.PASS]
    assert (read[0].content, read[1].content) == ("rows.jsonl:1", "x")
    tally = tried(plan_of(ruleset(), ruleset(rule("more", 'score("training") >= 0.3'))), read)
    assert tally.families["news"].caught == tally.languages["ar"].caught == 1


def test_parquet_rows_are_the_same(tmp_path: Path) -> None:
    """A Parquet file with the columns of the JSON lines gives the same decisions."""
    duckdb = pytest.importorskip("duckdb")
    lines, table = tmp_path / "rows.jsonl", tmp_path / "rows.parquet"
    made_ = [
        {
            "id": f"i{number}",
            "findings": json.dumps([{"label": "training", "score": number / 10, "evidence": {"a": [1, "b"]}}]),
            "facts": json.dumps({"parts": number}),
            "language": "de",
        }
        for number in range(5)
    ]
    lines.write_text("".join(json.dumps(one) + "\n" for one in made_), "utf-8")
    columns = "{id: 'VARCHAR', findings: 'VARCHAR', facts: 'VARCHAR', language: 'VARCHAR'}"
    duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}', columns={columns})) TO '{table}'")
    plain = [{**one, "findings": json.loads(one["findings"]), "facts": json.loads(one["facts"])} for one in made_]
    lines.write_text("".join(json.dumps(one) + "\n" for one in plain), "utf-8")
    assert list(rows.read(table, LABELS)) == list(rows.read(lines, LABELS))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"findings": 1}',
        '{"findings": [{"label": 1}]}',
        '{"findings": [], "person": "burn"}',
        "{",
        "\xff",
        "[" * 5000,
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, text: str) -> None:
    """A row that is no decision is refused with file and row."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"findings": []}\n' + text.encode("latin-1") + b"\n")
    with pytest.raises(BadInput, match=r"rows\.jsonl, row 2"):
        list(rows.read(path, LABELS))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_a_broken_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that only calls itself Parquet is refused."""
    pytest.importorskip("duckdb")
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="Parquet"):
        list(rows.read(path, LABELS))
