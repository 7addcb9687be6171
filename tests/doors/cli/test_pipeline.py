"""Reading ahead and screening in chunks."""

import dataclasses
import threading
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.assembly import House, build
from forestall.doors.cli import feed as feed_module
from forestall.doors.cli.feed import Feed
from forestall.doors.cli.pipeline import CHUNK, stream
from forestall.model.content import Attachment, Content
from forestall.model.errors import BadInput
from forestall.model.settings import Settings
from tests.support import SmallHouse


@pytest.fixture(scope="module")
def small() -> SmallHouse:
    """A house of fakes."""
    return SmallHouse()


def house_of(small: SmallHouse, *, keep: bool = True) -> House:
    """Give the house of fakes as assembly would."""
    return dataclasses.replace(
        build(Settings(), keep=False),
        screening=small.screening,
        opener=small.opener,
        outbox=small.outbox,
        clock=small.clock,
        new_id=small.new_id,
        kept=small.store if keep else None,
    )


def everything(house: House, contents: Iterable[Content]) -> list[tuple[str, str]]:
    """Screen contents and give each id with its outcome, in the order they came out."""
    chunks = stream(house, Feed(contents), lambda: False)
    return [(item.decision.content, item.decision.outcome.value) for chunk in chunks for item in chunk.items]


@settings(derandomize=True, max_examples=25, deadline=None)
@given(kinds=st.lists(st.booleans(), max_size=40), keep=st.booleans())
def test_order_is_kept(small: SmallHouse, kinds: list[bool], keep: bool) -> None:
    """Items come out in the order they went in, whether they hold texts or files that are opened side by side."""
    contents = [
        Content(str(n), attachments=(Attachment("a.txt", b"!recruiting"),)) if with_file else Content(str(n), "hello")
        for n, with_file in enumerate(kinds)
    ]
    expected = [(str(n), "review" if with_file else "pass") for n, with_file in enumerate(kinds)]
    assert everything(house_of(small, keep=keep), contents) == expected


def test_many_chunks_are_all_kept(small: SmallHouse) -> None:
    """More items than one chunk holds are each recorded once, also when they come twice."""
    house = house_of(small)
    contents = [Content(f"many-{n}", "hello") for n in range(CHUNK * 2 + 7)]
    assert len(everything(house, contents)) == len(contents)
    size = house.store.ledger_size()
    chunks = list(stream(house, Feed(contents), lambda: False))
    assert sum(chunk.repeated for chunk in chunks) == len(contents)
    assert house.store.ledger_size() == size


def test_decoded_pictures_are_let_go(small: SmallHouse) -> None:
    """After its decision an item with files holds no decoded picture any more."""
    (chunk,) = stream(house_of(small), Feed([Content("p", attachments=(Attachment("a", b"x"),))]), lambda: False)
    assert chunk.items[0].reading.planes == ()
    assert dataclasses.asdict(chunk.items[0].reading)["memo"] == {}


def test_a_wish_to_stop_keeps_what_was_begun(small: SmallHouse) -> None:
    """Asked to stop, the stream ends with what was screened until then, all of it recorded."""
    house = house_of(small)
    stopped = threading.Event()

    def endless() -> Iterator[Content]:
        n = 0
        while not stopped.is_set():
            yield Content(f"endless-{n}", "hello")
            n += 1

    feed = Feed(endless())
    seen: list[str] = []
    for chunk in stream(house, feed, stopped.is_set):
        seen += [item.decision.id for item in chunk.items]
        stopped.set()
        feed.stop()
    assert seen
    assert all(house.store.decision(decision) is not None for decision in seen)


def test_an_error_comes_after_what_was_read() -> None:
    """A source that fails gives everything before the failure first."""

    def failing() -> Iterator[Content]:
        yield Content("1")
        raise BadInput("the source is gone", "look")

    feed = Feed(failing())
    assert [content.id for content in feed.take(10)] == ["1"]
    with pytest.raises(BadInput, match="gone"):
        feed.take(10)
    assert feed.take(10) == []


def test_reading_ahead_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast source is read only so far ahead in items and in bytes; one item larger than the bound is still read."""
    monkeypatch.setattr(feed_module, "MOST_ITEMS", 5)
    monkeypatch.setattr(feed_module, "MOST_BYTES", 1000)
    gate = threading.Semaphore(0)
    read: list[int] = []

    def source(size: int) -> Iterator[Content]:
        for n in range(20):
            read.append(n)
            gate.release()
            yield Content(str(n), attachments=(Attachment("a", b"x" * size),))

    for size, ahead in ((0, 6), (400, 3), (5000, 2)):
        read.clear()
        feed = Feed(source(size))
        for _ in range(ahead):
            gate.acquire()
        assert len(read) == ahead
        taken = []
        while contents := feed.take(2):
            taken += contents
        assert [content.id for content in taken] == [str(n) for n in range(20)]
        while gate.acquire(blocking=False):
            pass


def test_stopping_a_feed_ends_waiting() -> None:
    """A reader that waits for a silent source is let go by `stop`."""
    silence = threading.Event()

    def silent() -> Iterator[Content]:
        silence.wait()
        yield Content("late")

    feed = Feed(silent())
    threading.Timer(0.05, feed.stop).start()
    assert feed.take(10) == []
    silence.set()
