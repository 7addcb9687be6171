"""Problems: every error the API answers with, as `application/problem+json` (RFC 9457) saying what, why and what next.

The logger never sees `detail`: it may quote what the caller sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import Method
from litestar.utils.path import normalize_path

from forestall.model.errors import BadInput, BoxFailed, Conflict, ForestallError, NotFound, Refused, StoreFailed

MEDIA_TYPE = "application/problem+json"
SAFE_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Headers of every answer of the API: nobody in between keeps it, no browser guesses what it is."""
TYPE_PREFIX = "urn:forestall:problem:"
_LONGEST = 500
"""Most characters of `detail`: what the caller sent may be quoted in it."""

AnyRequest = Request[object, object, State]

_METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_log = structlog.get_logger(__name__)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error, as answered. `next` says what the caller can do; `index` and `field` name the item and field at fault."""

    type: Annotated[
        str, msgspec.Meta(description="Stable name of the problem", pattern="^urn:forestall:problem:[a-z-]+$")
    ]
    title: Annotated[str, msgspec.Meta(description="The problem in a few words, the same each time")]
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: Annotated[str, msgspec.Meta(description="What happened and why, this time")]
    next: Annotated[str, msgspec.Meta(description="What to do now")]
    instance: Annotated[
        str, msgspec.Meta(description="The id of this request, as in `X-Request-Id` and in the server's log")
    ]
    index: Annotated[int, msgspec.Meta(ge=0, description="Position in `items` of the item at fault")] | None = None
    field: Annotated[str, msgspec.Meta(description="The field at fault, such as `items[3].text`")] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its HTTP status, its title, and what to do where the raiser does not say."""

    status: int
    title: str
    next_step: str


KINDS: Mapping[str, Kind] = {
    "bad-request": Kind(400, "The request cannot be read", "correct the request; `/openapi.json` describes it"),
    "bad-item": Kind(
        400, "An item cannot be used", "correct that item and send the whole request again; nothing was kept"
    ),
    "no-key": Kind(
        401, "No API key was given", "send `Authorization: Bearer fsk_…`; `forestall key create` makes a key"
    ),
    "bad-key": Kind(401, "The API key is not valid", "check the key, or make a new one with `forestall key create`"),
    "missing-scope": Kind(
        403, "The API key may not do this", "use a key with that scope; `forestall key create` makes one"
    ),
    "refused": Kind(403, "This may not be done", "ask the operator of this service"),
    "not-found": Kind(404, "There is no such thing", "check the address and the id"),
    "wrong-method": Kind(405, "This address does not take that method", "use a method named in the `Allow` header"),
    "timed-out": Kind(408, "The request did not arrive in time", "send it again, in smaller batches on a slow line"),
    "conflict": Kind(409, "It changed meanwhile", "look again and repeat"),
    "too-large": Kind(413, "The request is too large", "send fewer items at once, or smaller files"),
    "wrong-type": Kind(415, "The request has a type this address does not read", "send JSON or a multipart form"),
    "too-many-requests": Kind(429, "Too many requests", "wait as long as `Retry-After` says, and send batches"),
    "internal": Kind(500, "The server failed", "try again; if it stays, give the operator the id in `instance`"),
    "busy": Kind(503, "The server is busy", "wait as long as `Retry-After` says and send it again"),
    "not-fetched": Kind(502, "A file could not be fetched", "check the address, or send the file itself"),
    "not-ready": Kind(503, "The server is not ready", "see `detail`; the operator's log says more"),
    "store-failed": Kind(503, "Nothing could be kept", "send it again: the same items are not screened twice"),
    "box-failed": Kind(503, "Files cannot be opened now", "send it again later; `forestall doctor` says what is wrong"),
}
"""All problems by the last part of their `type`."""

_BY_STATUS = {
    400: "bad-request",
    401: "no-key",
    403: "refused",
    404: "not-found",
    405: "wrong-method",
    413: "too-large",
    415: "wrong-type",
    429: "too-many-requests",
    503: "busy",
}
_BY_ERROR: tuple[tuple[type[ForestallError], str], ...] = (
    (BadInput, "bad-request"),
    (NotFound, "not-found"),
    (Refused, "refused"),
    (Conflict, "conflict"),
    (StoreFailed, "store-failed"),
    (BoxFailed, "box-failed"),
)
_RETRY_SECONDS = "1"


