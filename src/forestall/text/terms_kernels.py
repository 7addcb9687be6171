"""The inner loops of finding terms: folded code points to words, and words to the phrases that begin with them.

The table has one row for every beginning of a phrase (its first word, its first two …), so that from each word of a text we go on
only as long as some phrase does. A row is its key (0 to 2**32 - 1) and a value: the first phrase that ends there, plus one, times two,
plus one where a longer phrase begins alike; 0 for a free row. Keys may collide: whoever finds a phrase compares its characters.
"""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold_kernels import NEWLINE, SPACE, Codes, Entries, Pages
from forestall.text.kernel import lean
from forestall.text.sketch_kernels import alone, kind_of
from forestall.text.tables import DIGIT, NONE

Table = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Sieve = NDArray[np.uint64]

START, END, NUMBER = range(3)
"""Rows of a table of words: folded offsets, and whether it has digits only."""
AT, SIZE, LEAD, TRAIL, NEXT = range(5)
"""Columns of the table of phrases: where its characters start and how many; how many signs stand before its first word and behind
its last; the next phrase of the same key, -1 for none."""
TERM, FROM, TO = range(3)
"""Columns of what is found: which phrase, folded offsets."""
SPAN = 8
"""Most words of a phrase."""
NO_ROOM, TOO_LONG, NO_WORD = -1, -2, -3
"""What is wrong, instead of a count: the arrays are too short, a phrase has more than `SPAN` words, a phrase has none."""

_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_SIX = np.uint64(6)
_LOW = np.uint64(0xFFFFFFFF)
_ONE = np.uint64(1)
_SIXTY_THREE = np.uint64(63)


@lean
def split(codes: Codes, page: Pages, entry: Entries, words: Codes, hashes: Hashes) -> int:
    """Write offsets and hashes of the words of folded code points; give how many, `NO_ROOM` where the rows are too short.

    A word is a run of letters, marks and digits; in scripts written without spaces every letter is one. The first row of `hashes` is
    of the word, the second of the signs between it and the word before, where a line end is a blank.
    """
    size, room, count, i = len(codes), words.shape[1], 0, 0
    while i < size:
        gap = _BASIS
        while i < size and kind_of(codes[i], page, entry) == NONE:
            gap = (gap ^ np.uint64(SPACE if codes[i] == NEWLINE else codes[i])) * _PRIME
            i += 1
        if i == size:
            break
        if count == room:
            return NO_ROOM
        words[START, count], number, mixed = i, True, _BASIS
        while i < size:
            kind = kind_of(codes[i], page, entry)
            if kind == NONE or (i > words[START, count] and (alone(codes[i]) or alone(codes[i - 1]))):
                break
            number &= kind == DIGIT
            mixed = (mixed ^ np.uint64(codes[i])) * _PRIME
            i += 1
        words[END, count], words[NUMBER, count] = i, number
        hashes[0, count], hashes[1, count] = mixed, gap
        count += 1
    return count


@lean
def find(
    codes: Codes,
    words: Codes,
    hashes: Hashes,
    count: int,
    table: Table,
    sieve: Sieve,
    phrases: Codes,
    held: Codes,
    found: Codes,
) -> int:
    """Write the phrases that stand among `count` words: by where they begin, then where they end; give how many there are.

    What there is no room for is counted but not written.
    """
    number, room = 0, len(found)
    for i in range(count):
        mixed = hashes[0, i]
        for k in range(i, min(i + SPAN, count)):
            if k > i:
                mixed = _joined(mixed, hashes[1, k], hashes[0, k])
            value = _value(key_of(mixed), table, sieve)
            term = (value >> 1) - 1
            while term >= 0:
                start = words[START, i] - phrases[term, LEAD]
                end = start + phrases[term, SIZE]
                if words[END, k] == end - phrases[term, TRAIL] and _stands(codes, start, end, held, phrases[term, AT]):
                    if number < room:
                        found[number, TERM], found[number, FROM], found[number, TO] = term, start, end
                    number += 1
                term = phrases[term, NEXT]
            if value & 1 == 0:
                break
    return number


