"""The report: one HTML page that needs nothing else, fetches nothing, runs no script, and shows no text until it is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forestall.doors.cli import page
from forestall.doors.cli.evidence import Passage
from forestall.doors.cli.safe import safe
from forestall.doors.cli.summary import Row, Summary
from forestall.model.outcome import Outcome

_MOST_LANGUAGES = 12
_MOST_RULES = 20
_LONGEST_SOURCES = 300
_BAR_LEFT, _BAR_WIDTH, _ROW_HEIGHT, _MARGIN = 130, 400, 26, 10
_LEAST_WIDTH = 2.0
"""Width of the thinnest visible piece of a bar."""
_MEANINGS = {
    Outcome.PASS: "stays, nothing is done",
    Outcome.REVIEW: "stays while a person looks",
    Outcome.HOLD: "hidden while a person looks",
    Outcome.REMOVE: "taken down and preserved",
}
_LANGUAGES = {
    "ar": "Arabic", "bn": "Bengali", "bs": "Bosnian", "de": "German", "en": "English", "es": "Spanish", "fa": "Persian",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "id": "Indonesian", "it": "Italian", "kk": "Kazakh", "ku": "Kurdish",
    "ms": "Malay", "nl": "Dutch", "ps": "Pashto", "pt": "Portuguese", "ru": "Russian", "so": "Somali", "sq": "Albanian",
    "sw": "Swahili", "tg": "Tajik", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "und": "unclear", "ur": "Urdu",
    "uz": "Uzbek", "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is made from: a finished run's summary, its seconds, the paths given, the versions, and when it was made."""

    summary: Summary
    seconds: float
    paths: Sequence[str]
    versions: Mapping[str, str]
    made: str


def write(path: Path, report: Report) -> None:
    """Write the page so that it appears whole or not at all; raises BadInput where the place can't be written."""
    page.write(path, render(report))


def render(report: Report) -> str:
    """Give the page. Everything from outside is escaped; the policy in its head allows its one style sheet and nothing else."""
    summary = report.summary
    rows = summary.first(summary.limit)
    return page.render(
        "report.html.j2",
        made=report.made[:16].replace("T", " ") + " UTC",
        sources=_sources(report.paths),
        seconds=report.seconds,
        items=summary.items,
        people=summary.for_a_person,
        unreadable=summary.unreadable,
        totals=[
            {"outcome": outcome.value, "count": summary.outcomes[outcome], "meaning": _MEANINGS[outcome]}
            for outcome in Outcome
        ],
        chart=_chart(summary),
        rules=[(safe(rule), count) for rule, count in summary.rules.most_common(_MOST_RULES)],
        rows=[_row(row) for row in rows],
        more=summary.for_a_person - len(rows),
        versions=[(safe(name), safe(version)) for name, version in sorted(report.versions.items())],
    )


def _sources(paths: Sequence[str]) -> str:
    """Name what was screened; folders above it are nobody else's business."""
    names = ["standard input" if path == "-" else Path(path).resolve().name or path for path in paths]
    line = safe(", ".join(names))
    return line if len(line) <= _LONGEST_SOURCES else line[:_LONGEST_SOURCES] + "…"


def _row(row: Row) -> dict[str, Any]:
    """Give an item as the template shows it; every text made safe."""
    return {
        "id": safe(row.id),
        "decision": safe(row.decision),
        "outcome": row.outcome.value,
        "priority": row.priority,
        "language": _LANGUAGES.get(row.language, safe(row.language)),
        "reasons": [safe(reason) for reason in row.reasons],
        "excuses": [safe(excuse) for excuse in row.excuses],
        "passages": [_passage(passage) for passage in row.passages],
        "files": [safe(file) for file in row.files],
        "findings": [
            {
                "label": safe(found.label),
                "score": found.score,
                "part": safe(found.part),
                "evidence": safe(found.evidence),
                "counts": found.counts,
            }
            for found in row.findings
        ],
        "size": f"{row.text_length:,} characters" if row.text_length else "no text",
    }


def _passage(passage: Passage) -> dict[str, Any]:
    """Give a passage as the template shows it; the post's own text needs no name."""
    return {
        "part": "" if passage.part == "text" else safe(passage.part),
        "pieces": [
            {"text": safe(piece.text, lines=True), "label": safe(piece.label), "counts": piece.counts}
            for piece in passage.pieces
        ],
    }


def _chart(summary: Summary) -> dict[str, Any]:
    """Give the bars of the largest languages: items in all, and over them those that need a person, by outcome."""
    sizes: dict[str, int] = {}
    for (language, _), count in summary.languages.items():
        sizes[language] = sizes.get(language, 0) + count
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:_MOST_LANGUAGES]
    rows = []
    for index, (language, size) in enumerate(largest):
        scale = _BAR_WIDTH / largest[0][1]
        parts, x, people = [], float(_BAR_LEFT), 0
        for outcome in (Outcome.REMOVE, Outcome.HOLD, Outcome.REVIEW):
            count = summary.languages[language, outcome]
            if count:
                width = max(count * scale, _LEAST_WIDTH)
                parts.append({"x": round(x, 1), "width": round(width, 1), "outcome": outcome.value, "count": count})
                x += width
                people += count
        width = max(size * scale, x - _BAR_LEFT, _LEAST_WIDTH)
        share = f", {people:,} for a person ({100 * people / size:.1f} %)" if people else ""
        rows.append(
            {
                "name": _LANGUAGES.get(language, safe(language)),
                "y": _MARGIN + index * _ROW_HEIGHT,
                "width": round(width, 1),
                "parts": parts,
                "after": round(_BAR_LEFT + width + 8, 1),
                "value": f"{size:,}{share}",
            }
        )
    return {"rows": rows, "height": 2 * _MARGIN + len(rows) * _ROW_HEIGHT}
