"""Judging: rows with what should come of them through the whole path, without a store, to what came of them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forestall.flow.screen import Screening
from forestall.insights.quality import Judged
from forestall.insights.suite import RECRUITING, SAFE, Case
from forestall.model.content import Content
from forestall.model.decision import Decision
from forestall.model.errors import BadInput

_MEANT = {RECRUITING: True, "1": True, "true": True, SAFE: False, "0": False, "false": False}
_MOST_WHY = 6
"""Findings that a derivation names."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text with what should come of it; the other fields are as in `Judged`."""

    id: str
    text: str
    meant: bool
    family: str = ""
    language: str = ""
    group: str = ""
    pair: str = ""


def of_case(case: Case) -> Row:
    """Give the row of a suite's case: its family by function or kind of contrast, its creed as the group."""
    return Row(case.id, case.text, case.meant, case.family, case.language, case.creed, case.pair)


def of_line(line: str, number: int) -> Row:
    """Read one JSON line: `text` and `label` (`recruiting` or `safe`), and if given `id`, `family`, `language`, `group`, `pair`.

    Raises BadInput naming what is wrong; `number` stands in for a missing id.
    """
    try:
        value = json.loads(line)
    except ValueError as error:
        raise BadInput(f"row {number} is no JSON ({error})", "write one JSON object a line") from None
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise BadInput(f"row {number} has no text", 'write {"text": "…", "label": "recruiting" or "safe"}')
    label = str(value.get("label", value.get("kind", ""))).lower()
    if label not in _MEANT:
        raise BadInput(f"row {number} has the label {label[:40]!r}", "write recruiting or safe")
    return Row(
        id=_text(value, "id") or str(number),
        text=value["text"],
        meant=_MEANT[label],
        family=_text(value, "family"),
        language=_text(value, "language") or _text(value, "lang"),
        group=_text(value, "group") or _text(value, "creed"),
        pair=_text(value, "pair"),
    )


def _text(value: Mapping[str, Any], name: str) -> str:
    """Give a field as text."""
    return str(value.get(name) or "")


def judged(screening: Screening, rows: Iterable[Row]) -> Iterator[Judged]:
    """Screen rows one by one and give what came of each; nothing is stored, and no text is kept."""
    for row in rows:
        decision = screening.screen(Content(id=row.id, text=row.text)).decision
        yield Judged(
            id=row.id,
            meant=row.meant,
            score=decision.priority,
            asked=decision.outcome.asks_a_person,
            family=row.family,
            language=row.language,
            group=row.group,
            pair=row.pair,
            why=derivation(decision),
        )


def derivation(decision: Decision) -> tuple[str, ...]:
    """Say in a few lines what a decision rests on: its reasons, what excused, and the weightiest findings with their signs."""
    lines = [f"{reason.rule}: {reason.text}" for reason in decision.reasons]
    lines += [f"excused by {excuse.name}: {excuse.text}" for excuse in decision.excuses]
    for finding in sorted(decision.findings, key=lambda finding: -finding.score)[:_MOST_WHY]:
        shown = finding.evidence.get("cues") or finding.evidence.get("canonical") or ()
        said = ", ".join(shown) if isinstance(shown, list | tuple) else str(shown)
        lines.append(f"{finding.label} {finding.score:.2f}" + (f" ({said})" if said else ""))
    return tuple(lines)
