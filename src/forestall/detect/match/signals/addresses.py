r"""Web addresses: one spelling for all that lead to the same place, for the types `url`, `url-md5` and `domain`.

What `canonical` does, in order:
    written   hxxp, [.], (dot) and [:] are read as what they stand for; hidden characters, tabs and line breaks go; \ is /
    scheme    http and https are one, written https; without a scheme it is https; others than http, https and ftp are no addresses
    user      `name:password@` before the host goes
    host      small letters, IDNA (punycode), no full stop at the end; numbers for an IPv4 address are read as browsers read them;
              a leading www. or m. goes; telegram.me and telegram.dog are t.me, twitter.com is x.com, youtu.be/ID and
              youtube.com/{shorts,embed,live}/ID are youtube.com/watch?v=ID, t.me/s/NAME is t.me/NAME
    port      80 and 443 go
    path      dot segments are followed, // is /, escapes are capital and only where needed; no slash at the end but for the root
    query     tracking parameters go (`TRACKING`), the others are sorted by name; an empty query goes
    fragment  goes, except where it names the place: it begins with / or !, or the host is in `ROUTED`
Letters of paths and queries keep their case. Nothing is ever fetched.
"""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

LONGEST = 2_048
"""Characters of the longest address."""
_LONGEST_HOST = 253
_MOST_PARAMETERS = 200

TRACKING_STARTS = ("utm_", "pk_", "mtm_", "hsa_", "__hs", "_hs", "mc_", "oly_", "vero_", "ga_")
TRACKING = frozenset(
    {
        "fbclid",
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "gclsrc",
        "msclkid",
        "yclid",
        "ysclid",
        "twclid",
        "ttclid",
        "igshid",
    }
    | {"igsh", "li_fat_id", "mkt_tok", "_ga", "_gl", "_openstat", "ref_src", "ref_url", "spm", "si", "feature", "cmpid"}
    | {"s_cid", "rb_clickid", "wickedid", "yadclid", "epik", "sc_campaign", "share_id", "fb_action_ids", "fb_source"}
)
"""Parameters that say where a reader came from, not where an address leads."""
ROUTED = frozenset({"signal.group", "signal.me", "matrix.to", "web.telegram.org", "app.element.io", "simplex.chat"})
"""Hosts whose fragment names the place."""

