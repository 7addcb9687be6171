"""One case on a page: the parts of the text with marks, what was noticed, the ways to answer, and what happened so far. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forestall.doors.console import cards as told
from forestall.doors.console import known, listing, marks
from forestall.doors.console.words import Words
from forestall.ledger.entry import parse
from forestall.model.bank import Bank, Signal
from forestall.model.decision import Decision
from forestall.model.outcome import Outcome
from forestall.model.reading import BODY, Segment
from forestall.model.records import CaseState, LedgerRow, Person, StoredContent
from forestall.review.cases import CaseView, agrees
from forestall.review.people import DECIDES
from forestall.text.fold import fold

MOST_PARTS = 40
"""Most parts of an item shown; those with findings come first."""
_QUIET_PARTS = 6
"""Most parts shown in which nothing was noticed."""
_WHOLE = 200_000
"""Most characters of one part, even when all of it is asked for."""
_PLAIN = 2_000
"""Most characters of a disguised text that are shown a second time, undisguised."""
PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Part:
    """One text of the item. `left_out` counts the characters not shown, `more` is true where asking for all shows more.

    `plainly` is how the beginning of a disguised text reads, empty where it is not disguised.
    """

    name: str
    role: str
    body: bool
    runs: Sequence[marks.Run]
    left_out: int
    more: bool
    plainly: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to answer: the digit that chooses it, the outcome, its words, and whether it overrules, which needs a reason."""

    digit: int
    outcome: Outcome
    title: str
    text: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the history. `who` is empty for Forestall itself, `line` the ledger position or -1."""

    who: str
    what: str
    at: str
    age: str
    note: str
    outcome: Outcome | None
    line: int


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything the template of a case shows."""

    view: CaseView
    decision: Decision
    answer: Decision | None
    row: listing.Row
    cards: Sequence[told.Card]
    known: Sequence[known.Known]
    more_findings: int
    reasons: Sequence[told.Why]
    excuses: Sequence[told.Why]
    contexts: Sequence[told.Card]
    places: Sequence[told.Place]
    parts: Sequence[Part]
    more_parts: int
    files: Sequence[told.FileCard]
    choices: Sequence[Choice]
    may_answer: bool
    steps: Sequence[Step]
    looks: int
    families: dict[int, str]

    @property
    def open(self) -> bool:
        """True while the case waits for an answer."""
        return self.view.case.state is CaseState.OPEN


@dataclass(frozen=True, slots=True)
class Held:
    """What the banks hold now of the signals that a case's findings name: signals and banks by id."""

    signals: Mapping[int, Signal] = field(default_factory=dict)
    banks: Mapping[str, Bank] = field(default_factory=dict)


def page(
    view: CaseView, ledger: Sequence[LedgerRow], person: Person, words: Words, *, now: str, whole: bool, held: Held
) -> CasePage:
    """Put one case into words.

    Takes:
        ledger: the lines about the content, the case and its decisions.
        held: what the banks hold now of the signals it met.
        whole: show long texts to their end, within `_WHOLE`.
    """
    decision, content = view.asked_by, view.content
    shown = told.cards(decision, words)
    parts, more_parts = _parts(content, shown, whole)
    return CasePage(
        view=view,
        decision=decision,
        answer=next((item for item in view.decisions if item.id == view.case.conclusion), None),
        row=listing.row(view, words, now),
        cards=shown,
        known=known.known(shown, held.signals, held.banks, words),
        more_findings=len(decision.findings) - len(shown),
        reasons=told.reasons(decision, shown, words),
        excuses=told.excuses(decision, shown, words),
        contexts=[card for card in shown if card.family == "context"],
        places=told.places(shown),
        parts=parts,
        more_parts=more_parts,
        files=told.files(content, shown, words) if content and not content.purged else (),
        choices=choices(decision.outcome, words),
        may_answer=person.role in DECIDES,
        steps=_steps(view, ledger, person, words, now),
        looks=sum(row.tag == "content:viewed" for row in ledger),
        families=told.families(shown),
    )


