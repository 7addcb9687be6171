"""The index finds exactly what comparing with every entry finds."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.match.index import Index, join, open_index
from forestall.detect.match.index.table import LISTS_FROM
from tests.detect.match.index.brute import Brute, Keys, asked, changed, check, clustered, ids_of, triples

LISTS = Path(__file__).parents[4].parent / "shared" / "data" / "images" / "pdq" / "hash-lists"
SIZES = [0, 1, 2, 3, 4, 5, 8, 9, 16, 64, 1000, LISTS_FROM - 1, LISTS_FROM, LISTS_FROM + 1, 20_000, 70_000]


def both(folder: Path, keys: Keys, *, near: bool = True) -> list[tuple[str, Index]]:
    """Give indexes over the same keys: in memory, in files, compacted, and opened again."""
    made = []
    for name, place in (
        ("memory", None),
        ("files", folder / "a"),
        ("compacted", folder / "b"),
        ("again", folder / "c"),
    ):
        index = open_index(place, keys.shape[1], near=near)
        index.add(ids_of(1, len(keys)), keys, "here")
        if name in {"compacted", "again"}:
            index.compact()
        if name == "again":
            index.close()
            index = open_index(place, keys.shape[1], near=near)
        made.append((name, index))
    return made


@pytest.mark.parametrize("count", SIZES)
def test_index_equals_brute_force(count: int, tmp_path: Path) -> None:
    """For banks of every size, whether new, saved or loaded, queries at every distance get exactly the hashes within reach."""
    rng = np.random.default_rng(count)
    hashes = clustered(rng, count)
    brute, queries = Brute(), asked(rng, hashes)
    brute.add(ids_of(1, count), hashes)
    for name, index in both(tmp_path, hashes):
        check(index, brute, queries, *((0, 15, 31, 32) if name == "memory" else (31,)))
        index.close()


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16, 64, 3, 5, 9, 17, 300, 8192])
def test_equal_hashes_are_all_found(count: int, tmp_path: Path) -> None:
    """A bank of one hash, or of the same hash any number of times, gives every id, none lost and none twice, also once loaded."""
    value = np.random.default_rng(1).integers(0, 256, (1, 32), dtype=np.uint8)
    for _, index in both(tmp_path, np.repeat(value, count, axis=0)):
        for radius in (0, 9, 31, 40):
            hits = index.search(value, radius)
            assert hits.ids.tolist() == list(range(1, count + 1))
            assert hits.distances.tolist() == [0] * count
            assert triples(index.join(value, radius)) == triples(hits)
        index.close()


@pytest.mark.parametrize("value", [0, 255])
def test_extreme_hashes_are_found(value: int) -> None:
    """Hashes of only zeros or only ones are found like any other."""
    hashes = np.random.default_rng(3).integers(0, 256, (5000, 32), dtype=np.uint8)
    hashes[4321] = value
    index = open_index(None, 32, near=True)
    index.add(ids_of(0, 5000), hashes)
    query = np.full((1, 32), value, np.uint8)
    query[0, 5] ^= 0b10101
    assert triples(index.search(query, 31)) == [(0, 4321, 3)]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(flips=st.lists(st.integers(0, 255), max_size=36, unique=True), seed=st.integers(0, 3), radius=st.integers(0, 64))
def test_large_index_misses_no_pattern_of_changes(flips: list[int], seed: int, radius: int) -> None:
    """However the differing bits are spread over the hash, it is found if and only if it is near enough."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 256, (LISTS_FROM + 5, 32), dtype=np.uint8)
    index = open_index(None, 32, near=True)
    index.add(ids_of(0, len(hashes)), hashes)
    bits = np.unpackbits(hashes[100])
    bits[flips] ^= 1
    hits = index.search(np.packbits(bits)[None, :], radius)
    assert triples(hits) == ([(0, 100, len(flips))] if len(flips) <= radius else [])


def test_worst_spread_is_found() -> None:
    """31 bits spread as thinly as possible, two to a chunk and one to the last, are found whichever chunk has the one; 15 likewise."""
    rng = np.random.default_rng(5)
    hashes = rng.integers(0, 256, (LISTS_FROM + 1, 32), dtype=np.uint8)
    index = open_index(None, 32, near=True)
    index.add(ids_of(0, len(hashes)), hashes)
    for each, total in ((2, 31), (1, 15)):
        queries = []
        for short in range(16):
            bits = np.unpackbits(hashes[short])
            for chunk in range(16):
                bits[chunk * 16 : chunk * 16 + (each - 1 if chunk == short else each)] ^= 1
            queries.append(np.packbits(bits))
        assert triples(index.search(np.stack(queries), total)) == [(n, n, total) for n in range(16)]


