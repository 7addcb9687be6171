"""The one thread that writes: groups, bounds, order, and failures that reach whoever waits."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from forestall.model.errors import Conflict, StoreFailed
from forestall.model.records import Change, Event, Receipt
from forestall.store import writer as module
from forestall.store.draft import Draft, draft
from forestall.store.writer import Writer
from tests.store.samples import at, run

WAIT = 10


class Gate:
    """A commit that waits to be let through and remembers what came, so that a test decides what gathers meanwhile."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.came = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def __call__(self, drafts: Sequence[Draft]) -> list[Receipt | Conflict | StoreFailed]:
        """Take a group."""
        self.groups.append([item.lines[0].subject for item in drafts])
        self.came.release()
        assert self.go.acquire(timeout=WAIT)
        return [Receipt(0, 0) for _ in drafts]


def submit(writer: Writer, subject: str, size: int = 1) -> Future[Receipt]:
    """Submit a change of about `size` bytes."""
    future: Future[Receipt] = Future()
    writer.submit(draft(Change((Event("a:b", subject, at(), {"x": "x" * size}),))), future)
    return future


def test_what_waits_is_committed_together() -> None:
    """While one group commits the next gathers, in the order submitted, and commits as one."""
    gate = Gate()
    writer = Writer(gate)
    futures = [submit(writer, "0")]
    assert gate.came.acquire(timeout=WAIT)
    futures += [submit(writer, str(number)) for number in range(1, 10)]
    gate.go.release(2)
    assert [future.result(WAIT) for future in futures] == [Receipt(0, 0)] * 10
    assert gate.groups == [["0"], [str(number) for number in range(1, 10)]]
    writer.close()


def test_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group takes only so many changes and bytes; one change larger than that goes alone."""
    monkeypatch.setattr(module, "GROUP", 3)
    monkeypatch.setattr(module, "GROUP_BYTES", 10_000)
    gate = Gate()
    writer = Writer(gate)
    submit(writer, "first")
    assert gate.came.acquire(timeout=WAIT)
    for subject, size in (("a", 1), ("b", 1), ("c", 1), ("d", 6_000), ("e", 6_000), ("f", 50_000), ("g", 1)):
        submit(writer, subject, size)
    gate.go.release(10)
    writer.close()
    assert gate.groups == [["first"], ["a", "b", "c"], ["d"], ["e"], ["f"], ["g"]]


@pytest.mark.parametrize(("limit", "value"), [("MOST_WAITING", 3), ("MOST_WAITING_BYTES", 3_000)])
def test_a_full_queue_holds_submitters_up(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    """When the queue is full a submitter waits until there is room, and its change is not lost."""
    monkeypatch.setattr(module, limit, value)
    gate = Gate()
    writer = Writer(gate)
    submit(writer, "0")
    assert gate.came.acquire(timeout=WAIT)
    done = threading.Semaphore(0)

    def fill() -> None:
        for number in range(1, 6):
            submit(writer, str(number), 800)
            done.release()

    thread = threading.Thread(target=fill)
    thread.start()
    assert all(done.acquire(timeout=WAIT) for _ in range(3))
    assert not done.acquire(timeout=0.05)
    gate.go.release(10)
    thread.join(WAIT)
    writer.close()
    assert [subject for group in gate.groups for subject in group] == [str(number) for number in range(6)]


def test_closing_wakes_those_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A submitter held up by a full queue when the store closes is told so; what was queued is still made."""
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    gate = Gate()
    writer = Writer(gate)
    submit(writer, "0")
    assert gate.came.acquire(timeout=WAIT)
    queued = submit(writer, "1")
    late: list[Future[Receipt]] = []
    threads = [threading.Thread(target=lambda: late.append(submit(writer, "2"))), threading.Thread(target=writer.close)]
    for thread in threads:
        thread.start()
    while not late:
        threads[0].join(0.01)
    gate.go.release(10)
    for thread in threads:
        thread.join(WAIT)
    assert queued.result(0) == Receipt(0, 0)
    with pytest.raises(StoreFailed, match="closed"):
        late[0].result(0)


def test_whatever_fails_reaches_all_who_wait() -> None:
    """When a commit fails, whatever the cause, every future of the group fails with StoreFailed, and the next group is made."""
    errors: list[Exception] = [
        OSError("disk on fire"),
        StoreFailed("broken", "mend it"),
        MemoryError("none left"),
        ValueError("?"),
    ]

    def commit(drafts: Sequence[Draft]) -> list[Receipt | Conflict | StoreFailed]:
        if errors:
            raise errors.pop(0)
        return [Receipt(0, 0) for _ in drafts]

    writer = Writer(commit)
    for expected in ("disk on fire", "broken", "none left", "?"):
        with pytest.raises(StoreFailed) as caught:
            submit(writer, "x").result(WAIT)
        assert expected in caught.value.what
        assert caught.value.next_step
    assert submit(writer, "x").result(WAIT) == Receipt(0, 0)
    writer.close()


def test_a_callback_may_submit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback that submits a further change does not lock the writer up, even when the queue is full."""
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    writer = Writer(lambda drafts: [Receipt(0, 0) for _ in drafts])
    further: list[Future[Receipt]] = []
    done = threading.Event()

    def again(_: Future[Receipt]) -> None:
        further.extend(submit(writer, str(number)) for number in range(3))
        done.set()

    first: Future[Receipt] = Future()
    first.add_done_callback(again)
    writer.submit(draft(Change((Event("a:b", "c", at()),))), first)
    assert done.wait(WAIT)
    assert [future.result(WAIT) for future in further] == [Receipt(0, 0)] * 3
    writer.close()


def test_many_threads_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a tiny queue and many submitters every change is committed exactly once."""
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    seen: list[str] = []

    def commit(drafts: Sequence[Draft]) -> list[Receipt | Conflict | StoreFailed]:
        seen.extend(item.lines[0].subject for item in drafts)
        return [Receipt(0, 0) for _ in drafts]

    writer = Writer(commit)

    def work(start: int) -> None:
        for number in range(start, 400, 20):
            submit(writer, str(number)).result(WAIT)

    run([threading.Thread(target=work, args=(start,)) for start in range(20)])
    writer.close()
    assert sorted(seen, key=int) == [str(number) for number in range(400)]
