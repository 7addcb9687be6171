"""The one thread that writes: it takes whatever waits, commits it as a group, and tells each submitter what became of it.

While one group commits the next gathers, so the disk's sync is shared by all who wait: no timer, no artificial delay. The queue
is bounded in changes and bytes; a full one makes submitters wait.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from forestall.model.errors import Conflict, StoreFailed
from forestall.model.records import Receipt
from forestall.store.draft import Draft, closed

MOST_WAITING = 10_000
"""Changes that may wait; further submitters are held up."""

MOST_WAITING_BYTES = 128 * 1024 * 1024
"""Bytes that may wait."""

GROUP = 1_000
"""Changes in one transaction at most."""

GROUP_BYTES = 16 * 1024 * 1024
"""Bytes in one transaction at most, unless a single change has more."""

Commit = Callable[[Sequence[Draft]], Sequence[Receipt | Conflict | StoreFailed]]
"""Commits a group and says what became of each change."""


class Writer:
    """Queues changes and commits them in order on a thread of its own.

    Takes `commit`, which is only ever called on that thread. Futures resolve on it too: what their callbacks do holds up others.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._queue: deque[tuple[Draft, Future[Receipt]]] = deque()
        self._bytes = 0
        self._open = True
        lock = threading.Lock()
        self._filled = threading.Condition(lock)
        self._drained = threading.Condition(lock)
        self._thread = threading.Thread(target=self._run, name="forestall-store", daemon=True)
        self._thread.start()

    def submit(self, draft: Draft, future: Future[Receipt]) -> None:
        """Queue a change, waiting while the queue is full. The future cannot be cancelled: the change will be made."""
        with self._filled:
            while self._full(draft) and self._open and threading.current_thread() is not self._thread:
                self._drained.wait()
            if self._open:
                self._queue.append((draft, future))
                self._bytes += draft.weight
                if len(self._queue) == 1:
                    self._filled.notify()
                return
        future.set_exception(closed())

    def close(self) -> None:
        """Refuse further changes, finish those that wait, and stop the thread."""
        with self._filled:
            self._open = False
            self._filled.notify_all()
            self._drained.notify_all()
        self._thread.join()

    def _full(self, draft: Draft) -> bool:
        """Tell whether a change must wait."""
        if not self._queue:
            return False
        return len(self._queue) >= MOST_WAITING or self._bytes + draft.weight > MOST_WAITING_BYTES

    def _run(self) -> None:
        """Commit groups until closed and empty."""
        while group := self._take():
            try:
                outcomes = self._commit([draft for draft, _ in group])
            except Exception as error:  # whatever it was: who waits must hear of it, and the next group goes on
                outcomes = [_failure(error) for _ in group]
            for (_, future), outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, Receipt):
                    future.set_result(outcome)
                else:
                    future.set_exception(outcome)

    def _take(self) -> list[tuple[Draft, Future[Receipt]]]:
        """Give the next group, waiting for one; empty when closed and nothing is left."""
        group: list[tuple[Draft, Future[Receipt]]] = []
        size = 0
        with self._filled:
            while not self._queue and self._open:
                self._filled.wait()
            while self._queue and len(group) < GROUP and (not group or size + self._queue[0][0].weight <= GROUP_BYTES):
                item = self._queue.popleft()
                size += item[0].weight
                group.append(item)
            self._bytes -= size
            self._drained.notify_all()
        return group


def _failure(error: Exception) -> StoreFailed:
    """Give the error for a change whose whole group failed."""
    if isinstance(error, StoreFailed):
        return StoreFailed(error.what, error.next_step)
    cause = getattr(error, "orig", None) or error
    return StoreFailed(f"the store could not write ({cause})", "check the disk and its free space, then repeat")
