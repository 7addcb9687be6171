"""Desk: screens for many requests at once. Requests wait for the same commits; none of them holds a thread while it waits.

Short texts are screened on the event loop, a few at a time, because handing them to a thread costs more than they do; files
and long texts are screened in threads. What a batch keeps is submitted in the order of its items.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from forestall.assembly import House
from forestall.doors.api.problems import Wrong
from forestall.flow import decide
from forestall.flow.screen import Screened
from forestall.model.content import Attachment, Content, Markup
from forestall.model.decision import Decision
from forestall.model.errors import StoreFailed
from forestall.model.records import Receipt

T = TypeVar("T")
SLICE = 8
"""Items screened between two turns of the event loop."""
GROUP = 128
"""Items of one request that go to the store together: small groups would cost a commit each."""
MOST_WAITING = 8_000
"""Items between arrival and answer at most; fewer than the store lets wait, because a full store would hold the loop up."""
LONG = 8_000
"""Characters from which a text is screened in a thread."""


_WARM_UP = Content(
    "warm-up", text="Good morning, صباح الخير", attachments=(Attachment("warm-up.txt", b"Good morning"),)
)
_FIRST_LOOKUP = ("pdq", ("0" * 64,), "2026-01-01T00:00:00.000Z")
"""Loads the compiled search of the index, where it holds anything."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A durable decision; `fresh` is false where the same content had been screened before and nothing was written."""

    decision: Decision
    fresh: bool


@dataclass(frozen=True, slots=True)
class Known:
    """An item that need not be screened: its decision is in the store already."""

    decision: Decision


Part = Sequence[Screened | Known]
"""A few items of one request, in order."""
Receipts = Sequence[Future[Receipt]]
"""Their receipts; an item that is Known has one that says so."""


