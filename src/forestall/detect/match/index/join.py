"""Meeting a batch of keys with an index, on all processors.

Many hashes and many entries meet chunk by chunk: both sides are listed by the same chunk, so one walk through the two lists
finds all pairs that agree in it but for a bit, and reads memory in order. Few are asked one by one, shared out among threads.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import building, joining, kernels
from forestall.detect.match.index.hits import NONE, Hits, ordered
from forestall.detect.match.index.holding import View
from forestall.detect.match.index.table import words_of

MEET_FROM = 2_000
"""So many hashes at once are worth listing; below, each walks the lists by itself."""

_AT_ONCE = 1 << 18
"""Hashes that are listed together: more would need more memory and gain little."""

_SHARE = 256
_ROOM = 4_096

Found = NDArray[np.int64]
Work = Callable[[Found], int]


def joined(view: View, asked: NDArray[np.uint8], radius: int, width: int) -> Hits:
    """Give every entry within `radius` of each key (M, size)."""
    listed = (view.parts[:, kernels.BESIDE] != 0) & (0 < radius < 2 * kernels.CHUNKS) & (len(asked) >= MEET_FROM)
    works = _walks(view.parts[~listed], asked, radius, width) if not listed.all() else iter(())
    with ThreadPoolExecutor(_processors(), "index-join") as pool:
        found = list(pool.map(_complete, works))
        for begin in range(0, len(asked) if listed.any() else 0, _AT_ONCE):
            found += _meetings(pool, view.parts[listed], asked[begin : begin + _AT_ONCE], begin, radius)
    together = np.concatenate(found, axis=1) if found else np.zeros((3, 0), np.int64)
    return ordered(together) if together.shape[1] else NONE


def _processors() -> int:
    """Count the processors this process may use."""
    return len(os.sched_getaffinity(0))


def _walks(parts: NDArray[np.uint64], asked: NDArray[np.uint8], radius: int, width: int) -> Iterator[Work]:
    """Give the work of asking one by one, in shares."""

    def walk(begin: int) -> Work:
        share = asked[begin : begin + _SHARE]

        def work(out: Found) -> int:
            count = kernels.near(parts, share, radius, out) if radius else kernels.equal(parts, share, width, out)
            out[0, :count] += begin
            return count

        return work

    for begin in range(0, len(asked), _SHARE):
        yield walk(begin)


def _meetings(
    pool: ThreadPoolExecutor, parts: NDArray[np.uint64], asked: NDArray[np.uint8], begin: int, radius: int
) -> list[Found]:
    """Meet a batch with parts that have lists, each chunk by itself."""
    words = words_of(asked)
    order = np.argsort(words[:, 0])
    words = words[order]
    count = len(words)

    def meet(t: int) -> list[Found]:
        return [
            _complete(partial(joining.meet, part, t, words, listed(t, int(part[kernels.BITS])), radius))
            for part in parts
        ]

    def listed(t: int, bits: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint16]]:
        starts, rows = np.empty((1 << bits) + 1, np.uint32), np.arange(count, dtype=np.uint32)
        marks = np.empty(count, np.uint16)
        building.lists(words, t, bits, starts, rows, marks)
        return starts, rows, marks

    found = [one for several in pool.map(meet, range(kernels.CHUNKS)) for one in several]
    for one in found:
        one[0] = order[one[0]] + begin
    return found


def _complete(work: Work) -> Found:
    """Do a work again with more room until all it finds fits; gives (3, N)."""
    room = _ROOM
    while True:
        out = np.empty((3, room), np.int64)
        count = work(out)
        if count <= room:
            return out[:, :count]
        room = count
