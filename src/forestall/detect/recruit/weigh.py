"""Weighing: which stretch of a text the model finds weightiest, and how it scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forestall.detect.recruit.features import evidence
from forestall.detect.recruit.lexicon import Meanings
from forestall.detect.recruit.match import Hit
from forestall.detect.recruit.model import Model, chance
from forestall.detect.recruit.stretch import Stretch, stretches
from forestall.text.fold import Folded


@dataclass(frozen=True, slots=True)
class Weighed:
    """A stretch of text: its score (0..1), its score without what takes away, and the features it was scored by."""

    score: float = 0.0
    bare: float = 0.0
    stretch: Stretch = field(default_factory=lambda: Stretch(0, 0))
    found: Mapping[str, float] = field(default_factory=dict)


def weigh(view: Folded, hits: Sequence[Hit], meanings: Meanings, model: Model) -> Weighed:
    """Weigh a folded text with the cues found in it, and give its weightiest stretch."""
    best: tuple[float, float, Stretch, Mapping[str, float]] | None = None
    for stretch in stretches(view.text, hits, meanings):
        found = evidence(stretch, meanings)
        log_odds = model.log_odds(view, stretch, found)
        bare = model.without_contexts(log_odds, found)
        if best is None or (log_odds, bare) > best[:2]:
            best = (log_odds, bare, stretch, found)
    if best is None:
        return Weighed()
    return Weighed(chance(best[0]), chance(best[1]), best[2], best[3])
