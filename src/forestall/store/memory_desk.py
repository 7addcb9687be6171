"""The store in memory: what the desk works on."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from forestall.model.action import Action, ActionState
from forestall.model.crisis import Crisis, CrisisState
from forestall.model.records import Case, CaseState, Page
from forestall.store import cursor as cursors
from forestall.store.memory_rows import MemoryRows
from forestall.store.rows import ACTION, CASE, CRISIS


class MemoryDesk(MemoryRows):
    """See `forestall.model.desk.CaseSource` and `forestall.model.crisis.CrisisSource`."""

    def case(self, case_id: str) -> Case | None:
        """Give a case by its id."""
        return self._one(CASE, (case_id,))

    def case_of(self, content_id: str, revision: str) -> Case | None:
        """Give the newest case on a revision of content."""
        cases = [case for case in self._all(CASE) if (case.content, case.revision) == (content_id, revision)]
        return max(cases, key=lambda case: (case.opened, case.id), default=None)

    def cases(self, state: CaseState, after: str = "", limit: int = 50, queue: str | None = None) -> Page[Case]:
        """Give cases in a state, of all queues or one, in the order in which they should be answered."""
        limit = cursors.limit(limit)
        found = self._ordered(state, queue)
        start = 0
        if after:
            due, weight, priority, opened, case_id = cursors.read(after, tuple[str, float, float, str, str])
            start = bisect_right(found, (due, -weight, -priority, opened, case_id), key=_place)
        page = found[start : start + limit]
        return Page(tuple(page), _cursor(page[-1]) if start + limit < len(found) else "")

    def cases_free(self, now: str, person: str, limit: int = 16, queue: str | None = None) -> Sequence[Case]:
        """Give the first open cases that a person may take."""
        free = [
            case
            for case in self._ordered(CaseState.OPEN, queue)
            if (case.holder == person or case.leased <= now) and case.snoozed <= now
        ]
        return free[: cursors.limit(limit)]

    def cases_held(self, person: str, now: str) -> Sequence[Case]:
        """Give the open cases that a person holds, in their order."""
        return [
            case for case in self._ordered(CaseState.OPEN) if person and case.holder == person and case.leased > now
        ]

    def count_cases(self, state: CaseState) -> int:
        """Count the cases in a state."""
        return sum(case.state is state for case in self._all(CASE))

    def count_queues(self, now: str) -> Mapping[str, tuple[int, int]]:
        """Count the open cases of each queue that has any, and those of them whose deadline is over."""
        found: dict[str, tuple[int, int]] = {}
        for case in self._ordered(CaseState.OPEN):
            number, late = found.get(case.queue, (0, 0))
            found[case.queue] = (number + 1, late + (len(case.due) > 0 and case.due < now))
        return found

    def cases_between(self, since: str, until: str) -> Iterator[Case]:
        """Give all cases opened from one instant on and before another, oldest first."""
        found = [case for case in self._all(CASE) if since <= case.opened < until]
        yield from sorted(found, key=lambda case: (case.opened, case.id))

    def cases_in(self, cluster: str) -> Sequence[Case]:
        """Give all cases of a cluster, oldest first; none for an empty name."""
        found = [case for case in self._all(CASE) if cluster and case.cluster == cluster]
        return sorted(found, key=lambda case: (case.opened, case.id))

    def action(self, action_id: str) -> Action | None:
        """Give an action by its id."""
        return self._one(ACTION, (action_id,))

    def actions_of(self, content_id: str) -> Sequence[Action]:
        """Give all actions on a piece of content, oldest first."""
        return sorted((one for one in self._all(ACTION) if one.content == content_id), key=lambda one: one.id)

    def actions(self, state: ActionState, limit: int = 100) -> Sequence[Action]:
        """Give actions in a state, newest first."""
        found = sorted((one for one in self._all(ACTION) if one.state is state), key=lambda one: one.id, reverse=True)
        return found[: cursors.limit(limit)]

    def crises(self, limit: int = 100) -> Sequence[Crisis]:
        """Give crises, newest first."""
        return sorted(self._all(CRISIS), key=lambda one: one.id, reverse=True)[: cursors.limit(limit)]

    def crisis(self, crisis_id: str) -> Crisis | None:
        """Give a crisis by its id."""
        return self._one(CRISIS, (crisis_id,))

    def crisis_active(self) -> Crisis | None:
        """Give the one that was begun and not ended, where there is one."""
        active = [one for one in self._all(CRISIS) if one.state is CrisisState.ACTIVE]
        return max(active, key=lambda one: one.id, default=None)

    def _ordered(self, state: CaseState, queue: str | None = None) -> list[Case]:
        """Give the cases in a state in their order."""
        found = [case for case in self._all(CASE) if case.state is state and queue in (None, case.queue)]
        return sorted(found, key=_place)


def _place(case: Case) -> tuple[str, float, float, str, str]:
    """Give where a case stands in the order."""
    return case.due, -case.weight, -case.priority, case.opened, case.id


def _cursor(case: Case) -> str:
    """Give the cursor that leads on behind a case."""
    return cursors.write([case.due, case.weight, case.priority, case.opened, case.id])
