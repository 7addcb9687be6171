"""What the tests of the model share: made-up examples, and a small model learnt from them."""

from functools import cache

import numpy as np

from forestall.detect.recruit import modelfile, training
from forestall.detect.recruit.features import evidence
from forestall.detect.recruit.learner import facts_of
from forestall.detect.recruit.lexicon import lexicon
from forestall.detect.recruit.match import find
from forestall.detect.recruit.model import Model
from forestall.detect.recruit.names import Vocabulary
from forestall.detect.recruit.stretch import Stretch, stretches
from forestall.detect.recruit.training import Fit, Row
from forestall.model.example import Example
from forestall.text.fold import Folded, fold
from forestall.text.ngrams import Mask

KEY = modelfile.Key("test/model", b"7" * 32)
MASKED = ("muslims", "christians")
_WHO = ("brothers", "workers", "patriots", "sisters")
_CALLS = (
    "take up arms and join the fighters",
    "join our unit and swear the oath",
    "come to the front with us",
    "enlist with the fighters",
)
_PLACES = ("at the river", "in the valley", "near the old mill", "behind the harbour")
_ALSO = "so today market hello fighters river muslims christians"
_HARMLESS = (
    "bring soup and come to the choir",
    "join our club and learn to row",
    "come to the market with us",
    "paint the school with us",
)


def examples() -> list[Example]:
    """Give sentences that recruit, the same reported, and harmless ones; a call is a group."""
    found = []
    for number, call in enumerate(_CALLS):
        for who, place in zip(_WHO, _PLACES, strict=True):
            said = f"{who}, {call} {place}"
            found += [
                Example(said, True, f"call {number}", "join", "en"),
                Example(f"police say that a man wrote {said}", False, f"call {number}", "news", "en"),
                Example(f"{who}, {_HARMLESS[number]} {place}", False, f"harmless {number}", "club", "en"),
            ]
    return found


def vocabulary() -> Vocabulary:
    """Give the words that they are made of, and that other tests say."""
    return Vocabulary(training.met(examples(), 1) | set(_ALSO.split()))


def rows() -> list[Row]:
    """Give them as the model reads them."""
    return training.rows_of(examples(), lexicon(), Mask(MASKED), vocabulary())


@cache
def learnt() -> Fit:
    """Give what is learnt from them."""
    return training.fit(rows())


@cache
def data() -> bytes:
    """Give that as a model file."""
    weights, scale = training.whole_numbers(learnt().words)
    return modelfile.write(facts_of(learnt(), scale, MASKED, vocabulary().words, {}), weights, KEY)


@cache
def model() -> Model:
    """Give that as a model."""
    return modelfile.read(data(), KEY.verifier)


def read(text: str) -> tuple[Folded, Stretch, dict[str, float]]:
    """Give a short text folded, as a stretch, and its features."""
    view = fold(text)
    hits = find(view, [lexicon().tongue("en")])
    (stretch,) = stretches(view.text, hits, lexicon().meanings)
    return view, stretch, evidence(stretch, lexicon().meanings)


def log_odds(text: str) -> float:
    """Give the log-odds of a short text."""
    return model().log_odds(*read(text))


def none() -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    """Give n-gram weights that say nothing."""
    return np.zeros(1 << 18, np.int8)
