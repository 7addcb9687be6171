"""After a crisis: what it changed, what people answered, how long they took, and whether it was worth it. A fold over what is stored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Protocol

from forestall.insights.rates import Rate
from forestall.model.crisis import Crisis
from forestall.model.desk import CaseSource
from forestall.model.ids import instant
from forestall.model.outcome import Outcome
from forestall.model.records import Case
from forestall.model.rulebook import RuleSource, Snapshot
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import evaluate
from forestall.policy.facts import NO_CRISIS


class Source(RuleSource, CaseSource, Protocol):
    """What is read: decisions and cases."""


@dataclass(slots=True)
class Stretch:
    """One stretch of time: decisions `looked` at, how many `asked` a person, and what people answered.

    `agreed` and `overturned` count answers; `minutes` is how long each answer took from the opening of its case; `late` those after
    their deadline; `waiting` cases that have no answer yet.
    """

    looked: int = 0
    asked: int = 0
    held: int = 0
    removed: int = 0
    agreed: int = 0
    overturned: int = 0
    late: int = 0
    waiting: int = 0
    minutes: list[float] = field(default_factory=list)
    languages: dict[str, Rate] = field(default_factory=dict)
    queues: dict[str, int] = field(default_factory=dict)

    @property
    def precision(self) -> Rate:
        """The share of people's answers that agreed."""
        return Rate(self.agreed, self.agreed + self.overturned)

    @property
    def median_minutes(self) -> float | None:
        """The median time to an answer in minutes; None where there was none."""
        return median(self.minutes) if self.minutes else None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The report on a crisis: the time itself, the same length of time before it, and what only the crisis put before people.

    `only` are items that would have passed in quiet times, with people's answers on them; `unsure` those that could not be evaluated
    again because their ruleset is gone.
    """

    crisis: Crisis
    until: str
    during: Stretch
    before: Stretch
    only: int
    only_precision: Rate
    unsure: int


def aftermath(crisis: Crisis, source: Source, ruleset_of: Callable[[str], Ruleset | None], now: str) -> Aftermath:
    """Report on a crisis that began.

    Takes:
        ruleset_of: gives the ruleset of a bundle's digest, None where it cannot be had any more.
        now: where the report ends while the crisis is still in force.
    """
    until = min(crisis.ended or now, now)
    length = datetime.fromisoformat(until).timestamp() - datetime.fromisoformat(crisis.began).timestamp()
    start = instant(datetime.fromisoformat(crisis.began).timestamp() - max(length, 0.0))
    during, before = Stretch(), Stretch()
    only, right, wrong, unsure = 0, 0, 0, 0
    for one in _snapshots(source, start, until):
        if one.at < crisis.began:
            _count(before, one)
            continue
        _count(during, one)
        if one.outcome.asks_a_person and one.facts.get("crisis", NO_CRISIS) != NO_CRISIS:
            quiet = _quiet(one, ruleset_of(one.bundle))
            unsure += quiet is None
            if quiet is Outcome.PASS:
                only += 1
                right += one.person is not None and one.person is not Outcome.PASS
                wrong += one.person is Outcome.PASS
    for case in source.cases_between(start, until):
        _time(before if case.opened < crisis.began else during, case)
    return Aftermath(crisis, until, during, before, only, Rate(right, right + wrong), unsure)


def _snapshots(source: RuleSource, since: str, until: str) -> Iterator[Snapshot]:
    """Give the machine's last decisions on each revision in a stretch of time."""
    for part in source.snapshots(None, 1, since=since, rules=True):
        for batch in part:
            yield from (one for one in batch if one.at < until)


def _count(stretch: Stretch, one: Snapshot) -> None:
    """Count one decision."""
    stretch.looked += 1
    if not one.outcome.asks_a_person:
        return
    stretch.asked += 1
    stretch.held += one.outcome is Outcome.HOLD
    stretch.removed += one.outcome is Outcome.REMOVE
    if one.person is not None:
        agreed = one.person is not Outcome.PASS
        stretch.agreed += agreed
        stretch.overturned += not agreed
        stretch.languages[one.language] = stretch.languages.get(one.language, Rate()) + Rate(int(agreed), 1)
    else:
        stretch.languages.setdefault(one.language, Rate())


def _time(stretch: Stretch, case: Case) -> None:
    """Count how long one case took."""
    stretch.queues[case.queue] = stretch.queues.get(case.queue, 0) + 1
    if not case.concluded:
        stretch.waiting += 1
        return
    taken = datetime.fromisoformat(case.concluded) - datetime.fromisoformat(case.opened)
    stretch.minutes.append(taken.total_seconds() / 60)
    stretch.late += bool(case.due) and case.concluded > case.due


def _quiet(one: Snapshot, ruleset: Ruleset | None) -> Outcome | None:
    """Give what would have been decided in quiet times; None where that cannot be told any more."""
    if ruleset is None:
        return None
    return evaluate({**one.facts, "crisis": NO_CRISIS}, one.findings, ruleset).outcome


def totals(report: Aftermath) -> Mapping[str, object]:
    """Give the report as plain values, for JSON."""
    crisis = report.crisis
    return {
        "crisis": crisis.id,
        "kind": crisis.kind,
        "declared_by": crisis.author,
        "agreed_by": crisis.second,
        "reason": crisis.reason,
        "began": crisis.began,
        "ended": crisis.ended,
        "ended_by": crisis.ended_by,
        "closing": crisis.closing,
        "until": report.until,
        "during": _stretch(report.during),
        "before": _stretch(report.before),
        "only_because_of_it": {
            "asked": report.only,
            **_rate(report.only_precision),
            "could_not_be_told": report.unsure,
        },
    }


def _stretch(stretch: Stretch) -> dict[str, object]:
    """Give a stretch of time as plain values."""
    return {
        "looked_at": stretch.looked,
        "asked": stretch.asked,
        "held": stretch.held,
        "removed": stretch.removed,
        **_rate(stretch.precision),
        "late": stretch.late,
        "waiting": stretch.waiting,
        "median_minutes": stretch.median_minutes,
        "languages": {name: _rate(rate) for name, rate in sorted(stretch.languages.items())},
        "queues": dict(sorted(stretch.queues.items())),
    }


def _rate(rate: Rate) -> dict[str, object]:
    """Give people's answers as plain values."""
    low, high = rate.interval
    return {"answered": rate.total, "agreed": rate.hits, "share": rate.share, "low": low, "high": high}
