"""From findings to a verdict. Pure: the same facts, findings and ruleset always give the same verdict.

1. Excuses take findings away. 2. Every rule concerned is asked; one that is true gives its outcome, one that cannot be answered
what its `unknown:` says. 3. Ceilings: no rule can be harsher than the harshest ceiling among the counted findings it rests on,
whatever its file says (promise 1: text never convicts). 4. The harshest outcome stands; the priority orders what people see first.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence

from forestall.model.decision import Excuse, Fact, Reason, Verdict
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome, harshest, mildest
from forestall.policy.engine import ReadyRule, Ruleset
from forestall.policy.excuse import excuse
from forestall.policy.logic import World, share

_NOTHING = Verdict(Outcome.PASS, 0.0)

UNANSWERED = "This could not be answered fully, because something about the item is not known: "
"""What stands before the reason of a rule that was unknown but still asks for a person."""


def evaluate(facts: Mapping[str, Fact], findings: Sequence[Finding], ruleset: Ruleset) -> Verdict:
    """Give the verdict on one item. Raises nothing.

    The order of findings changes only the indices named in reasons and excuses. An added excuse or context never makes the outcome
    harsher or the priority higher; an added finding that counts never lowers the priority.
    """
    if not findings and not ruleset.looking:
        return _NOTHING
    excuses, world = counted(facts, findings, ruleset)
    outcome = Outcome.PASS
    spoken: list[tuple[int, Reason]] = []
    unknowns: list[str] = []
    for ready in ruleset.concerned(world):
        truth = ready.truth(world)
        if truth is False:
            continue
        asked, rests = asked_by(ready, truth, world)
        if truth is None:
            unknowns.append(ready.rule.id)
        if truth or asked.asks_a_person:
            spoken.append((-asked.rank, _reason(ready, truth, rests, world)))
            outcome = harshest(outcome, asked)
    spoken.sort(key=lambda entry: entry[0])
    reasons = tuple(reason for _, reason in spoken)
    priority = _priority(findings, excuses, world, ruleset)
    if outcome.asks_a_person:
        priority = round(priority + (1.0 - priority) * ruleset.raised(facts), 6)
    return Verdict(outcome, priority, reasons, excuses, tuple(unknowns))


def shadow(
    facts: Mapping[str, Fact], findings: Sequence[Finding], ruleset: Ruleset
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the ids of the rules that are only watched and would have spoken, and of those that could not be answered."""
    if not ruleset.shadows:
        return (), ()
    _, world = counted(facts, findings, ruleset)
    truths = {ready.rule.id: ready.truth(world) for ready in ruleset.shadows}
    fired = tuple(rule for rule, truth in truths.items() if truth)
    return fired, tuple(rule for rule, truth in truths.items() if truth is None)


def counted(
    facts: Mapping[str, Fact], findings: Sequence[Finding], ruleset: Ruleset
) -> tuple[tuple[Excuse, ...], World]:
    """Give the excuses that apply, and the world of the findings that count."""
    excuses = excuse(facts, findings, ruleset)
    away = {index for given in excuses for index in given.findings}
    seen = [index for index in range(len(findings)) if index not in away] if away else range(len(findings))
    return excuses, World(facts, findings, seen, ruleset.patterns, ruleset.lowered(facts))


def asked_by(ready: ReadyRule, truth: bool | None, world: World) -> tuple[Outcome, set[int]]:
    """Give what a rule that is true or unknown asks for, within the ceilings of the findings it rests on, and their indices.

    A true rule asks for at least what it would ask for if it were unknown, so that knowing less is never harsher.
    """
    rule = ready.rule
    unsure, maybe = Outcome.PASS, set[int]()
    if rule.unknown is not Outcome.PASS:
        maybe = ready.rests(world, sure=False)
        unsure = mildest(mildest(rule.outcome, rule.unknown), _ceiling(maybe, world.findings))
    if truth is None:
        return unsure, maybe
    rests = ready.rests(world, sure=True)
    return harshest(unsure, mildest(rule.outcome, _ceiling(rests, world.findings))), rests


def _ceiling(indices: Iterable[int], findings: Sequence[Finding]) -> Outcome:
    """Give the harshest ceiling among findings; without any, nothing may happen."""
    ceiling = Outcome.PASS
    for index in indices:
        ceiling = harshest(ceiling, findings[index].ceiling)
    return ceiling


def _reason(ready: ReadyRule, truth: bool | None, rests: set[int], world: World) -> Reason:
    """Give a rule's reason in words; values are those of the findings it rests on, where it rests on any with that label."""
    strongest: dict[str, Finding] = {}
    for label in ready.told:
        counted = world.labelled.get(label, [])
        chosen = [index for index in counted if index in rests] or counted
        if chosen:
            strongest[label] = _strongest([world.findings[index] for index in chosen])
    text = ready.rule.reason.fill(world.facts, strongest)
    return Reason(ready.rule.id, text if truth else UNANSWERED + text, tuple(sorted(rests)))


def _strongest(findings: Sequence[Finding]) -> Finding:
    """Give the finding with the highest score; equals are told apart by what they say, never by their order."""
    if len(findings) == 1:
        return findings[0]
    top = max(share(finding.score) for finding in findings)
    best = [finding for finding in findings if share(finding.score) == top]
    return best[0] if len(best) == 1 else min(best, key=_said)


def _said(finding: Finding) -> str:
    """Give a finding's place and evidence as a text that sorts, the same before and after it was stored as JSON."""
    return json.dumps([finding.part, finding.spans, finding.evidence], sort_keys=True, default=str)


def _priority(findings: Sequence[Finding], excuses: Sequence[Excuse], world: World, ruleset: Ruleset) -> float:
    """Give 1 - ∏(1 - weight × score) over labels, each by its strongest finding; an excused one counts by the discount.

    Factors are multiplied in the order of their size, so that the result does not depend on the order of findings.
    """
    weights = ruleset.weights
    highest = {label: score for label, score in world.scores.items() if label in weights}
    for given in excuses:
        for index in given.findings:
            finding = findings[index]
            if finding.label in weights:
                score = share(finding.score) * ruleset.discount
                highest[finding.label] = max(score, highest.get(finding.label, 0.0))
    left = math.prod(sorted([1.0 - weights[label] * score for label, score in highest.items()]))
    return round(1.0 - left, 6)