@pytest.mark.parametrize(("radius", "near"), [(-1, True), (257, True), (1, False)])
def test_a_radius_it_cannot_answer_is_refused(radius: int, *, near: bool) -> None:
    """A radius that means nothing is an error, not a smaller answer."""
    with pytest.raises(ValueError, match="not within"):
        open_index(None, 32, near=near).search(np.zeros((1, 32), np.uint8), radius)


@pytest.mark.parametrize("radius", [64, 128, 255, 256])
def test_any_radius_is_answered(radius: int) -> None:
    """Beyond 31 bits the answer is as exact, up to everything."""
    rng = np.random.default_rng(radius)
    hashes, brute, index = clustered(rng, 5000), Brute(), open_index(None, 32, near=True)
    index.add(ids_of(0, 5000), hashes)
    brute.add(ids_of(0, 5000), hashes)
    check(index, brute, asked(rng, hashes)[:3], radius)


@pytest.mark.parametrize("size", [1, 3, 8, 16, 20, 32, 40])
@pytest.mark.parametrize("count", [1, 300, 5_000])
def test_keys_of_any_size_are_found_where_equal(size: int, count: int, tmp_path: Path) -> None:
    """Equal keys are found, those that share only their first bytes are not, whatever their size."""
    rng = np.random.default_rng(size)
    keys = rng.integers(0, 256, (count, size), dtype=np.uint8)
    keys[10:200, : max(1, size - 1)] = keys[0, : max(1, size - 1)]
    keys[count // 2] = keys[0]
    queries = np.concatenate([keys[:150], rng.integers(0, 256, (50, size), dtype=np.uint8)])
    brute = Brute()
    brute.add(ids_of(1, count), keys)
    for _, index in both(tmp_path, keys, near=False):
        check(index, brute, queries, 0)
        index.close()


@pytest.mark.parametrize("radius", [1, 15, 16, 31])
def test_large_batches_meet_exactly(radius: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch large enough to be listed itself finds what its keys find one by one, in tables, the newest entries and the dead."""
    monkeypatch.setattr(join, "_AT_ONCE", 1500)
    rng = np.random.default_rng(radius)
    hashes, index = clustered(rng, 30_000), open_index(None, 32, near=True)
    index.add(ids_of(0, 20_000), hashes[:20_000])
    index.compact()
    index.add(ids_of(20_000, 8_000), hashes[20_000:28_000])
    index.add(ids_of(28_000, 2_000), hashes[28_000:])
    index.remove(ids_of(100, 50), hashes[100:150])
    picked = hashes[rng.integers(0, 30_000, 4_000)]
    queries = np.stack([changed(rng, key, int(rng.integers(0, 40))) for key in picked])
    assert len(queries) > join.MEET_FROM
    alone = index.search(queries, radius)
    assert triples(index.join(queries, radius)) == triples(alone)
    assert len(alone) > 4 * radius


@pytest.mark.shared
@pytest.mark.skipif(not LISTS.is_dir(), reason="the hash lists in ../shared/data/images/pdq are absent")
def test_published_needles_are_found(tmp_path: Path) -> None:
    """Among the published real hashes there are 50, 150, 180, 250, 346 and 352 pairs within 0, 10, 20, 31, 52 and 64 bits."""
    haystack, needles = (
        np.array([list(bytes.fromhex(line)) for line in (LISTS / name).read_text("ascii").split()], np.uint8)
        for name in ("haystack.txt", "needles.txt")
    )
    wanted = {0: 50, 10: 150, 20: 180, 31: 250, 52: 346, 64: 352}
    # The same with the complements beside them, which are far from all and make the bank large enough for lists.
    for keys in (haystack, np.concatenate([haystack, *[~haystack] * 3])):
        for _, index in both(tmp_path / str(len(keys)), keys):
            assert {radius: len(index.search(needles, radius)) for radius in wanted} == wanted
            assert set(index.search(needles, 31).queries.tolist()) == set(range(len(needles)))
            index.close()
