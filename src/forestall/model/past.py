"""What was screened before, as counters read it: the decision's place in time, and what of it can be counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from forestall.model.reading import Segment
from forestall.model.records import Page


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


class PastSource(Protocol):
    """Where what was screened is read from; part of every store. `tests/contracts/store_lists.py` runs on every implementation."""

    def judged_since(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided after a cursor, in commit order; a page that is not empty has a `next_cursor` to wait at."""
        ...

    def judged_before(self, cursor: str = "", limit: int = 1_000) -> Page[Judged]:
        """Give what the machine decided before a cursor (the newest, where it is empty), newest first; both kinds of cursor are one."""
        ...
