"""Progress on a terminal: how much of the input was read, items per second, time left. Draws on standard error, or nothing at all."""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from forestall.model.content import Attachment, Content, Problem
from forestall.model.ports import Exports

Advance = Callable[[int], None]
"""Called with the number of items of each finished chunk."""


class MeteredExports:
    """Exports that count the bytes read through them; gives exactly what the exports it wraps give."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports
        self.bytes_read = 0

    def recognise(self, name: str, head: bytes) -> str:
        """Name the format of a file."""
        return self._exports.recognise(name, head)

    def read(
        self, format_name: str, name: str, source: BinaryIO, attach: Callable[[str], Attachment | Problem]
    ) -> Iterator[Content]:
        """Give the posts of a file, counting how far it was read."""
        counted = io.BufferedReader(_Counted(source, self._add), 128 * 1024)
        yield from self._exports.read(format_name, name, counted, attach)

    def _add(self, count: int) -> None:
        self.bytes_read += count


class _Counted(io.RawIOBase):
    """A stream that says how far beyond its furthest position each read went."""

    def __init__(self, source: BinaryIO, add: Callable[[int], None]) -> None:
        super().__init__()
        self._source = source
        self._add = add
        self._position = 0
        self._furthest = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._source.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = self._source.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        return self._source.tell()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub wants the wider Buffer
        # read1: what is there now, so that a pipe's first line is not held back until a buffer is full.
        read = getattr(self._source, "read1", self._source.read)
        chunk: bytes = read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        if self._position > self._furthest:
            self._add(self._position - self._furthest)
            self._furthest = self._position
        return len(chunk)


def with_files(contents: Iterable[Content], exports: MeteredExports) -> Iterator[Content]:
    """Give the contents, counting the bytes of the files that came with them too."""
    for content in contents:
        exports.bytes_read += sum(len(item.data) for item in content.attachments)
        yield content


def size_of(paths: Iterable[str]) -> int:
    """Give the bytes of all plain files at and below the paths; 0 where standard input is among them."""
    total = 0
    for given in paths:
        path = Path(given)
        if given == "-" or not (path.is_file() or path.is_dir()):
            return 0
        if path.is_file():
            total += path.stat().st_size
            continue
        for folder, _, names in os.walk(path):
            for name in names:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size
                except OSError:
                    continue  # it went away; the gatherer will say so
    return total


@contextmanager
def progress(total: int, read: Callable[[], int], label: str = "screening") -> Iterator[Advance]:
    """Draw progress while the block runs, where standard error is a terminal.

    Takes:
        total: bytes of input; 0 where nobody knows.
        read: gives the bytes read so far. More than `total` (archives unpack) and the bar stops pretending to know.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _count: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[items]:,} items"),
        _Rate(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True, refresh_per_second=5, expand=True) as bar:
        task = bar.add_task(label, total=total or None, items=0)
        items = 0

        def advance(count: int) -> None:
            nonlocal items
            items += count
            done = read()
            known = total if done <= total else None
            bar.update(task, completed=done, total=known, items=items)

        yield advance


class _Rate(ProgressColumn):
    """Items per second since the start."""

    def render(self, task: Task) -> Text:
        """Give the rate as text."""
        elapsed = task.finished_time if task.finished else task.elapsed
        items: int = task.fields["items"]
        return Text(f"{items / elapsed:,.0f}/s" if elapsed and items else "–/s", style="progress.data.speed")
