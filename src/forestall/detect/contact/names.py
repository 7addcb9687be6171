"""Names beside the word for a messenger: `telegram: @name`, `@name on wire`, `Signal name.01`, `Threema ABCD1234`."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from forestall.detect.contact.appeal import calls
from forestall.detect.contact.channels import App, channels
from forestall.detect.contact.links import Place, is_placeholder, telegram_name
from forestall.detect.contact.proof import is_domain
from forestall.detect.contact.views import View

MOST = 2_000
"""Words for messengers of one text that are looked at."""

Named = tuple[str, str, int, int]
"""Kind, id and the offsets of the name."""

_ELSEWHERE = re.compile(
    r"(?:youtube|yt|twitch|instagram|insta|ig|twitter|tiktok|whatsapp|mastodon|facebook|kick|odysee|rumble"
    r"|يوتيوب|ютуб)\b[^\n]{0,18}$"
)
_FILLER = re.compile(
    r"(?:\s(?:channel|group|user|username|user name|handle|account|id|name|nick|contact|is|at|me|us|app"
    r"|kanal|kanali|kanalimiz|canal|grup|gruppe"
    r"|groupe|grupo|конто|канал|группа|ник|аккаунт"
    r"|قناه|قناتنا|حسابي|حساب|معرف|يوزر|هو|benutzer|nombre|nom|compte|usuario|ای دی|پر|hesabim|adim)\b){0,3}"
)
_GAP = re.compile(r"[^\w@\n]{0,4}")
_PREFIX = re.compile(
    r"(?:^|\W)(?:on|in|at|my|our|via|per|auf|sur|over|use|en|mein|unser|mon|mi|na|на|мой|в|على|لي|di|pe|kwenye|a)\s$"
)
_OWN = re.compile(r"(?:^|\W)(?:my|our|join|mein|unser|unserem|mon|notre|mi|nuestro|meu|nosso|наш|наше|мой|в)\s$")
_ON = re.compile(
    r"@([a-z0-9_][a-z0-9_.-]{1,63})\s(?:(?:me|us)\s)?(?:on|in|at|auf|sur|en|di|da|в|на|على|em|no|via|per|with|за|পর|par|pe)\s(?:my\s|our\s)?$"
)
_SIGNAL = re.compile(r"(?<![\w.@/-])([a-z_][a-z0-9_]{2,31}\.[0-9]{2,9})(?![\w-]|\.\w)")
_SIGNAL_BEFORE = re.compile(
    r"(?<![\w.@/-])([a-z_][a-z0-9_]{2,31}\.[0-9]{2,9})\s?(?:\(|(?:\s?\(?(?:on|in|via|at|auf|sur|en|di|в|на|على|my|is my)\s))(?:my\s)?$"
)
_THREEMA = re.compile(r"(?<![\w*@.-])(\*?[a-z0-9]{7,8})(?![\w@-])")
_ONS = re.compile(r"(?:\sname)?[^\w\n]{0,4}@?([a-z0-9][a-z0-9_-]{1,62}[a-z0-9])(?:\.loki)?(?![\w@])")
_ONS_NAME = re.compile(r"(?:\s(?:ons|name))?[^\w\n]{1,4}@?([a-z0-9][a-z0-9_-]{1,62}[a-z0-9])(?:\.loki)?(?![\w@])")
_VOICE = re.compile(
    r"(?:3|\s3)?(?:\s(?:server|at|on|address|ip|is|adresse|сервер)){0,2}[ :=>→\-]{1,4}([a-z0-9-]+(?:\.[a-z0-9-]+){1,5})(:[0-9]{2,5})?"
)
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_AT_NAME = re.compile(r"(?<![\w@./])@([a-z][a-z0-9_]{3,31})(?![\w@])")
_OTHER = re.compile(
    r"\b(?:youtube|twitch|instagram|insta|ig|twitter|x|tiktok|whatsapp|mastodon|facebook|fb|snapchat|discord|signal|wire)\b|\n"
)
_REACH = 80
"""Folded characters between the word for a messenger and a name that it still explains."""
_WIDE = 90
"""Folded characters on each side in which words that ask to be written to count."""
_NEVER = frozenset(
    [
        "http",
        "https",
        "www",
        "com",
        "the",
        "and",
        "for",
        "with",
        "that",
        "this",
        "from",
        "your",
        "here",
        "banned",
        "blocked",
        "channel",
        "group",
    ]
)

_SPECIAL = {
    "signal": ("signal", "سيجنال", "сигнал", "سگنل", "সিগন্যাল", "signale"),
    "threema": ("threema", "تريما", "трима"),
    "session": ("session", "ons", "سيشن", "سشن"),
    "mumble": ("mumble",),
    "teamspeak": ("teamspeak", "team speak", "ts3"),
}


def special_words() -> tuple[str, ...]:
    """Give the words beside which names have a form of their own."""
    return tuple(word for spoken in _SPECIAL.values() for word in spoken)


@cache
def _words() -> tuple[Any, tuple[tuple[App | None, str], ...]]:
    """Give the automaton of all words for messengers, and what each stands for."""
    known: list[tuple[str, App | None, str]] = [(word, app, "") for word, app in channels().apps.items()]
    known += [(word, None, kind) for kind, spoken in _SPECIAL.items() for word in spoken]
    automaton = AhoCorasick([word for word, _, _ in known], matchkind=MatchKind.LeftmostLongest)
    return automaton, tuple((app, kind) for _, app, kind in known)


def names(view: View) -> Iterator[Named]:
    """Give the names that stand beside a word for a messenger."""
    text, (automaton, known) = view.text, _words()
    for number, (index, start, end) in enumerate(automaton.find_matches_as_indexes(text)):
        if number >= MOST:
            return
        if (start and text[start - 1].isalnum() and text[start - 1] not in "وبلف") or (
            end < len(text) and text[end].isalnum()
        ):
            continue
        app, special = known[index]
        found = _beside(text, start, end, app) if app else _FORMS[special](view, start, end)
        if found is not None:
            yield found


def _beside(text: str, start: int, end: int, app: App) -> Named | None:
    """Give the name beside the word for a messenger at `start`..`end`."""
    found = _behind(text, start, end, app) or _before(text, start, app)
    further = found is None and app.near
    found = _further(text, start, end, app) if further else found
    if found is None:
        return None
    place, first, last = found
    near = f"{text[max(0, min(start, first) - _WIDE) : first]} {text[last : max(end, last) + _WIDE]}"
    if (app.called or further) and not calls(near):
        return None
    return (*place, first, last)


def _behind(text: str, start: int, end: int, app: App) -> tuple[Place, int, int] | None:
    """Give the name that follows the word: behind an @, or, where that is usual, behind a colon."""
    filled = _FILLER.match(text, end, end + 60)
    at = filled.end() if filled else end
    gap = _GAP.match(text, at, at + 4)
    at = gap.end() if gap else at
    pointed = bool(gap and ("=" in gap.group() or ":" in gap.group()))
    meant = app.sure or pointed or (_OWN if app.channel else _PREFIX).search(text[max(0, start - 12) : start])
    if at >= len(text) or not meant:
        return None
    signed = text[at] == "@"
    if not signed and not (app.plain and pointed):
        return None
    if app.channel and _ELSEWHERE.search(text[max(0, start - 32) : start]):
        return None
    found = app.name.match(text, at + signed, at + signed + 80)
    place = _place(app, found.group(0).rstrip(".-_") if found else "", signed=signed)
    if place is None or found is None:
        return None
    last = found.start() + len(place[1])
    return (place, at + signed, last) if _ends(text, last) else None


def _before(text: str, start: int, app: App) -> tuple[Place, int, int] | None:
    """Give the name of `@name on …` before the word."""
    if app.channel:
        return None
    base = max(0, start - 90)
    found = _ON.search(text[base:start])
    place = _place(app, found.group(1).rstrip(".-"), signed=True) if found else None
    return (place, base + found.start(1), base + found.start(1) + len(place[1])) if found and place else None


def _further(text: str, start: int, end: int, app: App) -> tuple[Place, int, int] | None:
    """Give the @name within reach of the word, where no other service is named on the way; it needs a digit or a low line."""
    base = max(0, start - _REACH)
    found = _AT_NAME.search(text, end, end + _REACH) or _AT_NAME.search(text, base, start)
    if found is None or _OTHER.search(text, min(end, found.start()), max(start, found.end() + 24)):
        return None
    place = _place(app, found.group(1), signed=False)
    return (place, found.start(1), found.end(1)) if place and _ends(text, found.end(1)) else None


def _place(app: App, name: str, *, signed: bool) -> Place | None:
    """Give the place of a name; without @ it needs a digit or a low line, or it may be any word of the sentence."""
    if not name or is_placeholder(name) or name in _NEVER or not app.name.fullmatch(name):
        return None
    if not signed and not (any(letter.isdigit() for letter in name) and not name.isdigit()) and "_" not in name:
        return None
    return telegram_name(name) if app.kind == "telegram:name" else (app.kind, name)


def _ends(text: str, at: int) -> bool:
    """True where a name may end: no server, no further label follows."""
    rest = text[at : at + 2]
    return not rest or not (
        rest[0].isalnum() or rest[0] in "@_" or (rest[0] in ".:" and rest[1:].isalnum() and rest[1:].isascii())
    )


def _signal(view: View, start: int, end: int) -> Named | None:
    """Give a Signal user name, letters and a number behind a full stop: beside the word, or near it in a text that calls."""
    text = view.text
    filled = _FILLER.match(text, end, end + 60)
    at = filled.end() if filled else end
    found = _SIGNAL.search(text, at, at + 60)
    if found is None or (found.start() - at > 4 and not calls(text[max(0, start - _WIDE) : found.end() + _WIDE])):
        base = max(0, start - 48)
        found = _SIGNAL_BEFORE.search(text[base:start])
        if found is None:
            return None
        first, last = base + found.start(1), base + found.end(1)
    else:
        first, last = found.span(1)
    name = text[first:last]
    return None if is_placeholder(name.partition(".")[0]) else ("signal:name", name, first, last)


def _threema(view: View, start: int, end: int) -> Named | None:
    """Give a Threema id, eight capitals and digits near the word; one of letters only counts behind `ID`."""
    for base, last in ((end, end + 40), (max(0, start - 24), start)):
        for found in _THREEMA.finditer(view.text[base:last]):
            first, stop = base + found.start(1), base + found.end(1)
            typed = view.typed(first, stop)
            named = any(letter.isdigit() for letter in typed) or "id" in view.text[end:first].split()
            if len(typed) == 8 and typed == typed.upper() and named and not typed.isdigit():
                return "threema", typed, first, stop
    return None


def _session(view: View, start: int, end: int) -> Named | None:
    """Give a Session name (ONS): behind `ONS` where the text speaks of Session, or behind `on Session:`."""
    text = view.text
    ons = text[start:end] == "ons"
    found = (_ONS if ons else _ONS_NAME).match(text, end, end + 90)
    if found is None:
        return None
    gap, name = text[end : found.start(1)], found.group(1)
    if ons:
        near = text[max(0, start - 40) : start] + text[found.end() : found.end() + 40]
        meant = "session" in near or found.group(0).endswith(".loki")
    else:
        prefixed = _PREFIX.search(text[max(0, start - 12) : start]) is not None
        plain = name.isalpha() or name.isdigit()
        meant = " ons" in gap or (prefixed and ":" in gap and not plain)
    if not meant or is_placeholder(name) or name in ("is", "ons", "server"):
        return None
    return "session:name", name, found.start(1), found.end(1)


def _voice(view: View, start: int, end: int) -> Named | None:
    """Give the host of a voice server behind its program's name."""
    kind = "mumble" if view.text.startswith("mumble", start) else "teamspeak"
    found = _VOICE.match(view.text, end, end + 120)
    if found is None:
        return None
    host, port = found.group(1).rstrip(".-"), found.group(2) or ""
    numeric = bool(_IPV4.fullmatch(host)) and all(int(part) < 256 for part in host.split(".")) and bool(port)
    if not numeric and not (is_domain(host) and host not in ("mumble.info", "teamspeak.com", "www.mumble.info")):
        return None
    return kind, host + ("" if port in (":64738", ":9987") else port), found.start(1), found.end(1) + len(port)


_FORMS: Mapping[str, Callable[[View, int, int], Named | None]] = {
    "signal": _signal,
    "threema": _threema,
    "session": _session,
    "mumble": _voice,
    "teamspeak": _voice,
}