class Desk:
    """Screens and keeps; made once per server. `waiting` counts the items between arrival and answer."""

    def __init__(self, house: House) -> None:
        self._screening = house.screening
        self._store = house.store
        self._library = house.library
        self._outbox = house.outbox
        self._threads = ThreadPoolExecutor(house.settings.box_workers + 1, "screen")
        self._turn: list[tuple[Part, asyncio.Future[Receipts]]] = []
        self.waiting = 0

    async def screen(self, contents: Sequence[Content]) -> list[Kept]:
        """Screen and keep, in order; durable when it returns.

        Raises StoreFailed or BoxFailed, after which repeating is harmless, and Wrong `busy` where too many items wait already.
        """
        if self.waiting and self.waiting + len(contents) > MOST_WAITING:
            raise Wrong("busy", f"{self.waiting:,} items are waiting already")
        self.waiting += len(contents)
        try:
            decisions: list[Decision] = []
            durable: list[asyncio.Future[Receipts]] = []
            part: list[Screened | Known] = []
            for start in range(0, len(contents), SLICE):
                if start:
                    await asyncio.sleep(0)
                part += await self._screened(contents[start : start + SLICE])
                if len(part) >= GROUP or start + SLICE >= len(contents) or _has_files(part):
                    durable.append(await self._submitted(part))
                    decisions += [item.decision for item in part]
                    part = []
            receipts = [receipt.result() for receipts in await asyncio.gather(*durable) for receipt in receipts]
            return await self._kept(decisions, receipts)
        finally:
            self.waiting -= len(contents)

    async def aside(self, work: Callable[[Content], T], contents: Sequence[Content]) -> list[T]:
        """Do work that opens files on each content in our threads, in order; raises Wrong `busy` where too many items wait already."""
        if self.waiting and self.waiting + len(contents) > MOST_WAITING:
            raise Wrong("busy", f"{self.waiting:,} items are waiting already")
        self.waiting += len(contents)
        try:
            loop = asyncio.get_running_loop()
            return await asyncio.gather(*(loop.run_in_executor(self._threads, work, item) for item in contents))
        finally:
            self.waiting -= len(contents)

    def warm_up(self) -> None:
        """Screen and look up something in a thread and forget it, so that the first to ask does not wait for what is loaded then."""
        self._threads.submit(self._screening.screen, _WARM_UP)
        self._threads.submit(self._library.lookup, *_FIRST_LOOKUP)

    def close(self) -> None:
        """Finish what is being screened and stop the threads."""
        self._threads.shutdown()

    async def _screened(self, contents: Sequence[Content]) -> Part:
        """Screen a few items: heavy ones in threads, meanwhile the light ones here."""
        loop = asyncio.get_running_loop()
        heavy = {
            n: loop.run_in_executor(self._threads, self._opened, item)
            for n, item in enumerate(contents)
            if _heavy(item)
        }
        if not heavy:
            return [self._screening.screen(item) for item in contents]
        done: dict[int, Screened | Known] = {
            n: self._screening.screen(item) for n, item in enumerate(contents) if n not in heavy
        }
        done |= dict(zip(heavy, await asyncio.gather(*heavy.values()), strict=True))
        return [done[n] for n in range(len(contents))]

    def _opened(self, content: Content) -> Screened | Known:
        """Screen a heavy item, unless that has been done before."""
        earlier = self._store.decision_by_key(self._screening.key_of(content))
        return Known(earlier) if earlier else self._screening.screen(content)

    async def _submitted(self, part: Part) -> asyncio.Future[Receipts]:
        """Queue the changes of a few items and give what resolves once they are durable.

        What arrives within one turn of the loop goes to the store together, so that it shares a commit. Media bytes are
        written in a thread, after what was queued before them.
        """
        loop = asyncio.get_running_loop()
        durable: asyncio.Future[Receipts] = loop.create_future()
        if _has_files(part):
            self._end_turn()
            receipts = await asyncio.to_thread(self._submit, part)
            when_done(receipts, loop, lambda: _resolve(durable, receipts))
            return durable
        if not self._turn:
            loop.call_soon(self._end_turn)
        self._turn.append((part, durable))
        return durable

    def _end_turn(self) -> None:
        """Hand the store everything that arrived within this turn."""
        turn, self._turn = self._turn, []
        submitted: list[tuple[asyncio.Future[Receipts], Receipts]] = []
        for part, durable in turn:
            try:
                submitted.append((durable, self._submit(part)))
            except Exception as error:
                _fail(durable, error)

        def all_done() -> None:
            for durable, receipts in submitted:
                _resolve(durable, receipts)

        when_done([one for _, receipts in submitted for one in receipts], asyncio.get_running_loop(), all_done)

    def _submit(self, part: Part) -> Receipts:
        """Queue the changes of a few items, in order."""
        fresh = iter(decide.keep(self._store, [item for item in part if isinstance(item, Screened)], self._outbox))
        return [next(fresh) if isinstance(item, Screened) else _known() for item in part]

    async def _kept(self, decisions: Sequence[Decision], receipts: Sequence[Receipt]) -> list[Kept]:
        """Give the decisions that are in the store: these, or those made before under the same keys."""
        if sum(receipt.duplicate for receipt in receipts) > SLICE:
            return await asyncio.to_thread(self._in_store, decisions, receipts)
        return self._in_store(decisions, receipts)

    def _in_store(self, decisions: Sequence[Decision], receipts: Sequence[Receipt]) -> list[Kept]:
        """Give the decisions under the keys of these; raises StoreFailed where one has gone."""
        kept = []
        for decision, receipt in zip(decisions, receipts, strict=True):
            stored = self._store.decision_by_key(decision.key) if receipt.duplicate else decision
            if stored is None:
                raise StoreFailed("a decision made before can no longer be found", "run `forestall ledger verify`")
            kept.append(Kept(stored, fresh=not receipt.duplicate))
        return kept


def when_done(futures: Receipts, loop: asyncio.AbstractEventLoop, then: Callable[[], None]) -> None:
    """Call `then` on the loop once all futures are done, waking it once."""
    if not futures:
        loop.call_soon(then)
        return
    left, lock = len(futures), threading.Lock()

    def count(_: Future[Receipt]) -> None:
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        if last:
            loop.call_soon_threadsafe(then)

    for future in futures:
        future.add_done_callback(count)


def _resolve(durable: asyncio.Future[Receipts], receipts: Receipts) -> None:
    """Tell whoever waits, unless they have gone."""
    if not durable.done():
        durable.set_result(receipts)


def _fail(durable: asyncio.Future[Receipts], error: Exception) -> None:
    """Tell whoever waits that it failed, unless they have gone."""
    if not durable.done():
        durable.set_exception(error)


def _known() -> Future[Receipt]:
    """Say, as the store would, that a change was committed before."""
    done: Future[Receipt] = Future()
    done.set_result(Receipt(0, 0, duplicate=True))
    return done


def _has_files(part: Part) -> bool:
    """Tell whether bytes of media must be written for these items."""
    return any(isinstance(item, Screened) and item.content.attachments for item in part)


def _heavy(content: Content) -> bool:
    """Tell whether screening an item here would keep other requests waiting."""
    return bool(content.attachments) or len(content.text) >= LONG or content.markup is Markup.HTML
