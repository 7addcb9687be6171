"""A ruleset made ready: conditions compiled, rules found by the labels they speak about."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from forestall.model.counter import Counter
from forestall.model.decision import Fact
from forestall.policy.facts import instant, list_fact
from forestall.policy.fault import Place
from forestall.policy.hits import IN_TEXT, NEEDS_LIST, labels_of
from forestall.policy.logic import Asks, Compiled, World, bearings, compiled, pushed
from forestall.policy.syntax import And, Arithmetic, Compare, Counted, Evidence, Expr, Found, Hit, Not, Operand, Or
from forestall.policy.written import Consequence, Incident, Pardon, Queue, Rule, Status, Weight, Written


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

    Of each set in `needs` one label must be there, and of each in `needs_hits` one match of a pattern or list, or the rule is false
    where everything was looked for; `told` are the labels its reason speaks of.
    """

    rule: Rule
    conditions: tuple[Compiled, ...]
    needs: tuple[frozenset[str], ...]
    needs_hits: tuple[frozenset[str], ...]
    told: tuple[str, ...]

    def could(self, labels: Collection[str], hits: Collection[str] | None = None) -> bool:
        """Tell whether it could be anything but false where there are these labels (and matches, where they are known)."""
        if any(need.isdisjoint(labels) for need in self.needs):
            return False
        return hits is None or not any(need.isdisjoint(hits) for need in self.needs_hits)

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
class ReadyQueue:
    """A queue and its compiled conditions, all of which must be true."""

    queue: Queue
    conditions: tuple[Asks, ...]


@dataclass(frozen=True, slots=True)
class ReadyIncident:
    """A kind of crisis, and by label how much lower thresholds are."""

    incident: Incident
    lowers: Mapping[str, float]


