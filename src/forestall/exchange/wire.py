"""Guarded HTTP: the only way out of the machine. Every address a name resolves to is checked, and the checked one is connected to."""

import ipaddress
import logging
import math
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any, Self

import httpcore2
import httpx2

from forestall.model.errors import BadSetting, ExchangeFailed, Refused

_NOT_GLOBAL = tuple(
    ipaddress.ip_network(network)
    # `is_global` calls these global, although packets to them can end up inside: NAT64, IPv4-compatible, site-local, 6to4 relay.
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "fec0::/10", "2002::/16", "192.88.99.0/24")
)
_PORTS = {80, 443}
_MAX_ANSWER = 1024 * 1024
WEBHOOK = "name the host in `webhook_private_hosts`"
LARGEST = 256 * 1024 * 1024
"""Most bytes of an answer that may be large."""
_LONGEST = 600
_LONGEST_WAIT = 24 * 3600
_SLOW_DOWN = 15 * 60


class GuardedBackend(httpcore2.SyncBackend):
    """Opens connections to public addresses only.

    Takes:
        private: hosts that may be anywhere, on any port.
        allow: what the operator does to let a host be among them.
        latest: when, on the monotonic clock, everything ends, however slowly bytes come.
    """

    def __init__(self, private: Iterable[str] = (), allow: str = WEBHOOK, latest: float = math.inf) -> None:
        super().__init__()
        self._private = {host.lower() for host in private}
        self._allow = allow
        self._latest = latest

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of the host, if all of its addresses are allowed; raises Refused."""
        addresses = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if host.lower() not in self._private:
            if port not in _PORTS:
                raise Refused(f"port {port} of `{host}` is not allowed", self._allow)
            blocked = [address for address in addresses if not is_public(str(address))]
            if blocked:
                raise Refused(f"`{host}` leads to {blocked[0]}, which is not public", self._allow)
        timeout = _left(timeout, self._latest)
        stream = super().connect_tcp(str(addresses[0]), port, timeout, local_address, socket_options)
        return _Ending(stream, self._latest)

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        """Refuse local sockets."""
        raise Refused("local sockets are not allowed", "give an http(s) address")


class _Ending(httpcore2.NetworkStream):
    """A connection on which nothing takes longer than until an instant: the time limit on each read alone bounds no answer."""

    def __init__(self, stream: httpcore2.NetworkStream, latest: float) -> None:
        self._stream = stream
        self._latest = latest

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come."""
        return self._stream.read(max_bytes, _left(timeout, self._latest))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._stream.write(buffer, _left(timeout, self._latest))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Go on under TLS."""
        left = _left(timeout, self._latest)
        return _Ending(self._stream.start_tls(ssl_context, server_hostname, left), self._latest)

    def get_extra_info(self, info: str) -> Any:
        """Tell something about the connection underneath."""
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, latest: float) -> float | None:
    """Give the time limit of one step; raises ReadTimeout once there is no time left."""
    if math.isinf(latest):
        return timeout
    left = latest - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the time is up")
    return left if timeout is None else min(left, timeout)


def is_public(address: str) -> bool:
    """Tell whether an address is on the public internet; mapped IPv4 is judged as the IPv4 it is."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        parsed = mapped
    return parsed.is_global and not parsed.is_multicast and not any(parsed in network for network in _NOT_GLOBAL)


class _Quiet(logging.Filter):
    """Keeps what a library writes of every request out of logs: its addresses may hold tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is worth more than routine."""
        return record.levelno >= logging.WARNING


