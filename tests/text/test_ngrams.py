"""N-grams: a score is exactly the sum of what it is made of, and what is masked moves nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.model.errors import BadInput
from forestall.text.fold import fold
from forestall.text.ngrams import BUCKETS, VERSION, Linear, Mask, features

PEOPLES = ("Orvans", "Highland Orvans", "tidefolk", "the Grey Oak people", "الأورفان", "орване")
MASK = Mask(PEOPLES)
WEIGHTS = np.random.default_rng(4).standard_normal(BUCKETS).astype(np.float32)
MODEL = Linear(WEIGHTS, 0.25, mask=MASK)
SMALL = Linear((WEIGHTS * 30).clip(-128, 127).astype(np.int8), -1.0, scale=0.05)
TEXT = st.lists(
    st.sampled_from(
        [
            "join",
            "us",
            "7abibi",
            "Orvans",
            "12.50",
            "@a_b",
            "x@y.org",
            "t.me/+ab",
            "www.x.y",
            "и",
            "নৌকা",
            ".",
            "a.b",
            "-",
            "#",
            "//",
        ]
    ),
    max_size=30,
).flatmap(lambda parts: st.sampled_from([" ".join(parts), "".join(parts), "\n".join(parts)]))


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.one_of(TEXT, st.text(max_size=60)), st.sampled_from([MODEL, SMALL]))
def test_contributions_add_up_to_the_score(text: str, model: Linear) -> None:
    """The bias and all contributions together are the score, and each stands in the text."""
    folded = fold(text)
    parts = model.contributions(folded, None)
    assert model.bias + sum(part.weight for part in parts) == pytest.approx(model.score(folded), abs=1e-6)
    assert all(0 <= part.start < part.end <= len(folded.text) for part in parts)
    assert [abs(part.weight) for part in parts] == sorted((abs(part.weight) for part in parts), reverse=True)
    assert model.contributions(folded, 3) == parts[:3]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.one_of(TEXT, st.text(max_size=60)))
def test_the_score_is_that_of_the_features(text: str) -> None:
    """Features are distinct buckets, their vector is one long, and weighing them gives the score."""
    folded = fold(text)
    indices, values = features(folded, MASK)
    assert len(set(indices.tolist())) == len(indices) == len(values)
    assert not len(values) or float((values.astype(float) ** 2).sum()) == pytest.approx(1.0, abs=1e-5)
    assert MODEL.score(folded) == pytest.approx(0.25 + float((WEIGHTS[indices].astype(float) * values).sum()), abs=1e-5)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(TEXT, TEXT, st.sampled_from(PEOPLES), st.sampled_from(PEOPLES))
def test_swapping_what_is_masked_changes_nothing(before: str, after: str, one: str, other: str) -> None:
    """Whichever masked word or phrase stands in a place, the score and the features are the same."""
    first, second = (fold(f"{before} {word}, {after} {word}") for word in (one, other))
    assert MODEL.score(first) == MODEL.score(second)
    assert features(first, MASK)[0].tolist() == features(second, MASK)[0].tolist()


@pytest.mark.parametrize(
    "word", ["أورفان", "الأورفان", "والأورفان", "للأورفان", "بالأُورْفان", "وللأورفان", "ORVANS", "Оrvans"]
)
def test_masked_words_may_be_written_in_many_ways(word: str) -> None:
    """Vowel signs, look-alikes, the Arabic article and what is written together with the word make no difference."""
    assert MODEL.score(fold(f"join {word} now")) == MODEL.score(fold("join tidefolk now"))


def test_a_masked_word_still_counts_as_a_word() -> None:
    """Masking leaves a neutral word behind: what stands beside it is not joined, and no letter of it has a weight."""
    masked, gone = fold("join the Orvans tonight"), fold("join the tonight")
    assert MODEL.score(masked) != MODEL.score(gone)
    start, end = masked.text.index("orvans"), masked.text.index("orvans") + len("orvans")
    inside = [part for part in MODEL.contributions(masked, None) if start <= part.start and part.end <= end]
    assert [(part.start, part.end) for part in inside] == [(start, end)]


def test_chosen_stretches_are_masked_too() -> None:
    """A stretch given by its offsets reads as the same neutral word."""
    one, other = fold("join the ashen banner tonight"), fold("join the choir tonight")
    first, second = ((9, 21),), ((9, 14),)
    assert MODEL.score(one, first) == MODEL.score(other, second) == MODEL.score(fold("join the Orvans tonight"))
    assert features(one, spans=first)[0].tolist() == features(other, spans=second)[0].tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("costs 5 today", "costs 1,299.99 today"),
        ("at 12:30 on 01/02/2026", "at 7 on 31-12-1999"),
        ("see https://example.org/a?b=c d", "see t.me/+AbCdEf d"),
        ("see www.example.org d", "see sub-domain.example.org/page d"),
        ("ask @desk_1 or me", "ask last.first@example.org or me".replace("last.first", "first")),
    ],
)
def test_numbers_links_and_handles_read_alike(one: str, other: str) -> None:
    """Numbers are one word whatever they say, and so are links, and handles and addresses."""
    assert features(fold(one))[0].tolist() == features(fold(other))[0].tolist()


@pytest.mark.parametrize("text", ["and/or", "e.g. this", "1.5/2", "7abibi", "well-known", "U.S./UK"])
def test_ordinary_words_are_no_links_or_numbers(text: str) -> None:
    """Signs between words and digits inside words do not make them links or numbers."""
    plain = features(fold(text))[0].tolist()
    assert plain not in (features(fold("t.me/x"))[0].tolist(), features(fold("@x"))[0].tolist())
    assert text == "1.5/2" or plain != features(fold("7"))[0].tolist()


def test_repeating_harmless_words_drowns_nothing() -> None:
    """What is said a hundred times weighs as much as what is said once or twice."""
    often, twice = fold("join us. " + "nice weather " * 100), fold("join us. nice weather nice weather ")
    assert MODEL.score(often) == MODEL.score(twice)


def test_features_are_fixed() -> None:
    """Weights rest on these buckets: whoever changes them raises the version."""
    assert VERSION == "1f2"
    assert features(fold("Lamp 7 @x"))[0].tolist()[:5] == [254271, 107679, 108488, 243639, 252984]


@pytest.mark.parametrize(
    "weights", [np.zeros(8, np.float32), np.zeros(BUCKETS, np.float64), np.zeros((BUCKETS, 1), np.int8)]
)
def test_weights_of_another_form_are_refused(weights: np.ndarray) -> None:
    """Weights of another number or type are refused, and the message says which are right."""
    with pytest.raises(BadInput) as caught:
        Linear(weights, 0.0)
    assert str(BUCKETS) in caught.value.next_step


def test_a_text_without_words_scores_the_bias() -> None:
    """Nothing to weigh gives the bias alone."""
    assert MODEL.score(fold("…!")) == MODEL.bias
    assert MODEL.contributions(fold("")) == []


@settings(derandomize=True, max_examples=200, deadline=None)
@given(TEXT, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 70)), max_size=4))
def test_stretches_may_be_anywhere(text: str, spans: list[tuple[int, int]]) -> None:
    """Stretches that overlap, are empty or end behind the text harm nothing, and the contributions still add up."""
    folded = fold(text)
    score = MODEL.score(folded, spans)
    assert MODEL.bias + sum(part.weight for part in MODEL.contributions(folded, None, spans)) == pytest.approx(
        score, abs=1e-6
    )
    if all(start >= end or end > len(folded.text) for start, end in spans):
        assert score == MODEL.score(folded)


@pytest.mark.parametrize("times", [100, 70_000])
def test_very_many_masked_words_are_one_kind_of_word(times: int) -> None:
    """A text may hold more masked words than there was room for, and be longer than the room a thread keeps."""
    assert MODEL.score(fold("Orvans " * times)) == MODEL.score(fold("tidefolk " * (times - 1)))
