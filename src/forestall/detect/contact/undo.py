"""How people disguise an address, and the views that undo it: written-out signs, spacing, filling, reversing, encoding, lines.

Every view is made of candidates found by a linear pattern, at most `MOST` of each kind, and is empty where a text has none.
"""

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import re2

from forestall.detect.contact.views import KEPT, LOOSE, UNDONE, Rewriter, View
from forestall.detect.contact.words import signs

MOST = 500
"""Candidates of one habit in one text that are undone."""
_MOST_DECODED = 64
_LONGEST_RUN = 1_500

TOPS = "me|gg|com|org|net|group|dog|chat|io|co|ph|is|it|nz|li|to|onion|i2p|ly|info|app|link|id|im|ru|de|fr|uk|tr|xyz|cc|ai|nl|eu"
"""Top-level domains that hosts of places have, for signs that are also used in ordinary prose."""
_ME = r"(?:em\s?ee|em\s?e|emm?e\s?e|em\s?eh|me|m\s?e|mi|ми|ме|эм\sе|эм\sи|مي|ام\sاي|ايم\sاي|م\sي|эме|এমই|মি|এম\sই|মে)"
_TEE = r"(?:tee|te|t|ti|тэ|ти|т|تي|ت|ٹي|ٹی|টি)"
_SPOKEN = {
    "t.me": (_TEE, _ME),
    "wa.me": (r"(?:wa|w\sa|double\su\sa|double\syou\sa|واتس)", _ME),
    "discord.gg": (r"(?:discord|ديسكورد|дискорд|ডিসকর্ড)", r"(?:gg|g\sg|gee\sgee|dee\sgee|جي\sجي|гг)"),
}
"""Hosts spoken letter by letter: what stands before and behind the dot."""
_ARTICLES = frozenset(
    {
        *["the", "a", "an", "this", "that", "my", "our", "your"],
        *["his", "her", "their", "la", "le", "el", "o", "der", "die", "das"],
    }
)
"""Words that no mail domain is, and that often stand behind `at`."""
_SIGNS = {"dot": ".", "slash": "/", "at": "@"}
HINTS = (
    r"(?:remove|delete|without|drop|no|skip)\s(?:the\s|all\s|any\s)?(?:spaces?|gaps?|blanks?)|(?:احذف|بدون|ازل)\s(?:ال)?(?:فراغ|مساف)"
    r"|(?:sans|enleve[rz]?|retire[rz]?)\s(?:les\s|l')?espaces?|(?:ohne|entfernt?)\s(?:die\s)?leerzeichen|(?:без|убери(?:те)?)\sпробел"
    r"|bosluk(?:lari|suz)|(?:hapus|tanpa)\sspasi|(?:sin|quita|quiten)\s(?:los\s)?espacios?|(?:sem|tire)\s(?:os\s)?espacos?|فاصله"
)
"""How a text says that the gaps in an address are to be removed."""
HINT = re.compile(HINTS)
_AFTER_DOT = re.compile(rf"(?:{TOPS})(?![a-z0-9])")
_RUN = re.compile(r"[a-z0-9+/_=\-]{16,}")
_LETTERS_32 = frozenset("abcdefghijklmnopqrstuvwxyz234567=")
_LETTERS_16 = frozenset("0123456789abcdef")
_ADDRESS = re.compile(
    r"://|[a-z0-9-]\.[a-z]{2,}|[\w.+-]+@[\w-]+\.[a-z]|:[0-9+]|\.onion|\b05[0-9a-f]{64}", re.IGNORECASE
)


def views(base: View) -> Iterator[View]:
    """Give the views of a text: itself first, then what each disguise hides, each also with its signs written out."""
    yield base
    yield from _signed(base)
    for undo in (_spaced, _gapped, _filled, _backwards, _lines):
        for view in undo(base):
            yield view
            yield from _signed(view)
    yield from _decoded(base)


