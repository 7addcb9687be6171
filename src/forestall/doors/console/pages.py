"""Pages: templates made into answers, and our own files made ready to serve. Everything is escaped; no template may say otherwise."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response

from forestall.doors.console import marks
from forestall.doors.console.visit import LOOK, VISITOR, Jar, Visit, cookie_seconds
from forestall.doors.console.words import catalogue, languages

_PACKAGE = "forestall.doors.console"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One of our own files: its bytes and media type."""

    data: bytes
    media_type: str


@cache
def assets() -> Mapping[str, Asset]:
    """Give our own style sheet, scripts and images by name."""
    folder = resources.files(_PACKAGE) / "static"
    found = {}
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        media_type = _TYPES.get(item.name.rpartition(".")[2])
        if media_type:
            found[item.name] = Asset(item.read_bytes(), media_type)
    return found


@cache
def stamp() -> str:
    """Give a digest of all our own files; it stands in their address, so that a browser may keep them for ever."""
    digest = hashlib.sha256()
    for name, asset in assets().items():
        digest.update(f"{name}\n{len(asset.data)}\n".encode() + asset.data)
    return digest.hexdigest()[:16]


def page(visit: Visit, jar: Jar, template: str, status: int = 200, **values: Any) -> Response[bytes]:
    """Render a template; sets the visitor cookie where the visit has a new one, so that its forms can be sent."""
    words = visit.words
    text = (
        _environment()
        .get_template(template)
        .render(
            visit=visit,
            t=words,
            static=f"/console/static/{stamp()}",
            languages=[(code, catalogue(code)("name")) for code in languages()],
            **values,
        )
    )
    response = Response(
        text.encode("utf-8", "replace"),
        media_type=MediaType.HTML,
        status_code=status,
        headers={"Content-Language": words.language},
    )
    if visit.new_visitor:
        jar.put(response, VISITOR, visit.new_visitor)
    return response


def seen_other(path: str) -> Response[bytes]:
    """Send a browser on to a page of the console after a form (RFC 9110 §15.4.4)."""
    return Response(b"", status_code=303, headers={"Location": path}, media_type=MediaType.HTML)


def keep_look(response: Response[bytes], jar: Jar, visit: Visit) -> None:
    """Remember language, colours and keys in a cookie."""
    jar.put(response, LOOK, str(visit.look), cookie_seconds())


@cache
def _environment() -> Environment:
    """Make the template environment: autoescape always, unknown names are faults."""
    environment = Environment(
        loader=PackageLoader(_PACKAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["runs"] = _runs
    return environment


def _runs(text: str) -> list[marks.Run]:
    """Cut a name or value so that characters which show nothing are named."""
    return marks.runs(text, [])
