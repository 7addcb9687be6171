"""The model: a calibrated linear model over named features and hashed n-grams, and exactly what each adds to the score.

Log-odds = bias + weight · value for each feature of the stretch + weight · value for each n-gram in it. The n-grams are read as they
stand or with disguised words written out, whichever weighs more. Words that name a religion, a people or an ideology are masked: they
read as one neutral word, so that swapping them changes nothing. Names, and words that nobody knows, are left out of the text before
(`names`). Which language a text is in is no feature. At log-odds of 0 a person's look is worth it (docs/model-card.md says how that was
set).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from forestall.detect.recruit.features import takes_away
from forestall.detect.recruit.names import Vocabulary
from forestall.detect.recruit.plain import undisguised
from forestall.detect.recruit.stretch import Stretch
from forestall.model.finding import Span
from forestall.text.fold import Folded
from forestall.text.ngrams import Linear

LEAST = 190
"""N-grams of a text, some 80 characters, below which they do not weigh the more for being few."""
_MOST = 60.0
"""Log-odds beyond which a score no longer changes."""


class Part(NamedTuple):
    """What one feature adds to the log-odds. `name` is empty for n-grams, which stand at folded offsets `span` of the text."""

    name: str
    span: Span
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model that was read from its file. `digest` names the file, `facts` are what its header says beside the weights.

    `vocabulary` are the words it knows.
    """

    digest: str
    bias: float
    features: Mapping[str, float]
    words: Linear
    vocabulary: Vocabulary
    facts: Mapping[str, Any]

    def log_odds(self, view: Folded, stretch: Stretch, found: Mapping[str, float]) -> float:
        """Give the log-odds of a stretch with the features `found`."""
        weights = self.features
        named = sum(weights[name] * value for name, value in found.items() if name in weights)
        part = _part(view, stretch)
        words = self.words.score(part)
        plain = undisguised(part)
        if plain is not None:
            words = max(words, self.words.score(plain))
        return self.bias + named + words

    def without_contexts(self, log_odds: float, found: Mapping[str, float]) -> float:
        """Give the log-odds as they were without what takes away."""
        weights = self.features
        return log_odds - sum(
            weights[name] * value for name, value in found.items() if name in weights and takes_away(name)
        )

    def parts(self, view: Folded, stretch: Stretch, found: Mapping[str, float]) -> list[Part]:
        """Give everything that adds to the log-odds, weightiest first; with the biases it adds up to them exactly."""
        named = [
            Part(name, (0, 0), self.features[name] * value) for name, value in found.items() if name in self.features
        ]
        read = part = _part(view, stretch)
        plain = undisguised(part)
        if plain is not None and self.words.score(plain) > self.words.score(part):
            read = plain
        words = []
        for start, end, weight in self.words.contributions(read, None):
            first, last = read.span(start, end) if read is plain else (start, end)
            words.append(Part("", (first + stretch.start, last + stretch.start), weight))
        return sorted(named + words, key=lambda part: -abs(part.weight))


def chance(log_odds: float) -> float:
    """Give the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-min(max(log_odds, -_MOST), _MOST)))


def _part(view: Folded, stretch: Stretch) -> Folded:
    """Give the text of a stretch as one of its own."""
    if stretch.start == 0 and stretch.end == len(view.text):
        return view
    text = view.text[stretch.start : stretch.end]
    return Folded(text, len(text))
