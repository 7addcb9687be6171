"""Verdicts: the laws that hold for any ruleset, and those that hold for every ruleset that was checked."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from forestall.model.decision import Fact
from forestall.model.errors import BadPolicy
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import UNANSWERED, evaluate, shadow
from forestall.policy.ruleset import load
from tests.policy.samples import FACT_SETS, FACTS, LABELS, any_rulesets, findings, found, lawful_files

TEXTUAL: Mapping[str, Outcome] = {
    label: ceiling for label, ceiling in LABELS.items() if ceiling.rank <= Outcome.REVIEW.rank
}
LAWS = settings(max_examples=100, derandomize=True, deadline=None)


def checked(files: dict[str, str]) -> Ruleset:
    """Load drawn files, leaving out draws with conditions that exclude each other."""
    try:
        return load(files, LABELS)
    except BadPolicy as error:
        if "can never fire" not in error.what:
            raise
        reject()


def written(*lines: str, outcome: str = "review", extra: str = "", reason: str = "Because.") -> Ruleset:
    """Load one rule with these conditions."""
    when = "".join(f"\n      - {line}" for line in lines)
    rule = f"  - id: one\n    version: 1\n    title: One\n    clause: C\n    outcome: {outcome}\n    reason: {reason}\n    when:{when}\n"
    return load({"r.yaml": f"rules:\n{rule}{extra}"}, LABELS)


@given(any_rulesets(), FACT_SETS, st.lists(findings(TEXTUAL), max_size=6))
@LAWS
def test_text_never_convicts(ruleset: Ruleset, facts: dict[str, Fact], given_: list[Finding]) -> None:
    """Findings with ceiling `review` lead to nothing beyond a person's look, whatever a ruleset says (promise 1)."""
    assert evaluate(facts, given_, ruleset).outcome.rank <= Outcome.REVIEW.rank


@given(any_rulesets(), FACT_SETS, st.lists(findings(), max_size=6))
@LAWS
def test_nothing_beyond_the_ceilings(ruleset: Ruleset, facts: dict[str, Fact], given_: list[Finding]) -> None:
    """No outcome is harsher than the harshest ceiling among the findings that its reasons name."""
    verdict = evaluate(facts, given_, ruleset)
    ceilings = [given_[index].ceiling.rank for reason in verdict.reasons for index in reason.findings]
    assert verdict.outcome.rank <= max(ceilings, default=0)


@given(any_rulesets(), FACT_SETS, st.lists(findings(), max_size=6), st.randoms(use_true_random=False))
@LAWS
def test_order_does_not_matter(
    ruleset: Ruleset, facts: dict[str, Fact], given_: list[Finding], chance: random.Random
) -> None:
    """The same findings in another order give the same verdict, indices aside, and the same order the very same one."""
    verdict = evaluate(facts, given_, ruleset)
    assert evaluate(facts, given_, ruleset) == verdict
    shuffled = chance.sample(given_, len(given_))
    other = evaluate(facts, shuffled, ruleset)
    assert (other.outcome, other.priority, other.unknowns) == (verdict.outcome, verdict.priority, verdict.unknowns)
    assert [(reason.rule, reason.text) for reason in other.reasons] == [
        (reason.rule, reason.text) for reason in verdict.reasons
    ]
    assert [given.name for given in other.excuses] == [given.name for given in verdict.excuses]


@given(lawful_files(), FACT_SETS, st.lists(findings(), max_size=6), st.randoms(use_true_random=False))
@LAWS
def test_reasons_read_the_same_in_any_order(
    files: dict[str, str], facts: dict[str, Fact], given_: list[Finding], chance: random.Random
) -> None:
    """Words filled into reasons do not depend on the order of findings either."""
    ruleset = checked(files)
    texts = [reason.text for reason in evaluate(facts, given_, ruleset).reasons]
    assert [reason.text for reason in evaluate(facts, chance.sample(given_, len(given_)), ruleset).reasons] == texts


@given(lawful_files(), FACT_SETS, st.lists(findings(), max_size=6), findings())
@LAWS
def test_a_context_never_makes_it_harsher(
    files: dict[str, str], facts: dict[str, Fact], given_: list[Finding], more: Finding
) -> None:
    """An added context never makes an outcome harsher and never raises a priority."""
    ruleset = checked(files)
    context = Finding("sample", "1", "context-news", more.score, Outcome.PASS, more.part)
    before, after = evaluate(facts, given_, ruleset), evaluate(facts, [*given_, context], ruleset)
    assert after.outcome.rank <= before.outcome.rank
    assert after.priority <= before.priority


