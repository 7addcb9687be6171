"""The list: one row per case, with why it stands where it stands and as little of the content as telling it apart needs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from forestall.doors.console import cards, marks
from forestall.doors.console.words import Words
from forestall.model.content import Audience
from forestall.model.outcome import Outcome
from forestall.model.reading import BODY, Role
from forestall.model.records import StoredContent
from forestall.review.cases import CaseView

LEVELS = 5
"""Steps of the priority bar."""


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the list. `runs` is the excerpt, `level` the step of the priority bar from 1, `first` says why it stands there."""

    case: str
    content: str
    kind: str
    outcome: Outcome
    answer: Outcome | None
    percent: int
    level: int
    first: str
    sign: str
    reason: str
    reason_is_ours: bool
    more_reasons: int
    language: str
    language_name: str
    opened: str
    age: str
    due: str
    due_in: str
    late: bool
    files: int
    pictures: int
    purged: bool
    runs: Sequence[marks.Run]
    families: dict[int, str]


def row(view: CaseView, words: Words, now: str) -> Row:
    """Put one case into a row."""
    case, content, decision = view.case, view.content, view.asked_by
    shown = cards.cards(decision, words)
    reasons = cards.reasons(decision, shown, words)
    first = reasons[0] if reasons else None
    answer = next((item.outcome for item in view.decisions if item.id == case.conclusion), None)
    files, pictures = _files(content)
    return Row(
        case=case.id,
        content=case.content,
        kind=content.kind if content else "",
        outcome=case.outcome,
        answer=answer,
        percent=round(case.priority * 100),
        level=level(case.priority),
        first=words("first.answered", outcome=words(f"outcome.{answer.value}_long"))
        if answer
        else why_first(case.outcome, content, words),
        sign=strongest(shown, words),
        reason=(first.title or first.text) if first else "",
        reason_is_ours=bool(first and first.title),
        more_reasons=max(0, len(reasons) - 1),
        language=decision.language,
        language_name=words.or_text(f"lang.{decision.language}", decision.language),
        opened=case.opened,
        age=words.ago(case.opened, now),
        due="" if answer else case.due,
        due_in=words.due(case.due, now) if case.due and not answer else "",
        late=bool(case.due) and not answer and case.due < now,
        files=files,
        pictures=pictures,
        purged=content is None or bool(content.purged),
        runs=_excerpt(content, cards.telling(shown)),
        families=cards.families(shown),
    )


def level(priority: float) -> int:
    """Give the step of a priority from 1 to LEVELS."""
    return max(1, min(LEVELS, int(priority * LEVELS) + 1))


def why_first(outcome: Outcome, content: StoredContent | None, words: Words) -> str:
    """Say what its place means for people on the platform."""
    if outcome is Outcome.PASS:
        return words("first.sample")
    if outcome.rank >= Outcome.HOLD.rank:
        return words(f"first.{outcome.value}")
    public = content is None or content.audience in (Audience.PUBLIC, Audience.OPEN)
    return words("first.review_public" if public else "first.review_closed")


def strongest(shown: Sequence[cards.Card], words: Words) -> str:
    """Name the finding that weighs most, or give an empty text where none counts."""
    card = next((card for card in shown if card.counts), None)
    return words("first.sign", label=card.title, sure=card.sure) if card else ""


def _excerpt(content: StoredContent | None, shown: Sequence[cards.Card]) -> list[marks.Run]:
    """Give a short excerpt around what weighs most; link targets and codes are left for the case page."""
    if content is None:
        return []
    readable = [segment for segment in content.segments if segment.role in (Role.BODY, Role.PAGE) and segment.text]
    if not readable:
        return []
    parts = {segment.part for segment in readable}
    chosen = next((card.part for card in shown if card.spans and card.part in parts), BODY)
    segment = next((segment for segment in readable if segment.part == chosen), readable[0])
    return marks.excerpt(segment.text, cards.spans(shown, segment.part))


def _files(content: StoredContent | None) -> tuple[int, int]:
    """Count the files that are no pictures and the pictures of an item."""
    if content is None:
        return 0, 0
    types = {fact.sha256: fact.media_type for fact in content.facts}
    pictures = sum(types.get(file.sha256, file.media_type).startswith("image/") for file in content.files)
    return len(content.files) - pictures, pictures
