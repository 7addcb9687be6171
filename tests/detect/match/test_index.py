"""The index finds exactly what comparing with every hash finds."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forestall.detect.match.index import SCAN_BELOW, ExactIndex, HammingIndex

LISTS = Path(__file__).parents[3].parent / "shared" / "data" / "images" / "pdq" / "hash-lists"


def brute(hashes: NDArray[np.uint8], queries: NDArray[np.uint8], radius: int) -> list[tuple[int, int, int]]:
    """Give query, row and distance of all pairs within the radius, by comparing every pair."""
    found = []
    for number, query in enumerate(queries):
        apart = np.bitwise_count(hashes ^ query).sum(axis=1)
        found += [(number, int(row), int(apart[row])) for row in np.flatnonzero(apart <= radius)]
    return found


def searched(index: HammingIndex | ExactIndex, queries: NDArray[np.uint8], radius: int) -> list[tuple[int, int, int]]:
    """Give what the index finds, in the form of `brute`."""
    hits = index.search(queries, radius)
    return list(zip(hits.queries.tolist(), hits.rows.tolist(), hits.distances.tolist(), strict=True))


def changed(rng: np.random.Generator, value: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Give a hash with that many bits flipped."""
    flat = np.unpackbits(value)
    flat[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(flat)


def clustered(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """Give hashes as real ones lie: many near-copies and some equal ones, in clusters, among strangers."""
    hashes = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    for row in range(1, count, 3):
        hashes[row] = changed(rng, hashes[row - 1], int(rng.integers(0, 34)))
    return hashes


@pytest.mark.parametrize("count", [0, 1, 2, 4, 16, 1000, SCAN_BELOW - 1, SCAN_BELOW, SCAN_BELOW + 1, 20_000])
def test_index_equals_brute_force(count: int) -> None:
    """For banks of every size, queries at every distance from 0 to 40 get exactly the hashes within 31 bits."""
    rng = np.random.default_rng(count)
    hashes = clustered(rng, count)
    planted = [changed(rng, hashes[rng.integers(count)], bits) for bits in range(41)] if count else []
    queries = np.stack([*planted, *rng.integers(0, 256, (20, 32), dtype=np.uint8)])
    assert searched(HammingIndex(hashes), queries, 31) == brute(hashes, queries, 31)


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16, 64, 3, 5, 9, 17, 300, 8192])
def test_equal_hashes_are_all_found(count: int) -> None:
    """A bank of one hash, or of the same hash any number of times, gives every row, none lost and none twice."""
    value = np.random.default_rng(1).integers(0, 256, (1, 32), dtype=np.uint8)
    hits = HammingIndex(np.repeat(value, count, axis=0)).search(value)
    assert hits.rows.tolist() == list(range(count))
    assert hits.distances.tolist() == [0] * count


@pytest.mark.parametrize("value", [0, 255])
def test_extreme_hashes_are_found(value: int) -> None:
    """Hashes of only zeros or only ones are found like any other."""
    hashes = np.random.default_rng(3).integers(0, 256, (5000, 32), dtype=np.uint8)
    hashes[4321] = value
    query = np.full((1, 32), value, np.uint8)
    query[0, 5] ^= 0b10101
    assert searched(HammingIndex(hashes), query, 31) == [(0, 4321, 3)]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(flips=st.lists(st.integers(0, 255), max_size=36, unique=True), seed=st.integers(0, 3), radius=st.integers(0, 31))
def test_large_index_misses_no_pattern_of_changes(flips: list[int], seed: int, radius: int) -> None:
    """However the differing bits are spread over the hash, the filter lets a pair through if and only if it is near enough."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 256, (SCAN_BELOW, 32), dtype=np.uint8)
    bits = np.unpackbits(hashes[100])
    bits[flips] ^= 1
    query = np.packbits(bits)[None, :]
    assert searched(HammingIndex(hashes), query, radius) == brute(hashes, query, radius)


def test_worst_spread_is_found() -> None:
    """31 bits spread as thinly as possible, two to a chunk and one to the last, are found whichever chunk has the one."""
    rng = np.random.default_rng(5)
    hashes = rng.integers(0, 256, (SCAN_BELOW, 32), dtype=np.uint8)
    queries = []
    for short in range(16):
        bits = np.unpackbits(hashes[short])
        for chunk in range(16):
            bits[chunk * 16 : chunk * 16 + (1 if chunk == short else 2)] ^= 1
        queries.append(np.packbits(bits))
    assert searched(HammingIndex(hashes), np.stack(queries), 31) == [(n, n, 31) for n in range(16)]


@pytest.mark.parametrize("radius", [-1, 32])
def test_a_radius_it_cannot_answer_is_refused(radius: int) -> None:
    """A radius at which the filter could miss something is an error, not a smaller answer."""
    with pytest.raises(ValueError, match="not within"):
        HammingIndex(np.zeros((1, 32), np.uint8)).search(np.zeros((1, 32), np.uint8), radius)


@pytest.mark.parametrize("size", [16, 20, 32])
def test_exact_index_finds_equal_values_only(size: int) -> None:
    """Equal values are found, those that share only their first bytes are not."""
    rng = np.random.default_rng(size)
    values = rng.integers(0, 256, (500, size), dtype=np.uint8)
    values[10:20, :8] = values[10, :8]
    values[300] = values[15]
    queries = np.stack([values[15], values[10], values[499], rng.integers(0, 256, size, dtype=np.uint8)])
    assert searched(ExactIndex(values), queries, 0) == [(0, 15, 0), (0, 300, 0), (1, 10, 0), (2, 499, 0)]


@pytest.mark.shared
@pytest.mark.skipif(not LISTS.is_dir(), reason="the hash lists in ../shared/data/images/pdq are absent")
def test_published_needles_are_found() -> None:
    """Among the published real hashes there are 50, 150, 180 and 250 pairs within 0, 10, 20 and 31 bits."""
    haystack, needles = (
        np.array([list(bytes.fromhex(line)) for line in (LISTS / name).read_text("ascii").split()], np.uint8)
        for name in ("haystack.txt", "needles.txt")
    )
    large = np.concatenate([haystack] + [~haystack] * 3)
    for hashes in (haystack, large):
        index = HammingIndex(hashes)
        hits = index.search(needles, 31)
        assert [int((hits.distances <= radius).sum()) for radius in (0, 10, 20, 31)] == [50, 150, 180, 250]
        assert set(hits.queries.tolist()) == set(range(len(needles)))
