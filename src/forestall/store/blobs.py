"""Bytes under their SHA-256: in memory, and as files in sharded folders."""

import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

from forestall.model.errors import NotFound, StoreFailed
from forestall.model.ids import sha256_hex
from forestall.store.folders import sync_folder

_NAME = re.compile(r"[0-9a-f]{64}")
_STALE_SECONDS = 24 * 3600


class MemoryBlobs:
    """Keeps bytes in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep bytes and give their SHA-256 in hex."""
        name = sha256_hex(data)
        self._kept[name] = bytes(data)
        return name

    def get(self, sha256: str) -> bytes:
        """Give kept bytes; raises NotFound."""
        try:
            return self._kept[sha256]
        except KeyError:
            raise _missing(sha256) from None

    def delete(self, sha256: str) -> None:
        """Forget bytes; no error where there are none."""
        self._kept.pop(sha256, None)


class FileBlobs:
    """Keeps bytes as files: `<folder>/ab/cd/<sha256>`, readable by their owner only.

    A file appears whole or not at all, and is on the disk when `put` returns: written aside, synced, renamed, the folder
    synced. What was left aside by a crash is cleared a day later. Takes a folder, made where its parent exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "aside"
        for path in (folder, self._aside):
            path.mkdir(mode=0o700, exist_ok=True)
        for path in self._aside.iterdir():
            with suppress(FileNotFoundError):  # just renamed by another process
                if path.stat().st_mtime < time.time() - _STALE_SECONDS:
                    path.unlink()

    def put(self, data: bytes) -> str:
        """Keep bytes durably and give their SHA-256 in hex; raises StoreFailed where the disk refuses."""
        name = sha256_hex(data)
        path = self._path(name)
        try:
            if _read(path) != data:
                self._write(path, data)
        except OSError as error:
            raise StoreFailed(f"media {name} could not be kept ({error})", "check the disk and repeat") from None
        return name

    def get(self, sha256: str) -> bytes:
        """Give kept bytes; raises NotFound, or StoreFailed where they cannot be read or are not what was kept."""
        if not _NAME.fullmatch(sha256):
            raise _missing(sha256)
        try:
            data = _read(self._path(sha256))
        except OSError as error:
            raise StoreFailed(f"media {sha256} cannot be read ({error})", "check the disk") from None
        if data is None:
            raise _missing(sha256)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreFailed(f"media {sha256} is damaged on the disk", "restore this file from a backup")
        return data

    def delete(self, sha256: str) -> None:
        """Forget bytes; no error where there are none."""
        if not _NAME.fullmatch(sha256):
            return
        path = self._path(sha256)
        try:
            path.unlink()
            sync_folder(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreFailed(f"media {sha256} could not be deleted ({error})", "check the disk and repeat") from None

    def _path(self, name: str) -> Path:
        """Give where a blob lies. `name` has been checked: it cannot leave the folder."""
        return self._folder / name[:2] / name[2:4] / name

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file whole, and make it and its name durable."""
        for folder in (path.parent.parent, path.parent):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                sync_folder(folder.parent)
        aside = self._aside / secrets.token_hex(16)
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(path.parent)


def _read(path: Path) -> bytes | None:
    """Give a file's bytes, or None where there is none; a symbolic link is not followed."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _missing(sha256: str) -> NotFound:
    """Give the error for media that are not there."""
    return NotFound(f"there is no media {sha256[:64]!r}", "it may have been purged when its retention ended")
