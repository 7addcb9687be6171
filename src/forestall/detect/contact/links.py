"""Reading links to messengers: from what follows the host of an address to the place it leads to.

Each reader takes the rest of an address as typed (case kept, from its first slash on) and gives the kind of place, its id,
and how much of the rest names it; or nothing where it leads to no place: share buttons, sticker packs, proxies.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from forestall.detect.contact.proof import is_domain

Place = tuple[str, str]
"""The kind of a contact point, and its id within that kind."""
Read = tuple[str, str, int]
"""A place, and how many characters of the path name it."""

CODE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
"""What invite codes are made of: base64url."""

_DIGITS = frozenset("0123456789")
_NOT_NAMES = frozenset(
    {"addemoji", "addlist", "addstickers", "addtheme", "auction", "boost", "confirmphone", "contact", "giftcode"}
    | {"html", "http", "https", "invoice", "joinchat", "login", "premium", "proxy", "setlanguage", "share", "socks"}
    | {
        "stars",
        "telegram",
        "story",
        "message",
        "nft",
        "channel",
        "group",
        "with",
        "that",
        "this",
        "from",
        "your",
        "here",
    }
    | {"username", "user", "passport", "iv", "addstyle", "newbot", "https_", "apps", "faq", "blog", "privacy"}
)
_PLACEHOLDERS = frozenset(
    {"user", "username", "handle", "name", "mention", "everyone", "someone", "channel", "here", "yourname"}
)
"""Names that stand for a name: data sets write `@user` for every account."""

_SEARCHED = 700
_FLAGS = re.IGNORECASE | re.ASCII
_PLUS = re.compile(r"/(?:\+|joinchat/\+?)([\w-]{7,64})(?![\w-])", _FLAGS)
_LIST = re.compile(r"/addlist/([\w-]{6,64})(?![\w-])", _FLAGS)
_CHAT = re.compile(r"/(?:c/|boost/?\?c=)(\d{5,20})(?!\w)", _FLAGS)
_NAME = re.compile(r"/(?:s/|boost/)?@?([a-z]\w{3,31})(?!\w|-\w)", _FLAGS)
_WEB = re.compile(
    r"[/?\w]*#(?:/im\?p=|\?tgaddr=tg%3a%2f%2fresolve%3fdomain%3d)?(?:@([a-z]\w{3,31})|-100(\d{5,20}))(?!\w)", _FLAGS
)
_CATALOGUE = re.compile(r"/(?:[a-z]{2}/)?(?:channel|chat|bot|group)s?/@([a-z]\w{3,31})(?!\w)", _FLAGS)
_WHATSAPP = re.compile(r"/(?:invite/)?([a-z0-9]{20,26})(?![\w-])", _FLAGS)
_WHATSAPP_CHANNEL = re.compile(r"/channel/([a-z0-9]{20,26})(?![\w-])", _FLAGS)
_SEND = re.compile(r"/(?:send/?)?\?(?:\w+=[^&\s]*&){0,4}phone=\+?([0-9]{7,15})(?![0-9])", _FLAGS)
_WAME = re.compile(r"/(?:(?:message|qr)/([\w-]{8,32})|(?:c/)?\+?([0-9]{7,15}))(?![\w])", _FLAGS)
_GROUP = re.compile(r"/?#([\w-]{16,256})(?![\w-])", _FLAGS)
_ME = re.compile(r"/?#(?:p/\+?([0-9]{7,15})|eu/([\w-]{16,256}))(?![\w-])", _FLAGS)
_INVITE = re.compile(r"/invite/([\w-]{2,32})(?![\w-])", _FLAGS)
_VANITY = re.compile(r"/(?:invite/)?([\w-]{2,32})(?![\w-])", _FLAGS)
_MATRIX = re.compile(r"[#!@][^\s/?&:]{1,200}:[a-z0-9.-]+(?::\d+)?", _FLAGS)
_PAGE = r"(?:https?:/{1,2})?"
_ARCHIVED = re.compile(
    r"/(?:web/)?(?:save/)?(?:_embed/)?(?:(?:\d{4,14}(?:[a-z]{2}_)?|\*)/|(?<=web/))"
    + _PAGE
    + r"(?=([\w-]+(?:\.[\w-]+)+[^\s\"'<>]{0,300}))",
    _FLAGS,
)
_CACHED = re.compile(
    r"/(?:search|cache\.aspx|archive)(?:\?(?:\w+=[^&\s]*&){0,4}(?:q|d)=(?:cache:)?(?:[\w-]{6,20}:)?|/)"
    + _PAGE
    + r"(?=([\w.%/-]{4,300}))",
    _FLAGS,
)


def is_name(name: str) -> bool:
    """True for what can be a public Telegram name."""
    plain = name.isascii() and name.replace("_", "").isalnum() and name[:1].isalpha()
    return plain and 4 <= len(name) <= 32 and name not in _NOT_NAMES


def is_placeholder(name: str) -> bool:
    """True for names that stand for a name."""
    return name.lower() in _PLACEHOLDERS


def telegram_name(name: str) -> Place | None:
    """Give the place of a public Telegram name: a bot, where it ends as all bots' names must."""
    name = name.lower()
    if not is_name(name):
        return None
    return ("telegram:bot" if name.endswith("bot") else "telegram:name"), name


