"""An index in files, which any number of processes share (`files.py` says what each file is for).

Writers take the lock, take in what others wrote, and append. Whoever searches looks at the page and at the length of the log.
Compacting cuts the log, makes a table of all before the cut with no lock held, and turns the page.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from forestall.detect.match.index import keeping, log
from forestall.detect.match.index.files import Contents, Damaged, Files, Gone, Segment
from forestall.detect.match.index.holding import Holding
from forestall.detect.match.index.table import Table
from forestall.model.errors import StoreFailed

_PATIENCE = 0.05
"""Seconds that a refresh waits for another thread that writes, and so will know all itself."""

_ATTEMPTS = 8


class SharedIndex(keeping.Keeping):
    """Follows the page and the last log of a folder."""

    def __init__(self, folder: Path, size: int, *, near: bool) -> None:
        super().__init__(size, near=near)
        self._files = Files(folder, size, near=near)
        self._handle, self._page_handle = -1, -1
        self._place = log.Place(0, 0)
        self._page = Contents(size, near, "")
        self._mark = (0, 0, 0)
        self._opened: dict[int, Table] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.refresh()

    def refresh(self) -> bool:
        """Take in what other processes did."""
        if self._closed or self._as_read():
            return False
        if not self._guard.acquire(timeout=_PATIENCE):
            return False
        try:
            for _ in range(_ATTEMPTS):
                try:
                    return self._read()
                except Gone:
                    continue  # tables were compacted between reading the page and opening them
                except Damaged:
                    break
            with self._files.locked():
                return self._catch_up()
        finally:
            self._guard.release()

    def _as_read(self) -> bool:
        """Tell whether page and log are as this process has read them; asked without the lock, so a handle may be gone under it."""
        try:
            return self._mark == self._files.mark() and os.fstat(self._handle).st_size == self._place.offset
        except OSError:
            return False

    def _catch_up(self) -> bool:
        """Take in what other processes did, and begin anew where the files are damaged; to be called with the lock held."""
        try:
            return self._read()
        except (Damaged, Gone):
            self._begin()
            return True

    def _read(self) -> bool:
        """Read the page if it is another, and what the logs hold since; raises Damaged and Gone."""
        changed = False
        if not self._known():
            found = self._files.contents()
            if found is None:
                raise Damaged("there is no page, or it is none of ours")
            try:
                if not self._go_on(found[0]):
                    self._load(found[0])
            except BaseException:
                os.close(found[1])
                raise
            self._keep(*found)
            changed = True
        return self._read_log() or changed

    def _known(self) -> bool:
        """Tell whether the page is still the one this process has read."""
        try:
            return self._mark == self._files.mark()
        except FileNotFoundError:
            return False

    def _read_log(self, until: int = 0) -> bool:
        """Take in what the last log holds by now."""
        found = list(log.records(self._handle, self._size, self._place, until))
        if found:
            self._position = keeping.followed(self._holding, [record for record, _ in found], self._position)
            self._place = found[-1][1]
        return bool(found)

    def _keep(self, page: Contents, handle: int) -> None:
        """Remember which page this process has read."""
        if self._page_handle >= 0:
            os.close(self._page_handle)
        self._page, self._page_handle = page, handle
        seen = os.fstat(handle)
        self._mark = (seen.st_ino, seen.st_mtime_ns, seen.st_size)

    def _go_on(self, page: Contents) -> bool:
        """Follow a page that only has another log at the end; tells whether it was so."""
        last = len(self._page.logs) - 1
        before = (
            replace(page, logs=(*page.logs[:last], (page.logs[last][0], 0))) if len(page.logs) == last + 2 else page
        )
        if last < 0 or before != self._page or page.position != self._page.position:
            return False
        self._read_log(page.logs[last][1])
        if self._place.offset != page.logs[last][1]:
            return False
        handle, place, records = self._files.read_log(*page.logs[-1])
        old, self._handle, self._place = self._handle, handle, place
        os.close(old)
        self._position = keeping.followed(self._holding, records, self._position)
        return True

    def _load(self, page: Contents) -> None:
        """Open the tables and read the logs of a page; raises Damaged and Gone, and then nothing has changed."""
        opened, tables = {}, []
        for segment in page.segments:
            known = self._opened.get(segment.table) if page.born == self._page.born else None
            table = Table(known.shape, known.memory) if known else self._files.table(segment.table)
            opened[segment.table] = table
            if segment.dead:
                table.turn(self._files.dead(segment.dead, len(table)), dead=True)
            tables.append(table)
        holding, position = Holding(self._size, tables, near=self._near), page.position
        handle, place = -1, self._place
        for number, end in page.logs:
            if handle >= 0:
                os.close(handle)
            handle, place, records = self._files.read_log(number, end)
            position = keeping.followed(holding, records, position)
        old, self._handle, self._place, self._opened = self._handle, handle, place, opened
        self._holding, self._position = holding, position
        if old >= 0:
            os.close(old)

    def _begin(self) -> None:
        """Begin anew, empty and without a position, so that who follows something fills it again; with the lock held."""
        page = Contents(self._size, self._near, os.urandom(8).hex(), logs=((self._files.new_log(), 0),))
        self._put(page)
        self._files.sweep(page)

    def _put(self, page: Contents) -> None:
        """Put a page in place and follow it; with the lock held."""
        self._files.turn(page)
        self._read()

    def _cut(self) -> None:
        """Let the log end where it is valid, and begin another."""
        os.fdatasync(self._handle)
        ended = (self._page.logs[-1][0], self._place.offset)
        self._put(replace(self._page, logs=(*self._page.logs[:-1], ended, (self._files.new_log(), 0))))

    def _mend(self) -> None:
        """Go on after a last record that does not check out: what follows must not stand behind it; with the lock held."""
        known = log.opened(self._handle, self._size, self._page.logs[-1][0])
        if known is not None and known[1] <= self._place.offset:
            self._cut()  # cut off by a crash, and nobody was told of it
        else:
            self._begin()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._guard, self._files.locked():
            self._catch_up()
            if os.fstat(self._handle).st_size != self._place.offset:
                self._mend()
            yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._files.locked("compacting.lock"):
            yield

    def _logged(self, record: log.Record) -> None:
        data, place = log.pack(record, self._place)
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self._handle, data[done:], self._place.offset + done)
            log.acknowledge(self._handle, place)
        except OSError:
            os.ftruncate(self._handle, self._place.offset)
            raise
        self._place = place

    def _made(self, sources: Sequence[Table]) -> Table:
        number = self._files.write_table(keeping.shape_of(sources, self._size, near=self._near), sources)
        table = self._files.table(number)
        self._opened = {**self._opened, number: table}
        return table

    def _install(self, kept: Sequence[Table], made: Table | None, position: str) -> None:
        numbers = {table.memory.ctypes.data: number for number, table in self._opened.items()}
        segments = []
        for table in [*kept, made] if made else kept:
            rows = np.zeros(0, np.int64) if table.dead is None else np.flatnonzero(table.dead)
            segments.append(Segment(numbers[table.memory.ctypes.data], self._files.write_dead(rows)))
        page = replace(self._page, segments=tuple(segments), logs=self._page.logs[-1:], position=position)
        self._put(page)
        self._files.sweep(page)

    def _due(self, times: int) -> bool:
        return self._holding.unsettled >= times * keeping.COMPACT_FROM or self._place.offset >= times * keeping.LONG_LOG

    @property
    def _pending(self) -> bool:
        return self._place.offset > log.FIRST

    def _stands(self) -> object:
        return self._page

    def _failed(self, error: OSError) -> StoreFailed:
        what = f"the index in {self._files.folder} could not be written ({error.strerror})"
        return StoreFailed(what, "free room or mend the disk, then try again")

    def close(self) -> None:
        """Let go of the files, once compacting has come to an end."""
        super().close()
        with self._guard:
            for handle in (self._handle, self._page_handle):
                if handle >= 0:
                    os.close(handle)
            self._handle = self._page_handle = -1
