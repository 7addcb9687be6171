"""A program for tests to run and kill: pulls the exchange `tat` of a store.

exchange_victim.py FOLDER
"""

import sys
from pathlib import Path

from forestall.exchange.feeds import feeds
from forestall.flow import banks
from forestall.flow.banks import Banker
from forestall.flow.exchange import Puller
from forestall.model.ids import new_id, now
from forestall.model.ports import Store
from forestall.store import open_store
from tests.flow.test_exchange import Types
from tests.store.samples import SIGNER

BATCH = 60
"""Entries that become durable at a time: small, so that a kill comes between two."""


def puller(store: Store) -> Puller:
    """Make a puller over a store."""
    banker = Banker(store, Types(), now, new_id)
    return Puller(store, banker, feeds(now), lambda _name: "hush", clock=now, new_id=new_id, types=Types())


def main(folder: str) -> None:
    """Pull."""
    banks.BATCH = BATCH
    store = open_store(Path(folder), SIGNER, now)
    pulling = puller(store)
    pulling.pull(pulling.find("tat"))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
