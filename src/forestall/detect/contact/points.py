"""Contact points: places outside the platform where somebody can be met, each under one canonical id.

A text is first asked whether it can hold a point at all (`trigger.py`); most cannot. The others are read in several views
(`undo.py`), in each of which links, application links, self-proving ids, addresses, names and numbers are looked for. Names
are the same in any case; invite codes are not, so those are read from the original text.
"""

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import re2

from forestall.detect.contact.appeal import calls
from forestall.detect.contact.channels import Row, channels
from forestall.detect.contact.links import READERS, Read, is_placeholder, matrix_id, scheme, telegram_name
from forestall.detect.contact.names import names
from forestall.detect.contact.phones import phones
from forestall.detect.contact.proof import is_domain, is_onion, is_session, is_tox
from forestall.detect.contact.trigger import disguised, suspicious
from forestall.detect.contact.undo import views
from forestall.detect.contact.views import View
from forestall.text.fold import Folded

MOST_CANDIDATES = 5_000
"""Candidates of one sort in one text that are examined; a text with more is noise, and the first ones stand for it."""

_REST = re.compile(r"(?::[0-9]{1,5}(?=/))?([/?#][^\s<>\"'`{}|^\\\[\]]*)?")
_LONGEST_REST = 600
_PREFIXES = ("www.", "m.", "mobile.", "l.", "lm.", "web.")
_TAIL = ".,;:!?)*_~"
_KNOWN_ENDS = ("t.me", "discord.gg", "wa.me", "chat.whatsapp.com", "signal.group", "telegram.me")
"""Hosts that are also known at the end of a run of letters, where a view cannot tell where a word began."""
_NEAR = 100
_INVITE_LENGTHS = {"telegram:invite": (16, 22)}
"""How long codes of invites are as a rule: a reading with such a code is the better one."""


@dataclass(frozen=True, slots=True)
class Point:
    """A contact point found at folded offsets `start`..`end`.

    `kind` and `id` together are its canonical id. `obfuscated`: it was written so that filters miss it; `how` names the habit
    where a view undid one. `checked`: its checksum holds; `None` where its kind has none.
    """

    kind: str
    id: str
    start: int
    end: int
    obfuscated: bool = False
    checked: bool | None = None
    how: str = ""

    @property
    def canonical(self) -> str:
        """One id for the place, however it was written."""
        return f"{self.kind}:{self.id}"


def scan(original: str, folded: Folded) -> Iterator[Point]:
    """Give the contact points in a text, from left to right; linear time, at most `MOST_CANDIDATES` of a sort examined."""
    if not suspicious(folded.text):
        return iter(())
    return iter(read_closely(original, folded, disguises=disguised(folded.text)))


def read_closely(original: str, folded: Folded, *, disguises: bool) -> list[Point]:
    """Read a text without asking first, in all views where `disguises`, else as it stands.

    Where two readings overlap, the earlier one counts: the text itself comes first.
    """
    owner = array("i", [-1]) * len(folded.text)
    points: list[Point | None] = []
    whole = View(original, folded)
    for view in views(whole) if disguises else (whole,):
        if whole.meter.full:
            break
        for point in _in_view(view):
            at = next((place for place in owner[point.start : point.end] if place >= 0), -1)
            if at >= 0:
                rival = points[at]
                if rival is None or not _better(point, rival):
                    continue
                points[at] = None
            owner[point.start : point.end] = array("i", [len(points)]) * (point.end - point.start)
            points.append(point)
    return sorted((point for point in points if point), key=lambda point: point.start)[:MOST_CANDIDATES]


def _better(new: Point, old: Point) -> bool:
    """True where a later reading completes an invite that an earlier one cut short."""
    usual = _INVITE_LENGTHS.get(new.kind, ())
    return new.kind == old.kind and new.id.startswith(old.id) and len(new.id) in usual and len(old.id) not in usual


def _in_view(view: View) -> Iterator[Point]:
    """Give the points of one view, the surest sort first."""
    text = view.text
    if "." in text:
        yield from _links(view)
    if ":" in text:
        yield from _schemes(view)
    if "@" in text or "#" in text or "!" in text:
        yield from _addresses(view)
    yield from _proving(view)
    if view.name in ("", "signs", "spaced", "filled"):
        for kind, name, start, end in names(view):
            yield _point(view, kind, name, start, end)
        for kind, digits, start, end in phones(view):
            yield _point(view, kind, digits, start, end, plain=True)


