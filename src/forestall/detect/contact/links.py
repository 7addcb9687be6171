"""Reading links to messengers: from the path of an address to the place it leads to.

Each reader takes a path as typed (case kept) and gives the kind of place and its id, or nothing where the path leads
to no place: share buttons, sticker packs, proxies.
"""

from collections.abc import Callable, Mapping

Place = tuple[str, str]
"""The kind of a contact point, and its id within that kind."""

CODE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
"""What invite codes are made of: base64url."""

_DIGITS = frozenset("0123456789")
_NOT_NAMES = frozenset(
    {"addemoji", "addlist", "addstickers", "addtheme", "auction", "boost", "confirmphone", "contact", "giftcode"}
    | {"html", "http", "https", "invoice", "joinchat", "login", "premium", "proxy", "setlanguage", "share", "socks"}
    | {"stars", "telegram"}
)


def is_name(name: str) -> bool:
    """True for what can be a public Telegram name."""
    plain = name.isascii() and name.replace("_", "").isalnum() and name[:1].isalpha()
    return plain and 4 <= len(name) <= 32 and name not in _NOT_NAMES


def telegram(path: str) -> Place | None:
    """Read the path of a t.me link: invites, folders, phones, private chats, names; previews read as the name."""
    steps = [step for step in path.split("/") if step]
    if not steps:
        return None
    first, second = steps[0], steps[1] if len(steps) > 1 else ""
    if first.startswith("+"):
        return telegram_plus(first[1:])
    if first.lower() == "joinchat":
        return telegram_plus(second)
    if first.lower() == "addlist":
        return ("telegram:list", second) if _is_code(second, 6, 64) else None
    if first.lower() == "c":
        return ("telegram:chat", second) if _DIGITS.issuperset(second) and 5 <= len(second) <= 20 else None
    name = (second if first.lower() == "s" else first).removeprefix("@").lower()
    name = name.partition("#")[0].rstrip("~$-+")
    return ("telegram:name", name) if is_name(name) else None


def telegram_plus(code: str) -> Place | None:
    """Read what follows the plus sign: an invite, or the telephone number of a person."""
    code = code.partition("#")[0].partition("@")[0].rstrip("~$")
    if _DIGITS.issuperset(code):
        return ("telegram:phone", code) if 7 <= len(code) <= 15 else None
    return ("telegram:invite", code) if _is_code(code, 8, 64) else None


def whatsapp(path: str) -> Place | None:
    """Read the path of a whatsapp.com link: a group invite, a channel, or a telephone number."""
    steps = [step for step in path.split("/") if step]
    if not steps:
        return None
    first, last = steps[0], steps[-1]
    if "?phone=" in last:
        return phone("whatsapp", last.partition("=")[2])
    if first.lower() == "channel":
        return ("whatsapp:channel", last) if _is_code(last, 20, 26) and last.isalnum() else None
    code = steps[1] if first.lower() == "invite" and len(steps) > 1 else first
    return ("whatsapp:invite", code) if _is_code(code, 20, 26) and code.isalnum() else None


def _wame(path: str) -> Place | None:
    """Read the path of a wa.me link: a telephone number, or a message or QR code that stands for one."""
    steps = [step for step in path.split("/") if step]
    if not steps:
        return None
    if steps[0].lower() in ("message", "qr") and len(steps) > 1:
        return ("whatsapp:message", steps[1]) if _is_code(steps[1], 8, 32) else None
    return phone("whatsapp", steps[0])


def _signal_group(path: str) -> Place | None:
    """Read the path of a signal.group link."""
    code = path.lstrip("#")
    return ("signal:group", code) if _is_code(code, 16, 256) else None


def _signal_me(path: str) -> Place | None:
    """Read the path of a signal.me link: a telephone number or a user name's code."""
    kind, _, code = path.lstrip("#").partition("/")
    if kind == "p":
        return phone("signal", code)
    return ("signal:user", code) if kind == "eu" and _is_code(code, 16, 256) else None


def _discord(path: str) -> Place | None:
    """Read the path of a discord.com link; only invites are contact points."""
    first, _, rest = path.partition("/")
    return _discord_code(rest) if first.lower() == "invite" else None


def _discord_code(path: str) -> Place | None:
    """Read an invite code."""
    code = path.partition("/")[0].partition("#")[0]
    return ("discord:invite", code) if _is_code(code, 2, 32) else None


def phone(service: str, text: str) -> Place | None:
    """Read a telephone number in international form."""
    digits = "".join(letter for letter in text if letter in _DIGITS)
    return (f"{service}:phone", digits) if 7 <= len(digits) <= 15 else None


def _is_code(text: str, shortest: int, longest: int) -> bool:
    """True for a code of the right length in the letters codes are made of."""
    return shortest <= len(text) <= longest and CODE.issuperset(text)


PATHS: Mapping[str, Callable[[str], Place | None]] = {
    "telegram": telegram,
    "whatsapp": whatsapp,
    "wame": _wame,
    "signalgroup": _signal_group,
    "signalme": _signal_me,
    "discord": _discord,
    "discordgg": _discord_code,
}
"""The reader of each service's paths, by the group of the pattern that found its host."""
