"""The gate: an API key like everywhere else, or, where the operator wants that, nobody's, from this very machine only."""

import ipaddress

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from forestall.doors.api.keys import PACE, SCOPES, Pace, let_in
from forestall.doors.api.problems import Wrong
from forestall.model.records import ApiKey

LOOPBACK = ApiKey("loopback", "loopback", "", ("banks", "match"), "")
"""Who asks without a key from this machine."""

_FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-real-ip"}
"""Headers of a proxy: behind one, everybody comes from this machine."""
_KEY = b"x-api-key"


class HmaGate(ASGIMiddleware):
    """Lets a request through if its key, given as `Authorization: Bearer` or `X-API-Key`, has one of the route's scopes.

    Takes:
        open_on_loopback: whether programs on this machine need no key.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, open_on_loopback: bool) -> None:
        self._open = open_on_loopback

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Check the key, count the request, go on; raises Wrong for 401, 403 and 429."""
        assert scope["type"] == ScopeType.HTTP  # noqa: S101 - `scopes` above says so
        needed: tuple[str, ...] = scope["route_handler"].opt.get(SCOPES, ("undeclared",))
        if not needed:
            await next_app(scope, receive, send)
            return
        extra = self._let_in(scope, needed)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await next_app(scope, receive, counted)

    def _let_in(self, scope: HTTPScope, needed: tuple[str, ...]) -> list[tuple[bytes, bytes]]:
        """Check who asks; gives headers that tell where they stand."""
        secret = secret_of(scope)
        if secret:
            return let_in(scope, secret, needed)
        if not (self._open and is_local(scope)):
            next_step = "send `X-API-Key: fsk_…` or `Authorization: Bearer fsk_…`; `forestall key create` makes a key"
            raise Wrong("no-key", "the request carries no API key", next_step)
        scope["state"]["key"] = LOOPBACK
        pace: Pace = scope["litestar_app"].state[PACE]
        return [(name.encode(), value.encode()) for name, value in pace.step(LOOPBACK.id).items()]


def secret_of(scope: HTTPScope) -> str:
    """Give the secret of the one header that carries one, or an empty text; two of them are none."""
    given = []
    for name, value in scope["headers"]:
        if name == _KEY:
            given.append(value)
        elif name == b"authorization":
            scheme, _, secret = value.partition(b" ")
            given.append(secret if scheme.lower() == b"bearer" else b"")
    return given[0].strip().decode("latin-1") if len(given) == 1 else ""


def is_local(scope: HTTPScope) -> bool:
    """Tell whether a program on this machine asks for this machine: no proxy, no web page, no name that leads here from outside."""
    headers = dict(scope["headers"])
    if _FORWARDED & headers.keys() or b"origin" in headers or b"sec-fetch-site" in headers:
        return False
    client = scope["client"]
    host = headers.get(b"host", b"").decode("latin-1")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return client is not None and _is_loopback(client[0]) and (name == "localhost" or _is_loopback(name.strip("[]")))


def _is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
