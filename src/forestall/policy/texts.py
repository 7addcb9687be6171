"""Looking for the patterns of all rules in a text, in one pass: phrases, terms of lists, and regular expressions.

Phrases and terms stand in the folded text letter by letter between word borders (`text.terms`); expressions run over the same folded
text in RE2, all of them at once, and only those that match are looked for again to say where. The same everywhere: live, in a
backtest, in the examples of a rule file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from forestall.model.finding import Finding, Span
from forestall.model.outcome import Outcome
from forestall.model.reading import Segment
from forestall.policy import rx
from forestall.policy.hits import DETECTOR, LABELS, TEXT_MATCH, folded_phrase
from forestall.policy.syntax import Hit
from forestall.text import fold as folding
from forestall.text.fold import Folded
from forestall.text.terms import Terms

VERSION = f"1+fold{folding.VERSION}"
MOST_SPANS = 20
"""Places of one pattern in one text that are pointed at."""
MOST_ENTRIES = 20
"""Terms of one list that are named for one text."""
_SET_MEMORY = 512 << 20
"""Bytes that all expressions together may take in RE2; it asks for this much only where there are thousands."""

Terms_ = tuple[str, Sequence[str]]
"""A list of terms as it is now: its version, and the terms as they were written."""
ListOf = Callable[[str], Terms_ | None]
"""Gives a list of terms by name; None where it is not there."""


def no_list(_name: str) -> None:
    """Know no list."""


class Scan:
    """Patterns made ready to be looked for.

    Takes:
        hits: the patterns of a ruleset (`Ruleset.hits`); those that do not look into texts are left alone.
        lists: gives the lists of terms they name; the scan keeps them as they are now.
    """

    def __init__(self, hits: Iterable[Hit], lists: ListOf = no_list) -> None:
        self._phrases: list[tuple[str, dict[str, Any]]] = []
        self._patterns: list[str] = []
        self._expressions = [hit for hit in hits if hit.kind == "rx"]
        self.versions: dict[str, str] = {}
        for hit in hits:
            if hit.kind == "phrase":
                self._add(folded_phrase(hit.name), {"pattern": hit.id})
            elif hit.kind == "terms":
                self._add_list(hit, lists(hit.name))

    def _add(self, phrase: str, evidence: dict[str, Any]) -> None:
        self._patterns.append(phrase)
        self._phrases.append((str(evidence["pattern"]), evidence))

    def _add_list(self, hit: Hit, found: Terms_ | None) -> None:
        """Add the terms of a list."""
        if found is None:
            return
        version, entries = found
        self.versions[hit.name] = version
        for entry in entries:
            self._add(
                folded_phrase(entry), {"pattern": hit.id, "list": hit.name, "list_version": version, "entry": entry}
            )

    @cached_property
    def _terms(self) -> Terms:
        return Terms(self._patterns)

    @cached_property
    def _set(self) -> Any:
        """All expressions as one, compiled when the first text comes."""
        import re2  # noqa: PLC0415 - loaded by the first ruleset that has an expression

        found = re2.Set.SearchSet(rx.options(_SET_MEMORY))
        for hit in self._expressions:
            found.Add(rx.expression(hit.name).inner)
        found.Compile()
        return found

    def look(self, segment: Segment, view: Folded) -> Iterator[Finding]:
        """Give one finding for each pattern in a text, in the order they first stand there, then expressions as written."""
        if self._patterns:
            yield from self._spoken(segment, view)
        if self._expressions:
            for number in sorted(self._set.Match(view.text) or ()):
                yield from self._expressed(self._expressions[number], segment, view)

    def _spoken(self, segment: Segment, view: Folded) -> Iterator[Finding]:
        """Give the findings of phrases and terms."""
        places: dict[str, list[Span]] = {}
        said: dict[str, tuple[dict[str, Any], dict[str, None]]] = {}
        for found in self._terms.find(view):
            pattern, evidence = self._phrases[found.term]
            spans = places.setdefault(pattern, [])
            if len(spans) < MOST_SPANS:
                spans.append(view.span(found.start, found.end))
            entries = said.setdefault(pattern, (evidence, {}))[1]
            if "entry" in evidence and len(entries) < MOST_ENTRIES:
                entries[evidence["entry"]] = None
        for pattern, spans in places.items():
            evidence, entries = said[pattern]
            yield _finding(segment, spans, {**evidence, "entry": list(entries)} if entries else evidence)

    def _expressed(self, hit: Hit, segment: Segment, view: Folded) -> Iterator[Finding]:
        """Give the finding of one expression; nothing where it only stood within words."""
        spans: list[Span] = []
        at = 0
        searched = rx.compiled(rx.expression(hit.name).whole)
        while len(spans) < MOST_SPANS and (match := searched.search(view.text, at)) is not None:
            start, end = match.span(1)
            spans.append(view.span(start, end))
            at = max(end, at + 1)
        if spans:
            yield _finding(segment, spans, {"pattern": hit.id})


def _finding(segment: Segment, spans: Sequence[Span], evidence: Mapping[str, Any]) -> Finding:
    """Say that a pattern stands in a text; words alone ask a person, no more."""
    ceiling: Outcome = LABELS[TEXT_MATCH]
    return Finding(DETECTOR, VERSION, TEXT_MATCH, 1.0, ceiling, segment.part, tuple(sorted(set(spans))), evidence)
