"""The store on SQLite keeps the contract of stores, and its own promises: files, batches, failures, other processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts.store import StoreContract
from tests.store.samples import SIGNER, at

from forestall.model.ports import Store
from forestall.store import open_store


class TestSqliteStore(StoreContract):
    """The contract of stores, on SQLite."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """Give an empty store."""
        store = open_store(tmp_path / "data", SIGNER, at)
        yield store
        store.close()
