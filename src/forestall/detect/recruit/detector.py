"""The detector: reads each text of a post for the language of recruiting and says what it noticed."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from forestall.detect.base import Declared, folded
from forestall.detect.recruit import names
from forestall.detect.recruit.features import gloss
from forestall.detect.recruit.lexicon import Cue, Lexicon, Meanings, Tongue
from forestall.detect.recruit.match import Hit, find
from forestall.detect.recruit.model import Model, Part
from forestall.detect.recruit.tongues import spoken
from forestall.detect.recruit.weigh import Weighed, weigh
from forestall.model.finding import Finding, Span
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role
from forestall.text.fold import Folded
from forestall.text.language import identify

RECRUITING = "recruiting"
GRIEVANCE = "grievance"
STEPS = ("propaganda", "contact", "training", "pledge", "incitement")
"""The steps of recruiting that ask a person, in the order in which they follow each other (after `grievance`)."""

LABELS: Mapping[str, Outcome] = {
    GRIEVANCE: Outcome.PASS,
    **dict.fromkeys(STEPS, Outcome.REVIEW),
    RECRUITING: Outcome.REVIEW,
    **{
        f"context-{name}": Outcome.PASS
        for name in ("news", "counter-speech", "scripture", "research", "fiction", "negation", "personal")
    },
}
"""Every label with the harshest outcome it may cause without a person: text never does more than ask one."""

_LEAST = 0.1
"""Score from which the text as a whole is worth a finding, so that texts that pass can be put in order.

From it on a text is also read once more without its names; ordinary posts seldom are.
"""
_EXPLAINED = 0.25
"""Score from which a finding says what weighed how much, and without contexts, from which unsure ones are shown; no rule asks for less."""
_LEAST_STEP = 0.1
"""Score from which a step, and certainty from which a context, is worth a finding."""
_PLAIN = 0.5
"""Certainty from which a context is worth a finding whatever else is said: rules look for words of their own, which it may excuse."""
_SURE = 0.5
"""Score from which contexts no longer cover what the text says, so that they must not excuse it."""
_UNSURE = 0.45
"""Certainty a context is shown with where it does not cover what the text says."""
_GRIEVANCES = 2
"""Expressions of grievance from which it is worth a finding by itself."""


_WEIGHTIEST = 8
"""Features named in the evidence, and words pointed at."""
_SLIGHT = 0.1
"""Log-odds below which a word is not worth pointing at."""


class Recruit(Declared):
    """Notices the language of recruiting in posts and documents. See docs/quality.md and docs/model-card.md.

    Takes the version of lexicon and model, and what loads each when the first text comes: a command that only reads the store need
    not wait for them.
    """

    def __init__(self, version: str, lexicon: Callable[[], Lexicon], model: Callable[[], Model]) -> None:
        super().__init__("recruit", version, LABELS)
        self._load = lexicon
        self._load_model = model

    @cached_property
    def _lexicon(self) -> Lexicon:
        return self._load()

    @cached_property
    def _model(self) -> Model:
        return self._load_model()

    @property
    def _meanings(self) -> Meanings:
        return self._lexicon.meanings

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give findings for each of the post's own text and the pages that came with it; links and codes hold no language."""
        findings: list[Finding] = []
        for index, segment in enumerate(reading.segments):
            if segment.role in (Role.BODY, Role.PAGE):
                language = reading.language if segment.role is Role.BODY else ""
                findings += self._read(segment.text, folded(reading, index), segment.part, language)
        return findings

    def _read(self, text: str, view: Folded, part: str, language: str) -> Iterator[Finding]:
        """Give the findings on one text; `language` is empty where nobody has named it yet."""
        lexicon = self._lexicon
        tongues = spoken(lexicon, view.text, language)
        hits = find(view, tongues)
        weighed = weigh(view, hits, self._meanings, self._model)
        if weighed.score >= _LEAST:
            view, hits = self._unnamed(text, view, tongues, language)
            weighed = weigh(view, hits, self._meanings, self._model)
        if weighed.score >= _LEAST:
            yield self._whole(weighed, view, part)
            yield from self._steps(weighed, view, part)
        if weighed.bare >= _EXPLAINED or max(weighed.stretch.certain.values(), default=0.0) >= _PLAIN:
            yield from self._contexts(weighed, view, part)
        yield from self._grievance(hits, view, part)

    def _unnamed(self, text: str, view: Folded, tongues: Sequence[Tongue], language: str) -> tuple[Folded, list[Hit]]:
        """Give a text without names and words that say nothing, and the cues found in it: whoever is named, they are the same."""
        vocabulary = self._model.vocabulary
        found = names.find(text, view, tongues, vocabulary)
        if found:
            spans = [view.span(start, end) for start, end in found]
            view = names.nameless(view, found)
            tongues = spoken(self._lexicon, view.text, identify(names.without(text, spans), language))
        return names.hushed(view, tongues, vocabulary), [*find(view, tongues), *names.mentions(view)]

    def _whole(self, weighed: Weighed, view: Folded, part: str) -> Finding:
        """Give the finding on the stretch as a whole: what was seen, sign by sign, what took away from it, and what weighed most."""
        stretch = weighed.stretch
        signs = [name for name in self._meanings.signs if name in stretch.signs]
        hits = [hit for name in signs for hit in stretch.signs[name]]
        evidence: dict[str, object] = {
            "cues": self._cue_ids(hits),
            "signs": {name: self._meanings.signs[name].gloss for name in signs},
            "contexts": {name: round(value, 2) for name, value in sorted(stretch.certain.items())},
            "hidden": any(hit.hidden for hit in hits),
        }
        places = [(hit.start, hit.end) for hit in hits]
        if weighed.score >= _EXPLAINED:
            parts = self._model.parts(view, stretch, weighed.found)
            words = _words([part for part in parts if not part.name], view)
            evidence["weighed"] = self._weightiest(parts)
            evidence["words_at"] = [[*view.span(*word.span), round(word.weight, 2)] for word in words]
            places += [word.span for word in words if word.weight > 0]
        return self.finding(RECRUITING, round(weighed.score, 4), part, _spans(places, view), evidence)

    def _weightiest(self, parts: Sequence[Part]) -> dict[str, float]:
        """Give the features that weighed most, in words, with what each added to the log-odds, and all n-grams as one."""
        named = [part for part in parts if part.name][:_WEIGHTIEST]
        words = sum(part.weight for part in parts if not part.name)
        weighed = {gloss(part.name, self._meanings): round(part.weight, 2) for part in named}
        return {**weighed, "the words and letters themselves": round(words, 2)}

    def _steps(self, weighed: Weighed, view: Folded, part: str) -> Iterator[Finding]:
        """Give a finding for each step there is evidence of; none is likelier than the whole."""
        for step in STEPS:
            signs = [
                name
                for name, sign in self._meanings.signs.items()
                if sign.step == step and name in weighed.stretch.signs
            ]
            shown = max((self._shown(name, weighed.stretch.signs[name]) for name in signs), default=0.0)
            score = weighed.score * shown
            if score >= _LEAST_STEP:
                hits = [hit for name in signs for hit in weighed.stretch.signs[name]]
                yield self.finding(step, round(score, 4), part, _spans(_places(hits), view), self._glosses(hits))

    def _shown(self, sign: str, hits: Sequence[Hit]) -> float:
        """Say how far a sign shows its step (0..1)."""
        return self._meanings.signs[sign].share * max(hit.cue.degree for hit in hits)

    def _contexts(self, weighed: Weighed, view: Folded, part: str) -> Iterator[Finding]:
        """Give a finding for each context that has a label. Where it does not cover what is said, it is shown as unsure."""
        for name, context in self._meanings.contexts.items():
            certain = weighed.stretch.certain.get(name, 0.0)
            if weighed.score >= _SURE:
                certain = min(certain, _UNSURE)
            if context.label and certain >= _LEAST_STEP:
                hits = weighed.stretch.contexts[name]
                yield self.finding(
                    context.label, round(certain, 4), part, _spans(_places(hits), view), self._glosses(hits)
                )

    def _grievance(self, hits: Sequence[Hit], view: Folded, part: str) -> Iterator[Finding]:
        """Give a finding where hurt is spoken of more than in passing. It never counts; prevention work sums it up."""
        found = [hit for hit in hits if GRIEVANCE in hit.cue.signs]
        if len(found) >= _GRIEVANCES:
            score = round(1.0 - 0.7 ** len(found), 4)
            yield self.finding(GRIEVANCE, score, part, _spans(_places(found), view), self._glosses(found))

    def _glosses(self, hits: Sequence[Hit]) -> dict[str, object]:
        """Give the cues behind hits, and what they mean."""
        cues = _cues(hits)
        return {"cues": [cue.id for cue in cues], "gloss": [cue.gloss for cue in cues]}

    def _cue_ids(self, hits: Sequence[Hit]) -> list[str]:
        """Give the ids of the cues behind hits, in the order of the lexicon."""
        return [cue.id for cue in _cues(hits)]