def choices(asked: Outcome, words: Words) -> tuple[Choice, ...]:
    """Give the ways to answer what Forestall proposed. `1` always agrees and `2` always leaves the content up.

    A blind sample is up already: there `1` leaves it so.
    """
    if asked is Outcome.PASS:
        harsher = (Outcome.HOLD, Outcome.REMOVE)
        others = [
            Choice(digit, one, words(f"decide.{one.value}"), words(f"decide.{one.value}_sample"), agrees=False)
            for digit, one in enumerate(harsher, 2)
        ]
        return (Choice(1, asked, words("decide.pass"), words("decide.pass_review"), agrees=True), *others)
    agreed = asked if asked.rank >= Outcome.HOLD.rank else Outcome.HOLD
    other = Outcome.HOLD if agreed is Outcome.REMOVE else Outcome.REMOVE
    return (
        Choice(1, agreed, words("decide.agree"), words(f"decide.agree_{asked.value}"), agrees=True),
        Choice(2, Outcome.PASS, words("decide.pass"), words(f"decide.pass_{asked.value}"), agrees=False),
        Choice(
            3, other, words(f"decide.{other.value}"), words(f"decide.{other.value}_text"), agrees=agrees(asked, other)
        ),
    )


def who(by: str, person: Person, words: Words) -> str:
    """Name who decided: you, a colleague's pseudonym, or nobody where it was Forestall itself."""
    if not by.startswith(PERSON):
        return ""
    name = by.removeprefix(PERSON)
    return words("history.you") if name == person.id else name


def _parts(content: StoredContent | None, shown: Sequence[told.Card], whole: bool) -> tuple[list[Part], int]:
    """Give the texts to show, the post's own first, then those with findings, and how many were left out."""
    if content is None:
        return [], 0
    marked = {card.part for card in shown}
    segments = [segment for segment in content.segments if segment.text]
    first = [segment for segment in segments if segment.part == BODY]
    noticed = [segment for segment in segments if segment.part != BODY and segment.part in marked]
    quiet = [segment for segment in segments if segment.part != BODY and segment.part not in marked]
    chosen = (first + noticed)[:MOST_PARTS] + quiet[:_QUIET_PARTS]
    return [_part(segment, shown, whole) for segment in chosen], len(segments) - len(chosen)


def _part(segment: Segment, shown: Sequence[told.Card], whole: bool) -> Part:
    """Cut one text into runs; a long one to its beginning and what surrounds findings."""
    spans = told.spans(shown, segment.part)
    length = len(segment.text)
    windows = [(0, min(length, _WHOLE))] if whole else marks.windows(length, spans)
    left_out = length - sum(stop - start for start, stop in windows)
    head = segment.text[:_PLAIN]
    return Part(
        segment.part,
        segment.role.value,
        segment.part == BODY,
        marks.runs(segment.text, spans, windows),
        left_out,
        bool(left_out) and not whole,
        fold(head).text if marks.disguised(head) else "",
    )


def _steps(view: CaseView, ledger: Sequence[LedgerRow], person: Person, words: Words, now: str) -> list[Step]:
    """Give what happened, oldest first: received, decided, opened, looked at pictures, answered."""
    lines = {(row.tag, row.subject): row.seq for row in ledger}
    steps = []
    if view.content is not None:
        at = view.content.received
        line = lines.get(("content:received", view.content.id), -1)
        steps.append(Step("", words("history.received"), at, words.ago(at, now), "", None, line))
    for decision in view.decisions:
        name = who(decision.by, person, words)
        what = words("history.decided", outcome=words(f"outcome.{decision.outcome.value}_long"))
        line = lines.get(("decision:made", decision.id), -1)
        steps.append(Step(name, what, decision.at, words.ago(decision.at, now), decision.note, decision.outcome, line))
        if decision.id == view.case.decision:
            at, line = view.case.opened, lines.get(("case:opened", view.case.id), -1)
            steps.append(Step("", words("history.opened"), at, words.ago(at, now), "", None, line))
    for row in ledger:
        if row.tag == "media:revealed":
            at, by = _told(row)
            name = who(f"{PERSON}{by}", person, words)
            steps.append(Step(name, words("history.revealed"), at, words.ago(at, now), "", None, row.seq))
    return sorted(steps, key=lambda step: (step.line < 0, step.line))[-200:]


def _told(row: LedgerRow) -> tuple[str, str]:
    """Read when a ledger line was written and by whom."""
    _, event = parse(row.entry)
    return event.at, str(event.body.get("by", ""))
