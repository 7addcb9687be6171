"""Writing a condition's tree as its one line again: what is parsed back is the same tree."""

import json
from collections.abc import Callable

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
    Or,
    Plain,
    Score,
)

_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


def shown(expr: Expr) -> str:
    """Give a condition as a line an analyst would write."""
    if isinstance(expr, And):
        return " and ".join(_within(item, (And, Or)) for item in expr.items)
    if isinstance(expr, Or):
        return " or ".join(_within(item, (Or,)) for item in expr.items)
    if isinstance(expr, Not):
        return f"not {_within(expr.item, (And, Or, Compare))}"
    if isinstance(expr, Compare):
        first = _operand(expr.operands[0])
        pairs = zip(expr.operators, expr.operands[1:], strict=True)
        return " ".join([first, *(f"{sign} {_operand(operand)}" for sign, operand in pairs)])
    return _operand(expr)


def _within(expr: Expr, kinds: tuple[type, ...]) -> str:
    """Give a part of a condition, in brackets where it would be read otherwise."""
    return f"({shown(expr)})" if isinstance(expr, kinds) else shown(expr)


def _operand(operand: Operand | Expr) -> str:
    """Give one operand."""
    for kind, write in _WRITTEN.items():
        if isinstance(operand, kind):
            return write(operand)
    raise TypeError(f"{type(operand).__name__} is no operand")


def _arithmetic(one: Arithmetic) -> str:
    left, right = _operand(one.left), _operand(one.right)
    own = _STRENGTH[one.sign]
    if isinstance(one.left, Arithmetic) and _STRENGTH[one.left.sign] < own:
        left = f"({left})"
    if isinstance(one.right, Arithmetic) and _STRENGTH[one.right.sign] <= own:
        right = f"({right})"
    return f"{left} {one.sign} {right}"


def _counted(one: Counted) -> str:
    counter = one.counter
    names = [counter.what, counter.by, counter.window] if counter.what else [counter.by, counter.window]
    return _call("distinct" if counter.what else "count", *names)


def _hit(one: Hit) -> str:
    if one.kind == "rx" and "\\" in one.name:
        quote = "'" if '"' in one.name else '"'
        return f"rx(r{quote}{one.name}{quote})"
    return _call(one.kind, one.name, one.of) if one.of else _call(one.kind, one.name)


def _call(name: str, *texts: str) -> str:
    return f"{name}({', '.join(map(_text, texts))})"


def _text(text: str) -> str:
    """Give a text in quotes that it does not hold."""
    return f"'{text}'" if '"' in text else f'"{text}"'


def _plain(value: Plain) -> str:
    """Give a written-out value."""
    if isinstance(value, str):
        return _text(value)
    return str(value) if isinstance(value, bool) else json.dumps(value)


_WRITTEN: dict[type, Callable[..., str]] = {
    Literal: lambda one: _plain(one.value),
    Choice: lambda one: f"[{', '.join(map(_plain, one.values))}]",
    FactName: lambda one: one.name,
    Found: lambda one: _call("finding", one.label),
    Score: lambda one: _call("score", one.label),
    Count: lambda one: _call("count", one.label),
    Evidence: lambda one: _call("evidence", one.label, one.key),
    Counted: _counted,
    DaysSince: lambda one: _call("days_since", one.name),
    Arithmetic: _arithmetic,
    Hit: _hit,
}
