"""The folding tables: for every code point what it becomes, built once per process from Unicode and our own pairs.

A table has one row per block of 256 code points; rows of blocks nothing changes in are shared, so the whole of Unicode
fits in about half a megabyte.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from forestall.text.lookalikes import DRAWN, LATIN, SQUARED, STRONG, WEAK

SAME, PUT, DROP, SPREAD, REGIONAL = range(5)
"""What happens to a code point: stays, becomes one other, disappears, becomes several, is half of a flag."""
NONE, LATIN_LETTER, CYRILLIC, GREEK, ARMENIAN, CHEROKEE, COPTIC, LISU, SYLLABIC, LETTER, DIGIT, MARK = range(12)
"""What a folded character is, for telling words and mixed scripts apart. A mark (an Indic vowel sign) belongs to the letter before it."""
CHANGED, LOOSE = 1, 2
"""Marks on squeezed characters: in an obfuscated word; in a word glued from several."""
WEAKLY = 128
"""Added to a look-alike that counts only in words that also have Latin letters."""

_CHANGING = (
    *(*range(0x34), *range(0xA0, 0xAC), *range(0xF9, 0x105), *range(0x110, 0x11E), *range(0x16A, 0x16F), 0xA4),
    *(*range(0x1D4, 0x1D8), 0x1E9, 0x1EE, 0x1F1, 0x1F2, 0x1FB, *range(0x2F8, 0x2FB), 0xE00, 0xE01),
)
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
    **dict.fromkeys("‘’‚‛`´ʹʻʼʽʾʿˀˁˈ′‵ˊˋ＇", "'"),
    **dict.fromkeys("“”„‟«»″‶〝〞〟＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃˗", "-"),
    **dict.fromkeys("،﹐、，", ","),
    **dict.fromkeys("؟¿", "?"),
    **dict.fromkeys("۔।॥。｡", "."),
    "؛": ";",
    "٪": "%",
    "٫": ".",
    "٬": ",",
    "¡": "!",
    "⠀": " ",
    "ı": "i",
    # Arabic letter forms, and the Persian, Urdu and Kurdish ones drawn alike
    "ٱ": "ا",
    "ٲ": "ا",
    "ٳ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ۍ": "ي",
    "ې": "ي",
    "ے": "ي",
    "ێ": "ي",
    "ة": "ه",
    "ۃ": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    "ۀ": "ه",
    "ۂ": "ه",
    "ک": "ك",
    "ڪ": "ك",
    "ګ": "گ",
    "ں": "ن",
    "ۆ": "و",
    "ۇ": "و",
    "ٶ": "و",
    "ٵ": "ا",
    "ٸ": "ي",
    "ؠ": "ي",
    "ۿ": "ه",
    # Letters without their dots, and the Maghrebi ones; of the five that a bare tooth may stand for, the most frequent at a beginning
    "ٮ": "ب",
    "ڡ": "ف",
    "ڢ": "ف",
    "ٯ": "ق",
    "ڧ": "ق",
    "﷽": "بسم الله الرحمن الرحيم",
    # A Bengali consonant that cannot be followed by a vowel, typed as one letter or as two
    "ৎ": "ত্",
}
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g"}
_LEET |= {
    "@": "a",
    "$": "s",
    "!": "i",
    "|": "i",
    "+": "t",
}
"""Digits and signs read as letters inside words; `1` reads `i`, and so does `l` in the squeezed view."""


@dataclass(frozen=True)
class Tables:
    """What each code point becomes, as arrays for the kernels.

    `page` maps a block to a row of `entry`. An entry packs what a code point becomes (bits `TARGET`: the new code point,
    or the place in `spread` of a run of them), its action, the kind of a folded character, and the Latin letter a code
    point looks like (0 for none, plus `WEAKLY`). `spread` holds each run as its length, then its characters. `leet`
    gives the letter a digit or sign below 128 stands for in a word, 0 for none.
    """

    page: NDArray[np.uint16]
    entry: NDArray[np.int64]
    spread: NDArray[np.int32]
    leet: NDArray[np.uint8]
    version: str


TARGET, ACTION, KIND, ALIKE = (1 << 24) - 1, 24, 28, 32
"""Where an entry holds its parts: a mask for the target, then how far to shift for the others."""


@cache
def tables() -> Tables:
    """Build the tables; about a tenth of a second, once per process."""
    blocks = sorted(_CHANGING)
    page = np.zeros(0x1100, np.uint16)
    page[_PICTURES] = 1
    entries, spread = [LETTER << KIND] * 256 + [NONE << KIND] * 256, [0]
    for row, block in enumerate(blocks, 2):
        page[block] = row
        entries += [_entry(chr(block << 8 | low), spread) for low in range(256)]
    leet = np.zeros(128, np.uint8)
    for digit, letter in _LEET.items():
        leet[ord(digit)] = ord(letter)
    arrays = (page, np.array(entries, np.int64), np.array(spread, np.int32), leet)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    return Tables(*arrays, version=digest[:12])


def _entry(character: str, spread: list[int]) -> int:
    """Give the entry of one character; where it becomes several, they are added to `spread`."""
    rest = _kind(character) << KIND | _alike(character) << ALIKE
    if 0x1F1E6 <= ord(character) <= 0x1F1FF:
        return rest | REGIONAL << ACTION | ord("a") + ord(character) - 0x1F1E6
    folded = _fold(character)
    if folded == character:
        return rest | SAME << ACTION
    if not folded:
        return rest | DROP << ACTION
    if len(folded) == 1:
        return rest | PUT << ACTION | ord(folded)
    spread += [len(folded), *map(ord, folded)]
    return rest | SPREAD << ACTION | len(spread) - len(folded) - 1


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
        own = DRAWN.get(character) or SQUARED.get(character) or LATIN.get(character)
    if own is not None:
        return own
    code = ord(character)
    if character.isspace():
        return "\n" if character in "\n\r\x0b\x0c\x85\u2028\u2029" else " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf") or _is_stripped(code) or "VARIATION SELECTOR" in unicodedata.name(character, ""):
        return ""
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
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
    ("COPTIC", COPTIC),
    ("LISU", LISU),
    ("CANADIAN", SYLLABIC),
)


def _kind(character: str) -> int:
    """Say what a folded character is."""
    if character.isdecimal():
        return DIGIT
    category = unicodedata.category(character)
    if not category.startswith("L"):
        return MARK if category.startswith("M") else NONE
    name = unicodedata.name(character, "")
    return next((kind for script, kind in _SCRIPTS if name.startswith(script)), LETTER)


def _alike(character: str) -> int:
    """Give the Latin letter a character looks like, as its ASCII code, with `WEAKLY` added where loosely; 0 for none.

    A capital or accented letter without a shape of its own reads as its plain small letter: what could not be read as
    Latin before folding cannot after it either.
    """
    plain = unicodedata.normalize("NFKC", character)
    forms = (character, plain, character.lower(), plain.lower(), _fold(character))
    for form in forms:
        if form in STRONG:
            return ord(STRONG[form].lower())
    for form in forms:
        if form in WEAK:
            return ord(WEAK[form].lower()) + WEAKLY
    return 0
