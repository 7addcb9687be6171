"""The files of an index: tables that no longer change, the logs of what came since, and one page that says which of them count.

    contents     the page: tables with the entries dead in them, logs, position. Replaced by renaming, so it is old or new, never half.
    N.table      a table (`table.py`), mapped into memory by every process
    N.dead       the rows of a table that were removed before the logs begin
    N.log        a log (`log.py`); adds go to the last one
    lock         held by who writes to the log or the page; compacting.lock by who compacts

Everything carries a checksum. A table is read through and added up whenever a process opens it: that runs as fast as memory or disk
gives it (10 million hashes, 1.3 GiB: well under a second from memory) and warms the very pages that searches will need, while a
sample would let a flipped bit become a missed match. Files that nobody names are left from a crash, and are swept.
"""

import fcntl
import json
import mmap
import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import building, log
from forestall.detect.match.index.table import Shape, Table

_FORMAT = 1
_PAGE = 4_096
_HEAD = struct.Struct("<12sIIIQQ")  # magic, byte order and format, bytes of a key, nearness, entries, checksum
_CHECK = struct.Struct("<I")
_TABLE, _DEAD = b"FORESTALLTAB", b"FORESTALLDED"
_OURS = re.compile(r"([0-9]{1,18})\.(table|dead|log)|contents\.new")


class Damaged(Exception):
    """A file of an index is not what it should be."""


class Gone(Exception):
    """A file that the page names is not there: the page was replaced, or somebody cleaned up."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A table in a file: numbers of the table and of the list of its dead rows; 0: none is dead."""

    table: int
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """The page.

    `born` tells an index from one that was begun anew; `logs` are numbers and how far they count, 0 for the one that is
    written to; `position` is of before the logs.
    """

    size: int
    near: bool
    born: str
    segments: tuple[Segment, ...] = ()
    logs: tuple[tuple[int, int], ...] = ()
    position: str = ""
    format: int = _FORMAT


