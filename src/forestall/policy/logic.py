"""What conditions mean: three-valued truth over a world of counted findings and facts, compiled to closures.

Truth is `True`, `False` or `None` for unknown (Kleene): `and` is the least, `or` the greatest, in the order false, unknown, true; `not`
turns it round. Before compiling, `not` is pushed down to the leaves, so that every leaf stands either plainly or negated.

Besides its truth every condition can say which findings it rests on: those without which it would not be as true as it is. A
finding that only weighs against (`score("x") < 0.5`, `not finding("x")`) lends nothing.
"""

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.policy.facts import SCANNED, instant, list_fact
from forestall.policy.hits import ANSWERING, IN_TEXT, NEEDS_LIST, hit_of
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
    Operand,
    Operator,
    Or,
    Score,
    Sign,
)

Truth = bool | None
_AS_EVER: Mapping[str, float] = MappingProxyType({})


class World:
    """What a condition sees: facts, and findings by label.

    Takes:
        facts: name → value; absent or `None` is unknown.
        findings: all findings; `seen` holds the indices that count here.
        patterns: names the patterns that texts must have been searched for; a pattern nobody searched for is unknown.
        lowered: label → how much lower thresholds are now; as much is added to its scores.
    """

    __slots__ = ("facts", "findings", "hits", "labelled", "lowered", "scores", "searched")

    def __init__(
        self,
        facts: Mapping[str, Fact],
        findings: Sequence[Finding],
        seen: Iterable[int],
        patterns: str = "",
        lowered: Mapping[str, float] = _AS_EVER,
    ) -> None:
        self.facts = facts
        self.findings = findings
        self.lowered = lowered
        self.searched = facts.get(SCANNED) == patterns
        self.labelled: dict[str, list[int]] = {}
        self.scores: dict[str, float] = {}
        self.hits: dict[str, list[int]] = {}
        for index in seen:
            finding = findings[index]
            label = finding.label
            score = self.score(finding) if lowered else share(finding.score)
            if label in self.labelled:
                self.labelled[label].append(index)
                self.scores[label] = max(score, self.scores[label])
            else:
                self.labelled[label] = [index]
                self.scores[label] = score
            if label in ANSWERING:
                self.hits.setdefault(hit_of(finding), []).append(index)

    def score(self, finding: Finding) -> float:
        """Give a finding's score as rules see it now."""
        return share(finding.score + self.lowered.get(finding.label, 0.0))

    def known(self, hit: Hit) -> bool:
        """Tell whether that there is no match of a pattern or list means that there is none."""
        if hit.kind in NEEDS_LIST and self.facts.get(list_fact(hit.name)) is None:
            return False
        return self.searched or hit.kind not in IN_TEXT


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


Leaf = Found | Score | Count | Evidence
"""What in an operand speaks about findings."""


def bearings(compare: Compare, negated: bool) -> list[tuple[int, Leaf, int]]:
    """Give every part of a comparison that speaks about findings: its operand, the part, and how it bears on the comparison.

    1 if more of it makes it truer, -1 if less of it does, 0 if either can. Evidence is met by any one finding, so more findings
    always make it truer.
    """
    return [
        (place, leaf, _bears(compare, place, leaf) * sign * (-1 if negated else 1))
        for place, operand in enumerate(compare.operands)
        for leaf, sign in _leaves(operand, 1)
    ]


def _bears(compare: Compare, position: int, leaf: Leaf) -> int:
    """Say how more of an operand bears on a comparison."""
    if isinstance(leaf, Evidence):
        return 1
    if isinstance(leaf, Found):
        return 0
    found: set[int] = set()
    if position > 0:
        found.add(_BEARING.get(compare.operators[position - 1], 0))
    if position < len(compare.operators):
        found.add(-_BEARING.get(compare.operators[position], 0))
    return found.pop() if len(found) == 1 else 0


def _leaves(operand: Operand, sign: int) -> list[tuple[Leaf, int]]:
    """Give the parts of an operand that speak about findings, with how more of each bears on the operand (1, -1, or 0 for either)."""
    if isinstance(operand, Found | Score | Count | Evidence):
        return [(operand, sign)]
    if not isinstance(operand, Arithmetic):
        return []
    left, right = sign, sign
    if operand.sign == "-":
        right = -sign
    elif operand.sign in {"*", "/"}:
        left = sign if _never_negative(operand.right) else 0
        right = (sign if operand.sign == "*" else -sign) if _never_negative(operand.left) else 0
    return [*_leaves(operand.left, left), *_leaves(operand.right, right)]


