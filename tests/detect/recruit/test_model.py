"""The model: log-odds that are the sum of their parts, and bounds that hold."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.recruit.features import evidence, gloss, takes_away
from forestall.detect.recruit.lexicon import lexicon
from forestall.detect.recruit.match import find
from forestall.detect.recruit.model import chance
from forestall.detect.recruit.modelfile import bundled
from forestall.detect.recruit.plain import all_disguised, undisguised
from forestall.detect.recruit.stretch import stretches
from forestall.insights.disguise import leet, spaced, stretched
from forestall.text.fold import fold
from forestall.text.ngrams import BUCKETS, Linear, features
from tests.detect.recruit.model_samples import MASKED, log_odds, model, read

PARTS = [
    "join us",
    "take up arms",
    "police said",
    '"',
    "do not join",
    "the oath",
    "lol this game",
    "t4ke up 4rms",
    "\u200bصلاة",
    "\n",
    "a b c d",
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=8).map(lambda parts: " ".join(["so", *parts]))


@given(TEXTS)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_contributions_add_up_to_the_log_odds(text: str) -> None:
    """Bias and parts make up the log-odds exactly, with disguised words too; none is left out of the explanation."""
    for one in (model(), bundled()):
        parts = one.parts(*read(text))
        assert one.bias + sum(part.weight for part in parts) == pytest.approx(one.log_odds(*read(text)), abs=1e-4)
        assert [abs(part.weight) for part in parts] == sorted((abs(part.weight) for part in parts), reverse=True)


@given(TEXTS)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_parts_lie_in_the_text(text: str) -> None:
    """Every n-gram of an explanation points into the folded text."""
    view, stretch, found = read(text)
    for part in model().parts(view, stretch, found):
        assert 0 <= part.span[0] <= part.span[1] <= len(view.text)


def test_what_takes_away_never_adds() -> None:
    """In the model that comes with Forestall no context or quotation has a weight above 0, and no sign one below; hurt has none."""
    weights = bundled().features
    assert all(weight <= 0 if takes_away(name) else weight >= 0 for name, weight in weights.items())
    assert weights.get("sign grievance", 0.0) == 0.0


def test_every_feature_reads_as_words() -> None:
    """Each feature of the model that comes with Forestall has a meaning for a reader."""
    for name, entry in bundled().facts["features"].items():
        assert gloss(name, lexicon().meanings) == entry["means"]


def test_nothing_found_has_no_features() -> None:
    """A text without a cue or quotation has no features but its words, and one without a letter is not weighed."""
    assert read("The ferry was late again.")[2] == {}
    assert not list(stretches(" \n", [], lexicon().meanings))


@pytest.mark.parametrize("word", MASKED)
def test_masked_words_do_not_count(word: str) -> None:
    """A text scores the same whichever masked word stands in it."""
    assert log_odds(f"{word}, take up arms at the river") == log_odds(f"{MASKED[0]}, take up arms at the river")


@pytest.mark.parametrize("style", [leet, spaced, stretched])
def test_disguised_words_are_read(style: Callable[[str], str]) -> None:
    """A model that knows a word finds it disguised too, and its explanation points at the letters as they stand."""
    weights = np.zeros(BUCKETS, np.float32)
    weights[features(fold("fighters"))[0]] = 1.0
    knowing = replace(model(), words=Linear(weights, 0.0))
    said = read(style("come to the fighters today"))
    assert knowing.log_odds(*said) > knowing.log_odds(*read("come to the market today")) + 1.0
    places = [part.span for part in knowing.parts(*said) if part.weight > 0]
    shown = said[0].text[min(start for start, _ in places) : max(end for _, end in places)]
    assert "today" not in shown
    assert "f" in shown


def test_undisguised_words_stay() -> None:
    """Words in clear keep their letters beside disguised ones, and offsets lead back to where they stand."""
    view = fold("hello b-r-o-t-h-e-r-s all yellow")
    plain = undisguised(view)
    assert plain is not None
    assert plain.text == "hello brothers all yellow"
    at = plain.text.index("yellow")
    start, end = plain.span(at, at + 6)
    assert view.text[start:end] == "yellow"
    assert undisguised(fold("hello all")) is None
    assert all_disguised(fold("hello to all yellow birds"), glued=False).text == "heio to ai yeiow birds"
    assert all_disguised(fold("hello to all yellow birds"), glued=True).text == "heio to ai yeiowbirds"


@given(st.floats(allow_nan=False))
def test_a_score_lies_between_0_and_1(value: float) -> None:
    """Whatever the log-odds, the score is a probability."""
    assert 0.0 <= chance(value) <= 1.0


def test_a_context_beside_a_call_lowers_it() -> None:
    """What police report scores below the same words said."""
    said = "patriots, join our unit and swear the oath in the valley"
    assert log_odds(f"police say that a man wrote {said}") < log_odds(said)


def test_long_texts_are_cut_at_sentences() -> None:
    """Of a long text every stretch begins and ends with what was found in it."""
    text = "The ferry was late again. " * 40 + "Brothers, take up arms. " + "The fog stayed. " * 60
    view = fold(text)
    hits = find(view, [lexicon().tongue("en")])
    for stretch in stretches(view.text, hits, lexicon().meanings):
        assert "take up arms" in view.text[stretch.start : stretch.end]
        assert evidence(stretch, lexicon().meanings)
