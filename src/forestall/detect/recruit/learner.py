"""The learner: models of a data folder, learnt from examples on top of the model that comes with Forestall."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from forestall.detect.recruit import modelfile, training
from forestall.detect.recruit.features import gloss
from forestall.detect.recruit.lexicon import lexicon, version
from forestall.detect.recruit.model import Model, chance
from forestall.detect.recruit.names import Vocabulary
from forestall.detect.recruit.shelf import Shelf
from forestall.detect.recruit.training import Fit, Row
from forestall.model.example import Example
from forestall.text import ngrams

_HALF = 0.5
_AUTHORS = 3
"""Groups of decided cases that a word is met in, so that it is taken for an ordinary one and not for a name."""


class Learner:
    """Learns models from examples, keeps them in a data folder and says which is in use."""

    def __init__(self, data: Path) -> None:
        self.shelf = Shelf(data)

    def scores(self, examples: Sequence[Example], digest: str) -> list[float]:
        """Give what a model says of examples (0..1)."""
        model = self.shelf.load(digest)
        return [chance(score) for score in _fit_of(model).scores(_rows(examples, model))]

    def learn(self, examples: Sequence[Example]) -> tuple[str, list[float]]:
        """Learn a model and keep it; gives its digest, and what it says of each example where its group is left out of learning (0..1).

        It begins from the model that comes with Forestall and moves away from it as far as the examples ask. A score of one half is set
        where the model in use now has as many false alarms on the same examples. Raises BadInput where scipy is missing, or one kind.
        """
        before = modelfile.bundled()
        rows = _rows(examples, before, training.met(examples, _AUTHORS))
        scores = training.left_out(rows, before)
        now = self.scores(examples, self.shelf.in_use)
        safe = [score >= _HALF for score, example in zip(now, examples, strict=True) if not example.recruits]
        slope, shift = training.calibration(rows, scores, sum(safe) / max(len(safe), 1), 1.0)
        learnt = training.fit(rows, before).calibrated(slope, shift)
        weights, scale = training.whole_numbers(learnt.words)
        known = before.vocabulary.words | training.met(examples, _AUTHORS)
        facts = facts_of(learnt, scale, before.facts["masked"], known, {"decided here": summary(examples)})
        digest = self.shelf.keep({**facts, "began from": before.digest}, weights)
        return digest, [chance(slope * score + shift) for score in scores]


def facts_of(
    learnt: Fit, scale: float, masked: Sequence[str], known: Iterable[str], sets: Mapping[str, object]
) -> dict[str, Any]:
    """Give what every model's header says: from what it was learnt, and each weight with what it means."""
    weights = lexicon().meanings
    features = {
        name: {"weight": round(weight, 4), "means": gloss(name, weights)}
        for name, weight in learnt.features.items()
        if round(weight, 4)
    }
    return {
        "n-grams": ngrams.VERSION,
        "cues": version(),
        "made": datetime.now(UTC).date().isoformat(),
        "learnt from": sets,
        "masked": list(masked),
        "known": " ".join(sorted(known)),
        "bias": round(learnt.bias, 4),
        "scale": scale,
        "features": features,
    }


def summary(examples: Sequence[Example]) -> dict[str, object]:
    """Say what a set of examples is: how many of each kind, in which languages, and the digest of its texts."""
    hashed = hashlib.sha256("\0".join(example.text for example in examples).encode("utf-8", "surrogatepass"))
    recruiting = sum(example.recruits for example in examples)
    languages = sorted({example.language for example in examples})
    return {
        "recruiting": recruiting,
        "safe": len(examples) - recruiting,
        "languages": languages,
        "sha256": hashed.hexdigest(),
    }


def _rows(examples: Sequence[Example], model: Model, more: Iterable[str] = ()) -> list[Row]:
    """Read examples as a model does that knows some words more."""
    vocabulary = Vocabulary(model.vocabulary.words.union(more)) if more else model.vocabulary
    return training.rows_of(examples, lexicon(), ngrams.Mask(model.facts["masked"]), vocabulary)


def _fit_of(model: Model) -> Fit:
    """Give a model as what was fitted."""
    words = np.asarray(model.words.weights, np.float64) * model.words.scale
    return Fit(model.features, words, model.bias)
