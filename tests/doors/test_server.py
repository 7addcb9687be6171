"""The server: what it logs and does not log, what it bounds, where it listens, and how it stops."""

import asyncio
import http.client
import io
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import structlog
import uvicorn
from litestar.testing import TestClient
from uvicorn.server import ServerState

from forestall.assembly import House, build
from forestall.doors import server
from forestall.doors.server import BoundedHttp, create_app, serve
from forestall.model import ids
from forestall.model.errors import BadSetting
from forestall.model.settings import Settings
from forestall.review import keys

PROGRAM = """
import sys
from forestall.assembly import build
from forestall.doors.server import serve
from forestall.model import ids
from forestall.model.settings import Settings
from forestall.review import keys

with build(Settings(data=sys.argv[1])) as house:
    _, secret = keys.create(house.store, "test", ["screen"], ids.now, ids.new_id)
    serve(house, "127.0.0.1", 0, lambda address: print(address, secret, flush=True))
    size = house.store.ledger_size()
print("closed", size, flush=True)
"""
"""Serves a house on a free port, says where and with which key, and says in the end that the house was closed."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house on SQLite."""
    with build(Settings(data=str(tmp_path_factory.mktemp("data")))) as house:
        yield house


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """What the server logs; structlog is as before afterwards."""
    before = structlog.get_config()
    stream = io.BytesIO()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(sort_keys=True)],
        logger_factory=structlog.PrintLoggerFactory(io.TextIOWrapper(stream, "utf-8", write_through=True)),
        cache_logger_on_first_use=False,
    )
    yield stream
    structlog.configure(**before)


def test_requests_are_logged_without_what_they_say(house: House, log: io.BytesIO) -> None:
    """A request leaves one line with id, route, method, status, time and key; no text, id, address, name or secret."""
    key, secret = keys.create(house.store, "Zebra platform", ["screen", "read"], ids.now, ids.new_id)
    headers = {"Authorization": f"Bearer {secret}"}
    with TestClient(create_app(house)) as client:
        response = client.post("/v1/screen", json={"id": "zebra-1", "text": "zebra text"}, headers=headers)
        client.get("/v1/contents/zebra-1?zebra", headers=headers)
        client.get("/zebra")
        client.get("/healthz")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["route"] for line in lines] == ["/v1/screen", "/v1/contents/{content_id}", "unknown"]
    first = lines[0]
    assert (first["event"], first["method"], first["status"], first["key"]) == ("request", "POST", 200, key.id)
    assert first["request"] == response.headers["x-request-id"]
    assert first["ms"] >= 0
    raw = log.getvalue().decode().lower()
    assert "zebra" not in raw
    assert secret.lower() not in raw


def test_sqlite_keeps_what_was_answered(house: House) -> None:
    """On SQLite too, an answered decision can be read back, by the API and in the ledger."""
    _, secret = keys.create(house.store, "a platform", ["screen", "read"], ids.now, ids.new_id)
    headers = {"Authorization": f"Bearer {secret}"}
    with TestClient(create_app(house)) as client:
        items = [{"id": f"sqlite-{n}", "text": f"number {n}"} for n in range(100)]
        results = client.post("/v1/screen", json={"items": items}, headers=headers).json()["results"]
        assert client.post("/v1/screen", json={"items": items}, headers=headers).json()["results"] == results
        for result in results[::25]:
            given = client.get(f"/v1/decisions/{result['decision']}", headers=headers).json()
            assert given["content"] == result["id"]
            assert [row.tag for row in house.store.ledger_of(result["decision"])] == ["decision:made"]


def test_the_front_leads_to_the_console(house: House) -> None:
    """A browser that asks for the server itself is led to the console."""
    with TestClient(create_app(house)) as client:
        response = client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/console/")


