"""Error pages: every refusal and failure says what happened and what to do, in the reader's language."""

import traceback
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from forestall.doors.console import pages, visit
from forestall.doors.console.visit import AnyRequest, Jar
from forestall.model.errors import BadInput, Conflict, ForestallError, NotFound, Refused

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """An error page: its HTTP status and the name of its messages (`error.<name>_title`, `…_what`, `…_next`)."""

    status: int
    title: str
    message: str


class SignInNeeded(Refused):
    """Nobody is signed in."""


class BadForm(Refused):
    """A form did not come from a page of this console."""


class Waiting(ForestallError):
    """Too many attempts; `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many wrong attempts", f"wait {seconds} seconds")
        self.seconds = seconds


_BY_ERROR: tuple[tuple[type[ForestallError], Shown], ...] = (
    (BadForm, Shown(403, "refused", "csrf")),
    (Waiting, Shown(429, "busy", "busy")),
    (NotFound, Shown(404, "not_found", "not_found")),
    (Refused, Shown(403, "refused", "refused")),
    (Conflict, Shown(409, "conflict", "conflict")),
    (BadInput, Shown(400, "input", "input")),
)
_BY_STATUS = {
    404: Shown(404, "not_found", "not_found"),
    405: Shown(405, "input", "input"),
    413: Shown(413, "input", "input"),
}
_NO_CASE = Shown(404, "not_found", "case")
_INTERNAL = Shown(500, "internal", "internal")


def answer(request: AnyRequest, error: Exception, jar: Jar, now: str) -> Response[bytes]:
    """Give the page for any error. Nobody signed in leads to the sign-in page and back."""
    shown = _shown(error, request.url.path)
    if isinstance(error, SignInNeeded):
        return pages.seen_other(f"/console/sign-in?next={_quoted(visit.path_of(request))}")
    if shown.status >= 500:
        _log.error("console_failed", path=request.url.path, error=type(error).__name__, at=_place(error))
    seen = visit.begin(request, jar, None, now)
    values: dict[str, Any] = {"n": error.seconds} if isinstance(error, Waiting) else {}
    response = pages.page(
        seen,
        jar,
        "error.html",
        shown.status,
        title=seen.words(f"error.{shown.title}_title"),
        what=seen.words(f"error.{shown.message}_what"),
        next_step=seen.words(f"error.{shown.message}_next", **values),
    )
    if isinstance(error, Waiting):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _shown(error: Exception, path: str) -> Shown:
    """Choose the page for an error."""
    if isinstance(error, NotFound) and path.startswith("/console/cases/"):
        return _NO_CASE
    for family, shown in _BY_ERROR:
        if isinstance(error, family):
            return shown
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _BY_STATUS.get(error.status_code, Shown(error.status_code, "input", "input"))
    return _INTERNAL


def _place(error: BaseException) -> list[str]:
    """Give file and line of the last frames, innermost last; never values, which could be content."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename}:{frame.lineno}" for frame in frames]


def _quoted(path: str) -> str:
    """Quote a path for use inside a query."""
    return quote(path, safe="/")
