"""What conditions mean: three-valued truth over a world of counted findings and facts, compiled to closures.

Truth is `True`, `False` or `None` for unknown (Kleene): `and` is the least, `or` the greatest, in the order false, unknown, true; `not`
turns it round. Before compiling, `not` is pushed down to the leaves, so that every leaf stands either plainly or negated.

Besides its truth every condition can say which findings it rests on: those without which it would not be as true as it is. A
finding that only weighs against (`score("x") < 0.5`, `not finding("x")`) lends nothing.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.policy.syntax import (
    And,
    Choice,
    Compare,
    Count,
    Evidence,
    Expr,
    FactName,
    Found,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Score,
)

Truth = bool | None


class World:
    """What a condition sees: facts, and findings by label.

    Takes:
        facts: name → value; absent or `None` is unknown.
        findings: all findings; `seen` holds the indices that count here.
    """

    __slots__ = ("facts", "findings", "labelled", "scores")

    def __init__(self, facts: Mapping[str, Fact], findings: Sequence[Finding], seen: Iterable[int]) -> None:
        self.facts = facts
        self.findings = findings
        self.labelled: dict[str, list[int]] = {}
        self.scores: dict[str, float] = {}
        for index in seen:
            finding = findings[index]
            label = finding.label
            score = share(finding.score)
            if label in self.labelled:
                self.labelled[label].append(index)
                self.scores[label] = max(score, self.scores[label])
            else:
                self.labelled[label] = [index]
                self.scores[label] = score


Asks = Callable[[World], Truth]
Rests = Callable[[World, bool], set[int]]
Gets = Callable[[World], Any]


class Compiled:
    """A condition ready to run: `asks(world)` is its truth; `rests(world, sure)` the indices of the findings it rests on.

    With `sure` only what is true counts as support, without it also what could not be answered.
    """

    __slots__ = ("asks", "rests")

    def __init__(self, asks: Asks, rests: Rests) -> None:
        self.asks = asks
        self.rests = rests


def share(score: float) -> float:
    """Give a score within 0..1; one that is not a number counts as 0, so that order never matters."""
    if 0.0 <= score <= 1.0:
        return score
    return 1.0 if score > 1.0 else 0.0


def pushed(expr: Expr, negated: bool = False) -> Expr:
    """Give the same condition with every `not` directly on a leaf (De Morgan holds in three values too)."""
    if isinstance(expr, Not):
        return pushed(expr.item, not negated)
    if isinstance(expr, And | Or):
        items = tuple(pushed(item, negated) for item in expr.items)
        return And(items, expr.at) if isinstance(expr, And) is not negated else Or(items, expr.at)
    return Not(expr, expr.at) if negated else expr


def lends(compare: Compare, position: int, negated: bool) -> int:
    """Say how an operand bears on a comparison: 1 if more of it makes it truer, -1 if less of it does, 0 if either can.

    Evidence is met by any one finding, so more findings always make it truer.
    """
    operand = compare.operands[position]
    found: set[int] = set()
    if isinstance(operand, Evidence):
        found.add(1)
    elif not isinstance(operand, Score | Count):
        found.add(0)
    else:
        if position > 0:
            found.add(_BEARING.get(compare.operators[position - 1], 0))
        if position < len(compare.operators):
            found.add(-_BEARING.get(compare.operators[position], 0))
    bearing = found.pop() if len(found) == 1 else 0
    return -bearing if negated else bearing


_BEARING = {"<": 1, "<=": 1, ">": -1, ">=": -1}
"""How more on the right of an operator bears on the comparison."""


def compiled(expr: Expr) -> Compiled:
    """Compile a condition whose `not`s have been pushed down."""
    if isinstance(expr, And):
        return _all([compiled(item) for item in expr.items])
    if isinstance(expr, Or):
        return _any([compiled(item) for item in expr.items])
    if isinstance(expr, Not):
        return _leaf(expr.item, negated=True)
    return _leaf(expr, negated=False)


def _all(items: list[Compiled]) -> Compiled:
    asked = tuple(item.asks for item in items)

    def asks(world: World) -> Truth:
        truth: Truth = True
        for ask in asked:
            answer = ask(world)
            if answer is False:
                return False
            if answer is None:
                truth = None
        return truth

    def rests(world: World, sure: bool) -> set[int]:
        return set().union(*(item.rests(world, sure) for item in items))

    return Compiled(asks, rests)


def _any(items: list[Compiled]) -> Compiled:
    asked = tuple(item.asks for item in items)

    def asks(world: World) -> Truth:
        truth: Truth = False
        for ask in asked:
            answer = ask(world)
            if answer is True:
                return True
            if answer is None:
                truth = None
        return truth

    def rests(world: World, sure: bool) -> set[int]:
        speaking = [item for item in items if item.asks(world) is True or (not sure and item.asks(world) is None)]
        return set().union(*(item.rests(world, sure) for item in speaking))

    return Compiled(asks, rests)


def _leaf(expr: Expr, *, negated: bool) -> Compiled:
    if isinstance(expr, Found):
        return _found(expr.label, negated)
    if isinstance(expr, Compare):
        return _compare(expr, negated)
    if isinstance(expr, FactName):
        name = expr.name

        def fact(world: World) -> Truth:
            value = world.facts.get(name)
            return value is not negated if isinstance(value, bool) else None

        return Compiled(fact, _nothing)
    value = isinstance(expr, Literal) and expr.value is not negated
    return Compiled(lambda _: value, _nothing)


def _found(label: str, negated: bool) -> Compiled:
    if negated:
        return Compiled(lambda world: label not in world.labelled, _nothing)
    return Compiled(lambda world: label in world.labelled, lambda world, _: set(world.labelled.get(label, ())))


def _nothing(_world: World, _sure: bool) -> set[int]:
    """Rest on no finding."""
    return set()


def _compare(expr: Compare, negated: bool) -> Compiled:
    """Compile a comparison; `values` holds one value per operand, for evidence the list of what findings say."""
    gets = tuple(_value(operand) for operand in expr.operands)
    many = next((place for place, operand in enumerate(expr.operands) if isinstance(operand, Evidence)), None)
    operators = expr.operators

    def test(values: list[Any]) -> Truth:
        truth = _chain(operators, values) if many is None else _exists(operators, values, many)
        return truth if truth is None or not negated else not truth

    def asks(world: World) -> Truth:
        return test([get(world) for get in gets])

    lending = tuple(place for place in range(len(expr.operands)) if lends(expr, place, negated) >= 0)

    def rests(world: World, sure: bool) -> set[int]:
        values = [get(world) for get in gets]
        support: set[int] = set()
        for place in lending:
            for index, value in _each(expr.operands[place], world):
                truth = test([*values[:place], value, *values[place + 1 :]])
                if truth is True or (truth is None and not sure):
                    support.add(index)
        return support

    return Compiled(_quick(expr, negated) or asks, rests)


def _quick(expr: Compare, negated: bool) -> Asks | None:
    """Compile the commonest comparison, a score against a number, without a detour."""
    left, right = expr.operands[0], expr.operands[-1]
    test = _ORDER.get(expr.operators[0])
    if (
        negated
        or test is None
        or len(expr.operands) != 2
        or not (isinstance(left, Score) and isinstance(right, Literal))
    ):
        return None
    label, bound = left.label, right.value
    return lambda world: bool(test(world.scores.get(label, 0.0), bound))


def _value(operand: Operand) -> Gets:
    """Compile an operand to what gives its value; `None` is unknown."""
    if isinstance(operand, FactName):
        name = operand.name
        return lambda world: world.facts.get(name)
    if isinstance(operand, Found | Score | Count):
        label = operand.label
        if isinstance(operand, Found):
            return lambda world: label in world.labelled
        if isinstance(operand, Score):
            return lambda world: world.scores.get(label, 0.0)
        return lambda world: len(world.labelled.get(label, ()))
    if isinstance(operand, Evidence):
        return lambda world: [value for _, said in _each(operand, world) for value in said]
    constant = operand.values if isinstance(operand, Choice) else operand.value
    return lambda _: constant


def _each(operand: Operand, world: World) -> list[tuple[int, Any]]:
    """Give, for each finding an operand looks at, its index and the operand's value if it were decided by that finding alone."""
    if not isinstance(operand, Found | Score | Count | Evidence):
        return []
    indices = world.labelled.get(operand.label, [])
    if isinstance(operand, Score):
        return [(index, share(world.findings[index].score)) for index in indices]
    if isinstance(operand, Evidence):
        return [(index, _said(world.findings[index], operand.key)) for index in indices]
    value = True if isinstance(operand, Found) else len(indices)
    return [(index, value) for index in indices]