def _linear(pattern: str) -> Any:
    """Compile a pattern that takes linear time whatever the text."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 32 << 20
    return re2.compile(pattern, options)


def alternation(words: tuple[str, ...]) -> str:
    """Give the alternation of words."""
    return "|".join(re.escape(word) for word in words)


@cache
def _dot(*, plain: bool = True) -> str:
    """Give the pattern of a dot however it is written, spaced or in brackets; without `plain`, only one that is spelt out."""
    return rf"\s?[\[({{<*_\-]?\s?(?:{'[.,_·•∙⋅]|' if plain else ''}{alternation(signs()['dot'])})\s?[\])}}>*_\-]?\s?"


@cache
def spoken(*, plain: bool = True) -> str:
    """Give the pattern of hosts spoken letter by letter; without `plain`, only with the dot spelt out."""
    return "|".join(f"{first}{_dot(plain=plain)}{last}" for first, last in _SPOKEN.values())


@cache
def _sign_pattern() -> Any:
    """Compile the pattern of written-out signs; its groups are spoken hosts, dot, slash, @, space after a dot, percent code."""
    dots, slashes, ats = (alternation(signs()[sign]) for sign in ("dot", "slash", "at"))
    hosts = "|".join(rf"(?:^|[^\pL\pN])({first}{_dot()}{last})" for first, last in _SPOKEN.values())
    open_, close = r"\s?[\[({<]\s?", r"\s?[\])}>]\s?"
    return _linear(
        rf"{hosts}|({open_}(?:[.·•∙⋅,]|{dots}){close}|\s(?:{dots})\s|[·•∙⋅])|({open_}(?:/|{slashes}){close}|\s(?:{slashes})(?:\s|$)"
        rf"|\s?[∕⁄⧸⟋]\s?|\\+/?|\s/\s?)|({open_}(?:@|{ats}){close})|(\s\.\s?|\.\s)|(%[0-9a-f][0-9a-f])"
    )


@cache
def _at_pattern() -> Any:
    """Compile the pattern of a written-out @ between a name and a domain."""
    return _linear(rf"[a-z0-9._+\-](\s(?:{alternation(signs()['at'])})\s)([a-z0-9\-]+(?:\.[a-z0-9\-]+)+)")


def _signed(base: View) -> Iterator[View]:
    """Undo signs written out: `t[.]me`, `t dot me slash x`, `t . me`, `%2f`, `name (at) host (dot) org`."""
    new, text = Rewriter(base), base.text
    kinds = (*_SPOKEN, *_SIGNS, "space", "code")
    for number, found in enumerate(_sign_pattern().finditer(text)):
        if number >= MOST * 4:
            break
        kind = kinds[found.lastindex - 1]
        start, end = found.span(found.lastindex)
        if kind == "code":
            letter = chr(int(text[start + 1 : end], 16))
            if " " < letter <= "~":
                new.put(start, end, letter, odd=UNDONE if letter.isalnum() or letter in ".-_~" else KEPT)
        elif kind == "space":
            if _AFTER_DOT.match(text, end, end + 12) and start and text[start - 1].isalnum():
                new.put(start, end, ".", odd=LOOSE)
        elif kind in _SIGNS:
            new.put(start, end, _SIGNS[kind])
        elif text[start:end] != kind and not text[end : end + 1].isalnum():
            new.put(start, end, kind)
    if not new.touched:
        return
    view = new.view(base.name or "signs")
    yield view
    yield from _at_signs(view)


def _at_signs(base: View) -> Iterator[View]:
    """Undo ` at ` between a name and a domain whose dot was written out as well."""
    new = Rewriter(base)
    for number, found in enumerate(_at_pattern().finditer(base.text)):
        if number < MOST and base.rewritten(*found.span(2)) and found[2].partition(".")[0] not in _ARTICLES:
            first, last = found.span(1)
            new.put(first, last, "@")
    if new.touched:
        yield new.view("signs, at")


@cache
def _spaced_pattern() -> Any:
    """Compile the pattern of letters and signs that stand one by one."""
    return _linear(r"(?:^|\s)((?:[^\s]\s){5,}[^\s]?)")


def _spaced(base: View) -> Iterator[View]:
    """Undo spacing: `t . m e / n a m e`. A wider gap stays, and what stands beside a sign of an address is taken along."""
    text, size = base.text, len(base.text)
    for number, found in enumerate(_spaced_pattern().finditer(text)):
        if number >= MOST:
            return
        start, end = found.span(1)
        if not any(sign in text[start:end] for sign in "./@:"):
            continue
        while end < size and text[end - 1 : end] not in (" ", "\n") and not text[end].isspace():
            end += 1
        if text[start] in "./@:":
            start = text.rfind(" ", max(0, start - 40), max(0, start - 1)) + 1 or start
        last = end
        if text[end - 1].isspace() and text[end - 2 : end - 1] in ("/", ".", "@", "+", ":", "#"):
            while last < size and last - end < 80 and not text[last].isspace():
                last += 1
        yield base.pick("spaced", [at for at in range(start, last) if not _thin(base, at)])


@cache
def _gapped_pattern() -> Any:
    """Compile the pattern of a host with gaps in what follows, up to where the sentence turns."""
    hosts = r"t\s?\.\s?me|wa\s?\.\s?me|telegram\s?\.\s?me|discord\s?\.\s?gg|chat\s?\.\s?whatsapp\s?\.\s?com|signal\s?\.\s?group"
    return _linear(rf"(?:^|[^a-z0-9_.\-])((?:{hosts})\s?/\s?[a-z0-9+#_\-/ ]{{3,120}})")


def _gapped(base: View) -> Iterator[View]:
    """Undo gaps in an address where the text says itself that they are to be removed."""
    if HINT.search(base.text) is None:
        return
    for number, found in enumerate(_gapped_pattern().finditer(base.text)):
        if number >= MOST:
            return
        start, end = found.span(1)
        hint = HINT.search(base.text, start, end)
        end = hint.start() if hint else end
        yield base.pick("spaced", [at for at in range(start, end) if not base.text[at].isspace()])


def _thin(base: View, at: int) -> bool:
    """True for a single space of the original; a wider gap or a new line parts words."""
    if base.text[at] not in " \n":
        return False
    first, last = base.original_span(at)
    return last - first <= 1


@cache
def _filled_pattern() -> Any:
    """Compile the pattern of a word with signs or pictures between its letters."""
    fill = r"[^\s\pL\pN./:@#+?=&%_\-]"
    return _linear(rf"[^\s]*[a-z0-9./:@]{fill}{{1,4}}[a-z0-9./:@]{fill}{{1,4}}[a-z0-9./:@][^\s]*")


def _filled(base: View) -> Iterator[View]:
    """Undo filling: stars, pictures or quotes between the letters of an address."""
    for number, found in enumerate(_filled_pattern().finditer(base.text)):
        if number >= MOST:
            return
        start, end = found.span()
        if end - start <= _LONGEST_RUN and "." in found[0]:
            kept = [at for at in range(start, end) if base.text[at].isalnum() or base.text[at] in "./:@#+?=&%_-"]
            yield base.pick("filled", kept)


@cache
def _backwards_pattern() -> Any:
    """Compile the pattern of an address written backwards."""
    return _linear(
        r"[^\s]*(?://:s?ptth|/em\.(?:t|aw|margelet)|/gg\.drocsid|/moc\.(?:ppastahw|drocsid)|#?/puorg\.langis|/ot\.xirtam|[a-z0-9]/(?:moc|gro|ten)\.)[^\s]*"
    )


def _backwards(base: View) -> Iterator[View]:
    """Undo writing backwards."""
    for number, found in enumerate(_backwards_pattern().finditer(base.text)):
        if number >= MOST:
            return
        start, end = found.span()
        if end - start <= _LONGEST_RUN:
            yield base.pick("backwards", range(end - 1, start - 1, -1))


@cache
def _lines_pattern() -> Any:
    """Compile the pattern of an address that goes on in the next line."""
    return _linear(r"([^\s]*[a-z0-9./+#=:_@\-])((?:\s?\n\s?[a-z0-9./+#=_@%?\-][^\s]*){1,24})")


def _lines(base: View) -> Iterator[View]:
    """Undo line ends within an address; hyphens before them are kept, as they may belong to a code."""
    text = base.text
    for number, found in enumerate(_lines_pattern().finditer(text)):
        if number >= MOST:
            return
        start, end = found.span()
        if end - start > _LONGEST_RUN or not any(sign in found[0] for sign in "./@:"):
            continue
        # The shortest reading comes first: in most addresses one line end is hidden, and what follows is the next sentence.
        stops = [start + at for at, letter in enumerate(found[0]) if letter == "\n"][1:]
        for stop in dict.fromkeys((*stops[:2], end)):
            yield base.pick("lines", [at for at in range(start, stop) if not text[at].isspace()])


def _decoded(base: View) -> Iterator[View]:
    """Undo base64, base32, hexadecimal digits and ROT13 of an address; what decodes to no address is left alone."""
    for number, found in enumerate(_RUN.finditer(base.text)):
        if number >= _MOST_DECODED:
            break
        start, end = found.span()
        typed = base.typed(start, min(end, start + 600))
        for text in _readings(typed):
            if _ADDRESS.search(text):
                yield base.decoded("decoded", start, end, text)
    yield from _digits(base)
    for number, found in enumerate(_rot_pattern().finditer(base.text)):
        if number >= _MOST_DECODED:
            return
        start, end = found.span()
        yield base.decoded("rot13", start, end, codecs.decode(base.typed(start, min(end, start + 600)), "rot13"))


@cache
def _rot_pattern() -> Any:
    """Compile the pattern of an address in ROT13, by its scheme or its host."""
    return _linear(
        r"[^\s]*(?:uggcf?://|g\.zr/|jn\.zr/|grkrtenz\.zr/|gryrtenz\.zr/|pung\.jungfncc\.pbz|qvfpbeq\.(?:tt|pbz)|fvtany\.(?:tebhc|zr)|zngevk\.gb)[^\s]*"
    )


@cache
def _digits_pattern() -> Any:
    """Compile the pattern of hexadecimal digits in pairs, apart or behind `0x` or a backslash and `x`."""
    return _linear(r"(?:(?:\\x|0x|\s|^|:)[0-9a-f]{2}){8,}")


def _digits(base: View) -> Iterator[View]:
    """Undo pairs of hexadecimal digits."""
    for number, found in enumerate(_digits_pattern().finditer(base.text)):
        if number >= _MOST_DECODED:
            return
        pairs = re.findall(r"[0-9a-f]{2}(?![0-9a-fx])", found[0][:_LONGEST_RUN])
        text = _readable(bytes(int(pair, 16) for pair in pairs))
        if text and _ADDRESS.search(text):
            start, end = found.span()
            yield base.decoded("decoded", start, end, text)


def _readings(typed: str) -> Iterator[str]:
    """Give the readable texts a run of letters may stand for."""
    lower = typed.lower()
    if len(typed) % 2 == 0 and _LETTERS_16.issuperset(lower):
        yield from filter(None, [_readable(bytes.fromhex(lower))])
        return
    if len(typed) >= 24 and _LETTERS_32.issuperset(lower):
        bare = typed.upper().rstrip("=")
        yield from filter(None, [_unpacked(base64.b32decode, bare + "=" * (-len(bare) % 8))])
    bare = typed.rstrip("=").replace("-", "+").replace("_", "/")
    yield from filter(None, [_unpacked(base64.b64decode, bare + "=" * (-len(bare) % 4))])


def _unpacked(decode: Any, text: str) -> str:
    """Decode, where that can be done and gives something readable."""
    try:
        return _readable(decode(text))
    except (binascii.Error, ValueError):
        return ""


def _readable(data: bytes) -> str:
    """Give bytes as text, where all of it is visible ASCII."""
    try:
        text = data.decode("ascii").strip()
    except UnicodeDecodeError:
        return ""
    return text if len(text) >= 6 and all(" " <= letter <= "~" for letter in text) else ""
