"""What was screened before, as counters read it: the decision's place in time, and what of it can be counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forestall.model.reading import Segment


@dataclass(frozen=True, slots=True)
class Noticed:
    """Of a finding: its label and what was seen."""

    label: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """One revision of content and the machine's decision on it; `place` is the cursor at which the decision stands.

    `segments` are empty where its texts were purged.
    """

    content: str
    revision: str
    at: str
    author: str = ""
    thread: str = ""
    place: str = ""
    findings: tuple[Noticed, ...] = ()
    segments: tuple[Segment, ...] = ()
