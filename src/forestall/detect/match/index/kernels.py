"""The inner loops of the index, compiled. `table.py` says how entries lie in memory, `__init__.py` why the filter misses nothing.

A search gets the parts of an index as rows of numbers, addresses among them (`part` below): the same code then serves arrays in
memory and files mapped read-only, and a call costs little however many arrays there are. Who makes the rows keeps the arrays.
"""

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index.hits import ORDERED
from forestall.detect.match.index.machine import (
    FIRST_SHIFT,
    LANES,
    ahead,
    apart,
    lowest,
    meeting,
    near_lanes,
    peek8,
    peek32,
    peek64,
)
from forestall.text.kernel import kernel

SIZE, WORDS, IDS, DEAD, BITS, STARTS, ROWS, BESIDE, SORTED = range(9)
"""A part: its number of entries; the addresses of its words (N, W), ids (N,) and dead flags (N,; 0: none is dead); how many leading
bits its `starts` tell apart; the addresses of starts, rows and marks (0: it has none); and whether its entries are sorted."""

FIELDS = 9
CHUNKS = 16
FLIPS = 17
WAITING = 1 << 12
"""Candidates that wait for their rows and hashes to arrive from memory before they are looked at."""

Parts = NDArray[np.uint64]
Words = NDArray[np.uint64]
Found = NDArray[np.int64]


@kernel
def _words_of(key: NDArray[np.uint8], out: Words) -> None:
    """Write a key as words, its first byte the most significant."""
    for k in range(out.shape[0]):
        word = np.uint64(0)
        for i in range(8 * k, 8 * k + 8):
            word <<= np.uint64(8)
            if i < key.shape[0]:
                word |= np.uint64(key[i])
        out[k] = word


@kernel
def _chunk(words: Words, t: int) -> np.uint64:
    """Give one of the 16 chunks of a hash; their numbers wrap around."""
    t &= CHUNKS - 1
    value: np.uint64 = (words[t >> 2] >> np.uint64(48 - ((t & 3) << 4))) & np.uint64(0xFFFF)
    return value


@kernel
def is_dead(part: Parts, row: np.uint64) -> bool:
    """Tell whether an entry was removed."""
    dead: bool = part[DEAD] != 0 and peek8(part[DEAD], row) != 0
    return dead


@kernel
def put(out: Found, count: int, number: int, part: Parts, row: np.uint64, distance: np.uint64) -> int:  # noqa: PLR0917 - compiled code takes no keywords
    """Write a hit down if there is room, and count it."""
    if count < out.shape[1]:
        out[0, count] = number
        out[1, count] = np.int64(peek64(part[IDS], row))
        out[2, count] = np.int64(distance)
    return count + 1


@kernel
def _order(out: Found, begin: int, end: int) -> None:
    """Put the few hits of one query in order of distance, then id."""
    for i in range(begin + 1, end):
        number, found, distance = out[0, i], out[1, i], out[2, i]
        j = i - 1
        while j >= begin and (
            out[2, j] > distance or (out[2, j] == distance and np.uint64(out[1, j]) > np.uint64(found))
        ):
            out[0, j + 1], out[1, j + 1], out[2, j + 1] = out[0, j], out[1, j], out[2, j]
            j -= 1
        out[0, j + 1], out[1, j + 1], out[2, j + 1] = number, found, distance


@kernel
def _scan(part: Parts, words: Words, radius: np.uint64, number: int, out: Found, count: int) -> int:  # noqa: PLR0917 - as above
    """Compare a hash with every entry of a part."""
    first, second, third, fourth = words[0], words[1], words[2], words[3]
    for row in range(part[SIZE]):
        distance = apart(part[WORDS] + np.uint64(row) * np.uint64(32), first, second, third, fourth)
        if distance <= radius and not is_dead(part, np.uint64(row)):
            count = put(out, count, number, part, np.uint64(row), distance)
    return count


