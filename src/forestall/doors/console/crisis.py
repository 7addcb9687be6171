"""The handlers of a crisis and of actions: declare, agree, end, look back; agree to an action as the second person, or take it back."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from forestall.doors.console import pages
from forestall.doors.console.context import Desk, Seen, Sent, Signed, TheDesk
from forestall.doors.console.visit import AnyRequest, Visit
from forestall.insights.aftermath import Aftermath, Stretch, aftermath
from forestall.insights.rates import Rate
from forestall.model.action import Action, ActionState
from forestall.model.crisis import Crisis, CrisisState
from forestall.model.errors import BadInput, Conflict, NotFound, Refused
from forestall.model.records import Person
from forestall.review.people import DECIDES

Page = Response[bytes]
_BADGES = {
    CrisisState.PROPOSED: "review",
    CrisisState.ACTIVE: "remove",
    CrisisState.ENDED: "state-off",
    CrisisState.REFUSED: "state-off",
}


@dataclass(frozen=True, slots=True)
class CrisisRow:
    """A crisis in the list. `who` and `second` are names as people at the desk know them."""

    crisis: Crisis
    active: bool
    badge: str
    who: str
    second: str
    age: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report: what is counted, during the crisis and as long before it."""

    key: str
    during: str
    before: str


@get("/crisis", sync_to_thread=True)
def crisis_page(desk: TheDesk, seen: Seen, person: Signed, request: AnyRequest) -> Page:
    """Show the crisis in force, those there were, and the form to declare one."""
    return _crises(desk, seen, person, done=request.query_params.get("done", ""))


@post("/crisis", sync_to_thread=True)
def declare(desk: TheDesk, seen: Seen, decider: Signed, form: Sent) -> Page:
    """Declare a crisis, for a second person to agree to."""
    hours = form.get("hours", "").strip()
    try:
        if hours and not (hours.isascii() and hours.isdigit() and len(hours) < 5):
            raise BadInput(f"`{hours[:20]}` is no number of hours", "write a whole number, or leave it empty")
        desk.house.crises.declare(form.get("kind", ""), decider.id, form.get("reason", ""), int(hours or 0))
    except (BadInput, Conflict, NotFound) as error:
        status = 409 if isinstance(error, Conflict) else 400
        return _crises(desk, seen, decider, status, fault=(seen.words("bank.fault", what=error.what), error.next_step))
    return pages.seen_other("/console/crisis?done=declared")


@post("/crisis/{crisis_id:str}/{answer:str}", sync_to_thread=True)
def answer_crisis(
    crisis_id: FromPath[str], answer: FromPath[str], *, desk: TheDesk, seen: Seen, decider: Signed, form: Sent
) -> Page:
    """Agree to a declared crisis, refuse it, or end the one in force."""
    crises, why = desk.house.crises, form.get("reason", "")
    try:
        if answer == "agree":
            crises.agree(crisis_id, decider.id, why)
        elif answer == "refuse":
            crises.refuse(crisis_id, decider.id, why)
        elif answer == "end":
            ended = crises.end(decider.id, why)
            return pages.seen_other(f"/console/crisis/{ended.id}")
        else:
            raise NotFound(f"a crisis cannot be answered with `{answer[:20]}`", "agree, refuse or end it")
    except (BadInput, Conflict, Refused) as error:
        status = 403 if isinstance(error, Refused) else 409 if isinstance(error, Conflict) else 400
        return _crises(desk, seen, decider, status, fault=(seen.words("bank.fault", what=error.what), error.next_step))
    return pages.seen_other(f"/console/crisis?done={answer}")


