"""The loops that lay out a table, compiled: merging sorted parts, listing hashes by chunk, adding up a file."""

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index.kernels import CHUNKS, DEAD, IDS, SIZE, WORDS, Parts, signed
from forestall.detect.match.index.machine import peek8, peek64
from forestall.text.kernel import kernel

_PRIME = np.uint64(0x9E3779B97F4A7C15)


@kernel
def _before(first: Parts, row: np.uint64, second: Parts, other: np.uint64, width: np.uint64) -> bool:
    """Tell whether an entry of one part sorts before one of another: by key, then id."""
    for k in range(width):
        mine, yours = (
            peek64(first[WORDS], row * width + np.uint64(k)),
            peek64(second[WORDS], other * width + np.uint64(k)),
        )
        if mine != yours:
            return bool(mine < yours)
    return bool(peek64(first[IDS], row) < peek64(second[IDS], other))


@kernel
def merge(parts: Parts, words: NDArray[np.uint64], ids: NDArray[np.uint64]) -> int:
    """Merge the living entries of sorted parts into `words` (N, W) and `ids` (N,); gives how many there were, N or not."""
    rows = np.zeros(parts.shape[0], np.uint64)
    width = np.uint64(words.shape[1])
    count = 0
    while True:
        least = -1
        for p in range(parts.shape[0]):
            while rows[p] < parts[p, SIZE] and parts[p, DEAD] and peek8(parts[p, DEAD], rows[p]):
                rows[p] += np.uint64(1)
            if rows[p] < parts[p, SIZE] and (least < 0 or _before(parts[p], rows[p], parts[least], rows[least], width)):
                least = p
        if least < 0:
            return count
        if count < words.shape[0]:
            for k in range(width):
                words[count, k] = peek64(parts[least, WORDS], rows[least] * width + np.uint64(k))
            ids[count] = peek64(parts[least, IDS], rows[least])
        rows[least] += np.uint64(1)
        count += 1


@kernel
def lists(  # noqa: PLR0917 - compiled code takes no keywords
    words: NDArray[np.uint64],
    t: int,
    bits: int,
    starts: NDArray[np.uint32],
    rows: NDArray[np.uint32],
    marks: NDArray[np.uint16],
) -> None:
    """List sorted hashes (N, 4) by the leading `bits` of chunk `t`: where each value's list starts, and in that order rows and marks (N,).

    `rows` is left alone for chunk 0: its order is that of the hashes. A mark is what `kernels.signed` says.
    """
    here, there = t >> 2, ((t + 1) & (CHUNKS - 1)) >> 2
    shift, next_shift = np.uint64(48 - ((t & 3) << 4)), np.uint64(48 - (((t + 1) & 3) << 4))
    low, drop, kept = np.uint64(0xFFFF), np.uint64(CHUNKS - bits), np.uint64(bits)
    fill = np.zeros((1 << bits) + 1, np.uint32)
    for row in range(words.shape[0]):
        fill[(((words[row, here] >> shift) & low) >> drop) + np.uint64(1)] += np.uint32(1)
    for value in range(1 << bits):
        fill[value + 1] += fill[value]
    starts[:] = fill
    for row in range(words.shape[0]):
        own, following = (words[row, here] >> shift) & low, (words[row, there] >> next_shift) & low
        at = fill[own >> drop]
        fill[own >> drop] = at + np.uint32(1)
        marks[at] = np.uint16(signed(own, following, kept))
        if t:
            rows[at] = row


@kernel
def summed(address: np.uint64, blocks: int) -> np.uint64:
    """Give the checksum of that many blocks of 64 bytes: eight sums side by side, so that it runs as fast as memory gives.

    Each step multiplies by an odd number and turns, so a changed word changes its sum for good.
    """
    sums = np.arange(1, 9).astype(np.uint64)
    a, b, c, d, e, f, g, h = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]
    for block in range(blocks):
        at = np.uint64(block) * np.uint64(8)
        a = _stirred(a, peek64(address, at))
        b = _stirred(b, peek64(address, at + np.uint64(1)))
        c = _stirred(c, peek64(address, at + np.uint64(2)))
        d = _stirred(d, peek64(address, at + np.uint64(3)))
        e = _stirred(e, peek64(address, at + np.uint64(4)))
        f = _stirred(f, peek64(address, at + np.uint64(5)))
        g = _stirred(g, peek64(address, at + np.uint64(6)))
        h = _stirred(h, peek64(address, at + np.uint64(7)))
    total = np.uint64(blocks)
    for one in (a, b, c, d, e, f, g, h):
        total = _stirred(total, one)
    return total


@kernel
def _stirred(total: np.uint64, word: np.uint64) -> np.uint64:
    """Take one word into a sum."""
    mixed = (total ^ word) * _PRIME
    turned: np.uint64 = (mixed << np.uint64(31)) | (mixed >> np.uint64(33))
    return turned