def _point(
    view: View, kind: str, name: str, start: int, end: int, *, checked: bool | None = None, plain: bool = False
) -> Point:
    """Make a point of a stretch of a view; `plain` kinds are disguised only where a view undid something."""
    first, last = view.span(start, end)
    defanged = "hxxp" in view.text[max(0, start - 9) : start]
    odd = bool(view.name or not plain) and (view.disguised(start, end) or defanged)
    return Point(kind, name, first, last, odd, checked, view.name if odd else "")


def _patterned(pattern: str) -> Callable[[], Any]:
    """Give a function that compiles a linear pattern once."""

    @cache
    def compiled() -> Any:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 32 << 20
        return re2.compile(pattern, options)

    return compiled


_host_pattern = _patterned(r"[a-z0-9_\-]+(?:\.[a-z0-9_\-]+)+")


def _links(view: View) -> Iterator[Point]:
    """Give the points that links lead to."""
    text, examined = view.text, 0
    for found in _host_pattern().finditer(text):
        if view.meter.full:
            return
        start, end = found.span()
        host = found[0]
        if end - start > 253 or (start and text[start - 1] in "'@" and not _with_user(text, start)):
            continue
        rest = _REST.match(text, end, end + _LONGEST_REST)
        first = rest.start(1) if rest and rest.group(1) else end
        last = rest.end() if rest else end
        read, host_start = _leading(view, host, start, first, last)
        if read is None:
            continue
        kind, name, used = read
        stop = min(last, first + used) if used else end
        yield _point(view, kind, name, host_start, max(stop, end), checked=True if kind == "onion" else None)
        examined += 1
        if examined >= MOST_CANDIDATES:
            return


def _with_user(text: str, start: int) -> bool:
    """True for `https://somebody@host`, where what stands before the @ is only there to mislead."""
    before = text[max(0, start - 80) : start]
    scheme_at = before.rfind("://")
    return before.endswith("@") and scheme_at >= 0 and not any(letter.isspace() for letter in before[scheme_at:])


def _leading(view: View, host: str, start: int, first: int, last: int) -> tuple[Read | None, int]:
    """Give what a host and the rest of its address lead to, and where the host begins."""
    known = channels()
    bare = next((host[len(prefix) :] for prefix in _PREFIXES if host.startswith(prefix)), host)
    for name in dict.fromkeys((host, bare)):
        if name in known.readers:
            read = READERS[known.readers[name]](_rest(view, first, last))
            if read is not None or name not in known.hosts:
                return read, start + len(host) - len(name)
    if bare.endswith(".t.me") and bare.count(".") == 2:
        place = telegram_name(bare[:-5])
        return ((*place, 0) if place else None), start
    if bare.endswith((".onion", ".i2p")):
        return _hidden_service(bare), start
    rows = known.rows(host) or known.rows(bare)
    if first == last and not any(row.path.pattern == "" for row in rows):
        return None, start
    if rows:
        return _by_rows(view, rows, bare, first, last), start + len(host) - len(bare)
    path = view.text[first:last]
    if "/@" in path[:6] or "signup_user_complete" in path[:60]:
        if bare in known.not_fediverse or not is_domain(bare):
            return None, start
        return _by_rows(view, known.anywhere, bare, first, last), start
    if view.name == "spaced":
        for ending in _KNOWN_ENDS:
            if host.endswith(ending):
                return READERS[known.readers[ending]](_rest(view, first, last)), start + len(host) - len(ending)
    return None, start


def _rest(view: View, first: int, last: int) -> str:
    """Give the rest of an address as typed, with the commonest escapes undone."""
    typed = view.typed(first, last)
    if "%" in typed:
        for code, sign in (
            ("%2B", "+"),
            ("%2b", "+"),
            ("%40", "@"),
            ("%23", "#"),
            ("%3A", ":"),
            ("%3a", ":"),
            ("%2F", "/"),
            ("%2f", "/"),
        ):
            typed = typed.replace(code, sign)
    return typed


def _by_rows(view: View, rows: tuple[Row, ...] | Any, host: str, first: int, last: int) -> Read | None:
    """Give what the first fitting row says."""
    typed = _rest(view, first, last)
    for row in rows:
        place = row.read(host, typed)
        if place is None:
            continue
        if row.called and not calls(f"{view.text[max(0, first - _NEAR) : first]} {view.text[last : last + _NEAR]}"):
            return None
        if row.kind == "fediverse" and not _is_account(place[1]):
            return None
        return (*place, row.used(typed))
    return None


def _is_account(name: str) -> bool:
    """True for name@server where neither is a stand-in."""
    local, _, server = name.partition("@")
    return not is_placeholder(local) and is_domain(server)


