"""The inner loops of n-grams: from the words of a folded text to the buckets of a linear model.

A text is read as pieces. A piece is a word, or one of four that stand for any: what is masked, a link, a handle or address, a number.
Words give their letters in threes to fives, with a blank before and behind, and themselves; each piece gives itself, and itself with
the one before. Where something is left out between two, each gives itself with what is left out instead. Every bucket counts once,
however often its n-grams stand there.
"""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold_kernels import FULL_STOP, HYPHEN, LOW_LINE, NEWLINE, SPACE, Codes, Entries, Pages
from forestall.text.kernel import lean
from forestall.text.terms_kernels import END, FROM, NUMBER, START, TO, Hashes, Sieve, Table, find, split

Buckets = NDArray[np.uint32]
Bits = NDArray[np.uint64]
Weights = NDArray[np.float32] | NDArray[np.int8]

BITS = 18
WORD, MASKED, LINK, HANDLE, FIGURE = range(5)
"""Kinds of pieces."""

_COLON, _SLASH, _COMMA, _AT, _APOSTROPHE, _W = ord(":"), ord("/"), ord(","), ord("@"), ord("'"), ord("w")
_LONGEST = 5
"""Letters of the longest n-gram, blanks included; the shortest has 3."""
_BASIS = np.uint64(0xCBF29CE484222325)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_OTHER = np.uint64(0xC2B2AE3D27D4EB4F)
_TO_BUCKET = np.uint64(64 - BITS)
_UNSAID = np.uint64(0xD6E8FEB86659FD93)
"""The hash of what is left out."""
_HALF, _TO_WORD, _IN_WORD, _ONE = np.uint64(32), np.uint64(6), np.uint64(63), np.uint64(1)


@lean
def measure(
    codes: Codes,
    page: Pages,
    entry: Entries,
    table: Table,
    sieve: Sieve,
    phrases: Codes,
    held: Codes,
    given: int,
    weights: Weights,
    places: Codes,
    scratch: Codes,
    hashes: Hashes,
    found: Codes,
    seen: Bits,
    buckets: Buckets,
) -> tuple[int, float]:
    """Write the buckets of a folded text; give how many, and their weighted sum where there are weights.

    What is masked are the phrases, or, where `given` is not negative, that many ranges which stand in the fourth and fifth row of
    `scratch`; its first three are for words. Where more phrases are found than there is room for, gives minus their number.
    """
    words, ranges = scratch[:3], scratch[3:5].reshape((scratch.shape[1], 2))
    count = split(codes, page, entry, words, hashes)
    if given < 0:
        number = find(codes, words, hashes, count, table, sieve, phrases, held, found)
        if number > len(found):
            return -number, 0.0
        given = merge(found, number, 0, ranges)
    number = gather(codes, words, hashes, count, ranges[:given], seen, buckets, places)
    return number, weigh(buckets, number, weights) if len(weights) else 0.0


@lean
def gather(
    codes: Codes,
    words: Codes,
    hashes: Hashes,
    count: int,
    ranges: Codes,
    seen: Bits,
    buckets: Buckets,
    places: Codes,
) -> int:
    """Write the buckets of a text, in the order in which they are met first, and where that is; give how many.

    `words` and `hashes` are its words (`terms_kernels.split`), `ranges` the offsets of what is masked, in order and apart from each
    other. `seen` has a bit for each bucket, none of them set; it is left so. `buckets` has room for one more than there are; `places`
    as many rows, or none to write none.
    """
    number, i, r, plain, before = 0, 0, 0, 0, np.uint64(0)
    while i < count:
        kind, after, r, plain = _piece(codes, words, count, i, ranges, r, plain)
        start, end = words[START, i], words[END, after - 1]
        mixed = hashes[0, i] if kind == WORD else np.uint64(kind)
        number = _add(_bucket(mixed ^ _OTHER), start, end, seen, buckets, places, number)
        first = words[END, i - 1] if i > 0 else 0
        if _left_out(codes, first, words[START, i]):
            if i > 0:
                number = _add(_pair(before, _UNSAID), words[START, i - 1], first, seen, buckets, places, number)
            number = _add(_pair(_UNSAID, mixed), start, end, seen, buckets, places, number)
        elif i > 0:
            number = _add(_pair(before, mixed), words[START, i - 1], end, seen, buckets, places, number)
        if kind == WORD:
            number = _letters(codes, start, end, seen, buckets, places, number)
        before, i = mixed, after
    if count > 0 and _left_out(codes, words[END, count - 1], len(codes)):
        first, last = words[START, count - 1], words[END, count - 1]
        number = _add(_pair(before, _UNSAID), first, last, seen, buckets, places, number)
    for k in range(number):
        seen[buckets[k] >> _TO_WORD] = np.uint64(0)
    return number


@lean
def _left_out(codes: Codes, start: int, end: int) -> bool:
    """True where something was left out of the text between two words: a NUL stands there, which no folded text has of its own."""
    for k in range(start, end):  # noqa: SIM110 - kernels have no generators
        if codes[k] == 0:
            return True
    return False


@lean
def _letters(codes: Codes, start: int, end: int, seen: Bits, buckets: Buckets, places: Codes, number: int) -> int:
    """Add the n-grams of a word's letters; give how many buckets there are now."""
    for first in range(start - 1, end - 1):
        mixed = (_BASIS ^ np.uint64(SPACE if first < start else codes[first])) * _GOLDEN
        mixed = (mixed ^ np.uint64(codes[first + 1])) * _GOLDEN
        for k in range(first + 2, min(first + _LONGEST, end + 1)):
            mixed = (mixed ^ np.uint64(SPACE if k == end else codes[k])) * _GOLDEN
            bucket = _bucket(mixed ^ (mixed >> _HALF))
            number = _add(bucket, max(first, start), min(k + 1, end), seen, buckets, places, number)
    return number