def _never_negative(operand: Operand) -> bool:
    """Tell whether a number is 0 or more whatever it is."""
    if isinstance(operand, Literal):
        return isinstance(operand.value, int | float) and operand.value >= 0
    if isinstance(operand, Arithmetic):
        return operand.sign != "-" and _never_negative(operand.left) and _never_negative(operand.right)
    return isinstance(operand, Score | Count | Counted)


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
    if isinstance(expr, Hit):
        return _hit(expr, negated)
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


def _hit(hit: Hit, negated: bool) -> Compiled:
    """Compile a match of a pattern, list or bank. That there is none means none at all: what an excuse took away was there."""
    name = hit.id

    def there(world: World) -> Truth:
        if name in world.hits:
            return True
        return False if world.known(hit) else None

    def absent(world: World) -> Truth:
        if any(hit_of(finding) == name for finding in world.findings if finding.label in ANSWERING):
            return False
        return True if world.known(hit) else None

    if negated:
        return Compiled(absent, _nothing)
    return Compiled(there, lambda world, _: set(world.hits.get(name, ())))


def _nothing(_world: World, _sure: bool) -> set[int]:
    """Rest on no finding."""
    return set()


def _compare(expr: Compare, negated: bool) -> Compiled:
    """Compile a comparison; `values` holds one value per operand, for evidence the list of what findings say."""
    gets = tuple(value_of(operand) for operand in expr.operands)
    many = next((place for place, operand in enumerate(expr.operands) if isinstance(operand, Evidence)), None)
    operators = expr.operators

    def test(values: list[Any]) -> Truth:
        truth = _chain(operators, values) if many is None else _exists(operators, values, many)
        return truth if truth is None or not negated else not truth

    def asks(world: World) -> Truth:
        return test([get(world) for get in gets])

    lending = tuple((place, leaf) for place, leaf, bearing in bearings(expr, negated) if bearing >= 0)

    def rests(world: World, sure: bool) -> set[int]:
        values = [get(world) for get in gets]
        support: set[int] = set()
        for place, leaf in lending:
            for index, value in _each(leaf, world):
                alone = _alone(expr.operands[place], leaf, value, world)
                truth = test([*values[:place], alone, *values[place + 1 :]])
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


def value_of(operand: Operand) -> Gets:
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
    if isinstance(operand, Counted):
        name = operand.counter.fact
        return lambda world: world.facts.get(name)
    if isinstance(operand, DaysSince):
        since = operand.name
        return lambda world: days_between(world.facts.get(since), world.facts.get("at"))
    if isinstance(operand, Arithmetic):
        left, right, sign = value_of(operand.left), value_of(operand.right), operand.sign
        return lambda world: combined(sign, left(world), right(world))
    constant = operand.values if isinstance(operand, Choice) else operand.value
    return lambda _: constant


def _each(leaf: Operand, world: World) -> list[tuple[int, Any]]:
    """Give, for each finding a part looks at, its index and the part's value if it were decided by that finding alone."""
    if not isinstance(leaf, Found | Score | Count | Evidence):
        return []
    indices = world.labelled.get(leaf.label, [])
    if isinstance(leaf, Score):
        return [(index, world.score(world.findings[index])) for index in indices]
    if isinstance(leaf, Evidence):
        return [(index, _said(world.findings[index], leaf.key)) for index in indices]
    value = True if isinstance(leaf, Found) else len(indices)
    return [(index, value) for index in indices]


def _alone(operand: Operand, leaf: Leaf, value: Any, world: World) -> Any:
    """Give an operand's value if one part of it had another value."""
    if operand is leaf:
        return value
    if isinstance(operand, Arithmetic):
        left = _alone(operand.left, leaf, value, world)
        return combined(operand.sign, left, _alone(operand.right, leaf, value, world))
    return value_of(operand)(world)


def combined(sign: Sign, left: Any, right: Any) -> float | None:
    """Add, subtract, multiply or divide; unknown if one is no number, divided by zero, or too large to be one."""
    if not _is_number(left) or not _is_number(right) or (sign == "/" and right == 0):
        return None
    result = float(_ARITHMETIC[sign](float(left), float(right)))
    return result if math.isfinite(result) else None


def days_between(since: Any, at: Any) -> float | None:
    """Give the days between two instants, unknown where one is none."""
    first, last = (instant(text) if isinstance(text, str) else None for text in (since, at))
    return (last - first).total_seconds() / 86_400 if first and last else None


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number that can be calculated with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER


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
_ARITHMETIC: dict[Sign, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
LARGEST_NUMBER = 1e150
"""Beyond it a number is not calculated with."""
