"""Where a case waits, until when, and before which others. Pure: it follows from facts, findings, verdict and ruleset alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forestall.model.content import Audience
from forestall.model.decision import Fact, Verdict
from forestall.model.finding import Finding
from forestall.model.ids import instant
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import counted
from forestall.policy.written import Queue

GRAIN = 8
"""Deadlines fall on so many points of a queue's time, so that cases of about one deadline are answered by their weight."""
REACH: Mapping[str, float] = {Audience.PUBLIC: 1.0, Audience.OPEN: 0.9, Audience.CLOSED: 0.6, Audience.PRIVATE: 0.4}
"""How far content reaches, by who can see it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case waits: its queue (empty where the ruleset has none), its deadline, and what orders it among those of one deadline.

    `weight` is severity (of 5) × priority × reach, 0..1.
    """

    queue: str = ""
    due: str = ""
    severity: int = 0
    weight: float = 0.0


def place(
    facts: Mapping[str, Fact], findings: Sequence[Finding], verdict: Verdict, ruleset: Ruleset, opened: str
) -> Place:
    """Give the place of a case that is opened at an instant."""
    spoken = {reason.rule for reason in verdict.reasons}
    severity = max((rule.severity for rule in ruleset.rules if rule.id in spoken), default=0)
    weight = round(severity / 5 * verdict.priority * REACH.get(str(facts.get("audience")), 1.0), 6)
    queue = _queue({**facts, "outcome": verdict.outcome.value, "severity": severity}, findings, ruleset)
    return Place(queue.id, deadline(queue, opened), severity, weight) if queue else Place("", "", severity, weight)


def _queue(facts: Mapping[str, Fact], findings: Sequence[Finding], ruleset: Ruleset) -> Queue | None:
    """Give the first queue whose conditions are all true of the findings that count."""
    if not ruleset.queues:
        return None
    _, world = counted(facts, findings, ruleset)
    fitting = (ready for ready in ruleset.queues if all(asks(world) is True for asks in ready.conditions))
    return next((ready.queue for ready in fitting), None)


def deadline(queue: Queue, opened: str) -> str:
    """Give the instant by which a case of a queue should be answered: at most its minutes after it was opened."""
    seconds = queue.minutes * 60
    grid = seconds / GRAIN
    due = datetime.fromisoformat(opened).timestamp() + seconds
    return instant(due // grid * grid)
