"""Proving a decision again: its stored facts and findings under a ruleset must give what was decided (promise 4)."""

from dataclasses import dataclass

from forestall.model.decision import MACHINE, Decision, Verdict
from forestall.model.errors import BadInput
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import evaluate

_COMPARED = ("outcome", "priority", "reasons", "excuses", "unknowns")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a ruleset concludes otherwise than was decided: `was` as stored, `now` as evaluated, `changed` the names that differ."""

    decision: str
    was: Verdict
    now: Verdict
    changed: tuple[str, ...]


def replay(decision: Decision, ruleset: Ruleset) -> Difference | None:
    """Evaluate a stored decision's facts and findings again; give the difference, or None where there is none.

    Raises BadInput for a decision made by a person: nothing derives it.
    """
    if decision.by != MACHINE:
        raise BadInput(
            f"decision {decision.id} was made by a person", "replay the machine's decision on the same content"
        )
    was = Verdict(decision.outcome, decision.priority, decision.reasons, decision.excuses, decision.unknowns)
    now = evaluate(decision.facts, decision.findings, ruleset)
    changed = tuple(name for name in _COMPARED if getattr(was, name) != getattr(now, name))
    return Difference(decision.id, was, now, changed) if changed else None
