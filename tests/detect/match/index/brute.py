"""What an index must equal: comparing with everything."""

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import Hits, Index

Keys = NDArray[np.uint8]
Triples = list[tuple[int, int, int]]


class Brute:
    """Entries in a plain set."""

    def __init__(self) -> None:
        self.entries: set[tuple[int, bytes]] = set()

    def add(self, ids: NDArray[np.uint64], keys: Keys) -> None:
        """Take entries in."""
        self.entries |= {(int(number), key.tobytes()) for number, key in zip(ids, keys, strict=True)}

    def remove(self, ids: NDArray[np.uint64], keys: Keys) -> None:
        """Let entries go."""
        self.entries -= {(int(number), key.tobytes()) for number, key in zip(ids, keys, strict=True)}

    def search(self, queries: Keys, radius: int) -> Triples:
        """Give query, id and distance of all pairs within the radius, by query, distance, id."""
        entries = list(self.entries)
        keys = np.frombuffer(b"".join(key for _, key in entries), np.uint8).reshape(len(entries), queries.shape[1])
        found = []
        for number, query in enumerate(queries):
            if entries:
                apart = np.bitwise_count(keys ^ query).sum(axis=1)
                found += [(number, int(apart[row]), entries[row][0]) for row in np.flatnonzero(apart <= radius)]
        return [(query, found_id, distance) for query, distance, found_id in sorted(found)]


def triples(hits: Hits) -> Triples:
    """Give hits as query, id, distance."""
    return list(zip(hits.queries.tolist(), hits.ids.tolist(), hits.distances.tolist(), strict=True))


def check(index: Index, brute: Brute, queries: Keys, *radii: int) -> None:
    """Check that an index holds and finds, alone and in a batch, what brute force does, in the same order."""
    assert len(index) == len(brute.entries)
    for radius in radii:
        wanted = brute.search(queries, radius)
        assert triples(index.search(queries, radius)) == wanted
        assert triples(index.join(queries, radius)) == wanted
        alone = [triples(index.search(query[None, :], radius)) for query in queries[:3]]
        assert [[hit[1:] for hit in hits] for hits in alone] == [
            [hit[1:] for hit in wanted if hit[0] == number] for number in range(len(alone))
        ]


def changed(rng: np.random.Generator, value: Keys, bits: int) -> Keys:
    """Give a key with that many bits flipped."""
    flat = np.unpackbits(value)
    flat[rng.choice(len(flat), bits, replace=False)] ^= 1
    return np.packbits(flat)


def clustered(rng: np.random.Generator, count: int) -> Keys:
    """Give hashes as real ones lie: many near-copies and some equal ones, in clusters, among strangers."""
    hashes = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    for row in range(1, count, 3):
        hashes[row] = changed(rng, hashes[row - 1], int(rng.integers(0, 34)))
    return hashes


def asked(rng: np.random.Generator, hashes: Keys) -> Keys:
    """Give queries at every distance from 0 to 40 from some of the hashes, and strangers."""
    planted = [changed(rng, hashes[rng.integers(len(hashes))], bits) for bits in range(41)] if len(hashes) else []
    return np.stack([*planted, *rng.integers(0, 256, (5, 32), dtype=np.uint8)])


def ids_of(begin: int, count: int) -> NDArray[np.uint64]:
    """Give ascending ids."""
    return np.arange(begin, begin + count, dtype=np.uint64)
