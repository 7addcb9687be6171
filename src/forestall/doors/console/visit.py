"""A visit: who is looking, in which language and colours, and the token that proves a form came from our own page."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.datastructures import State

from forestall.doors.console.words import Words, catalogue, languages, preferred
from forestall.model.crisis import Crisis
from forestall.model.records import Person

AnyRequest = Request[Any, Any, State]
THEMES = ("system", "light", "dark")
SESSION, VISITOR, LOOK = "session", "visitor", "look"
"""The console's three cookies: the session's token, a random number before there is one, and language, colours and keys."""
FORM_FIELD = "form_token"
_YEAR = 365 * 24 * 3_600
_LONGEST_FORM = 32
"""Most fields of a form."""


@dataclass(frozen=True, slots=True)
class Look:
    """How someone wants the console: a language, one of THEMES, and whether single keys act."""

    language: str
    theme: str = "system"
    shortcuts: bool = True

    def __str__(self) -> str:
        return f"{self.language}.{self.theme}.{'on' if self.shortcuts else 'off'}"


@dataclass(frozen=True, slots=True)
class Jar:
    """Reads and writes cookies: HttpOnly, same-site strict; over HTTPS also Secure and bound to the host (`__Host-`)."""

    https: bool

    def name(self, cookie: str) -> str:
        """Give the full name of a cookie."""
        return f"__Host-forestall-{cookie}" if self.https else f"forestall-{cookie}"

    def read(self, request: AnyRequest, cookie: str) -> str:
        """Give a cookie's value, or an empty string."""
        return str(request.cookies.get(self.name(cookie), ""))[:200]

    def put(self, response: Response[Any], cookie: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie; without `seconds` it ends with the browser session, with 0 it ends now."""
        response.set_cookie(
            self.name(cookie), value, max_age=seconds, path="/", secure=self.https, httponly=True, samesite="strict"
        )


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, as pages see it.

    `person` is None before sign-in. `form_token` goes into every form. `new_visitor` is the visitor cookie to set, or empty.
    `crisis` is the one in force.
    """

    person: Person | None
    look: Look
    words: Words
    form_token: str
    path: str
    now: str
    new_visitor: str = ""
    crisis: Crisis | None = None


def begin(
    request: AnyRequest, jar: Jar, person: Person | None, now: str, titles: Mapping[str, str] = MappingProxyType({})
) -> Visit:
    """Make the visit of a request; `person` is whom its session belongs to, `titles` those of the rules in force."""
    look = look_of(jar.read(request, LOOK), request.headers.get("accept-language", ""))
    visitor = jar.read(request, VISITOR)
    fresh = "" if person or visitor else secrets.token_urlsafe(24)
    secret = jar.read(request, SESSION) if person else visitor or fresh
    words = replace(catalogue(look.language), titles=titles)
    return Visit(person, look, words, form_token(secret), path_of(request), now, fresh)


def look_of(cookie: str, accept_language: str) -> Look:
    """Read the look cookie; whatever is missing or unknown falls back to what the browser asks for."""
    language, _, rest = cookie.partition(".")
    theme, _, shortcuts = rest.partition(".")
    return Look(
        language if language in languages() else preferred(accept_language),
        theme if theme in THEMES else THEMES[0],
        shortcuts != "off",
    )


def form_token(secret: str) -> str:
    """Derive the token of forms from the cookie that only this browser has; it does not lead back to the cookie."""
    return hmac.new(secret.encode("utf-8", "replace"), b"forestall console form", hashlib.sha256).hexdigest()


async def read_form(request: AnyRequest, jar: Jar) -> dict[str, str] | None:
    """Give the fields of a posted form, or None unless it is certain that it came from our own page."""
    fields = await request.form()
    form = {name: value for name, value in list(fields.items())[:_LONGEST_FORM] if isinstance(value, str)}
    given = form.get(FORM_FIELD, "").encode("utf-8", "replace")
    secrets_held = [secret for secret in (jar.read(request, SESSION), jar.read(request, VISITOR)) if secret]
    known = [hmac.compare_digest(form_token(secret).encode(), given) for secret in secrets_held]
    if not any(known) or not _same_origin(request):
        return None
    return form


def here(path: str) -> str:
    """Give a path within the console to go to, or its start where the asked one lies elsewhere."""
    parts = urlsplit(path)
    fine = path.isascii() and path.isprintable() and "\\" not in path and "//" not in path and ".." not in path
    if (
        fine
        and not parts.scheme
        and not parts.netloc
        and (path == "/console" or path.startswith(("/console/", "/console?")))
    ):
        return path
    return "/console/"


def path_of(request: AnyRequest) -> str:
    """Give the path and query of a page that can be asked for again with GET."""
    if request.method != "GET":
        return "/console/"
    query = request.url.query
    return here(f"{request.url.path}?{query}" if query else request.url.path)


def _same_origin(request: AnyRequest) -> bool:
    """Tell whether the browser says the request came from our own page (Fetch Metadata; Origin where it says more than `null`)."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    host = request.headers.get("host", "")
    return site in {"same-origin", "none"} and (origin == "null" or urlsplit(origin).netloc == host)


def cookie_seconds() -> int:
    """How long the look is remembered."""
    return _YEAR