@given(
    lawful_files(), FACT_SETS, st.lists(findings(), max_size=6), st.sampled_from(["propaganda", "pledge", "recruiting"])
)
@LAWS
def test_an_excuse_never_makes_it_harsher(
    files: dict[str, str], facts: dict[str, Fact], given_: list[Finding], label: str
) -> None:
    """An excuse added to a ruleset never makes an outcome harsher and never raises a priority."""
    ruleset = checked(files)
    added = f"excuses:\n  - {{name: more, text: Safe., context: context-research, excuses: [{label}]}}\n"
    more = checked({**files, "more.yaml": added})
    before, after = evaluate(facts, given_, ruleset), evaluate(facts, given_, more)
    assert after.outcome.rank <= before.outcome.rank
    assert after.priority <= before.priority


@given(lawful_files(), FACT_SETS, st.lists(findings(), max_size=6), findings())
@LAWS
def test_priority_grows_with_findings(
    files: dict[str, str], facts: dict[str, Fact], given_: list[Finding], more: Finding
) -> None:
    """The priority lies within 0 and 1, and a finding more that does not excuse others never lowers it."""
    ruleset = checked(files)
    assume(not more.label.startswith("context-"))
    before, after = evaluate(facts, given_, ruleset), evaluate(facts, [*given_, more], ruleset)
    assert 0 <= before.priority <= 1
    assert after.priority >= before.priority


def test_without_findings_nothing_happens() -> None:
    """No findings: pass, priority 0, no reasons."""
    verdict = evaluate(FACTS, [], written('finding("pledge")'))
    assert (verdict.outcome, verdict.priority, verdict.reasons) == (Outcome.PASS, 0.0, ())


def test_a_branch_of_text_does_not_borrow_a_ceiling() -> None:
    """In `text or (known material and …)` the text branch alone keeps its own ceiling, also where known material is present."""
    ruleset = written('finding("recruiting") or (finding("known-exact") and audience == "public")', outcome="remove")
    both = [found("recruiting"), found("known-exact")]
    assert evaluate({**FACTS, "audience": "private"}, both, ruleset).outcome is Outcome.REVIEW
    assert evaluate(FACTS, both, ruleset).outcome is Outcome.REMOVE
    assert evaluate(FACTS, both[1:], ruleset).outcome is Outcome.REMOVE


def test_a_finding_that_weighs_against_lends_nothing() -> None:
    """A comparison that a finding makes less true does not rest on it."""
    ruleset = written('score("known-exact") < 0.5', 'finding("recruiting")')
    verdict = evaluate(FACTS, [found("known-exact", 0.2), found("recruiting")], ruleset)
    assert [reason.findings for reason in verdict.reasons] == [(1,)]


def test_only_findings_that_reach_it_lend_support() -> None:
    """A threshold rests on the findings that reach it, and evidence on those that say it."""
    ruleset = written('score("known-exact") >= 0.5', outcome="remove")
    weak = Finding("sample", "1", "known-exact", 0.9, Outcome.REVIEW)
    assert evaluate(FACTS, [weak, found("known-exact", 0.1)], ruleset).outcome is Outcome.REVIEW
    ruleset = written('evidence("unreadable", "cause") == "a"', extra="evidence:\n  unreadable: [cause]\n")
    verdict = evaluate(FACTS, [found("unreadable", cause="b"), found("unreadable", cause="a")], ruleset)
    assert verdict.reasons[0].findings == (1,)


@pytest.mark.parametrize(
    ("outcome", "unknown", "came"),
    [
        ("remove", "", Outcome.REVIEW),
        ("hold", "", Outcome.REVIEW),
        ("remove", "pass", Outcome.PASS),
        ("review", "", Outcome.PASS),
        ("review", "review", Outcome.REVIEW),
        ("pass", "review", Outcome.PASS),
    ],
)
def test_what_unknown_does(outcome: str, unknown: str, came: Outcome) -> None:
    """A rule that cannot be answered is listed, and asks for what its `unknown:` says; a person for those that hide, else nothing."""
    said = f"    unknown: {unknown}\n" if unknown else ""
    ruleset = written('finding("known-exact")', 'audience == "public"', outcome=outcome, extra=said)
    verdict = evaluate({**FACTS, "audience": None}, [found("known-exact")], ruleset)
    assert verdict.unknowns == ("one",)
    assert verdict.outcome is came
    assert [reason.text for reason in verdict.reasons] == ([UNANSWERED + "Because."] if came.asks_a_person else [])


