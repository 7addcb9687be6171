"""Reading what the desk works on from a database: cases in their order, actions, and crises."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Select, bindparam, case, func, or_, select, tuple_

from forestall.model.action import Action, ActionState
from forestall.model.crisis import Crisis, CrisisState
from forestall.model.records import Case, CaseState, Page
from forestall.store import cursor as cursors
from forestall.store.readers import Readers, columns
from forestall.store.rows import ACTION, CASE, CRISIS
from forestall.store.tables import actions, case_order, cases, crises

_BATCH = 1_000

_CASE = columns(CASE).where(cases.c.id == bindparam("id"))
_CASE_OF = (
    columns(CASE)
    .where(cases.c.content == bindparam("content"), cases.c.revision == bindparam("revision"))
    .order_by(cases.c.opened.desc(), cases.c.id.desc())
    .limit(1)
)
_CASES = columns(CASE).where(cases.c.state == bindparam("state")).order_by(*case_order).limit(bindparam("limit"))
_OF_QUEUE = cases.c.queue == bindparam("queue")
_AFTER = (
    cases.c.due >= bindparam("due"),
    or_(
        cases.c.due > bindparam("due"),
        cases.c.weight < bindparam("weight"),
        (cases.c.weight == bindparam("weight")) & (cases.c.priority < bindparam("priority")),
        (cases.c.weight == bindparam("weight"))
        & (cases.c.priority == bindparam("priority"))
        & (cases.c.opened > bindparam("opened")),
        (cases.c.weight == bindparam("weight"))
        & (cases.c.priority == bindparam("priority"))
        & (cases.c.opened == bindparam("opened"))
        & (cases.c.id > bindparam("id")),
    ),
)
_FREE = _CASES.where(
    or_(cases.c.holder == bindparam("person"), cases.c.leased <= bindparam("now")), cases.c.snoozed <= bindparam("now")
)
_HELD = (
    columns(CASE)
    .where(cases.c.holder == bindparam("person"), cases.c.holder != "", cases.c.leased > bindparam("now"))
    .where(cases.c.state == CaseState.OPEN.value)
    .order_by(*case_order)
)
_CASES_BETWEEN = (
    columns(CASE)
    .where(tuple_(cases.c.opened, cases.c.id) > tuple_(bindparam("since"), bindparam("last")))
    .where(cases.c.opened < bindparam("until"))
    .order_by(cases.c.opened, cases.c.id)
    .limit(_BATCH)
)
_CASES_IN = columns(CASE).where(cases.c.cluster == bindparam("cluster")).order_by(cases.c.opened, cases.c.id)
_COUNT_CASES = select(func.count()).select_from(cases).where(cases.c.state == bindparam("state"))
_LATE = (cases.c.due != "") & (cases.c.due < bindparam("now"))
_COUNT_QUEUES = (
    select(cases.c.queue, func.count().label("number"), func.sum(case((_LATE, 1), else_=0)).label("late"))
    .where(cases.c.state == CaseState.OPEN.value)
    .group_by(cases.c.queue)
)
_ACTION = columns(ACTION).where(actions.c.id == bindparam("id"))
_ACTIONS_OF = columns(ACTION).where(actions.c.content == bindparam("content")).order_by(actions.c.id)
_ACTIONS = (
    columns(ACTION).where(actions.c.state == bindparam("state")).order_by(actions.c.id.desc()).limit(bindparam("limit"))
)
_CRISIS = columns(CRISIS).where(crises.c.id == bindparam("id"))
_CRISES = columns(CRISIS).order_by(crises.c.id.desc()).limit(bindparam("limit"))
_CRISIS_ACTIVE = columns(CRISIS).where(crises.c.state == CrisisState.ACTIVE.value).order_by(crises.c.id.desc()).limit(1)


def _listing(queue: str | None, after: bool, listing: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """Give a listing of cases, of one queue or all, from the beginning or after a place."""
    listing = listing if queue is None else listing.where(_OF_QUEUE)
    return listing.where(*_AFTER) if after else listing


_LISTINGS = {
    (one, after): _listing("" if one else None, after, _CASES) for one in (False, True) for after in (False, True)
}
_FREE_IN = {one: _listing("" if one else None, False, _FREE) for one in (False, True)}


class SqlDesk:
    """The part of a store on a database that reads for the desk; see `forestall.model.desk.CaseSource` and `CrisisSource`."""

    _readers: Readers

    def case(self, case_id: str) -> Case | None:
        """Give a case by its id."""
        return self._readers.record(CASE, _CASE, id=case_id)

    def case_of(self, content_id: str, revision: str) -> Case | None:
        """Give the newest case on a revision of content."""
        return self._readers.record(CASE, _CASE_OF, content=content_id, revision=revision)

    def cases(self, state: CaseState, after: str = "", limit: int = 50, queue: str | None = None) -> Page[Case]:
        """Give cases in a state, of all queues or one, in the order in which they should be answered."""
        limit = cursors.limit(limit)
        asked: dict[str, str | int | float] = {"state": state.value, "limit": limit + 1}
        if queue is not None:
            asked["queue"] = queue
        if after:
            due, weight, priority, opened, case_id = cursors.read(after, tuple[str, float, float, str, str])
            asked |= {"due": due, "weight": weight, "priority": priority, "opened": opened, "id": case_id}
        found = self._readers.records(CASE, _LISTINGS[queue is not None, bool(after)], **asked)
        page = found[:limit]
        return Page(tuple(page), place_of(page[-1]) if len(found) > limit else "")

    def cases_free(self, now: str, person: str, limit: int = 16, queue: str | None = None) -> Sequence[Case]:
        """Give the first open cases that a person may take."""
        asked = {"state": CaseState.OPEN.value, "now": now, "person": person, "limit": cursors.limit(limit)}
        if queue is not None:
            asked["queue"] = queue
        return self._readers.records(CASE, _FREE_IN[queue is not None], **asked)

    def cases_held(self, person: str, now: str) -> Sequence[Case]:
        """Give the open cases that a person holds, in their order."""
        return self._readers.records(CASE, _HELD, person=person, now=now)

    def count_cases(self, state: CaseState) -> int:
        """Count the cases in a state."""
        return int(self._readers.value(_COUNT_CASES, state=state.value))

    def count_queues(self, now: str) -> Mapping[str, tuple[int, int]]:
        """Count the open cases of each queue that has any, and those of them whose deadline is over."""
        return {row.queue: (row.number, int(row.late)) for row in self._readers.rows(_COUNT_QUEUES, now=now)}

    def cases_between(self, since: str, until: str) -> Iterator[Case]:
        """Give all cases opened from one instant on and before another, oldest first."""
        opened, last = since, ""
        while page := self._readers.records(CASE, _CASES_BETWEEN, since=opened, last=last, until=until):
            yield from page
            opened, last = page[-1].opened, page[-1].id

    def cases_in(self, cluster: str) -> Sequence[Case]:
        """Give all cases of a cluster, oldest first; none for an empty name."""
        return self._readers.records(CASE, _CASES_IN, cluster=cluster) if cluster else []

    def action(self, action_id: str) -> Action | None:
        """Give an action by its id."""
        return self._readers.record(ACTION, _ACTION, id=action_id)

    def actions_of(self, content_id: str) -> Sequence[Action]:
        """Give all actions on a piece of content, oldest first."""
        return self._readers.records(ACTION, _ACTIONS_OF, content=content_id)

    def actions(self, state: ActionState, limit: int = 100) -> Sequence[Action]:
        """Give actions in a state, newest first."""
        return self._readers.records(ACTION, _ACTIONS, state=state.value, limit=cursors.limit(limit))

    def crises(self, limit: int = 100) -> Sequence[Crisis]:
        """Give crises, newest first."""
        return self._readers.records(CRISIS, _CRISES, limit=cursors.limit(limit))

    def crisis(self, crisis_id: str) -> Crisis | None:
        """Give a crisis by its id."""
        return self._readers.record(CRISIS, _CRISIS, id=crisis_id)

    def crisis_active(self) -> Crisis | None:
        """Give the one that was begun and not ended, where there is one."""
        return self._readers.record(CRISIS, _CRISIS_ACTIVE)


def place_of(case: Case) -> str:
    """Give the cursor that leads on behind a case."""
    return cursors.write([case.due, case.weight, case.priority, case.opened, case.id])