def _cues(hits: Sequence[Hit]) -> list[Cue]:
    """Give the cues behind hits, each once, in the order of the lexicon."""
    return sorted({hit.cue for hit in hits}, key=lambda cue: (cue.order, cue.id))


_MOST_SPANS = 40
"""Most places a finding points at; a reader needs no more."""


def _places(hits: Sequence[Hit]) -> list[Span]:
    """Give where hits stand in the folded text."""
    return [(hit.start, hit.end) for hit in hits]


def _spans(places: Sequence[Span], view: Folded) -> list[Span]:
    """Give the original offsets of folded ones: the first, overlapping ones as one."""
    merged: list[Span] = []
    for start, end in sorted({view.span(start, end) for start, end in places}):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged[:_MOST_SPANS]


def _words(parts: Sequence[Part], view: Folded) -> list[Part]:
    """Add up n-grams word by word, each shared out among the words it touches, and give the weightiest, in order of weight."""
    starts, ends = _borders(view.text, parts)
    totals: dict[int, float] = {}
    for part in parts:
        first = bisect_right(starts, part.span[0]) - 1
        last = max(bisect_left(starts, part.span[1]) - 1, first)
        for word in range(first, last + 1):
            totals[word] = totals.get(word, 0.0) + part.weight / (last - first + 1)
    ranked = sorted(totals.items(), key=lambda item: (-abs(item[1]), item[0]))[:_WEIGHTIEST]
    return [Part("", (starts[word], ends[word]), weight) for word, weight in ranked if abs(weight) >= _SLIGHT]


def _borders(text: str, parts: Sequence[Part]) -> tuple[list[int], list[int]]:
    """Give where the words begin and end that n-grams stand in."""
    low = min((part.span[0] for part in parts), default=0)
    high = max((part.span[1] for part in parts), default=0)
    words = [(match.start() + low, match.end() + low) for match in re.finditer(r"\S+", text[low:high])] or [(low, high)]
    return [start for start, _ in words], [end for _, end in words]
