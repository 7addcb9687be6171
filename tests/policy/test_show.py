"""Trees written as lines, and decisions told step by step."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.policy.derive import Step, derivation
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import evaluate
from forestall.policy.fault import Faulty, Place
from forestall.policy.parse import DEEPEST, LONGEST, parse
from forestall.policy.ruleset import default_files, load
from forestall.policy.show import shown
from forestall.policy.syntax import Expr
from tests.policy.samples import EXPRESSIONS, FACT_SETS, LABELS, any_rulesets, findings, found

HERE = Place("x")


@given(EXPRESSIONS)
@settings(max_examples=500, derandomize=True, deadline=None)
def test_written_and_read_is_the_same_tree(expr: Expr) -> None:
    """Whatever a tree holds, its line is parsed back to that very tree, and written again is the same line."""
    line = shown(expr)
    assume(len(line) <= LONGEST)
    try:
        again = parse(line, HERE)
    except Faulty as error:  # a tree drawn at random may compare what a line may not, or be deeper than a line may be
        told = error.fault.what
        assume(not any(word in told for word in ("nested too deeply", "cannot be", "compares numbers", "ambiguous")))
        raise
    assert again == expr
    assert shown(again) == line


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ('finding("a") and (has_media or has_text)', 'finding("a") and (has_media or has_text)'),
        ('not (finding("a") and has_media)', 'not (finding("a") and has_media)'),
        ("not ( not has_media )", "not not has_media"),
        ("(parts + 1) * 2 - 3 / (parts - 1) > 0", "(parts + 1) * 2 - 3 / (parts - 1) > 0"),
        ("parts - (1 - 2) > 0", "parts - (1 - 2) > 0"),
        ("kind in ('post', 'file')", 'kind in ["post", "file"]'),
        (r"rx(r'\bjoin \d')", r'rx(r"\bjoin \d")'),
        ("phrase('say \"yes\"')", "phrase('say \"yes\"')"),
        ('distinct("author","contact","7d")>=3', 'distinct("author", "contact", "7d") >= 3'),
    ],
)
def test_lines_read_well(line: str, same: str) -> None:
    """A line is written with the brackets it needs and no others."""
    assert shown(parse(line, HERE)) == same
    assert parse(same, HERE) == parse(line, HERE)
    assert DEEPEST > 10


def truths(steps: tuple[Step, ...]) -> set[bool | None]:
    """Give the truths of steps."""
    return {step.truth for step in steps}


@given(any_rulesets(), FACT_SETS, st.lists(findings(), max_size=5))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_derivation_says_what_the_verdict_says(
    ruleset: Ruleset, facts: dict[str, Fact], given_: list[Finding]
) -> None:
    """A rule's truth is the least of its steps', and the rules that speak or are unknown are those of the verdict."""
    verdict = evaluate(facts, given_, ruleset)
    told = derivation(facts, given_, ruleset)
    rank = {False: 0, None: 1, True: 2}
    for rule in told:
        assert rank[rule.truth] == min(rank[truth] for truth in truths(rule.steps))
    if given_ or ruleset.looking:
        assert {rule.rule for rule in told if rule.truth is None} == set(verdict.unknowns)
        assert {reason.rule for reason in verdict.reasons} <= {rule.rule for rule in told if rule.truth is not False}


def test_a_derivation_in_words() -> None:
    """A reader sees each condition, what it came to, and what was seen."""
    ruleset = load(default_files(), LABELS)
    told = derivation({}, [found("listed-name", 0.9), found("recruiting", 0.42)], ruleset)
    (named,) = [rule for rule in told if rule.rule == "named-and-recruiting"]
    assert (named.truth, named.asked) == (True, "review")
    assert named.steps[1] == Step('score("recruiting") >= 0.4', True, 'score("recruiting") is 0.42')
    (likely,) = [rule for rule in told if rule.rule == "recruiting-likely"]
    assert (likely.truth, likely.asked) == (False, "")
