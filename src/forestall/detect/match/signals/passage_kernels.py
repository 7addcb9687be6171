"""The inner loops of finding banked passages in texts. Imported when the first passage is banked.

Passages are indexed by their word 3-grams. `table` uint64 (power of two, 2) is an open-addressing hash table: a gram's key (never
0) and, packed, where in `postings` int32 the numbers of the passages with that gram begin (high half) and how many there are.
`facts` int64 (N, 5) says of each passage where its words begin in `held` uint32, how many they are, the most edits that are a match,
how many of its different grams survive that many (at least 1), and whether it still counts. `sieve` uint64 (power of two) has a bit
set for every key.
"""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import kernel

Words = NDArray[np.uint32]
Table = NDArray[np.uint64]
Numbers = NDArray[np.int32]
Facts = NDArray[np.int64]

GRAM = 3
AT, SIZE, MOST, NEED, LIVE = range(5)
"""Columns of `facts`."""

_ONE, _HALF = np.uint64(1), np.uint64(32)
_START, _COUNT = 32, 0xFFFFFFFF
"""How postings are packed: where they begin, by a shift; how many they are, by a mask."""
_FIRST, _SECOND, _THIRD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFT = np.uint64(29)
_EFFORT, _LEAST_EFFORT = 2_000, 20_000_000
"""Cells of alignment computed per word of a text, and for any text: a tenth of a second, and one per 100,000 words made to cost it."""
MOST_MATCHES = 16
"""Stretches of a text that are given for one passage, the first ones."""


@kernel
def _gram(words: Words, at: int) -> np.uint64:
    """Give the key of the three words at `at`."""
    mixed = (np.uint64(words[at]) | (np.uint64(words[at + 1]) << _HALF)) * _FIRST
    mixed = (mixed ^ (mixed >> _SHIFT) ^ np.uint64(words[at + 2])) * _SECOND
    mixed = (mixed ^ (mixed >> _HALF)) * _THIRD
    return (mixed ^ (mixed >> _HALF)) | _ONE


@kernel
def grams(held: Words, facts: Facts, keys: Table, owners: Numbers) -> None:
    """Write the gram keys of all passages and whose they are, in order of passage."""
    count = 0
    for number in range(len(facts)):
        start = facts[number, AT]
        for at in range(start, start + facts[number, SIZE] - GRAM + 1):
            keys[count], owners[count] = _gram(held, at), number
            count += 1


@kernel
def fill(table: Table, sieve: Table, keys: Table, starts: Facts) -> None:
    """Put different keys into an empty table and filter; those of `keys[i]` are the postings `starts[i]` to `starts[i + 1]`."""
    for i in range(len(keys)):
        bit = _bit(sieve, keys[i])
        sieve[bit >> 6] |= _ONE << np.uint64(bit & 63)
        place = _place(table, keys[i])
        table[place, 0] = keys[i]
        table[place, 1] = (np.uint64(starts[i]) << _HALF) | np.uint64(starts[i + 1] - starts[i])


@kernel
def _bit(sieve: Table, key: np.uint64) -> int:
    """Give the bit of a key in the filter, which fits the nearest cache and tells most keys that are not there."""
    return int(np.int64((key >> _HALF) & np.uint64(64 * len(sieve) - 1)))


@kernel
def _place(table: Table, key: np.uint64) -> int:
    """Give the row of a key, or the empty one where it would go."""
    mask = np.uint64(len(table) - 1)
    place = (key >> _ONE) & mask
    while table[place, 0] not in (key, np.uint64(0)):
        place = (place + _ONE) & mask
    return int(np.int64(place))


@kernel
def regions(words: Words, sieve: Table, table: Table, postings: Numbers, facts: Facts, out: Facts) -> int:
    """Write the stretches of a text that share enough grams with a passage to rows of `out` (M, 3): passage, first and end word.

    Every stretch with at most `MOST` edits lies within one of them. Gives how many there are; where that is more than `out` has rows,
    the others are not written.
    """
    count = len(words) - GRAM + 1
    if count < 1:
        return 0
    keys, places = np.empty(count, np.uint64), np.zeros(count, np.int64)
    total = 0
    for at in range(count):
        keys[at] = _gram(words, at)
        bit = _bit(sieve, keys[at])
        if (sieve[bit >> 6] >> np.uint64(bit & 63)) & _ONE == 0:
            continue
        places[at] = np.int64(table[_place(table, keys[at]), 1])
        # Of one gram again and again only the first and last matter: whatever else a match has lies beyond them.
        if at > 1 and keys[at] == keys[at - 1] == keys[at - 2]:
            total -= int(places[at - 1] & _COUNT)
            places[at - 1] = 0
        total += int(places[at] & _COUNT)
    return _gather(places, postings, facts, total, len(words), out) if total else 0


