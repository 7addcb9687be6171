"""Measuring: what is counted where, whatever the order; and what moved between two measurements."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.insights.compare import differences
from forestall.insights.quality import Judged, Quality, measure, parity
from forestall.insights.rates import Rate


def items(meant: bool, scores: list[float], *, family: str = "", language: str = "", group: str = "") -> list[Judged]:
    """Make items that are asked from one half on."""
    mark = f"{'meant' if meant else 'safe'} {family}{language}{group}"
    return [
        Judged(f"{mark} {n}", meant, score, score >= 0.5, family, language, group) for n, score in enumerate(scores)
    ]


def test_recall_and_false_alarms_are_apart() -> None:
    """Recall counts what is meant, false alarms what is not; neither touches the other."""
    quality = measure(items(True, [0.9, 0.8, 0.1]) + items(False, [0.7, 0.2, 0.2, 0.1]))
    assert quality.all.recall == Rate(2, 3)
    assert quality.all.false == Rate(1, 4)
    assert [row.score for row in quality.false_alarms] == [0.7]
    assert [row.score for row in quality.misses] == [0.1]


def test_a_threshold_keeps_its_promise() -> None:
    """At the threshold for a share of false alarms no more than that share of what is safe scores higher, ties included."""
    safe = [0.9] * 3 + [0.5] * 97
    quality = measure(items(True, [0.95, 0.9, 0.6]) + items(False, safe))
    by_share = {one.share: one for one in quality.at_false}
    assert by_share[0.01].recall == Rate(1, 3)  # the three at 0.9 tie, so all of them stay below
    assert by_share[0.05].recall == Rate(3, 3)
    for one in quality.at_false:
        assert sum(score > one.threshold for score in safe) <= one.share * len(safe)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), st.sampled_from("ab")), max_size=60),
    st.randoms(use_true_random=False),
)
@settings(derandomize=True, max_examples=60)
def test_order_does_not_matter(rows: list[tuple[bool, float, str]], chance: object) -> None:
    """The same items in another order measure the same, and recall only grows with the false alarms that are allowed."""
    made = [Judged(f"{n:03}", meant, score, score >= 0.5, family=name) for n, (meant, score, name) in enumerate(rows)]
    shuffled = list(made)
    getattr(chance, "shuffle")(shuffled)  # noqa: B009 - hypothesis gives an object without a type
    one, other = measure(made), measure(shuffled)
    assert one.all == other.all
    assert one.families == other.families
    assert one.at_false == other.at_false
    recalls = [at.recall.hits for at in one.at_false]
    assert recalls == sorted(recalls)
    assert sum(bin_.meant.total for bin_ in one.calibration) == len(made)


def test_a_calibrated_score_has_no_error() -> None:
    """Where of the items that score 0.2 one in five is meant, and of those at 0.8 four in five, nothing is off."""
    rows = items(True, [0.2] + [0.8] * 4) + items(False, [0.2] * 4 + [0.8])
    assert measure(rows).calibration_error < 1e-9
    assert measure(items(False, [0.9] * 10)).calibration_error > 0.8


def test_parity_is_against_the_median() -> None:
    """A language twice as often put in front of a person as the median has the ratio two."""
    rows = [
        row
        for name, scores in {"a": [0.9, 0.1, 0.1, 0.1], "b": [0.9, 0.1, 0.1, 0.1], "c": [0.9, 0.9, 0.1, 0.1]}.items()
        for row in items(False, scores, language=name)
    ]
    assert parity(measure(rows).languages, lambda one: one.false) == {"a": 1.0, "b": 1.0, "c": 2.0}
    assert measure([]).least_recall() is None


def test_a_measurement_survives_being_saved() -> None:
    """What is written as JSON reads back equal."""
    quality = measure(items(True, [0.9, 0.1], family="f", language="x") + items(False, [0.6], group="g"))
    assert msgspec.json.decode(msgspec.json.encode(quality), type=Quality) == quality


def test_what_became_worse_comes_first() -> None:
    """A fall of recall and a rise of false alarms are worse, the opposite is better, and chance is neither."""
    old = measure(items(True, [0.9] * 90 + [0.1] * 10) + items(False, [0.1] * 95 + [0.9] * 5, language="x"))
    new = measure(items(True, [0.9] * 40 + [0.1] * 60) + items(False, [0.1] * 70 + [0.9] * 30, language="x"))
    moved = differences(old, new)
    assert [one.worse for one in moved] == [True, True, True]
    assert {one.part for one in moved} == {"all", "language:x"}
    assert all(not one.worse for one in differences(new, old))
    assert differences(old, old) == []
    assert "recall was 90 / 100" in str(next(one for one in moved if one.what == "recall"))
