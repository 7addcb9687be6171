"""Rules, versions of the ruleset and backtests put into words for pages. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from forestall.doors.console.words import Words
from forestall.insights.backtest.impact import Impact
from forestall.insights.backtest.tally import Moves, RuleTally, Tally
from forestall.insights.rates import Rate
from forestall.insights.rulestats import DAYS, RuleStats
from forestall.model.rulebook import RulesetState, RulesetVersion
from forestall.policy.difference import Difference
from forestall.policy.written import Rule, Status

PLOT_WIDTH, PLOT_HEIGHT = 240, 40
"""Size of the small plots, in their own units."""
MOST_DAYS = 60
"""Days shown in the plot of cases per day: the last ones."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot: where it stands, how high it is, and what it says."""

    x: float
    width: float
    height: float
    top: float
    said: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in the list: what it asks for, how often it spoke, and what people answered.

    `ended` is the day it ended, where it did, and `soon` the day it will within the next weeks. `badge` is how its status is shown.
    """

    rule: Rule
    title: str
    clause: str
    stats: RuleStats
    precision: str
    poor: bool
    ended: str
    soon: str
    badge: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of the ruleset."""

    version: RulesetVersion
    live: bool
    proposed: bool
    badge: str
    age: str
    author: str
    second: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table of a trial: a name and its numbers as they are shown."""

    name: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the plot of cases: two bars, before and after."""

    before: Bar
    after: Bar
    said: str


_BADGES = {
    RulesetState.LIVE: "state-live",
    RulesetState.PROPOSED: "state-preview",
    RulesetState.RETIRED: "state-off",
    RulesetState.REFUSED: "remove",
}
_STATUSES = {
    Status.LIVE: "state-live",
    Status.SHADOW: "state-preview",
    Status.DRAFT: "state-off",
    Status.RETIRED: "state-off",
}
_SOON = 21
"""Days before a rule ends from which that is said."""
_POOR = 0.5
"""Share of agreeing answers below which a rule is marked, if there are enough to say so."""
_ENOUGH = 10


def rows(rules: Sequence[Rule], stats: Mapping[str, RuleStats], today: str, words: Words) -> list[RuleRow]:
    """Give the rules: those that decide, then those that are only watched, then the others; each by how often they spoke or would have."""
    made = [_row(rule, stats.get(rule.id, RuleStats()), today, words) for rule in rules]
    order = [Status.LIVE, Status.SHADOW, Status.DRAFT, Status.RETIRED]
    return sorted(made, key=lambda row: (order.index(row.rule.status), -row.stats.spoke, -row.stats.shadow))


def _row(rule: Rule, stats: RuleStats, today: str, words: Words) -> RuleRow:
    rate, until = stats.precision, rule.limits.until
    soon = (date.fromisoformat(today[:10]) + timedelta(days=_SOON)).isoformat()
    return RuleRow(
        rule=rule,
        title=words.translated(rule.title),
        clause=words.translated(rule.clause),
        stats=stats,
        precision=rate_text(rate),
        poor=rate.total >= _ENOUGH and rate.interval[1] < _POOR,
        ended=until if until and until < today[:10] else "",
        soon=until if today[:10] <= until <= soon else "",
        badge=_STATUSES[rule.status],
        bars=bars(stats.by_day, today),
    )


def rate_text(rate: Rate) -> str:
    """Give a share with its interval in short, or nothing where nobody answered."""
    if not rate.total:
        return ""
    low, high = rate.interval
    return f"{100 * rate.share:.0f} % ({100 * low:.0f}-{100 * high:.0f}), n = {rate.total:,}"


def bars(by_day: Mapping[str, int], today: str) -> list[Bar]:
    """Give one bar for each of the last days."""
    last = date.fromisoformat(today[:10])
    days = [(last - timedelta(days=back)).isoformat() for back in range(DAYS - 1, -1, -1)]
    most = max((by_day.get(day, 0) for day in days), default=0)
    width = PLOT_WIDTH / DAYS
    return [
        _bar(number * width, width * 0.8, by_day.get(day, 0), most, f"{day}: {by_day.get(day, 0):,}")
        for number, day in enumerate(days)
    ]


def days_of(impact: Impact) -> list[Day]:
    """Give the plot of cases per day before and after."""
    shown = impact.by_day[-MOST_DAYS:]
    most = max((max(before, after) for _, before, after in shown), default=0)
    width = PLOT_WIDTH / max(len(shown), 1)
    return [
        Day(
            _bar(number * width, width * 0.4, before, most, ""),
            _bar((number + 0.42) * width, width * 0.4, after, most, ""),
            f"{day}: {before:,} → {after:,}",
        )
        for number, (day, before, after) in enumerate(shown)
    ]


def _bar(x: float, width: float, value: int, most: int, said: str) -> Bar:
    height = PLOT_HEIGHT * value / most if most else 0.0
    return Bar(round(x, 2), round(width, 2), round(height, 2), round(PLOT_HEIGHT - height, 2), said)


def versions(kept: Sequence[RulesetVersion], names: Mapping[str, str], words: Words, now: str) -> list[VersionRow]:
    """Give the versions of the ruleset as they come; `names` are those of people by pseudonym."""
    return [
        VersionRow(
            one,
            one.state is RulesetState.LIVE,
            one.state is RulesetState.PROPOSED,
            _BADGES[one.state],
            words.ago(one.decided or one.proposed, now),
            names.get(one.author, one.author),
            names.get(one.second, one.second),
        )
        for one in kept
    ]


def moves_lines(slices: Mapping[str, Moves]) -> list[Line]:
    """Give moves by language, surface or family, most moved first."""
    ordered = sorted(slices.items(), key=lambda item: (-item[1].caught - item[1].dropped, item[0]))[:20]
    return [
        Line(name, [f"{number:,}" for number in (moves.caught, moves.dropped, moves.harsher, moves.milder)])
        for name, moves in ordered
    ]


def rule_lines(tally: Tally) -> list[Line]:
    """Give the rules in question, those that spoke most first."""
    ordered = sorted(tally.rules.items(), key=lambda item: (-item[1].fired, item[0]))
    return [Line(name, _rule_cells(one)) for name, one in ordered]


def _rule_cells(one: RuleTally) -> list[str]:
    beside = ", ".join(f"{other} {number:,}" for other, number in one.beside.most_common(3))
    return [f"{one.fired:,}", f"{one.alone:,}", f"{one.unknown:,}", rate_text(one.precision), beside]


def outcome_lines(tally: Tally, words: Words) -> list[Line]:
    """Give the pairs of outcomes that differ."""
    return [
        Line(f"{words(f'outcome.{before.value}')} → {words(f'outcome.{after.value}')}", [f"{number:,}"])
        for (before, after), number in sorted(tally.outcomes.items())
        if before is not after
    ]


def harsher(found: Sequence[Difference]) -> list[str]:
    """Give what could become harsher, each once."""
    return list(dict.fromkeys(one.harsher for one in found if one.harsher))
