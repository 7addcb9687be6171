"""The door as a program that speaks to HMA sees it: a client with a key, and pictures to send."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from PIL import Image, ImageDraw

from forestall.assembly import House, build
from forestall.doors.server import create_app
from forestall.model import ids
from forestall.model.settings import Settings
from forestall.review import keys
from tests.doors.api.conftest import Client, stored

Call = Callable[..., Any]


@pytest.fixture(scope="session")
def built() -> Iterator[House]:
    """A house that keeps nothing; building the box once is enough."""
    with build(Settings(), keep=False) as house:
        yield house


@pytest.fixture
def house(built: House) -> House:
    """A house with a fresh store and the door switched on."""
    return stored(built, Settings(hma=True))


@pytest.fixture
def secret(house: House) -> str:
    """An API key that may match and change banks."""
    return keys.create(house.store, "coop", ["match", "banks"], ids.now, ids.new_id)[1]


@pytest.fixture
def client(house: House, secret: str) -> Iterator[Client]:
    """A client that shows its key as HMA's users would through a proxy: in `X-API-Key`."""
    with TestClient(create_app(house)) as client:
        client.headers["X-API-Key"] = secret
        yield client


def picture(form: str = "PNG", mode: str = "RGB", turned: int = 0, seed: int = 3) -> bytes:
    """Draw a picture with enough detail to be recognised by, in a format and colour mode, turned by so many quarters."""
    image = Image.new("RGB", (320, 240), (30, 90, 160))
    draw = ImageDraw.Draw(image)
    for n in range(30):
        left, top = (n * 83 + seed * 131) % 280, (n * 57 + seed * 29) % 200
        draw.rectangle((left, top, left + 70, top + 34), fill=((n * 50) % 256, 255 - n * 8, (n * seed * 70) % 256))
    image = image.rotate(-90 * turned, expand=True)
    if mode == "P":
        image = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=128)
    elif mode != "RGB":
        image = image.convert(mode)
    out = io.BytesIO()
    image.save(out, form, **({"quality": 92} if form == "JPEG" else {}))
    return out.getvalue()


def plain(form: str = "PNG") -> bytes:
    """Give a picture without any detail."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 90, 90)).save(out, form)
    return out.getvalue()


@pytest.fixture
def bank(client: Client) -> str:
    """A bank as Coop makes one, whose ratio is a text."""
    response = client.post("/hma/c/banks", json={"name": "COOP_ORG_POSTERS", "enabled_ratio": "1"})
    assert (response.status_code, response.json()) == (201, {"name": "COOP_ORG_POSTERS", "matching_enabled_ratio": 1.0})
    return "COOP_ORG_POSTERS"


@pytest.fixture
def banked(client: Client, bank: str) -> Callable[..., dict[str, Any]]:
    """Banks a picture by upload and gives the answer."""

    def add(data: bytes = b"", name: str = bank) -> dict[str, Any]:
        files = {"photo": ("poster.png", data or picture(), "image/png")}
        response = client.post(f"/hma/c/bank/{name}/content", files=files)
        assert response.status_code == 200, response.text
        added: dict[str, Any] = response.json()
        return added

    return add


def sent(client: Client, data: bytes, address: str = "/hma/m/lookup", name: str = "a.bin") -> Any:
    """Send a file as a photo."""
    return client.post(address, files={"photo": (name, data, "application/octet-stream")})
