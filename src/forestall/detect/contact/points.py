"""Contact points: places outside the platform where somebody can be met, each under one canonical id.

Telegram, WhatsApp, Signal, Discord and Matrix links and names, Session and Tox ids, onion services, mail addresses.
Names are the same in any case; invite codes are not, so those are read from the original text.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from forestall.detect.contact.links import CODE, PATHS, Place, is_name, phone, telegram, telegram_plus, whatsapp
from forestall.detect.contact.pattern import MAIL_DOT, STEP, compiled
from forestall.detect.contact.proof import is_onion, is_session, is_tox
from forestall.text.fold import Folded

MOST_CANDIDATES = 5_000
"""Candidates of one text that are examined; a text with more is noise, and the first ones stand for it."""

_WHOLE = ("room", "long", "mail")
"""Groups that hold the whole address; the others lack the host before it."""
_NAMES = ("handle", "bare", "back")
"""Groups that hold a name which the word "Telegram" beside it made one."""
_LONGEST_MAIL = 400
_LONGEST_PATH = 600


@dataclass(frozen=True, slots=True)
class Point:
    """A contact point found at folded offsets `start`..`end`.

    `kind` and `id` together are its canonical id. `obfuscated`: it was written so that filters miss it.
    `checked`: its checksum holds; `None` where its kind has none.
    """

    kind: str
    id: str
    start: int
    end: int
    obfuscated: bool = False
    checked: bool | None = None

    @property
    def canonical(self) -> str:
        """One id for the place, however it was written."""
        return f"{self.kind}:{self.id}"


def scan(original: str, folded: Folded) -> Iterator[Point]:
    """Give the contact points in a text, from left to right; linear time, at most `MOST_CANDIDATES` examined."""
    for number, found in enumerate(_pattern().finditer(folded.text)):
        if number >= MOST_CANDIDATES:
            return
        point = _point(_Candidate(original, folded, found))
        if point is not None:
            yield point


@cache
def _pattern() -> Any:
    """The compiled pattern, once per process."""
    return compiled()


class _Candidate:
    """One match of the pattern, with ways to read it: as folded, as typed, and whether the two agree."""

    def __init__(self, original: str, folded: Folded, found: Any) -> None:
        self._original = original
        self._folded = folded
        self._found = found
        self.groups: Mapping[str, str] = {name: text for name, text in found.groupdict().items() if text is not None}

    def as_typed(self, group: str) -> str:
        """Give a group as it was typed: case kept, hidden characters left out, look-alikes read as Latin."""
        start, end = self._span(group)
        first, last = self._folded.span(start, end)
        typed = self._original[first:last]
        if len(typed) == end - start and typed.isascii():
            return typed
        return "".join(self._letter(at) for at in range(start, min(end, start + _LONGEST_PATH)))

    def _span(self, group: str) -> tuple[int, int]:
        """Give the folded offsets of a group."""
        start, end = self._found.span(self._found.re.groupindex[group])
        return start, end

    def _letter(self, at: int) -> str:
        """Give one folded character as it was typed."""
        first, last = self._folded.span(at, at + 1)
        typed = unicodedata.normalize("NFKC", self._original[first:last])
        read = next((letter for letter in typed if letter in CODE), "")
        if read:
            return read
        return self._folded.text[at].upper() if typed[:1].isupper() else self._folded.text[at]

    def point(self, place: Place, group: str, *, checked: bool | None = None, odd: bool = False) -> Point:
        """Give the point; it is obfuscated where `odd`, or where the address is not typed the way it reads."""
        text = self._folded.text
        (start, end), own = self._found.span(), self._span(group)
        start, end = own if group in _WHOLE else (start, min(end, own[1]))
        if text.startswith("%2f", start):
            start += 3
        while group not in _WHOLE and not text[start].isalnum():
            start += 1
        address = (start, end) if group not in _NAMES else own
        first, last = self._folded.span(*address)
        hidden = self._original[first:last].lower() != text[slice(*address)]
        defanged = "hxxp" in text[max(0, start - 9) : start]
        return Point(*place, start, end, odd or hidden or defanged, checked)


def _point(candidate: _Candidate) -> Point | None:
    """Decide on a candidate."""
    groups = candidate.groups
    if "path" in groups:
        return _at_host(candidate)
    if "scheme" in groups:
        return _by_scheme(candidate)
    if "matrix" in groups:
        return _matrix_link(candidate)
    if "room" in groups:
        return _matrix(candidate, candidate.as_typed("room"), "room")
    if "long" in groups:
        return _self_proving(candidate)
    if "mail" in groups:
        return _mail(candidate)
    return _name(candidate)


def _name(candidate: _Candidate) -> Point | None:
    """Decide on a Telegram name given without a link: `name.t.me`, `telegram: @name`, `telegram: na_me`, `@name on telegram`."""
    group = next(name for name in ("sub", "handle", "bare", "back") if name in candidate.groups)
    name = candidate.groups[group]
    # `telegram: pale_dawn7` names somebody, `telegram: banned` does not.
    word = group == "bare" and "_" not in name and not any(letter.isdigit() for letter in name)
    return (
        None
        if word or "elsewhere" in candidate.groups or not is_name(name)
        else candidate.point(("telegram:name", name), group)
    )


def _at_host(candidate: _Candidate) -> Point | None:
    """Decide on a link to one of the hosts."""
    groups = candidate.groups
    service = next(name for name in PATHS if name in groups)
    host, slash = groups[service], groups["slash"]
    odd = slash not in ("/", "%2f") or not host.replace(".", "", 1).isalpha() or "." not in host
    if slash[-1].isspace() and not (slash[0].isspace() or " " in host):
        return None  # "t.me/ and" is no address; "t . me / and" may be one
    path = unquote(candidate.as_typed("path")[:_LONGEST_PATH])
    place = PATHS[service](STEP.sub("/", path) if odd else path)
    return candidate.point(place, "path", odd=odd) if place else None


def _by_scheme(candidate: _Candidate) -> Point | None:
    """Decide on an application link: tg://join?invite=…, tg://resolve?domain=…, whatsapp://chat?code=…, matrix:r/…"""
    scheme = candidate.groups["scheme"]
    query = unquote(candidate.as_typed("query")[:_LONGEST_PATH])
    if scheme == "matrix":
        kind, _, name = query.partition("/")
        mark = {"r": "#", "u": "@", "roomid": "!"}.get(kind, "")
        return _matrix(candidate, mark + name, "query") if mark else None
    values = dict(pair.split("=", 1) for pair in query.partition("?")[2].split("&") if "=" in pair)
    place: Place | None = None
    if scheme == "tg" and "invite" in values:
        place = telegram_plus(values["invite"])
    elif scheme == "tg" and "domain" in values:
        place = telegram(values["domain"])
    elif scheme == "tg" and "slug" in values and query.startswith("addlist"):
        place = telegram(f"addlist/{values['slug']}")
    elif scheme == "whatsapp" and "code" in values:
        place = whatsapp(values["code"])
    elif "phone" in values:
        place = phone("telegram" if scheme == "tg" else scheme, values["phone"])
    return candidate.point(place, "query") if place else None


