"""The inner loop of sketching: folded text to hashed words. Imported when the first text is sketched."""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold_kernels import Bytes, Codes, Entries, Pages
from forestall.text.kernel import kernel
from forestall.text.tables import DIGIT, KIND, NONE

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


@kernel
def plain_hashes(codes: Codes, page: Pages, entry: Entries, leet: Bytes, out: Words) -> int:
    """Write the hash, first and end offset of every word of folded code points to the three rows of `out`; give how many.

    Gives -1 where squeezing (`text.fold.Squeezed`) would do more than read `l` as `i` and doubled letters once. A hash is the 64-bit
    FNV-1a of the squeezed word, folded to 32 bits; an apostrophe inside a word is no part of it.
    """
    size, count, i, singles = len(codes), 0, 0, 0
    while i < size:
        code = codes[i]
        if _kind(code, page, entry) == NONE:
            i += 1
            if code == _HASH and i < size and _kind(codes[i], page, entry) == DIGIT:
                return -1
            continue
        end, mixed, singles = _plain_word(codes, page, entry, leet, i, singles)
        if end < 0 or singles >= _SPACED or (end < size and codes[end] == _DOLLAR):
            return -1
        out[0, count] = np.uint32((mixed ^ (mixed >> _HALF)) & _LOW)
        out[1, count], out[2, count] = np.uint32(i), np.uint32(end)
        count, i = count + 1, end
    return count


@kernel
def _plain_word(
    codes: Codes, page: Pages, entry: Entries, leet: Bytes, start: int, singles: int
) -> tuple[int, np.uint64, int]:
    """Hash the word at `start`: give its end (-1 where it may hide something), hash, and how many single letters stand in a row."""
    size, i, before, mixed = len(codes), start, -1, _BASIS
    number = _kind(codes[start], page, entry) == DIGIT
    while i < size:
        code = codes[i]
        kind = _kind(code, page, entry)
        if kind == NONE:
            follows = _kind(codes[i + 1], page, entry) if i + 1 < size else NONE
            glues = code in (_FULL_STOP, _HYPHEN, _ASTERISK, _TILDE) and follows not in (NONE, DIGIT) and not number
            if code < 128 and leet[code] != 0 and follows not in (NONE, DIGIT):
                return -1, mixed, singles
            if not glues and (code != _APOSTROPHE or follows == NONE):
                break
            singles = singles + 1 if i - start == 1 else 0
            if singles >= _SPACED:
                break
            start = i + 1
            if not glues:
                before, number = code, follows == DIGIT
        elif (kind == DIGIT) != number or _alone(code):
            return -1, mixed, singles
        else:
            code = _I if code == _L else code
            if code != before or kind == DIGIT:
                mixed = (mixed ^ np.uint64(code)) * _PRIME
            before = code
        i += 1
    if singles < _SPACED:
        singles = singles + 1 if i - start == 1 else 0
    return i, mixed, singles


@kernel
def squeezed_hashes(codes: Codes, view: Codes, length: int, page: Pages, entry: Entries, out: Words) -> int:
    """Do the same for any text, given the first `length` characters of its squeezed view (`fold_kernels.squeeze_codes`).

    The view is not made in here: compiled code is cached by file, so a kernel must not call one of another file that may change.
    """
    size = len(codes)
    count, i = 0, 0
    while i < length:
        if not _in_word(view[0, i], page, entry):
            i += 1
            continue
        first, code = i, view[0, i]
        mixed = (_BASIS ^ np.uint64(code)) * _PRIME
        i += 1
        if not _alone(code):
            while i < length:
                code = view[0, i]
                if code != _APOSTROPHE:
                    if _alone(code) or not _in_word(code, page, entry):
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


@kernel
def _kind(code: int, page: Pages, entry: Entries) -> int:
    """Give what a character is (`text.tables`)."""
    return int((entry[page[code >> 8] * 256 + (code & 255)] >> KIND) & 15)


@kernel
def _in_word(code: int, page: Pages, entry: Entries) -> bool:
    """True for letters, marks and digits."""
    return _kind(code, page, entry) != NONE


@kernel
def _alone(code: int) -> bool:
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
