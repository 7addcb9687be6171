"""The desk: the list of what needs a person, one case, the answer to it, and a look at a picture."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from forestall.doors.console import casepage, known, listing, pages, pictures
from forestall.doors.console.context import Desk, Seen, Sent, Signed, TheDesk
from forestall.doors.console.headers import MEDIA_POLICY
from forestall.doors.console.visit import AnyRequest, Visit
from forestall.flow import samples
from forestall.model.action import ActionState
from forestall.model.decision import Decision
from forestall.model.errors import BadInput, Conflict
from forestall.model.outcome import Outcome
from forestall.model.records import CaseState, LedgerRow, Person
from forestall.review import cases

Page = Response[bytes]
PAGE_SIZE = 50
"""Cases on one page of the list."""
_SEARCHED = 2_000
"""Most open cases looked through for the one after this."""


@get("/", sync_to_thread=True)
def waiting(desk: TheDesk, seen: Seen, person: Signed, request: AnyRequest) -> Page:
    """Show what needs a person, by priority."""
    return _list(desk, seen, person, CaseState.OPEN, request)


@get("/answered", sync_to_thread=True)
def answered(desk: TheDesk, seen: Seen, person: Signed, request: AnyRequest) -> Page:
    """Show what people answered."""
    return _list(desk, seen, person, CaseState.CONCLUDED, request)


@get("/cases/{case_id:str}", sync_to_thread=True)
def case_page(case_id: FromPath[str], desk: TheDesk, seen: Seen, person: Signed, request: AnyRequest) -> Page:
    """Show one case; that they looked is in the ledger."""
    house = desk.house
    view = cases.view(house.store, case_id, person, house.clock)
    done = _done(desk, request.query_params.get("done", ""), person)
    return _case(desk, seen, person, view, done=done, whole="whole" in request.query_params)


@post("/cases/{case_id:str}/answer", sync_to_thread=True)
def answer(case_id: FromPath[str], desk: TheDesk, seen: Seen, decider: Signed, form: Sent) -> Page:
    """Record an answer as a decision by a person and show the next case."""
    house = desk.house
    reason, choice = form.get("reason", ""), form.get("choice", "")
    try:
        given = cases.Answer(case_id, _number(form.get("version", "")), decider, _outcome(choice), reason)
        following = _after(desk, case_id)
        cases.conclude(house.store, given, house.clock, house.new_id, house.outbox)
    except BadInput:
        view = cases.view(house.store, case_id, decider, house.clock)
        fault = _what_is_wrong(seen, choice, reason)
        return _case(
            desk, seen, decider, view, status=400, fault=fault, draft=_Draft(choice, reason[: cases.MAX_REASON])
        )
    except Conflict:
        view = cases.view(house.store, case_id, decider, house.clock)
        return _case(
            desk, seen, decider, view, status=409, conflict=True, draft=_Draft(choice, reason[: cases.MAX_REASON])
        )
    return pages.seen_other(f"/console/cases/{following}?done={case_id}" if following else f"/console/?done={case_id}")


@get("/cases/{case_id:str}/next", sync_to_thread=True)
def skip(case_id: FromPath[str], desk: TheDesk, person: Signed) -> Page:
    """Go on to the next open case without answering this one."""
    del person  # only people who are signed in learn which cases there are
    following = _after(desk, case_id)
    return pages.seen_other(f"/console/cases/{following}" if following else "/console/")


@post("/cases/{case_id:str}/look/{sha256:str}/{number:int}", sync_to_thread=True)
def look(
    case_id: FromPath[str],
    sha256: FromPath[str],
    number: FromPath[int],
    *,
    desk: TheDesk,
    seen: Seen,
    person: Signed,
    form: Sent,
) -> Page:
    """Give one picture of a file, grey and remade in the box, for someone who holds it open; the look is in the ledger first."""
    house = desk.house
    opened = house.opener.open(cases.reveal(house.store, case_id, sha256, person, house.clock))
    if not opened.planes:
        what = opened.problems[0].what if opened.problems else seen.words("media.no_picture")
        return Response(what.encode("utf-8", "replace"), status_code=422, media_type="text/plain; charset=utf-8")
    plane = opened.planes[min(max(number, 0), len(opened.planes) - 1)]
    return Response(
        pictures.png(plane, form.get("detail", "")),
        status_code=200,
        media_type="image/png",
        headers={"Content-Security-Policy": MEDIA_POLICY, "Forestall-Pictures": str(len(opened.planes))},
    )


HANDLERS = [waiting, answered, case_page, answer, skip, look]


@dataclass(frozen=True, slots=True)
class _Draft:
    """What someone had filled in when their answer could not be recorded."""

    choice: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Done:
    """The answer someone has just given: on what, which, and its ledger position."""

    case: str
    content: str
    outcome: Outcome
    line: int


def _list(desk: Desk, seen: Visit, person: Person, state: CaseState, request: AnyRequest) -> Page:
    """Show a page of cases in a state."""
    store = desk.house.store
    after = request.query_params.get("after", "")
    queue = request.query_params.get("queue") if state is CaseState.OPEN else None
    found = cases.waiting(store, after, PAGE_SIZE, state, queue)
    rows = [listing.row(view, seen.words, seen.now) for view in found.items]
    return pages.page(
        seen,
        desk.jar,
        "list.html",
        rows=rows,
        state=state.value,
        after=after,
        queue=queue,
        queues=_queues(desk, seen) if state is CaseState.OPEN else [],
        agreeing=sum(bool(one.approvals) for one in store.actions(ActionState.WAITING)),
        cursor=found.next_cursor,
        waiting=store.count_cases(CaseState.OPEN),
        answered=store.count_cases(CaseState.CONCLUDED),
        done=_done(desk, request.query_params.get("done", ""), person),
    )


@dataclass(frozen=True, slots=True)
class _Queue:
    """A queue with cases: how many wait, and how many of these are late."""

    id: str
    title: str
    waiting: int
    late: int


def _queues(desk: Desk, seen: Visit) -> list[_Queue]:
    """Give the queues in which cases wait, in the order of the ruleset."""
    counted = desk.house.store.count_queues(seen.now)
    titles = {**desk.queues, samples.QUEUE: seen.words("queues.sample"), "": seen.words("queues.none")}
    order = {name: place for place, name in enumerate(titles)}
    names = sorted(counted, key=lambda name: (order.get(name, len(order)), name))
    return [_Queue(name, titles.get(name, name), *counted[name]) for name in names] if len(names) > 1 else []


def _case(desk: Desk, seen: Visit, person: Person, view: cases.CaseView, status: int = 200, **values: Any) -> Page:
    """Show a case, with what was wrong with an answer to it."""
    ledger = _ledger(desk, view)
    whole = bool(values.pop("whole", False))
    shown = casepage.page(view, ledger, person, seen.words, now=seen.now, whole=whole, held=_held(desk, view))
    by = casepage.who(shown.answer.by, person, seen.words) if shown.answer else ""
    ago = seen.words.ago(shown.answer.at, seen.now) if shown.answer else ""
    own = bool(shown.answer and shown.answer.by == f"{casepage.PERSON}{person.id}")
    actions = [one for one in desk.house.store.actions_of(view.case.content) if one.revision == view.case.revision]
    filled = {
        "own_answer": own,
        "actions": actions,
        "fault": None,
        "conflict": False,
        "done": None,
        "draft": _Draft(),
        **values,
    }
    return pages.page(seen, desk.jar, "case.html", status, page=shown, answered_by=by, answered_ago=ago, **filled)


def _held(desk: Desk, view: cases.CaseView) -> casepage.Held:
    """Give what the banks hold now of the signals that the findings name."""
    store = desk.house.store
    numbers = known.signal_ids(finding.evidence for finding in view.asked_by.findings)
    if not numbers:
        return casepage.Held()
    signals = {signal.id: signal for signal in store.signals(numbers)}
    return casepage.Held(signals, {bank.id: bank for bank in store.banks()})


def _ledger(desk: Desk, view: cases.CaseView) -> list[LedgerRow]:
    """Give the ledger lines about a case, its content and its decisions, in order."""
    store = desk.house.store
    subjects = (view.case.content, view.case.id, *(decision.id for decision in view.decisions))
    return sorted((row for subject in subjects for row in store.ledger_of(subject)), key=lambda row: row.seq)


def _done(desk: Desk, case_id: str, person: Person) -> _Done | None:
    """Give the answer that this very person has given to a case, read from the store and never from the address."""
    store = desk.house.store
    case = store.case(case_id) if case_id else None
    decision: Decision | None = store.decision(case.conclusion) if case and case.conclusion else None
    if case is None or decision is None or decision.by != f"{casepage.PERSON}{person.id}":
        return None
    lines = store.ledger_of(decision.id)
    return _Done(case.id, case.content, decision.outcome, lines[0].seq if lines else -1)


def _after(desk: Desk, case_id: str) -> str:
    """Give the open case that follows one in the list, the first one where it was the last, or an empty text."""
    store, after, first, take = desk.house.store, "", "", False
    for _ in range(0, _SEARCHED, 200):
        found = store.cases(CaseState.OPEN, after, 200)
        for case in found.items:
            if case.id == case_id:
                take = True
            elif take:
                return case.id
            else:
                first = first or case.id
        after = found.next_cursor
        if not after:
            break
    return first


def _outcome(choice: str) -> Outcome:
    """Read the chosen outcome; raises BadInput."""
    try:
        return Outcome(choice)
    except ValueError:
        raise BadInput("no answer was chosen", "choose one of the answers") from None


def _number(text: str) -> int:
    """Read the version of the case that was looked at; anything else is a version nobody has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _what_is_wrong(seen: Visit, choice: str, reason: str) -> tuple[str, str]:
    """Say why an answer cannot be recorded."""
    words = seen.words
    if len(reason.strip()) > cases.MAX_REASON:
        return words("error.reason_long", n=len(reason)), words("error.reason_long_next", most=cases.MAX_REASON)
    if choice in set(cases.ANSWERS):
        return words("decide.reason_first"), ""
    return words("decide.choose_first"), ""
