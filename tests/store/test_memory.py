"""The store in memory keeps the contract of stores."""

from collections.abc import Iterator

import pytest

from forestall.model.ports import Store
from forestall.store import MemoryStore
from tests.contracts.store import StoreContract
from tests.store.samples import SIGNER, at


class TestMemoryStore(StoreContract):
    """The contract of stores, in memory."""

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """Give an empty store."""
        store = MemoryStore(SIGNER, at)
        yield store
        store.close()
