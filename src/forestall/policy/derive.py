"""How a decision came about, as a tree in words: rule by rule, condition by condition, with what was seen and what that made it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.policy.engine import ReadyRule, Ruleset
from forestall.policy.evaluate import asked_by, counted
from forestall.policy.logic import Truth, World, compiled, pushed, value_of
from forestall.policy.show import shown
from forestall.policy.syntax import And, Arithmetic, Choice, Compare, Expr, Literal, Not, Operand, Or
from forestall.policy.template import plain


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a derivation: what is asked, whether it is true (None: unknown), what was seen, and its parts."""

    said: str
    truth: Truth
    seen: str = ""
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """One rule on one item: whether it fired, what it asked for, and why."""

    rule: str
    title: str
    truth: Truth
    asked: str
    steps: tuple[Step, ...]


def derivation(facts: Mapping[str, Fact], findings: Sequence[Finding], ruleset: Ruleset) -> tuple[Derived, ...]:
    """Give, for every rule that could speak on an item (harshest first), how it came to its truth."""
    _, world = counted(facts, findings, ruleset)
    return tuple(_derived(ready, world) for ready in ruleset.concerned(world))


def _derived(ready: ReadyRule, world: World) -> Derived:
    truth = ready.truth(world)
    asked = asked_by(ready, truth, world)[0].value if truth is not False else ""
    steps = tuple(_step(line.expr, world) for line in ready.rule.when)
    return Derived(ready.rule.id, ready.rule.title, truth, asked, (*_limits(ready, world), *steps))


def _limits(ready: ReadyRule, world: World) -> tuple[Step, ...]:
    """Give when and where the rule applies, where it says so."""
    limits = ready.rule.limits
    found = []
    if limits.since or limits.until:
        at = world.facts.get("at")
        found.append((f"effective {limits.since or '…'} to {limits.until or '…'}", str(at or "no instant")))
    for name, allowed in (("surface", limits.surfaces), ("jurisdiction", limits.jurisdictions)):
        if allowed:
            found.append((f"{name} in {', '.join(allowed)}", f"{name} is {_seen(world.facts.get(name))}"))
    conditions = ready.conditions[: len(found)]
    return tuple(Step(said, one.asks(world), seen) for (said, seen), one in zip(found, conditions, strict=True))


def _step(expr: Expr, world: World) -> Step:
    """Give how one condition came to its truth."""
    truth = compiled(pushed(expr)).asks(world)
    if isinstance(expr, And | Or):
        said = "all of these" if isinstance(expr, And) else "one of these"
        return Step(said, truth, "", tuple(_step(item, world) for item in expr.items))
    if isinstance(expr, Not):
        return Step("not", truth, "", (_step(expr.item, world),))
    seen = ", ".join(dict.fromkeys(_values(expr, world))) if isinstance(expr, Compare) else ""
    return Step(shown(expr), truth, seen)


def _values(compare: Compare, world: World) -> list[str]:
    """Give what the sides of a comparison came to that are not written out."""
    return [
        f"{shown_operand(part)} is {_seen(value_of(part)(world))}"
        for operand in compare.operands
        for part in _parts(operand)
        if not isinstance(part, Literal | Choice)
    ]


def _parts(operand: Operand) -> list[Operand]:
    if isinstance(operand, Arithmetic):
        return [*_parts(operand.left), *_parts(operand.right)]
    return [operand]


def shown_operand(operand: Operand) -> str:
    """Give one operand as it is written."""
    return shown(Compare((operand,), ()))


def _seen(value: Any) -> str:
    """Give a value in words; hostile content among it is cut and cleaned."""
    if value is None:
        return "not known"
    return plain(value) if not isinstance(value, list) or value else "nothing"
