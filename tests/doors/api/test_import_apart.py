"""A large list over the API: brought in by a process of its own, by whoever sent it, with nothing left behind."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from forestall.assembly import House, build
from forestall.doors.server import create_app
from forestall.flow import house as house_module
from forestall.model import ids
from forestall.model.records import HuntState
from forestall.model.settings import Settings
from forestall.review import keys
from tests.doors.api.conftest import Client

ROWS = "type,value\n" + "".join(f"sha256,{n:064x}\n" for n in range(200)) + "sha256,zz\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house with a data folder of its own, for which every list is large."""
    monkeypatch.setattr(house_module, "APART_BYTES", 0)
    with build(Settings(data=str(tmp_path / "data"))) as built:
        yield built


@pytest.fixture
def key(house: House) -> dict[str, str]:
    """The header of a key that may change banks and look up."""
    _, secret = keys.create(house.store, "a platform", ["banks", "match"], ids.now, ids.new_id)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def client(house: House) -> Iterator[Client]:
    """A client of the application."""
    with TestClient(create_app(house)) as client:
        yield client


def test_a_large_list_is_brought_by_another_process(client: Client, house: House, key: dict[str, str]) -> None:
    """It answers and does what a small one does: rows match, bad ones are named, the ledger names the key, the hunt is done."""
    bank = house.banker.create("desk", "cli")
    told = client.post("/v1/banks/desk/import?name=list.csv", content=ROWS, headers=key)
    assert told.status_code == 200, told.text
    answer = told.json()
    assert (answer["format"], answer["read"], answer["added"], answer["refused"]) == ("csv", 201, 200, 1)
    assert answer["problems"][0]["part"] == "entry 201"
    asked = {"type": "sha256", "values": [f"{7:064x}", f"{900:064x}"]}
    results = client.post("/v1/lookup", json=asked, headers=key).json()["results"]
    assert [len(result["matches"]) for result in results] == [1, 0]
    bodies = [json.loads(row.entry)["body"] for row in house.store.ledger_of(bank.id)]
    assert [body["by"] for body in bodies if "count" in body] == [f"key:{house.store.api_keys()[0].id}"]
    while house.importer.bank:
        threading.Event().wait(0.01)
    assert [hunt.state for hunt in house.store.hunts() if hunt.bank == bank.id] == [HuntState.DONE]
    names = {path.name for path in Path(house.settings.data).iterdir()}
    assert not [name for name in names if "list" in name or "tmp" in name]


def test_a_dead_or_busy_import_is_told(
    client: Client, house: House, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the process dies the caller is told what to do; while one works another is asked to wait; nothing is left behind."""
    house.banker.create("desk", "cli")
    send = {"url": "/v1/banks/desk/import?name=list.csv", "content": ROWS, "headers": key}
    dead = (sys.executable, "-c", "import sys; sys.stdin.read()")
    monkeypatch.setattr(house.importer, "_command", dead)
    failed = client.post(**send)  # type: ignore[arg-type]
    assert (failed.status_code, "same file again" in failed.json()["next"]) == (500, True)
    while house.importer.bank:
        threading.Event().wait(0.01)
    with house.importer._turn:
        busy = client.post(**send)  # type: ignore[arg-type]
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "30")
    assert busy.json()["type"] == "urn:forestall:problem:busy"
