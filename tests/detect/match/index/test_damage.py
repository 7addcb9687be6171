"""Files that are cut off, changed, exchanged or missing never give a wrong answer."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.match.index import Index, keeping, open_index, table
from forestall.model.errors import StoreFailed
from tests.detect.match.index.brute import Brute, Keys, check, clustered, ids_of

BATCHES = 8
EACH = 25


@pytest.fixture(autouse=True, scope="module")
def _little() -> Iterator[None]:
    """Let small tables have lists by chunk, and stay when others are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "LISTS_FROM", 12)
        patch.setattr(keeping, "GROW", 1)
        yield


@pytest.fixture(scope="module")
def whole(_little: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of an index that is to be copied and damaged."""
    folder = tmp_path_factory.mktemp("damage") / "whole"
    made(folder)
    return folder


def keys() -> Keys:
    """Give the keys of all batches."""
    return clustered(np.random.default_rng(4), BATCHES * EACH)


def step(index: Index | Brute, number: int) -> None:
    """Do the batch of that number: add its keys, remove some of the batch before."""
    begin, all_keys = number * EACH, keys()
    place = {"position": str(number)} if isinstance(index, Index) else {}
    if begin:
        index.remove(ids_of(begin - EACH, 5), all_keys[begin - EACH : begin - EACH + 5])
    index.add(ids_of(begin, EACH), all_keys[begin : begin + EACH], **place)


def made(folder: Path) -> None:
    """Make an index with two tables, dead rows in one of them, and a log with something in it."""
    index = open_index(folder, 32, near=True)
    for number in range(5):
        step(index, number)
        if number == 3:
            index.compact()
    index.remove(ids_of(60, 4), keys()[60:64])
    assert isinstance(index, keeping.Keeping)
    index._compact(full=False)
    for number in range(5, BATCHES):
        step(index, number)
    index.close()


def right(index: Index) -> str:
    """Check that an index holds exactly what belongs to its position, and give the position."""
    brute = Brute()
    if index.position:
        for number in range(int(index.position) + 1):
            step(brute, number)
            if number == 4:
                brute.remove(ids_of(60, 4), keys()[60:64])
    if index.position and len(index) != len(brute.entries):
        # The removals that came before the last position stand in records of their own, without one.
        number = int(index.position) + 1
        brute.remove(ids_of((number - 1) * EACH, 5), keys()[(number - 1) * EACH :][:5])
    check(index, brute, keys()[::9], 0, 31)
    return index.position


FILES = ("contents", "table", "dead", "log")


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    which=st.integers(0, 7),
    how=st.sampled_from(["flip", "cut", "zero", "longer", "exchange", "delete"]),
    at=st.floats(0, 1, exclude_max=True),
)
def test_damage_never_gives_a_wrong_answer(whole: Path, which: int, how: str, at: float) -> None:
    """Whatever happens to one file, the index is whole, or it is empty and says so; and it is filled again from there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "index"
        shutil.copytree(whole, folder)
        files = sorted(path for path in folder.iterdir() if path.stat().st_size)
        assert len({path.suffix for path in files}) == len(FILES)
        damage(files[which % len(files)], files[(which + 1) % len(files)], how, at)
        index, other = open_index(folder, 32, near=True), open_index(folder, 32, near=True)
        position = right(index)
        assert right(other) == position
        assert position in {"", str(BATCHES - 1)}
        for number in range(int(position or -1) + 1, BATCHES):
            step(other, number)
        index.refresh()
        assert index.position == other.position == str(BATCHES - 1)
        assert len(index) == len(other)
        index.close()
        other.close()
        again = open_index(folder, 32, near=True)
        assert (again.position, len(again)) == (other.position, len(other))
        again.close()


@pytest.mark.parametrize("kind", ["table", "dead", "contents", "log"])
def test_every_changed_byte_is_noticed(kind: str, whole: Path, tmp_path: Path) -> None:
    """A changed byte in a table, its dead rows, the page or the log discards the index; only the rest of a table's first page is free."""
    path = next(path for path in sorted(whole.iterdir()) if path.name.endswith(kind))
    data, seen = path.read_bytes(), 0
    begin = 4096 if kind == "table" else 0
    for place in [*range(min(40, len(data))), *range(begin, len(data), max(1, (len(data) - begin) // 150))]:
        folder = tmp_path / str(place)
        shutil.copytree(whole, folder)
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 7)
        (folder / path.name).unlink()
        (folder / path.name).write_bytes(changed)
        index = open_index(folder, 32, near=True)
        assert (index.position, len(index)) == ("", 0), place
        index.close()
        shutil.rmtree(folder)
        seen += 1
    assert seen >= 20


def damage(path: Path, other: Path, how: str, at: float) -> None:
    """Damage a file at some place."""
    data = bytearray(path.read_bytes())
    place = int(at * len(data))
    if how == "flip":
        data[place] ^= 1 << (place % 8)
    elif how == "cut":
        del data[place:]
    elif how == "zero":
        data[place : place + 64] = bytes(len(data[place : place + 64]))
    elif how == "longer":
        data += bytes(1 + place)
    elif how == "exchange":
        data = bytearray(other.read_bytes())
    path.unlink()
    if how != "delete":
        path.write_bytes(data)


def test_a_record_that_was_cut_off_is_forgotten(whole: Path, tmp_path: Path) -> None:
    """Bytes of a record that was never acknowledged are passed over, and what is added later does not stand behind them."""
    folder = tmp_path / "index"
    shutil.copytree(whole, folder)
    path = max(folder.glob("*.log"), key=lambda path: int(path.stem))
    data = path.read_bytes()
    path.write_bytes(data + data[-200:-50])
    index, other = open_index(folder, 32, near=True), open_index(folder, 32, near=True)
    assert right(index) == str(BATCHES - 1)
    held = len(index)
    index.add(ids_of(900, 3), keys()[:3], "x")
    other.refresh()
    again = open_index(folder, 32, near=True)
    for one in (index, other, again):
        assert (one.position, len(one)) == ("x", held + 3)
        one.close()


def test_a_log_damaged_under_an_open_index_begins_anew(whole: Path, tmp_path: Path) -> None:
    """Where acknowledged records that a process has not read yet are damaged, its next add discards the index, not just them."""
    folder = tmp_path / "index"
    shutil.copytree(whole, folder)
    index, other = open_index(folder, 32, near=True), open_index(folder, 32, near=True)
    other.add(ids_of(900, 3), keys()[:3], "x")
    path = max(folder.glob("*.log"), key=lambda path: int(path.stem))
    with path.open("r+b") as file:
        file.seek(-20, 2)
        file.write(b"damage")
    index.add(ids_of(800, 2), keys()[:2])
    assert (index.position, len(index)) == ("", 2)
    other.refresh()
    assert (other.position, len(other)) == ("", 2)
    for one in (index, other):
        one.close()


def test_a_folder_of_another_kind_is_begun_anew(tmp_path: Path) -> None:
    """Files of an index with other keys, or without nearness, are discarded, not misread."""
    made(tmp_path)
    for size, near in ((32, False), (20, False), (32, True)):
        index = open_index(tmp_path, size, near=near)
        assert (len(index), index.position) == (0, "")
        index.add(ids_of(0, 3), np.zeros((3, size), np.uint8), "x")
        index.close()


def test_deleting_the_folder_of_an_open_index_empties_it(tmp_path: Path) -> None:
    """The files may be deleted at any time: an open index then is empty, without a position, and is filled again."""
    folder = tmp_path / "index"
    made(folder)
    index, other = open_index(folder, 32, near=True), open_index(folder, 32, near=True)
    shutil.rmtree(folder)
    assert index.refresh()
    assert (len(index), index.position) == (0, "")
    for number in range(BATCHES):
        step(other, number)
    index.refresh()
    other.compact()
    index.refresh()
    assert index.position == str(BATCHES - 1)
    assert len(index) == len(other) > 0
    for one in (index, other):
        one.close()


def test_a_folder_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    """Where the folder cannot be made, the error names it."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreFailed, match="file"):
        open_index(tmp_path / "file", 32, near=True)


def test_a_full_disk_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full halfway through an add, nothing of it is held, then or later, and the next one works."""
    import os

    index = open_index(tmp_path, 32, near=True)
    step(index, 0)
    real = os.pwrite

    def full(handle: int, data: bytes, place: int) -> int:
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return real(handle, data[: len(data) - 60], place)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StoreFailed, match="No space left"):
        index.add(ids_of(500, 5), keys()[:5], "9")
    monkeypatch.undo()
    assert right(index) == "0"
    step(index, 1)
    index.close()
    again = open_index(tmp_path, 32, near=True)
    assert len(again) == 2 * EACH - 5
    again.close()


@pytest.mark.parametrize(("size", "near"), [(0, False), (-1, False), (16, True)])
def test_impossible_indexes_are_refused(size: int, *, near: bool) -> None:
    """Keys of no bytes, or hashes of another length than 256 bits, are refused at once."""
    with pytest.raises(ValueError, match="not possible"):
        open_index(None, size, near=near)
