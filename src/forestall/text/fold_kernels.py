"""The inner loops of folding, over arrays of code points. Imported when the first text is folded."""

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import kernel
from forestall.text.tables import (
    CHEROKEE,
    CYRILLIC,
    DROP,
    LATIN_LETTER,
    LETTER,
    NONE,
    PUT,
    REGIONAL,
    SAME,
    SPREAD,
    WEAKLY,
)

Codes = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Pages = NDArray[np.uint16]

SPACE, NEWLINE, HASH = 32, 10, 35
CHANGED, LOOSE = 1, 2
"""Marks on squeezed characters: in an obfuscated word; in a word glued from several."""
_SHORTEST_SPACED = 3
"""Fewest single letters in a row that count as one spaced-out word."""
_STRETCHED = 3
"""Fewest equal letters in a row that count as stretched."""


@kernel
def map_codes(
    codes: Codes, page: Pages, action: Bytes, target: Codes, alike: Bytes, spread: Codes, out: Codes, starts: Codes, like: Bytes
) -> int:
    """Write what each code point becomes to `out`, its origin to `starts`, its look-alike to `like`; give the length.

    Where `out` is too short, gives minus the length it needs.
    """
    size, room, length = len(codes), len(out), 0
    for i in range(size):
        code = codes[i]
        at = page[code >> 8] * 256 + (code & 255)
        act = action[at]
        if act == DROP:
            continue
        if act == SPREAD:
            place = target[at]
            for k in range(place + 1, place + 1 + spread[place]):
                length = _put(spread[k], i, alike[page[spread[k] >> 8] * 256 + (spread[k] & 255)], out, starts, like, length)
            continue
        if act == PUT:
            code = target[at]
        elif act == REGIONAL and not (
            (i > 0 and _is_regional(codes[i - 1])) or (i + 1 < size and _is_regional(codes[i + 1]))
        ):
            code = target[at]
        length = _put(code, i, alike[at], out, starts, like, length)
    if length > room:
        return -length
    starts[length] = size
    return length


@kernel
def _put(code: int, origin: int, resembles: int, out: Codes, starts: Codes, like: Bytes, length: int) -> int:
    """Append one character where there is room, merging white space; give the new length."""
    if (code in (SPACE, NEWLINE)) and 0 < length <= len(out) and (out[length - 1] in (SPACE, NEWLINE)):
        if code == NEWLINE:
            out[length - 1] = NEWLINE
        return length
    if length < len(out):
        out[length], starts[length], like[length] = code, origin, resembles
    return length + 1


@kernel
def _is_regional(code: int) -> bool:
    """True for the letters that make flags in pairs."""
    return 0x1F1E6 <= code <= 0x1F1FF


@kernel
def read_lookalikes(out: Codes, like: Bytes, page: Pages, kind: Bytes) -> None:
    """Replace look-alikes by the Latin letters they stand for, in place, where that is safe.

    Safe in a word that mixes Latin with others, if every foreign letter in it resembles a Latin one; and in a word all
    of one foreign script, if the text has Latin letters and every word of that script in it is drawn with look-alikes.
    """
    size = len(out)
    genuine = np.zeros(CHEROKEE + 1, np.bool_)
    has_latin = False
    start = 0
    while start < size:
        end, scripts, strong, _weak = _word(out, like, page, kind, start)
        has_latin |= (scripts & (1 << LATIN_LETTER)) != 0
        for script in range(CYRILLIC, CHEROKEE + 1):
            if scripts == 1 << script and not strong:
                genuine[script] = True
        start = max(end, start + 1)
    if not has_latin:
        return
    start = 0
    while start < size:
        end, scripts, strong, weak = _word(out, like, page, kind, start)
        safe = weak and scripts & (1 << LETTER) == 0
        for script in range(CYRILLIC, CHEROKEE + 1):
            if scripts == 1 << script:
                safe = strong and not genuine[script]
        if safe:
            for i in range(start, end):
                if like[i] != 0:
                    out[i] = like[i] & ~WEAKLY
        start = max(end, start + 1)


@kernel
def _word(out: Codes, like: Bytes, page: Pages, kind: Bytes, start: int) -> tuple[int, int, bool, bool]:
    """Look at the word at `start`: its end, its scripts as bits, whether all foreign letters resemble Latin strongly, at all."""
    scripts, strong, weak = 0, True, True
    end = start
    while end < len(out):
        what = kind[page[out[end] >> 8] * 256 + (out[end] & 255)]
        if what == NONE:
            break
        if LATIN_LETTER <= what <= LETTER:
            scripts |= 1 << what
        if CYRILLIC <= what <= CHEROKEE:
            strong &= like[end] != 0 and like[end] < WEAKLY
            weak &= like[end] != 0
        end += 1
    return end, scripts, strong, weak
