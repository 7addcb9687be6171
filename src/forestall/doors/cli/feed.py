"""Reads ahead in a thread of its own, within bounds, so that reading overlaps with screening and a slow pipe is answered at once."""

import threading
from collections import deque
from collections.abc import Iterable

from forestall.model.content import Content

MOST_ITEMS = 1_024
"""Items read ahead."""
MOST_BYTES = 64 * 1024 * 1024
"""Bytes of texts and files read ahead; one larger item is read alone."""
_LOOK_UP = 0.2
"""Seconds after which a waiting main thread looks whether it was interrupted."""


class Feed:
    """Content read from an iterable by a background thread.

    An error of the iterable is raised by `take` once everything read before it has been taken.
    """

    def __init__(self, contents: Iterable[Content]) -> None:
        self._contents = contents
        self._items: deque[tuple[Content, int]] = deque()
        self._held = 0
        self._done = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        # A daemon, because a read from a silent pipe cannot be called off.
        threading.Thread(target=self._read, name="forestall-feed", daemon=True).start()

    def take(self, most: int) -> list[Content]:
        """Give what is there, at most `most` items, waiting for the first; an empty list means the end (or `stop`)."""
        with self._changed:
            while not self._items and not self._done:
                self._changed.wait(_LOOK_UP)
            if not self._items and self._error is not None:
                error, self._error = self._error, None
                raise error
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self._held -= sum(size for _, size in taken)
            self._changed.notify_all()
        return [content for content, _ in taken]

    def stop(self) -> None:
        """Read no further and forget what was read ahead; safe to call from a signal handler."""
        with self._changed:
            self._done = True
            self._items.clear()
            self._held = 0
            self._changed.notify_all()

    def _read(self) -> None:
        """Fill the queue until the end, an error, or `stop`."""
        try:
            for content in self._contents:
                size = size_of(content)
                with self._changed:
                    while not self._done and self._items and self._is_full(size):
                        self._changed.wait()
                    if self._done:
                        return
                    self._items.append((content, size))
                    self._held += size
                    self._changed.notify_all()
        except BaseException as error:
            self._error = error
        finally:
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _is_full(self, size: int) -> bool:
        return len(self._items) >= MOST_ITEMS or self._held + size > MOST_BYTES


def size_of(content: Content) -> int:
    """Give about how many bytes of memory an item's text and files take."""
    return len(content.text) * 2 + sum(len(item.data) for item in content.attachments)