def telegram(path: str) -> Read | None:
    """Read the path of a t.me link: invites, folders, phones, private chats, names; previews, boosts, posts read as the name."""
    doubled = len(path) - len(path.lstrip("/")) - 1
    if doubled > 0:
        read = telegram(path[doubled:])
        return (*read[:2], read[2] + doubled) if read else None
    if found := _PLUS.match(path):
        return _used(telegram_plus(found.group(1)), found)
    if found := _LIST.match(path):
        return "telegram:list", found.group(1), found.end()
    if found := _CHAT.match(path):
        return "telegram:chat", found.group(1), found.end()
    found = _NAME.match(path)
    return _used(telegram_name(found.group(1)), found) if found else None


def telegram_plus(code: str) -> Place | None:
    """Read what follows the plus sign: an invite, or the telephone number of a person."""
    if _DIGITS.issuperset(code):
        return ("telegram:phone", code) if 7 <= len(code) <= 15 else None
    return ("telegram:invite", code) if 8 <= len(code) <= 64 and CODE.issuperset(code) else None


def _telegram_web(path: str) -> Read | None:
    """Read the fragment of an address of Telegram in the browser."""
    found = _WEB.match(path)
    if found is None:
        return None
    place = telegram_name(found.group(1)) if found.group(1) else ("telegram:chat", found.group(2))
    return _used(place, found)


def _telegram_catalogue(path: str) -> Read | None:
    """Read the path of a page about a channel in one of the catalogues."""
    found = _CATALOGUE.match(path)
    return _used(telegram_name(found.group(1)), found) if found else None


def whatsapp(path: str) -> Read | None:
    """Read the path of a whatsapp.com link: a group invite, a channel, or a telephone number."""
    if found := _SEND.match(path):
        return "whatsapp:phone", found.group(1), found.end()
    if found := _WHATSAPP_CHANNEL.match(path):
        return "whatsapp:channel", found.group(1), found.end()
    found = _WHATSAPP.match(path)
    return ("whatsapp:invite", found.group(1), found.end()) if found else None


def _wame(path: str) -> Read | None:
    """Read the path of a wa.me link: a telephone number, or a message or QR code that stands for one."""
    found = _WAME.match(path)
    if found is None:
        return None
    kind = "whatsapp:message" if found.group(1) else "whatsapp:phone"
    return kind, found.group(1) or found.group(2), found.end()


def _signal_group(path: str) -> Read | None:
    """Read the fragment of a signal.group link."""
    found = _GROUP.match(path)
    return ("signal:group", found.group(1), found.end()) if found else None