def _hidden_service(host: str) -> Read | None:
    """Give the onion service or I2P site of a host."""
    labels = host.split(".")
    name = labels[-2]
    if labels[-1] == "onion":
        return ("onion", name, 0) if len(name) == 56 and is_onion(name) else None
    if name == "b32" and len(labels) > 2:
        key = labels[-3]
        return (
            ("i2p", f"{key}.b32", 0) if len(key) >= 52 and set(key) <= set("abcdefghijklmnopqrstuvwxyz234567") else None
        )
    named = name.replace("-", "").isalnum() and not name.isdigit() and len(name) >= 2
    return ("i2p", ".".join(labels[:-1]).removeprefix("www."), 0) if named else None


_scheme_pattern = _patterned(
    r"(?:^|[^a-z0-9])(tg|whatsapp|sgnl|matrix|xmpp|simplex|briar|mumble|ts3server|tel|sms|threema|zello|viber):(/{0,3})([^\s<>\"'`{}|^\\\[\]]{2,})"
)


def _schemes(view: View) -> Iterator[Point]:
    """Give the points that application links lead to."""
    for number, found in enumerate(_scheme_pattern().finditer(view.text)):
        if number >= MOST_CANDIDATES:
            return
        name, slashes, rest = found.groups()
        start, end = found.start(1), found.end()
        if name in ("tel", "sms", "sgnl") or (
            name in ("mumble", "briar", "ts3server", "zello", "viber", "threema") and len(slashes) < 2
        ):
            continue
        trimmed = len(rest.rstrip(_TAIL))
        place = scheme(name, view.typed(found.start(3), min(found.start(3) + trimmed, found.start(3) + _LONGEST_REST)))
        if place is not None:
            yield _point(view, *place, start, found.start(3) + trimmed if trimmed else end)


_address_pattern = _patterned(
    r"([#@!][a-z0-9._=/+\-]+:[a-z0-9.\-]+\.[a-z]+(?::[0-9]+)?)|(@[a-z0-9_][a-z0-9_.\-]*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+)"
    r"|([a-z0-9._%+\-]+@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+)"
)
_JABBER = re.compile(r"(?:\bxmpp|\bjabber|جابر|джаббер|жаббер)\b[^\n@]{0,18}$")
_JABBER_AFTER = re.compile(r"[\s(,]{1,3}(?:on |via |over )?\(?(?:xmpp|jabber)\b")


def _addresses(view: View) -> Iterator[Point]:
    """Give Matrix ids, Fediverse accounts, Jabber and mail addresses."""
    text = view.text
    for number, found in enumerate(_address_pattern().finditer(text)):
        if number >= MOST_CANDIDATES:
            return
        start, end = found.span()
        before = text[start - 1] if start else " "
        if found[1]:
            place = matrix_id(view.typed(start, end)) if not before.isalnum() and before not in "/&'@_" else None
            if place is not None:
                yield _point(view, *place, start, start + len(place[1]))
        elif found[2]:
            if not before.isalnum() and before not in "/._-'" and _is_account(found[2][1:]) and end - start <= 200:
                yield _point(view, "fediverse", found[2][1:].rstrip(".-"), start, end)
        else:
            place = _mail(text, found[3], start, end)
            if place is not None:
                yield _point(view, *place, start, start + len(found[3].rstrip(".-")))


def _mail(text: str, mail: str, start: int, end: int) -> tuple[str, str] | None:
    """Give the place of a mail address: a Jabber account where the words beside say so."""
    local, _, domain = mail.rstrip(".-").partition("@")
    before = text[start - 1] if start else " "
    if (
        len(local) > 64
        or local[0] in ".%+-"
        or local.endswith(".")
        or (before in "@/=&" and not text[max(0, start - 8) : start].endswith(("to=", "//")))
    ):
        return None
    if (
        not is_domain(domain)
        or (end < len(text) and text[end] == "@")
        or (local == "git" and text[end : end + 1] == ":")
    ):
        return None
    if "%" in local:
        return None
    jabber = _JABBER.search(text[max(0, start - 30) : start]) or _JABBER_AFTER.match(text, end, end + 24)
    return ("xmpp" if jabber else "email"), f"{local}@{domain}"


_long_pattern = _patterned(r"(?:^|[^a-z0-9])([0-9a-z]{56,})")


def _proving(view: View) -> Iterator[Point]:
    """Give what proves itself by its letters: onion services, Session and Tox ids."""
    for number, found in enumerate(_long_pattern().finditer(view.text)):
        if number >= MOST_CANDIDATES:
            return
        run = found[1]
        start, end = found.span(1)
        if len(run) == 56 and is_onion(run):
            yield _point(view, "onion", run, start, end, checked=True)
        elif len(run) == 66 and is_session(run):
            yield _point(view, "session", run, start, end)
        elif len(run) == 76 and is_tox(run):
            yield _point(view, "tox", run.upper(), start, end, checked=True)
