"""Weighing: how found cues add up to a score for a text, and which stretch of it says so."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forestall.detect.recruit.lexicon import Cue, Weights
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
class Weighed:
    """A stretch of text: its score (0..1), its score without contexts, and the hits behind each sign and context.

    `contexts` gives how certain each context is (0..1).
    """

    score: float = 0.0
    bare: float = 0.0
    hits: Mapping[str, Sequence[Hit]] = field(default_factory=dict)
    contexts: Mapping[str, float] = field(default_factory=dict)


def weigh(text: str, hits: Sequence[Hit], weights: Weights) -> Weighed:
    """Weigh the cues of one folded text and give its weightiest stretch."""
    if not any(hit.cue.speaks for hit in hits):
        return Weighed()
    quoted = _quoted(text)
    if len(text) <= _WHOLE:
        return _weigh_stretch(hits, hits, quoted, weights)
    by_sentence = _by_sentence(text, hits)
    opening = [hit for some in by_sentence[:_AROUND] for hit in some]
    best = Weighed()
    for first in range(0, len(by_sentence), _STRETCH // 2):
        inside = [hit for some in by_sentence[first : first + _STRETCH] for hit in some]
        if any(hit.cue.speaks for hit in inside):
            near = (
                by_sentence[max(first - _AROUND, 0) : first]
                + by_sentence[first + _STRETCH : first + _STRETCH + _AROUND]
            )
            around = inside + [hit for some in near for hit in some] + (opening if first > _AROUND else [])
            best = max(
                best, _weigh_stretch(inside, around, quoted, weights), key=lambda weighed: (weighed.score, weighed.bare)
            )
    return best


def _quoted(text: str) -> Sequence[Span]:
    """Give what stands in quotation marks, in order, unless nearly everything does."""
    if '"' not in text and "'" not in text and ">" not in text:
        return ()
    spans = [(quote.start, quote.end) for quote in quotations(text)]
    return spans if sum(end - start for start, end in spans) <= len(text) * _MOST_QUOTED else ()


def _by_sentence(text: str, hits: Sequence[Hit]) -> list[list[Hit]]:
    """Give the hits of each sentence, at most `_SAME` of each cue."""
    starts = [start for start, _ in sentences(text)]
    sorted_hits: list[list[Hit]] = [[] for _ in starts]
    counts: dict[tuple[int, Cue], int] = {}
    for hit in hits:
        sentence = max(bisect_right(starts, hit.start) - 1, 0)
        seen = counts[sentence, hit.cue] = counts.get((sentence, hit.cue), 0) + 1
        if seen <= _SAME:
            sorted_hits[sentence].append(hit)
    return sorted_hits


def _weigh_stretch(inside: Sequence[Hit], around: Sequence[Hit], quoted: Sequence[Span], weights: Weights) -> Weighed:
    """Weigh the hits inside a stretch, with the contexts of what stands around it."""
    contexts: dict[str, list[Hit]] = {}
    for hit in around:
        for sign in hit.cue.signs:
            if sign in weights.contexts:
                contexts.setdefault(sign, []).append(hit)
    certain = {name: _certainty(found) for name, found in contexts.items()}
    if quoted and max((certain.get(name, 0.0) for name in _TELLING), default=0.0) >= _TELLS:
        inside = [hit for hit in inside if not _within(hit, quoted)]
    signs: dict[str, list[Hit]] = {}
    for hit in _independent(inside):
        for sign in hit.cue.signs:
            if sign in weights.signs:
                signs.setdefault(sign, []).append(hit)
    total = _sum({sign: max(hit.cue.degree for hit in found) for sign, found in signs.items()}, weights)
    taken = min(sum(weights.contexts[name].weight * value for name, value in certain.items()), weights.most_taken)
    return Weighed(_chance(total - taken), _chance(total), {**contexts, **signs}, certain)


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


def _sum(degrees: Mapping[str, float], weights: Weights) -> float:
    """Add up signs and pairs of signs, each to the degree it is shown, in log-odds."""
    present = sorted(degrees)
    total = weights.base + sum(weights.signs[sign].weight * degrees[sign] for sign in present)
    for number, one in enumerate(present):
        for other in present[number + 1 :]:
            pair = weights.pairs.get((one, other))
            if pair:
                total += pair * min(degrees[one], degrees[other])
    if not any(weights.signs[sign].core for sign in present):
        total -= weights.without_core
    if not any(degrees[sign] == 1 and not weights.signs[sign].slight for sign in present):
        total -= weights.only_weak
    if not any(weights.signs[sign].ask for sign in present):
        return min(total, weights.most_without_ask)
    return total


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


def _chance(log_odds: float) -> float:
    """Give the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-log_odds))
