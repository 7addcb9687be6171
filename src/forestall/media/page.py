"""Plain texts and web pages: bytes to characters. Web pages pass with their markup; what of it is visible is decided later."""

import re
from collections.abc import Iterable
from encodings import normalize_encoding
from encodings.aliases import aliases

from forestall.media import sniff
from forestall.media.tray import Member, Tray
from forestall.model.content import Markup
from forestall.model.reading import Role

MARKUP_TYPES = frozenset({sniff.HTML, "image/svg+xml"})

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
ENCODINGS = frozenset(
    (
        "ascii",
        "latin_1",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp1258",
        "cp437",
        "cp720",
        "cp850",
        "cp864",
        "cp866",
        "iso8859_2",
        "iso8859_3",
        "iso8859_4",
        "iso8859_5",
        "iso8859_6",
        "iso8859_7",
        "iso8859_8",
        "iso8859_9",
        "iso8859_10",
        "iso8859_13",
        "iso8859_14",
        "iso8859_15",
        "iso8859_16",
        "koi8_r",
        "koi8_u",
        "mac_arabic",
        "mac_roman",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "big5hkscs",
        "euc_jp",
        "euc_kr",
        "shift_jis",
        "cp932",
        "cp949",
        "iso2022_jp",
        "iso2022_kr",
        "tis_620",
        "cp874",
        "utf_16",
        "utf_16_le",
        "utf_16_be",
        "utf_32",
        "utf_32_le",
        "utf_32_be",
        "utf_7",
    )
)
"""Encodings read when a text declares them, by Python's names. A closed list: some of Python's codecs take quadratic time."""

_AS_BROWSERS_DO = {"ascii": "cp1252", "latin_1": "cp1252"}
_DECLARED = re.compile(rb"(?:charset|encoding)\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_BYTES_PER_CHARACTER = 4


def read(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:
    """Lay out the text of a plain text or a web page; nothing is inside it."""
    if media_type in MARKUP_TYPES:
        lay_out(tray, part, data, Markup.HTML, declared(data))
    else:
        lay_out(tray, part, data, Markup.PLAIN)
    return ()


def lay_out(tray: Tray, part: str, data: bytes, markup: Markup, charset: str = "") -> None:
    """Decode a text, declared to be in `charset` if at all, and lay it out; doubts about its encoding are named."""
    most = tray.limits.text * _BYTES_PER_CHARACTER
    text, doubt = decode(data[:most], charset)
    if doubt:
        tray.trouble("encoding", part, doubt)
    if len(data) > most and len(text) <= tray.limits.text:  # otherwise the tray names it
        tray.trouble("text-too-long", part, f"{len(data)} bytes")
    tray.text(part, Role.PAGE, text, markup)


def declared(data: bytes) -> str:
    """Give the encoding a page or XML file declares in its first 2 KiB, or an empty string."""
    found = _DECLARED.search(data[:2048])
    return found[1].decode("ascii") if found else ""


def decode(data: bytes, charset: str = "") -> tuple[str, str]:
    """Give the text of some bytes, and in what way the encoding was in doubt (empty if it was not).

    A byte order mark wins, then UTF-16 without a mark, then valid UTF-8, then the declared `charset`, then UTF-8 with a few
    broken places, then cp1256 (Arabic) where bytes above 127 stand in runs, else cp1252 (Western).
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), ""
    guess = sniff.utf16_without_mark(
        data[:4096]
    )  # its bytes are valid UTF-8 as well, and never otherwise look like this
    if guess:
        return data.decode(guess, "replace"), f"no byte order mark, read as {guess}"
    try:
        return _utf8(data), ""
    except UnicodeDecodeError as error:
        broken = error
    if charset and (text := _as(data, charset)) is not None:
        return text, ""
    text = data.decode("utf-8", "replace")
    valid = len(text.encode("utf-8", "replace")) - len(text)
    if text.count("\N{REPLACEMENT CHARACTER}") * 10 < valid:
        return text, f"byte {broken.start} is not UTF-8"
    in_runs = sum(len(run) for run in _HIGH_RUN.findall(data))
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    name = "cp1256" if in_runs * 2 > high else "cp1252"
    return data.decode(name, "replace"), f"not UTF-8, read as {name}"


def _utf8(data: bytes) -> str:
    """Decode UTF-8; a character cut off by the end is left out, anything else broken raises."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end == len(data):
            return data[: error.start].decode("utf-8")
        raise


def _as(data: bytes, charset: str) -> str | None:
    """Decode under a declared name; None where it is not one of the encodings we read, or is UTF-8, which was tried."""
    name = normalize_encoding(charset).lower()
    name = aliases.get(name, name)
    return data.decode(_AS_BROWSERS_DO.get(name, name), "replace") if name in ENCODINGS else None