@lean
def _stands(codes: Codes, start: int, end: int, held: Codes, at: int) -> bool:
    """True where a phrase stands in a text at `start` to `end`, letter by letter; a line end is a blank."""
    if start < 0 or end > len(codes):
        return False
    for i in range(start, end):
        code = codes[i]
        if (SPACE if code == NEWLINE else code) != held[at + i - start]:
            return False
    return True


@lean
def fill(
    held: Codes, page: Pages, entry: Entries, words: Codes, hashes: Hashes, phrases: Codes, table: Table, sieve: Sieve
) -> int:
    """Enter all phrases into the empty table, from last to first; give how many of its rows are used.

    `words` and `hashes` are scratch with room for one word more than a phrase may have. Gives `NO_ROOM` where the table would be more
    than half full, and where a phrase is none what is wrong with it, in the last phrase's `NEXT` which one it is.
    """
    rows = 0
    for term in range(len(phrases) - 1, -1, -1):
        at, size = phrases[term, AT], phrases[term, SIZE]
        count = split(held[at : at + size], page, entry, words, hashes)
        if count in (NO_ROOM, 0) or count > SPAN:
            phrases[-1, NEXT] = term
            return NO_WORD if count == 0 else TOO_LONG
        phrases[term, LEAD], phrases[term, TRAIL] = words[START, 0], size - words[END, count - 1]
        mixed = hashes[0, 0]
        for k in range(count):
            if k > 0:
                mixed = _joined(mixed, hashes[1, k], hashes[0, k])
            key = key_of(mixed)
            row = _row(key, table)
            if table[row, 1] == 0:
                rows += 1
                if rows * 2 > len(table):
                    return NO_ROOM
                table[row, 0], table[row, 1] = key, 0
                bit = _bit(key, sieve)
                sieve[bit >> _SIX] |= _ONE << (bit & _SIXTY_THREE)
            if k == count - 1:
                phrases[term, NEXT] = np.int64(table[row, 1] >> np.uint32(1)) - 1
                table[row, 1] = ((term + 1) << 1) | (table[row, 1] & np.uint32(1))
            else:
                table[row, 1] |= np.uint32(1)
    return rows


@lean
def _joined(mixed: np.uint64, gap: np.uint64, word: np.uint64) -> np.uint64:
    """Give the hash of words and one more."""
    mixed = (mixed ^ gap) * _GOLDEN
    return ((mixed ^ (mixed >> _HALF)) ^ word) * _GOLDEN


@lean
def key_of(mixed: np.uint64) -> np.uint64:
    """Give the key of words by their hash."""
    mixed = (mixed ^ (mixed >> _HALF)) * _GOLDEN
    return mixed >> _HALF


@lean
def _bit(key: np.uint64, sieve: Sieve) -> np.uint64:
    """Give the bit of the sieve that is set where a key is in the table. The sieve's size is a power of two."""
    return key & ((np.uint64(len(sieve)) << _SIX) - _ONE)


@lean
def _row(key: np.uint64, table: Table) -> int:
    """Give the row of a key, or the free one where it would be. The table is a power of two long and at most half full."""
    most = len(table) - 1
    row = int(np.int64(((key * _GOLDEN) & _LOW) >> _ONE)) & most
    while table[row, 1] != 0 and table[row, 0] != key:
        row = (row + 1) & most
    return row


@lean
def _value(key: np.uint64, table: Table, sieve: Sieve) -> int:
    """Give the value of a key, 0 where it has none."""
    bit = _bit(key, sieve)
    if (sieve[bit >> _SIX] >> (bit & _SIXTY_THREE)) & _ONE == 0:
        return 0
    return int(table[_row(key, table), 1])
