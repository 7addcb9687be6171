"""How rules are doing: how often each spoke, how often it could not be answered, and what people answered."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forestall.insights.rates import Rate
from forestall.model.ids import instant
from forestall.model.outcome import Outcome
from forestall.model.rulebook import RuleSource


@dataclass(slots=True)
class RuleStats:
    """One rule over a stretch of days. `agreed` and `overturned` count people's answers on what it spoke about.

    `alone` is how often no other rule spoke, `shadow` how often it would have spoken while it was only watched.
    """

    spoke: int = 0
    alone: int = 0
    unknown: int = 0
    agreed: int = 0
    overturned: int = 0
    shadow: int = 0
    shadow_unknown: int = 0
    shadow_agreed: int = 0
    shadow_overturned: int = 0
    by_day: Counter[str] = field(default_factory=Counter)
    by_language: dict[str, list[int]] = field(default_factory=dict)

    @property
    def shadow_precision(self) -> Rate:
        """The share of people's answers that would have agreed, on what it would have caught: blind samples, and cases of other rules."""
        return Rate(self.shadow_agreed, self.shadow_agreed + self.shadow_overturned)

    @property
    def precision(self) -> Rate:
        """The share of people's answers that agreed."""
        return Rate(self.agreed, self.agreed + self.overturned)


DAYS = 30
"""Days over which rules are counted for those who look after them."""
REMEMBERED_SECONDS = 60.0
"""How long counts are given again before they are taken anew, however many ask."""


class RuleCounts:
    """How rules have been doing over the last days, counted at most once a minute; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = ""
        self._stats: Mapping[str, RuleStats] = {}

    def of(self, source: RuleSource, now: str) -> Mapping[str, RuleStats]:
        """Give the counts as of an instant."""
        with self._lock:
            if now >= self._until:
                self._stats = rule_stats(source, _later(now, -DAYS * 86_400))
                self._until = _later(now, REMEMBERED_SECONDS)
            return self._stats


def _later(at: str, seconds: float) -> str:
    """Give an instant so many seconds later."""
    return instant((datetime.fromisoformat(at) + timedelta(seconds=seconds)).timestamp())


MOST_SHADOWS = 100_000
"""Shadows read at most: the newest."""


def rule_stats(source: RuleSource, since: str) -> Mapping[str, RuleStats]:
    """Count, rule by rule, over the machine's last decisions on each revision of content made from an instant on."""
    stats: dict[str, RuleStats] = {}
    sets = source.label_sets()
    answers: dict[str, Outcome] = {}
    for part in source.snapshots(sets.keys(), 1, since=since, rules=True):
        for batch in part:
            for one in batch:
                if one.person is not None:
                    answers[one.decision] = one.person
                for rule in one.unknown:
                    stats.setdefault(rule, RuleStats()).unknown += 1
                for rule in one.rules:
                    _spoke(stats.setdefault(rule, RuleStats()), one.at, one.language, one.person, len(one.rules))
    for shadow in source.shadows(since, MOST_SHADOWS):
        for rule in shadow.fired:
            counted = stats.setdefault(rule, RuleStats())
            counted.shadow += 1
            answer = answers.get(shadow.id)
            counted.shadow_agreed += answer is not None and answer is not Outcome.PASS
            counted.shadow_overturned += answer is Outcome.PASS
        for rule in shadow.unknown:
            stats.setdefault(rule, RuleStats()).shadow_unknown += 1
    return stats


def _spoke(stats: RuleStats, at: str, language: str, person: Outcome | None, rules: int) -> None:
    """Count a decision a rule spoke in, one of so many rules."""
    stats.spoke += 1
    stats.alone += rules == 1
    stats.by_day[at[:10]] += 1
    counted = stats.by_language.setdefault(language, [0, 0, 0])
    counted[0] += 1
    if person is not None:
        agreed = person is not Outcome.PASS
        stats.agreed += agreed
        stats.overturned += not agreed
        counted[1 if agreed else 2] += 1
