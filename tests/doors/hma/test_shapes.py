"""The shapes that HMA's clients parse, walked through as Coop does: make a bank, fill it, look up, change, delete."""

from collections.abc import Callable
from typing import Any

import pytest

from forestall.assembly import House
from forestall.doors.hma import translate
from forestall.model.bank import BankState, Entry, Opinion, Purpose
from forestall.model.records import Exchange
from tests.doors.api.conftest import Client
from tests.doors.hma.conftest import picture, sent

Banked = Callable[..., dict[str, Any]]
HEX = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
NEAR = f"{HEX[:-1]}0"


def test_hash_of_a_file(client: Client) -> None:
    """`/h/hash` gives type → value; one file, in a field that names its kind."""
    hashes = sent(client, picture(), "/hma/h/hash").json()
    assert list(hashes) == ["pdq"]
    assert len(hashes["pdq"]) == 64
    assert sent(client, picture(), "/hma/h/hash?types=pdq").json() == hashes
    for address, files in (
        ("/hma/h/hash", {"thing": ("a", b"x")}),
        ("/hma/h/hash", {}),
        ("/hma/h/hash?types=nonsense", {"photo": ("a", picture())}),
        ("/hma/h/hash?types=video_md5", {"photo": ("a", picture())}),
    ):
        response = client.post(address, files=files)
        assert response.status_code == 400
        assert list(response.json()) == ["message"]


def test_a_film_is_known_by_its_bytes(client: Client, bank: str) -> None:
    """A file sent as a video gives `video_md5`, under which a copy is found."""
    added = client.post(f"/hma/c/bank/{bank}/content", files={"video": ("a.mp4", b"not really a film")}).json()
    assert len(added["signals"]["video_md5"]) == 32
    found = client.post("/hma/m/lookup", files={"video": ("b.mp4", b"not really a film")}).json()
    assert found["video_md5"][bank] == [{"bank_content_id": added["id"], "distance": "0"}]


def test_lookups(client: Client, bank: str) -> None:
    """`raw_lookup` gives ids, distances as texts if asked, `lookup` the same under the names of banks; `banks` narrows both."""
    number = client.post(f"/hma/c/bank/{bank}/signal", json={"pdq": HEX}).json()["id"]
    client.post("/hma/c/banks", json={"name": "OTHER"})
    other = client.post("/hma/c/bank/OTHER/signal", json={"pdq": NEAR}).json()["id"]
    asked = {"signal_type": "pdq", "signal": HEX}
    assert client.get("/hma/m/raw_lookup", params=asked).json() == {"matches": [number, other]}
    far = client.get("/hma/m/raw_lookup", params={**asked, "include_distance": "true"}).json()["matches"]
    assert far == [{"bank_content_id": number, "distance": "0"}, {"bank_content_id": other, "distance": "1"}]
    both = client.get("/hma/m/lookup", params=asked).json()
    assert both == {bank: [far[0]], "OTHER": [far[1]]}
    assert client.get("/hma/m/lookup", params={**asked, "banks": f"{bank},NONE"}).json() == {bank: [far[0]]}
    assert client.get("/hma/m/raw_lookup", params={**asked, "banks": "OTHER"}).json() == {"matches": [other]}
    for wrong in (
        {"signal_type": "pdq"},
        {"signal": HEX},
        {"signal_type": "x", "signal": HEX},
        {**asked, "signal": "z"},
    ):
        response = client.get("/hma/m/lookup", params=wrong)
        assert (response.status_code, list(response.json())) == (400, ["message"])


def test_addresses_with_two_slashes(client: Client, bank: str) -> None:
    """Coop joins its `HMA_SERVICE_URL` that ends in a slash to a path that begins with one."""
    assert client.get(f"/hma//c/bank/{bank}").json() == {"name": bank, "matching_enabled_ratio": 1.0}


def test_compare(client: Client) -> None:
    """Two values of a type are compared: whether they match, and how far they are apart."""
    assert client.post("/hma/m/compare", json={"pdq": [HEX, NEAR]}).json() == {"pdq": [True, {"distance": 1}]}
    far = client.post("/hma/m/compare", json={"pdq": [HEX, "0" * 64], "video_md5": ["ab" * 16, "AB" * 16]}).json()
    assert far["pdq"][0] is False
    assert far["video_md5"] == [True, {"distance": 0}]
    wrongs: list[object] = [{"pdq": [HEX]}, {"x": [HEX, HEX]}, {"pdq": [HEX, "z"]}, []]
    for wrong in wrongs:
        assert client.post("/hma/m/compare", json=wrong).status_code == 400


def test_the_life_of_a_bank(client: Client, house: House, bank: str, banked: Banked) -> None:
    """A bank is listed, renamed, switched off and on, and deleted, after which its name is free and its record still there."""
    added = banked()
    assert client.get("/hma/c/banks").json() == [{"name": bank, "matching_enabled_ratio": 1.0}]
    again = client.post("/hma/c/banks", json={"name": bank})
    assert (again.status_code, "exists already" in again.json()["message"]) == (403, True)
    off = client.put(f"/hma/c/bank/{bank}", json={"enabled": False}).json()
    assert off == {"name": bank, "matching_enabled_ratio": 0.0}
    renamed = client.put(f"/hma/c/bank/{bank}", json={"name": "NEW", "enabled_ratio": 1}).json()
    assert renamed == {"name": "NEW", "matching_enabled_ratio": 1.0}
    for ratio in (0.5, "x", -1):
        assert client.put("/hma/c/bank/NEW", json={"enabled_ratio": ratio}).status_code == 400
    held = house.store.bank_named("NEW")
    assert held is not None
    assert client.delete("/hma/c/bank/NEW").json() == {"message": "Done"}
    assert client.get("/hma/c/bank/NEW").status_code == 404
    assert client.get("/hma/c/banks").json() == []
    gone = house.store.bank(held.id)
    assert gone is not None
    assert gone.state is BankState.OFF
    (signal,) = house.store.signals([added["id"]])
    assert [bool(opinion.withdrawn) for opinion in signal.opinions] == [True]
    assert client.post("/hma/c/banks", json={"name": "NEW"}).status_code == 201
    assert banked(name="NEW")["id"] != added["id"]


