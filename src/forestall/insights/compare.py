"""Comparing two measurements: what became better or worse by more than chance explains."""

from collections.abc import Iterable
from dataclasses import dataclass

from forestall.insights.quality import Quality, Slice
from forestall.insights.rates import Rate, apart


@dataclass(frozen=True, slots=True)
class Difference:
    """One share that moved, from what to what: in which part (`all`, `family:…`, `language:…`, `group:…`), recall or false alarms."""

    part: str
    what: str
    old: Rate
    new: Rate

    @property
    def worse(self) -> bool:
        """True where less is found, or more is put in front of a person for nothing."""
        return (self.new.share < self.old.share) == (self.what == "recall")

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.part}: {self.what} was {self.old}, is {self.new}"


def differences(old: Quality, new: Quality) -> list[Difference]:
    """Give every share of both that moved beyond its interval, worse ones first, then by part."""
    before = dict(_parts(old))
    moved = [
        Difference(part, what, was, now)
        for part, one in _parts(new)
        if part in before
        for what, was, now in (
            ("recall", before[part].recall, one.recall),
            ("false alarms", before[part].false, one.false),
        )
        if was.total and now.total and apart(was, now)
    ]
    return sorted(moved, key=lambda one: (not one.worse, one.part, one.what))


def _parts(quality: Quality) -> Iterable[tuple[str, Slice]]:
    """Give every part by a name that says what it is."""
    yield "all", quality.all
    for kind, slices in (("family", quality.families), ("language", quality.languages), ("group", quality.groups)):
        for one in slices:
            yield f"{kind}:{one.name}", one
