"""Cases: questions put to a person, and their answers. A person's answer is a Decision like any other, recorded with its ledger line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forestall.flow import samples
from forestall.flow.decide import Outbox, made
from forestall.model.content import Attachment
from forestall.model.decision import Decision, Reason
from forestall.model.errors import BadInput, Conflict, NotFound, Refused
from forestall.model.outcome import Outcome
from forestall.model.ports import Clock, NewId, Store
from forestall.model.records import Case, CaseState, Change, Event, Page, Person, StoredContent
from forestall.review.people import DECIDES

MAX_REASON = 4_000
"""Most characters of a written reason."""
ANSWERS = (Outcome.PASS, Outcome.HOLD, Outcome.REMOVE)
"""What a person can conclude; `review` is a question, not an answer."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with everything a person needs to answer it. `decisions` are on this revision, oldest first."""

    case: Case
    content: StoredContent | None
    decisions: Sequence[Decision]

    @property
    def asked_by(self) -> Decision:
        """The decision that opened the case."""
        return next(item for item in self.decisions if item.id == self.case.decision)


def waiting(
    store: Store, after: str = "", limit: int = 50, state: CaseState = CaseState.OPEN, queue: str | None = None
) -> Page[CaseView]:
    """Give the cases in a state, of all queues or one, in the order to answer them; nothing is marked as seen."""
    page = store.cases(state, after, limit, queue)
    return Page(tuple(_view(store, case) for case in page.items), page.next_cursor)


def clustered(store: Store, cluster: str, limit: int = 100) -> Sequence[CaseView]:
    """Give the cases of a cluster, those that wait first and by priority; nothing is marked as seen."""
    found = sorted(store.cases_in(cluster), key=lambda case: (case.state is not CaseState.OPEN, -case.priority))
    return [_view(store, case) for case in found[:limit]]


def view(store: Store, case_id: str, person: Person, clock: Clock) -> CaseView:
    """Show one case to a person; that they looked is a ledger line. Raises NotFound."""
    found = _view(store, _case(store, case_id))
    store.submit(
        Change((Event("content:viewed", found.case.content, clock(), {"case": case_id, "by": person.id}),))
    ).result()
    return found


def reveal(store: Store, case_id: str, file_sha256: str, person: Person, clock: Clock) -> Attachment:
    """Give a case's file that a person deliberately reveals; the reveal is a ledger line before it happens."""
    case = _case(store, case_id)
    content = store.content(case.content, case.revision)
    file = next((file for file in content.files if file.sha256 == file_sha256), None) if content else None
    if file is None:
        raise NotFound(f"case `{case_id}` has no file `{file_sha256[:12]}`", "open the case again")
    body = {"case": case_id, "file": file_sha256, "by": person.id}
    store.submit(Change((Event("media:revealed", case.content, clock(), body),))).result()
    return Attachment(file.name, store.blobs.get(file_sha256), file.media_type)


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer: `version` is the version of the case they looked at, `reason` is required to overrule."""

    case: str
    version: int
    person: Person
    outcome: Outcome
    reason: str = ""


def conclude(store: Store, answer: Answer, clock: Clock, new_id: NewId, outbox: Outbox) -> Decision:
    """Record a person's answer as a decision: case, decision, ledger lines and outgoing messages in one change.

    Raises NotFound, Refused (the person's role), BadInput (no such answer, no reason when overruling, reason too long) and
    Conflict (someone was faster).
    """
    case = _case(store, answer.case)
    asked = store.decision(case.decision)
    if asked is None:
        raise NotFound(f"the decision behind case `{case.id}` is gone", "verify the ledger: `forestall ledger verify`")
    reason = answer.reason.strip()
    _check(case, answer, reason, agrees=agrees(asked.outcome, answer.outcome))
    decision = _decision(asked, answer, reason, clock(), new_id)
    concluded = replace(
        case, state=CaseState.CONCLUDED, concluded=decision.at, conclusion=decision.id, version=case.version + 1
    )
    told = outbox.verdicts(decision)
    moves = outbox.actions.answered(decision, store.actions_of(case.content))
    events = (
        made(decision),
        Event("case:concluded", case.id, decision.at, {"decision": decision.id, "by": answer.person.id}),
        *(line for line, _ in told),
        *moves.events,
    )
    messages = (*outbox.messages(decision, before=asked.outcome), *(message for _, message in told))
    store.submit(Change(events, (decision, concluded, *messages, *moves.records))).result()
    return decision


def agrees(asked: Outcome, answer: Outcome) -> bool:
    """Tell whether an answer confirms what the machine proposed.

    Any action does for `review`, the same or a harsher one for what is harsher; a blind sample that passes is confirmed by `pass`.
    """
    if asked is Outcome.PASS:
        return answer is Outcome.PASS
    return answer is not Outcome.PASS and answer.rank >= asked.rank


def _check(case: Case, answer: Answer, reason: str, agrees: bool) -> None:
    """Refuse an answer that can't be recorded."""
    if answer.person.role not in DECIDES:
        raise Refused(f"the role `{answer.person.role}` may not answer cases", "ask an admin of this service")
    if answer.outcome not in ANSWERS:
        raise BadInput(f"`{answer.outcome}` is no answer to a case", "answer pass, hold or remove")
    if not agrees and not reason:
        raise BadInput("overruling needs a reason", "write in a sentence why the finding does not hold here")
    if len(reason) > MAX_REASON:
        raise BadInput(f"the reason has {len(reason):,} characters", f"say it in at most {MAX_REASON:,}")
    if case.state is not CaseState.OPEN or case.version != answer.version:
        raise Conflict(
            "someone else has answered this case meanwhile", "look at their decision; appeal it if you disagree"
        )


def _decision(asked: Decision, answer: Answer, reason: str, at: str, new_id: NewId) -> Decision:
    """Give the person's decision: the machine's findings, the person's outcome and words."""
    agreed = agrees(asked.outcome, answer.outcome)
    text = reason or "A person looked and agrees with what was found."
    own = Reason("person:agreed" if agreed else "person:overruled", text)
    return replace(
        asked,
        id=new_id(),
        outcome=answer.outcome,
        by=f"person:{answer.person.id}",
        at=at,
        reasons=(own, *(asked.reasons if agreed else ())),
        key="",
        case=answer.case,
        note=reason,
    )


def _blind(decision: Decision) -> Decision:
    """Give a decision without what was noticed: who looks at a blind sample is not led."""
    return replace(decision, reasons=(), excuses=(), unknowns=(), findings=(), priority=0.0)


def _case(store: Store, case_id: str) -> Case:
    """Give a case; raises NotFound."""
    case = store.case(case_id)
    if case is None:
        raise NotFound(f"there is no case `{case_id}`", "go back to the list; it may have been purged")
    return case


def _view(store: Store, case: Case) -> CaseView:
    """Gather what belongs to a case."""
    decisions = [item for item in store.decisions_of(case.content) if item.revision == case.revision]
    if case.queue == samples.QUEUE and case.state is CaseState.OPEN:
        decisions = [_blind(item) if item.id == case.decision else item for item in decisions]
    return CaseView(case, store.content(case.content, case.revision), decisions)
