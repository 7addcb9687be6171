"""By address, as Coop asks: `url=` is fetched from the hosts an operator named, and hashed, looked up and banked like an upload."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from forestall.assembly import House
from forestall.doors.api.problems import Wrong
from forestall.doors.hma import fetching
from forestall.doors.server import create_app
from forestall.model import ids
from forestall.model.bank import BankState
from forestall.model.content import Attachment
from forestall.model.settings import Settings
from forestall.review import keys
from tests.doors.api.conftest import Client, stored
from tests.doors.hma.conftest import picture, plain
from tests.exchange.partner import Asked, Partner, Played

LARGEST = 2_000_000
HERE = ("127.0.0.1",)


@pytest.fixture
def files() -> Iterator[Partner]:
    """A host of files, on a port of its own."""
    with Partner(_served, lambda _asked: True) as host:
        yield host


@pytest.fixture
def house(built: House) -> House:
    """A house that may fetch from that host."""
    return stored(built, Settings(hma=True, fetch_hosts=HERE, fetch_private_hosts=HERE, max_file_bytes=LARGEST))


def _served(asked: Asked) -> Played:
    """Serve a picture as a picture, as a film, as bytes and compressed; and some that are none."""
    kinds = {"/p.png": "image/png", "/film.mp4": "video/mp4", "/none": "", "/bytes": "application/octet-stream"}
    if asked.path in kinds:
        return Played(body=picture(), headers={"content-type": kinds[asked.path]})
    others = {
        "/plain.png": Played(body=plain(), headers={"content-type": "image/png"}),
        "/page.png": Played(body=b"<html>no picture</html>", headers={"content-type": "image/png"}),
        "/large.png": Played(body=bytes(LARGEST + 1), headers={"content-type": "image/png"}),
        "/half.png": Played(body=picture(), headers={"content-type": "image/png"}, cut=500),
        "/moved.png": Played(302, headers={"location": "/p.png"}),
        "/inside.png": Played(302, headers={"location": "http://localhost/secret.png"}),
    }
    return others.get(asked.path, Played(404))


def test_a_file_is_hashed_by_its_address(client: Client, files: Partner) -> None:
    """`/h/hash?url=` gives what an upload of the file gives, through a redirect too; a picture with too little detail has none."""
    uploaded = client.post("/hma/h/hash", files={"photo": ("p.png", picture(), "image/png")}).json()
    assert list(uploaded) == ["pdq"]
    for path in ("/p.png", "/moved.png"):
        response = client.get("/hma/h/hash", params={"url": files.address + path})
        assert (response.status_code, response.json()) == (200, uploaded), response.text
    assert client.get("/hma/h/hash", params={"url": f"{files.address}/plain.png"}).json() == {}


@pytest.mark.parametrize("path", ["/film.mp4", "/none", "/bytes"])
def test_what_a_file_is_decides_and_not_what_its_host_says(client: Client, files: Partner, path: str) -> None:
    """A picture served as a film, as bytes or as nothing is hashed as the picture it is."""
    assert list(client.get("/hma/h/hash", params={"url": files.address + path}).json()) == ["pdq"]


def test_the_content_type_asked_for_counts(client: Client, files: Partner) -> None:
    """`content_type` and `types` say what is taken; one that does not exist is refused before anything is fetched."""
    address = f"{files.address}/p.png"
    as_video = client.get("/hma/h/hash", params={"url": address, "content_type": "video", "types": "video_md5"})
    assert list(as_video.json()) == ["video_md5"]
    as_photo = client.get("/hma/h/hash", params={"url": address, "content_type": "photo"})
    assert list(as_photo.json()) == ["pdq"]
    asked = len(files.asked)
    for query in ({"content_type": "smell"}, {"content_type": "photo", "types": "video_md5"}):
        assert client.get("/hma/h/hash", params={"url": address, **query}).status_code == 400
    assert client.get("/hma/h/hash").json()["message"].startswith("`url` is required")
    assert len(files.asked) == asked


def test_a_file_is_banked_and_looked_up_by_its_address(client: Client, house: House, bank: str, files: Partner) -> None:
    """What was banked by its address is met by its address, with the note that came with it, and in the shape of an upload."""
    address = f"{files.address}/p.png"
    query = {"url": address, "content_id": "case-7", "metadata": '{"by": "coop"}'}
    added: dict[str, Any] = client.post(f"/hma/c/bank/{bank}/content", params=query).json()
    assert set(added) == {"id", "signals"}
    (signal,) = house.store.signals([added["id"]])
    assert "case-7" in signal.opinions[0].note
    found = client.get("/hma/m/lookup", params={"url": address, "content_type": "photo"}).json()
    assert found == {"pdq": {bank: [{"bank_content_id": added["id"], "distance": "0"}]}}
    assert found == client.post("/hma/m/lookup", files={"photo": ("p.png", picture(), "image/png")}).json()
    assert client.get("/hma/m/lookup", params={"url": address, "banks": "OTHER"}).json() == {"pdq": {}}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/absent.png", (502, "answered 404")),
        ("/half.png", (502, "broke off")),
        ("/large.png", (502, "larger than")),
        ("/page.png", (400, "neither a photo nor a video")),
        ("/inside.png", (403, "not fetched from `localhost`")),
    ],
)
def test_what_goes_wrong_is_said(client: Client, bank: str, files: Partner, path: str, told: tuple[int, str]) -> None:
    """Every failure is answered in HMA's shape with what happened and what to do, and banks nothing."""
    for method, address in (("GET", "/hma/h/hash"), ("GET", "/hma/m/lookup"), ("POST", f"/hma/c/bank/{bank}/content")):
        response = client.request(method, address, params={"url": f"{files.address}{path}?token=hush"})
        assert (response.status_code, list(response.json())) == (told[0], ["message"])
        assert told[1] in response.json()["message"]
        assert "hush" not in response.text
    assert client.get("/hma/m/index/status?signal_type=pdq").json()["pdq"]["size"] == 0