@get("/crisis/{crisis_id:str}", sync_to_thread=True)
def crisis_report(crisis_id: FromPath[str], desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show the report on a crisis: what only it put before people, what they answered, and how long they took."""
    house = desk.house
    crisis = house.store.crisis(crisis_id)
    if crisis is None or not crisis.began:
        raise NotFound(f"there is no crisis `{crisis_id[:64]}` that began", "go back to the list")
    report = aftermath(crisis, house.store, house.rulebook.kept, house.clock())
    queues = {ready.queue.id: ready.queue.title for ready in house.rulebook.ruleset.queues}
    return pages.page(
        seen,
        desk.jar,
        "crisis_report.html",
        row=_row(desk, crisis, seen),
        report=report,
        lines=_lines(report, seen),
        only=_share(report.only_precision),
        languages=sorted(report.during.languages.items(), key=lambda item: (-item[1].total, item[0])),
        share=_share,
        queues=[(queues.get(name, name), number) for name, number in sorted(report.during.queues.items()) if name],
        may_act=person.role in DECIDES,
    )


@get("/actions", sync_to_thread=True)
def action_list(desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show the actions that wait for a second person."""
    return _actions(desk, seen, person)


@post("/actions/{action_id:str}/{answer:str}", sync_to_thread=True)
def answer_action(
    action_id: FromPath[str], answer: FromPath[str], *, desk: TheDesk, seen: Seen, decider: Signed, form: Sent
) -> Page:
    """Agree to an action as the second person, or take it back."""
    house = desk.house
    verbs = {"approve": house.outbox.actions.approve, "undo": house.outbox.actions.undo}
    if answer not in verbs:
        raise NotFound(f"an action cannot be answered with `{answer[:20]}`", "approve or undo it")
    try:
        verbs[answer](house.store, action_id, decider.id, house.clock)
    except (Conflict, Refused) as error:
        status = 403 if isinstance(error, Refused) else 409
        fault = (seen.words("bank.fault", what=error.what), error.next_step)
        return _actions(desk, seen, decider, status, fault=fault)
    case = house.store.case(form.get("case", ""))
    return pages.seen_other(f"/console/cases/{case.id}" if case else "/console/actions")


HANDLERS = [crisis_page, declare, answer_crisis, crisis_report, action_list, answer_action]


def _crises(desk: Desk, seen: Visit, person: Person, status: int = 200, **values: Any) -> Page:
    """Show the page of crises."""
    house = desk.house
    rows = [_row(desk, one, seen) for one in house.store.crises(50)]
    incidents = [ready.incident for ready in house.rulebook.ruleset.incidents.values()]
    filled = {"fault": None, "done": "", **values}
    filled["done"] = filled["done"] if filled["done"] in {"declared", "agree", "refuse"} else ""
    return pages.page(
        seen,
        desk.jar,
        "crisis.html",
        status,
        rows=[row for row in rows if not row.active and row.crisis.state is not CrisisState.PROPOSED],
        waiting=[row for row in rows if row.crisis.state is CrisisState.PROPOSED],
        active=next((row for row in rows if row.active), None),
        incidents=incidents,
        guidance={incident.id: incident.text for incident in incidents},
        own=person.id,
        may_act=person.role in DECIDES,
        **filled,
    )


def _row(desk: Desk, crisis: Crisis, seen: Visit) -> CrisisRow:
    """Put one crisis into a row."""
    active = crisis.on(desk.house.clock())
    state = CrisisState.ENDED if crisis.state is CrisisState.ACTIVE and not active else crisis.state
    you = seen.person.id if seen.person else ""

    def name(who: str) -> str:
        return seen.words("history.you") if who == you else who

    age = seen.words.ago(crisis.began or crisis.declared, seen.now)
    return CrisisRow(crisis, active, _BADGES[state], name(crisis.author), name(crisis.second), age)


def _lines(report: Aftermath, seen: Visit) -> list[Line]:
    """Give the lines of the comparison."""
    both = (report.during, report.before)

    def line(key: str, *values: str) -> Line:
        return Line(f"crisis.{key}", values[0], values[1])

    return [
        line("looked", *(f"{one.looked:,}" for one in both)),
        line("asked", *(f"{one.asked:,}" for one in both)),
        line("held", *(f"{one.held + one.removed:,}" for one in both)),
        line("answered", *(f"{one.precision.total:,}" for one in both)),
        line("agreed", *(_share(one.precision) or "–" for one in both)),
        line("minutes", *(_minutes(one, seen) for one in both)),
        line("late", *(f"{one.late:,}" for one in both)),
        line("still", *(f"{one.waiting:,}" for one in both)),
    ]


def _minutes(stretch: Stretch, seen: Visit) -> str:
    """Say how long an answer took."""
    value = stretch.median_minutes
    return "–" if value is None else seen.words("crisis.minute", n=round(value))


def _share(rate: Rate) -> str:
    """Write a share with its interval, empty where nothing was counted."""
    low, high = rate.interval
    return f"{100 * rate.share:.0f} % ({100 * low:.0f}–{100 * high:.0f})" if rate.total else ""


def _actions(desk: Desk, seen: Visit, person: Person, status: int = 200, **values: Any) -> Page:
    """Show the actions that wait for a second person, newest first."""
    waiting = [one for one in desk.house.store.actions(ActionState.WAITING, 500) if one.approvals]
    filled = {"fault": None, **values}
    rows = [(one, _names(one, person, seen), seen.words.ago(one.at, seen.now)) for one in waiting]
    may_act = person.role in DECIDES
    return pages.page(seen, desk.jar, "actions.html", status, rows=rows, own=person.id, may_act=may_act, **filled)


def _names(one: Action, person: Person, seen: Visit) -> str:
    """Name who agreed to an action."""
    return ", ".join(seen.words("history.you") if name == person.id else name for name in one.approvals)
