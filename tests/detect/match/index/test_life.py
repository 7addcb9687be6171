"""Whatever is added, removed and compacted in whatever order, by whichever process: the index equals a plain set."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forestall.detect.match.index import Index, holding, keeping, open_index, table
from tests.detect.match.index.brute import Brute, Keys, changed, check, clustered, ids_of, triples

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "remove", "remove", "compact", "again", "refresh"]),
        st.integers(0, 1),
        st.lists(st.integers(0, 239), max_size=30),
    ),
    max_size=25,
)
"""What is done, by which of two that share the files, with which of the entries that there are."""


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few entries do what otherwise takes thousands: fill the tail, be listed by chunk, be compacted."""
    monkeypatch.setattr(holding, "TAIL", 8)
    monkeypatch.setattr(table, "LISTS_FROM", 12)
    monkeypatch.setattr(keeping, "COMPACT_FROM", 24)


Entries = tuple[NDArray[np.uint64], Keys]


def entries(size: int) -> Entries:
    """Give 240 entries: 60 keys, near each other and some equal, each under four ids, ids up to the largest."""
    rng = np.random.default_rng(size)
    keys = clustered(rng, 60) if size == 32 else rng.integers(0, 3, (60, size), dtype=np.uint8)
    ids = np.tile(ids_of(0, 60), 4) % np.uint64(40) + np.repeat(np.array([0, 7, 7, 2**64 - 41], np.uint64), 60)
    return ids, np.tile(keys, (4, 1))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(steps=STEPS, near=st.booleans())
def test_two_that_share_files_hold_the_same(steps: list[tuple[str, int, list[int]]], *, near: bool) -> None:
    """Two handles on one folder, either of which adds, removes, compacts and is opened again, always equal one plain set."""
    size, brute = (32 if near else 5), Brute()
    ids, keys = entries(size)
    with tempfile.TemporaryDirectory() as name:
        shared = [open_index(Path(name), size, near=near) for _ in range(2)]
        alone = open_index(None, size, near=near)
        for number, (what, who, rows) in enumerate(steps):
            shared[who] = _done(what, shared[who], (ids[rows], keys[rows]), str(number), Path(name))
            _done(what, alone, (ids[rows], keys[rows]), str(number), None)
            if what in {"add", "remove"}:
                getattr(brute, what)(ids[rows], keys[rows])
            shared[1 - who].refresh()
            for index in (*shared, alone):
                check(index, brute, keys[:6], *((0, 12, 31) if near else (0,)))
            assert shared[0].position == shared[1].position == alone.position
        for index in (*shared, alone):
            index.close()


def _done(what: str, index: Index, rows: Entries, position: str, folder: Path | None) -> Index:
    """Do one step, and give the index to go on with."""
    ids, keys = rows
    if what in {"add", "remove"}:
        getattr(index, what)(ids, keys, position)
    elif what == "compact":
        index.compact()
    elif what == "refresh":
        index.refresh()
    elif folder is not None:
        index.close()
        index = open_index(folder, keys.shape[1], near=keys.shape[1] == 32)
    return index


def test_position_is_the_last_one_named(tmp_path: Path) -> None:
    """A position is kept with what it came with, also where nothing else changed; an empty one leaves the last."""
    ids, keys = entries(32)
    index = open_index(tmp_path, 32, near=True)
    assert index.position == ""
    for position, wanted in (("a", "a"), ("", "a"), ("b", "b"), ("b", "b"), ("c", "c")):
        index.add(ids[:5], keys[:5], position)
        assert index.position == wanted
    index.remove(ids[:0], keys[:0], "d")
    index.compact()
    index.close()
    again = open_index(tmp_path, 32, near=True)
    assert (again.position, len(again)) == ("d", len(set(zip(ids[:5].tolist(), map(bytes, keys[:5]), strict=True))))
    again.close()


def test_adding_what_is_held_writes_nothing(tmp_path: Path) -> None:
    """Entries already held, and removals of entries that are not, leave the files as they are."""
    ids, keys = entries(32)
    index = open_index(tmp_path, 32, near=True)
    index.add(ids[:10], keys[:10], "a")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    index.add(ids[:10], keys[:10])
    index.add(ids[:10], keys[:10], "a")
    index.remove(ids[200:], keys[200:], "a")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    index.close()


def test_compacting_leaves_one_table_and_an_empty_log(tmp_path: Path) -> None:
    """After compacting, one file holds the living entries and nothing of the removed ones; nothing else is left over."""
    ids, keys = entries(32)
    index = open_index(tmp_path, 32, near=True)
    for begin in range(0, 240, 20):
        index.add(ids[begin : begin + 20], keys[begin : begin + 20])
    index.remove(ids[:100], keys[:100])
    index.compact()
    kinds = sorted(path.suffix for path in tmp_path.iterdir())
    assert kinds == ["", "", ".lock", ".log", ".table"]
    held = len(index)
    index.compact()
    index.remove(ids, keys)
    index.compact()
    assert (held > 0, len(index)) == (True, 0)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", "", ".lock", ".log"]
    index.close()


def test_searches_go_on_while_others_add(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that searches throughout sees each entry from when its add returned, never twice, while tables come and go."""
    import threading

    monkeypatch.setattr(keeping, "COMPACT_FROM", 300)
    rng = np.random.default_rng(8)
    keys = clustered(rng, 1_200)
    first = np.repeat(keys[:1], 5, axis=0)
    index = open_index(None, 32, near=True)
    index.add(ids_of(10_000, 5), first)
    stop, wrong = threading.Event(), []

    def search() -> None:
        while not stop.is_set():
            found = [hit[1] for hit in triples(index.search(first[:1], 0))]
            if found != list(range(10_000, 10_005)):
                wrong.append(found)

    searcher = threading.Thread(target=search)
    searcher.start()
    for begin in range(1, 1_200, 10):
        index.add(ids_of(begin, 10)[: len(keys[begin : begin + 10])], keys[begin : begin + 10])
        assert begin in index.search(keys[begin : begin + 1], 0).ids
        index.remove(ids_of(begin, 3), keys[begin : begin + 3])
        assert begin not in index.search(keys[begin : begin + 1], 0).ids
    stop.set()
    searcher.join()
    index.close()
    assert wrong == []


def test_a_changed_key_is_another_entry() -> None:
    """One id may have many keys: each is found, and removed, by itself."""
    rng = np.random.default_rng(2)
    key = rng.integers(0, 256, (1, 32), dtype=np.uint8)
    near = changed(rng, key[0], 5)[None, :]
    index = open_index(None, 32, near=True)
    index.add(np.array([7, 7], np.uint64), np.concatenate([key, near]))
    assert triples(index.search(key, 31)) == [(0, 7, 0), (0, 7, 5)]
    index.remove(np.array([7], np.uint64), key)
    assert triples(index.search(key, 31)) == [(0, 7, 5)]
