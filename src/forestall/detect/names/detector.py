"""The detector `names`: does a text name an organisation that is on a list?

Label:
    listed-name (context only): an organisation on an imported list is named. News, history, counter-speech and prayer
    name them too, so a name alone never decides anything and never asks a person.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from forestall.detect.base import Declared, folded
from forestall.detect.names.load import NameList
from forestall.detect.names.words import Finder, Named
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role, Segment
from forestall.text import fold as folding
from forestall.text.fold import Folded

LABELS: Mapping[str, Outcome] = MappingProxyType({"listed-name": Outcome.PASS})

MOST_PER_PART = 50
"""Names reported of one part, and spans reported of one name."""

_VERSION = "1"
_PHRASE, _WORD, _EXACT = 0.9, 0.6, 0.5


class NamesDetector(Declared):
    """Looks up the names of all lists at once, in texts and pages."""

    def __init__(self, lists: Sequence[NameList]) -> None:
        held = hashlib.sha256("\n".join(sorted(f"{item.name} {item.version}" for item in lists)).encode()).hexdigest()
        super().__init__("names", f"{_VERSION}+fold{folding.VERSION}+{held[:16]}", LABELS)
        self._entries = [(item, entry) for item in lists for entry in item.entries]
        self._finder = Finder([entry for _, entry in self._entries])

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give one finding per listed organisation and part: by segment, then where its name first ends."""
        if not self._entries:
            return
        for index, segment in enumerate(reading.segments):
            if segment.role not in (Role.BODY, Role.PAGE):
                continue
            view = folded(reading, index)
            named: dict[int, list[Named]] = {}
            for item in self._finder.find(segment.text, view):
                spans = named.setdefault(item.spelling.entry, [])
                if len(spans) < MOST_PER_PART:
                    spans.append(item)
            for entry, found in list(named.items())[:MOST_PER_PART]:
                yield self._finding(segment, view, entry, found)

    def _finding(self, segment: Segment, view: Folded, number: int, found: Sequence[Named]) -> Finding:
        """Say which listed organisation a text names, and where."""
        names, entry = self._entries[number]
        evidence: dict[str, Any] = {
            "list": names.name,
            "list_version": names.version,
            "reference": entry.reference,
            "name": entry.name,
            "kind": "entity",
        }
        optional = {"programme": entry.programme, "written": found[0].spelling.written}
        evidence.update((key, value) for key, value in optional.items() if value and value != entry.name)
        spans = _outermost([view.span(item.start, item.end) for item in found])
        return self.finding("listed-name", max(map(_score, found)), segment.part, spans, evidence)


def detector(lists: Sequence[NameList]) -> NamesDetector:
    """Give the detector over these lists."""
    return NamesDetector(lists)


def _score(item: Named) -> float:
    """Give how surely the organisation is meant: phrases seldom mean anything else, single words and acronyms may."""
    if item.spelling.exact:
        return _EXACT
    return _PHRASE if " " in item.spelling.written.strip() else _WORD


def _outermost(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give the spans that do not lie within another one."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept
