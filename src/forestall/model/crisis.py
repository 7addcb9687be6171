"""A crisis: a stretch of time in which a kind of incident is declared, by two people, and which ends by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class CrisisState(StrEnum):
    """Where a crisis stands."""

    PROPOSED = "proposed"
    """One person declared it; it waits for a second."""
    ACTIVE = "active"
    """It is in force until its `until`; at most one is."""
    ENDED = "ended"
    """It is over: a person ended it, its time was up, or another took its place."""
    REFUSED = "refused"
    """The second person said no."""


@dataclass(frozen=True, slots=True)
class Crisis:
    """A declared crisis. `kind` is an incident of the ruleset, `hours` how long it lasts once a second person agrees.

    `second` and `remark` are theirs, `closing` says why it ended. Instants are empty where they have not come. `version` grows by one
    with every change.
    """

    id: str
    kind: str
    title: str
    state: CrisisState
    author: str
    reason: str
    declared: str
    hours: int
    second: str = ""
    remark: str = ""
    began: str = ""
    until: str = ""
    ended: str = ""
    ended_by: str = ""
    closing: str = ""
    version: int = 1

    def on(self, at: str) -> bool:
        """Tell whether it is in force at an instant."""
        return self.state is CrisisState.ACTIVE and at < self.until


class CrisisSource(Protocol):
    """Where crises are kept; part of every store."""

    def crises(self, limit: int = 100) -> Sequence[Crisis]:
        """Give crises, newest first."""
        ...

    def crisis(self, crisis_id: str) -> Crisis | None:
        """Give a crisis by its id."""
        ...

    def crisis_active(self) -> Crisis | None:
        """Give the one that was begun and not ended, where there is one. Cheap enough to ask often."""
        ...