_NOTHING_LOWER: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A ruleset that can be evaluated. It depends on nothing but its files.

    `files` are the normalised texts by file name: loading them again gives the same ruleset; `version` is their SHA-256 in hex.
    `patterns` names all patterns that texts are searched for (empty where there are none), `hits` are these patterns and all lists,
    `lists` the names of lists, `counters` what is counted. `ready` are the rules that decide, `shadows` those that are only watched,
    `looking` the numbers of those that ask for patterns or lists, `acting` the actions of those that decide by id.
    """

    name: str
    version: str
    files: Mapping[str, str] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    pardons: tuple[Pardon, ...] = field(repr=False)
    weights: Mapping[str, float] = field(repr=False)
    discount: float
    patterns: str
    hits: tuple[Hit, ...] = field(repr=False, compare=False)
    lists: frozenset[str] = field(repr=False, compare=False)
    counters: tuple[Counter, ...] = field(repr=False, compare=False)
    ready: tuple[ReadyRule, ...] = field(repr=False, compare=False)
    shadows: tuple[ReadyRule, ...] = field(repr=False, compare=False)
    by_hit: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False)
    looking: tuple[int, ...] = field(repr=False, compare=False)
    by_label: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False)
    by_context: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False)
    ready_pardons: tuple[ReadyPardon, ...] = field(repr=False, compare=False)
    queues: tuple[ReadyQueue, ...] = field(repr=False, compare=False)
    incidents: Mapping[str, ReadyIncident] = field(repr=False, compare=False)
    acting: Mapping[str, tuple[Consequence, ...]] = field(repr=False, compare=False)

    def lowered(self, facts: Mapping[str, Fact]) -> Mapping[str, float]:
        """Give how much lower thresholds are by label, as the crisis that was declared wants it."""
        incident = self.incidents.get(str(facts.get("crisis"))) if self.incidents else None
        return incident.lowers if incident else _NOTHING_LOWER

    def raised(self, facts: Mapping[str, Fact]) -> float:
        """Give the part of what is missing to 1 by which the crisis that was declared raises priorities."""
        incident = self.incidents.get(str(facts.get("crisis"))) if self.incidents else None
        return incident.incident.raises if incident else 0.0

    def concerned(self, world: World) -> list[ReadyRule]:
        """Give the rules that could be anything but false in a world, whatever the facts, in their order.

        Each condition that is false without findings needs one of the labels it speaks about; every rule has one (`check` says so).
        Where something was not looked for, the rules that ask for it could be unknown.
        """
        numbers: set[int] = set()
        for label in world.labelled:
            numbers.update(self.by_label.get(label, ()))
        for hit in world.hits:
            numbers.update(self.by_hit.get(hit, ()))
        sure = self.sure(world)
        if not sure:
            numbers.update(self.looking)
        rules = [self.ready[number] for number in sorted(numbers)]
        return [ready for ready in rules if not sure or ready.could(world.labelled, world.hits)]

    def sure(self, world: World) -> bool:
        """Tell whether everything the rules look for was looked for."""
        if not self.looking:
            return True
        return (world.searched or not self.patterns) and all(
            world.facts.get(list_fact(name)) is not None for name in self.lists
        )


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
    if isinstance(expr, Hit):  # that there is none is asked of all findings, so nothing that is excused bears on it
        return [] if negated else [Mention(label, expr.at, 1) for label in labels_of(expr)]
    if not isinstance(expr, Compare):
        return []
    return [
        Mention(leaf.label, leaf.at, bearing, leaf.key if isinstance(leaf, Evidence) else "")
        for _, leaf, bearing in bearings(expr, negated)
    ]


def hits_in(expr: Expr) -> list[Hit]:
    """Give every pattern, list and bank a condition asks for, in the order written."""
    if isinstance(expr, And | Or):
        return [hit for item in expr.items for hit in hits_in(item)]
    if isinstance(expr, Not):
        return hits_in(expr.item)
    return [expr] if isinstance(expr, Hit) else []


def counted_in(expr: Expr) -> list[Counted]:
    """Give every counter a condition asks, in the order written."""
    if isinstance(expr, And | Or):
        return [counted for item in expr.items for counted in counted_in(item)]
    if isinstance(expr, Not):
        return counted_in(expr.item)
    return [one for operand in expr.operands for one in _counted(operand)] if isinstance(expr, Compare) else []


def _counted(operand: Operand) -> list[Counted]:
    if isinstance(operand, Arithmetic):
        return [*_counted(operand.left), *_counted(operand.right)]
    return [operand] if isinstance(operand, Counted) else []


class _Searched(World):
    """A world in which everything was looked for and nothing was found."""

    __slots__ = ()

    def known(self, hit: Hit) -> bool:
        """Say that what was not found is not there."""
        del hit
        return True


def needs_finding(expr: Expr) -> bool:
    """Say whether a condition is false whatever the facts, as long as there are no findings and everything was looked for."""
    return compiled(pushed(expr)).asks(_Searched({}, (), ())) is False


def _ready(rule: Rule) -> ReadyRule:
    needs = [
        frozenset(mention.label for mention in mentions(line.expr)) for line in rule.when if needs_finding(line.expr)
    ]
    told = dict.fromkeys(hole.label for hole in rule.reason.holes if hole.label)
    conditions = [compiled(pushed(line.expr)) for line in rule.when]
    return ReadyRule(rule, (*_limits(rule), *conditions), tuple(needs), tuple(_needed(rule)), tuple(told))


def _needed(rule: Rule) -> Iterator[frozenset[str]]:
    """Give, for each condition that is nothing but matches joined by `or`, the ids of these matches."""
    for line in rule.when:
        expr = pushed(line.expr)
        items = expr.items if isinstance(expr, Or) else (expr,)
        if all(isinstance(item, Hit) for item in items):
            yield frozenset(item.id for item in items if isinstance(item, Hit))


def _limits(rule: Rule) -> Iterator[Compiled]:
    """Give the conditions of when and where a rule applies; where it is not known, that is unknown."""
    limits = rule.limits
    if limits.since or limits.until:

        def applies(world: World) -> bool | None:
            at = world.facts.get("at")
            moment = instant(at) if isinstance(at, str) else None
            day = moment.date().isoformat() if moment else ""
            return (limits.since or day) <= day <= (limits.until or day) if day else None

        yield Compiled(applies, _nothing)
    for name, allowed in (("surface", limits.surfaces), ("jurisdiction", limits.jurisdictions)):
        if allowed:
            yield _among(name, allowed)


def _among(name: str, allowed: tuple[str, ...]) -> Compiled:
    """Give the condition that a fact is one of some values."""

    def applies(world: World) -> bool | None:
        value = world.facts.get(name)
        return None if value is None else value in allowed

    return Compiled(applies, _nothing)


def _nothing(_world: World, _sure: bool) -> set[int]:
    """Rest on no finding."""
    return set()


def with_live(ruleset: Ruleset, rule: Rule) -> Ruleset:
    """Give a ruleset in which a rule decides that does not yet, or no longer; for trying it."""
    rules = tuple(replace(one, status=Status.LIVE) if one is rule else one for one in ruleset.rules)
    weights = tuple(Weight(label, weight, Place("")) for label, weight in ruleset.weights.items())
    queues = tuple(ready.queue for ready in ruleset.queues)
    incidents = tuple(ready.incident for ready in ruleset.incidents.values())
    written = Written(ruleset.name, rules, ruleset.pardons, (), weights, ruleset.discount, (), queues, incidents)
    return make_ready(written, ruleset.version, ruleset.files)


def make_ready(written: Written, version: str, files: Mapping[str, str]) -> Ruleset:
    """Compile what was written. Harsher rules come first, then the order of the files."""
    ordered = sorted(written.rules, key=lambda rule: -rule.outcome.rank)
    ready = tuple(_ready(rule) for rule in ordered if rule.status is Status.LIVE)
    shadows = tuple(_ready(rule) for rule in ordered if rule.status is Status.SHADOW)
    pardons = tuple(
        ReadyPardon(
            pardon, frozenset(pardon.excuses), compiled(pushed(pardon.unless.expr)).asks if pardon.unless else None
        )
        for pardon in written.pardons
    )
    working = [line.expr for one in (*ready, *shadows) for line in one.rule.when]
    working += [pardon.unless.expr for pardon in written.pardons if pardon.unless]
    hits = {hit.id: hit for expr in working for hit in hits_in(expr)}
    asked = tuple(hit for hit in hits.values() if hit.kind != "match")
    counters = dict.fromkeys(one.counter for expr in working for one in counted_in(expr))
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
        patterns=_digest([hit.id for hit in asked if hit.kind in IN_TEXT]),
        hits=asked,
        lists=frozenset(hit.name for hit in asked if hit.kind in NEEDS_LIST),
        counters=tuple(counters),
        ready=ready,
        shadows=shadows,
        by_hit=_by(ready, lambda one: {hit for need in one.needs_hits[:1] for hit in need}),
        looking=tuple(
            number
            for number, one in enumerate(ready)
            if any(hit.kind != "match" for line in one.rule.when for hit in hits_in(line.expr))
        ),
        by_label=_by(ready, _labels_leading_to),
        by_context={label: tuple(numbers) for label, numbers in by_context.items()},
        ready_pardons=pardons,
        queues=tuple(
            ReadyQueue(queue, tuple(compiled(pushed(line.expr)).asks for line in queue.when))
            for queue in written.queues
        ),
        incidents={
            incident.id: ReadyIncident(incident, {lower.label: lower.weight for lower in incident.lowers})
            for incident in written.incidents
        },
        acting={one.rule.id: one.rule.actions for one in ready if one.rule.actions},
    )


def _labels_leading_to(one: ReadyRule) -> set[str]:
    """Give the labels that make a rule worth asking; one that needs a match of a pattern is found by that."""
    if one.needs_hits:
        return set()
    return {mention.label for line in one.rule.when for mention in mentions(line.expr)}


def _by(ready: Sequence[ReadyRule], names: Callable[[ReadyRule], set[str]]) -> dict[str, tuple[int, ...]]:
    """Give the numbers of rules by names."""
    found: dict[str, list[int]] = {}
    for number, one in enumerate(ready):
        for name in names(one):
            found.setdefault(name, []).append(number)
    return {name: tuple(numbers) for name, numbers in found.items()}


def _digest(ids: Sequence[str]) -> str:
    """Name a set of patterns, empty where there are none."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16] if ids else ""
