"""Counters: exact in their windows against a plain list, bounded, by the decision's instant, and nothing lost over a restart."""

import threading
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.flow import series as kept
from forestall.flow.counters import Counters
from forestall.flow.series import MOST_EVENTS, Series
from forestall.model.content import Content
from forestall.model.counter import Counter
from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.model.ids import instant
from forestall.model.lists import Placed
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role, Segment
from forestall.model.records import Change, Event
from forestall.store import MemoryStore
from tests.store.samples import SIGNER, at, content, decision

START = 1_767_225_600
ASKED = (
    Counter("", "contact", "10m"),
    Counter("", "contact", "1h"),
    Counter("author", "contact", "10m"),
    Counter("", "author", "10m"),
    Counter("contact", "author", "10m"),
    Counter("", "text", "10m"),
    Counter("", "thread", "10m"),
)


class Post(NamedTuple):
    """A post of a test: number, revision, second, author, contact points, text, thread."""

    number: int
    revision: str
    second: int
    author: str
    contacts: tuple[str, ...]
    text: str
    thread: str


POSTS = st.builds(
    Post,
    st.integers(0, 12),
    st.sampled_from("ab"),
    st.integers(0, 900),
    st.sampled_from(["", "x", "y", "z"]),
    st.lists(st.sampled_from(["p", "q", "r"]), max_size=2, unique=True).map(tuple),
    st.sampled_from(["", "Hello", "hello", "other"]),
    st.sampled_from(["", "t"]),
)


def screened(counters: Counters, post: Post) -> dict[str, Fact]:
    """Count one post."""
    findings = tuple(
        Finding("contact", "1", "contact-point", 0.1, Outcome.PASS, "text", (), {"canonical": point})
        for point in post.contacts
    )
    reading = Reading(str(post.number), (Segment("text", Role.BODY, post.text),))
    whose = Content(str(post.number), author=post.author, thread=post.thread)
    return counters.facts(whose, post.revision, instant(START + post.second), reading, findings)


def values(post: Post, entity: str) -> tuple[str, ...]:
    """Give what a post has of an entity."""
    alone = {"author": post.author, "text": post.text.lower(), "thread": post.thread}
    return post.contacts if entity == "contact" else (alone[entity],) if alone[entity] else ()


def plainly(past: Sequence[Post], post: Post, counter: Counter) -> Fact:
    """Say what a counter is by looking at every post there was."""
    if counter.by == "author" and not post.author:
        return None
    first: dict[tuple[int, str, str], Post] = {}
    for one in past:
        for value in values(one, counter.by):
            key = (one.number, one.revision, value)
            if key not in first or one.second < first[key].second:
                first[key] = one
    most = 0
    for value in values(post, counter.by):
        if counter.what == "author" and not post.author:
            return None
        within = {
            key: one
            for key, one in first.items()
            if key[2] == value and post.second - counter.minutes * 60 < one.second <= post.second
        }
        told = {other for one in within.values() for other in values(one, counter.what)} if counter.what else set()
        own = values(post, counter.what) if counter.what else ()
        most = max(most, len(told.union(own)) if counter.what else len({*within, (post.number, post.revision, value)}))
    return most


@given(st.lists(POSTS, max_size=40))
def test_counters_equal_a_plain_list(posts: list[Post]) -> None:
    """In order or not, repeated or edited: every counter is what going through all posts gives."""
    counters = Counters(ASKED)
    past: list[Post] = []
    for post in posts:
        found = screened(counters, post)
        assert found == {one.fact: plainly(past, post, one) for one in ASKED}
        past.append(post)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=40), st.integers(1, 5))
def test_bounds_only_lower_a_counter(posts: list[tuple[int, int]], most: int) -> None:
    """Where memory ends, a counter says at least: never more than there was, never less than this post."""
    bounded, free = Counters(ASKED, most_held=most), Counters(ASKED)
    for number, (author, second) in enumerate(posts):
        post = Post(number, "a", second * 30, f"u{author}", (f"p{number % 3}",), "", "")
        less, all_of_it = screened(bounded, post), screened(free, post)
        assert all(1 <= less[one.fact] <= all_of_it[one.fact] for one in ASKED[:5])  # type: ignore[operator]
        assert bounded.held <= most


def test_a_flood_is_bounded() -> None:
    """One value met very often keeps so many posts, and the counter ends there."""
    counters = Counters([Counter("", "contact", "1h"), Counter("author", "contact", "1h")])
    for number in range(MOST_EVENTS + 50):
        found = screened(counters, Post(number, "a", number, f"u{number}", ("p",), "", ""))
    assert found == {"count(contact, 1h)": MOST_EVENTS, "distinct(author, contact, 1h)": MOST_EVENTS}
    assert counters.held == MOST_EVENTS


def test_what_is_over_is_let_go() -> None:
    """Posts two windows old are not kept, so a quiet service needs little."""
    counters = Counters([Counter("", "contact", "10m")])
    for number in range(100):
        screened(counters, Post(number, "a", number * 60, "", ("p",), "", ""))
    assert counters.held <= 21


def test_only_the_decision_says_when() -> None:
    """An old post screened now counts at its decision's instant; nothing depends on the day the test runs."""
    counters = Counters([Counter("", "contact", "1m")])
    assert screened(counters, Post(1, "a", 0, "", ("p",), "", ""))["count(contact, 1m)"] == 1
    assert screened(counters, Post(2, "a", 60, "", ("p",), "", ""))["count(contact, 1m)"] == 1, "one window later"
    assert screened(counters, Post(3, "a", 61, "", ("p",), "", ""))["count(contact, 1m)"] == 2


