"""Findings: what a detector noticed. We score content, never people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forestall.model.outcome import Outcome

Span = tuple[int, int]
"""Start and end character offset, end exclusive, into the segment's original text."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector noticed in one part of a piece of content.

    `label` is from the detector's declared labels; `score` is 0..1 and calibrated (docs/quality.md); `evidence` is JSON-able
    and says in plain values what was seen; `ceiling` is the harshest outcome this finding may cause without a person.
    """

    detector: str
    version: str
    label: str
    score: float
    ceiling: Outcome
    part: str = "text"
    spans: tuple[Span, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