def test_content_is_shown_and_comes_back(client: Client, bank: str, banked: Banked) -> None:
    """Banked content has HMA's fields; content that was deleted and is banked again matches again."""
    added = banked()
    path = f"/hma/c/bank/{bank}/content/{added['id']}"
    shown = client.get(f"{path}?include_signals=true").json()
    assert shown == {
        "id": added["id"],
        "disable_until_ts": 0,
        "collab_metadata": {"hma": []},
        "original_media_uri": None,
        "bank": {"name": bank, "matching_enabled_ratio": 1.0},
        "signals": added["signals"],
    }
    assert "signals" not in client.get(path).json()
    assert client.put(path, json={"disable_until_ts": 1_900_000_000}).json()["disable_until_ts"] == 1_900_000_000
    for stamp in (-1, 10**12, "x"):
        assert client.put(path, json={"disable_until_ts": stamp}).status_code == 400
    client.delete(path)
    assert banked() == added
    assert sent(client, picture()).json()["pdq"][bank]


def test_other_sources_are_not_taken_back(client: Client, house: House, bank: str) -> None:
    """Deleting content that a partner stands by stops it from matching and leaves what the partner said."""
    held = house.store.bank_named(bank)
    assert held is not None
    house.banker.add(held, [Entry("pdq", HEX, Opinion("a partner"))], "cli")
    number = client.get(f"/hma/m/raw_lookup?signal_type=pdq&signal={HEX}").json()["matches"][0]
    assert client.delete(f"/hma/c/bank/{bank}/content/{number}").json() == {"deleted": 1}
    assert client.get(f"/hma/m/raw_lookup?signal_type=pdq&signal={HEX}").json() == {"matches": []}
    (signal,) = house.store.signals([number])
    assert [(opinion.source, opinion.withdrawn) for opinion in signal.opinions] == [("a partner", "")]


def test_allow_banks_excuse(client: Client, house: House, bank: str) -> None:
    """What an allow bank knows is not given as a match, because HMA's clients would read it as one."""
    client.post(f"/hma/c/bank/{bank}/signal", json={"pdq": HEX})
    innocent = house.banker.create("innocent", "cli", purpose=Purpose.ALLOW)
    house.banker.add(innocent, [Entry("pdq", HEX, Opinion("s"))], "cli")
    assert client.get(f"/hma/m/lookup?signal_type=pdq&signal={HEX}").json() == {}


def test_status_of_the_index(client: Client, bank: str) -> None:
    """The index is there and counts what is banked; both reports agree."""
    client.post(f"/hma/c/bank/{bank}/signal", json={"pdq": HEX, "video_md5": "ab" * 16})
    status = client.get("/hma/m/index/status").json()
    assert {name: one["size"] for name, one in status.items() if one["present"]} == {"pdq": 1, "video_md5": 1}
    only = client.get("/hma/m/index/status?signal_type=pdq").json()
    assert (list(only), only["pdq"]["built_to"] > 1_700_000_000) == (["pdq"], True)
    index = client.get("/hma/c/signal_type/index").json()["pdq"]
    assert (index["db_size"], index["index_size"], index["index_out_of_date"]) == (1, 1, False)
    assert client.get("/hma/m/index/status?signal_type=x").status_code == 400
    assert client.get("/hma/c/content_type").json() == [
        {"name": "photo", "enabled": True},
        {"name": "video", "enabled": True},
    ]


def test_exchanges(client: Client, house: House) -> None:
    """Exchanges are shown without their token, and made and ended elsewhere."""
    assert client.get("/hma/c/exchanges").json() == []
    assert client.post("/hma/c/exchanges", json={}).status_code == 403
    assert client.get("/hma/c/exchange/x").status_code == 404
    assert "tcap" in client.get("/hma/c/exchanges/apis").json()
    exchange = Exchange("e", "PARTNER", "tcap", "b", last_success="2026-01-02T03:04:05.000Z", last_error="401")
    assert translate.exchange_shape(exchange) == {"name": "PARTNER", "api": "tcap", "enabled": True}
    told = translate.fetch_shape(exchange)
    assert told == {"last_fetch_time": 1_767_323_045, "checkpoint_time": 1_767_323_045, "success": False}


def test_names_as_coop_makes_them(client: Client) -> None:
    """A name that begins with an organisation's id is taken, deleted and taken again, up to 128 characters."""
    name = "COOP_7F3A9C12-0D4E-4B6A-9E55-1C2D3E4F5A6B_".ljust(128, "X")
    for _ in range(2):
        assert client.post("/hma/c/banks", json={"name": name, "enabled_ratio": "1"}).status_code == 201
        assert client.delete(f"/hma/c/bank/{name}").status_code == 200


@pytest.mark.parametrize("name", ["", " ", "A~B", "x" * 129, "a\nb"])
def test_names_that_no_bank_has(client: Client, name: str) -> None:
    """A name that cannot be one is refused in words."""
    response = client.post("/hma/c/banks", json={"name": name})
    assert (response.status_code, list(response.json())) == (400, ["message"])