def _signal_me(path: str) -> Read | None:
    """Read the fragment of a signal.me link: a telephone number or a user name's code."""
    found = _ME.match(path)
    if found is None:
        return None
    return ("signal:phone" if found.group(1) else "signal:user"), found.group(1) or found.group(2), found.end()


def _discord(path: str) -> Read | None:
    """Read the path of a discord.com link; only invites are contact points."""
    found = _INVITE.match(path)
    return ("discord:invite", found.group(1), found.end()) if found else None


def _discord_code(path: str) -> Read | None:
    """Read an invite code."""
    found = _VANITY.match(path)
    return ("discord:invite", found.group(1), found.end()) if found and found.group(1) != "invite" else None


def _matrix(path: str) -> Read | None:
    """Read a matrix.to or Element link, whose fragment names a room or a person."""
    found = _MATRIX.search(path, 1, _SEARCHED)
    place = matrix_id(found.group(0)) if found else None
    return _used(place, found) if found else None


def matrix_id(typed: str) -> Place | None:
    """Read a Matrix id: rooms keep the case of the part before the colon, people and servers have none."""
    local, _, server = typed.partition(":")
    server = server.lower().rstrip(".-")
    if len(typed) > 255 or len(local) < 2 or not is_domain(server.split(":")[0]):
        return None
    return "matrix", f"{local.lower() if local[0] == '@' else local}:{server}"


def _archive_web(path: str) -> Read | None:
    """Read the path of a copy in the Wayback Machine; what it is a copy of is left to be read by itself."""
    found = _ARCHIVED.match(path)
    return ("archive", f"web.archive.org/web/{_page(found.group(1))}", found.end()) if found else None


def _archive_cache(path: str) -> Read | None:
    """Read the path of a copy in the cache of a search engine."""
    found = _CACHED.match(path)
    return (
        ("archive", f"webcache.googleusercontent.com/search?q=cache:{_page(found.group(1))}", found.end())
        if found
        else None
    )


def _page(address: str) -> str:
    """Give the address of a page without scheme, `www.`, and what trails behind."""
    host, slash, path = address.rstrip(".,;:!?)]").partition("/")
    return f"{host.lower().removeprefix('www.')}{slash}{path}".rstrip("/")


def scheme(name: str, rest: str) -> Place | None:
    """Read an application link: tg://join?invite=…, whatsapp://chat?code=…, matrix:r/…, xmpp:…, simplex:/contact#…"""
    if name in _SCHEMES:
        return _SCHEMES[name](unquote(rest))
    head, _, query = unquote(rest).partition("?")
    values = dict(pair.split("=", 1) for pair in query.split("&")[:20] if "=" in pair)
    read: Read | None = None
    if "phone" in values or "number" in values:
        service = {"tg": "telegram:phone", "whatsapp": "whatsapp:phone"}.get(name, "phone")
        digits = "".join(letter for letter in values.get("phone", values.get("number", "")) if letter in _DIGITS)
        return (service, digits) if 7 <= len(digits) <= 15 else None
    if name == "tg" and ("invite" in values or "slug" in values):
        read = telegram(f"/+{values['invite']}" if "invite" in values else f"/addlist/{values['slug']}")
    elif name == "tg" and "domain" in values:
        return telegram_name(values["domain"])
    elif name == "whatsapp" and "code" in values:
        read = whatsapp(f"/{values['code']}")
    elif name == "threema" and re.fullmatch(r"\*?[a-z0-9]{7,8}", values.get("id", ""), _FLAGS):
        return "threema", values["id"].upper()
    elif name == "viber" and (head.startswith("pa") or "g2" in values or "g" in values):
        code = values.get("chatURI") or values.get("g2") or values.get("g", "")
        return ("viber", code) if 3 <= len(code) <= 120 else None
    return read[:2] if read else None


