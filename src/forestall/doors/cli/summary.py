"""What is kept of a run while it streams by: totals, and the items a person should see first. Bounded, however long the run."""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from forestall.doors.cli.evidence import Passage, passages
from forestall.flow.screen import Screened
from forestall.model.decision import Decision
from forestall.model.outcome import Outcome

_LONGEST_EVIDENCE = 400


_MOST_FINDINGS = 20
_MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class Noticed:
    """A finding as shown; `counts` is false where an excuse set it aside."""

    label: str
    score: float
    detector: str
    part: str
    evidence: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One item as shown. `reasons` and `excuses` are sentences for a person; `files` are the names of what came with it."""

    id: str
    decision: str
    outcome: Outcome
    priority: float
    language: str
    reasons: tuple[str, ...]
    excuses: tuple[str, ...]
    passages: tuple[Passage, ...]
    findings: tuple[Noticed, ...]
    files: tuple[str, ...]
    text_length: int


@dataclass(slots=True)
class Summary:
    """Takes screened items in order and remembers the totals and the `limit` items that need a person most."""

    limit: int
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    languages: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    repeated: int = 0
    _heap: list[tuple[float, int, Row]] = field(default_factory=list)

    def add(self, items: Sequence[Screened], repeated: int = 0) -> None:
        """Count items; `repeated` of them had been recorded by an earlier run."""
        for item in items:
            decision = item.decision
            self.outcomes[decision.outcome] += 1
            self.languages[decision.language, decision.outcome] += 1
            self.unreadable += bool(item.reading.problems)
            if decision.outcome.asks_a_person:
                self.rules.update({reason.rule for reason in decision.reasons})
                self._offer(item)
        self.repeated += repeated

    @property
    def items(self) -> int:
        """How many items were counted."""
        return self.outcomes.total()

    @property
    def for_a_person(self) -> int:
        """How many items need a person."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.asks_a_person)

    def first(self, limit: int) -> list[Row]:
        """Give the items that need a person most, highest priority first, equal ones in the order they came."""
        return [row for _, _, row in sorted(self._heap, key=lambda entry: (-entry[0], -entry[1]))[:limit]]

    def _offer(self, item: Screened) -> None:
        """Keep the item if it is among the foremost; a row is only made for an item that is kept."""
        order = -self.items
        if len(self._heap) < self.limit:
            heapq.heappush(self._heap, (item.decision.priority, order, row_of(item)))
        elif self.limit and (item.decision.priority, order) > self._heap[0][:2]:
            heapq.heapreplace(self._heap, (item.decision.priority, order, row_of(item)))


def row_of(item: Screened) -> Row:
    """Give a screened item as shown."""
    decision = item.decision
    return Row(
        id=decision.content,
        decision=decision.id,
        outcome=decision.outcome,
        priority=decision.priority,
        language=decision.language,
        reasons=tuple(reason.text for reason in decision.reasons),
        excuses=tuple(dict.fromkeys(excuse.text for excuse in decision.excuses)),
        passages=passages(decision, item.reading.segments),
        findings=noticed(decision),
        files=tuple(file.part for file in item.reading.files[:_MOST_FILES]),
        text_length=sum(len(segment.text) for segment in item.reading.segments),
    )


def noticed(decision: Decision) -> tuple[Noticed, ...]:
    """Give a decision's findings as shown: those that count first, then by score; at most twenty."""
    excused = {index for excuse in decision.excuses for index in excuse.findings}
    found = [
        Noticed(f.label, f.score, f.detector, f.part, plain_evidence(f.evidence), index not in excused)
        for index, f in enumerate(decision.findings)
    ]
    return tuple(sorted(found, key=lambda item: (not item.counts, -item.score))[:_MOST_FINDINGS])


def plain_evidence(evidence: Mapping[str, Any]) -> str:
    """Give evidence in one line of `name: value` pairs, cut where it is long."""
    pairs = (f"{name}: {_plain(value)}" for name, value in evidence.items() if value not in ("", None, [], {}))
    line = " · ".join(islice(pairs, 12))
    return line if len(line) <= _LONGEST_EVIDENCE else line[:_LONGEST_EVIDENCE] + "…"


def _plain(value: Any) -> str:
    """Give a value of evidence as a reader expects it."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value[:12])
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in islice(value.items(), 12))
    return str(value)