_SAME_HOST = {"telegram.me": "t.me", "telegram.dog": "t.me", "twitter.com": "x.com"}
_SHORT = re.compile(r"(?:www|m|mobile)\.(?=[^.]+\.[^.])")
_VIDEO = re.compile(r"/(?:shorts|embed|live|v)/([A-Za-z0-9_-]{11})")
_DEFANGED = (
    *((re.compile(r"[\[({]\s?(?:\.|dot)\s?[\])}]", re.IGNORECASE), "."), (re.compile(r"[\[(]://[\])]|\[:\]//"), "://")),
    *(
        (re.compile(r"[\[(]:[\])]"), ":"),
        (re.compile(r"^\s*(?:h(?:xx|\*\*|tt)p|hp)(s?)(?=:)", re.IGNORECASE), r"http\1"),
    ),
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_LABEL = re.compile(r"(?:xn--[a-z0-9-]+|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)", re.ASCII)
_FULL_STOPS = str.maketrans("。．｡", "...")
_KEPT_IN_PATH = "!$&'()*+,;=:@/~"
_KEPT_IN_QUERY = "!$'()*,;:@/?~"


class Address(NamedTuple):
    """An address read: `host` as in `url`, its canonical form; `written` as it stood there, without disguise."""

    url: str
    host: str
    written: str


def read(text: str) -> Address | None:
    """Read an address; None where a text is none."""
    return _read(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=1_024)
def _read(text: str) -> Address | None:
    """Read an address; remembered, because three types of signals ask."""
    written = refanged(text)
    scheme, rest = _scheme(written)
    if scheme is None:
        return None
    bare = rest is written
    rest, fragment = _cut(rest.replace("\\", "/").lstrip("/"), "#")
    rest, query = _cut(rest, "?")
    authority, _, path = rest.partition("/")
    host = _host_and_port(authority.rpartition("@")[2])
    if host is None or (bare and ("@" in authority or (_is_number(authority) and authority.count(".") != 3))):
        return None  # a mail address, a version number
    name, port = host
    name, path, query = _same_place(name, _path(path), _query(query))
    routed = fragment.startswith(("/", "!")) or name in ROUTED
    tail = f"?{query}" if query else ""
    tail += f"#{_escaped(fragment, _KEPT_IN_QUERY)}" if routed and fragment else ""
    path = path if len(path) == 1 else path.rstrip("/")
    return Address(f"{scheme}://{_bracketed(name)}{port}{path}{tail}", name, written)


def refanged(text: str) -> str:
    """Give a written address without disguise, hidden characters and white space."""
    for pattern, meant in _DEFANGED:
        text = pattern.sub(meant, text)
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return "".join(
        letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
    )


def _host_and_port(authority: str) -> tuple[str, str] | None:
    """Read `host[:port]`: the canonical host, and `:port` where it is not the usual one; None where it is no host."""
    if authority.startswith("["):
        inner, closed, port = authority[1:].partition("]")
        name = _ip6(inner) if closed else None
        port = port.removeprefix(":")
    else:
        host, _, port = authority.partition(":")
        name = _host(host)
    if name is None or not (port.isascii() and (not port or port.isdigit())) or len(port) > 5:
        return None
    return name, "" if port in ("", "80", "443", "0") else f":{int(port)}"


def _is_number(authority: str) -> bool:
    """True where the last part of a host is a number: without a scheme, only four of them are an address."""
    return authority.rpartition(":")[0 if ":" in authority else 2].rstrip(".").rpartition(".")[2].isdecimal()


def _cut(text: str, sign: str) -> tuple[str, str]:
    """Give what stands before and behind the first of a sign."""
    before, _, behind = text.partition(sign)
    return before, behind


def _scheme(text: str) -> tuple[str | None, str]:
    """Give the canonical scheme and what follows it; no scheme where the text names another kind of thing."""
    found = _SCHEME.match(text)
    if found is None or (text[found.end() : found.end() + 1].isdigit() and "." in found[1]):
        return "https", text
    scheme = found[1].lower()
    if scheme in ("http", "https"):
        return "https", text[found.end() :]
    return ("ftp" if scheme == "ftp" else None), text[found.end() :]


def _host(host: str) -> str | None:
    """Give the canonical form of a host; None where it is none."""
    if not 0 < len(host) <= _LONGEST_HOST:
        return None
    name = host
    if "%" in name:
        name = unquote_to_bytes(name).decode("utf-8", "replace")
    if not name.isascii():
        try:
            name = unicodedata.normalize("NFKC", name.translate(_FULL_STOPS)).encode("idna").decode("ascii")
        except UnicodeError:
            return None
    name = name.lower().rstrip(".")
    labels = name.split(".")
    if labels[-1][:1].isdigit():
        return _ip4(labels)
    if len(labels) < 2 or not all(len(label) <= 63 and _LABEL.fullmatch(label) for label in labels):
        return None
    if not (labels[-1].isalpha() or labels[-1].startswith("xn--")) or len(labels[-1]) < 2:
        return None
    short = _SHORT.match(name)
    return name[short.end() :] if short else name


def _ip4(labels: list[str]) -> str | None:
    """Read an IPv4 address the way browsers do: one to four numbers, decimal, octal or hex, the last filling what is left."""
    numbers = []
    for label in labels:
        base = 16 if label.startswith("0x") else 8 if len(label) > 1 and label.startswith("0") else 10
        digits = label[2:] if base == 16 else label
        if not digits.isascii() or not digits.isalnum() or len(digits) > 12:
            return None
        try:
            numbers.append(int(digits, base))
        except ValueError:
            return None
    *first, last = numbers
    if len(numbers) > 4 or any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        return None
    value = sum(number << (24 - 8 * place) for place, number in enumerate(first)) + last
    return str(ipaddress.IPv4Address(value))


def _ip6(text: str) -> str | None:
    """Read an IPv6 address."""
    try:
        return ipaddress.IPv6Address(text.partition("%")[0]).compressed if len(text) < 80 else None
    except ValueError:
        return None


def _bracketed(name: str) -> str:
    """Give a host as it stands in an address."""
    return f"[{name}]" if ":" in name else name


def _path(path: str) -> str:
    """Give the canonical path, from its first slash to the last."""
    steps: list[str] = []
    for step in path.split("/"):
        plain = _escaped(step, _KEPT_IN_PATH)
        if plain == "..":
            del steps[-1:]
        elif plain not in ("", "."):
            steps.append(plain)
    return "/" + "/".join(steps)


def _query(query: str) -> str:
    """Give the canonical query: without tracking, sorted by name."""
    kept = []
    for pair in query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS]:
        name, sign, value = pair.partition("=")
        plain = _escaped(name, _KEPT_IN_QUERY)
        if pair and plain.lower() not in TRACKING and not plain.lower().startswith(TRACKING_STARTS):
            kept.append((plain, sign + _escaped(value, _KEPT_IN_QUERY + "=")))
    kept.sort(key=lambda item: item[0])
    return "&".join(name + value for name, value in kept)


def _escaped(text: str, kept: str) -> str:
    """Give a piece with escapes only where they are needed; what was escaped and has a meaning bare stays escaped."""
    if text.isalnum() and text.isascii():
        return text
    pieces = text.split("%")
    out = quote(pieces[0], kept, errors="surrogatepass")
    for piece in pieces[1:]:
        digits = piece[:2]
        try:
            byte = int(digits, 16) if len(digits) == 2 and digits.isalnum() and digits.isascii() else -1
        except ValueError:
            byte = -1
        if byte < 0:
            out += "%25" + quote(piece, kept, errors="surrogatepass")
            continue
        letter = chr(byte)
        bare = letter.isascii() and (letter.isalnum() or letter in "-._~")
        out += (letter if bare else f"%{byte:02X}") + quote(piece[2:], kept, errors="surrogatepass")
    return out


def _same_place(host: str, path: str, query: str) -> tuple[str, str, str]:
    """Give the one spelling of places that very large hosts know under several."""
    host = _SAME_HOST.get(host, host)
    if host == "t.me" and path.startswith("/s/"):
        return host, path[2:], query
    if host == "youtu.be" and len(path) == 12:
        return "youtube.com", "/watch", f"v={path[1:]}"
    if host in ("youtube.com", "youtube-nocookie.com") and (video := _VIDEO.match(path)):
        return "youtube.com", "/watch", f"v={video[1]}"
    return host, path, query
