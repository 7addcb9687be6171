"""Weighing: combinations count, contexts take away, long texts are weighed stretch by stretch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.recruit.lexicon import lexicon
from forestall.detect.recruit.match import find
from forestall.detect.recruit.modelfile import bundled
from forestall.detect.recruit.weigh import Weighed, weigh
from forestall.text.fold import fold

INVITATION = "Brothers, take up arms and join the fighters of the Ashen Banner. Write me on Session."
FILLER = "The ferry was late again because of the fog on the sound. "


def weighed(text: str) -> Weighed:
    """Weigh a text."""
    view = fold(text)
    return weigh(view, find(view, [lexicon().tongue("en")]), lexicon().meanings, bundled())


def test_nothing_weighs_nothing() -> None:
    """A text that says nothing of the kind scores next to nothing, and a long one nothing."""
    assert weighed("").score == 0.0
    assert weighed(FILLER).score < 0.1
    assert weighed(FILLER * 40).score == 0.0


@pytest.mark.parametrize(
    "part",
    [
        "Brothers,",
        "take up arms",
        "join us",
        "the fighters",
        "Write me on Session",
        "for the cause",
        "You are not alone",
    ],
)
def test_a_part_alone_is_little(part: str) -> None:
    """None of the parts of an invitation asks for a person by itself."""
    assert weighed(part).score < 0.5
    assert weighed(INVITATION).score > 0.9


def test_a_sign_counts_once() -> None:
    """Saying the same a hundred times shows no more signs than saying it once, and does not put it in front of a person."""
    once, often = weighed("join us."), weighed("join us. " * 60)
    assert often.found == once.found
    assert often.score < 0.5


@pytest.mark.parametrize(
    "around",
    [
        "{} lol this quest in the new dungeon of the game is hard, our guild failed the raid twice",
        'Prosecutors said the accused, who was arrested on Monday, wrote: "{}" The court heard him on Tuesday, officials said.',
        'This study in a journal analyses recruitment messages; an example of one is "{}" (see table 1, et al).',
    ],
)
def test_a_context_takes_away(around: str) -> None:
    """The same words weigh less where the text plays, reports or studies."""
    assert weighed(around.format(INVITATION)).score < weighed(INVITATION).score


def test_quotation_marks_alone_excuse_nothing() -> None:
    """A text that is one long quotation is taken as said."""
    assert weighed(f'"{INVITATION}"').score == weighed(INVITATION).score


def test_a_long_text_hides_nothing() -> None:
    """An invitation in the middle of a long text scores as it does alone, wherever it stands."""
    for before in (0, 3, 40, 400):
        text = FILLER * before + INVITATION + " " + FILLER * 400
        assert weighed(text).score == pytest.approx(weighed(INVITATION).score)


def test_far_apart_is_not_together() -> None:
    """Parts spread over a long text weigh no more than the weightiest of them does there alone, and far less than together."""
    parts = ["Brothers.", "Take up arms.", "Join us.", "Write me on Session."]
    alone = max(weighed(f"{FILLER * 30}{part}{FILLER * 30}").score for part in parts)
    apart = weighed((FILLER * 30).join(parts)).score
    assert apart <= alone + 1e-9
    assert apart < 0.6
    assert weighed(" ".join(parts)).score > 0.9


@given(
    st.lists(
        st.sampled_from(["join us", "lol this game", "police said", "take up arms", "amen", "don't join"]), max_size=6
    )
)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_a_context_never_adds(parts: list[str]) -> None:
    """Whatever stands in a text, its contexts never make it score more than its signs alone."""
    found = weighed(". ".join(parts))
    assert 0.0 <= found.score <= found.bare <= 1.0
    assert all(0.0 <= value <= 1.0 for value in found.stretch.certain.values())