def test_an_address_in_use_is_named(house: House) -> None:
    """A port that is taken, or a host that is not ours, is an error with a next step, before anything is served."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(BadSetting, match="cannot be listened on"):
        serve(house, "127.0.0.1", taken.getsockname()[1])
    with pytest.raises(BadSetting, match="cannot be listened on"):
        serve(house, "192.0.2.1", 0)


class _Wire:
    """One connection to an application that reads bodies and answers `ok`, without a network."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.bodies: list[bytes] = []
        self.cut_off = False
        self.transport = Mock()
        self.transport.is_closing.return_value = False
        self.transport.get_extra_info.return_value = None
        self.transport.close.side_effect = lambda: setattr(self.transport.is_closing, "return_value", True)
        config = uvicorn.Config(self._app, log_config=None, lifespan="off", interface="asgi3")
        config.load()
        self.http = BoundedHttp(config, ServerState(), {}, loop)
        self.http.connection_made(self.transport)

    async def _app(self, _scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    @property
    def written(self) -> bytes:
        """Everything answered."""
        return b"".join(call.args[0] for call in self.transport.write.call_args_list)


def _talk(*pieces: bytes, pause: float = 0.0) -> _Wire:
    """Send pieces over one connection and give it."""

    async def run() -> _Wire:
        wire = _Wire(asyncio.get_running_loop())
        for piece in pieces:
            if not wire.transport.is_closing():
                wire.http.data_received(piece)
            await asyncio.sleep(0)
        await asyncio.sleep(pause or 0.01)
        wire.cut_off = wire.transport.is_closing()
        wire.http.connection_lost(None)
        return wire

    return asyncio.run(run())


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"X: ", *[b"a" * 16_384] * 8],
        [HEAD, *[b"X: " + b"a" * 1_000 + b"\r\n"] * 100],
        [b"GET /" + b"a" * 100_000],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", *[b"T: " + b"a" * 1_000 + b"\r\n"] * 100],
    ],
    ids=["one header", "many headers", "address", "trailers"],
)
def test_a_head_without_end_is_cut_off(pieces: list[bytes]) -> None:
    """Whoever sends headers, an address or trailers without end is cut off after 64 KiB."""
    wire = _talk(*pieces)
    assert wire.cut_off
    assert b"400 Bad Request" in wire.written
    assert not wire.bodies


def test_bodies_do_not_count_as_head() -> None:
    """Large bodies, whole, in small chunks or one after the other, arrive."""
    whole = HEAD + b"Content-Length: 200000\r\n\r\n"
    chunks = [b"400\r\n" + b"c" * 1_024 + b"\r\n"] * 5_000
    wire = _talk(whole, *[b"w" * 50_000] * 4, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n")
    assert [len(body) for body in wire.bodies] == [200_000, 5_000 * 1_024]
    assert wire.written.count(b"200 OK") == 2


def test_a_slow_head_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins a request and does not finish its head is cut off; one that was whole is not."""
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.05)
    assert _talk(HEAD, pause=0.2).cut_off
    assert not _talk(HEAD + b"Content-Length: 1\r\n\r\n", pause=0.2).cut_off


def test_stopping_finishes_what_was_begun(tmp_path: Path) -> None:
    """A server asked to stop answers what it has begun, closes the house, and ends without an error."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address, _, secret = process.stdout.readline().strip().partition(" ")
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        body = json.dumps({"items": [{"id": str(n), "text": f"number {n}"} for n in range(1_000)]}).encode()
        connection.putrequest("POST", "/v1/screen")
        for name, value in (
            ("Authorization", f"Bearer {secret}"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ):
            connection.putheader(name, value)
        connection.endheaders(body[:-1])
        # An answer to somebody who came later shows that the first request was taken up.
        second = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        second.request("GET", "/healthz")
        second.getresponse().read()
        second.close()
        process.send_signal(signal.SIGTERM)
        connection.send(body[-1:])
        response = connection.getresponse()
        assert response.status == 200
        assert "server" not in {name.lower() for name, _ in response.getheaders()}
        assert len(json.loads(response.read())["results"]) == 1_000
        out, log = process.communicate(timeout=60)
        assert process.returncode == 0, log
        assert out.split() == ["closed", "2001"]
        assert [json.loads(line)["event"] for line in log.splitlines()] == ["request"]
    finally:
        process.kill()
        process.communicate()
