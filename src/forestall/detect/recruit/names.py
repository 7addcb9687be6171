"""Names: where a text names a group, a leader or a land, and the text without them, so that whoever is named changes no score.

Nobody's name is in a list. A name is told by what it is made of: words that nobody knows, capitals inside a sentence, and the ordinary
words that names are made of (`names.yaml`) beside a kind of group or a title. A word that cues are made of is never part of one,
whatever its capitals, and where most words have capitals these say nothing: who writes `Join Us And Fight` hides nothing. Linear time.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import yaml

from forestall.detect.recruit.lexicon import Cue, Tongue
from forestall.detect.recruit.match import Hit
from forestall.model.finding import Span
from forestall.text.fold import Folded, fold
from forestall.text.tables import CHANGED

NAMED = Cue("named", ("named",), "somebody or something is named")
"""The cue that every name is, the same for all of them."""
UNSAID = "\0"
"""What stands for a name in a text without names, and for each letter of a word that says nothing: no folded text has it of its own."""
_MOST = 20_000
"""Characters at the beginning of a text in which names are looked for."""
_CAPITALS, _NOUN_CAPITALS = 0.5, 0.7
"""Share of ordinary words with a capital inside sentences from which capitals say nothing; the second where nouns have them."""
_FEWEST = 4
"""Ordinary words inside sentences from which that share is looked at."""
_SHORTEST_STEM, _STEM = 5, 0.75
"""Least letters, and least share of a word's letters, that a known word begins with, so that it is known in another form."""
_SHORTEST_ARABIC = 3
_PARTICLES = ("وال", "فال", "بال", "كال", "ولل", "ال", "لل", "و", "ف", "ب", "ل", "ك", "س")
"""What Arabic writes together with the word that follows."""
_ARABIC, _NOUNS, _ROMANISED = "ar", "de", frozenset({"ar-Latn", "ur-Latn"})
"""The tongue that does so, the one that writes every noun with a capital, and those in which capitals are left away."""
_UNSAID = re.compile(UNSAID)
_CHUNK = re.compile(r"\S+")
_WORD = re.compile("(?:[^\\W_]|[\u0900-\u0963\u0966-\u0dff])+|\0")
_CASED = re.compile("[a-z\u0430-\u044f]")
_ENDS = re.compile('[.!?\u2026:\\n\u06d4\u0964"]')
_DISGUISED = re.compile(r"\d|(.)\1\1")
_LONGEST = 40
"""Characters around a part of a word that are looked at to see what it is cut from."""
_BETWEEN = (" ", "-", "'")
"""What may stand between the words of a name."""

WORD, GROUP, PLACE, TITLE, PARENT, VIRTUE = "word", "group", "place", "title", "parent", "virtue"
ARTICLE, LINK = "article", "link"
"""What words are to names, as `names.yaml` says."""
_UNKNOWN, _PROPER, _JOINING, _NUMBER, _OTHER = "unknown", "proper", "joining", "number", "other"
"""What other words are: known to nobody; ordinary with a capital, two of which make a name; ones that only join a name; the rest."""
_SILENT = (WORD, _UNKNOWN)
_MAKING = (WORD, _UNKNOWN, _PROPER, PARENT)
_RAISED = (GROUP, PLACE, VIRTUE, _UNKNOWN)
"""What is part of a name only with a capital, in scripts that have them."""


class Token(NamedTuple):
    """A word of a text: its folded offsets, what it is to a name, and whether it has a capital that says something."""

    start: int
    end: int
    kind: str
    capital: bool


