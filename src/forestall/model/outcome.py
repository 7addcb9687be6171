"""What a decision can come to, mildest first."""

from enum import StrEnum


class Outcome(StrEnum):
    """One of `pass`, `review`, `hold`, `remove`; ordered from mildest to harshest by `rank`."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    """Nothing is done; the content stays."""
    REVIEW = "review"
    """A person is asked; the content stays visible meanwhile."""
    HOLD = "hold"
    """Hidden, reversibly, while a person looks."""
    REMOVE = "remove"
    """Taken off the service and preserved; reversible until retention ends."""

    @property
    def rank(self) -> int:
        """0 for `pass` up to 3 for `remove`."""
        return _RANK[self]

    @property
    def asks_a_person(self) -> bool:
        """True where the outcome puts the content in front of a person."""
        return self is not Outcome.PASS


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}


def mildest(first: Outcome, second: Outcome) -> Outcome:
    """Give the milder of two outcomes."""
    return first if first.rank <= second.rank else second


def harshest(first: Outcome, second: Outcome) -> Outcome:
    """Give the harsher of two outcomes."""
    return first if first.rank >= second.rank else second
