"""Keys: who is calling, what they may do, and how often. Every route needs a key unless it says `open`; none is open by mistake."""

import time
from collections.abc import Callable, Sequence
from math import ceil

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from forestall.doors.api.problems import Wrong, allowed
from forestall.model.ids import sha256_hex
from forestall.model.ports import Store
from forestall.model.records import ApiKey
from forestall.review import keys

SCOPES = "scopes"
"""Name of the route option with the scopes of which a key needs one."""
KEYS, PACE = "keys", "pace"
"""Where the application's state holds a Keys and a Pace."""
OPEN: Sequence[str] = ()
"""The option's value on a route that anyone may call."""
REMEMBERED_SECONDS = 1.0
"""How long a key found valid is taken as valid without asking the store; a revoked key works at most this much longer."""
REQUESTS_PER_MINUTE = 120_000
"""Most requests with one key in a minute: a platform that goes wrong must not starve the others."""

_REALM = 'Bearer realm="forestall"'
_WINDOW_SECONDS = 60


class Keys:
    """Knows the keys. Only keys that exist are remembered, so guessing fills no memory."""

    def __init__(self, store: Store, seconds: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._seconds = seconds
        self._known: dict[str, tuple[float, ApiKey]] = {}

    def check(self, secret: str) -> ApiKey | None:
        """Give the key with this secret. It is found by its SHA-256, so timing tells nothing about secrets that resemble it."""
        name = sha256_hex(secret.encode("utf-8", "replace"))
        until, key = self._known.get(name, (0.0, None))
        if key is not None and self._seconds() < until:
            return key
        key = keys.check(self._store, secret)
        if key is None:
            self._known.pop(name, None)
        else:
            self._known[name] = (self._seconds() + REMEMBERED_SECONDS, key)
        return key


class Pace:
    """Counts the requests of each key in the running minute (litestar's own limiter keeps every request's instant as JSON)."""

    def __init__(self, limit: int = REQUESTS_PER_MINUTE, seconds: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._seconds = seconds
        self._windows: dict[str, tuple[float, int]] = {}

    def step(self, key_id: str) -> dict[str, str]:
        """Count a request and give the headers that tell where the key stands; raises Wrong `too-many-requests`."""
        now = self._seconds()
        ends, count = self._windows.get(key_id, (0.0, 0))
        if now >= ends:
            ends, count = now + _WINDOW_SECONDS, 0
        reset = str(ceil(ends - now))
        if count >= self._limit:
            what = f"this API key has sent {self._limit:,} requests within a minute"
            raise Wrong("too-many-requests", what, headers={"retry-after": reset})
        self._windows[key_id] = (ends, count + 1)
        return {
            "ratelimit-limit": str(self._limit),
            "ratelimit-remaining": str(self._limit - count - 1),
            "ratelimit-reset": reset,
        }


class Gate(ASGIMiddleware):
    """Lets a request through to its route if its key has one of the route's scopes; leaves the key in the request's state.

    It holds nothing itself, because litestar copies middleware deeply: keys and paces are in the application's state.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Check the key, count the request, go on; raises Wrong for 401, 403 and 429."""
        needed = _needed(scope)
        if needed is OPEN:
            await next_app(scope, receive, send)
            return
        extra = let_in(scope, _secret(scope), needed)

        if scope["type"] == ScopeType.HTTP and scope["method"] == "OPTIONS":
            # litestar names the methods of the first handler of an address only.
            methods = ", ".join(allowed(scope["litestar_app"], scope["path"]))
            extra.append((b"allow", methods.encode()))

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in extra}
                message["headers"] = [*(pair for pair in message["headers"] if pair[0] not in names), *extra]
            await send(message)

        await next_app(scope, receive, counted)


def let_in(scope: Scope, secret: str, needed: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Check a key and count its request; leaves the key in the request's state and gives headers that tell where it stands.

    Raises Wrong for 401, 403 and 429.
    """
    known: Keys = scope["litestar_app"].state[KEYS]
    pace: Pace = scope["litestar_app"].state[PACE]
    key = known.check(secret)
    if key is None:
        raise Wrong("bad-key", "the API key is unknown or was revoked", headers=_challenge('error="invalid_token"'))
    scope["state"]["key"] = key
    if needed and not set(needed) & set(key.scopes):
        asked = " or ".join(f"`{name}`" for name in needed)
        challenge = _challenge(f'error="insufficient_scope", scope="{" ".join(needed)}"')
        raise Wrong("missing-scope", f"this needs an API key with the scope {asked}", headers=challenge)
    return [(name.encode(), value.encode()) for name, value in pace.step(key.id).items()]


def _needed(scope: Scope) -> Sequence[str]:
    """Give the scopes of which the route needs one. `OPTIONS` needs any key; a route that says nothing needs every scope there is not."""
    if scope["type"] == ScopeType.HTTP and scope["method"] == "OPTIONS":
        return tuple(keys.SCOPES)
    needed: Sequence[str] = scope["route_handler"].opt.get(SCOPES, ("undeclared",))
    return needed or OPEN


def _secret(scope: Scope) -> str:
    """Give the secret of the `Authorization` header; raises Wrong where there is none."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, secret = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    if scheme.lower() != b"bearer" or not secret.strip():
        raise Wrong("no-key", "the request carries no API key", headers=_challenge())
    return secret.strip().decode("latin-1")


def _challenge(more: str = "") -> dict[str, str]:
    """Give the header that says how to authenticate (RFC 6750 §3)."""
    return {"www-authenticate": f"{_REALM}, {more}" if more else _REALM}