@kernel
def _resolve(  # noqa: PLR0917 - as above
    part: Parts, words: Words, radius: np.uint64, waiting: Words, many: int, number: int, out: Found, count: int
) -> int:
    """Look at the candidates that wait, each `t << 32 | place in list t`: fetch all their rows, then all their hashes, then compare."""
    loose = np.uint64(1 if radius > CHUNKS - 1 else 0)
    for i in range(many):
        t, at = waiting[i] >> np.uint64(32), waiting[i] & np.uint64(0xFFFFFFFF)
        row = at
        if t:
            row = min(peek32(part[ROWS], (t - np.uint64(1)) * part[SIZE] + at), part[SIZE] - np.uint64(1))
        waiting[i] = t << np.uint64(32) | row
        ahead(part[WORDS] + row * np.uint64(32))
    for i in range(many):
        t, row = waiting[i] >> np.uint64(32), waiting[i] & np.uint64(0xFFFFFFFF)
        met = meeting(part[WORDS] + row * np.uint64(32), words[0], words[1], words[2], words[3], loose)
        distance = met & np.uint64(0xFFFF)
        # A pair is found in every list whose chunk lets it through, and counts in the first of them.
        if distance <= radius and met >> np.uint64(FIRST_SHIFT) == t and not is_dead(part, row):
            count = put(out, count, number, part, row, distance)
    return count


@kernel
def signed(own: np.uint64, following: np.uint64, bits: np.uint64) -> np.uint64:
    """Give the 16 bits that stand in a list: what `bits` leading bits leave of a chunk, then as much of the next as there is room for."""
    mark: np.uint64 = (own << bits | following >> (np.uint64(CHUNKS) - bits)) & np.uint64(0xFFFF)
    return mark


@kernel
def _approach(part: Parts, t: int, own: np.uint64, flips: int, lists: Words) -> None:
    """Note where the lists of a chunk's leading bits and of their changes begin and end, and ask for what is there."""
    base = part[STARTS] + np.uint64(4 * t) * ((np.uint64(1) << part[BITS]) + np.uint64(1))
    beside = part[BESIDE] + np.uint64(t) * part[SIZE] * np.uint64(2)
    for flip in range(flips):
        value = own ^ (np.uint64(1) << np.uint64(flip - 1)) if flip else own
        begin, end = peek32(base, value), min(peek32(base, value + np.uint64(1)), part[SIZE])
        lists[2 * (t * FLIPS + flip)], lists[2 * (t * FLIPS + flip) + 1] = begin, end
        line, last = beside + begin * np.uint64(2), beside + end * np.uint64(2)
        while line < last:
            ahead(line)
            line += np.uint64(64)


@kernel
def _walk(  # noqa: PLR0917 - as above
    part: Parts, words: Words, radius: np.uint64, lists: Words, waiting: Words, number: int, out: Found, count: int
) -> int:
    """Walk the lists of a part for one hash, three chunks in flight: one's starts are fetched while the next-to-last's are read.

    `lists` is room for (16, 17, 2) begins and ends.
    """
    size, bits = part[SIZE], part[BITS]
    loose = 1 if radius > CHUNKS - 1 else 0
    flips = int(bits) + 1 if loose else 1
    many = 0
    for step in range(CHUNKS + 2):
        if step < CHUNKS:
            own = _chunk(words, step) >> (np.uint64(CHUNKS) - bits)
            base = part[STARTS] + np.uint64(4 * step) * ((np.uint64(1) << bits) + np.uint64(1))
            ahead(base + own * np.uint64(4))
            for flip in range(4, flips):
                ahead(base + (own ^ (np.uint64(1) << np.uint64(flip - 1))) * np.uint64(4))
        if 1 <= step <= CHUNKS:
            _approach(part, step - 1, _chunk(words, step - 1) >> (np.uint64(CHUNKS) - bits), flips, lists)
        t = step - 2
        if t < 0:
            continue
        mark = signed(_chunk(words, t), _chunk(words, t + 1), bits)
        base = part[BESIDE] + np.uint64(t) * size * np.uint64(2)
        for flip in range(flips):
            allowed = np.uint64(2 * loose if flip else 2 * loose + 1)
            at, end = lists[2 * (t * FLIPS + flip)], lists[2 * (t * FLIPS + flip) + 1]
            while at < end:
                fits = near_lanes(base + at * np.uint64(2), mark, allowed)
                if end - at < np.uint64(LANES):
                    fits &= (np.uint64(1) << (end - at)) - np.uint64(1)
                while fits:
                    here = at + lowest(fits)
                    fits &= fits - np.uint64(1)
                    if t:
                        ahead(part[ROWS] + (np.uint64(t - 1) * size + here) * np.uint64(4))
                    waiting[many] = np.uint64(t) << np.uint64(32) | here
                    many += 1
                at += np.uint64(LANES)
                if many > WAITING - LANES:
                    count = _resolve(part, words, radius, waiting, many, number, out, count)
                    many = 0
    return _resolve(part, words, radius, waiting, many, number, out, count)


