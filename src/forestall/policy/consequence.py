"""What follows from a verdict on the platform, beside its outcome. Pure: read from the rules that spoke.

Ceilings hold here too: an action weighs as much as an outcome (`ActionKind.harshness`), and where nothing a rule rests on may cause
that without a person, or the rule could not be answered fully, a person must agree first, whatever its file says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forestall.model.action import KINDS, Approval
from forestall.model.decision import Reason, Verdict
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome, harshest
from forestall.policy.engine import Ruleset
from forestall.policy.written import Consequence

_ORDER = tuple(Approval)


@dataclass(frozen=True, slots=True)
class Planned:
    """An action that follows from a rule."""

    rule: str
    consequence: Consequence


def planned(verdict: Verdict, findings: Sequence[Finding], ruleset: Ruleset) -> tuple[Planned, ...]:
    """Give the actions that follow from a verdict, each kind and note once, by the rule that needs the fewest people."""
    if not ruleset.acting or not verdict.reasons:
        return ()
    found: dict[tuple[str, str], Planned] = {}
    for reason in verdict.reasons:
        for wanted in ruleset.acting.get(reason.rule, ()):
            one = Planned(reason.rule, _within(wanted, reason, verdict, findings))
            key = (wanted.kind, wanted.note)
            if key not in found or _people(one) < _people(found[key]):
                found[key] = one
    return tuple(found.values())


def _within(wanted: Consequence, reason: Reason, verdict: Verdict, findings: Sequence[Finding]) -> Consequence:
    """Give an action with a person asked first where it would go beyond what the findings may cause."""
    ceiling = Outcome.PASS
    for index in reason.findings:
        ceiling = harshest(ceiling, findings[index].ceiling)
    beyond = KINDS[wanted.kind].harshness.rank > ceiling.rank or reason.rule in verdict.unknowns
    return replace(wanted, approval=Approval.PERSON) if beyond and wanted.approval is Approval.NONE else wanted


def _people(one: Planned) -> int:
    """Give how many people an action needs."""
    return _ORDER.index(one.consequence.approval)
