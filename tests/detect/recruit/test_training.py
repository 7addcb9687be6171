"""Training: what is learnt, what is never learnt, and that it comes out the same."""

import builtins
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forestall.detect.recruit import modelfile, training
from forestall.detect.recruit.features import takes_away
from forestall.detect.recruit.learner import Learner
from forestall.detect.recruit.lexicon import lexicon
from forestall.model.errors import BadInput
from forestall.model.example import Example
from forestall.text.fold import fold
from forestall.text.ngrams import Mask, features
from tests.detect.recruit.model_samples import examples, learnt, rows, vocabulary


def test_it_tells_the_examples_apart() -> None:
    """What recruits scores above what is reported or harmless, also in groups that were left out."""
    recruits = np.array([row.example.recruits for row in rows()])
    scores = learnt().scores(rows())
    assert scores[recruits].min() > scores[~recruits].max()
    apart = training.left_out(rows())
    assert apart[recruits].mean() > apart[~recruits].mean()


def test_the_same_examples_give_the_same_weights() -> None:
    """Learning twice gives equal weights."""
    again = training.fit(rows())
    assert again.features == learnt().features
    assert np.array_equal(again.words, learnt().words)


def test_bounds_hold() -> None:
    """No context adds, no sign takes away, and hurt is never learnt, even from examples that ask for it."""
    wrong = [
        replace(row, found={"sign grievance": 1.0, "context news": 1.0, **row.found})
        for row in rows()
        if row.example.recruits
    ]
    fitted = training.fit([*rows(), *wrong])
    assert all(weight <= 0 if takes_away(name) else weight >= 0 for name, weight in fitted.features.items())
    assert fitted.features["sign grievance"] == 0.0
    assert fitted.features["context news"] <= 0.0


def test_masked_stretches_are_not_learnt() -> None:
    """The name of a group stands in no n-gram that is learnt, and a masked word by itself weighs nothing."""
    text = "join the Ashen Banner today"
    (row,) = training.rows_of([Example(text, True, "1", masked=((9, 21),))], lexicon(), Mask(()), vocabulary())
    assert set(features(fold("banner"))[0]).isdisjoint(row.buckets)
    assert set(features(fold("today"))[0]) <= set(row.buckets)
    neutral = features(fold("x"), None, [(0, 1)])[0]
    assert learnt().words[neutral].tolist() == [0.0] * len(neutral)


def test_words_of_names_are_not_known() -> None:
    """A word is known that enough groups say, not only with a capital, and not more often in what is masked."""
    texts = ("the banner of Zorvan", "a banner for Zorvan", "the grey banner and the fox", "a fox under a grey sky")
    some = [Example(text, True, str(number), masked=((4, 10),) * (number == 0)) for number, text in enumerate(texts)]
    masked = [Example("join the grey", True, f"m{number}", masked=((9, 13),)) for number in range(3)]
    assert training.met([*some, *masked], 2) == {"banner", "fox", "a", "the", "join"}


def test_names_that_nobody_can_tell_score_alike() -> None:
    """Examples that name somebody are read with two made-up names each, and what is learnt moves less between these."""
    named = [replace(example, masked=((0, example.text.index(" ")),)) for example in examples()]
    twins = training.renamed(named, lexicon(), Mask(()), vocabulary())
    assert len(twins) == len(named)
    assert any(not np.array_equal(one.buckets, other.buckets) for one, other in twins)
    free, held = training.fit(rows()), training.fit(rows(), twins=twins)
    moved = [
        np.abs(fitted.scores([one for one, _ in twins]) - fitted.scores([other for _, other in twins])).mean()
        for fitted in (free, held)
    ]
    assert moved[1] < 0.8 * moved[0]


def test_one_kind_alone_is_refused() -> None:
    """There is nothing to tell apart where all examples are of one kind."""
    with pytest.raises(BadInput, match="both kinds"):
        training.fit([row for row in rows() if row.example.recruits])


def test_calibration_keeps_its_shares() -> None:
    """At a score of one half no more false alarms lie than were allowed, among near and among ordinary texts."""
    generator = np.random.default_rng(1)
    some = [replace(row, example=replace(row.example, ordinary=row.example.family == "club")) for row in rows()] * 40
    scores = generator.normal(size=len(some)) + np.array([2.0 * row.example.recruits for row in some])
    slope, shift = training.calibration(some, scores, 0.05, 0.01)
    asked = slope * scores + shift >= 0
    near = np.array([not row.example.recruits and not row.example.ordinary for row in some])
    plain = np.array([row.example.ordinary for row in some])
    assert slope > 0
    assert asked[near].mean() <= 0.05
    assert asked[plain].mean() <= 0.01
    assert asked[~near & ~plain].mean() > 0.2


def test_learning_starts_from_what_comes_with_forestall(tmp_path: Path) -> None:
    """A model learnt in a data folder stays near to the bundled one where its examples say nothing, and is kept signed."""
    learner = Learner(tmp_path)
    digest, scores = learner.learn(examples())
    model = learner.shelf.load(digest)
    assert len(scores) == len(examples())
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert model.facts["began from"] == modelfile.bundled_digest()
    assert {name for name in modelfile.bundled().features if "travel" in name} <= set(model.features)
    unmet = np.ones(1 << 18, bool)
    for row in rows():
        unmet[row.buckets] = unmet[row.disguised] = False
    old, new = modelfile.bundled().words, model.words
    slope = np.polyfit(old.weights[unmet] * old.scale, new.weights[unmet] * new.scale, 1)[0]
    assert slope > 0


def test_without_scipy_the_next_step_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, learning says what to install."""
    real = builtins.__import__

    def missing(name: str, *rest: object, **more: object) -> object:
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    for name in [name for name in sys.modules if name.startswith("scipy")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadInput, match="forestall\\[learn\\]"):
        training.fit(rows())
