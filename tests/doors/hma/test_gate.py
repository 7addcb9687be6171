"""The gate: off unless switched on, a key like everywhere else, and without one only where that is allowed, from this machine."""

import re
from collections.abc import Iterator, Mapping

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from forestall.assembly import House
from forestall.doors.api.keys import SCOPES
from forestall.doors.hma import gate
from forestall.doors.hma.gate import is_local
from forestall.doors.server import create_app
from forestall.model import ids
from forestall.model.settings import Settings
from forestall.review import keys
from tests.doors.api.conftest import Client, stored


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Give method, address and handler of every route of the door."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/hma"):
            for handler in route.route_handlers:
                for method in map(str, handler.http_methods):
                    if method != "OPTIONS":
                        yield method, re.sub(r"\{\w+(?:Number)?\}", "1", route.path_format), handler


def test_it_is_off_by_default(built: House) -> None:
    """Without the setting there is nothing under /hma."""
    with TestClient(create_app(stored(built))) as client:
        assert client.get("/hma/status").status_code == 404
        assert client.get("/hma/m/raw_lookup").status_code == 404


def test_only_the_status_is_open(built: House, house: House) -> None:
    """Every address but the status answers 401 without a key and with a wrong one, and 403 with a key for something else."""
    _, secret = keys.create(house.store, "other", ["screen"], ids.now, ids.new_id)
    opened = set()
    with TestClient(create_app(house)) as client:
        for method, address, handler in routes(create_app(house)):
            if not handler.opt[SCOPES]:
                opened.add(address)
                assert client.request(method, address).text == "I-AM-ALIVE"
                continue
            assert set(handler.opt[SCOPES]) <= {"match", "banks"}
            assert client.request(method, address).status_code == 401, address
            assert client.request(method, address, headers={"X-API-Key": "fsk_x"}).status_code == 401
            assert client.request(method, address, headers={"X-API-Key": secret}).status_code == 403
    assert opened == {"/hma/status", "/hma/status/live"}


def test_changing_needs_the_scope_for_it(client: Client, house: House) -> None:
    """A key that may match changes nothing."""
    _, secret = keys.create(house.store, "matcher", ["match"], ids.now, ids.new_id)
    only = {"X-API-Key": secret}
    assert client.get("/hma/c/banks", headers=only).status_code == 200
    for method, address, handler in routes(create_app(house)):
        changes = method in ("PUT", "DELETE") or (method == "POST" and address.startswith("/hma/c/"))
        assert (handler.opt[SCOPES] == ("banks",)) == changes, (method, address)
    assert client.post("/hma/c/banks", json={"name": "X"}, headers=only).status_code == 403


def test_a_key_in_either_header(client: Client, secret: str) -> None:
    """`Authorization: Bearer` and `X-API-Key` are the same; both at once are neither."""
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/hma/c/banks").status_code == 200
    assert client.get("/hma/c/banks", headers=bearer).status_code == 401
    del client.headers["X-API-Key"]
    assert client.get("/hma/c/banks", headers=bearer).status_code == 200


def local(host: str = "127.0.0.1:8080", client: str = "127.0.0.1", headers: Mapping[str, str] | None = None) -> bool:
    """Ask the gate about a request."""
    pairs = {"host": host, **(headers or {})}
    found = [(name.encode(), value.encode()) for name, value in pairs.items()]
    return is_local({"type": "http", "headers": found, "client": (client, 5)})  # type: ignore[typeddict-item]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "localhost:8080", "[::1]:8080", "127.0.0.1"])
def test_this_machine(host: str) -> None:
    """A program on this machine that asks for this machine is let in."""
    assert local(host)
    assert local(host, "::1")


@pytest.mark.parametrize(
    ("host", "client", "headers"),
    [
        ("127.0.0.1", "192.0.2.7", {}),
        ("127.0.0.1", "10.0.0.1", {}),
        ("rebound.example:8080", "127.0.0.1", {}),
        ("", "127.0.0.1", {}),
        ("localhost", "127.0.0.1", {"x-forwarded-for": "192.0.2.7"}),
        ("localhost", "127.0.0.1", {"forwarded": "for=127.0.0.1"}),
        ("localhost", "127.0.0.1", {"x-real-ip": "127.0.0.1"}),
        ("localhost", "127.0.0.1", {"origin": "https://evil.example"}),
        ("localhost", "127.0.0.1", {"sec-fetch-site": "cross-site"}),
    ],
)
def test_nobody_else(host: str, client: str, headers: dict[str, str]) -> None:
    """Other machines, what a proxy passes on, web pages, and names that were made to lead here are not this machine."""
    assert not local(host, client, headers)


def test_open_on_loopback_only_where_allowed(built: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key nothing is answered unless the setting allows it; with it, a wrong key is still wrong."""
    monkeypatch.setattr(gate, "_is_loopback", lambda address: address == "testclient")
    here = {"host": "localhost:8080"}
    for allowed in (False, True):
        house = stored(built, Settings(hma=True, hma_open_on_loopback=allowed))
        with TestClient(create_app(house)) as client:
            assert client.get("/hma/c/banks", headers=here).status_code == (200 if allowed else 401)
            assert client.post("/hma/c/banks", json={"name": "X"}, headers=here).status_code == (
                201 if allowed else 401
            )
            assert client.get("/hma/c/banks").status_code == 401
            assert client.get("/hma/c/banks", headers={**here, "X-API-Key": "fsk_x"}).status_code == 401
            assert client.get("/hma/c/banks", headers={**here, "X-Forwarded-For": "192.0.2.7"}).status_code == 401
