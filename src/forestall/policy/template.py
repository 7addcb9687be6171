"""The plain words of a reason, with places that are filled from what was found: `{label.key}` or `{fact}`.

`{label.score}` and `{label.part}` are the score and the part of the strongest counted finding with that label, any other key is
its evidence. Filled-in values come from hostile content: they are cleaned, cut, and never looked at for places again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.policy.fault import Fault, Faulty, Place

LONGEST_VALUE = 120
"""Most characters of one filled-in value."""
ALWAYS = ("score", "part")
"""Keys that every finding has."""
MISSING = "(not given)"
"""What stands where a value is missing."""

_MOST_LISTED = 5
_HOLE = re.compile(r"\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class Hole:
    """A place to fill: a finding's value (`label` and `key`) or a fact (`label` empty, `key` its name). `at` is its offset."""

    label: str
    key: str
    at: int


@dataclass(frozen=True, slots=True)
class Template:
    """Texts and holes in turn."""

    parts: tuple[str | Hole, ...]

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Give the places to fill."""
        return tuple(part for part in self.parts if isinstance(part, Hole))

    def fill(self, facts: Mapping[str, Fact], strongest: Mapping[str, Finding]) -> str:
        """Give the finished words; `strongest` is the strongest counted finding of each label."""
        return "".join(part if isinstance(part, str) else _value(part, facts, strongest) for part in self.parts)


def template(text: str, place: Place) -> Template:
    """Read a template that starts at `place`; raises Faulty where a brace does not hold a name."""
    parts: list[str | Hole] = []
    end = 0
    for match in _HOLE.finditer(text):
        label, dot, key = (match[1] or "").rpartition(".")
        if match[1] is None or not _NAME.match(key) or (dot and not _NAME.match(label)):
            where = Place(place.file, place.line, place.column + match.start())
            hint = "write `{label.key}` for what a finding says, or `{fact}`; braces have no other use here"
            raise Faulty(Fault(where, "this brace does not hold a name", hint))
        if match.start() > end:
            parts.append(text[end : match.start()])
        parts.append(Hole(label, key, match.start()))
        end = match.end()
    if end < len(text):
        parts.append(text[end:])
    return Template(tuple(parts))


def _value(hole: Hole, facts: Mapping[str, Fact], strongest: Mapping[str, Finding]) -> str:
    """Give what stands in one place."""
    if not hole.label:
        return plain(facts.get(hole.key))
    finding = strongest.get(hole.label)
    if finding is None:
        return MISSING
    if hole.key == "score":
        return plain(float(finding.score))
    return plain(finding.part if hole.key == "part" else finding.evidence.get(hole.key))


def plain(value: Any) -> str:
    """Write a value as plain words on one line: no control or direction characters, at most 120 characters."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**LONGEST_VALUE else MISSING
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list | tuple) and value:
        shown = [plain(item) if isinstance(item, str | int | float) else MISSING for item in value[:_MOST_LISTED]]
        return _cut(", ".join(shown) + (" …" if len(value) > _MOST_LISTED else ""))
    return MISSING


def _clean(text: str) -> str:
    """Drop what does not print and cut."""
    window = " ".join(text[: LONGEST_VALUE * 4].split())
    kept = "".join(char for char in window if char.isprintable())
    return _cut(kept) if kept else MISSING


def _cut(text: str) -> str:
    """Give at most 120 characters."""
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
