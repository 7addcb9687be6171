"""Health: is the process alive, and can it do its work now?"""

import asyncio
import time
from dataclasses import dataclass

import structlog

from forestall.assembly import House
from forestall.doors.api.problems import Wrong
from forestall.model.content import Attachment
from forestall.model.errors import BadPolicy, BoxFailed, ForestallError
from forestall.model.records import Change

REMEMBERED_SECONDS = 2.0
"""How long an answer is given again: anyone may ask, and asking costs a commit and a file opened."""
PATIENCE_SECONDS = 10.0
"""How long the store and the box may take."""
_log = structlog.get_logger(__name__)
_PROBE = Attachment("ready.txt", b"ready", "text/plain")


@dataclass(slots=True)
class _Last:
    """What the last check found: an empty text where all was well."""

    until: float = 0.0
    fault: str = ""


_NO_RULES = "the ruleset does not hold together"


class Readiness:
    """Checks that the ruleset is loaded, that the store commits, and that the box opens a file."""

    def __init__(self, house: House) -> None:
        self._house = house
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
        """Name what is not ready, or give an empty text. Anyone may ask, so why it is not is only in the log."""
        try:
            self._house.screening.current()
        except BadPolicy as error:
            _log.error("not_ready", what=_NO_RULES, why=str(error))
            return _NO_RULES
        for what, check in (("the store cannot be written", self._commits), ("files cannot be opened", self._opens)):
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await check()
            except (ForestallError, TimeoutError) as error:
                _log.error("not_ready", what=what, why=str(error) or "no answer in time")
                return what
        return ""

    async def _commits(self) -> None:
        """Let the store commit a change that holds nothing."""
        await asyncio.wrap_future(self._house.store.submit(Change(())))

    async def _opens(self) -> None:
        """Let the box open a small text."""
        opened = await asyncio.to_thread(self._house.opener.open, _PROBE)
        if opened.problems:
            raise BoxFailed(opened.problems[0].what)
