"""A partner's service on this machine: plays payloads back, and any failure a test asks for."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

PAYLOADS = Path(__file__).parent / "payloads" / "signals"
"""Signal lists and pages in the shapes their services write, about organisations that do not exist."""


FILES = {
    "own.csv": "csv",
    "tcap-urls.csv": "tcap-csv",
    "tcap-v1.json": "tcap-v1",
    "tcap-v2-page-1.json": "tcap-v2",
    "tcap-urls-page-1.json": "tcap-urls",
    "threatexchange-page-1.json": "threatexchange",
    "threatexchange-descriptors.json": "threatexchange",
    "hma-bank.json": "hma",
    "stix-bundle.json": "stix",
}
"""The format each list is recognised as."""


def payload(name: str) -> bytes:
    """Give a payload."""
    return (PAYLOADS / name).read_bytes()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Played:
    """One answer. With `cut` the connection ends after so many bytes of a body that was announced whole."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    cut: int | None = None


class Partner:
    """Answers with what `healthy` gives, unless `failing` (asked with the request and the number of pages asked for) gives something."""

    def __init__(self, healthy: Callable[[Asked], Played], is_page: Callable[[Asked], bool]) -> None:
        self.healthy = healthy
        self.is_page = is_page
        self.failing: Callable[[Asked, int], Played | None] = lambda _asked, _number: None
        self.asked: list[Asked] = []
        self.pages = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, asked: Asked) -> Played:
        """Give the answer to a request."""
        self.asked.append(asked)
        if not self.is_page(asked):
            return self.failing(asked, 0) or self.healthy(asked)
        self.pages += 1
        return self.failing(asked, self.pages) or self.healthy(asked)

    def under_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(partner: Partner) -> type[BaseHTTPRequestHandler]:
    """Make the handler that asks a partner."""

    class Handler(BaseHTTPRequestHandler):
        """Hands requests over."""

        def do_GET(self) -> None:
            """Answer a question."""
            self._play("GET")

        def do_POST(self) -> None:
            """Answer a message."""
            self._play("POST")

        def _play(self, method: str) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            played = partner.answer(Asked(method, parts.path, dict(parse_qsl(parts.query)), headers, body))
            self.send_response(played.status)
            for name, value in played.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(played.body)))
            self.end_headers()
            try:
                self.wfile.write(played.body if played.cut is None else played.body[: played.cut])
            except OSError:
                return  # whoever asked has heard enough
            if played.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name http.server uses
            """Say nothing."""

    return Handler
