"""Banks over the API: made, changed, filled, searched, previewed, exported; every change by a key, and nothing destroyed."""

import json
from typing import Any

import pytest

from forestall.assembly import House
from forestall.doors.api import bank_messages
from forestall.model.content import Content
from forestall.model.records import Hunt, HuntState
from tests.doors.api.conftest import Client, KeyFor

SHA = "ab" * 32


@pytest.fixture
def key(key_for: KeyFor) -> dict[str, str]:
    """The header of a key that may change banks and look up."""
    return key_for("banks", "match")


def make(client: Client, key: dict[str, str], **fields: Any) -> dict[str, Any]:
    """Make a bank."""
    response = client.post("/v1/banks", json={"name": "desk", **fields}, headers=key)
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


def add(client: Client, key: dict[str, str], *entries: dict[str, Any]) -> dict[str, Any]:
    """Add signals to the bank `desk`."""
    response = client.post("/v1/banks/desk/signals", json={"entries": list(entries)}, headers=key)
    assert response.status_code == 200, response.text
    added: dict[str, Any] = response.json()
    return added


def met(client: Client, key: dict[str, str], value: str = SHA) -> int:
    """Count what a SHA-256 meets now."""
    answer = client.post("/v1/lookup", json={"type": "sha256", "values": [value]}, headers=key).json()
    return len(answer["results"][0]["matches"])


def test_a_bank_is_made_and_changed(client: Client, house: House, key: dict[str, str]) -> None:
    """A bank is made once, changed in what is given only, and every change is a ledger line that names the key."""
    made = make(client, key, trust="partner", distances={"pdq": 20})
    assert (made["trust"], made["state"], made["distances"], made["signals"]) == ("partner", "live", {"pdq": 20}, {})
    again = client.post("/v1/banks", json={"name": "DESK"}, headers=key)
    assert (again.status_code, "already" in again.json()["detail"]) == (400, True)
    changed = client.patch(f"/v1/banks/{made['id']}", json={"quality": 60, "version": 1}, headers=key).json()
    assert (changed["quality"], changed["trust"], changed["version"]) == (60, "partner", 2)
    late = client.patch("/v1/banks/desk", json={"quality": 70, "version": 1}, headers=key)
    assert (late.status_code, late.json()["type"]) == (409, "urn:forestall:problem:conflict")
    bodies = [json.loads(row.entry)["body"] for row in house.store.ledger_of(made["id"])]
    assert [body["by"].startswith("key:") for body in bodies] == [True, True]
    assert [bank["name"] for bank in client.get("/v1/banks", headers=key).json()["banks"]] == ["desk"]


def test_looking_needs_less_than_changing(client: Client, key: dict[str, str], key_for: KeyFor) -> None:
    """A key that may look up sees the banks and changes none."""
    make(client, key)
    only = key_for("match")
    assert client.get("/v1/banks/desk", headers=only).status_code == 200
    assert client.patch("/v1/banks/desk", json={"state": "off"}, headers=only).status_code == 403
    assert client.post("/v1/banks/desk/withdraw", json={"source": "x"}, headers=only).status_code == 403


def test_signals_are_added_searched_and_disputed(client: Client, key: dict[str, str]) -> None:
    """Signals are added in bulk, bad ones named; each keeps every source's opinion; one that says no makes it a candidate."""
    make(client, key, trust="confirmed")
    added = add(
        client,
        key,
        {"type": "sha256", "value": SHA, "label": "poster", "ideology": "invented"},
        {"type": "sha256", "value": SHA.upper(), "source": "a partner"},
        {"type": "sha256", "value": "nonsense"},
    )
    assert (added["read"], added["added"], added["refused"]) == (3, 1, 1)
    assert added["problems"][0]["part"] == "entry 3"
    (signal,) = client.get("/v1/banks/desk/signals?type=sha256&value=abab", headers=key).json()["signals"]
    assert {opinion["source"] for opinion in signal["opinions"]} == {"a platform", "a partner"}
    assert (signal["trust"], signal["disputed"]) == ("confirmed", False)
    assert client.get("/v1/banks/desk/signals?source=nobody", headers=key).json()["signals"] == []
    path = f"/v1/banks/desk/signals/{signal['id']}"
    said = client.patch(path, json={"opinion": {"stance": "negative", "note": "a museum"}}, headers=key).json()
    assert (said["trust"], said["disputed"]) == ("candidate", True)
    assert met(client, key) == 1
    assert client.patch(path, json={"disabled_until": "2999-01-01T00:00:00Z"}, headers=key).status_code == 200
    assert met(client, key) == 0
    client.patch(path, json={"disabled_until": ""}, headers=key)
    assert met(client, key) == 1


def test_a_signal_belongs_to_its_bank(client: Client, key: dict[str, str]) -> None:
    """A signal is not reached through another bank."""
    make(client, key)
    make(client, key, name="other")
    add(client, key, {"type": "sha256", "value": SHA})
    (signal,) = client.get("/v1/banks/desk/signals", headers=key).json()["signals"]
    for path in (f"/v1/banks/other/signals/{signal['id']}", "/v1/banks/desk/signals/1", "/v1/banks/desk/signals/x"):
        assert client.patch(path, json={"disabled_until": ""}, headers=key).status_code == 404


