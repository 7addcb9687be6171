"""Shares: intervals hold what they must, and precision follows Bayes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.insights.rates import Rate, apart, precision


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    """Some of some."""
    total = draw(st.integers(1, 100_000))
    return Rate(draw(st.integers(0, total)), total)


@given(rates())
@settings(derandomize=True, max_examples=200)
def test_an_interval_holds_its_share(rate: Rate) -> None:
    """The interval lies in 0..1 and holds the share it is of."""
    low, high = rate.interval
    assert 0.0 <= low <= rate.share <= high <= 1.0


@given(rates(), st.integers(2, 50))
@settings(derandomize=True, max_examples=100)
def test_more_of_the_same_is_surer(rate: Rate, times: int) -> None:
    """The same share of more items has a narrower interval."""
    wide, narrow = rate.interval, Rate(rate.hits * times, rate.total * times).interval
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_a_known_interval() -> None:
    """Ten of a hundred lie between 5.52 % and 17.44 % (Wilson, 95 %)."""
    low, high = Rate(10, 100).interval
    assert (low, high) == pytest.approx((0.05523, 0.17437), abs=1e-5)
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_apart_needs_more_than_chance() -> None:
    """Shares that chance explains are not apart; shares far from each other's intervals are."""
    assert not apart(Rate(10, 100), Rate(12, 100))
    assert apart(Rate(10, 1000), Rate(60, 1000))
    assert apart(Rate(60, 1000), Rate(10, 1000))


def test_precision_follows_bayes() -> None:
    """Where one post in a thousand is meant, 90 % recall at 1 % false alarms makes 8 % of what is asked right."""
    assert precision(0.9, 0.01, 0.001) == pytest.approx(0.9 * 0.001 / (0.9 * 0.001 + 0.01 * 0.999))
    assert precision(0.0, 0.0, 0.5) == 0.0


def test_a_rate_reads_like_a_sentence() -> None:
    """A rate is written with both numbers, the share and its bounds."""
    assert str(Rate(3, 785)) == "3 / 785 = 0.38 % (0.13-1.12)"
