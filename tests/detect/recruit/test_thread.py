"""Threads: steps that follow one another count together, and nothing is said about who took them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.recruit.thread import STAGES, Threads
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.thread import Moment

THREADS = Threads()
FUNNEL = [("approach", 0.5, 1), ("material", 0.4, 3), ("channel", 0.8, 4)]


def moments(*steps: tuple[str, float, int], author: str = "a") -> list[Moment]:
    """Make posts of one account: a stage, how certain it is, and on which day."""
    return [
        Moment(f"{author}{n}", author, f"2026-01-{day:02}T12:00:00.000Z", {stage: score})
        for n, (stage, score, day) in enumerate(steps)
    ]


def score(posts: list[Moment]) -> float:
    """Give the score of a thread, 0 where nothing is found."""
    return max((found.score for found in THREADS.look(posts)), default=0.0)


def finding(label: str, value: float, **evidence: object) -> Finding:
    """Make a finding of another detector."""
    return Finding("x", "1", label, value, Outcome.REVIEW, evidence=evidence)


def test_a_funnel_asks_for_a_person() -> None:
    """Sympathy, then material, then a channel: each alone passes, the thread does not."""
    posts = moments(*FUNNEL)
    assert score(posts) >= 0.5
    assert all(score(posts[:n]) < 0.5 for n in range(len(posts)))
    (found,) = THREADS.look(posts)
    assert found.ceiling is Outcome.REVIEW
    assert [line.split()[0] for line in found.evidence["timeline"]] == [post.at for post in posts]
    assert [stage.split()[0] for stage in found.evidence["stages"]] == ["approach", "material", "channel"]


def test_what_different_accounts_say_is_not_added_up() -> None:
    """Steps of different accounts do not make a funnel, and no account is named in the evidence."""
    mixed = [*moments(FUNNEL[0], author="a"), *moments(FUNNEL[1], author="b"), *moments(FUNNEL[2], author="c")]
    assert score(mixed) == 0.0
    secret = moments(*FUNNEL, author="person-77")
    for found in THREADS.look([Moment(f"p{n}", post.author, post.at, post.steps) for n, post in enumerate(secret)]):
        assert "person-77" not in str(found)


def test_order_matters() -> None:
    """The same steps in the wrong order say less."""
    (one, first, _), (two, second, _), (three, third, _) = FUNNEL
    backwards = moments((three, third, 1), (two, second, 3), (one, first, 4))
    assert score(backwards) < score(moments(*FUNNEL))


def test_time_heals() -> None:
    """Steps that lie months back say less than steps of this week."""
    old = [
        Moment("1", "a", "2025-01-01T12:00:00.000Z", {"approach": 0.5}),
        Moment("2", "a", "2025-01-03T12:00:00.000Z", {"material": 0.4}),
        Moment("3", "a", "2026-01-04T12:00:00.000Z", {"channel": 0.8}),
    ]
    assert score(old) < 0.5 <= score(moments(*FUNNEL))


def test_sympathy_and_material_alone_ask_for_nothing() -> None:
    """Without a channel or anything beyond, a thread stays below the threshold however often it says so."""
    assert score(moments(*[("approach", 1.0, 1), ("material", 1.0, 2)] * 8)) < 0.5


def test_a_last_post_without_steps_says_nothing() -> None:
    """A thread is put in front of a person for a post that takes a step, not for the next harmless one."""
    assert score([*moments(*FUNNEL), Moment("9", "a", "2026-01-05T12:00:00.000Z", {}, ("telegram:name:x",))]) == 0.0
    assert list(THREADS.look([])) == []


def test_contexts_take_away_before_anything_is_added_up() -> None:
    """News about recruiting shows no step, and known material shows one whatever is said around it."""
    news = THREADS.moment("1", "a", "", [finding("incitement", 0.9), finding("context-news", 0.95)])
    assert news.steps == {}
    known = THREADS.moment("1", "a", "", [finding("known-near", 0.9), finding("context-news", 0.95)])
    assert known.steps == {"material": 0.9}


def test_a_moment_is_made_of_what_was_noticed() -> None:
    """Steps, the signs of an approach, and contact points are remembered; no text is."""
    made = THREADS.moment(
        "1",
        "a",
        "2026-01-01T00:00:00.000Z",
        [
            finding("recruiting", 0.2, signs={"belong": "x", "grievance": "y"}),
            finding("contact-invite", 0.35, canonical="telegram:invite:abc"),
            finding("contact-point", 0.05, canonical="telegram:invite:abc"),
        ],
    )
    assert made == Moment(
        "1", "a", "2026-01-01T00:00:00.000Z", {"approach": 0.51, "channel": 1.0}, ("telegram:invite:abc",)
    )
    assert not THREADS.moment("1", "a", "", []).speaks


@given(st.lists(st.tuples(st.sampled_from(STAGES), st.floats(0, 1), st.integers(1, 28)), max_size=12))
@settings(derandomize=True, max_examples=80)
def test_any_thread_has_a_bounded_score(steps: list[tuple[str, float, int]]) -> None:
    """Whatever was noticed when, the score lies in 0..1 and one post alone never makes a thread."""
    posts = sorted(moments(*steps), key=lambda post: post.at)
    assert 0.0 <= score(posts) <= 1.0
    assert score(posts[:1]) == 0.0


@pytest.mark.parametrize("at", ["", "yesterday", "2026-01-01", "9999-99-99T00:00:00Z"])
def test_a_broken_clock_hides_nothing(at: str) -> None:
    """Posts whose instant nobody can read count as if they were new."""
    posts = [Moment(post.content, "a", at, post.steps) for post in moments(*FUNNEL)]
    assert score(posts) >= 0.5