class Vocabulary:
    """Ordinary words, folded. A word is known in other forms too: where a known word begins as it does, or with Arabic particles."""

    __slots__ = ("_sorted", "words")

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        self._sorted = sorted(self.words)

    def knows(self, word: str) -> bool:
        """True for a word that is ordinary."""
        if word in self.words or self._begins(word):
            return True
        if not "ء" <= word[0] <= "ي":
            return False
        stems = [word.removeprefix(particle) for particle in _PARTICLES if word.startswith(particle)]
        return any(len(stem) >= _SHORTEST_ARABIC and (stem in self.words or self._begins(stem)) for stem in stems)

    def _begins(self, word: str) -> bool:
        """True where a known word begins with most of this one's letters."""
        least = max(_SHORTEST_STEM, -int(-len(word) * _STEM // 1))
        beginning = word[:least]
        at = bisect_left(self._sorted, beginning)
        return len(word) >= least and at < len(self._sorted) and self._sorted[at].startswith(beginning)


def find(text: str, view: Folded, tongues: Sequence[Tongue], vocabulary: Vocabulary) -> list[Span]:
    """Give where names stand in a text, as offsets into its folded view, in order and apart from each other."""
    tokens = _tokens(text, view, _ordinary(tongues), vocabulary)
    return [span for run in _runs(tokens, view.text) for span in _named(run)]


def nameless(view: Folded, names: Sequence[Span]) -> Folded:
    """Give a folded text with one sign in place of each name, whose `span` leads back to the original."""
    pieces: list[str] = []
    kept = np.ones(len(view.text) + 1, np.bool_)
    at = 0
    for start, end in names:
        pieces += [view.text[at:start], UNSAID]
        kept[start + 1 : end] = False
        at = end
    pieces.append(view.text[at:])
    starts = view.starts[kept]
    return Folded("".join(pieces), int(starts[-1]), starts)


def without(text: str, names: Sequence[Span]) -> str:
    """Give an original text without what stands at these offsets, for telling its language."""
    edges = [0, *(edge for span in names for edge in span), len(text)]
    return " ".join(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))


def hushed(view: Folded, tongues: Sequence[Tongue], vocabulary: Vocabulary) -> Folded:
    """Give a folded text of the same length in which words that nobody knows, and those that names are made of, say nothing."""
    text, ordinary, marks = view.text, _ordinary(tongues), _marks(view)
    pieces: list[str] = []
    at = 0
    for start, end in words(text[:_MOST]):
        kind = _kind(text, (start, end), ordinary, vocabulary, marks)[0]
        if kind in _SILENT and text[start] != UNSAID:
            pieces += [text[at:start], UNSAID * (end - start)]
            at = end
    return Folded("".join([*pieces, text[at:]]), int(view.starts[-1]), view.starts) if pieces else view


def mentions(view: Folded) -> list[Hit]:
    """Give the names of a text without names, as cues that are all alike."""
    return [Hit(NAMED, sign.start(), sign.end()) for sign in _UNSAID.finditer(view.text)]


def words(text: str) -> Iterator[Span]:
    """Give the words of a folded text, but those in links, handles and hashtags."""
    for chunk in _CHUNK.finditer(text):
        piece, at = chunk[0], chunk.start()
        if "@" not in piece and "#" not in piece and ("/" not in piece or "." not in piece):
            for word in _WORD.finditer(piece):
                yield at + word.start(), at + word.end()


def _marks(view: Folded) -> frozenset[int]:
    """Give the offsets of letters at the beginning of a folded text whose words may be disguised."""
    squeezed = view.squeezed
    if squeezed is None:
        return frozenset()
    starts = squeezed.starts[: len(squeezed.marks)][(squeezed.marks & CHANGED) != 0]
    return frozenset(starts[starts < _MOST].tolist())


def _disguised(text: str, span: Span, ordinary: "_Ordinary", vocabulary: Vocabulary) -> bool:
    """True for a word that may be disguised and reads as an ordinary one, or as none: with digits, stretched, or cut by signs."""
    start, end = span
    word = text[start:end]
    if _DISGUISED.search(word):
        return True
    first, last = max(text.rfind(" ", 0, start) + 1, start - _LONGEST), end
    while last < min(len(text), end + _LONGEST) and not text[last].isspace():
        last += 1
    glued = "".join(_WORD.findall(text, first, last))
    return len(glued) > len(word) and (glued in ordinary.strong or vocabulary.knows(glued))


def _tokens(text: str, view: Folded, ordinary: "_Ordinary", vocabulary: Vocabulary) -> Iterator[Token]:
    """Give the words of a text with what each may be to a name.

    Capitals say nothing at the beginning of a sentence, nor where most ordinary words have one.
    """
    folded, marks, starts = view.text, _marks(view), view.starts[:_MOST].tolist()
    found: list[_Word] = []
    seen = raised = before = 0
    for start, end in words(folded[:_MOST]):
        cased = _CASED.match(folded, start) is not None
        capital = cased and text[starts[start]].isupper()
        inside = before > 0 and _ENDS.search(folded, before, start) is None
        kind, strong = _kind(folded, (start, end), ordinary, vocabulary, marks)
        if kind == _OTHER and inside and cased:
            seen += 1
            raised += capital
        found.append(_Word(start, end, kind, cased and not capital, capital, inside, strong))
        before = end
    flat = seen >= _FEWEST and raised > seen * (_NOUN_CAPITALS if ordinary.nouns else _CAPITALS)
    child = False
    for one in found:
        telling = one.capital and one.inside and not flat and not ordinary.nouns
        kind = one.shown(ordinary, telling=telling, flat=flat)
        known = folded[one.start : one.end] in vocabulary.words
        if (kind == _PROPER and not known) or (kind == _OTHER and child and not one.strong):
            kind = _UNKNOWN
        yield Token(one.start, one.end, kind, telling)
        child = kind == PARENT


class _Word(NamedTuple):
    """A word before it is known what capitals say in its text."""

    start: int
    end: int
    kind: str
    small: bool
    capital: bool
    inside: bool
    strong: bool

    def shown(self, ordinary: "_Ordinary", *, telling: bool, flat: bool) -> str:
        """Give what the word is to a name, with its capital or without one."""
        if self.kind == _OTHER and self.capital and not self.strong and not flat:
            return _PROPER if telling else _JOINING
        if self.small and (self.kind == _UNKNOWN or (self.kind in _RAISED and not ordinary.lower)):
            return _OTHER
        return self.kind


def _kind(
    text: str, span: Span, ordinary: "_Ordinary", vocabulary: Vocabulary, marks: frozenset[int]
) -> tuple[str, bool]:
    """Give what a word is to a name, its capital left aside, and whether it is never part of one."""
    word = text[span[0] : span[1]]
    if word == UNSAID:
        return WORD, False
    kind = ordinary.kinds.get(word)
    if kind is not None:
        return kind, False
    if word.isdigit():
        return _NUMBER, False
    strong = word in ordinary.strong
    if not strong and marks and not marks.isdisjoint(range(*span)):
        strong = _disguised(text, span, ordinary, vocabulary)
    return (_OTHER if strong or len(word) == 1 or vocabulary.knows(word) else _UNKNOWN), strong


def _runs(tokens: Iterable[Token], text: str) -> Iterator[list[Token]]:
    """Give the runs of words that may make up names, nothing but a blank, a hyphen or an apostrophe between any two."""
    run: list[Token] = []
    for token in tokens:
        if run and (token.kind == _OTHER or text[run[-1].end : token.start] not in _BETWEEN):
            yield run
            run = []
        if token.kind != _OTHER:
            run.append(token)
    if run:
        yield run


def _named(run: Sequence[Token]) -> Iterator[Span]:
    """Give the name that a run is, if it is one, with the article before it."""
    kinds = [token.kind for token in run]
    while kinds and kinds[-1] in (LINK, ARTICLE):
        kinds.pop()
    first = next((at for at, kind in enumerate(kinds) if kind not in (LINK, ARTICLE, _NUMBER)), len(kinds))
    core = kinds[first:]
    if len(core) > 1:
        grouped = GROUP in core or PLACE in core
        named = any(kind in _MAKING for kind in core) or (grouped and (VIRTUE in core or _NUMBER in core))
    else:
        named = core == [_UNKNOWN] or (core == [WORD] and run[first].capital)
    if named:
        article = first > 0 and kinds[first - 1] == ARTICLE
        yield run[first - article].start, run[len(kinds) - 1].end


class _Ordinary(NamedTuple):
    """What is known of the words of some tongues: their kinds, and those that cues are made of.

    `nouns`: whether nouns have capitals; `lower`: whether people write names without any.
    """

    kinds: Mapping[str, str]
    strong: frozenset[str]
    nouns: bool
    lower: bool


_ORDINARY: dict[tuple[str, ...], _Ordinary] = {}


def _ordinary(tongues: Sequence[Tongue]) -> _Ordinary:
    """Give what is known of the words of some tongues; made once for each set of them."""
    names = tuple(tongue.name for tongue in tongues)
    found = _ORDINARY.get(names)
    if found is None:
        kinds = {word: kind for name in reversed(names) for word, kind in _kinds(name).items()}
        strong = frozenset(word for tongue in tongues for pattern in tongue.plain.patterns for word in pattern.split())
        found = _ORDINARY[names] = _Ordinary(
            kinds, strong - kinds.keys(), _NOUNS in names, not _ROMANISED.isdisjoint(names)
        )
    return found


@cache
def _kinds(tongue: str) -> Mapping[str, str]:
    """Give what the words of a tongue are to a name, folded."""
    entry = document().get(tongue) or {}
    endings = ["", *entry.get("endings", ())]
    kinds: dict[str, str] = {}
    for kind in (LINK, ARTICLE, VIRTUE, TITLE, PARENT, PLACE, WORD, GROUP):
        for word in entry.get(kind, ()):
            for ending in endings if word.endswith("*") else [""]:
                form = fold(word.rstrip("*") + ending).text
                kinds[form] = kind
                if tongue == _ARABIC:
                    kinds |= dict.fromkeys((particle + form for particle in _PARTICLES), kind)
    return kinds


@cache
def document() -> Mapping[str, Any]:
    """Read what names are made of."""
    data = (files(__package__) / "names.yaml").read_bytes()
    loaded: Mapping[str, Any] = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    return loaded
