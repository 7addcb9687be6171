"""Problems: one shape for every error, whatever raised it."""

import re

import msgspec
import pytest
from litestar import Request
from litestar.exceptions import HTTPException, NotFoundException, TooManyRequestsException

from forestall.doors.api import problems
from forestall.doors.api.problems import KINDS, Problem, Wrong
from forestall.model import errors
from tests.doors.api.conftest import Client


def _request() -> problems.AnyRequest:
    """Make a request outside any application."""
    return Request({"type": "http", "state": {"request_id": "r-1"}, "headers": [], "path": "/", "method": "GET"})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_answered_in_full(kind: str) -> None:
    """Every kind of problem has type, title, status, what, next step and the request's id."""
    response = problems.answer(_request(), Wrong(kind, "something happened"))
    problem = msgspec.json.decode(response.content, type=Problem)
    assert response.status_code == problem.status == KINDS[kind].status
    assert response.media_type == "application/problem+json"
    assert (problem.detail, problem.instance) == ("something happened", "r-1")
    assert problem.title == KINDS[kind].title
    assert problem.next == KINDS[kind].next_step
    assert re.fullmatch(r"[a-z-]+", kind)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.BadInput("x"), "bad-request"),
        (errors.BadList("x"), "bad-request"),
        (errors.NotFound("x"), "not-found"),
        (errors.Refused("x"), "refused"),
        (errors.Conflict("x"), "conflict"),
        (errors.StoreFailed("x"), "store-failed"),
        (errors.BoxFailed("x"), "box-failed"),
        (errors.LedgerBroken("x"), "internal"),
        (errors.ForestallError("x"), "internal"),
    ],
)
def test_our_own_errors_have_a_kind(error: Exception, kind: str) -> None:
    """Every error of our tree is answered as the problem it is."""
    response = problems.on_wrong(_request(), error)
    assert msgspec.json.decode(response.content, type=Problem).type == f"urn:forestall:problem:{kind}"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundException(), 404),
        (TooManyRequestsException(), 429),
        (HTTPException(status_code=418), 400),
        (HTTPException(), 500),
    ],
)
def test_the_frameworks_errors_have_a_kind(error: HTTPException, status: int) -> None:
    """Errors of the web framework are answered in our words too."""
    response = problems.on_http(_request(), error)
    problem = msgspec.json.decode(response.content, type=Problem)
    assert (response.status_code, problem.status) == (status, status)


def test_a_problem_is_never_long() -> None:
    """What the caller sent may be quoted, but not at any length, and never as invalid Unicode."""
    response = problems.answer(_request(), Wrong("bad-item", "x" * 10_000, field="\ud800" * 10_000))
    assert len(response.content) < 5_000
    problem = msgspec.json.decode(response.content, type=Problem)
    assert problem.field is not None


def test_a_method_that_is_not_taken(client: Client) -> None:
    """A wrong method is a 405 that names the right ones."""
    response = client.delete("/v1/screen")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST, OPTIONS"
    assert response.json()["type"] == "urn:forestall:problem:wrong-method"
    assert client.delete("/readyz/").headers["allow"] == "GET, HEAD, OPTIONS"


def test_head_is_get_without_the_body(client: Client) -> None:
    """Whatever can be asked for with GET can be asked about with HEAD."""
    assert client.head("/healthz").status_code == 200
    assert client.head("/healthz").headers["content-length"] == client.get("/healthz").headers["content-length"]
    assert client.head("/v1/decisions").status_code == 401
    assert client.head("/v1/screen").status_code == 405


@pytest.mark.parametrize(
    "address", ["/v2", "/v2/screen", "/v1/screen/..", "/%00", "/v1/decisions/a/b", "/" + "x" * 5_000]
)
def test_unknown_addresses(client: Client, address: str) -> None:
    """An address where there is nothing is a 404 in the same shape, and never says whether something is near."""
    response = client.get(address)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
