"""What a bank would have matched of everything screened: counted before anybody switches it on."""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forestall.model.bank import Bank, Match
from forestall.model.records import Sighting

SAMPLE = 20
"""Matches shown one by one: half of them the nearest, half the furthest."""
MOST_CONTENTS = 1_000_000
"""Contents counted; a bank that meets more has told what there is to tell."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One match of the back catalogue: which revision of content, when it was seen, and how far the signal is from it."""

    content: str
    revision: str
    at: str
    part: str
    signal: int
    type: str
    distance: int


@dataclass(frozen=True, slots=True)
class Impact:
    """What a bank would have matched.

    `signals` were asked for and `contents` (revisions of content) met; `months` counts those by `YYYY-MM`, `types` by signal type
    (content met by two types counts for both). `sample` has the nearest and the furthest; `more` where counting was broken off.
    """

    signals: int = 0
    contents: int = 0
    months: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[str, int] = field(default_factory=dict)
    sample: tuple[Sample, ...] = ()
    more: bool = False


class ImpactOf:
    """Counts matches of one bank as they come."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.signals = 0
        self._months: Counter[str] = Counter()
        self._types: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._typed: set[tuple[int, str]] = set()
        self._near: list[tuple[int, int, Sample]] = []
        self._far: list[tuple[int, int, Sample]] = []
        self._count = 0

    @property
    def full(self) -> bool:
        """True when more was met than is counted."""
        return len(self._seen) >= MOST_CONTENTS

    def add(self, sightings: Mapping[int, Sighting], matches: Mapping[int, Sequence[Match]]) -> None:
        """Count matches by the position of what they met."""
        for position, sighting in sightings.items():
            if position not in self._seen:
                self._seen.add(position)
                self._months[sighting.at[:7]] += 1
            for match in matches[position]:
                self._typed.add((position, match.signal.type))
            self._show(sighting, min(matches[position], key=lambda match: (match.distance, match.signal.id)))

    def sum(self) -> Impact:
        """Give the counts."""
        for _, kind in self._typed:
            self._types[kind] += 1
        near = [item for _, _, item in sorted(self._near, key=lambda entry: (-entry[0], -entry[1]))]
        far = [item for _, _, item in sorted(self._far, key=lambda entry: (entry[0], -entry[1]))]
        sample = tuple(dict.fromkeys([*near, *far]))
        months = dict(sorted(self._months.items()))
        return Impact(self.signals, len(self._seen), months, dict(sorted(self._types.items())), sample, self.full)

    def _show(self, sighting: Sighting, match: Match) -> None:
        """Take a match into the sample if it is among the nearest or the furthest; of equals the first stays."""
        self._count += 1
        signal = match.signal
        facts = (sighting.at, match.part, signal.id, signal.type, match.distance)
        item = Sample(sighting.id, sighting.revision, *facts)
        for heap, rank in ((self._near, -match.distance), (self._far, match.distance)):
            entry = (rank, -self._count, item)
            if len(heap) < SAMPLE // 2:
                heapq.heappush(heap, entry)
            elif rank > heap[0][0]:
                heapq.heapreplace(heap, entry)
