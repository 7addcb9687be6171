"""What is compared in a backtest: two rulesets, the rules in which they differ, and the decisions these can touch."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from forestall.model.outcome import Outcome
from forestall.model.rulebook import Snapshot
from forestall.policy.engine import ReadyRule, Ruleset, mentions
from forestall.policy.evaluate import asked_by, evaluate
from forestall.policy.excuse import excuse
from forestall.policy.logic import Truth, World


@dataclass(frozen=True, slots=True)
class Sides:
    """What both rulesets say of one decision: the outcomes, and the rules that newly speak, no longer do, do, or are unknown."""

    before: Outcome
    after: Outcome
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that differs, and the labels it speaks about."""

    ready: ReadyRule
    labels: frozenset[str]

    def could(self, labels: Collection[str]) -> bool:
        """Tell whether it could be anything but false where findings have these labels (as `Ruleset.concerned` does)."""
        return not self.labels.isdisjoint(labels) and not any(need.isdisjoint(labels) for need in self.ready.needs)


@dataclass(frozen=True)
class Plan:
    """Two rulesets and where they differ.

    `rules` are the ids of rules that are new, gone or different in what they conclude. `excuses` is true where excuses differ, which
    touches every decision with findings.
    """

    before: Ruleset
    after: Ruleset
    rules: frozenset[str]
    excuses: bool
    _old: tuple["_Rule", ...] = field(repr=False, default=())
    _new: tuple["_Rule", ...] = field(repr=False, default=())

    def concerned(self, label_sets: Collection[str]) -> frozenset[str]:
        """Give the label sets (sorted labels with blanks between) of decisions that the difference can touch."""
        if self.excuses:
            return frozenset(label_sets)
        return frozenset(labels for labels in label_sets if self._touches(frozenset(labels.split(" "))))

    def _touches(self, labels: frozenset[str]) -> bool:
        return any(rule.could(labels) for rule in (*self._old, *self._new))

    def sides(self, one: Snapshot) -> Sides | None:
        """Give what both rulesets say of a decision; None where none of the rules in question speaks, so that nothing differs."""
        if not one.findings:  # nothing may happen then
            return None
        world = _world(one, self.after)
        if self.excuses:
            return _apart(_said(self.before, _world(one, self.before)), _said(self.after, world))
        labels = world.labelled
        if not any(rule.could(labels) and rule.ready.truth(world) is not False for rule in (*self._old, *self._new)):
            return None
        now = _said(self.after, world)
        same = {rule: said for rule, said in now.items() if rule not in self.rules}
        return _apart({**same, **_those([rule.ready for rule in self._old if rule.could(labels)], world)}, now)

    def words(self, one: Snapshot, sides: Sides) -> tuple[str, float]:
        """Give why a decision comes out otherwise, in the words of the first rule gained (or first of all), and its old priority."""
        now = evaluate(one.facts, one.findings, self.after).reasons
        told = next((reason.text for reason in now if reason.rule in sides.gained), now[0].text if now else "")
        return told, evaluate(one.facts, one.findings, self.before).priority


def plan_of(before: Ruleset, after: Ruleset) -> Plan:
    """Find in which rules two rulesets differ. Titles, words and examples make no difference here: they decide nothing."""
    old, new = _bearing(before), _bearing(after)
    changed = frozenset(rule for rule in old.keys() | new.keys() if old.get(rule) != new.get(rule))
    return Plan(
        before,
        after,
        changed,
        _pardons(before) != _pardons(after),
        tuple(_Rule(ready, _labels(ready)) for ready in before.ready if ready.rule.id in changed),
        tuple(_Rule(ready, _labels(ready)) for ready in after.ready if ready.rule.id in changed),
    )


def _bearing(ruleset: Ruleset) -> Mapping[str, object]:
    """Give, for each rule, all that its conclusions depend on."""
    return {
        ready.rule.id: (ready.rule.outcome, ready.rule.unknown, tuple(line.expr for line in ready.rule.when))
        for ready in ruleset.ready
    }


def _labels(ready: ReadyRule) -> frozenset[str]:
    """Give the labels a rule speaks about."""
    return frozenset(mention.label for line in ready.rule.when for mention in mentions(line.expr))


def _pardons(ruleset: Ruleset) -> list[object]:
    """Give, for each excuse, all that it depends on."""
    return [
        (one.name, one.context, one.at_least, one.excuses, one.unless.expr if one.unless else None)
        for one in ruleset.pardons
    ]


def _world(one: Snapshot, ruleset: Ruleset) -> World:
    """Give the world of a decision, without the findings that are excused."""
    away = {index for given in excuse(one.facts, one.findings, ruleset) for index in given.findings}
    return World(one.facts, one.findings, [index for index in range(len(one.findings)) if index not in away])


_Said = dict[str, tuple[Truth, Outcome]]
"""What rules that are not false say, by id: their truth, and what they ask for."""


def _said(ruleset: Ruleset, world: World) -> _Said:
    """Give what the rules of a ruleset say of a world."""
    return _those(ruleset.concerned(world.labelled), world)


def _those(rules: Iterable[ReadyRule], world: World) -> _Said:
    """Give what these rules say of a world."""
    said: _Said = {}
    for ready in rules:
        truth = ready.truth(world)
        if truth is not False:
            said[ready.rule.id] = truth, asked_by(ready, truth, world)[0]
    return said


def _apart(was: _Said, now: _Said) -> Sides:
    """Give both sides of one decision."""
    return Sides(
        max((asked for _, asked in was.values()), key=_rank, default=Outcome.PASS),
        max((asked for _, asked in now.values()), key=_rank, default=Outcome.PASS),
        tuple(sorted(_speaking(now) - _speaking(was))),
        tuple(sorted(_speaking(was) - _speaking(now))),
        tuple(sorted(_speaking(now))),
        tuple(sorted(rule for rule, (truth, _) in now.items() if truth is None)),
    )


def _speaking(said: _Said) -> set[str]:
    """Give the rules that are true or ask for a person though they cannot be answered."""
    return {rule for rule, (truth, asked) in said.items() if truth or asked.asks_a_person}


def _rank(outcome: Outcome) -> int:
    """Give how harsh an outcome is."""
    return outcome.rank
