"""A real house on a store in memory, its application, and keys to call it with."""

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from forestall.assembly import House, build
from forestall.doors.server import create_app
from forestall.ledger.checkpoint import Signer
from forestall.model import ids
from forestall.model.settings import Settings
from forestall.review import keys
from forestall.store import MemoryStore

Client = TestClient[Litestar]
KeyFor = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def built() -> Iterator[House]:
    """A house that keeps nothing; building detectors and the box once is enough."""
    with build(Settings(), keep=False) as house:
        yield house


def stored(built: House, settings: Settings | None = None) -> House:
    """Give a house on a fresh store in memory that opens files in another house's box, which it leaves open."""
    fresh = build(settings or Settings(), store=MemoryStore(Signer("test", bytes(32)), ids.now))
    screening = dataclasses.replace(fresh.screening, opener=built.opener)
    return dataclasses.replace(fresh, opener=built.opener, screening=screening)


@pytest.fixture
def house(built: House) -> House:
    """The same house with a fresh store in memory."""
    return stored(built)


@pytest.fixture
def client(house: House) -> Iterator[Client]:
    """A client of the application, without a key."""
    with TestClient(create_app(house)) as client:
        yield client


@pytest.fixture
def key_for(house: House) -> KeyFor:
    """Makes a key with scopes and gives the header that shows it."""

    def make(*scopes: str) -> dict[str, str]:
        _, secret = keys.create(house.store, "a platform", scopes, ids.now, ids.new_id)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def screen_key(key_for: KeyFor) -> dict[str, str]:
    """The header of a key that may screen."""
    return key_for("screen")


@pytest.fixture
def read_key(key_for: KeyFor) -> dict[str, str]:
    """The header of a key that may read."""
    return key_for("read")