@kernel
def near(parts: Parts, asked: NDArray[np.uint8], radius: int, out: Found) -> int:
    """Find every entry within `radius` bits of each key (Q, 32) in all parts: through the lists up to 31, by comparing above.

    Fills `out` (3, room) with queries, ids and distances as far as there is room, and gives how many there are.
    """
    words, lists, waiting = (
        np.empty(4, np.uint64),
        np.empty(2 * CHUNKS * FLIPS, np.uint64),
        np.empty(WAITING, np.uint64),
    )
    reach = np.uint64(radius)
    count = 0
    for number in range(asked.shape[0]):
        _words_of(asked[number], words)
        begin = count
        for p in range(parts.shape[0]):
            part = parts[p]
            if part[BESIDE] and radius < 2 * CHUNKS:
                count = _walk(part, words, reach, lists, waiting, number, out, count)
            else:
                count = _scan(part, words, reach, number, out, count)
        if count - begin <= ORDERED and count <= out.shape[1]:
            _order(out, begin, count)
    return count


@kernel
def _compare(address: np.uint64, row: np.uint64, words: Words) -> int:
    """Compare a stored key with another: negative where it sorts before, 0 where they are equal."""
    width = np.uint64(words.shape[0])
    for k in range(width):
        stored = peek64(address, row * width + np.uint64(k))
        if stored != words[k]:
            return -1 if stored < words[k] else 1
    return 0


@kernel
def _lower(part: Parts, words: Words, wanted: np.uint64) -> np.uint64:
    """Give the first entry of a sorted part that is not before a key and id."""
    bits = part[BITS]
    low, high = np.uint64(0), part[SIZE]
    if bits:
        value = words[0] >> (np.uint64(64) - bits)
        high = min(peek32(part[STARTS], value + np.uint64(1)), high)
        low = min(peek32(part[STARTS], value), high)
    while low < high:
        middle = (low + high) >> np.uint64(1)
        order = _compare(part[WORDS], middle, words)
        if order < 0 or (order == 0 and peek64(part[IDS], middle) < wanted):
            low = middle + np.uint64(1)
        else:
            high = middle
    return low


@kernel
def equal(parts: Parts, asked: NDArray[np.uint8], width: int, out: Found) -> int:
    """Find every entry whose key equals each of those asked (Q, size) in all parts; `width` is words per key. As `near`."""
    words = np.empty(width, np.uint64)
    count = 0
    for number in range(asked.shape[0]):
        _words_of(asked[number], words)
        begin = count
        for p in range(parts.shape[0]):
            part = parts[p]
            row = _lower(part, words, np.uint64(0)) if part[SORTED] else np.uint64(0)
            while row < part[SIZE]:
                if _compare(part[WORDS], row, words) == 0:
                    if not is_dead(part, row):
                        count = put(out, count, number, part, row, np.uint64(0))
                elif part[SORTED]:
                    break
                row += np.uint64(1)
        if count - begin <= ORDERED and count <= out.shape[1]:
            _order(out, begin, count)
    return count


@kernel
def locate(parts: Parts, words: Words, ids: NDArray[np.uint64], where: Found) -> None:
    """Find entries, dead ones too, in the sorted parts: `where` (N, 2) gets part and row, or -1 twice."""
    for i in range(words.shape[0]):
        where[i, 0] = where[i, 1] = -1
        for p in range(parts.shape[0]):
            part = parts[p]
            if not part[SORTED]:
                continue
            row = _lower(part, words[i], ids[i])
            if row < part[SIZE] and _compare(part[WORDS], row, words[i]) == 0 and peek64(part[IDS], row) == ids[i]:
                where[i, 0], where[i, 1] = p, np.int64(row)
                break
