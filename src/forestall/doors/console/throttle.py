"""Throttle: how long someone must wait after wrong attempts. In memory, bounded, with the time handed in."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

MOST_REMEMBERED = 10_000
"""Most sources of attempts remembered; the longest quiet one is forgotten first."""
FIRST_WAIT = 15.0
"""Seconds to wait after the first attempt too many; doubles with each further one."""
LONGEST_WAIT = 900.0
FORGET_AFTER = 3_600.0
"""Seconds without a wrong attempt after which a source starts afresh."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where attempts come from: a name for it and how many wrong ones are free."""

    name: str
    free: int


@dataclass(slots=True)
class _Record:
    """What is remembered of a source: how many wrong attempts, when the last one was, until when it waits."""

    wrong: int = 0
    last: float = 0.0
    until: float = 0.0


class Throttle:
    """Counts wrong attempts by source. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait(self, sources: Sequence[Source], now: float) -> float:
        """Give the seconds to wait before the next attempt, 0 where none; `now` is in seconds on any steady clock."""
        with self._lock:
            until = (self._records[source.name].until for source in sources if source.name in self._records)
            return max(0.0, max(until, default=now) - now)

    def wrong(self, sources: Sequence[Source], now: float) -> None:
        """Remember a wrong attempt."""
        with self._lock:
            for source in sources:
                record = self._records.pop(source.name, None)
                if record is None or now - record.last > FORGET_AFTER:
                    record = _Record()
                record.wrong += 1
                record.last = now
                extra = record.wrong - source.free
                if extra >= 0:
                    record.until = now + min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(extra, 16))
                self._records[source.name] = record
            while len(self._records) > MOST_REMEMBERED:
                self._records.popitem(last=False)

    def right(self, source: Source) -> None:
        """Forget the wrong attempts of a source that has now shown who it is."""
        with self._lock:
            self._records.pop(source.name, None)


def sources(address: str, name: str) -> tuple[Source, ...]:
    """Give the sources of a sign-in attempt: this name from this address, the address, the name from anywhere."""
    name = name.casefold()[:100]
    return (Source(f"both:{address}:{name}", 5), Source(f"address:{address}", 30), Source(f"name:{name}", 50))
