"""Cards: findings, reasons, excuses, contact points and files of a decision, put into words for a page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forestall.doors.console.words import Words
from forestall.model.decision import Decision, Excuse, Reason
from forestall.model.finding import Finding, Span
from forestall.model.outcome import Outcome
from forestall.model.records import StoredContent

MOST_FINDINGS = 60
"""Most findings shown as cards."""
MOST_FILES = 60
"""Most files listed of one item."""
_NOT_SO = (("obfuscated", False), ("hidden", False))
"""Evidence that says nothing out of the ordinary is not shown."""
_UNSAID = frozenset({"words_at"})
"""Evidence for programs, which a reader sees marked in the text instead."""
_MOST_EVIDENCE = 16
_LONGEST_VALUE = 300
_SURE = ((0.95, "certain"), (0.8, "very"), (0.6, "likely"), (0.4, "even"), (0.2, "unlikely"), (0.0, "slight"))
_PLACES = ("contact-invite", "contact-point")
_LAST = ("cues", "where", "canonical", "value", "bank_version", "list_version")
"""Evidence that few readers need stands last."""
_FAMILIES = {"match": "known", "contact": "place", "names": "name", "reader": "unread"}


@dataclass(frozen=True, slots=True)
class Card:
    """A finding for a reader. `number` is its place on the page from 1, `index` its place in the decision.

    `counts` is false where it is excused or gives context only. `family` chooses its colour: `known`, `place`, `name`,
    `unread`, `step` or `context`. `evidence` is in words, `seen` as given.
    """

    number: int
    index: int
    label: str
    family: str
    title: str
    gloss: str
    percent: int
    sure: str
    ceiling: Outcome
    part: str
    spans: tuple[Span, ...]
    detector: str
    version: str
    counts: bool
    excused_by: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Why:
    """A reason or an excuse for a reader: a title in the reader's language, the words as written, and its findings' numbers."""

    name: str
    title: str
    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A contact point: its text, what kind of place it is, whether the text invites people there, and its finding's number."""

    text: str
    kind: str
    invites: bool
    number: int


@dataclass(frozen=True, slots=True)
class FileCard:
    """A file of the item. `coming` says in words what a look would show; `pictures` is false where there is nothing to look at."""

    name: str
    media_type: str
    kilobytes: int
    sha256: str
    coming: tuple[str, ...]
    pictures: bool


def cards(decision: Decision, words: Words) -> list[Card]:
    """Give all findings of a decision as cards, what counts and weighs most first."""
    excused: dict[int, list[str]] = {}
    for excuse in decision.excuses:
        for index in excuse.findings:
            excused.setdefault(index, []).append(words.or_text(f"excuse_name.{excuse.name}", excuse.name))
    spoken = {index for reason in decision.reasons for index in reason.findings}
    order = sorted(
        range(len(decision.findings)), key=lambda index: _weight(decision.findings[index], index, spoken, excused)
    )
    return [
        _card(number, index, decision.findings[index], tuple(excused.get(index, ())), words)
        for number, index in enumerate(order[:MOST_FINDINGS], 1)
    ]


def spans(shown: Sequence[Card], part: str) -> list[tuple[int, Span]]:
    """Give the spans to mark in one part, each with the number of its card."""
    return [(card.number, span) for card in shown if card.part == part for span in card.spans]


def telling(shown: Sequence[Card]) -> list[Card]:
    """Give the cards that count or speak for the item: what an excerpt marks."""
    return [card for card in shown if card.counts or card.family == "context"]


def families(shown: Sequence[Card]) -> dict[int, str]:
    """Give the colour of each number: what does not count is quiet, unless it speaks for the item."""
    return {card.number: card.family if card.counts or card.family == "context" else "quiet" for card in shown}


def reasons(decision: Decision, shown: Sequence[Card], words: Words) -> list[Why]:
    """Give the reasons of a decision; packaged rules have a title in every language, the operator's own only their words."""
    numbers = {card.index: card.number for card in shown}
    return [_why(reason.rule, words.rule(reason.rule), reason, numbers, words) for reason in decision.reasons]


def excuses(decision: Decision, shown: Sequence[Card], words: Words) -> list[Why]:
    """Give the excuses that applied."""
    numbers = {card.index: card.number for card in shown}
    return [
        _why(excuse.name, words.or_text(f"excuse_name.{excuse.name}", ""), excuse, numbers, words)
        for excuse in decision.excuses
    ]


def places(shown: Sequence[Card]) -> list[Place]:
    """Give the contact points among the findings, each once, invitations first."""
    found: dict[str, Place] = {}
    for card in sorted(shown, key=lambda card: _PLACES.index(card.label) if card.label in _PLACES else len(_PLACES)):
        text = plain(card.seen.get("id", ""))
        if card.label in _PLACES and text and text not in found:
            kind = plain(card.seen.get("kind", "")).replace(":", " ")
            found[text] = Place(text, kind, card.label == "contact-invite", card.number)
    return list(found.values())


