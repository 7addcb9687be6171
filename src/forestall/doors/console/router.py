"""The console as one router, complete in itself: its handlers, what they are given, its headers, its errors, its own files."""

from litestar import Response, Router, get, route
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from forestall.assembly import House
from forestall.doors.console import banks, crisis, entrance, errors, pages, rules, sources
from forestall.doors.console import desk as desk_handlers
from forestall.doors.console.context import Desk, dependencies
from forestall.doors.console.headers import Guarded
from forestall.doors.console.visit import AnyRequest, Jar
from forestall.model.errors import ForestallError

PATH = "/console"
_LARGEST_FORM = 64 * 1024
"""Largest form in bytes: a reason has 4,000 characters at most."""


def routes(house: House) -> list[ControllerRouterHandler]:
    """Give everything the server needs to mount for the console of a house."""
    desk = Desk(house, Jar(https=house.settings.public_url.lower().startswith("https://")))

    # A plain function: the framework copies routers deeply, and a house cannot be copied.
    def on_error(request: AnyRequest, error: Exception) -> Response[bytes]:
        return errors.answer(request, error, desk.jar, house.clock())

    return [
        Router(
            path=PATH,
            route_handlers=[*_OURS, static_file, nothing_here],
            dependencies=dependencies(desk),
            middleware=[Guarded(desk.jar.https)],
            # Each family again: the server's own handlers for them would otherwise come first.
            exception_handlers={HTTPException: on_error, ForestallError: on_error, Exception: on_error},
            request_max_body_size=_LARGEST_FORM,
            include_in_schema=False,
        )
    ]


@get("/static/{stamp:str}/{name:str}", sync_to_thread=False)
def static_file(stamp: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Give one of our own files; under its present stamp a browser may keep it for a year."""
    asset = pages.assets().get(name)
    if asset is None:
        raise NotFoundException(detail="there is no such file")
    keep = "public, max-age=31536000, immutable" if stamp == pages.stamp() else "no-cache"
    return Response(asset.data, media_type=asset.media_type, headers={"Cache-Control": keep})


@route("/{rest:path}", http_method=["GET", "POST", "PUT", "PATCH", "DELETE"], sync_to_thread=False)
def nothing_here(rest: FromPath[str]) -> Response[bytes]:
    """Answer every other address below the console with a page that says so."""
    raise NotFoundException(detail=f"there is nothing at {rest[:100]}")


_OURS = [
    *entrance.HANDLERS,
    *desk_handlers.HANDLERS,
    *banks.HANDLERS,
    *sources.HANDLERS,
    *rules.HANDLERS,
    *crisis.HANDLERS,
]
