"""Shares with their uncertainty: how many of how many, and between which bounds the true share lies."""

import math
from dataclasses import dataclass

_Z = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many (`hits`) of how many (`total`)."""

    hits: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        """The share, 0 where nothing was counted."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson score interval of the share (E. B. Wilson, 1927); 0..1 where nothing was counted."""
        if not self.total:
            return 0.0, 1.0
        share, spread = self.share, _Z * _Z / self.total
        middle = (share + spread / 2) / (1 + spread)
        half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / self.total + spread / 4 / self.total)
        low = 0.0 if not self.hits else max(middle - half, 0.0)
        high = 1.0 if self.hits == self.total else min(middle + half, 1.0)
        return low, high

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.hits + other.hits, self.total + other.total)

    def __str__(self) -> str:
        """Write it as `3 / 785 = 0.38 % (0.13-1.12)`."""
        low, high = self.interval
        return f"{self.hits:,} / {self.total:,} = {100 * self.share:.2f} % ({100 * low:.2f}-{100 * high:.2f})"


def apart(one: Rate, other: Rate) -> bool:
    """True where two shares differ by more than chance explains: neither lies in the other's interval."""
    (low, high), (other_low, other_high) = one.interval, other.interval
    return not low <= other.share <= high and not other_low <= one.share <= other_high


def precision(recall: float, false: float, base: float) -> float:
    """Give the share of what is put in front of a person that is truly meant, where `base` of all items are (Bayes); 0 where nothing is."""
    right, wrong = recall * base, false * (1.0 - base)
    return right / (right + wrong) if right + wrong else 0.0