def files(content: StoredContent, shown: Sequence[Card], words: Words) -> list[FileCard]:
    """Give the files of an item with what is known about them before anybody looks."""
    listed = []
    for file in content.files[:MOST_FILES]:
        inside = [fact for fact in content.facts if _within(fact.part, file.name)]
        media_type = next((fact.media_type for fact in inside if fact.sha256 == file.sha256), file.media_type)
        kinds = {fact.media_type for fact in inside} | {media_type}
        has_pictures = any(kind.startswith("image/") or kind == "application/pdf" for kind in kinds)
        about = [card for card in shown if _within(card.part, file.name)]
        listed.append(
            FileCard(
                file.name,
                media_type,
                -(-file.size // 1024),
                file.sha256,
                _coming(content, file.name, about, words),
                has_pictures,
            )
        )
    return listed


def sure(score: float, words: Words) -> str:
    """Say a score in words and as a number."""
    return words("sure.number", words=_sure_word(score, words), n=round(score * 100))


def family_of(finding: Finding) -> str:
    """Give the family of a finding, which chooses its colour."""
    if finding.label.startswith("context-"):
        return "context"
    return _FAMILIES.get(finding.detector, "step")


def plain(value: Any, depth: int = 0) -> str:
    """Say an evidence value as text: bounded, lists with commas, tables as `name: value`."""
    if isinstance(value, Mapping):
        text = (
            "; ".join(f"{key}: {plain(item, depth + 1)}" for key, item in list(value.items())[:8]) if depth < 3 else "…"
        )
    elif isinstance(value, list | tuple):
        text = ", ".join(plain(item, depth + 1) for item in value[:12]) if depth < 3 else "…"
        text += " …" if len(value) > 12 else ""
    elif isinstance(value, float):
        text = f"{value:.3g}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _weight(
    finding: Finding, index: int, spoken: set[int], excused: Mapping[int, list[str]]
) -> tuple[int, int, float, int]:
    """Give the sort key of a finding: what a reason rests on, then what counts, then harsher and surer ones."""
    place = 0 if index in spoken else 1 if index not in excused else 2
    return (place, -finding.ceiling.rank, -finding.score, index)


def _card(number: int, index: int, finding: Finding, excused_by: tuple[str, ...], words: Words) -> Card:
    """Put one finding into words."""
    return Card(
        number=number,
        index=index,
        label=finding.label,
        family=family_of(finding),
        title=words.or_text(f"label.{finding.label}", finding.label),
        gloss=words.or_text(f"gloss.{finding.label}", ""),
        percent=round(finding.score * 100),
        sure=sure(finding.score, words),
        ceiling=finding.ceiling,
        part=finding.part,
        spans=finding.spans,
        detector=finding.detector,
        version=finding.version,
        counts=not excused_by and finding.ceiling is not Outcome.PASS,
        excused_by=excused_by,
        evidence=_evidence(finding.evidence, words),
        seen=finding.evidence,
    )


def _evidence(seen: Mapping[str, Any], words: Words) -> tuple[tuple[str, str], ...]:
    """Put evidence into words, the telling part first; empty values and `no disguise` say nothing."""
    told = [
        (key, value)
        for key, value in seen.items()
        if key not in _UNSAID and value not in ("", None, [], {}, ()) and (key, value) not in _NOT_SO
    ]
    told.sort(key=lambda item: _LAST.index(item[0]) if item[0] in _LAST else -1)
    return tuple(
        (words.or_text(f"evidence.{key}", key.replace("_", " ")), _value(key, value, words))
        for key, value in told[:_MOST_EVIDENCE]
    )


def _value(key: str, value: Any, words: Words) -> str:
    """Say one value: yes and no in the reader's language, the start of a version, the glosses of signs."""
    if isinstance(value, bool):
        return words("answer.yes" if value else "answer.no")
    if key == "signs" and isinstance(value, Mapping):
        value = list(value.values())
    return plain(value[:12] if key.endswith("version") and isinstance(value, str) else value)


def _sure_word(score: float, words: Words) -> str:
    """Say how sure a score is."""
    return words(f"sure.{next(name for least, name in _SURE if score >= least or not least)}")


def _why(name: str, title: str, given: Reason | Excuse, numbers: Mapping[int, int], words: Words) -> Why:
    """Put a reason or an excuse into words."""
    return Why(
        name,
        title,
        words.translated(given.text),
        tuple(sorted(numbers[index] for index in given.findings if index in numbers)),
    )


def _within(part: str, name: str) -> bool:
    """Tell whether a part is a file or inside it."""
    return part == name or part.startswith((f"{name}#", f"{name}/"))


def _coming(content: StoredContent, name: str, about: Sequence[Card], words: Words) -> tuple[str, ...]:
    """Say what a look would show, as far as it is known without looking."""
    told = [words("media.known", label=card.title) for card in about if card.family == "known"]
    for segment in content.segments:
        if _within(segment.part, name) and segment.role.value in ("code", "page"):
            text = segment.text[:120] if segment.role.value == "code" else ""
            told.append(words("media.code", text=text) if text else words("media.page"))
    return tuple(dict.fromkeys(told))[:5] or (words("media.unknown"),)
