"""Threads: what was noticed on the earlier posts of a thread, at hand when the next one is screened.

Posts that are still on their way to the store are remembered here; older ones, and those another process screened, are read from the
store when a post that shows something comes to their thread. Both are bounded: so many threads, and so many posts of each.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from forestall.model.content import Content
from forestall.model.finding import Finding
from forestall.model.ports import Store, ThreadDetector
from forestall.model.thread import Moment

MOST_THREADS = 20_000
"""Threads remembered; the one looked at longest ago is forgotten first, and read from the store when it is needed again."""
MOST_MOMENTS = 64
"""Posts of a thread that are looked at: the newest that show anything."""
TAIL = 300
"""Characters of each account's last post in a thread that are remembered, in memory only."""
FRESH = 10.0
"""Seconds for which what was read from the store is not read again; another process may screen posts of the thread meanwhile."""

Across = Callable[[str, str, str], Iterable[Finding]]
"""Gives what two messages name together: the end of one, the next, and the language of the next."""


class Threads:
    """Remembers and looks; safe to use from many threads. Without a store, it knows what this process has screened."""

    def __init__(
        self,
        detector: ThreadDetector,
        store: Store | None,
        across: Across = lambda _earlier, _later, _language: (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.detector = detector
        self._store = store
        self._across = across
        self._tails: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._known: OrderedDict[str, _Thread] = OrderedDict()

    def look(
        self, content: Content, received: str, findings: Sequence[Finding], text: str = "", language: str = ""
    ) -> tuple[Finding, ...]:
        """Give what the thread as a whole says now that this post has come, and remember the post.

        `text` is the post's own text, which may go on with an address that the account's message before began.
        """
        if not content.thread:
            return ()
        at = content.published or received
        joined = tuple(self._joined(content, text, language)) if text else ()
        moment = self.detector.moment(content.id, content.author, at, [*findings, *joined])
        if not moment.speaks:
            return joined
        with self._turn:
            thread = self._thread(content.thread)
            thread.moments[content.id] = moment
            while len(thread.moments) > MOST_MOMENTS:
                del thread.moments[min(thread.moments.values(), key=_order).content]
            earlier = [one for one in thread.moments.values() if one.content != content.id and one.at <= at]
        return (*joined, *self.detector.look([*sorted(earlier, key=_order), moment]))

    def _joined(self, content: Content, text: str, language: str) -> Iterable[Finding]:
        """Give what this post and the one before it by the same account name together; remembers the end of this one."""
        key = (content.thread, content.author)
        with self._turn:
            before = self._tails.pop(key, "")
            self._tails[key] = text[-TAIL:]
            if len(self._tails) > MOST_THREADS:
                self._tails.popitem(last=False)
        return self._across(before, text, language) if before else ()

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
