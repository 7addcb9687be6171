"""HMA's defects, one test each (D1 … D15 of our study of it): what evades or breaks it does neither here."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient
from PIL import Image

from forestall.assembly import House
from forestall.doors.server import create_app
from forestall.model import ids
from forestall.model.records import Change, Event, Exchange
from forestall.model.settings import Settings
from forestall.review import keys
from tests.doors.api.conftest import Client, stored
from tests.doors.hma.conftest import picture, plain, sent

Banked = Callable[..., dict[str, Any]]
BY_URL = (("GET", "/hma/h/hash"), ("GET", "/hma/m/lookup"), ("POST", "/hma/c/bank/POSTERS/content"))
HEX = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def looked_up(client: Client, value: str, **more: str) -> Any:
    """Look a PDQ hash up."""
    return client.get("/hma/m/lookup", params={"signal_type": "pdq", "signal": value, **more})


@pytest.mark.parametrize(
    ("form", "mode"), [("GIF", "P"), ("PNG", "P"), ("JPEG", "CMYK"), ("PNG", "LA"), ("TIFF", "RGB")]
)
def test_d1_other_colour_modes_are_the_same_picture(client: Client, banked: Banked, form: str, mode: str) -> None:
    """D1: a copy saved as GIF, palette PNG or CMYK JPEG is still found."""
    number = banked()["id"]
    matches = sent(client, picture(form, mode)).json()["pdq"]["COOP_ORG_POSTERS"]
    assert number in [match["bank_content_id"] for match in matches]


@pytest.mark.parametrize("copies", [1, 2, 4, 8])
def test_d2_a_single_hash_is_found(client: Client, house: House, copies: int) -> None:
    """D2: a bank that holds one hash is matched, and so are two, four or eight banks with the same one."""
    for n in range(copies):
        client.post("/hma/c/banks", json={"name": f"BANK_{n}"})
        client.post(f"/hma/c/bank/BANK_{n}/signal", json={"pdq": HEX})
    assert sorted(looked_up(client, HEX).json()) == [f"BANK_{n}" for n in range(copies)]


def test_d3_too_little_detail_is_no_error(client: Client, banked: Banked) -> None:
    """D3: a picture with too little detail has no hash and meets nothing; a file that is no picture is refused in words, not by a crash."""
    banked()
    response = sent(client, plain())
    assert (response.status_code, response.json().get("pdq", {})) == (200, {})
    assert sent(client, plain(), "/hma/h/hash").json() == {}
    for data in (b"no picture", b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 50):
        for address in ("/hma/m/lookup", "/hma/h/hash"):
            refused = sent(client, data, address)
            assert refused.status_code == 400
            assert "can't be read as a photo" in refused.json()["message"]


def test_d4_a_type_can_be_asked_and_set(client: Client) -> None:
    """D4: setting a type answers: on is on, and that one cannot be switched off is said."""
    assert {"name": "pdq", "enabled_ratio": 1.0} in client.get("/hma/c/signal_type").json()
    on = client.put("/hma/c/signal_type/pdq", json={"enabled_ratio": 1})
    assert (on.status_code, on.json()) == (200, {"name": "pdq", "enabled_ratio": 1.0})
    off = client.put("/hma/c/signal_type/pdq", json={"enabled_ratio": 0})
    assert (off.status_code, "switch off the banks" in off.json()["message"]) == (403, True)
    assert client.put("/hma/c/signal_type/nonsense", json={"enabled_ratio": 1}).status_code == 400


def test_d5_get_and_post_answer_alike(client: Client, banked: Banked) -> None:
    """D5: `bypass_coinflip` and `seed` mean the same on GET and POST: a bank that is off never matches, one that is on always does."""
    value = banked()["signals"]["pdq"]
    for extra in ({}, {"bypass_coinflip": "true"}, {"bypass_coinflip": "false", "seed": "x"}):
        assert list(looked_up(client, value, **extra).json()) == ["COOP_ORG_POSTERS"]
    files = {"photo": ("a.png", picture(), "image/png")}
    assert client.post("/hma/m/lookup?bypass_coinflip=true", files=files).json()["pdq"]
    assert looked_up(client, value, bypass_coinflip="perhaps").status_code == 400
    client.put("/hma/c/bank/COOP_ORG_POSTERS", json={"enabled_ratio": 0})
    assert looked_up(client, value, bypass_coinflip="true").json() == {}


def test_d5_an_exchange_is_given_as_it_is(client: Client, house: House) -> None:
    """D5: switching an exchange answers with the exchange, not with the names of its fields run together."""
    now = house.clock()
    bank = house.banker.create("b", "cli")
    later = "2999-01-01T00:00:00.000Z"
    exchange = Exchange("e1", "PARTNER", "tcap", bank.id, options={"user": "us"}, due=later, created=now)
    house.store.submit(Change((Event("exchange:added", "e1", now),), (exchange,))).result()
    answer = client.put("/hma/c/exchange/PARTNER", json={"enabled": False})
    assert (answer.status_code, answer.json()) == (200, {"name": "PARTNER", "api": "tcap", "enabled": False})
    assert client.get("/hma/c/exchange/PARTNER").json()["enabled"] is False
    assert client.get("/hma/c/exchanges").json() == ["PARTNER"]
    assert client.get("/hma/c/exchange/PARTNER/status").json()["last_fetch_time"] == 0
    assert client.delete("/hma/c/exchange/PARTNER").status_code == 403


def test_d6_content_is_reached_through_its_own_bank(client: Client, banked: Banked) -> None:
    """D6: content is neither read, changed nor deleted through another bank."""
    client.post("/hma/c/banks", json={"name": "OTHER"})
    added = banked()
    there, elsewhere = (f"/hma/c/bank/{name}/content/{added['id']}" for name in ("COOP_ORG_POSTERS", "OTHER"))
    for method in ("GET", "DELETE"):
        assert client.request(method, elsewhere).status_code == 404
    assert client.put(elsewhere, json={"disable_until_ts": 9}).status_code == 404
    assert client.get(there).status_code == 200
    assert looked_up(client, added["signals"]["pdq"]).json()


def test_d7_what_is_deleted_or_disabled_is_gone_at_once(client: Client, house: House, banked: Banked) -> None:
    """D7: deleted and disabled content is no longer in `raw_lookup` in the very next request."""
    added = banked()
    path, value = f"/hma/c/bank/COOP_ORG_POSTERS/content/{added['id']}", added["signals"]["pdq"]

    def raw() -> list[int]:
        found: list[int] = client.get(f"/hma/m/raw_lookup?signal_type=pdq&signal={value}").json()["matches"]
        return found

    assert raw() == [added["id"]]
    client.put(path, json={"disable_until_ts": 1_900_000_000})
    assert raw() == []
    client.put(path, json={"disable_until_ts": 0})
    assert raw() == [added["id"]]
    assert client.delete(path).json() == {"deleted": 1}
    assert raw() == []
    assert client.get(path).status_code == 404
    assert house.store.signals([added["id"]]), "deleting destroys nothing"


@pytest.mark.parametrize("hosts", [(), ("files.example",), (".example", "localhost", "127.0.0.1")])
def test_d9_no_address_is_fetched_that_nobody_allowed(built: House, hosts: tuple[str, ...]) -> None:
    """D9: unless an operator names a host none is asked, and then no other, none that leads inside, and no favourite of ours."""
    house = stored(built, Settings(hma=True, fetch_hosts=hosts))
    secret = keys.create(house.store, "coop", ["match", "banks"], ids.now, ids.new_id)[1]
    with TestClient(create_app(house)) as client:
        client.headers["X-API-Key"] = secret
        client.post("/hma/c/banks", json={"name": "POSTERS"})
        for address in (
            "http://127.0.0.1:1/x.png",
            "http://localhost/",
            "http://169.254.169.254/",
            "https://github.com/x.png",
        ):
            for method, path in BY_URL:
                response = client.request(method, path, params={"url": address})
                assert response.status_code == 403, response.text
                assert list(response.json()) == ["message"]
                assert "send the file itself" in response.json()["message"]


def test_d13_hex_as_people_write_it_and_turned_copies(client: Client, banked: Banked) -> None:
    """D13: upper-case hex is a hash, white space around one is no part of it, and turned or EXIF-turned copies are found by the server."""
    added = banked()
    value = added["signals"]["pdq"]
    for written in (value, value.upper(), f"{value}\n", f"  {value}"):
        assert list(looked_up(client, written).json()) == ["COOP_ORG_POSTERS"]
    assert looked_up(client, value[:-1]).status_code == 400
    for quarters in (1, 2, 3):
        assert sent(client, picture(turned=quarters)).json()["pdq"]["COOP_ORG_POSTERS"]
    image = Image.open(io.BytesIO(picture("JPEG", turned=1)))
    exif = Image.Exif()
    exif[0x0112] = 8
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    assert sent(client, out.getvalue(), "/hma/h/hash").json()["pdq"]


def test_d14_uploads_are_bounded(client: Client, house: House) -> None:
    """D14: a file that would unpack to more than is allowed is refused in words, and an upload has a limit without being given one."""
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    refused = sent(client, bomb.getvalue())
    assert (refused.status_code, "can't be read as a photo" in refused.json()["message"]) == (400, True)
    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(10**12)}
    assert client.post("/hma/h/hash", content=b"--x--", headers=headers).status_code == 413
