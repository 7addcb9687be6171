"""Screens a stream of content in chunks: while one chunk becomes durable, the next is screened. Order is kept, memory is bounded."""

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from forestall.assembly import House
from forestall.doors.cli.feed import Feed
from forestall.flow import decide
from forestall.flow.screen import Screened
from forestall.model.content import Content
from forestall.model.records import Receipt

CHUNK = 512
"""Items per chunk: large enough to share a commit, small enough to appear soon."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Screened items in input order, durable where there is a store; `repeated` of them had been recorded before."""

    items: Sequence[Screened]
    repeated: int = 0


def stream(house: House, feed: Feed, stopped: Callable[[], bool]) -> Iterator[Chunk]:
    """Give the chunks of a feed, each once it is durable; ends early, but with all that was begun, once `stopped` says so."""
    waiting: deque[tuple[list[Screened], list[Future[Receipt]]]] = deque()
    with _rare_collections(), ThreadPoolExecutor(house.settings.box_workers, "forestall-open") as pool:
        first = True
        while not stopped() and (contents := feed.take(CHUNK)):
            items = _screened(house, contents, pool, stopped)
            waiting.append((items, decide.keep(house.kept, items, house.outbox) if house.kept is not None else []))
            if first:
                gc.freeze()  # what start-up and first use built stays
                first = False
            # A chunk that came from a slow source is settled at once; there is nothing to overlap it with.
            while waiting and (len(waiting) > 1 or len(contents) < CHUNK):
                yield _settled(house, *waiting.popleft())
        while waiting:
            yield _settled(house, *waiting.popleft())


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage cycles less often while the block runs: hardly any are made, and looking costs a sixth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(10_000, 20, 20)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def _screened(
    house: House, contents: Sequence[Content], pool: ThreadPoolExecutor, stopped: Callable[[], bool]
) -> list[Screened]:
    """Screen contents in order; those with files in parallel, because the box opens them in processes of its own."""
    opening = {n: pool.submit(_opened, house, item) for n, item in enumerate(contents) if item.attachments}
    items: list[Screened] = []
    for n, content in enumerate(contents):
        if stopped():
            for future in opening.values():
                future.cancel()
            break
        items.append(opening.pop(n).result() if n in opening else house.screening.screen(content))
    return items


def _opened(house: House, content: Content) -> Screened:
    """Screen content with files, and let go of the decoded pictures: a chunk of them would fill the memory."""
    item = house.screening.screen(content)
    return replace(item, reading=replace(item.reading, planes=(), sounds=(), memo={}))


def _settled(house: House, items: Sequence[Screened], kept: Sequence[Future[Receipt]]) -> Chunk:
    """Wait until a chunk is durable. An item that had been recorded before carries the decision recorded then."""
    settled = list(items)
    repeated = 0
    for n, future in enumerate(kept):
        if future.result().duplicate:
            repeated += 1
            earlier = house.store.decision_by_key(items[n].decision.key)
            if earlier is not None:
                settled[n] = replace(items[n], decision=earlier)
    return Chunk(settled, repeated)
