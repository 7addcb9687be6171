"""Files that a caller names by their address: fetched aside and few at a time, so that slow hosts hold nobody else up."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from forestall.doors.api.problems import Wrong
from forestall.flow.house import House
from forestall.model.content import Attachment
from forestall.model.errors import ExchangeFailed

AT_ONCE, MOST_WAITING = 8, 64
"""Files fetched at the same time, each no larger than `max_file_bytes`, and callers that may wait for theirs."""

_threads = ThreadPoolExecutor(AT_ONCE, "fetch")
_places = BoundedSemaphore(MOST_WAITING)


async def fetched(house: House, url: str) -> Attachment:
    """Fetch a file where the settings allow its host; raises Wrong, BadInput and Refused."""
    if not _places.acquire(blocking=False):
        raise Wrong("busy", f"{MOST_WAITING} files are being fetched already")
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, house.fetch, url)
    except ExchangeFailed as error:
        raise Wrong("not-fetched", error.what, error.next_step) from None
    finally:
        _places.release()