class Files:
    """The folder of one index."""

    def __init__(self, folder: Path, size: int, *, near: bool) -> None:
        self.folder, self.size, self.near = folder, size, near
        self._page = folder / "contents"

    def path(self, number: int, kind: str) -> Path:
        """Give the path of one of the numbered files."""
        return self.folder / f"{number}.{kind}"

    def mark(self) -> tuple[int, int, int]:
        """Give what changes whenever the page does; only good while the page it stands for is open. Raises FileNotFoundError."""
        seen = os.stat(self._page)
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

    @contextmanager
    def locked(self, name: str = "lock", *, wait: bool = True) -> Iterator[bool]:
        """Hold one of the locks, against threads and processes alike; gives False if it is taken and one does not wait."""
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield False
                    return
                if self._same(handle, name):
                    yield True
                    return
            finally:
                os.close(handle)

    def _same(self, handle: int, name: str) -> bool:
        """Tell whether a lock that was just taken is still the one in the folder, which anybody may delete."""
        with suppress(FileNotFoundError):
            return os.stat(self.folder / name).st_ino == os.fstat(handle).st_ino
        return False

    def contents(self) -> tuple[Contents, int] | None:
        """Give the page, and a handle that keeps its mark from being used again; None where there is none or it is damaged."""
        try:
            handle = os.open(self._page, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        data = os.pread(handle, os.fstat(handle).st_size, 0)
        try:
            check, text = data.split(b" ", 1)
            if check != b"%08x" % zlib.crc32(text):
                raise ValueError("the checksum is another one")
            given = json.loads(text)
            segments = tuple(Segment(**segment) for segment in given.pop("segments"))
            logs = tuple((number, end) for number, end in given.pop("logs"))
            page = Contents(**given, segments=segments, logs=logs)
        except (ValueError, TypeError, KeyError):
            page = None
        if page is None or (page.size, page.near, page.format) != (self.size, self.near, _FORMAT) or not page.logs:
            os.close(handle)
            return None
        return page, handle

    def turn(self, page: Contents) -> None:
        """Put a new page in place, durably."""
        text = json.dumps(asdict(page)).encode()
        path = self.folder / "contents.new"
        with path.open("wb") as file:
            file.write(b"%08x %s" % (zlib.crc32(text), text))
            file.flush()
            os.fsync(file.fileno())
        path.rename(self._page)
        self._settle()

    def _settle(self) -> None:
        """Make the names in the folder durable."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def next(self) -> int:
        """Give a number that no file has."""
        found = (_OURS.fullmatch(name) for name in os.listdir(self.folder))
        return 1 + max((int(match[1]) for match in found if match and match[1]), default=0)

    def new_log(self) -> int:
        """Begin a log and give its number."""
        number = self.next()
        log.start(self.path(number, "log"), self.size, number)
        return number

    def sweep(self, page: Contents) -> None:
        """Delete our files that the page does not name; to be called with both locks held."""
        named = {f"{segment.table}.table" for segment in page.segments} | {f"{number}.log" for number, _ in page.logs}
        named |= {f"{segment.dead}.dead" for segment in page.segments}
        for name in os.listdir(self.folder):
            if _OURS.fullmatch(name) and name not in named:
                (self.folder / name).unlink(missing_ok=True)

    def write_table(self, shape: Shape, sources: Sequence[Table]) -> int:
        """Write the living entries of tables as one file, durably, and give its number."""
        number = self.next()
        path = self.path(number, "table")
        try:
            with path.open("w+b") as file:
                # Taken now, a full disk is an error; found out while writing to mapped memory, it would be the end of the process.
                os.posix_fallocate(file.fileno(), 0, _PAGE + max(shape.length, 1))
                os.ftruncate(file.fileno(), _PAGE + shape.length)
                mapped = mmap.mmap(file.fileno(), 0)
                table = Table(shape, np.frombuffer(mapped, np.uint8)[_PAGE:])
                table.fill(sources)
                head = _HEAD.pack(_TABLE, _FORMAT, shape.size, shape.near, shape.count, _sum(table.memory))
                mapped[: _HEAD.size + _CHECK.size] = head + _CHECK.pack(zlib.crc32(head))
                mapped.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        self._settle()
        return number

    def table(self, number: int) -> Table:
        """Map a table read-only and read it through; raises Damaged and Gone."""
        try:
            with self.path(number, "table").open("rb") as file:
                length = os.fstat(file.fileno()).st_size
                if length < _PAGE:
                    raise Damaged(f"{number}.table is cut off")
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise Gone(f"{number}.table") from None
        magic, form, size, near, count, total = _HEAD.unpack_from(mapped)
        shape = Shape(count, size, near=bool(near))
        right = (magic, form, size, bool(near)) == (_TABLE, _FORMAT, self.size, self.near)
        if _CHECK.unpack_from(mapped, _HEAD.size)[0] != zlib.crc32(mapped[: _HEAD.size]) or not right:
            raise Damaged(f"{number}.table is none of ours")
        memory = np.frombuffer(mapped, np.uint8)[_PAGE:]
        if length != _PAGE + shape.length or _sum(memory) != total:
            raise Damaged(f"{number}.table does not add up")
        return Table(shape, memory)

    def read_log(self, number: int, end: int) -> tuple[int, log.Place, list[log.Record]]:
        """Open a log and give its handle, where it ends, and its records; raises Damaged and Gone.

        It must be valid as far as it was acknowledged, or to `end`, and ends where it is valid no more.
        """
        try:
            handle = os.open(self.path(number, "log"), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Gone(f"{number}.log") from None
        # The note is read before the records: what it says was written before it was.
        begin = log.opened(handle, self.size, number)
        found = list(log.records(handle, self.size, begin[0], end)) if begin else []
        if begin is None or (place := found[-1][1] if found else begin[0]).offset < (end or begin[1]):
            os.close(handle)
            raise Damaged(f"{number}.log is damaged")
        return handle, place, [record for record, _ in found]

    def write_dead(self, rows: NDArray[np.int64]) -> int:
        """Write the dead rows of a table durably and give the number of the file; 0 where none is dead."""
        if not len(rows):
            return 0
        number, data = self.next(), rows.astype("<u4").tobytes()
        with self.path(number, "dead").open("wb") as file:
            file.write(_DEAD + _CHECK.pack(zlib.crc32(data)) + data)
            file.flush()
            os.fsync(file.fileno())
        return number

    def dead(self, number: int, count: int) -> NDArray[np.int64]:
        """Give the dead rows of a table of `count` entries; raises Damaged and Gone."""
        try:
            data = self.path(number, "dead").read_bytes()
        except FileNotFoundError:
            raise Gone(f"{number}.dead") from None
        begin = len(_DEAD) + _CHECK.size
        whole = data[:begin] == _DEAD + _CHECK.pack(zlib.crc32(data[begin:])) and (len(data) - begin) % 4 == 0
        rows = np.frombuffer(data, "<u4", offset=begin).astype(np.int64) if whole else np.zeros(0, np.int64)
        if not len(rows) or rows.max() >= count:
            raise Damaged(f"{number}.dead is damaged")
        return rows


def _sum(memory: NDArray[np.uint8]) -> int:
    """Add up the stretch of a table."""
    return int(building.summed(np.uint64(memory.ctypes.data), len(memory) // 64))
