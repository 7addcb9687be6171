"""Health: is the process alive, and can it do its work now?"""

import asyncio
import time
from concurrent.futures import Future
from dataclasses import dataclass

from forestall.assembly import House
from forestall.doors.api.desk import Desk, settled
from forestall.doors.api.problems import Wrong
from forestall.model.content import Attachment
from forestall.model.errors import ForestallError
from forestall.model.records import Change, Receipt

REMEMBERED_SECONDS = 2.0
"""How long an answer is given again: anyone may ask, and asking costs a commit and a file opened."""
PATIENCE_SECONDS = 10.0
"""How long the store and the box may take."""
_PROBE = Attachment("ready.txt", b"ready", "text/plain")


@dataclass(slots=True)
class _Last:
    """What the last check found: an empty text where all was well."""

    until: float = 0.0
    fault: str = ""


class Readiness:
    """Checks that the ruleset is loaded, that the store commits, and that the box opens a file."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house = house
        self._desk = desk
        self._last = _Last()
        self._lock = asyncio.Lock()

    async def check(self) -> None:
        """Return where all is well; raises Wrong `not-ready` naming what is not."""
        async with self._lock:  # many who ask at once share one check
            if time.monotonic() >= self._last.until:
                self._last = _Last(fault=await self._fault())
                self._last.until = time.monotonic() + REMEMBERED_SECONDS
        if self._last.fault:
            raise Wrong("not-ready", self._last.fault)

    async def _fault(self) -> str:
        """Name what is not ready, or give an empty text."""
        if not self._house.screening.ruleset.version:
            return "the ruleset is not loaded"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                written: list[Future[Receipt]] = [self._house.store.submit(Change(()))]
                await settled(written)
                written[0].result()
        except (ForestallError, TimeoutError) as error:
            return f"the store cannot be written ({_why(error)})"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                opened = await self._desk.read(lambda: self._house.opener.open(_PROBE))
        except (ForestallError, TimeoutError) as error:
            return f"the box does not open files ({_why(error)})"
        return f"the box does not open files ({opened.problems[0].what})" if opened.problems else ""


def _why(error: Exception) -> str:
    """Say what happened in one clause."""
    return error.what if isinstance(error, ForestallError) else "no answer in time"
