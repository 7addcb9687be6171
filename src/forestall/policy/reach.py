"""Conditions that can never all be true: found line by line before a ruleset is live, for comparisons with written-out values."""

from collections.abc import Iterator
from dataclasses import dataclass

from forestall.policy.facts import FACTS
from forestall.policy.fault import Fault, Place
from forestall.policy.logic import pushed
from forestall.policy.syntax import (
    And,
    Choice,
    Compare,
    Count,
    Expr,
    FactName,
    Found,
    Literal,
    Not,
    Operand,
    Operator,
    Plain,
    Score,
)
from forestall.policy.written import Rule

_FLIPPED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE: dict[Operator, Operator] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
}


@dataclass(slots=True)
class _Room:
    """What is still possible for one subject: numbers between two bounds, or values out of a set (None: any)."""

    low: float = 0.0
    high: float = float("inf")
    low_open: bool = False
    high_open: bool = False
    values: set[Plain] | None = None

    def narrow(self, sign: Operator, value: Plain | tuple[Plain, ...]) -> None:
        """Leave only what the comparison leaves."""
        if isinstance(value, tuple):
            self._choose(set(value), sign == "in")
        elif isinstance(value, str | bool):
            self._choose({value}, sign == "==")
        elif sign in {">", ">=", "=="} and (value, sign == ">") > (self.low, self.low_open):
            self.low, self.low_open = value, sign == ">"
        if isinstance(value, tuple | str | bool) or sign not in {"<", "<=", "=="}:
            return
        if (value, sign != "<") < (self.high, not self.high_open):
            self.high, self.high_open = value, sign == "<"

    def _choose(self, values: set[Plain], among: bool) -> None:
        if among:
            self.values = values if self.values is None else self.values & values
        elif self.values is not None:
            self.values = self.values - values

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        if self.values is not None and not self.values:
            return True
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


@dataclass(frozen=True, slots=True)
class _Limit:
    """A subject compared with a written-out value."""

    subject: tuple[str, str]
    sign: Operator
    value: Plain | tuple[Plain, ...]


def unreachable(rule: Rule) -> Fault | None:
    """Give a fault at the first condition that cannot be true together with those before it, or None."""
    rooms: dict[tuple[str, str], _Room] = {}
    for line in rule.when:
        for leaf in _leaves(pushed(line.expr)):
            for limit in _limits(leaf):
                room = rooms.setdefault(limit.subject, _room(limit.subject))
                room.narrow(limit.sign, limit.value)
                if room.empty:
                    place = Place(line.place.file, line.place.line, line.place.column + leaf.at)
                    hint = f"`{limit.subject[1]}` has no value left that fits; join alternatives with `or`"
                    return Fault(place, f"rule `{rule.id}` can never fire: this is never true here", hint)
    return None


def _leaves(expr: Expr) -> Iterator[Expr]:
    """Give the conditions that must all be true; those below an `or` are left out."""
    if isinstance(expr, And):
        for item in expr.items:
            yield from _leaves(item)
    else:
        yield expr


def _limits(leaf: Expr) -> Iterator[_Limit]:
    """Give the limits a leaf sets."""
    negated = isinstance(leaf, Not)
    inner = leaf.item if isinstance(leaf, Not) else leaf
    if isinstance(inner, Found):
        yield _Limit(("count", inner.label), "==" if negated else ">=", 0 if negated else 1)
        if negated:
            yield _Limit(("score", inner.label), "==", 0)
    elif isinstance(inner, FactName):
        yield _Limit(("fact", inner.name), "==", not negated)
    elif isinstance(inner, Compare) and not (negated and len(inner.operators) > 1):
        for place, written in enumerate(inner.operators):
            sign = _OPPOSITE[written] if negated else written
            left, right = inner.operands[place], inner.operands[place + 1]
            if isinstance(left, Literal) and sign in _FLIPPED:
                left, right, sign = right, left, _FLIPPED[sign]
            subject = _subject(left)
            if subject and isinstance(right, Literal | Choice):
                yield _Limit(subject, sign, right.value if isinstance(right, Literal) else right.values)


def _subject(operand: Operand) -> tuple[str, str] | None:
    """Give what an operand is about, if its range is known."""
    if isinstance(operand, FactName):
        return "fact", operand.name
    if isinstance(operand, Score):
        return "score", operand.label
    return ("count", operand.label) if isinstance(operand, Count) else None


def _room(subject: tuple[str, str]) -> _Room:
    """Give everything a subject can be."""
    if subject[0] == "score":
        return _Room(high=1.0)
    declared = FACTS.get(subject[1]) if subject[0] == "fact" else None
    if declared is None or declared.kind == "number":
        return _Room()
    values: set[Plain] = {True, False} if declared.kind == "bool" else set(declared.values)
    return _Room(values=values or None)
