"""Keys: nothing without one, nothing beyond its scopes, nothing after it was revoked, and not without end."""

import itertools
import re

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from forestall.assembly import House
from forestall.doors.api.keys import OPEN, PACE, SCOPES, Keys, Pace
from forestall.doors.api.problems import Wrong
from forestall.doors.server import create_app
from forestall.model import ids
from forestall.review import keys
from tests.doors.api.conftest import Client, KeyFor

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _routes(app: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    """Give address, method and handler of every route of the API."""
    found: list[tuple[str, str, HTTPRouteHandler]] = []
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path != "/" and not route.path.startswith("/console"):
            address = re.sub(r"\{\w+\}", "x", route.path_format)
            found += [
                (address, method, handler)
                for handler in route.route_handlers
                for method in map(str, handler.http_methods)
            ]
    return found


def test_only_the_open_routes_answer_without_a_key(client: Client, house: House) -> None:
    """Every route and method but health, readiness and the description answers 401 without a key and with a wrong one."""
    opened = set()
    for address, method, handler in _routes(create_app(house)):
        for headers in ({}, {"Authorization": "Bearer fsk_" + "x" * 43}, {"Authorization": "Basic dTpw"}):
            status = client.request(method, address, headers=headers).status_code
            if method != "OPTIONS" and handler.opt.get(SCOPES) == OPEN:
                opened.add(address)
                assert status not in (401, 403)
            else:
                assert status == 401, (method, address)
    assert opened == {"/healthz", "/readyz", "/openapi.json"}


def test_every_route_says_what_it_needs(house: House) -> None:
    """No route is left without scopes, and all scopes named exist."""
    for address, method, handler in _routes(create_app(house)):
        if method != "OPTIONS":
            assert SCOPES in handler.opt, address
            assert set(handler.opt[SCOPES]) <= set(keys.SCOPES), address


def test_no_scope_stands_for_another(client: Client, house: House, key_for: KeyFor) -> None:
    """With every combination of scopes, a route answers 403 exactly where the key has none of the scopes it needs."""
    combinations = [c for n in range(1, len(keys.SCOPES) + 1) for c in itertools.combinations(keys.SCOPES, n)]
    for scopes in combinations:
        headers = key_for(*scopes)
        for address, method, handler in _routes(create_app(house)):
            needed = set() if method == "OPTIONS" else set(handler.opt[SCOPES])
            response = client.request(method, address, headers=headers)
            refused = bool(needed) and not needed & set(scopes)
            assert (response.status_code == 403) == refused, (scopes, method, address)
            if refused:
                assert response.json()["type"] == "urn:forestall:problem:missing-scope"
                assert all(f"`{scope}`" in response.json()["detail"] for scope in needed)
                assert "insufficient_scope" in response.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, "no-key"),
        ("", "no-key"),
        ("Bearer", "no-key"),
        ("Bearer ", "no-key"),
        ("Token fsk_x", "no-key"),
        ("Bearer fsk_unknown", "bad-key"),
        ("Bearer something", "bad-key"),
        ("Bearer fsk_" + "x" * 10_000, "bad-key"),
        ("Bearer fsk_ü", "bad-key"),
    ],
)
def test_a_refusal_says_how_to_show_a_key(client: Client, header: str | None, kind: str) -> None:
    """401 comes with `WWW-Authenticate: Bearer` and says whether the key is missing or wrong; it never repeats the key."""
    raw = {} if header is None else {b"Authorization": header.encode("latin-1")}
    response = client.get("/v1/decisions", headers=raw)
    assert response.status_code == 401
    assert response.json()["type"] == f"urn:forestall:problem:{kind}"
    assert response.headers["www-authenticate"].startswith('Bearer realm="forestall"')
    assert "xxx" not in response.text


def test_two_headers_are_no_key(client: Client, read_key: dict[str, str]) -> None:
    """Two `Authorization` headers are refused: no one can say which of them a proxy looked at."""
    pair = [("Authorization", read_key["Authorization"]), ("Authorization", read_key["Authorization"])]
    assert client.get("/v1/decisions", headers=pair).status_code == 401


def test_a_revoked_key_stops_working(house: House) -> None:
    """A key found valid is remembered for a second and no longer, so a revoked one stops at once."""
    now = [0.0]
    known = Keys(house.store, lambda: now[0])
    key, secret = keys.create(house.store, "a platform", ["read"], ids.now, ids.new_id)
    assert known.check(secret) == key
    keys.revoke(house.store, key.id, ids.now)
    now[0] = 1.0
    assert known.check(secret) is None
    assert known.check("fsk_unknown") is None


def test_the_pace_is_bounded() -> None:
    """A key may send so many requests a minute; then it is told how long to wait; other keys are not concerned."""
    now = [0.0]
    pace = Pace(2, lambda: now[0])
    assert pace.step("a")["ratelimit-remaining"] == "1"
    assert pace.step("a")["ratelimit-remaining"] == "0"
    now[0] = 10.0
    with pytest.raises(Wrong) as refused:
        pace.step("a")
    assert (refused.value.kind, refused.value.headers["retry-after"]) == ("too-many-requests", "50")
    pace.step("b")
    now[0] = 60.0
    pace.step("a")


def test_too_many_requests_is_a_429(house: House, client: Client, read_key: dict[str, str]) -> None:
    """The limit is answered as a problem with `Retry-After`; every answer says how much is left."""
    assert int(client.get("/v1/decisions", headers=read_key).headers["ratelimit-remaining"]) > 0
    client.app.state[PACE] = Pace(0)
    response = client.get("/v1/decisions", headers=read_key)
    assert response.status_code == 429
    assert response.json()["type"] == "urn:forestall:problem:too-many-requests"
    assert int(response.headers["retry-after"]) > 0
