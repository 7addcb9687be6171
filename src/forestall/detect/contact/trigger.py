"""Can a text hold a contact point at all? One linear scan that says no to nearly every post.

Whatever `points.py` finds in any view begins with something named here; a test compares the two over all labelled strings.
"""

from functools import cache
from typing import Any

import re2

from forestall.detect.contact.channels import channels
from forestall.detect.contact.names import special_words
from forestall.detect.contact.undo import HINTS, TOPS, alternation, spoken
from forestall.detect.contact.words import signs


def suspicious(text: str) -> bool:
    """True where a folded text may hold a contact point in some view."""
    return _all().search(text) is not None


def disguised(text: str) -> bool:
    """True where a folded text may hold a contact point that only another view than the text itself shows."""
    return _odd().search(text) is not None


def _plain_parts() -> tuple[str, ...]:
    """Give the patterns of what an address, an id or a name looks like where nothing hides it."""
    sure = [word for word, app in channels().apps.items() if app.sure and len(word) > 2]
    vague = alternation(tuple(word for word, app in channels().apps.items() if not (app.sure and len(word) > 2)))
    return (
        r"//",
        rf"[a-z0-9]\.(?:{'|'.join(sorted(_tops()))})(?:[^a-z0-9]|$)",
        r"[a-z0-9\-]/@[a-z0-9_]",
        r"[a-z0-9._%+\-]@[a-z0-9]",
        r"[#!@][a-z0-9._=/+\-]+:[a-z0-9]",
        r"(?:^|[^a-z0-9])(?:tg|whatsapp|matrix|xmpp|simplex|briar|mumble|ts3server|tel|sms|threema|zello|viber|tox):",
        r"(?:\+\s?\(?|\b00\s?)[1-9](?:[ ().\-/]{0,3}[0-9]){6}",
        r"(?:whats\s?app|whatsap|wattsapp|واتس|ватсап|вотсап|হোয়াটসঅ্যাপ)[^0-9\n]{0,16}[1-9][0-9]{9}",
        r"[a-z0-9]{56}",
        rf"(?:^|[^\pL\pN]|[وبلف])(?:{alternation(tuple(sure) + special_words())})(?:$|[^\pL\pN])",
        rf"(?:^|[^\pL\pN])(?:{vague})[^\n]{{0,24}}[@:=]",
        rf"@[a-z0-9_.\-]+\s[\pL]{{1,5}}\s(?:[\pL]{{2,5}}\s)?(?:{vague})(?:$|[^\pL\pN])",
    )


def _odd_parts() -> tuple[str, ...]:
    """Give the patterns of what each view of `undo.py` undoes."""
    dots, slashes, ats = (alternation(signs()[sign]) for sign in ("dot", "slash", "at"))
    return (
        rf"[\[({{<]\s?(?:[.·•∙⋅,/@]|{dots}|{slashes}|{ats})\s?[\])}}>]",
        rf"[a-z0-9]\s(?:{dots})\s(?:{TOPS})(?:[^a-z0-9]|$)",
        rf"(?:^|[^\pL\pN])(?:{spoken(plain=False)})(?:$|[^\pL\pN])",
        rf"[a-z0-9](?:\s\.\s?|\.\s|[·•∙⋅])(?:{TOPS})(?:\s?[/∕⁄⧸⟋\\]|\s(?:{slashes})\s|$)",
        rf"[a-z0-9]\.(?:{TOPS})(?:\s?[∕⁄⧸⟋\\]|\s/|\s(?:{slashes})\s)",
        r"[\p{Cyrillic}\p{Arabic}\p{Bengali}]\.[\p{Cyrillic}\p{Arabic}\p{Bengali}]{2,4}\s?[/\\]",
        r":\\",
        r"(?:^|[^a-z0-9])(?:t|wa)[,_]\s?me\s?/",
        HINTS,
        r"%[0-9a-f][0-9a-f]",
        r"[a-z0-9+/_=\-]{16}",
        r"(?:[^\s]\s){5}",
        r"(?:(?:\\x|0x|\s|^|:)[0-9a-f]{2}){8}",
        r"/em\.|gg\.drocsid|moc\.ppastahw|puorg\.langis|/moc\.|/gro\.|/ten\.",
        r"g\.zr/|jn\.zr/|\.pbz/|qvfpbeq\.tt|fvtany\.|zngevk\.gb",
        rf"[./]\n(?:{TOPS})(?:[^a-z0-9]|$)|[a-z0-9]\n[./]|[a-z]{{2,}}/\n|@\n|\n@|[a-z0-9]/[a-z0-9+_\-]{{4,}}\n[a-z0-9_\-]",
        r"[a-z0-9./:@][^\s\pL\pN./:@#+?=&%_\-]{1,4}\.[^\s\pL\pN./:@#+?=&%_\-]{1,4}[a-z]",
    )


def _compiled(parts: tuple[str, ...]) -> Any:
    """Compile one pattern of several."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return re2.compile("|".join(f"(?:{part})" for part in parts), options)


@cache
def _all() -> Any:
    """The pattern of everything; some milliseconds, once per process."""
    return _compiled(_plain_parts() + _odd_parts())


@cache
def _odd() -> Any:
    """The pattern of disguises."""
    return _compiled(_odd_parts())


def _tops() -> set[str]:
    """Give the top-level domains of all hosts in the tables."""
    known = channels()
    hosts = [*known.readers, *known.hosts, *known.parents]
    return {host.rpartition(".")[2] for host in hosts} | {"onion", "i2p"}
