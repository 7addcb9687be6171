"""The server: API and console as one application, and the process that serves it."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import structlog
import uvicorn
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from forestall.assembly import House
from forestall.doors import console, hma
from forestall.doors.api import problems, routes
from forestall.doors.api.body import MAX_PARTS
from forestall.model.errors import BadSetting, ForestallError
from forestall.model.ids import new_id
from forestall.model.records import ApiKey

MAX_HEAD_BYTES = 64 * 1024
"""Most bytes of a request that are not its body: request line, headers, chunk sizes, trailers."""
CHUNK_BYTES = 16
"""What the size of a chunk may take on the wire."""
HEAD_SECONDS = 30.0
"""Longest time from the first byte of a request to the end of its headers."""
MAX_CONNECTIONS = 4_096
"""Most connections at once; further ones are answered 503."""
DRAIN_SECONDS = 30
"""Longest time for finishing what is under way when the server is asked to stop."""
FOLLOW_SECONDS = 0.25
"""Time between looks for changes of the banks, which must match within a second."""
DUE_SECONDS = 5.0
"""Time between looks for hunts and pulls that are due."""
AGAIN_SECONDS = 1.0
"""Time until a chore that failed is tried again."""
SWITCH_SECONDS = 0.0005
"""Longest time a thread computes in Python before another that waits gets its turn."""
_QUIET = {"/healthz", "/readyz"}

_log = structlog.get_logger(__name__)


class App(Litestar):
    """The application: gives each request an id, and writes down and counts how it was answered, never what it said."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan" or scope["type"] != ScopeType.HTTP:
            await super().__call__(scope, receive, send)
            return
        request_id, started, status = new_id(), time.perf_counter(), 500
        scope.setdefault("state", {})["request_id"] = request_id
        if scope["method"] == "HEAD":  # answered like GET; the server in front leaves the body away (RFC 9110 §9.3.2)
            scope = {**scope, "method": "GET"}

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)  # type: ignore[arg-type]  # an HTTP scope comes with an HTTP send

        try:
            await super().__call__(scope, receive, named)
        finally:
            self._written_down(scope, status, time.perf_counter() - started)

    def _written_down(self, scope: HTTPScope, status: int, seconds: float) -> None:
        """Log and count an answered request. The route's pattern stands for the address, which may hold an id."""
        route = str(scope.get("path_template") or "unknown")
        method = str(scope["method"]) if "path_template" in scope else "unknown"
        self.state["api"].metrics.answered(route, method, status, seconds)
        if route in _QUIET and status < 400:
            return
        key: ApiKey | None = scope["state"].get("key")
        _log.info(
            "request",
            request=scope["state"]["request_id"],
            route=route,
            method=method,
            status=status,
            ms=round(seconds * 1_000, 2),
            key=key.id if key else "",
        )


@get("/")
async def front() -> Redirect:
    """Lead a browser that asks for the server to the console."""
    return Redirect("/console/", status_code=303)


def create_app(house: House) -> Litestar:
    """Give the application of a house that keeps what it screens. It does not close the house."""
    state, router = routes.make(house)
    chores = Chores(house)
    return App(
        route_handlers=[front, router, *console.routes(house), *hma.routes(house)],
        state=State(state, deep_copy=False),
        on_startup=[state["api"].start, chores.start],
        on_shutdown=[house.importer.stop, chores.stop, state["api"].close],
        exception_handlers={
            HTTPException: problems.on_http,
            ForestallError: problems.on_wrong,
            Exception: problems.on_crash,
        },
        multipart_form_part_limit=MAX_PARTS,
        openapi_config=None,
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )


