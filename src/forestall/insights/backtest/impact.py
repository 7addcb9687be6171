"""What a change of rules means for the people who look: cases per day before and after, against what they can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from forestall.insights.backtest.run import Backtest


@dataclass(frozen=True, slots=True)
class Impact:
    """Cases per day: on average and on the busiest day, before and after, over the days there are decisions of.

    `capacity` is how many cases reviewers can answer a day, 0 where nobody said; `over` on how many days there are more.
    """

    days: int
    mean_before: float
    mean_after: float
    most_before: int
    most_after: int
    capacity: int
    over_before: int
    over_after: int
    by_day: tuple[tuple[str, int, int], ...]

    @property
    def fits(self) -> bool:
        """True where the average day's cases can be answered, or nobody said how many can."""
        return not self.capacity or self.mean_after <= self.capacity

    def told(self) -> str:
        """Say it in words."""
        if not self.days:
            return "no decision asked a person so far, so nothing can be said about cases per day"
        said = (
            f"cases per day: {self.mean_before:.1f} on average and {self.most_before:,} on the busiest day so far, "
            f"{self.mean_after:.1f} and {self.most_after:,} with the new rules (over {self.days:,} {'day' if self.days == 1 else 'days'})"
        )
        if not self.capacity:
            return said
        share = self.mean_after / self.capacity
        over = f"; on {self.over_after} of {self.days} days more come than that" if self.over_after else ""
        return f"{said}; that is {share:.0%} of the {self.capacity:,} reviewers can answer a day{over}"


def impact(found: Backtest, capacity: int = 0) -> Impact:
    """Say what a backtest of a store means in cases per day; days without any case count too."""
    days = _days(found.asked, found.tally.days)
    rows = tuple(
        (day, found.asked.get(day, 0), max(found.asked.get(day, 0) + found.tally.days.get(day, 0), 0)) for day in days
    )
    before, after = [row[1] for row in rows], [row[2] for row in rows]
    number = len(rows)
    return Impact(
        days=number,
        mean_before=sum(before) / number if number else 0.0,
        mean_after=sum(after) / number if number else 0.0,
        most_before=max(before, default=0),
        most_after=max(after, default=0),
        capacity=capacity,
        over_before=sum(one > capacity for one in before) if capacity else 0,
        over_after=sum(one > capacity for one in after) if capacity else 0,
        by_day=rows,
    )


def capacity_of(reviewers: int, hours: float, minutes: float) -> int:
    """Give how many cases so many reviewers answer a day, each at it for so many hours, with so many minutes a case."""
    return max(int(reviewers * hours * 60 / minutes), 0) if minutes > 0 else 0


def needed(cases: float, hours: float, minutes: float) -> int:
    """Give how many reviewers so many cases a day need."""
    return ceil(cases * minutes / (hours * 60)) if hours > 0 else 0


def _days(*counts: Mapping[str, int]) -> list[str]:
    """Give every day from the first to the last."""
    named = sorted(day for one in counts for day in one if len(day) == 10)
    if not named:
        return []
    try:
        first, last = date.fromisoformat(named[0]), date.fromisoformat(named[-1])
    except ValueError:
        return sorted(set(named))
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
