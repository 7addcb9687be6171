"""Stretches: which parts of a text are weighed by themselves, and the cues and contexts that count for each.

A text of up to `_WHOLE` characters is one stretch. A longer one is cut into runs of sentences that overlap, so that a few sentences in
a long text weigh as they would alone, and words far apart make nothing together.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forestall.detect.recruit.lexicon import Cue, Meanings
from forestall.detect.recruit.match import Hit
from forestall.model.finding import Span
from forestall.text.segments import quotations, sentences

_WHOLE = 700
"""A text of up to this many characters is weighed as a whole; a longer one stretch by stretch."""
_STRETCH = 6
"""Sentences in a stretch; each begins half a stretch after the one before."""
_AROUND = 3
"""Sentences before and after a stretch whose context still counts for it; so do the first ones of the text."""
_SAME = 2
"""Most hits of one cue that are looked at per sentence; a flood of one cue says no more."""
_TELLS = 0.4
"""Certainty of a context from which quoted words are taken as somebody else's."""
_TELLING = ("news", "counter", "research")
"""Contexts in which people quote what others said."""
_MOST_QUOTED = 0.85
"""Share of a text in quotation marks above which the marks say nothing."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a folded text, from `start` to `end`, and what was found in it.

    `signs` are the hits behind each sign of recruiting; `contexts` those behind each context in it and around it, and `certain` how
    certain each is (0..1). `quoted` is the share of it that stands in quotation marks, `cited` the share of its cues of recruiting that
    do.
    """

    start: int
    end: int
    signs: Mapping[str, Sequence[Hit]] = field(default_factory=dict)
    contexts: Mapping[str, Sequence[Hit]] = field(default_factory=dict)
    certain: Mapping[str, float] = field(default_factory=dict)
    quoted: float = 0.0
    cited: float = 0.0


def stretches(text: str, hits: Sequence[Hit], meanings: Meanings) -> Iterator[Stretch]:
    """Give the stretches of a folded text that are worth weighing: a short text as it is, of a long one those with evidence in them."""
    quoted = _quoted(text)
    if len(text) <= _WHOLE:
        if text and not text.isspace():
            yield _stretch(0, len(text), (hits, hits), quoted, meanings)
        return
    if not any(hit.cue.speaks for hit in hits):
        return
    spans = sentences(text)
    by_sentence = _by_sentence(spans, hits)
    opening = [hit for some in by_sentence[:_AROUND] for hit in some]
    for first in range(0, len(by_sentence), _STRETCH // 2):
        last = min(first + _STRETCH, len(by_sentence))
        filled = [number for number in range(first, last) if by_sentence[number]]
        inside = [hit for number in filled for hit in by_sentence[number]]
        if any(hit.cue.speaks for hit in inside):
            near = by_sentence[max(first - _AROUND, 0) : first] + by_sentence[last : last + _AROUND]
            around = inside + [hit for some in near for hit in some] + (opening if first > _AROUND else [])
            yield _stretch(spans[filled[0]][0], spans[filled[-1]][1], (inside, around), quoted, meanings)


def _quoted(text: str) -> Sequence[Span]:
    """Give what stands in quotation marks, in order, unless nearly everything does."""
    if '"' not in text and "'" not in text and ">" not in text:
        return ()
    spans = [(quote.start, quote.end) for quote in quotations(text)]
    return spans if sum(end - start for start, end in spans) <= len(text) * _MOST_QUOTED else ()


def _by_sentence(spans: Sequence[Span], hits: Sequence[Hit]) -> list[list[Hit]]:
    """Give the hits of each sentence, at most `_SAME` of each cue."""
    starts = [start for start, _ in spans]
    sorted_hits: list[list[Hit]] = [[] for _ in starts]
    counts: dict[tuple[int, Cue], int] = {}
    for hit in hits:
        sentence = max(bisect_right(starts, hit.start) - 1, 0)
        seen = counts[sentence, hit.cue] = counts.get((sentence, hit.cue), 0) + 1
        if seen <= _SAME:
            sorted_hits[sentence].append(hit)
    return sorted_hits


def _stretch(
    start: int, end: int, hits: tuple[Sequence[Hit], Sequence[Hit]], quoted: Sequence[Span], meanings: Meanings
) -> Stretch:
    """Gather a stretch from the hits inside it, and those whose contexts count for it."""
    inside, around = hits
    share = _overlap(start, end, quoted) / max(end - start, 1)
    if not around:
        return Stretch(start, end, quoted=share)
    contexts: dict[str, list[Hit]] = {}
    for hit in around:
        for sign in hit.cue.signs:
            if sign in meanings.contexts:
                contexts.setdefault(sign, []).append(hit)
    certain = {name: _certainty(found) for name, found in contexts.items()}
    said, cited = inside, 0.0
    if quoted:
        said = [hit for hit in inside if not _within(hit, quoted)]
        cited = 1.0 - _cues(said) / max(_cues(inside), 1)
        if max((certain.get(name, 0.0) for name in _TELLING), default=0.0) < _TELLS:
            said = inside
    signs: dict[str, list[Hit]] = {}
    for hit in _independent(said):
        for sign in hit.cue.signs:
            if sign in meanings.signs:
                signs.setdefault(sign, []).append(hit)
    return Stretch(start, end, signs, contexts, certain, share, cited)


def _independent(hits: Sequence[Hit]) -> list[Hit]:
    """Leave out cues of recruiting whose words are part of another's, so that one phrase is not counted as many.

    Of two on the same words the one that shows its sign further counts, then the earlier in the lexicon. A phrase with a
    gap covers nothing, as what stands in its gap is said besides.
    """
    kept: list[Hit] = []
    reach = -1
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end, -hit.cue.degree, hit.cue.order)):
        if hit.cue.strength:
            continue
        if hit.whole and hit.end <= reach:
            continue
        if hit.whole:
            reach = hit.end
        kept.append(hit)
    return kept


def _certainty(hits: Sequence[Hit]) -> float:
    """Give how certain a context is: each cue leaves some doubt; the same cue again leaves half as much as the first."""
    doubt = 1.0
    seen: dict[Cue, int] = {}
    for hit in hits:
        again = seen[hit.cue] = seen.get(hit.cue, 0) + 1
        if again <= _SAME + 1:
            doubt *= 1.0 - hit.cue.strength / again
    return 1.0 - doubt


def _within(hit: Hit, spans: Sequence[Span]) -> bool:
    """True where the hit lies in one of the spans, which are in order."""
    at = bisect_right(spans, (hit.start, math.inf)) - 1
    return at >= 0 and hit.end <= spans[at][1]


def _cues(hits: Sequence[Hit]) -> int:
    """Count the hits of cues of recruiting."""
    return sum(not hit.cue.strength for hit in hits)


def _overlap(start: int, end: int, spans: Sequence[Span]) -> int:
    """Give how many characters of a stretch lie in spans, which are in order and apart from each other."""
    total = 0
    for at in range(max(bisect_right(spans, (start, math.inf)) - 1, 0), len(spans)):
        if spans[at][0] >= end:
            break
        total += max(min(end, spans[at][1]) - max(start, spans[at][0]), 0)
    return total