def test_the_harshest_reason_comes_first() -> None:
    """Reasons stand in the order of what they ask for, then as written."""
    extra = (
        "  - {id: two, version: 1, title: T, clause: C, outcome: remove, reason: R, when: ['finding(\"known-exact\")']}\n"
        "  - {id: three, version: 1, title: T, clause: C, outcome: review, reason: R, when: ['finding(\"pledge\")']}\n"
    )
    ruleset = written('finding("pledge")', extra=extra)
    verdict = evaluate(FACTS, [found("pledge"), found("known-exact")], ruleset)
    assert [reason.rule for reason in verdict.reasons] == ["two", "one", "three"]
    assert verdict.outcome is Outcome.REMOVE


def test_reasons_speak_of_what_they_rest_on() -> None:
    """Places in a reason are filled from the strongest finding the rule rests on, cleaned of what does not print."""
    ruleset = written(
        'evidence("unreadable", "cause") == "a"',
        extra="evidence:\n  unreadable: [cause, what]\n",
        reason='"{unreadable.part}: {unreadable.what} ({unreadable.score}, {audience})"',
    )
    given_ = [
        found("unreadable", 1.0, "other", cause="b", what="not this"),
        found("unreadable", 0.5, "file", cause="a", what="{audience}\u202e\x00 evil\nline"),
    ]
    assert evaluate(FACTS, given_, ruleset).reasons[0].text == "file: {audience} evil line (0.50, public)"


def test_priority_is_comparable() -> None:
    """The priority joins the strongest score of every label by its weight, and excused findings keep the discounted part."""
    extra = (
        "priority: {excused: 0.5, weights: {pledge: 0.5, recruiting: 1.0}}\n"
        "excuses:\n  - {name: news, text: News., context: context-news, excuses: [recruiting]}\n"
    )
    ruleset = written('finding("pledge")', extra=extra)
    given_ = [found("pledge", 0.8), found("pledge", 0.2), found("recruiting", 0.5)]
    assert evaluate(FACTS, given_, ruleset).priority == pytest.approx(1 - 0.6 * 0.5)
    assert evaluate(FACTS, [*given_, found("context-news")], ruleset).priority == pytest.approx(1 - 0.6 * 0.75)


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        ("2026-03-28T23:59:59.999Z", False),
        ("2026-03-29T00:00:00.000Z", True),
        ("2026-03-29T01:30:00+02:00", False),
        ("2026-10-25T23:59:59Z", True),
        ("2026-10-26T00:30:00+01:00", True),
        ("2026-10-26T00:00:00Z", False),
        ("soon", None),
    ],
)
def test_a_rule_s_days_are_utc(at: str, speaks: bool | None) -> None:
    """A rule holds from its first day to its last, both whole, in UTC whatever clocks do; without an instant it is unknown."""
    ruleset = _limited("    effective: {from: 2026-03-29, until: 2026-10-25}\n")
    verdict = evaluate({"at": at}, [found("pledge")], ruleset)
    assert bool(verdict.reasons) is bool(speaks)
    assert bool(verdict.unknowns) is (speaks is None)


@pytest.mark.parametrize(("surface", "speaks"), [("board", True), ("chat", False), (None, None)])
def test_a_rule_keeps_to_its_surfaces(surface: str | None, speaks: bool | None) -> None:
    """A rule for one surface says nothing of others, and is unknown where nobody knows which it is."""
    ruleset = _limited("    surfaces: [board, wall]\n")
    verdict = evaluate({"surface": surface}, [found("pledge")], ruleset)
    assert (bool(verdict.reasons), bool(verdict.unknowns)) == (bool(speaks), speaks is None)


@pytest.mark.parametrize("status", ["draft", "shadow", "retired"])
def test_only_live_rules_decide(status: str) -> None:
    """A rule with any other status changes no verdict; a watched one says what it would have said."""
    ruleset = _limited(f"    status: {status}\n")
    given_ = [found("pledge")]
    assert evaluate({}, given_, ruleset).outcome is Outcome.PASS
    assert shadow({}, given_, ruleset) == ((("one",), ()) if status == "shadow" else ((), ()))
    assert shadow({}, [], ruleset) == ((), ())


def _limited(more: str) -> Ruleset:
    """Load one rule on pledges with more fields."""
    rule = "  - id: one\n    version: 1\n    title: One\n    clause: C\n    outcome: review\n    reason: So.\n"
    return load({"r.yaml": f"rules:\n{rule}{more}    when: ['finding(\"pledge\")']\n"}, LABELS)
