"""The detector `names`: does a text name an organisation that is on a list?

Label:
    listed-name (context only): an organisation on an imported list is named. News, history, counter-speech and prayer
    name them too, so a name alone never decides anything and never asks a person. Spellings in other letters count where they
    sound the same; the evidence says `heard`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from forestall.detect.base import Declared, folded
from forestall.detect.names.words import Finder, Named
from forestall.model.finding import Finding
from forestall.model.lists import ListEntry, NameList, Names
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role, Segment
from forestall.text import fold as folding
from forestall.text.fold import Folded

LABELS: Mapping[str, Outcome] = MappingProxyType({"listed-name": Outcome.PASS})

MOST_PER_PART = 50
"""Names reported of one part, and spans reported of one name."""

_VERSION = "2"
_PHRASE, _WORD, _EXACT, _HEARD = 0.9, 0.6, 0.5, 0.5


class NamesDetector(Declared):
    """Looks up the names of all lists in force at once, in texts and pages; follows them as they change."""

    def __init__(self, source: Names) -> None:
        self._source = source
        self._ready = _Ready(source.names())
        super().__init__("names", "", LABELS)

    @property
    def version(self) -> str:
        """Our version, that of folding, and a digest of the lists'."""
        return self._now().version

    @version.setter
    def version(self, _: str) -> None:
        """Ignore what the base sets: the version follows the lists."""

    def _now(self) -> "_Ready":
        """Give what is looked up, made anew where the lists are others; two threads may both make it."""
        ready, lists = self._ready, self._source.names()
        if ready.lists is not lists:
            ready = self._ready = _Ready(lists)
        return ready

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give one finding per listed organisation and part: by segment, then where its name first ends."""
        ready = self._now()
        if not ready.entries:
            return
        for index, segment in enumerate(reading.segments):
            if segment.role not in (Role.BODY, Role.PAGE):
                continue
            view = folded(reading, index)
            named: dict[int, list[Named]] = {}
            for item in ready.finder.find(segment.text, view):
                spans = named.setdefault(item.spelling.entry, [])
                if len(spans) < MOST_PER_PART:
                    spans.append(item)
            for entry, found in list(named.items())[:MOST_PER_PART]:
                yield self._finding(segment, view, ready.entries[entry], found)

    def _finding(
        self, segment: Segment, view: Folded, listed: tuple[NameList, ListEntry], found: Sequence[Named]
    ) -> Finding:
        """Say which listed organisation a text names, and where."""
        names, entry = listed
        evidence: dict[str, Any] = {
            "list": names.name,
            "list_version": names.version,
            "reference": entry.reference,
            "name": entry.value,
            "kind": "entity",
        }
        optional = {"programme": entry.programme, "written": found[0].spelling.written}
        evidence.update((key, value) for key, value in optional.items() if value and value != entry.value)
        if all(item.spelling.heard for item in found):
            evidence["heard"] = True
        spans = _outermost([view.span(item.start, item.end) for item in found])
        return self.finding("listed-name", max(map(_score, found)), segment.part, spans, evidence)


class _Ready:
    """Lists made ready to be looked up: every entry with its list, the finder, and the version that follows from them."""

    def __init__(self, lists: Sequence[NameList]) -> None:
        held = hashlib.sha256("\n".join(sorted(f"{item.name} {item.version}" for item in lists)).encode()).hexdigest()
        self.lists = lists
        self.version = f"{_VERSION}+fold{folding.VERSION}+{held[:16]}"
        self.entries = [(item, entry) for item in lists for entry in item.entries]
        self.finder = Finder([entry for _, entry in self.entries])


def detector(source: Names) -> NamesDetector:
    """Give the detector over the lists that a source gives."""
    return NamesDetector(source)


def _score(item: Named) -> float:
    """Give how surely the organisation is meant: phrases seldom mean anything else, single words and acronyms may."""
    if item.spelling.heard:
        return _HEARD
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
