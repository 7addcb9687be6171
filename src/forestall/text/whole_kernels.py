"""The one loop over a post: everything that detectors ask of its text, in one call into compiled code."""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np

from forestall.text.fold_kernels import Bytes, Codes, Entries, Pages, fold_codes, squeeze_codes
from forestall.text.kernel import lean
from forestall.text.ngrams_kernels import Bits, Buckets, Weights, gather, merge, weigh
from forestall.text.sketch_kernels import plain_hashes, sample, squeezed_hashes
from forestall.text.terms_kernels import Hashes, Sieve, Table, find, split

FOLDED, SQUEEZED, FOUND, HASHED, NEEDED, FACTS = range(6)
"""What `facts` says: folded characters; squeezed ones, negative where any is marked; phrases found; hashed words; and how many
characters of room a text needs that did not fit. Behind the facts is scratch for the sketch."""
FITS, NARROW, CROWDED = range(3)
"""What the kernel gives: everything fit; there were too few characters of room; too few rows for the phrases found."""
FOLD, SQUEEZE, SPARE, SPLIT, ROWS = 0, 3, 6, 8, 11
"""Rows of the scratch where each step begins. Two that squeezing no longer needs are for what is masked; where words were split, they are
hashed in the end."""


@lean
def read(
    codes: Codes,
    page: Pages,
    entry: Entries,
    spread: Codes,
    leet: Bytes,
    table: Table,
    sieve: Sieve,
    phrases: Codes,
    held: Codes,
    masks: int,
    weights: Weights,
    scratch: Codes,
    hashes: Hashes,
    found: Codes,
    seen: Bits,
    buckets: Buckets,
    facts: Codes,
    sketch: Bytes,
) -> tuple[int, float]:
    """Fold a post, squeeze it, split it into words, look up phrases, weigh its n-grams, hash its words, sketch them.

    Phrases from number `masks` on are no terms but masked. Where there are no weights, nothing is weighed; the score is without scale
    and bias. `scratch` has `ROWS` rows, and one element more in each than `hashes`; `seen` has a bit for each bucket, none set. Gives
    whether everything fit, and the score; where something did not, the call is to be repeated with more room.
    """
    size = fold_codes(codes, page, entry, spread, scratch[FOLD:SQUEEZE])
    if size < 0:
        facts[NEEDED] = -size
        return NARROW, 0.0
    text = scratch[FOLD, :size]
    facts[FOLDED], facts[SQUEEZED] = size, squeeze_codes(text, page, entry, leet, scratch[SQUEEZE:SPLIT])
    words = scratch[SPLIT:ROWS]
    count = split(text, page, entry, words, hashes)
    facts[FOUND] = find(text, words, hashes, count, table, sieve, phrases, held, found)
    if facts[FOUND] > len(found):
        return CROWDED, 0.0
    score = 0.0
    if len(weights):
        ranges = scratch[SPARE:SPLIT].reshape((scratch.shape[1], 2))
        ranges = ranges[: merge(found, facts[FOUND], masks, ranges)]
        places = ranges[:0]
        score = weigh(buckets, gather(text, words, hashes, count, ranges, seen, buckets, places), weights)
    hashed = words.view(np.uint32)
    facts[HASHED] = plain_hashes(text, page, entry, leet, hashed)
    if facts[HASHED] < 0:
        view = scratch[SQUEEZE:SPLIT]
        facts[HASHED] = squeezed_hashes(text, view, abs(facts[SQUEEZED]), page, entry, hashed)
    if facts[HASHED] > 0:
        sample(hashed[0, : facts[HASHED]], facts[FACTS:].view(np.uint32), sketch)
    return FITS, score