def _said(finding: Finding, key: str) -> list[Any]:
    """Give what a finding says under a key, one value or several; not a plain value is unknown."""
    value = finding.evidence.get(key)
    values = list(value) if isinstance(value, list | tuple) else [value]
    return [item if isinstance(item, str | int | float) else None for item in values]


def _exists(operators: tuple[Operator, ...], values: list[Any], many: int) -> Truth:
    """Say whether a comparison holds for at least one value of evidence."""
    truth: Truth = False
    for value in values[many]:
        answer = _chain(operators, [*values[:many], value, *values[many + 1 :]])
        if answer:
            return True
        if answer is None:
            truth = None
    return truth


def _chain(operators: tuple[Operator, ...], values: list[Any]) -> Truth:
    """Compare neighbours, all of which must hold."""
    truth: Truth = True
    for place, sign in enumerate(operators):
        answer = _pair(sign, values[place], values[place + 1])
        if answer is False:
            return False
        if answer is None:
            truth = None
    return truth


def _pair(sign: Operator, left: Any, right: Any) -> Truth:
    """Compare two values: unknown if one is unknown, or if an order is asked of what has none."""
    if left is None or right is None:
        return None
    if sign in {"in", "not in"}:
        return any(_same(left, item) for item in right) is (sign == "in")
    if sign in {"==", "!="}:
        return _same(left, right) is (sign == "==")
    if isinstance(left, bool | str) or isinstance(right, bool | str):
        return None
    return bool(_ORDER[sign](left, right))


def _same(left: Any, right: Any) -> bool:
    """Say whether two values are equal; yes-or-no is never equal to a number."""
    return bool(left == right) and isinstance(left, bool) is isinstance(right, bool)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
