"""The loops of `benchmarks/text.py`: many posts in one call into compiled code, up to a step of reading."""
# ruff: noqa: PLR0917 - kernels take arrays one by one

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold_kernels import fold_codes, squeeze_codes
from forestall.text.kernel import lean
from forestall.text.ngrams import BUCKETS
from forestall.text.ngrams_kernels import gather, merge, weigh
from forestall.text.sketch import BYTES
from forestall.text.sketch_kernels import plain_hashes, sample, squeezed_hashes
from forestall.text.tables import tables
from forestall.text.terms import built
from forestall.text.terms_kernels import find, split
from forestall.text.whole import Reader
from forestall.text.whole_kernels import FACTS, ROWS, SPARE, SPLIT, SQUEEZE, read

FOLD_ONLY, TERMS, NGRAMS, SKETCH, WHOLE = range(1, 6)
"""Steps of reading, each with those before it; the last is what `Reader` calls."""


def arrays(reader: Reader, room: int) -> tuple[Any, ...]:
    """Give what the loop needs to read posts of up to `room` folded characters as a reader does."""
    table, linear = tables(), reader.linear
    names = reader.terms.phrases if reader.terms is not None else ()
    masked = linear.mask.terms.phrases if linear is not None and linear.mask is not None else ()
    return (
        *(table.page, table.entry, table.spread, table.leet, *built((*names, *masked)), len(names)),
        linear.weights if linear is not None else np.empty(0, np.float32),
        *(np.empty((ROWS, room + 1), np.int32), np.empty((2, room), np.uint64), np.empty((room, 3), np.int32)),
        *(np.zeros(BUCKETS // 64, np.uint64), np.empty(BUCKETS + 1, np.uint32)),
        *(np.empty(FACTS + BYTES, np.int32), np.empty(BYTES, np.uint8)),
    )


@lean
def run(
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    step: int,
    page: Any,
    entry: Any,
    spread: Any,
    leet: Any,
    table: Any,
    sieve: Any,
    phrases: Any,
    held: Any,
    masks: int,
    weights: Any,
    scratch: Any,
    hashes: Any,
    found: Any,
    seen: Any,
    buckets: Any,
    facts: Any,
    sketch: Any,
) -> float:
    """Read every post up to a step; give the sum of the scores, so that nothing is left out as unused."""
    total = 0.0
    for n in range(len(ends) - 1):
        post = codes[ends[n] : ends[n + 1]]
        if step == WHOLE:
            total += read(
                post, page, entry, spread, leet, table, sieve, phrases, held, masks, weights, scratch, hashes, found,
                seen, buckets, facts, sketch,
            )[1]  # fmt: skip
            continue
        text = scratch[0, : fold_codes(post, page, entry, spread, scratch[:SQUEEZE])]
        total += len(text)
        if step >= TERMS:
            words = scratch[SPLIT:ROWS]
            count = split(text, page, entry, words, hashes)
            number = find(text, words, hashes, count, table, sieve, phrases, held, found)
            total += number
            if step >= NGRAMS:
                ranges = scratch[SPARE:SPLIT].reshape((scratch.shape[1], 2))
                ranges = ranges[: merge(found, number, masks, ranges)]
                many = gather(text, words, hashes, count, ranges, seen, buckets, ranges[:0])
                total += weigh(buckets, many, weights)
        if step >= SKETCH:
            hashed = scratch[SPLIT:ROWS].view(np.uint32)
            count = plain_hashes(text, page, entry, leet, hashed)
            if count < 0:
                view = scratch[SQUEEZE:SPLIT]
                length = squeeze_codes(text, page, entry, leet, view)
                count = squeezed_hashes(text, view, abs(length), page, entry, hashed)
            if count > 0:
                sample(hashed[0, :count], facts[FACTS:].view(np.uint32), sketch)
                total += sketch[0]
    return total
