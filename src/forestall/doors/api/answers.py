"""Answers: what all routes do alike: find what they work with, read the query, write an answer down."""

from dataclasses import dataclass
from typing import TypeVar

import msgspec
from litestar import Response
from litestar.enums import RequestEncodingType

from forestall.assembly import House
from forestall.doors.api import body
from forestall.doors.api.desk import Desk
from forestall.doors.api.health import Readiness
from forestall.doors.api.metrics import Metrics
from forestall.doors.api.problems import SAFE_HEADERS, AnyRequest, Wrong

T = TypeVar("T")


@dataclass(slots=True)
class Api:
    """What the routes work with; kept in the application's state as `api`."""

    house: House
    desk: Desk
    metrics: Metrics
    readiness: Readiness
    room: body.Room
    largest: int
    description: bytes = b""

    def start(self) -> None:
        """Warm up while the first requests come in."""
        self.desk.warm_up()

    def close(self) -> None:
        """Finish what is being screened; the house stays open."""
        self.desk.close()


def api_of(request: AnyRequest) -> Api:
    """Give what the routes work with."""
    api: Api = request.app.state["api"]
    return api


def written(answer: msgspec.Struct, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Answer with a message."""
    return raw(msgspec.json.encode(answer), headers)


def raw(answer: bytes, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Answer with a message that is written down already."""
    return Response(answer, media_type=RequestEncodingType.JSON, headers={**SAFE_HEADERS, **(headers or {})})


def query_of(request: AnyRequest, shape: type[T]) -> T:
    """Give the query of the address in a shape; raises Wrong `bad-request` naming the parameter."""
    given = request.query_params.dict()
    twice = [name for name, values in given.items() if len(values) > 1]
    if twice:
        raise Wrong("bad-request", f"`{twice[0]}` is given twice", "give it once", field=twice[0])
    try:
        return msgspec.convert({name: values[0] for name, values in given.items()}, shape, strict=False)
    except msgspec.ValidationError as error:
        refusal = body.refusal(str(error))
        raise Wrong("bad-request", refusal.what, field=refusal.field) from None