def test_a_key_is_asked_for_before_anything_is_fetched(house: House, files: Partner) -> None:
    """Without a key nothing is fetched, and a key that may only match banks nothing by its address."""
    with TestClient(create_app(house)) as client:
        assert client.get("/hma/h/hash", params={"url": f"{files.address}/p.png"}).status_code == 401
        house.banker.create("B", "cli", state=BankState.LIVE)
        client.headers["X-API-Key"] = keys.create(house.store, "m", ["match"], ids.now, ids.new_id)[1]
        refused = client.post("/hma/c/bank/B/content", params={"url": f"{files.address}/p.png"})
        assert refused.status_code == 403
        assert client.post("/hma/c/bank/B/content", params={"url": "x"}).status_code == 403
    assert not files.asked


def test_slow_hosts_do_not_hold_everybody_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """While as many files as may be fetched are under way, further callers are told to come again, and everything else is answered."""
    let_go, begun = threading.Event(), threading.Semaphore(0)

    class Slow:
        """Stands for a house whose hosts do not answer."""

        def fetch(self, url: str) -> Attachment:
            """Answer once it is let go."""
            begun.release()
            let_go.wait(30)
            return Attachment(url, b"")

    async def many() -> list[Any]:
        """Ask for more files than may wait."""
        slow: Any = Slow()
        asked = [asyncio.create_task(fetching.fetched(slow, str(n))) for n in range(fetching.MOST_WAITING)]
        await asyncio.to_thread(begun.acquire)
        with pytest.raises(Wrong) as busy:
            await fetching.fetched(slow, "one more")
        assert busy.value.kind == "busy"
        assert (await asyncio.to_thread(client.get, "/hma/c/banks")).status_code == 200
        let_go.set()
        return await asyncio.gather(*asked)

    assert [attachment.name for attachment in asyncio.run(many())] == [str(n) for n in range(fetching.MOST_WAITING)]
