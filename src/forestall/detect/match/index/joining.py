"""The loop that meets many hashes with many, compiled."""

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index.kernels import (
    BESIDE,
    BITS,
    CHUNKS,
    ROWS,
    SIZE,
    STARTS,
    WAITING,
    WORDS,
    Found,
    Words,
    is_dead,
    put,
)
from forestall.detect.match.index.machine import FIRST_SHIFT, LANES, ahead, lowest, meeting, near_lanes, peek32
from forestall.text.kernel import kernel


@kernel
def _met(  # noqa: PLR0917 - compiled code takes no keywords
    part: Words, t: int, asked: Words, radius: np.uint64, pairs: Words, rows: Words, many: int, out: Found, count: int
) -> int:
    """Look at the pairs that wait, as (query, place in list t): fetch all rows, then all hashes, then compare."""
    loose = np.uint64(1 if radius > CHUNKS - 1 else 0)
    for i in range(many):
        row = rows[i]
        if t:
            row = min(peek32(part[ROWS], np.uint64(t - 1) * part[SIZE] + row), part[SIZE] - np.uint64(1))
        rows[i] = row
        ahead(part[WORDS] + row * np.uint64(32))
    for i in range(many):
        row, words = rows[i], asked[np.int64(pairs[i])]
        met = meeting(part[WORDS] + row * np.uint64(32), words[0], words[1], words[2], words[3], loose)
        distance = met & np.uint64(0xFFFF)
        if distance <= radius and met >> np.uint64(FIRST_SHIFT) == np.uint64(t) and not is_dead(part, row):
            count = put(out, count, int(pairs[i]), part, row, distance)
    return count


@kernel
def meet(  # noqa: PLR0917 - as above
    part: Words,
    t: int,
    asked: Words,
    lists: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint16]],
    radius: int,
    out: Found,
) -> int:
    """Meet hashes (M, 4), listed by chunk `t` as the part's are (starts, rows, marks), with the part's list of that chunk, value by value.

    Both sides are read from begin to end, so that what is compared is always at hand: a value's stretch of marks is
    held against every hash asked for whose chunk has that value or one bit of it changed. Fills `out` as `kernels.near` does.
    """
    starts, rows_asked, marks = lists
    pairs, rows = np.empty(WAITING, np.uint64), np.empty(WAITING, np.uint64)
    loose = 1 if radius > CHUNKS - 1 else 0
    values = 1 << int(part[BITS])
    flips = int(part[BITS]) + 1 if loose else 1
    reach, size = np.uint64(radius), part[SIZE]
    base = part[STARTS] + np.uint64(t * (values + 1) * 4)
    beside = part[BESIDE] + np.uint64(t) * size * np.uint64(2)
    many = count = 0
    for value in range(values):
        begin, end = peek32(base, np.uint64(value)), min(peek32(base, np.uint64(value + 1)), size)
        if begin >= end:
            continue
        for flip in range(flips):
            other = value ^ (1 << (flip - 1)) if flip else value
            allowed = np.uint64(2 * loose if flip else 2 * loose + 1)
            for k in range(starts[other], starts[other + 1]):
                mark, query = np.uint64(marks[k]), np.uint64(rows_asked[k])
                at = begin
                while at < end:
                    fits = near_lanes(beside + at * np.uint64(2), mark, allowed)
                    if end - at < np.uint64(LANES):
                        fits &= (np.uint64(1) << (end - at)) - np.uint64(1)
                    while fits:
                        here = at + lowest(fits)
                        fits &= fits - np.uint64(1)
                        if t:
                            ahead(part[ROWS] + (np.uint64(t - 1) * size + here) * np.uint64(4))
                        pairs[many], rows[many] = query, here
                        many += 1
                    at += np.uint64(LANES)
                    if many > WAITING - LANES:
                        count = _met(part, t, asked, reach, pairs, rows, many, out, count)
                        many = 0
    return _met(part, t, asked, reach, pairs, rows, many, out, count)
