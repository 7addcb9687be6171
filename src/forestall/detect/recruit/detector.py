"""The detector: reads each text of a post for the language of recruiting and says what it noticed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from forestall.detect.base import Declared, folded
from forestall.detect.recruit.lexicon import Cue, Lexicon, Weights
from forestall.detect.recruit.match import Hit, find
from forestall.detect.recruit.tongues import tongues_of
from forestall.detect.recruit.weigh import Weighed, weigh
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role
from forestall.text.fold import Folded

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

_LEAST = 0.02
"""Score from which the text as a whole is worth a finding, so that texts that pass can be put in order."""
_LEAST_STEP = 0.1
"""Score from which a step or a context is worth a finding."""
_SURE = 0.5
"""Score from which contexts no longer cover what the text says, so that they must not excuse it."""
_UNSURE = 0.45
"""Certainty a context is shown with where it does not cover what the text says."""
_GRIEVANCES = 2
"""Expressions of grievance from which it is worth a finding by itself."""


class Recruit(Declared):
    """Notices the language of recruiting in posts and documents, in the tongues there are cues for. See docs/quality.md.

    Takes the lexicon's version, and what loads the lexicon when the first text comes: a command that only reads the store
    need not wait for it.
    """

    def __init__(self, version: str, load: Callable[[], Lexicon]) -> None:
        super().__init__("recruit", version, LABELS)
        self._load = load

    @cached_property
    def _lexicon(self) -> Lexicon:
        return self._load()

    @property
    def _weights(self) -> Weights:
        return self._lexicon.weights

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give findings for each of the post's own text and the pages that came with it; links and codes hold no language."""
        findings: list[Finding] = []
        for index, segment in enumerate(reading.segments):
            if segment.role in (Role.BODY, Role.PAGE):
                language = reading.language if segment.role is Role.BODY else ""
                findings += self._read(folded(reading, index), segment.part, language)
        return findings

    def _read(self, view: Folded, part: str, language: str) -> Iterator[Finding]:
        """Give the findings on one text; `language` is empty where nobody has named it yet."""
        lexicon = self._lexicon
        hits = find(view, [lexicon.tongue(name) for name in tongues_of(view.text, language) if name in lexicon.names])
        if not hits:
            return
        weighed = weigh(view.text, hits, self._weights)
        if weighed.score >= _LEAST:
            yield self._whole(weighed, view, part)
            yield from self._steps(weighed, view, part)
        if weighed.bare >= _LEAST_STEP:
            yield from self._contexts(weighed, view, part)
        yield from self._grievance(hits, view, part)

    def _whole(self, weighed: Weighed, view: Folded, part: str) -> Finding:
        """Give the finding on the stretch as a whole: what was seen, sign by sign, and what took away from it."""
        signs = [name for name in self._weights.signs if name in weighed.hits]
        hits = [hit for name in signs for hit in weighed.hits[name]]
        evidence = {
            "cues": self._cue_ids(hits),
            "signs": {name: self._weights.signs[name].gloss for name in signs},
            "contexts": {name: round(value, 2) for name, value in sorted(weighed.contexts.items())},
            "hidden": any(hit.hidden for hit in hits),
        }
        return self.finding(RECRUITING, round(weighed.score, 4), part, _spans(hits, view), evidence)

    def _steps(self, weighed: Weighed, view: Folded, part: str) -> Iterator[Finding]:
        """Give a finding for each step there is evidence of; none is likelier than the whole."""
        for step in STEPS:
            signs = [name for name, sign in self._weights.signs.items() if sign.step == step and name in weighed.hits]
            shown = max((self._shown(name, weighed.hits[name]) for name in signs), default=0.0)
            score = weighed.score * shown
            if score >= _LEAST_STEP:
                hits = [hit for name in signs for hit in weighed.hits[name]]
                yield self.finding(step, round(score, 4), part, _spans(hits, view), self._glosses(hits))

    def _shown(self, sign: str, hits: Sequence[Hit]) -> float:
        """Say how far a sign shows its step (0..1)."""
        return self._weights.signs[sign].share * max(hit.cue.degree for hit in hits)

    def _contexts(self, weighed: Weighed, view: Folded, part: str) -> Iterator[Finding]:
        """Give a finding for each context that has a label. Where it does not cover what is said, it is shown as unsure."""
        for name, context in self._weights.contexts.items():
            certain = weighed.contexts.get(name, 0.0)
            if weighed.score >= _SURE:
                certain = min(certain, _UNSURE)
            if context.label and certain >= _LEAST_STEP:
                hits = weighed.hits[name]
                yield self.finding(context.label, round(certain, 4), part, _spans(hits, view), self._glosses(hits))

    def _grievance(self, hits: Sequence[Hit], view: Folded, part: str) -> Iterator[Finding]:
        """Give a finding where hurt is spoken of more than in passing. It never counts; prevention work sums it up."""
        found = [hit for hit in hits if GRIEVANCE in hit.cue.signs]
        if len(found) >= _GRIEVANCES:
            score = round(1.0 - 0.7 ** len(found), 4)
            yield self.finding(GRIEVANCE, score, part, _spans(found, view), self._glosses(found))

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


def _spans(hits: Sequence[Hit], view: Folded) -> list[tuple[int, int]]:
    """Give the original offsets of hits: the first ones, overlapping ones as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted({view.span(hit.start, hit.end) for hit in hits}):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged[:_MOST_SPANS]
