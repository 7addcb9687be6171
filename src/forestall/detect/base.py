"""What detector families share: folded views of a reading, and findings that keep to what was declared."""

from collections.abc import Iterable, Mapping
from typing import Any

from forestall.model.finding import Finding, Span
from forestall.model.outcome import Outcome
from forestall.model.reading import BODY
from forestall.text.views import folded

__all__ = ["Declared", "folded"]


class Declared:
    """A detector's name, version and labels, and the one way it makes findings: it cannot exceed what it declared.

    Families inherit this and add `look`. `labels` maps each label to the harshest outcome it may cause without a person.
    """

    def __init__(self, name: str, version: str, labels: Mapping[str, Outcome]) -> None:
        self.name = name
        self.version = version
        self.labels = dict(labels)

    def finding(
        self,
        label: str,
        score: float,
        part: str = BODY,
        spans: Iterable[Span] = (),
        evidence: Mapping[str, Any] | None = None,
    ) -> Finding:
        """Make a finding with the label's declared ceiling. The score is clamped to 0..1, spans are put in order once each."""
        return Finding(
            detector=self.name,
            version=self.version,
            label=label,
            score=min(max(score, 0.0), 1.0),
            ceiling=self.labels[label],
            part=part,
            spans=tuple(sorted(set(spans))),
            evidence=evidence or {},
        )
