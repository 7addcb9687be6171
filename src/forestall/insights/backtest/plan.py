"""What is compared in a backtest: two rulesets, the rules in which they differ, and the decisions these can touch."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from forestall.model.outcome import Outcome
from forestall.model.reading import Role
from forestall.model.rulebook import Snapshot
from forestall.policy.engine import ReadyRule, Ruleset, mentions
from forestall.policy.evaluate import asked_by, counted, evaluate
from forestall.policy.facts import SCANNED
from forestall.policy.hits import IN_TEXT, TEXT_MATCH
from forestall.policy.logic import Truth, World
from forestall.policy.syntax import Hit
from forestall.policy.texts import Scan, Terms_
from forestall.text.fold import fold


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
        return not self.labels.isdisjoint(labels) and self.ready.could(labels)


@dataclass(frozen=True)
class Plan:
    """Two rulesets and where they differ.

    `rules` are the ids of rules that are new, gone or different in what they conclude. `excuses` is true where excuses or kinds of
    incident differ, which touches every decision with findings. `lists` are the lists of terms as they are now, for patterns that
    texts were not searched for.
    """

    before: Ruleset
    after: Ruleset
    rules: frozenset[str]
    excuses: bool
    lists: Mapping[str, Terms_] = field(repr=False, default_factory=dict)
    _old: tuple["_Rule", ...] = field(repr=False, default=())
    _new: tuple["_Rule", ...] = field(repr=False, default=())

    def concerned(self, label_sets: Collection[str]) -> frozenset[str]:
        """Give the label sets (sorted labels with blanks between) of decisions that the difference can touch."""
        if self.excuses:
            return frozenset(label_sets)
        return frozenset(labels for labels in label_sets if self._touches(frozenset(labels.split(" "))))

    def _touches(self, labels: frozenset[str]) -> bool:
        if any(rule.could(labels) for rule in (*self._old, *self._new)):
            return True
        return self.searches and any(rule.could(labels | {TEXT_MATCH}) for rule in self._new)

    @cached_property
    def searches(self) -> bool:
        """True where the new rules look for patterns that texts were not searched for before, so that texts are needed."""
        return bool({hit.id for hit in self._scanned} - {hit.id for hit in _in_text(self.before)})

    @property
    def everything(self) -> bool:
        """True where decisions without any finding could come out otherwise, because a pattern may stand in their texts."""
        return self.searches and self._touches(frozenset())

    @cached_property
    def _scanned(self) -> tuple[Hit, ...]:
        return _in_text(self.after)

    @cached_property
    def _scans(self) -> tuple[Scan, Scan]:
        """What looks for the new patterns only, and what looks for all."""
        known = {hit.id for hit in _in_text(self.before)}
        fresh = [hit for hit in self._scanned if hit.id not in known]
        return Scan(fresh, self.lists.get), Scan(self._scanned, self.lists.get)

    def renewed(self, one: Snapshot) -> Snapshot:
        """Give a decision as the new rules see it: its texts searched for their patterns, as far as they are still there."""
        asked, searched = self.after.patterns, one.facts.get(SCANNED) or ""
        if searched == asked:
            return one
        as_before = searched == self.before.patterns
        if as_before and not self.searches:
            return replace(one, facts={**one.facts, SCANNED: asked})
        if one.texts is None:
            return one
        scan = self._scans[0 if as_before else 1]
        kept = one.findings if as_before else tuple(found for found in one.findings if found.label != TEXT_MATCH)
        fresh = [
            found
            for segment in one.texts
            if segment.role in (Role.BODY, Role.PAGE)
            for found in scan.look(segment, fold(segment.text))
        ]
        return replace(one, findings=(*kept, *fresh), facts={**one.facts, SCANNED: asked})

    def sides(self, one: Snapshot) -> Sides | None:
        """Give what both rulesets say of a decision; None where none of the rules in question speaks, so that nothing differs."""
        seen = self.renewed(one) if self.after.patterns or self.before.patterns else one
        if not seen.findings and not (self.before.looking or self.after.looking):  # nothing may happen then
            return None
        world = _world(seen, self.after)
        if self.excuses or seen is not one or self.before.patterns != self.after.patterns:
            return _apart(_said(self.before, _world(one, self.before)), _said(self.after, world))
        sure = self.after.sure(world) and self.before.sure(world)
        asked = [rule.ready for rule in (*self._old, *self._new) if not sure or rule.could(world.labelled)]
        if not any(ready.truth(world) is not False for ready in asked):
            return None
        now = _said(self.after, world)
        same = {rule: said for rule, said in now.items() if rule not in self.rules}
        old = [rule.ready for rule in self._old if not sure or rule.could(world.labelled)]
        return _apart({**same, **_those(old, world)}, now)

    def words(self, one: Snapshot, sides: Sides) -> tuple[str, float]:
        """Give why a decision comes out otherwise, in the words of the first rule gained (or first of all), and its old priority."""
        seen = self.renewed(one)
        now = evaluate(seen.facts, seen.findings, self.after).reasons
        told = next((reason.text for reason in now if reason.rule in sides.gained), now[0].text if now else "")
        return told, evaluate(one.facts, one.findings, self.before).priority


def plan_of(before: Ruleset, after: Ruleset, lists: Mapping[str, Terms_] | None = None) -> Plan:
    """Find in which rules two rulesets differ. Titles, words and examples make no difference here: they decide nothing."""
    old, new = _bearing(before), _bearing(after)
    changed = frozenset(rule for rule in old.keys() | new.keys() if old.get(rule) != new.get(rule))
    return Plan(
        before,
        after,
        changed,
        _pardons(before) != _pardons(after),
        lists or {},
        tuple(_Rule(ready, _labels(ready)) for ready in before.ready if ready.rule.id in changed),
        tuple(_Rule(ready, _labels(ready)) for ready in after.ready if ready.rule.id in changed),
    )


def _bearing(ruleset: Ruleset) -> Mapping[str, object]:
    """Give, for each rule, all that its conclusions depend on."""
    return {
        ready.rule.id: (
            ready.rule.outcome,
            ready.rule.unknown,
            ready.rule.limits,
            tuple(line.expr for line in ready.rule.when),
        )
        for ready in ruleset.ready
    }


def _in_text(ruleset: Ruleset) -> tuple[Hit, ...]:
    """Give the patterns a ruleset looks for in texts."""
    return tuple(hit for hit in ruleset.hits if hit.kind in IN_TEXT)


def _labels(ready: ReadyRule) -> frozenset[str]:
    """Give the labels a rule speaks about."""
    return frozenset(mention.label for line in ready.rule.when for mention in mentions(line.expr))


def _pardons(ruleset: Ruleset) -> list[object]:
    """Give, for each excuse, all that it depends on, and what kinds of incident change."""
    excuses = [
        (one.name, one.context, one.at_least, one.excuses, one.unless.expr if one.unless else None)
        for one in ruleset.pardons
    ]
    return [*excuses, *((name, one.lowers) for name, one in ruleset.incidents.items())]


def _world(one: Snapshot, ruleset: Ruleset) -> World:
    """Give the world of a decision, without the findings that are excused."""
    return counted(one.facts, one.findings, ruleset)[1]


_Said = dict[str, tuple[Truth, Outcome]]
"""What rules that are not false say, by id: their truth, and what they ask for."""


def _said(ruleset: Ruleset, world: World) -> _Said:
    """Give what the rules of a ruleset say of a world; where nothing was found and they look for nothing, nothing may happen."""
    if not world.findings and not ruleset.looking:
        return {}
    return _those(ruleset.concerned(world), world)


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