@kernel
def _gather(places: Facts, postings: Numbers, facts: Facts, total: int, length: int, out: Facts) -> int:
    """Count shared grams by passage and neighbourhood; write the stretches that have enough, and give how many there are.

    The text is cut into steps as long as the longest match of a passage, so that every match lies within two of them.
    """
    room = 16
    while room < 2 * min(total, len(facts)) + 2:
        room *= 2
    seen = np.full((room, 5), -1, np.int32)  # passage, step, hits in it, hits in the one before, whether given
    found = 0
    for at in range(len(places)):
        start = places[at] >> _START
        for k in range(start, start + (places[at] & _COUNT)):
            number = postings[k]
            if facts[number, LIVE] == 0:
                continue
            width = facts[number, SIZE] + facts[number, MOST]
            step = at // width
            row = (number * 40503) & (room - 1)
            while seen[row, 0] >= 0 and seen[row, 0] != number:
                row = (row + 1) & (room - 1)
            if seen[row, 1] != step:
                before = seen[row, 2] if seen[row, 0] == number and seen[row, 1] == step - 1 else 0
                seen[row, 0], seen[row, 1], seen[row, 2], seen[row, 3], seen[row, 4] = number, step, 0, before, 0
            seen[row, 2] += 1
            if seen[row, 4] == 0 and seen[row, 2] + seen[row, 3] >= facts[number, NEED]:
                seen[row, 4] = 1
                if found < len(out):
                    out[found, 0], out[found, 1] = number, max(0, (step - 2) * width)
                    out[found, 2] = min(length, (step + 2) * width + GRAM)
                found += 1
    return found


@kernel
def verify(words: Words, stretches: Facts, facts: Facts, held: Words, out: Numbers) -> int:
    """Align passages with their stretches, given by passage and first word, overlapping ones together.

    Writes rows of `out` (M, 4): passage, edits, first and end word; gives how many there are, `MOST_MATCHES` for each passage
    at most. Where that is more than `out` has rows, the others are not written.
    """
    effort = _LEAST_EFFORT + _EFFORT * len(words)
    found, i, first, before = 0, 0, 0, -1
    while i < len(stretches) and effort > 0:
        number, start, end = stretches[i, 0], stretches[i, 1], stretches[i, 2]
        i += 1
        while i < len(stretches) and stretches[i, 0] == number and stretches[i, 1] <= end:
            end = stretches[i, 2]
            i += 1
        if number != before:
            first, before = found, number
        at, size, most = facts[number, AT], facts[number, SIZE], facts[number, MOST]
        passage, limit = held[at : at + size], first + MOST_MATCHES
        found, effort = _align(words, start, end, passage, most, number, out, found, limit, effort)
    return found


@kernel
def _align(
    words: Words,
    start: int,
    end: int,
    passage: Words,
    most: int,
    number: int,
    out: Numbers,
    found: int,
    most_found: int,
    effort: int,
) -> tuple[int, int]:
    """Find the stretches of words `start` to `end` that are at most `most` edits away from a passage; none overlap.

    Sellers' algorithm, one column of edit distances per word of the text, cut off below the last row that can still lead to a
    match (Ukkonen). Of overlapping stretches the nearest counts, then the first. Gives the count of matches and the effort left.
    """
    size = len(passage)
    cost, origin = np.arange(size + 1), np.full(size + 1, start, np.int64)
    last = min(most, size)
    best, best_start, best_end = most + 1, 0, 0
    for at in range(start, end):
        if effort < 0 or found >= most_found:
            break
        word, limit = words[at], min(last + 1, size)
        effort -= limit
        diagonal, diagonal_origin = cost[0], origin[0]
        origin[0] = at + 1
        for row in range(1, limit + 1):
            above = cost[row] if row <= last else most + 1
            value, came = diagonal + (1 if passage[row - 1] != word else 0), diagonal_origin
            if cost[row - 1] + 1 < value:
                value, came = cost[row - 1] + 1, origin[row - 1]
            if above + 1 < value:
                value, came = above + 1, origin[row]
            diagonal, diagonal_origin = above, origin[row]
            cost[row], origin[row] = value, came
        last = limit
        while cost[last] > most:
            last -= 1
        if last < size:
            continue
        if best <= most and origin[size] >= best_end:
            found = _note(out, found, number, best, best_start, best_end)
            best = most + 1
        if cost[size] < best:
            best, best_start, best_end = cost[size], origin[size], at + 1
    if best <= most and found < most_found:
        found = _note(out, found, number, best, best_start, best_end)
    return found, effort


@kernel
def _note(out: Numbers, found: int, number: int, edits: int, first: int, end: int) -> int:
    """Write a match where there is room; give the new count."""
    if found < len(out):
        out[found, 0], out[found, 1], out[found, 2], out[found, 3] = number, edits, first, end
    return found + 1
