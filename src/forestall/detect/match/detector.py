"""The detector `match`: is something here that somebody has already identified?

Labels:
    known-exact (may remove): a file is, byte for byte, material that a person of ours confirmed.
    known-near (may hold): a picture looks like material that a person of ours confirmed.
    known-unconfirmed (asks a person): either of these against material that nobody of ours confirmed yet.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.detect.base import Declared
from forestall.detect.match.bank import Bank, Facts, Trust
from forestall.detect.match.index import ExactIndex, HammingIndex
from forestall.detect.match.signals import TYPES, Query, SignalType
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading

LABELS: Mapping[str, Outcome] = MappingProxyType(
    {"known-exact": Outcome.REMOVE, "known-near": Outcome.HOLD, "known-unconfirmed": Outcome.REVIEW}
)

MOST_PER_PART = 10
"""Signals of one bank named on one part, nearest first; banks hold clusters of near-copies, and one reason is enough.
The first finding's evidence counts the others."""

_VERSION = 1
_AT_ZERO, _AT_RADIUS = 0.98, 0.60


class MatchDetector(Declared):
    """Looks up every file digest and picture hash of a reading in all banks at once."""

    def __init__(self, banks: Sequence[Bank]) -> None:
        held = hashlib.sha256("\n".join(sorted(f"{bank.name} {bank.version}" for bank in banks)).encode())
        super().__init__("match", f"{_VERSION}+{held.hexdigest()[:16]}", LABELS)
        self._shelves = [
            _Shelf(kind, [bank for bank in banks if kind.name in bank.tables])
            for kind in TYPES.values()
            if any(kind.name in bank.tables for bank in banks)
        ]

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give the known material in a reading: by type of signal, part, bank, and nearest first."""
        for shelf in self._shelves:
            for _, group in groupby(shelf.matches(reading), key=lambda match: (match.query.part, id(match.bank))):
                matches = list(group)
                for place, match in enumerate(matches[:MOST_PER_PART]):
                    others = max(0, len(matches) - MOST_PER_PART) if place == 0 else 0
                    yield self._finding(shelf.kind, match, others)

    def _finding(self, kind: SignalType, match: "_Match", others: int) -> Finding:
        """Give the finding of one match; `others` counts matches of the same part and bank that get none."""
        exact, facts = kind.radius == 0, match.facts
        label = "known-exact" if exact else "known-near"
        if facts.trust is not Trust.CONFIRMED:
            label = "known-unconfirmed"
        evidence: dict[str, Any] = {
            "bank": match.bank.name,
            "bank_version": match.bank.version,
            "signal": kind.name,
            "value": match.value.hex(),
            "distance": match.distance,
            "trust": facts.trust.value,
            "label": facts.label,
            "source": facts.source,
        }
        optional = {
            "quality": match.query.quality,
            "variant": match.query.variant,
            "confirmed_by": facts.confirmed_by,
            "expires": facts.expires,
            "note": facts.note,
            "others": others,
        }
        evidence.update((key, value) for key, value in optional.items() if value)
        return self.finding(label, score(match.distance, kind.radius), match.query.part, (), evidence)


def detector(banks: Sequence[Bank]) -> MatchDetector:
    """Give the detector over these banks."""
    return MatchDetector(banks)


def score(distance: int, radius: int) -> float:
    """Give how surely a value at this distance is the known material: 1 for exact types, else 0.98 falling to 0.60.

    Unrelated photographs lie some 100 bits apart in their nearest forms, so even the radius is seldom chance; pictures on one layout
    (posters, memes, screenshots), though, come within it while saying different things, and that is what the fall is for.
    """
    if radius == 0:
        return 1.0
    return round(_AT_ZERO - (_AT_ZERO - _AT_RADIUS) * distance / radius, 4)


@dataclass(frozen=True, slots=True)
class _Match:
    """One value of the reading, and one signal it matches."""

    query: Query
    bank: Bank
    facts: Facts
    value: bytes
    distance: int


class _Shelf:
    """All signals of one type from all banks behind one index, so that a reading is looked up once per type."""

    def __init__(self, kind: SignalType, banks: Sequence[Bank]) -> None:
        self.kind = kind
        self._banks = banks
        tables = [bank.tables[kind.name] for bank in banks]
        self._values = np.concatenate([table.values for table in tables])
        self._facts = np.concatenate([table.facts for table in tables])
        self._ends = np.cumsum([len(table.values) for table in tables])
        self._index = HammingIndex(self._values) if kind.radius else ExactIndex(self._values)

    def matches(self, reading: Reading) -> Iterator[_Match]:
        """Give, per part and signal, the nearest match; in order of part, bank, distance, value."""
        queries = list(self.kind.queries(reading))
        if not queries:
            return
        values = np.frombuffer(b"".join(query.value for query in queries), np.uint8).reshape(-1, self.kind.size)
        hits = self._index.search(values, self.kind.radius)
        parts = {part: place for place, part in enumerate(dict.fromkeys(query.part for query in queries))}
        nearest: dict[tuple[int, int], tuple[int, int]] = {}
        for at, row, distance in _triples(hits.queries, hits.rows, hits.distances):
            key = (parts[queries[at].part], row)
            nearest[key] = min(nearest.get(key, (distance, at)), (distance, at))
        found = [(part, self._bank(row), distance, row, at) for (part, row), (distance, at) in nearest.items()]
        for _, number, distance, row, at in sorted(found):
            bank = self._banks[number]
            facts = bank.facts[self._facts[row]]
            if facts.distance is None or distance <= facts.distance:
                yield _Match(queries[at], bank, facts, self._values[row].tobytes(), distance)

    def _bank(self, row: int) -> int:
        """Give the number of the bank a row comes from."""
        return int(np.searchsorted(self._ends, row, "right"))


def _triples(*columns: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Give the rows of three columns as plain integers."""
    first, second, third = (column.tolist() for column in columns)
    return zip(first, second, third, strict=True)
