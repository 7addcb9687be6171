"""Hashes to measure matching with: random ones, and ones that lie as those of real pictures do."""

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint8]

_AT_ONCE = 100_000
_HIDDEN = 24
_LARGEST_CLUSTER = 2_000


def random(count: int, seed: int = 1) -> Hashes:
    """Give hashes whose bits know nothing of each other."""
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def clustered(count: int, seed: int = 1) -> Hashes:
    """Give hashes with 128 ones each and bits that hang together, two in five of them near-copies in clusters of up to 2,000."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(_HIDDEN, 256)).astype(np.float32)
    hashes = np.empty((count, 32), np.uint8)
    for begin in range(0, count, _AT_ONCE):
        many = min(_AT_ONCE, count - begin)
        seen = rng.normal(size=(many, _HIDDEN)).astype(np.float32) @ mixing
        seen += 6 * rng.normal(size=(many, 256)).astype(np.float32)
        hashes[begin : begin + many] = np.packbits(seen > np.median(seen, axis=1, keepdims=True), axis=1)
    copies = rng.permutation(count)[: 2 * count // 5]
    done = 0
    while done < len(copies):
        size = int(min(_LARGEST_CLUSTER, 1 + rng.pareto(1.1) * 2))
        rows = copies[done : done + size]
        hashes[rows] = hashes[rng.integers(count)]
        for _ in range(12):
            at = rng.integers(0, 256, len(rows))
            hashes[rows, at >> 3] ^= ((rng.random(len(rows)) < 0.5) << (at & 7)).astype(np.uint8)
        done += size
    return hashes


def asked(hashes: Hashes, strangers: Hashes) -> Hashes:
    """Give as many queries as there are strangers twice over: hashes with 0 to 32 bits changed, and the strangers, in turns."""
    rng = np.random.default_rng(3)
    queries = np.empty((2 * len(strangers), 32), np.uint8)
    for n, stranger in enumerate(strangers):
        bits = np.unpackbits(hashes[rng.integers(len(hashes))])
        bits[rng.choice(256, n % 33, replace=False)] ^= 1
        queries[2 * n], queries[2 * n + 1] = np.packbits(bits), stranger
    return queries


KINDS = {"random": random, "clustered": clustered}