def _matrix_scheme(rest: str) -> Place | None:
    """Read matrix:r/room:server, matrix:u/name:server, matrix:roomid/id:server."""
    kind, _, name = rest.partition("/")
    mark = {"r": "#", "u": "@", "roomid": "!"}.get(kind.lower(), "")
    return matrix_id(mark + name.partition("?")[0].partition("/")[0]) if mark else None


def _xmpp(rest: str) -> Place | None:
    """Read xmpp:name@server?join."""
    found = re.match(r"([\w.+-]{1,80})@([\w-]+(?:\.[\w-]+)+)", rest, _FLAGS)
    return ("xmpp", found.group(0).lower()) if found and is_domain(found.group(2)) else None


def _simplex(rest: str) -> Place | None:
    """Read simplex:/contact#/?…smp=smp://key@host/queue#…, whose queue is the address."""
    return simplex(rest)


def simplex(text: str) -> Place | None:
    """Read a SimpleX link of the long form: what it is, and the queue's server and id; or of the short form."""
    found = re.search(r"(?:^|/)(contact|invitation|[agci])/?[#?]", text[:80])
    if found is None:
        return None
    queue = re.search(r"smp:/{0,2}[\w=+/-]{8,100}@[\w.,-]+/([\w=+-]{8,80})", text)
    plain = re.match(r"([\w=-]{16,120})", text[found.end() :])
    code = queue.group(1) if queue else plain.group(1) if plain else ""
    return ("simplex", f"{found.group(1)}#{code.rstrip('=')}") if code else None


def _simplex_link(path: str) -> Read | None:
    """Read the path of a simplex.chat link."""
    place = simplex(unquote(path))
    return (*place, len(path)) if place else None


def _briar(rest: str) -> Place | None:
    """Read briar://: the 53 base32 letters of a handshake key."""
    found = re.match(r"([a-z2-7]{53})(?!\w)", rest.lower())
    return ("briar", found.group(1)) if found else None


def _voice(kind: str) -> Callable[[str], Place | None]:
    """Give the reader of links to a voice server: the host, and the port where it is another than the usual one."""

    def read(rest: str) -> Place | None:
        found = re.match(r"(?:[\w%.-]+(?::[^@\s]*)?@)?([\w-]+(?:\.[\w-]+)+)(:\d+)?", rest.lower(), _FLAGS)
        if not found or not (is_domain(found.group(1)) or re.fullmatch(r"\d+(\.\d+){3}", found.group(1))):
            return None
        port = found.group(2) or ""
        return kind, found.group(1) + ("" if port in ("", ":64738", ":9987") else port)

    return read


def _zello(rest: str) -> Place | None:
    """Read zello://channel."""
    found = re.match(r"(?:channel/|\?\w+=)?(\w{3,40})", rest, _FLAGS)
    return ("zello", found.group(1).lower()) if found else None


def _used(place: Place | None, found: re.Match[str]) -> Read | None:
    """Give a place with how much of the path names it."""
    return (*place, found.end()) if place else None


_SCHEMES: Mapping[str, Callable[[str], Place | None]] = {
    "matrix": _matrix_scheme,
    "xmpp": _xmpp,
    "simplex": _simplex,
    "briar": _briar,
    "mumble": _voice("mumble"),
    "ts3server": _voice("teamspeak"),
    "zello": _zello,
}

READERS: Mapping[str, Callable[[str], Read | None]] = {
    "telegram": telegram,
    "telegram_web": _telegram_web,
    "telegram_catalogue": _telegram_catalogue,
    "whatsapp": whatsapp,
    "wame": _wame,
    "signal_group": _signal_group,
    "signal_me": _signal_me,
    "discord": _discord,
    "discord_code": _discord_code,
    "matrix": _matrix,
    "archive_web": _archive_web,
    "archive_cache": _archive_cache,
    "simplex": _simplex_link,
}
"""The readers that `channels.yaml` names."""
