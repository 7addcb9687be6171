"""The inner loop of sketching: folded text to hashed words. Imported when the first text is sketched."""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import hashlib

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold_kernels import VIRAMAS, Bytes, Codes, Entries, Pages
from forestall.text.kernel import lean
from forestall.text.tables import DIGIT, KIND, MARK, NONE

Words = NDArray[np.uint32]

_APOSTROPHE, _ZERO, _NINE, _I, _L = ord("'"), ord("0"), ord("9"), ord("i"), ord("l")
_HASH, _DOLLAR, _FULL_STOP, _HYPHEN, _ASTERISK, _TILDE = ord("#"), ord("$"), ord("."), ord("-"), ord("*"), ord("~")
_SPACED = 3
"""Single letters in a row that may be one word spaced out."""
_FIRST_ALONE = 0x0E00
_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
GRAM, BYTES = 3, 32
"""Words of a gram, and bytes of a sketch."""
_MOST, _BYTE, _THREE_BYTES = np.uint32(0xFFFFFFFF), np.uint32(255), np.uint32(24)
_RANDOM = np.frombuffer(hashlib.shake_128(b"sketch").digest(BYTES * 8), "<u4").astype(np.uint32)
TURNS, TIMES = _RANDOM[:BYTES].copy(), _RANDOM[BYTES:] | np.uint32(1)
"""Random numbers, the same everywhere, that make one order of all grams for each byte of a sketch."""


@lean
def plain_hashes(codes: Codes, page: Pages, entry: Entries, leet: Bytes, out: Words) -> int:
    """Write the hash, first and end offset of every word of folded code points to the three rows of `out`; give how many.

    Gives -1 where squeezing (`text.fold.Squeezed`) would do more than read `l` as `i` and doubled letters once. A hash is the 64-bit
    FNV-1a of the squeezed word, folded to 32 bits; an apostrophe inside a word is no part of it.
    """
    size, count, i, singles = len(codes), 0, 0, 0
    while i < size:
        code = codes[i]
        if kind_of(code, page, entry) == NONE:
            i += 1
            if code == _HASH and i < size and kind_of(codes[i], page, entry) == DIGIT:
                return -1
            continue
        end, mixed, singles = _plain_word(codes, page, entry, leet, i, singles)
        if end < 0 or singles >= _SPACED or (end < size and codes[end] == _DOLLAR):
            return -1
        out[0, count] = np.uint32((mixed ^ (mixed >> _HALF)) & _LOW)
        out[1, count], out[2, count] = np.uint32(i), np.uint32(end)
        count, i = count + 1, end
    return count


@lean
def _plain_word(
    codes: Codes, page: Pages, entry: Entries, leet: Bytes, start: int, singles: int
) -> tuple[int, np.uint64, int]:
    """Hash the word at `start`: give its end (-1 where it may hide something), hash, and how many single letters stand in a row."""
    size, i, before, mixed, units = len(codes), start, -1, _BASIS, 0
    number = kind_of(codes[start], page, entry) == DIGIT
    while i < size:
        code = codes[i]
        kind = kind_of(code, page, entry)
        if kind == NONE:
            follows = kind_of(codes[i + 1], page, entry) if i + 1 < size else NONE
            glues = code in (_FULL_STOP, _HYPHEN, _ASTERISK, _TILDE) and follows not in (NONE, DIGIT) and not number
            if code < 128 and leet[code] != 0 and follows not in (NONE, DIGIT):
                return -1, mixed, singles
            if not glues and (code != _APOSTROPHE or follows == NONE):
                break
            singles = singles + 1 if units == 1 else 0
            if singles >= _SPACED:
                break
            start, units = i + 1, 0
            if not glues:
                before, number = code, follows == DIGIT
        elif (kind == DIGIT) != number or alone(code):
            return -1, mixed, singles
        else:
            code = _I if code == _L else code
            if code != before or kind == DIGIT:
                mixed = (mixed ^ np.uint64(code)) * _PRIME
            before = code
            units += i == start or (kind != MARK and codes[i - 1] not in VIRAMAS)
        i += 1
    if singles < _SPACED:
        singles = singles + 1 if units == 1 else 0
    return i, mixed, singles


@lean
def squeezed_hashes(codes: Codes, view: Codes, length: int, page: Pages, entry: Entries, out: Words) -> int:
    """Do the same for any text, given the first `length` characters of its squeezed view (`fold_kernels.squeeze_codes`)."""
    size = len(codes)
    count, i = 0, 0
    while i < length:
        if not _in_word(view[0, i], page, entry):
            i += 1
            continue
        first, code = i, view[0, i]
        mixed = (_BASIS ^ np.uint64(code)) * _PRIME
        i += 1
        if not alone(code):
            while i < length:
                code = view[0, i]
                if code != _APOSTROPHE:
                    if alone(code) or not _in_word(code, page, entry):
                        break
                    if code != view[0, i - 1] or _ZERO <= code <= _NINE:  # `b00k` keeps both where `book` does not
                        mixed = (mixed ^ np.uint64(code)) * _PRIME
                elif i + 1 == length or not _in_word(view[0, i + 1], page, entry):
                    break
                i += 1
        # Whatever squeezing took away behind the last letter belongs to the word.
        last = view[1, i] if i < length else size
        out[0, count] = np.uint32((mixed ^ (mixed >> _HALF)) & _LOW)
        out[1, count], out[2, count] = np.uint32(view[1, first]), np.uint32(last)
        count += 1
    return count


@lean
def sample(hashes: Words, least: Words, out: Bytes) -> None:
    """Write a sketch of hashed words: for each byte of `out`, the low bits of the least of the 3-grams under an order of its own.

    Two texts agree in a byte where the least is a 3-gram of both, so as often as their 3-grams are shared (MinHash; Broder 1997), and
    once in 256 by chance. Fewer than three words count as one gram. `least` is scratch of the same length.
    """
    size = len(hashes)
    for k in range(BYTES):
        least[k] = _MOST
    for i in range(max(size - GRAM + 1, 1)):
        mixed = _BASIS
        for k in range(i, min(i + GRAM, size)):
            mixed = (mixed ^ np.uint64(hashes[k])) * _PRIME
            mixed ^= mixed >> _HALF
        gram = np.uint32(mixed & _LOW)
        for k in range(BYTES):
            # A turn, a multiplication by an odd number: an order of its own for every `k`, in lanes of 32 bits.
            least[k] = min(least[k], np.uint32(np.uint32(gram ^ TURNS[k]) * TIMES[k]))
    for k in range(BYTES):
        out[k] = np.uint8((least[k] >> _THREE_BYTES) ^ (least[k] & _BYTE))


@lean
def kind_of(code: int, page: Pages, entry: Entries) -> int:
    """Give what a character is (`text.tables`)."""
    return int((entry[page[code >> 8] * 256 + (code & 255)] >> KIND) & 15)


@lean
def _in_word(code: int, page: Pages, entry: Entries) -> bool:
    """True for letters, marks and digits."""
    return kind_of(code, page, entry) != NONE


@lean
def alone(code: int) -> bool:
    """True for letters of scripts written without spaces: Thai, Lao, Burmese, Khmer, kana, Han. Each stands for a word."""
    return code >= _FIRST_ALONE and (
        code < 0x0F00
        or 0x1000 <= code < 0x10A0
        or 0x1780 <= code < 0x1800
        or 0x3040 <= code < 0x3100
        or 0x31F0 <= code < 0x3200
        or 0x3400 <= code < 0xA000
        or 0xF900 <= code < 0xFB00
        or 0x20000 <= code < 0x40000
    )
