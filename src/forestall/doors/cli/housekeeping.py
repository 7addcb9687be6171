"""What has to happen by itself while the server runs: outgoing messages, and purging what may no longer be kept."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from forestall.assembly import House

_SEND_EVERY = 1.0
"""Seconds between looks for messages that are due."""
_PURGE_EVERY = 3600.0
"""Seconds between applications of the retention rules."""

_log = structlog.get_logger(__name__)


@contextmanager
def housekeeping(house: House) -> Iterator[None]:
    """Keep house in a thread while the block runs; the thread has ended when the block has."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(house, stop), name="forestall-housekeeping")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _run(house: House, stop: threading.Event) -> None:
    """Do what is due until asked to stop; a failure is logged and tried again."""
    purge_at = time.monotonic()
    while not stop.wait(_SEND_EVERY):
        try:
            while house.act() and not stop.is_set():
                pass  # a full batch was taken: there may be more
            if time.monotonic() >= purge_at:
                purge_at = time.monotonic() + _PURGE_EVERY
                count = house.purge()
                if count:
                    _log.info("purged", contents=count)
        except Exception as error:
            _log.error("housekeeping_failed", error=type(error).__name__)
