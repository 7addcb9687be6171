"""Listed organisations, and finding their names in folded texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from forestall.detect.names.sounds import Ear
from forestall.model.lists import ListEntry
from forestall.text.fold import Folded, fold

SHORTEST = 3
"""Letters; shorter names say nothing."""
_ACRONYM = 5
"""A single word of up to this many letters, listed in capitals, is an acronym and must stand in capitals in the text."""
_LONGEST_PREFIX = 4
_ARABIC_PREFIXES = frozenset(
    {"و", "ف", "ب", "ل", "ك", "ال", "وال", "فال", "بال", "كال", "لل", "ولل", "وب", "ول", "وبال"}
)
"""Conjunctions, prepositions and the article, which Arabic writes as part of the next word."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write the name of entry number `entry`; with `exact`, the original must say just that.

    `heard` where a text only sounds like it.
    """

    entry: int
    written: str
    exact: bool
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A spelling found at folded offsets `start`..`end`."""

    spelling: Spelling
    start: int
    end: int


class Finder:
    """Finds the names of all entries in one pass over a folded text (Aho-Corasick), then those that it only sounds like."""

    def __init__(self, entries: Sequence[ListEntry]) -> None:
        self._spellings: dict[str, list[Spelling]] = {}
        for number, entry in enumerate(entries):
            for spelling in _spellings(number, entry):
                for pattern in _patterns(spelling.written):
                    known = self._spellings.setdefault(pattern, [])
                    if all(item.entry != number or item.exact > spelling.exact for item in known):
                        known.append(spelling)
        self._patterns = sorted(self._spellings)
        self._automaton = AhoCorasick(self._patterns) if self._patterns else None
        self._ear = Ear(entries)

    def find(self, original: str, folded: Folded) -> Iterator[Named]:
        """Give every name that stands as a word of its own, by where it ends, then those heard where none is written.

        Linear in the text and what is found.
        """
        if self._automaton is None:
            return
        spans: list[tuple[int, int]] = []
        text = folded.text.replace("\n", " ")  # names run on over the ends of lines
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if not _is_word(text, start, end):
                continue
            for spelling in self._spellings[self._patterns[pattern]]:
                if spelling.exact and original[slice(*folded.span(start, end))] != spelling.written:
                    continue
                spans.append((start, end))
                yield Named(spelling, start, end)
        taken: bytearray | None = None
        for heard in self._ear.find(folded):
            taken = _covered(spans, len(text)) if taken is None else taken
            if not any(taken[heard.start : heard.end]):
                yield Named(Spelling(heard.entry, heard.written, exact=False, heard=True), heard.start, heard.end)


def _covered(spans: Sequence[tuple[int, int]], length: int) -> bytearray:
    """Give for each character whether it stands in one of the spans."""
    covered = bytearray(length)
    for start, end in spans:
        covered[start:end] = b"\1" * (end - start)
    return covered


def _spellings(number: int, entry: ListEntry) -> Iterator[Spelling]:
    """Give the spellings of an entry; what stands in brackets behind a name is a remark.

    Spellings that the list itself calls of low quality count only exactly as listed.
    """
    for name in (entry.value, *entry.aliases):
        plain = name.split("(")[0].strip() or name
        yield Spelling(number, plain, exact=_is_acronym(plain))
    for name in entry.weak:
        yield Spelling(number, name, exact=True)


def _is_acronym(name: str) -> bool:
    """True for a short single word in capitals, which in small letters may be an ordinary word."""
    return name.isupper() and " " not in name and len(name) <= _ACRONYM


def _patterns(name: str) -> Iterator[str]:
    """Give a name as folded texts have it, also with blanks for hyphens; nothing where it is too short to say anything.

    The article before a name of several words is left off: texts use it or not.
    """
    text = fold(name).text.strip()
    if sum(letter.isalnum() for letter in text) < SHORTEST:
        return
    bare = text.removeprefix("the ")
    text = bare if " " in bare else text
    yield text
    if "-" in text:
        yield text.replace("-", " ")


def _is_word(text: str, start: int, end: int) -> bool:
    """True where the letters around do not go on; in Arabic, particles may stick to the front."""
    if end < len(text) and text[end].isalnum():
        return False
    begin = start
    while begin > 0 and start - begin <= _LONGEST_PREFIX and text[begin - 1].isalnum():
        begin -= 1
    return begin == start or text[begin:start] in _ARABIC_PREFIXES