def test_lines_are_entries_too(client: Client, key: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One entry per line is the same as a list of them; a line that is none is named, and nothing of the request is added."""
    make(client, key)
    lines = "\n".join(json.dumps({"type": "sha256", "value": f"{n:064x}"}) for n in range(50))
    ndjson = {**key, "content-type": "application/x-ndjson"}
    answer = client.post("/v1/banks/desk/signals", content=lines, headers=ndjson).json()
    assert (answer["added"], answer["refused"]) == (50, 0)
    bad = client.post("/v1/banks/desk/signals", content=lines + '\n{"type": 1}', headers=ndjson)
    assert (bad.status_code, bad.json()["index"]) == (400, 50)
    assert client.post("/v1/banks/desk/signals", content="\n", headers=ndjson).status_code == 400
    monkeypatch.setattr(bank_messages, "MAX_ENTRIES", 10)
    assert client.post("/v1/banks/desk/signals", content=lines, headers=ndjson).status_code == 413


def test_a_source_takes_back_what_it_said(client: Client, house: House, key: dict[str, str]) -> None:
    """What every source withdrew stops matching at once, and the record of it stays."""
    make(client, key)
    add(
        client,
        key,
        {"type": "sha256", "value": SHA, "source": "one"},
        {"type": "sha256", "value": SHA, "source": "two"},
    )
    assert client.post("/v1/banks/desk/withdraw", json={"source": "one"}, headers=key).json() == {"withdrawn": 1}
    assert met(client, key) == 1
    client.post("/v1/banks/desk/withdraw", json={"source": "two"}, headers=key)
    assert met(client, key) == 0
    (signal,) = client.get("/v1/banks/desk/signals", headers=key).json()["signals"]
    assert signal["trust"] == ""
    assert all(opinion["withdrawn"] for opinion in signal["opinions"])


def test_a_list_is_imported_and_previewed(client: Client, house: House, key: dict[str, str]) -> None:
    """A file's format is recognised, bad rows are refused and named, and a preview says what it would match before it matches."""
    text = (
        "the Ninth Tide calls all who lost everything to come and listen to what it has to say to them tonight, friends"
    )
    house.screen([Content("post-1", text)])
    make(client, key, state="preview")
    (trace,) = [one for one in house.traces(Content("x", text)) if one.type == "text"]
    rows = f"type,value\ntext,{trace.value}\nsha256,{SHA}\nsha256,zz\n"
    path = "/v1/banks/desk/import?name=list.csv"
    answer = client.post(f"{path}&preview=true", content=rows, headers=key)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["format"], told["added"], told["refused"], told["impact"]["contents"]) == ("csv", 2, 1, 1)
    assert [sample["content"] for sample in told["impact"]["samples"]] == ["post-1"]
    assert met(client, key) == 0
    assert client.get("/v1/banks/desk/preview", headers=key).json() == told["impact"]
    client.patch("/v1/banks/desk", json={"state": "live"}, headers=key)
    assert met(client, key) == 1
    refused = client.post(f"{path}&preview=true", content=rows, headers=key)
    assert (refused.status_code, "preview" in refused.json()["next"]) == (409, True)
    unknown = client.post("/v1/banks/desk/import?name=x.bin", content=b"\x00\x01\x02", headers=key)
    assert unknown.status_code == 400


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_export_makes_the_same_bank_again(client: Client, key: dict[str, str], form: str) -> None:
    """What is exported can be imported and says the same."""
    make(client, key)
    add(
        client, key, *({"type": "sha256", "value": f"{n:064x}", "label": 'ملصق, "x"', "source": "s"} for n in range(30))
    )
    exported = client.get(f"/v1/banks/desk/export?format={form}", headers=key)
    assert exported.headers["content-type"].startswith({"csv": "text/csv", "ndjson": "application/x-ndjson"}[form])
    make(client, key, name="copy")
    told = client.post(f"/v1/banks/copy/import?name=a.{form}", content=exported.content, headers=key).json()
    assert (told["added"], told["refused"]) == (30, 0)
    again = client.get(f"/v1/banks/copy/export?format={form}", headers=key)
    assert sorted(again.content.splitlines()) == sorted(exported.content.splitlines())


def test_hunts_and_exchanges_are_listed(client: Client, house: House, key: dict[str, str]) -> None:
    """A search of what was screened before is listed with how far it got; exchanges are listed too."""
    bank_id = make(client, key)["id"]
    add(client, key, {"type": "sha256", "value": SHA})
    house.hunter.start(house.banker.find("desk"), "cli")
    listed = client.get("/v1/hunts", headers=key).json()["hunts"]
    assert [hunt["bank"] for hunt in listed] == [bank_id]
    assert {HuntState(hunt["state"]) for hunt in listed} <= {HuntState.RUNNING, HuntState.DONE}
    assert set(listed[0]) == {"id", "bank", "state", "started", "finished", "looked", "matched", "error"}
    assert isinstance(house.store.hunt(listed[0]["id"]), Hunt)
    assert client.get("/v1/exchanges", headers=key).json() == {"exchanges": []}


def test_no_such_bank(client: Client, key: dict[str, str]) -> None:
    """Every address below a bank that there is not says so."""
    for path in ("", "/signals", "/export", "/preview"):
        response = client.get(f"/v1/banks/nowhere{path}", headers=key)
        assert (response.status_code, response.json()["type"]) == (404, "urn:forestall:problem:not-found")