class Chores:
    """What happens by itself while an application runs: the banks are followed, hunts and pulls that are due are done.

    Following has a thread of its own, because a change of a bank must match within a second, whatever else goes on.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin."""
        self._stop.clear()
        for name, seconds, work in (("follow", FOLLOW_SECONDS, self._follow), ("due", DUE_SECONDS, self._due)):
            thread = threading.Thread(
                target=self._run, args=(name, seconds, work), name=f"forestall-{name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End, waiting for what is under way; what takes longer than `DRAIN_SECONDS` goes on at the next start."""
        self._stop.set()
        until = time.monotonic() + DRAIN_SECONDS
        while self._threads:
            self._threads.pop().join(max(0.0, until - time.monotonic()))

    def _follow(self) -> None:
        """Take in what changed in the banks, also by other processes."""
        self._house.follow()

    def _due(self) -> None:
        """Do hunts and pulls that are due."""
        self._house.hunt_due(self._stop.is_set)
        self._house.pull_due(self._stop.is_set)

    def _run(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        """Do something again and again until asked to stop; a failure is logged and tried again."""
        while not self._stop.wait(seconds):
            try:
                work()
            except Exception as error:
                _log.error("chore_failed", chore=name, error=type(error).__name__)
                self._stop.wait(AGAIN_SECONDS)


def serve(house: House, host: str, port: int, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve a house until SIGINT or SIGTERM, then finish what is under way; the caller closes the house.

    Takes:
        host, port: where to listen; port 0 takes a free one.
        on_ready: called once with the address, such as `http://127.0.0.1:8080`, when requests are answered.

    Raises BadSetting where the address cannot be listened on.
    """
    log_to(sys.stderr.buffer)
    # Imports and hunts are threads that compute: a request must not wait the usual 5 ms for each of them to let go.
    sys.setswitchinterval(SWITCH_SECONDS)
    # What is loaded by now stays: looking through it for cycles again and again would only stop every thread for a while.
    gc.collect()
    gc.freeze()
    listener = _listen(host, port)
    config = uvicorn.Config(
        create_app(house),
        loop="uvloop",
        http=BoundedHttp,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    server = _Server(config, on_ready)
    try:
        server.run(sockets=[listener])
    finally:
        listener.close()


def log_to(stream: Any) -> None:
    """Write log lines as JSON to a binary stream, one object per line with `event`, `level` and `at`; other libraries' too."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", key="at"),
            structlog.processors.JSONRenderer(sort_keys=True),
            _as_bytes,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level="WARNING", handlers=[_Forward()], force=True)


class _Forward(logging.Handler):
    """Hands lines of the standard library's logging on: what they say in general, never the values, which could be content."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line down."""
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        _log.log(record.levelno, "library", logger=record.name, said=str(record.msg)[:200].strip(), error=error)


def _as_bytes(_logger: Any, _method: str, line: Any) -> bytes:
    """Give a line as bytes, whatever is in it."""
    return str(line).encode("utf-8", "backslashreplace")


class BoundedHttp(HttpToolsProtocol):
    """HTTP with bounds that uvicorn leaves to a proxy: on the bytes around a body, and on the time a head may take."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._around = 0
        self._begun = False
        self._deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network; gives up on a request whose head or trailers grow without end."""
        if not self._begun:
            self._begun = True
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)
        self._around += len(data)
        super().data_received(data)
        if self._around > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The headers of the request are too large.")

    def on_headers_complete(self) -> None:
        """The head is whole: its time no longer runs."""
        self._stop_clock()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Part of the body has come: neither it nor the size of its chunk counts as head."""
        self._around = max(0, self._around - len(body) - CHUNK_BYTES)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: the next one starts to count."""
        self._around, self._begun = 0, False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: nothing runs on."""
        self._stop_clock()
        super().connection_lost(exc)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready, and returns on a signal instead of raising it again, so that the house is closed."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and say where."""
        await super().startup(sockets)
        if self._on_ready is not None and self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            self._on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM; a second SIGINT does not wait."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._asked_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)


def _listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; raises BadSetting."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise BadSetting(
            f"`{host}:{port}` cannot be listened on ({error.strerror})", "choose another host or port"
        ) from None
    return listener
