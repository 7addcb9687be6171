"""Three-valued truth: the Kleene tables, evidence of several findings, and that compiled conditions mean what their tree says."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.policy.fault import Place
from forestall.policy.logic import World, compiled, pushed, share
from forestall.policy.parse import parse
from forestall.policy.syntax import (
    And,
    Arithmetic,
    Choice,
    Compare,
    Count,
    Counted,
    DaysSince,
    Evidence,
    Expr,
    FactName,
    Found,
    Hit,
    Literal,
    Not,
    Or,
    Score,
)
from tests.policy.samples import EXPRESSIONS, FACT_SETS, findings, found

TRUTHS = (True, False, None)


def ask(source: str, facts: dict[str, Fact] | None = None, *given: Finding) -> bool | None:
    """Give the truth of a written condition."""
    return compiled(pushed(parse(source, Place("x")))).asks(World(facts or {}, given, range(len(given))))


@pytest.mark.parametrize("left", TRUTHS)
@pytest.mark.parametrize("right", TRUTHS)
def test_kleene_tables(left: bool | None, right: bool | None) -> None:
    """`and` is the least and `or` the greatest of false < unknown < true, `not` turns it round."""
    rank = {False: 0, None: 1, True: 2}
    facts: dict[str, Fact] = {"has_media": left, "has_text": right}
    assert rank[ask("has_media and has_text", facts)] == min(rank[left], rank[right])
    assert rank[ask("has_media or has_text", facts)] == max(rank[left], rank[right])
    assert rank[ask("not has_media", facts)] == 2 - rank[left]
    assert rank[ask("not (has_media and has_text)", facts)] == 2 - min(rank[left], rank[right])


@pytest.mark.parametrize(
    ("source", "truth"),
    [
        ("has_media", None),
        ('audience == "public"', None),
        ('audience not in ["public"]', None),
        ("1 < parts < 3", None),
        ("3 < parts < 3", None),
        ("parts > 2 and 2 < 1", False),
        ("2 < 1 < parts", False),
        ('finding("pledge")', False),
        ('score("pledge") >= parts', None),
        ('evidence("pledge", "group") == "x"', False),
    ],
)
def test_what_is_not_known(source: str, truth: bool | None) -> None:
    """An absent fact is unknown, an absent finding is simply not there."""
    assert ask(source) is truth


@pytest.mark.parametrize(
    ("source", "truth"),
    [
        ('evidence("unreadable", "cause") == "too-deep"', True),
        ('evidence("unreadable", "cause") in ["encrypted", "truncated"]', True),
        ('evidence("unreadable", "cause") == "broken"', None),
        ('not (evidence("unreadable", "cause") == "truncated")', False),
        ('evidence("unreadable", "size") > 5', True),
        ('0 < evidence("unreadable", "size") < 5', True),
        ('4 < evidence("unreadable", "size") < 8', None),
        ('evidence("unreadable", "cause") > 5', None),
        ('evidence("unreadable", "what") == "a"', True),
        ('evidence("unreadable", "what") == "c"', None),
        ('evidence("unreadable", "size") == True', None),
        ('count("unreadable") == 3', True),
        ('finding("unreadable") == False', False),
    ],
)
def test_evidence_holds_for_one_of_them(source: str, truth: bool | None) -> None:
    """A comparison with evidence holds if it holds for one finding; one that does not say leaves it unknown."""
    given = (
        found("unreadable", cause="too-deep", size=9),
        found("unreadable", cause="truncated", size=4, what=["a", "b"]),
        found("unreadable", size={"not": "plain"}),
    )
    assert ask(source, None, *given) is truth


def test_wrong_types_are_unknown() -> None:
    """A fact that comes with the wrong type orders nothing, and yes is never the number one."""
    assert ask("parts > 2", {"parts": "many"}) is None
    assert ask("parts == 1", {"parts": True}) is False
    assert ask("has_media", {"has_media": 1}) is None


def test_scores_stay_within_bounds() -> None:
    """A score out of bounds is brought within them and one that is no number counts as none."""
    assert [share(score) for score in (-1.0, 0.5, 2.0, float("inf"), float("nan"))] == [0.0, 0.5, 1.0, 1.0, 0.0]


RANK = {False: 0, None: 1, True: 2}
BACK = (False, None, True)


def plainly(expr: Expr, world: World) -> bool | None:
    """Answer a condition by walking its tree, the slow and obvious way."""
    if isinstance(expr, And | Or):
        pick = min if isinstance(expr, And) else max
        return BACK[pick(RANK[plainly(item, world)] for item in expr.items)]
    if isinstance(expr, Not):
        return BACK[2 - RANK[plainly(expr.item, world)]]
    if isinstance(expr, Found):
        return expr.label in world.labelled
    if isinstance(expr, Compare):
        return _compared(expr, world)
    if isinstance(expr, FactName):
        value = world.facts.get(expr.name)
        return value if isinstance(value, bool) else None
    if isinstance(expr, Hit):
        return _matched(expr, world)
    return bool(expr.value)


def _matched(hit: Hit, world: World) -> bool | None:
    """Answer whether a counted finding is a match of a pattern, list or bank; unknown where nobody looked."""
    counted = [world.findings[index] for indices in world.labelled.values() for index in indices]
    if hit.kind == "match":
        labels = {"known-exact", "known-near", "known-text", "known-unconfirmed"}
        return any(one.label in labels and one.evidence.get("bank") == hit.name for one in counted)
    wanted = {"list": hit.name, "kind": hit.of} if hit.kind == "in_list" else {"pattern": hit.id}
    label = "list-match" if hit.kind == "in_list" else "text-match"
    if any(one.label == label and wanted.items() <= dict(one.evidence).items() for one in counted):
        return True
    missing = hit.kind in ("terms", "in_list") and world.facts.get(f"list({hit.name})") is None
    unsearched = hit.kind != "in_list" and world.facts.get("scanned") != ""
    return None if missing or unsearched else False


def _compared(expr: Compare, world: World) -> bool | None:
    """Answer a comparison for every value of its evidence, if it has one."""
    evidence = next((operand for operand in expr.operands if isinstance(operand, Evidence)), None)
    said: list[object] = [None]
    if evidence:
        told = [world.findings[index].evidence.get(evidence.key) for index in world.labelled.get(evidence.label, [])]
        said = [item for value in told for item in (value if isinstance(value, list) else [value])]
    answers = [0]
    for value in said:
        values = [_worth(operand, world, value) for operand in expr.operands]
        answers.append(min(_pair(sign, *values[at : at + 2]) for at, sign in enumerate(expr.operators)))
    return BACK[max(answers)]


def _worth(operand: object, world: World, said: object) -> object:
    if isinstance(operand, Score):
        return max((share(world.findings[index].score) for index in world.labelled.get(operand.label, [])), default=0.0)
    if isinstance(operand, Count):
        return len(world.labelled.get(operand.label, []))
    if isinstance(operand, FactName):
        return world.facts.get(operand.name)
    if isinstance(operand, Counted):
        return world.facts.get(operand.counter.fact)
    if isinstance(operand, DaysSince):
        moments = [world.facts.get(name) for name in (operand.name, "at")]
        if not all(isinstance(moment, str) and moment[:2] == "20" for moment in moments):
            return None
        first, last = (datetime.fromisoformat(str(moment)).timestamp() for moment in moments)
        return (last - first) / 86_400
    if isinstance(operand, Arithmetic):
        left, right = _worth(operand.left, world, said), _worth(operand.right, world, said)
        if left is None or right is None or (operand.sign == "/" and not right):
            return None
        return float(eval(f"a {operand.sign} b", {}, {"a": float(left), "b": float(right)}))  # type: ignore[arg-type]
    if isinstance(operand, Choice):
        return list(operand.values)
    return operand.value if isinstance(operand, Literal) else said


def _pair(sign: str, left: object, right: object) -> int:
    if left is None or right is None:
        return 1
    if isinstance(right, list):
        return 2 * any(left == item and type(left) is type(item) for item in right)
    same = left == right and isinstance(left, bool) == isinstance(right, bool)
    if sign in {"==", "!="}:
        return 2 * (same is (sign == "=="))
    if isinstance(left, str | bool) or isinstance(right, str | bool):
        return 1
    return 2 * bool(eval(f"a {sign} b", {}, {"a": left, "b": right}))


@given(EXPRESSIONS, FACT_SETS, st.lists(findings(), max_size=5))
@settings(max_examples=400, derandomize=True, deadline=None)
def test_compiled_means_the_tree(expr: Expr, facts: dict[str, Fact], given_: list[Finding]) -> None:
    """A compiled condition gives the truth that walking its tree gives, and its opposite the opposite."""
    world = World(facts, given_, range(len(given_)))
    truth = plainly(expr, world)
    assert compiled(pushed(expr)).asks(world) is truth
    assert compiled(pushed(Not(expr))).asks(world) is BACK[2 - RANK[truth]]


@given(EXPRESSIONS, FACT_SETS, st.lists(findings(), max_size=5))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_support_is_what_is_there(expr: Expr, facts: dict[str, Fact], given_: list[Finding]) -> None:
    """What a condition rests on for sure is part of what it may rest on, and nothing lends support that does not count."""
    seen = range(0, len(given_), 2)
    ready, world = compiled(pushed(expr)), World(facts, given_, seen)
    assert ready.rests(world, True) <= ready.rests(world, False) <= set(seen)