def _matrix_link(candidate: _Candidate) -> Point | None:
    """Decide on a matrix.to or Element link, whose fragment names a room or a user."""
    typed = unquote(candidate.as_typed("matrix")[:_LONGEST_PATH]).rstrip("/.")
    name = next((step for step in typed.split("/") if step[:1] in ("#", "@", "!") and ":" in step), "")
    return _matrix(candidate, name, "matrix") if name else None


def _matrix(candidate: _Candidate, typed: str, group: str) -> Point | None:
    """Decide on a Matrix id: rooms keep the case of the part before the colon, users and servers have none."""
    local, _, server = typed.partition(":")
    server = server.lower().rstrip(".")
    labels = server.split(":")[0].split(".")
    named = len(labels) >= 2 and all(labels) and len(labels[-1]) >= 2 and labels[-1].isalpha()
    if len(typed) > 255 or len(local) < 2 or not named:
        return None
    name = local.lower() if local[0] == "@" else local
    return candidate.point(("matrix", f"{name}:{server}"), group)


def _self_proving(candidate: _Candidate) -> Point | None:
    """Decide on a long run of letters and digits: onion, Session, Tox, or nothing."""
    run = candidate.groups["long"]
    if len(run) == 56 and is_onion(run):
        return candidate.point(("onion", run), "long", checked=True)
    if len(run) == 66 and is_session(run):
        return candidate.point(("session", run), "long")
    if len(run) == 76 and is_tox(run):
        return candidate.point(("tox", run.upper()), "long", checked=True)
    return None


def _mail(candidate: _Candidate) -> Point | None:
    """Decide on a mail address, `name (at) host (dot) org` included."""
    mail, sign, domain = (candidate.groups[group] for group in ("mail", "at", "domain"))
    if len(mail) > _LONGEST_MAIL:
        return None
    local, labels = mail.partition(sign)[0], MAIL_DOT.split(domain)
    named = 2 <= len(labels) <= 8 and len(labels[-1]) >= 2 and labels[-1].isalpha()
    if not named or len(local) > 64 or local.startswith(".") or local.endswith("."):
        return None
    odd = sign != "@" or ".".join(labels) != domain
    return candidate.point(("email", f"{local}@{'.'.join(labels)}"), "mail", odd=odd)
