"""The desk: many requests wait for one commit, none holds a thread, and nothing is answered before it is durable."""

import asyncio
import dataclasses
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from forestall.assembly import House
from forestall.doors.api import desk as desks
from forestall.doors.api.desk import Desk
from forestall.doors.api.problems import Wrong
from forestall.flow import decide
from forestall.model.content import Attachment, Content
from forestall.model.errors import StoreFailed
from forestall.model.records import Change, Receipt


class SlowStore:
    """A store that keeps nothing durable until it is told to commit; everything else is the real one's."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.queued: list[tuple[Change, Future[Receipt]]] = []
        self.arrived = threading.Semaphore(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def submit(self, change: Change) -> Future[Receipt]:
        """Queue a change."""
        future: Future[Receipt] = Future()
        self.queued.append((change, future))
        self.arrived.release()
        return future

    def commit(self) -> None:
        """Make everything durable that is queued."""
        for change, future in self.queued:
            future.set_result(self._store.submit(change).result())
        self.queued.clear()


def test_a_thousand_requests_share_a_commit(house: House) -> None:
    """A thousand requests wait at once, on no thread of their own, and one commit answers them all; none is answered before."""
    store = SlowStore(house.store)
    desk = Desk(dataclasses.replace(house, kept=store))

    async def run() -> None:
        threads = threading.active_count()
        tasks = [asyncio.create_task(desk.screen([Content(f"p{n}", text="hello")])) for n in range(1_000)]
        while len(store.queued) < 1_000:
            await asyncio.sleep(0)
        assert threading.active_count() <= threads + 1
        assert desk.waiting == 1_000
        assert not any(task.done() for task in tasks)
        committer = threading.Thread(target=store.commit)
        committer.start()
        answers = await asyncio.gather(*tasks)
        committer.join()
        assert [kept.decision.content for (kept,) in answers] == [f"p{n}" for n in range(1_000)]
        assert desk.waiting == 0

    asyncio.run(run())
    desk.close()


def test_other_requests_go_on_during_a_batch(house: House) -> None:
    """While a large batch is screened, a small request is answered; it does not wait for the batch to end."""
    desk = Desk(house)
    order: list[str] = []

    async def ask(name: str, count: int) -> None:
        await desk.screen([Content(f"{name}{n}", text="hello") for n in range(count)])
        order.append(name)

    async def run() -> None:
        await asyncio.gather(ask("batch", 500), ask("single", 1))

    asyncio.run(run())
    desk.close()
    assert order == ["single", "batch"]


def test_a_file_does_not_hold_the_others_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the box works on a file, texts are screened and answered."""
    opening = threading.Event()
    original = house.opener.open

    def slow(_self: object, item: Attachment) -> Any:
        assert opening.wait(30)
        return original(item)

    monkeypatch.setattr(type(house.opener), "open", slow)
    desk = Desk(house)

    async def run() -> None:
        file = asyncio.create_task(desk.screen([Content("file", attachments=(Attachment("a.txt", b"hello"),))]))
        await desk.screen([Content("text", text="hello")])
        assert not file.done()
        opening.set()
        (kept,) = await file
        assert kept.decision.content == "file"

    asyncio.run(run())
    desk.close()


def test_a_failure_is_the_callers_to_know(house: House) -> None:
    """A change that could not be made is an error, never an answer."""
    store = SlowStore(house.store)
    desk = Desk(dataclasses.replace(house, kept=store))

    async def run() -> None:
        task = asyncio.create_task(desk.screen([Content("a"), Content("b")]))
        while len(store.queued) < 2:
            await asyncio.sleep(0)
        store.queued[0][1].set_result(Receipt(0, 1))
        store.queued[1][1].set_exception(StoreFailed("the disk is full"))
        with pytest.raises(StoreFailed, match="disk"):
            await task

    asyncio.run(run())
    assert desk.waiting == 0
    desk.close()


def test_a_failing_file_fails_the_request_only(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several files that fail raise one error, and the desk goes on."""

    def fail(*_: object) -> None:
        raise StoreFailed("no")

    monkeypatch.setattr(desks, "LONG", 1)
    desk = Desk(house)

    async def run() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(type(house.screening), "screen", fail)
            with pytest.raises(StoreFailed):
                await desk.screen([Content(str(n), text="long") for n in range(5)])
        assert len(await desk.screen([Content("a", text="long")])) == 1

    asyncio.run(run())
    desk.close()


def test_a_caller_who_left_is_no_error(house: House) -> None:
    """Whoever stops waiting leaves nothing behind that fails later, and what was queued is kept."""
    store = SlowStore(house.store)
    desk = Desk(dataclasses.replace(house, kept=store))

    async def run() -> None:
        task = asyncio.create_task(desk.screen([Content("a", text="hello")]))
        while not store.queued:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        store.commit()
        await asyncio.sleep(0.01)

    asyncio.run(run())
    assert house.store.content("a") is not None
    assert desk.waiting == 0
    desk.close()


def test_one_turn_is_one_group(house: House) -> None:
    """Requests that arrive together are queued together, so that they share a commit however fast the store is."""
    store = SlowStore(house.store)
    desk = Desk(dataclasses.replace(house, kept=store))
    counts: list[int] = []

    async def watch() -> None:
        while not counts or counts[-1] < 100:
            if not counts or len(store.queued) != counts[-1]:
                counts.append(len(store.queued))
            await asyncio.sleep(0)
        store.commit()

    async def run() -> None:
        await asyncio.gather(watch(), *(desk.screen([Content(str(n), text="hello")]) for n in range(100)))

    asyncio.run(run())
    assert counts == [0, 100]
    desk.close()


def test_a_change_that_cannot_be_queued_fails_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of requests that arrive together, one whose change cannot be made fails, and the others are answered."""
    original = decide.keep

    def keep(store: Any, screened: Any, outbox: Any) -> Any:
        if screened[0].content.id == "bad":
            raise StoreFailed("no")
        return original(store, screened, outbox)

    monkeypatch.setattr(decide, "keep", keep)
    desk = Desk(house)

    async def run() -> list[Any]:
        asked = (desk.screen([Content(name, text="hello")]) for name in ("a", "bad", "b"))
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(run())
    assert [type(answer) for answer in answers] == [list, StoreFailed, list]
    desk.close()


def test_too_many_waiting_are_told_to_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store is slow and much waits already, more is refused as `busy` rather than piled up; one request always fits."""
    monkeypatch.setattr(desks, "MOST_WAITING", 10)
    store = SlowStore(house.store)
    desk = Desk(dataclasses.replace(house, kept=store))

    async def run() -> None:
        large = asyncio.create_task(desk.screen([Content(str(n), text="hello") for n in range(20)]))
        while len(store.queued) < 20:
            await asyncio.sleep(0)
        with pytest.raises(Wrong) as refused:
            await desk.screen([Content("one more", text="hello")])
        assert refused.value.kind == "busy"
        store.commit()
        assert len(await large) == 20

    asyncio.run(run())
    desk.close()
