"""The folding tables: for every code point what it becomes, built once per process from Unicode and our own pairs.

A table has one row per block of 256 code points; rows of blocks nothing changes in are shared, so the whole of Unicode
fits in about half a megabyte.
"""

import hashlib
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.text.lookalikes import DRAWN, LATIN, STRONG, WEAK

SAME, PUT, DROP, SPREAD, REGIONAL = range(5)
"""What happens to a code point: stays, becomes one other, disappears, becomes several, is half of a flag."""
LATIN_LETTER, CYRILLIC, GREEK, ARMENIAN, CHEROKEE, LETTER, DIGIT, NONE = 1, 2, 3, 4, 5, 6, 7, 0
"""What a folded character is, for telling words and mixed scripts apart."""
WEAKLY = 128
"""Added to a look-alike that counts only in words that also have Latin letters."""

_CHANGING = (*range(0x34), *range(0xA0, 0xAC), *range(0xF9, 0x100), 0x104, 0x110, 0x111, 0x112, 0x114, 0x116, 0x118, 0x11C)
_CHANGING_ABOVE = (0x11D, 0x16A, 0x16B, 0x16E, 0x1D4, 0x1D5, 0x1D6, 0x1D7, 0x1E9, 0x1EE, 0x1F1, 0x1F2, 0x1FB, 0xE00, 0xE01, 0x2F8, 0x2F9, 0x2FA)
"""Blocks of 256 code points in which something changes; the rest is CJK, Hangul, pictures and the unassigned."""
_PICTURES = slice(0x1F0, 0x1FB)
"""Blocks of pictures: nothing changes in them and none is a letter."""

_STRIPPED = (
    *((0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x05BF, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F)),
    *((0x0670, 0x0670), (0x06D6, 0x06DC), (0x06DF, 0x06E8), (0x06EA, 0x06ED), (0x08D3, 0x08FF), (0x1AB0, 0x1AFF)),
    *((0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F)),
)
"""Marks that only decorate: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels. Indic vowel signs stay."""

_OWN = {
    **dict.fromkeys("ـ͏ᅟᅠㅤﾠ឴឵", ""),
    **dict.fromkeys("‘’‚‛`´ʹʻʼʽˈ′‵ˊˋ＇", "'"),
    **dict.fromkeys("“”„‟«»″‶〝〞〟＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃˗", "-"),
    **dict.fromkeys("،﹐、，", ","),
    **dict.fromkeys("؟¿", "?"),
    **dict.fromkeys("۔।॥。｡", "."),
    **{"؛": ";", "٪": "%", "٫": ".", "٬": ",", "¡": "!", "⠀": " ", "ı": "i"},
    # Arabic letter forms, and the Persian, Urdu and Kurdish ones drawn alike
    **{"ٱ": "ا", "ٲ": "ا", "ٳ": "ا", "ى": "ي", "ی": "ي", "ۍ": "ي", "ې": "ي", "ے": "ي", "ێ": "ي", "ة": "ه", "ۃ": "ه"},
    **{"ہ": "ه", "ھ": "ه", "ە": "ه", "ۀ": "ه", "ۂ": "ه", "ک": "ك", "ڪ": "ك", "ګ": "گ", "ں": "ن", "ۆ": "و", "ۇ": "و"},
    **{"ٶ": "و", "ٵ": "ا", "ٸ": "ي"},
}


@dataclass(frozen=True)
class Tables:
    """What each code point becomes, as arrays for the kernels.

    `page` maps the block to a row; `action` and `target` say what a code point becomes (`target` is the new code point,
    or the place in `spread` of a run of them); `kind` says what a folded character is; `alike` is the Latin letter a
    code point looks like, 0 for none, plus `WEAKLY`. `spread` holds each run as its length, then its characters.
    """

    page: NDArray[np.uint16]
    action: NDArray[np.uint8]
    target: NDArray[np.int32]
    kind: NDArray[np.uint8]
    alike: NDArray[np.uint8]
    spread: NDArray[np.int32]
    version: str

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The arrays in the order the kernels take them."""
        return self.page, self.action, self.target, self.kind, self.alike, self.spread


@cache
def tables() -> Tables:
    """Build the tables; some hundredths of a second, once per process."""
    blocks = sorted({*_CHANGING, *_CHANGING_ABOVE})
    page = np.zeros(0x1100, np.uint16)
    page[_PICTURES] = 1
    shape = (len(blocks) + 2) * 256
    action, kind, alike = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    target, spread = np.zeros(shape, np.int32), [0]
    kind[:256] = LETTER
    for row, block in enumerate(blocks, 2):
        page[block] = row
        for low in range(256):
            at, character = row * 256 + low, chr(block << 8 | low)
            kind[at], alike[at] = _kind(character), _alike(character)
            if 0x1F1E6 <= ord(character) <= 0x1F1FF:
                action[at], target[at] = REGIONAL, ord("a") + ord(character) - 0x1F1E6
                continue
            folded = _fold(character)
            if folded == character:
                continue
            if len(folded) == 1:
                action[at], target[at] = PUT, ord(folded)
            elif not folded:
                action[at] = DROP
            else:
                action[at], target[at] = SPREAD, len(spread)
                spread += [len(folded), *map(ord, folded)]
    arrays = (page, action, target, kind, alike, np.array(spread, np.int32))
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    return Tables(*arrays, version=digest[:12])


def _fold(character: str) -> str:
    """Give what one character becomes; folding the result again changes nothing."""
    folded, before = _once(character), character
    while folded != before:
        folded, before = "".join(map(_once, folded)), folded
    return folded


def _once(character: str) -> str:
    """Fold one character one step: our own pairs first, then Unicode's compatibility form and case."""
    own = _OWN.get(character)
    if own is None:
        own = DRAWN.get(character) or LATIN.get(character)
    if own is not None:
        return own
    code = ord(character)
    if character.isspace():
        return "\n" if character in "\n\r\x0b\x0c\x85\u2028\u2029" else " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf") or _is_stripped(code) or "VARIATION SELECTOR" in unicodedata.name(character, ""):
        return ""
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    return unicodedata.normalize("NFKD", character).casefold()


def _is_stripped(code: int) -> bool:
    """True for marks that only decorate a letter, and for the tag characters."""
    return any(first <= code <= last for first, last in _STRIPPED) or code >= 0xE0000


_SCRIPTS: tuple[tuple[str, int], ...] = (
    ("LATIN", LATIN_LETTER),
    ("CYRILLIC", CYRILLIC),
    ("GREEK", GREEK),
    ("ARMENIAN", ARMENIAN),
    ("CHEROKEE", CHEROKEE),
)


def _kind(character: str) -> int:
    """Say what a folded character is."""
    if character.isdecimal():
        return DIGIT
    if not unicodedata.category(character).startswith(("L", "M")):
        return NONE
    name = unicodedata.name(character, "")
    return next((kind for script, kind in _SCRIPTS if name.startswith(script)), LETTER)


def _alike(character: str) -> int:
    """Give the Latin letter a character looks like, as its ASCII code, with `WEAKLY` added where loosely; 0 for none.

    A capital or accented letter without a shape of its own reads as its plain small letter: what could not be read as
    Latin before folding cannot after it either.
    """
    forms = (character, character.lower(), _fold(character))
    for form in forms:
        if form in STRONG:
            return ord(STRONG[form].lower())
    for form in forms:
        if form in WEAK:
            return ord(WEAK[form].lower()) + WEAKLY
    return 0