def test_addresses_and_known_material_count() -> None:
    """URLs, hosts (not the domains above them) and banked signals are counted; what an allow bank excuses is not."""
    placed = (Placed("url", "https://a.example/x", "text"), Placed("domain", "a.example", "text"))
    above = Placed("domain", "example", "text", variant="subdomain of")
    asked = [Counter("", by, "1h") for by in ("url", "domain", "material")]
    counters = Counters(asked, places=lambda _reading: (*placed, above))
    known = Finding("match", "1", "known-near", 1.0, Outcome.HOLD, "a.png", (), {"bank": "b", "signal_id": 7})
    excused = Finding("match", "1", "known-excused", 1.0, Outcome.PASS, "a.png", (), {"bank": "b", "signal_id": 8})
    for number, finding in ((1, known), (2, excused), (3, known)):
        found = counters.facts(Content(str(number)), "r", at(number), Reading(str(number)), (finding,))
    assert found == {"count(url, 1h)": 3, "count(domain, 1h)": 3, "count(material, 1h)": 2}


def test_a_finding_that_names_no_place_counts_nothing() -> None:
    """A contact finding without a canonical id is no contact point that posts could share."""
    counters = Counters([Counter("", "contact", "1h")])
    bare = Finding("contact", "1", "contact-invite", 1.0, Outcome.REVIEW)
    found = [counters.facts(Content(str(number)), "r", at(number), Reading("1"), (bare,)) for number in range(2)]
    assert found == [{"count(contact, 1h)": 0}] * 2


def test_nothing_asked_costs_nothing() -> None:
    """Without counters nothing is kept and nothing is read."""
    counters = Counters(())
    assert screened(counters, Post(1, "a", 0, "x", ("p",), "t", "t")) == {}
    assert counters.held == 0
    assert not counters.follow()


def test_threads_count_together() -> None:
    """Many threads at once lose no post and count none twice."""
    counters = Counters([Counter("", "contact", "1h")])

    def work(first: int) -> None:
        for number in range(first, first + 100):
            screened(counters, Post(number, "a", 5, "", ("p",), "", ""))

    threads = [threading.Thread(target=work, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert screened(counters, Post(1000, "a", 5, "", ("p",), "", ""))["count(contact, 1h)"] == 401


def kept_post(store: MemoryStore, number: int, second: int, by: str = "machine") -> None:
    """Keep a decided post with one contact point."""
    seen = (Finding("contact", "1", "contact-point", 0.1, Outcome.PASS, "text", (), {"canonical": "p"}),)
    one = content(id=str(number), revision="a", author=f"u{number}", segments=(Segment("text", Role.BODY, "Hello"),))
    made = decision(content=one.id, revision="a", at=instant(START + second), findings=seen, by=by, key=f"{number}{by}")
    store.submit(Change((Event("decision:made", made.id, made.at),), (one, made))).result(10)


def test_a_restart_loses_nothing() -> None:
    """What was decided within the last window is counted after a start, what came before it is not, people's decisions never."""
    store = MemoryStore(SIGNER, at)
    for number in range(30):
        kept_post(store, number, number * 60)
    kept_post(store, 29, 29 * 60, by="person:ada")
    counters = Counters(ASKED, store)
    assert counters.follow()
    found = screened(counters, Post(99, "a", 30 * 60, "x", ("p",), "HELLO", ""))
    assert found["count(contact, 10m)"] == 10
    assert found["count(contact, 1h)"] == 31
    assert found["distinct(author, contact, 10m)"] == 10
    assert found["count(text, 10m)"] == 10


def test_what_others_decide_is_followed() -> None:
    """Decisions of another process count once they were followed, and one's own are not counted twice by it."""
    store = MemoryStore(SIGNER, at)
    counters = Counters(ASKED, store)
    assert not counters.follow()
    kept_post(store, 1, 10)
    assert screened(counters, Post(1, "a", 10, "u1", ("p",), "Hello", ""))["count(contact, 1h)"] == 1
    kept_post(store, 2, 20)
    assert counters.follow()
    assert not counters.follow()
    assert screened(counters, Post(3, "a", 30, "u3", ("p",), "", ""))["count(contact, 1h)"] == 3


def test_warming_ends_at_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start reads the last window of decisions, not the whole store."""
    monkeypatch.setattr("forestall.flow.counters._PAGE", 5)
    store = MemoryStore(SIGNER, at)
    for number in range(40):
        kept_post(store, number, number * 600)
    counters = Counters([Counter("", "contact", "1h")], store)
    counters.follow()
    assert 6 <= counters.held <= 15


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), st.sampled_from("xyz")), max_size=30))
def test_dropping_keeps_the_rest_exact(events: list[tuple[int, int, str]]) -> None:
    """However posts are taken in and let go, what is left counts as if only it had ever been there."""
    held = Series(1)
    for post, second, other in events:
        held.add(post, second, ((other,),), second - 20)
    fresh = Series(1)
    for post, second, others in held.events():
        fresh.add(post, second, others, second - 1_000)
    assert len(fresh) == len(held) <= kept.MOST_EVENTS
    for after in range(-1, 51, 7):
        assert held.distinct(0, after, 60, ()) == fresh.distinct(0, after, 60, ())
        assert held.count(after, 60, 99) == fresh.count(after, 60, 99)
