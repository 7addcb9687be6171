"""What the desk works on, as every store keeps it: cases in queues, and actions on the platform that wait for somebody."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from forestall.model.action import Action, ActionState
from forestall.model.records import Case, CaseState, Page


class CaseSource(Protocol):
    """Where cases and actions are kept; part of every store."""

    def case(self, case_id: str) -> Case | None:
        """Give a case by its id."""
        ...

    def case_of(self, content_id: str, revision: str) -> Case | None:
        """Give the newest case on a revision of content."""
        ...

    def cases(self, state: CaseState, after: str = "", limit: int = 50, queue: str | None = None) -> Page[Case]:
        """Give cases in a state, of all queues or one, in the order in which they should be answered.

        By deadline, then by weight and priority, highest first, then oldest first.
        """
        ...

    def cases_free(self, now: str, person: str, limit: int = 16, queue: str | None = None) -> Sequence[Case]:
        """Give the first open cases that a person may take: nobody else holds them, and they do not wait for a later hour."""
        ...

    def cases_held(self, person: str, now: str) -> Sequence[Case]:
        """Give the open cases that a person holds, in their order."""
        ...

    def count_cases(self, state: CaseState) -> int:
        """Count the cases in a state."""
        ...

    def count_queues(self, now: str) -> Mapping[str, tuple[int, int]]:
        """Count the open cases of each queue that has any, and those of them whose deadline is over."""
        ...

    def cases_between(self, since: str, until: str) -> Iterator[Case]:
        """Give all cases opened from one instant on and before another, oldest first, read as they are asked for."""
        ...

    def cases_in(self, cluster: str) -> Sequence[Case]:
        """Give all cases of a cluster, oldest first."""
        ...

    def action(self, action_id: str) -> Action | None:
        """Give an action by its id."""
        ...

    def actions_of(self, content_id: str) -> Sequence[Action]:
        """Give all actions on a piece of content, oldest first."""
        ...

    def actions(self, state: ActionState, limit: int = 100) -> Sequence[Action]:
        """Give actions in a state, newest first."""
        ...
