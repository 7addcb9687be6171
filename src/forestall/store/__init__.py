"""How we keep: the store in memory, and the store on SQLite with media on disk beside it.

Both keep the promises of `forestall.model.ports.Store` and pass the same contract suite. Writes commit in order, many to one
transaction, each with its ledger lines; a signed checkpoint covers every commit.
"""

from forestall.store.memory import MemoryStore
from forestall.store.sqlite import open_store

__all__ = ["MemoryStore", "open_store"]
