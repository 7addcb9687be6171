"""A ruleset made ready: conditions compiled, rules found by the labels they speak about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forestall.policy.logic import Asks, Compiled, World, compiled, lends, pushed
from forestall.policy.syntax import And, Compare, Count, Evidence, Expr, Found, Not, Or, Score
from forestall.policy.written import Pardon, Rule, Written


@dataclass(frozen=True, slots=True)
class Mention:
    """A label a condition speaks about. `bearing`: 1 more findings make it truer, -1 make it less true, 0 either."""

    label: str
    at: int
    bearing: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule and its compiled conditions, all of which must be true.

    Of each set in `needs` one label must be there, or the rule is false; `told` are the labels its reason speaks of.
    """

    rule: Rule
    conditions: tuple[Compiled, ...]
    needs: tuple[frozenset[str], ...]
    told: tuple[str, ...]

    def truth(self, world: World) -> bool | None:
        """Give the rule's truth: false if one condition is false, else unknown if one is unknown."""
        truth: bool | None = True
        for condition in self.conditions:
            answer = condition.asks(world)
            if answer is False:
                return False
            if answer is None:
                truth = None
        return truth

    def rests(self, world: World, *, sure: bool) -> set[int]:
        """Give the indices of the findings it rests on."""
        support = self.conditions[0].rests(world, sure)
        for condition in self.conditions[1:]:
            support |= condition.rests(world, sure)
        return support


@dataclass(frozen=True, slots=True)
class ReadyPardon:
    """An excuse and its compiled `unless`."""

    pardon: Pardon
    labels: frozenset[str]
    unless: Asks | None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A ruleset that can be evaluated. It depends on nothing but its files.

    `files` are the normalised texts by file name: loading them again gives the same ruleset; `version` is their SHA-256 in hex.
    """

    name: str
    version: str
    files: Mapping[str, str] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    pardons: tuple[Pardon, ...] = field(repr=False)
    weights: Mapping[str, float] = field(repr=False)
    discount: float
    ready: tuple[ReadyRule, ...] = field(repr=False, compare=False)
    by_label: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False)
    by_context: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False)
    ready_pardons: tuple[ReadyPardon, ...] = field(repr=False, compare=False)

    def concerned(self, labels: Mapping[str, object]) -> list[ReadyRule]:
        """Give the rules that could be anything but false where findings have these labels, whatever the facts.

        Each condition that is false without findings needs one of the labels it speaks about; every rule has one (`check` says so).
        """
        numbers: set[int] = set()
        for label in labels:
            numbers.update(self.by_label.get(label, ()))
        rules = [self.ready[number] for number in sorted(numbers)]
        return [ready for ready in rules if not any(need.isdisjoint(labels) for need in ready.needs)]


def mentions(expr: Expr) -> list[Mention]:
    """Give every label a condition speaks about, in the order written, and how it bears on the condition."""
    return _mentions(pushed(expr), negated=False)


def _mentions(expr: Expr, *, negated: bool) -> list[Mention]:
    if isinstance(expr, And | Or):
        return [mention for item in expr.items for mention in _mentions(item, negated=negated)]
    if isinstance(expr, Not):
        return _mentions(expr.item, negated=not negated)
    if isinstance(expr, Found):
        return [Mention(expr.label, expr.at, -1 if negated else 1)]
    if not isinstance(expr, Compare):
        return []
    return [
        Mention(
            operand.label, operand.at, lends(expr, place, negated), operand.key if isinstance(operand, Evidence) else ""
        )
        for place, operand in enumerate(expr.operands)
        if isinstance(operand, Found | Score | Count | Evidence)
    ]


def needs_finding(expr: Expr) -> bool:
    """Say whether a condition is false whatever the facts, as long as there are no findings."""
    return compiled(pushed(expr)).asks(World({}, (), ())) is False


def _ready(rule: Rule) -> ReadyRule:
    needs = [
        frozenset(mention.label for mention in mentions(line.expr)) for line in rule.when if needs_finding(line.expr)
    ]
    told = dict.fromkeys(hole.label for hole in rule.reason.holes if hole.label)
    return ReadyRule(rule, tuple(compiled(pushed(line.expr)) for line in rule.when), tuple(needs), tuple(told))


def make_ready(written: Written, version: str, files: Mapping[str, str]) -> Ruleset:
    """Compile what was written. Harsher rules come first, then the order of the files."""
    ordered = sorted(written.rules, key=lambda rule: -rule.outcome.rank)
    ready = tuple(_ready(rule) for rule in ordered)
    pardons = tuple(
        ReadyPardon(
            pardon, frozenset(pardon.excuses), compiled(pushed(pardon.unless.expr)).asks if pardon.unless else None
        )
        for pardon in written.pardons
    )
    by_label: dict[str, list[int]] = {}
    for number, rule in enumerate(ordered):
        for label in {mention.label for line in rule.when for mention in mentions(line.expr)}:
            by_label.setdefault(label, []).append(number)
    by_context: dict[str, list[int]] = {}
    for number, pardon in enumerate(written.pardons):
        by_context.setdefault(pardon.context, []).append(number)
    return Ruleset(
        name=written.name,
        version=version,
        files=files,
        rules=written.rules,
        pardons=written.pardons,
        weights={weight.label: weight.weight for weight in written.weights},
        discount=written.discount,
        ready=ready,
        by_label={label: tuple(numbers) for label, numbers in by_label.items()},
        by_context={label: tuple(numbers) for label, numbers in by_context.items()},
        ready_pardons=pardons,
    )
