"""Media on disk: whole or not at all, private, checked when read."""

import os
import stat
import threading
from pathlib import Path

import pytest

from forestall.model.errors import NotFound, StoreFailed
from forestall.model.ids import sha256_hex
from forestall.store.blobs import FileBlobs
from tests.store.samples import run

DATA = b"picture"
NAME = sha256_hex(DATA)


def files(folder: Path) -> list[Path]:
    """Give all files in a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def where(folder: Path) -> Path:
    """Give where the sample lies."""
    return folder / NAME[:2] / NAME[2:4] / NAME


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """Files and folders of media are open to their owner only, whatever the process's mask."""
    before = os.umask(0)
    try:
        FileBlobs(tmp_path / "media").put(DATA)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path)}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "media").rglob("*") if path.is_dir()} == {0o700}
    assert stat.S_IMODE((tmp_path / "media").stat().st_mode) == 0o700


def test_each_lies_under_its_name_and_nothing_is_left_aside(tmp_path: Path) -> None:
    """A file lies in two levels of folders under its name, and no other file remains of writing it."""
    blobs = FileBlobs(tmp_path)
    blobs.put(DATA)
    blobs.put(DATA)
    assert files(tmp_path) == [where(tmp_path)]


def test_reopening_finds_it(tmp_path: Path) -> None:
    """What was kept is there after opening the folder again."""
    FileBlobs(tmp_path).put(DATA)
    assert FileBlobs(tmp_path).get(NAME) == DATA


@pytest.mark.parametrize("damage", [b"", b"pictur", b"picturE", b"picture and more"])
def test_damage_is_named(tmp_path: Path, damage: bytes) -> None:
    """A file that is not what was kept is never given: reading it fails and names it; keeping the bytes again heals it."""
    blobs = FileBlobs(tmp_path)
    blobs.put(DATA)
    where(tmp_path).write_bytes(damage)
    with pytest.raises(StoreFailed, match=NAME) as caught:
        blobs.get(NAME)
    assert "damaged" in caught.value.what
    blobs.put(DATA)
    assert blobs.get(NAME) == DATA


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A symbolic link planted in the folder leads nowhere, though it points at the right bytes."""
    blobs = FileBlobs(tmp_path / "media")
    blobs.put(DATA)
    where(tmp_path / "media").rename(tmp_path / "elsewhere")
    where(tmp_path / "media").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailed, match=NAME):
        blobs.get(NAME)


def test_leftovers_of_a_crash_are_cleared(tmp_path: Path) -> None:
    """What a crash left aside is cleared a day later, and not while another process may still be writing it."""
    blobs = FileBlobs(tmp_path)
    old, new = tmp_path / "aside" / "old", tmp_path / "aside" / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    blobs = FileBlobs(tmp_path)
    assert files(tmp_path) == [new]
    with pytest.raises(NotFound):
        blobs.get("aside")


def test_many_threads_may_keep_the_same(tmp_path: Path) -> None:
    """The same bytes kept by many threads at once are there once, whole."""
    blobs = FileBlobs(tmp_path)
    data = b"x" * 200_000
    run([threading.Thread(target=lambda: blobs.put(data)) for _ in range(16)])
    assert blobs.get(sha256_hex(data)) == data
    assert len(files(tmp_path)) == 1


def test_a_refusing_disk_is_named(tmp_path: Path) -> None:
    """Where the disk refuses, keeping, reading and deleting fail with the name and the next step, and leave nothing half."""
    blobs = FileBlobs(tmp_path)
    (tmp_path / NAME[:2]).write_bytes(b"a file where a folder should be")
    for attempt in (lambda: blobs.put(DATA), lambda: blobs.get(NAME), lambda: blobs.delete(NAME)):
        with pytest.raises(StoreFailed, match=NAME) as caught:
            attempt()
        assert caught.value.next_step
    assert files(tmp_path) == [tmp_path / NAME[:2]]
