"""The door as one router under `/hma`: handlers, gate, and errors in HMA's shape."""

from collections.abc import Callable

import msgspec
from litestar import Response, Router
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from forestall.doors.api import problems
from forestall.doors.api.body import MAX_JSON_BYTES
from forestall.doors.api.problems import SAFE_HEADERS, AnyRequest
from forestall.doors.hma import curation, matching
from forestall.doors.hma.gate import HmaGate
from forestall.flow.house import House
from forestall.model.errors import ForestallError

PATH = "/hma"

_Answerer = Callable[[AnyRequest, Exception], Response[bytes]]


def routes(house: House) -> list[ControllerRouterHandler]:
    """Give what the server needs to mount; nothing where the setting `hma` is off. The API's state must be the application's."""
    if not house.settings.hma:
        return []
    return [
        Router(
            path=PATH,
            route_handlers=[*matching.HANDLERS, *curation.HANDLERS],
            middleware=[HmaGate(house.settings.hma_open_on_loopback)],
            # Each family again: the server's own handlers for them would otherwise come first.
            exception_handlers={
                HTTPException: _as_theirs(problems.on_http),
                ForestallError: _as_theirs(problems.on_wrong),
                Exception: _as_theirs(problems.on_crash),
            },
            request_max_body_size=MAX_JSON_BYTES + house.settings.max_file_bytes,
            include_in_schema=False,
        )
    ]


def _as_theirs(answer: _Answerer) -> _Answerer:
    """Put an answer to an error into HMA's shape: a `message`, and the status it gives in such a case."""

    def in_their_words(request: AnyRequest, error: Exception) -> Response[bytes]:
        ours = answer(request, error)
        problem = msgspec.json.decode(ours.content, type=problems.Problem)
        message = msgspec.json.encode({"message": f"{problem.detail}: {problem.next}"})
        headers = {**ours.headers, **SAFE_HEADERS}
        return Response(message, status_code=ours.status_code, media_type="application/json", headers=headers)

    return in_their_words