for _name in ("httpx2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(_Quiet())


@cache
def _tls() -> ssl.SSLContext:
    """Give the one TLS context of the process; reading the authorities takes longer than everything else about a wire."""
    return httpx2.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: its status, the type of its body without parameters, what it asks us to wait, and the body itself.

    `wait` is in seconds, None where it does not say. `cut` says why the body is not all of it, and is empty where it is. `location`
    is where a redirect leads, as the server wrote it: nothing here follows it.
    Close `body`, or use the answer as a context manager.
    """

    status: int
    media_type: str
    wait: int | None
    body: IO[bytes] = field(repr=False)
    cut: str = ""
    location: str = field(default="", repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.body.close()


class Wire:
    """An HTTP client that follows no redirect, reads no proxy setting and stops after `seconds` without a byte, or at `latest`."""

    def __init__(
        self, private: Iterable[str] = (), seconds: float = 10.0, allow: str = WEBHOOK, latest: float = math.inf
    ) -> None:
        transport = httpx2.HTTPTransport(verify=_tls(), trust_env=False)
        # The pool takes a network backend in public; the transport has no public way to hand one on (tests/exchange/test_wire.py).
        backend = GuardedBackend(private, allow, latest)
        transport._pool = httpcore2.ConnectionPool(ssl_context=_tls(), network_backend=backend)
        self._client = httpx2.Client(transport=transport, timeout=seconds, follow_redirects=False, trust_env=False)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Post bytes; gives the status and at most 1 MiB of the answer. Raises Refused and httpx2.HTTPError."""
        with self._client.stream("POST", url, content=body, headers=headers) as response:
            answer = b""
            for chunk in response.iter_bytes():
                answer += chunk
                if len(answer) > _MAX_ANSWER:
                    break
            return response.status_code, answer

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", limit: int = LARGEST) -> Answer:
        """Ask for something; the answer's body goes to a temporary file once it is large. Raises ExchangeFailed and Refused.

        Takes:
            limit: most bytes that are read; an answer that breaks off, is larger or takes longer than ten minutes is given as far
                as it came. No error ever names the address, which may hold a token.
        """
        # A compressed answer could unfold to anything, and hashes hardly shrink.
        headers = {"accept-encoding": "identity", **headers}
        spool = SpooledTemporaryFile(max_size=_MAX_ANSWER)  # noqa: SIM115  # its reader closes it
        try:
            with self._client.stream(method, url, content=body or None, headers=headers) as response:
                cut = _taken(response, spool, limit)
                spool.seek(0)
                media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                wait = _wait(response.headers.get("retry-after", ""))
                location = response.headers.get("location", "")
                return Answer(response.status_code, media_type, wait, spool, cut, location)
        except BaseException as error:
            spool.close()
            if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | OSError | ValueError):
                # The text of the error may hold the address.
                what = f"no answer ({type(error).__name__})"
                raise ExchangeFailed(what, "check the address and the network") from None
            raise

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def _taken(response: httpx2.Response, spool: IO[bytes], limit: int) -> str:
    """Write an answer to a file; gives why it is not all of it, or an empty string."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        return "it came compressed, which we did not ask for"
    size, latest = 0, time.monotonic() + _LONGEST
    try:
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > limit:
                return f"it is larger than {limit:,} bytes"
            spool.write(chunk)
            if time.monotonic() > latest:
                return f"it took longer than {_LONGEST} s"
    except (httpx2.HTTPError, OSError):
        return "it broke off"
    return ""


def _wait(text: str) -> int | None:
    """Read `Retry-After` (RFC 9110 §10.2.3) as seconds from now."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        return min(max(0, int(moment.timestamp() - time.time())), _LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a partner's service is: its address without a slash at the end, and a wire that leads there."""

    address: str
    wire: Wire


def place(address: str, private: bool) -> Place:
    """Make a way to a partner's service.

    Takes:
        private: whether the operator says that it may be inside our own network, and may do without TLS.

    Raises BadSetting where the address can't be used.
    """
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.userinfo or url.fragment:
        # What was given is not repeated: people paste addresses with tokens in them.
        raise BadSetting("the address can't be used", "give one like https://service.example/path, without `?` and `@`")
    if url.scheme == "http" and not private:
        raise BadSetting("the address does not begin with https, so tokens could be read on the way", "use https")
    hosts = (url.host,) if private else ()
    return Place(str(url).rstrip("/"), Wire(hosts, seconds=60.0, allow="add the exchange with --private"))


def checked(answer: Answer, who: str, access: str) -> Answer:
    """Give an answer that is JSON as it should be; raises ExchangeFailed in plain words otherwise, and closes it.

    Takes:
        who: the partner, as errors name it.
        access: what the account or token must be allowed to do.
    """
    problem = _problem(answer, who, access)
    if problem is None:
        return answer
    answer.body.close()
    raise problem


def _problem(answer: Answer, who: str, access: str) -> ExchangeFailed | None:
    """Say what is wrong with an answer."""
    status = answer.status
    if status in {401, 403}:
        what = f"{who} refused our token ({status})"
        return ExchangeFailed(
            what, f"the account needs {access}; then give its token again", wait=answer.wait, lasting=True
        )
    if status == 429:
        return ExchangeFailed(f"{who} asks us to slow down (429)", "nothing to do", wait=answer.wait or _SLOW_DOWN)
    if 300 <= status < 400:
        what = f"{who} sends us to another address ({status}), which is not followed"
        return ExchangeFailed(what, "give the address it has now", lasting=True)
    if status >= 500:
        return ExchangeFailed(f"{who} has trouble of its own ({status})", "nothing to do", wait=answer.wait)
    if status != 200:
        return ExchangeFailed(f"{who} answered {status}", "check address and options", wait=answer.wait, lasting=True)
    if "json" not in answer.media_type and answer.media_type != "text/javascript":
        told = answer.media_type[:40] or "no type"
        return ExchangeFailed(f"{who} answered with {told} where JSON was asked for", "check the address")
    return None