class Wrong(ForestallError):
    """An error that knows how it is answered.

    Takes:
        kind: a key of `KINDS`.
        what, next_step: as in ForestallError; without `next_step` the kind's own is used.
        headers: extra response headers.
        index, field: the item and the field at fault.
    """

    def __init__(
        self,
        kind: str,
        what: str,
        next_step: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        index: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(what, next_step)
        self.kind = kind
        self.headers = dict(headers or {})
        self.index = index
        self.field = field


def answer(request: AnyRequest, error: Wrong) -> Response[bytes]:
    """Give the response for an error."""
    kind = KINDS[error.kind]
    problem = Problem(
        type=TYPE_PREFIX + error.kind,
        title=kind.title,
        status=kind.status,
        detail=_shortened(error.what),
        next=error.next_step or kind.next_step,
        instance=request_id(request),
        index=error.index,
        field=None if error.field is None else _shortened(error.field),
    )
    headers = {**SAFE_HEADERS, **error.headers}
    if kind.status in (429, 503):
        headers.setdefault("retry-after", _RETRY_SECONDS)
    return Response(msgspec.json.encode(problem), status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)


def on_wrong(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer any error Forestall raises on purpose. What failed inside is for the operator's log, not for the caller."""
    if isinstance(error, Wrong):
        return answer(request, error)
    for family, kind in _BY_ERROR:
        if isinstance(error, family):
            if KINDS[kind].status < 500:
                return answer(request, Wrong(kind, error.what, error.next_step))
            _log.error("request_failed", request=request_id(request), error=type(error).__name__, what=error.what)
            return answer(request, Wrong(kind, "this server cannot do its work now; its log says why"))
    return on_crash(request, error)


def on_http(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer an error of the web framework (routing, size, rate) in our own words."""
    if not isinstance(error, HTTPException) or (error.status_code >= 500 and error.status_code != 503):
        return on_crash(request, error)
    kind = _BY_STATUS.get(error.status_code, "bad-request")
    headers = dict(error.headers or {})
    if kind == "not-found":
        what = "there is nothing at this address"
    elif kind == "wrong-method":
        headers["allow"] = ", ".join(allowed(request.app, request.scope["path"]))
        what = f"`{request.method}` is not possible here"
    elif kind == "too-large":
        what = "the request body is larger than this address takes"
    elif kind == "too-many-requests":
        what = "this API key sent more requests than the limit allows"
        headers["retry-after"] = headers.get("RateLimit-Reset", _RETRY_SECONDS)
    else:
        what = error.detail or KINDS[kind].title
    return answer(request, Wrong(kind, what, headers=headers))


def on_crash(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer an error nobody foresaw without saying anything about the inside; the log has the place, not the content."""
    _log.error("request_crashed", request=request_id(request), error=type(error).__name__, at=_place(error))
    return answer(
        request, Wrong("internal", "something in the server went wrong; nothing of it was your request's fault")
    )


def request_id(request: AnyRequest) -> str:
    """Give the id under which this request is logged."""
    return str(request.scope["state"].get("request_id", ""))


def _place(error: BaseException) -> list[str]:
    """Give file and line of each frame, innermost last; never values, which could be content."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-12:]


def _shortened(text: str) -> str:
    """Give at most `_LONGEST` characters of a text, as valid Unicode."""
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return short.encode("utf-8", "replace").decode("utf-8")


def allowed(app: Litestar, path: str) -> list[str]:
    """Give the methods that an address takes."""
    path = normalize_path(path)
    taken = [str(method) for method in _METHODS if _takes(app, path, method)]
    return ["GET", "HEAD", *taken[1:]] if taken[:1] == ["GET"] else taken


def _takes(app: Litestar, path: str, method: Method) -> bool:
    """Tell whether an address takes a method."""
    try:
        app.asgi_router.handle_routing(path=path, method=method)
    except HTTPException:
        return False
    return True