@lean
def _pair(before: np.uint64, mixed: np.uint64) -> np.uint64:
    """Give the bucket of two neighbours."""
    joined = ((before ^ (before >> _HALF)) * _OTHER) ^ mixed
    return _bucket(joined ^ (joined >> _HALF))


@lean
def _bucket(mixed: np.uint64) -> np.uint64:
    """Give the bucket of a hash."""
    return (mixed * _GOLDEN) >> _TO_BUCKET


@lean
def _add(bucket: np.uint64, start: int, end: int, seen: Bits, buckets: Buckets, places: Codes, number: int) -> int:
    """Add a bucket where it is new; give how many there are now. Without a branch, as about every second one is."""
    held = seen[bucket >> _TO_WORD]
    shift = bucket & _IN_WORD
    seen[bucket >> _TO_WORD] = held | (_ONE << shift)
    buckets[number] = bucket
    if len(places):
        places[number, 0], places[number, 1] = start, end
    number += int(np.int64(_ONE - ((held >> shift) & _ONE)))
    return number


@lean
def _piece(
    codes: Codes, words: Codes, count: int, i: int, ranges: Codes, r: int, plain: int
) -> tuple[int, int, int, int]:
    """Say what the piece that begins with word `i` is and which word comes after it.

    Also gives the first range that ends behind it, and the first word that may stand in another row of words joined by signs than the
    last one which was found to be no address, so that none is walked twice.
    """
    start, end = words[START, i], words[END, i]
    while r < len(ranges) and ranges[r, 1] <= start:
        r += 1
    if r < len(ranges) and ranges[r, 0] < end:
        return MASKED, _behind(words, count, i, ranges[r, 1]), r, plain
    link, plain = _is_link(codes, words, count, i, plain)
    if link:
        while end < len(codes) and codes[end] != SPACE and codes[end] != NEWLINE:
            end += 1
        return LINK, _behind(words, count, i, end), r, plain
    if end < len(codes) and codes[end] == _AT and i + 1 < count and words[START, i + 1] == end + 1:
        return HANDLE, _row_end(codes, words, count, i + 1), r, plain
    if start > 0 and codes[start - 1] == _AT:
        return HANDLE, _row_end(codes, words, count, i), r, plain
    after = i + 1
    if words[NUMBER, i]:
        while after < count and words[NUMBER, after] and words[START, after] == words[END, after - 1] + 1:
            if codes[words[END, after - 1]] not in (FULL_STOP, _COMMA, _COLON, _SLASH, HYPHEN, _APOSTROPHE):
                break
            after += 1
        return FIGURE, after, r, plain
    return WORD, after, r, plain


@lean
def _behind(words: Codes, count: int, i: int, end: int) -> int:
    """Give the first word behind word `i` that does not begin before `end`."""
    i += 1
    while i < count and words[START, i] < end:
        i += 1
    return i


@lean
def _row_end(codes: Codes, words: Codes, count: int, i: int) -> int:
    """Give the word behind the last of a row, which begins with word `i`, with one stop, hyphen or low line between any two."""
    i += 1
    while i < count and words[START, i] == words[END, i - 1] + 1:
        if codes[words[END, i - 1]] not in (FULL_STOP, HYPHEN, LOW_LINE):
            break
        i += 1
    return i


@lean
def _is_link(codes: Codes, words: Codes, count: int, i: int, plain: int) -> tuple[bool, int]:
    """True where an address begins with word `i`: a scheme, `www.`, or a name with a dot in it and a slash behind; and the new `plain`."""
    start, end, size = words[START, i], words[END, i], len(codes)
    if end + 2 < size and codes[end] == _COLON and codes[end + 1] == _SLASH and codes[end + 2] == _SLASH:
        return True, plain
    if end - start == 3 and codes[start] == _W and codes[start + 1] == _W and codes[start + 2] == _W:
        return end < size and codes[end] == FULL_STOP, plain
    if i < plain or end == size or (codes[end] != FULL_STOP and codes[end] != HYPHEN):
        return False, plain
    after = _row_end(codes, words, count, i)
    last = after - 1
    named = last > i and codes[words[START, last] - 1] == FULL_STOP and not words[NUMBER, last]
    named = named and words[END, last] - words[START, last] > 1
    return named and words[END, last] < size and codes[words[END, last]] == _SLASH, after


@lean
def merge(found: Codes, count: int, first: int, ranges: Codes) -> int:
    """Write the offsets of what was found of phrases from `first` on, the longest of those that begin together; give how many.

    What begins inside one already taken is left out. `found` is in the order of `terms_kernels.find`.
    """
    number = 0
    for k in range(count):
        if found[k, 0] >= first:
            if number and found[k, FROM] == ranges[number - 1, 0]:
                ranges[number - 1, 1] = max(ranges[number - 1, 1], found[k, TO])
            elif number == 0 or found[k, FROM] >= ranges[number - 1, 1]:
                ranges[number, 0], ranges[number, 1] = found[k, FROM], found[k, TO]
                number += 1
    return number


@lean
def weigh(buckets: Buckets, count: int, weights: Weights) -> float:
    """Give the sum of the weights of the first `count` buckets, each as much as makes their vector one long."""
    total = 0.0
    for k in range(count):
        total += weights[buckets[k]]
    return float(total / np.sqrt(max(count, 1)))
