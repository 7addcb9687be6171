"""Threads: what was noticed on the earlier posts of a thread, at hand when the next one is screened.

Posts that are still on their way to the store are remembered here; older ones, and those another process screened, are read from the
store when a post that shows something comes to their thread. Both are bounded: so many threads, and so many posts of each.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from forestall.model.content import Content
from forestall.model.finding import Finding
from forestall.model.ports import Store, ThreadDetector
from forestall.model.thread import Moment

MOST_THREADS = 20_000
"""Threads remembered; the one looked at longest ago is forgotten first, and read from the store when it is needed again."""
MOST_MOMENTS = 64
"""Posts of a thread that are looked at: the newest that show anything."""
FRESH = 10.0
"""Seconds for which what was read from the store is not read again; another process may screen posts of the thread meanwhile."""


class Threads:
    """Remembers and looks; safe to use from many threads. Without a store, it knows what this process has screened."""

    def __init__(
        self, detector: ThreadDetector, store: Store | None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.detector = detector
        self._store = store
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._known: OrderedDict[str, _Thread] = OrderedDict()

    def look(self, content: Content, received: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Give what the thread as a whole says now that this post has come, and remember the post."""
        if not content.thread:
            return ()
        at = content.published or received
        moment = self.detector.moment(content.id, content.author, at, findings)
        if not moment.speaks:
            return ()
        with self._turn:
            thread = self._thread(content.thread)
            thread.moments[content.id] = moment
            while len(thread.moments) > MOST_MOMENTS:
                del thread.moments[min(thread.moments.values(), key=_order).content]
            earlier = [one for one in thread.moments.values() if one.content != content.id and one.at <= at]
        return tuple(self.detector.look([*sorted(earlier, key=_order), moment]))

    def _thread(self, name: str) -> "_Thread":
        """Give what is remembered of a thread, read from the store where that is long ago; the lock is held."""
        thread = self._known.get(name)
        if thread is None:
            thread = self._known[name] = _Thread()
            if len(self._known) > MOST_THREADS:
                self._known.popitem(last=False)
        self._known.move_to_end(name)
        now = self._monotonic()
        if self._store is not None and now >= thread.fresh:
            thread.fresh = now + FRESH
            for stored, decision in self._store.thread(name, MOST_MOMENTS):
                at = stored.published or stored.received
                moment = self.detector.moment(stored.id, stored.author, at, decision.findings)
                if moment.speaks:
                    thread.moments.setdefault(stored.id, moment)
        return thread


class _Thread:
    """What is remembered of one thread: its posts by content, and until when nothing need be read."""

    __slots__ = ("fresh", "moments")

    def __init__(self) -> None:
        self.fresh = float("-inf")
        self.moments: dict[str, Moment] = {}


def _order(moment: Moment) -> tuple[str, str]:
    """Give what posts are put in order by."""
    return moment.at, moment.content
