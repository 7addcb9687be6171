"""Desk: screens for many requests at once. Requests wait for the same commits; none of them holds a thread while it waits.

Short texts are screened on the event loop, a few at a time, because handing them to a thread costs more than they do; files
and long texts are screened in threads. What a batch keeps is submitted in the order of its items.
"""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from forestall.assembly import House
from forestall.flow import decide
from forestall.flow.screen import Screened
from forestall.model.content import Content, Markup
from forestall.model.decision import Decision
from forestall.model.errors import StoreFailed
from forestall.model.records import Receipt

SLICE = 8
"""Items screened between two turns of the event loop."""
LONG = 8_000
"""Characters from which a text is screened in a thread."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A durable decision; `fresh` is false where the same content had been screened before and nothing was written."""

    decision: Decision
    fresh: bool


@dataclass(frozen=True, slots=True)
class Known:
    """An item that need not be screened: its decision is in the store already."""

    decision: Decision

    def receipt(self) -> Future[Receipt]:
        """Say, as the store would, that this was committed before."""
        done: Future[Receipt] = Future()
        done.set_result(Receipt(0, 0, duplicate=True))
        return done


class Desk:
    """Screens and keeps; made once per server. `waiting` counts the items between arrival and answer."""

    def __init__(self, house: House) -> None:
        self._screening = house.screening
        self._store = house.store
        self._outbox = house.outbox
        self._threads = ThreadPoolExecutor(house.settings.box_workers + 1, "screen")
        self.waiting = 0

    async def screen(self, contents: Sequence[Content]) -> list[Kept]:
        """Screen and keep, in order; durable when it returns. Raises StoreFailed or BoxFailed: repeating is harmless."""
        self.waiting += len(contents)
        try:
            decisions: list[Decision] = []
            receipts: list[Future[Receipt]] = []
            for start in range(0, len(contents), SLICE):
                if start:
                    await asyncio.sleep(0)
                part = await self._screened(contents[start : start + SLICE])
                receipts += await self._submitted(part)
                decisions += [item.decision for item in part]
            await settled(receipts)
            return await self._kept(decisions, [receipt.result() for receipt in receipts])
        finally:
            self.waiting -= len(contents)

    def close(self) -> None:
        """Finish what is being screened and stop the threads."""
        self._threads.shutdown()

    async def _screened(self, contents: Sequence[Content]) -> list[Screened | Known]:
        """Screen a few items: heavy ones in threads, meanwhile the light ones here."""
        loop = asyncio.get_running_loop()
        heavy = {
            n: loop.run_in_executor(self._threads, self._opened, item)
            for n, item in enumerate(contents)
            if _heavy(item)
        }
        done: dict[int, Screened | Known] = {
            n: self._screening.screen(item) for n, item in enumerate(contents) if n not in heavy
        }
        done |= dict(zip(heavy, await asyncio.gather(*heavy.values()), strict=True))
        return [done[n] for n in range(len(contents))]

    def _opened(self, content: Content) -> Screened | Known:
        """Screen a heavy item, unless that has been done before."""
        earlier = self._store.decision_by_key(self._screening.key_of(content))
        return Known(earlier) if earlier else self._screening.screen(content)

    async def _submitted(self, part: Sequence[Screened | Known]) -> list[Future[Receipt]]:
        """Queue the changes of a few items; media bytes are written in a thread."""
        if any(isinstance(item, Screened) and item.content.attachments for item in part):
            return await asyncio.to_thread(self._submit, part)
        return self._submit(part)

    def _submit(self, part: Sequence[Screened | Known]) -> list[Future[Receipt]]:
        """Queue the changes of a few items, in order."""
        fresh = iter(decide.keep(self._store, [item for item in part if isinstance(item, Screened)], self._outbox))
        return [next(fresh) if isinstance(item, Screened) else item.receipt() for item in part]

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


async def settled(futures: Sequence[Future[Receipt]]) -> None:
    """Wait until all futures are done, waking the event loop once; raises nothing."""
    if not futures:
        return
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    left, lock = len(futures), threading.Lock()

    def count(_: Future[Receipt]) -> None:
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        if last:
            loop.call_soon_threadsafe(_wake, done)

    for future in futures:
        future.add_done_callback(count)
    await done


def _wake(done: asyncio.Future[None]) -> None:
    """Resolve, unless whoever waited has gone."""
    if not done.done():
        done.set_result(None)


def _heavy(content: Content) -> bool:
    """Tell whether screening an item here would keep other requests waiting."""
    return bool(content.attachments) or len(content.text) >= LONG or content.markup is Markup.HTML
