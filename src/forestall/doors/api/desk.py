"""Desk: screens for many requests at once. Requests wait for the same commits; none of them holds a thread while it waits.

Short texts are screened on the event loop, a few at a time, because handing them to a thread costs more than they do; files
and long texts are screened in threads. What a batch keeps is submitted in the order of its items.
"""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from forestall.assembly import House
from forestall.flow import decide
from forestall.flow.screen import Screened
from forestall.model.content import Content, Markup
from forestall.model.decision import Decision
from forestall.model.errors import StoreFailed
from forestall.model.ports import Store
from forestall.model.reading import Reading
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


class Desk:
    """Screens and keeps; made once per server. `waiting` counts the items between arrival and answer."""

    def __init__(self, house: House, store: Store) -> None:
        self._house = house
        self._store = store
        self._threads = ThreadPoolExecutor(house.settings.box_workers + 1, "screen")
        self.waiting = 0

    async def screen(self, contents: Sequence[Content]) -> list[Kept]:
        """Screen and keep, in order; durable when it returns. Raises StoreFailed or BoxFailed: repeating is harmless."""
        self.waiting += len(contents)
        try:
            screened: list[Screened] = []
            futures: list[Future[Receipt]] = []
            for start in range(0, len(contents), SLICE):
                if start:
                    await asyncio.sleep(0)
                part = await self._screened(contents[start : start + SLICE])
                futures += await self._submitted(part)
                screened += [replace(item, reading=Reading(item.content.id)) for item in part]  # frees the pictures
            await settled(futures)
            return [self._kept(item, future.result()) for item, future in zip(screened, futures, strict=True)]
        finally:
            self.waiting -= len(contents)

    def close(self) -> None:
        """Finish what is being screened and stop the threads."""
        self._threads.shutdown()

    async def _screened(self, contents: Sequence[Content]) -> list[Screened]:
        """Screen a few items: heavy ones in threads, meanwhile the light ones here."""
        loop = asyncio.get_running_loop()
        screen = self._house.screening.screen
        heavy = {n: loop.run_in_executor(self._threads, screen, item) for n, item in enumerate(contents) if _heavy(item)}
        light = {n: screen(item) for n, item in enumerate(contents) if n not in heavy}
        done = dict(zip(heavy, await asyncio.gather(*heavy.values()), strict=True)) | light
        return [done[n] for n in range(len(contents))]

    async def _submitted(self, screened: Sequence[Screened]) -> list[Future[Receipt]]:
        """Queue the changes of a few items; media bytes are written in a thread."""
        if any(item.content.attachments for item in screened):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, decide.keep, self._store, screened, self._house.outbox)
        return decide.keep(self._store, screened, self._house.outbox)

    def _kept(self, item: Screened, receipt: Receipt) -> Kept:
        """Give the decision that is in the store: this one, or the one made before under the same key."""
        if not receipt.duplicate:
            return Kept(item.decision, fresh=True)
        earlier = self._store.decision_by_key(item.decision.key)
        if earlier is None:
            raise StoreFailed("a decision made before can no longer be found", "run `forestall ledger verify`")
        return Kept(earlier, fresh=False)


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
