"""A program for tests to run and kill: makes changes, and prints the id of each decision once it is acknowledged.

    victim.py FOLDER PREFIX COUNT WINDOW

makes COUNT changes with idempotency keys `PREFIX0`, `PREFIX1`, … in the store in FOLDER, at most WINDOW of them waiting.
"""

import os
import sys
import threading
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path

from forestall.model.ids import now
from forestall.model.records import Change, Receipt
from forestall.store import open_store
from tests.store.samples import SIGNER, case, decided, decision_of, sighting, signal

SIGNALS = 20
"""Signals in each bank; a bank has the id of the decision that came with it."""


def change(number: int, prefix: str) -> Change:
    """Give the change of one screened item; every fourth also opens a case, another keeps a sighting and fills a bank."""
    made = decided(once=f"{prefix}{number}", language=prefix)
    about = decision_of(made)
    if number % 4 == 0:
        return replace(made, records=(*made.records, case(about)))
    if number % 4 == 1:
        known = [signal(about.id) for _ in range(SIGNALS)]
        return replace(made, records=(*made.records, sighting(id=about.content), *known))
    return made


def main(folder: str, prefix: str, count: str, window: str) -> None:
    """Make the changes."""
    store = open_store(Path(folder), SIGNER, now)
    room = threading.Semaphore(int(window))

    def acknowledge(decision_id: str, future: Future[Receipt]) -> None:
        receipt = future.result()
        os.write(1, f"{decision_id} {receipt.first_seq} {receipt.last_seq}\n".encode())
        room.release()

    for number in range(int(count)):
        room.acquire()
        item = change(number, prefix)
        store.submit(item).add_done_callback(partial(acknowledge, decision_of(item).id))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
