"""Posts in a table: CSV or TSV with a header of the same names as in JSON lines; several `media` paths are separated by `|`.

A quote that is never closed would swallow the rest of a file. It may run over at most a million characters; then, or at the end of
the file, its lines are read again one by one, each as a row of its own, and the first is marked.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from forestall.exchange.platform.posts import post
from forestall.exchange.platform.source import LONGEST_LINE, Attach, Unreadable, encoding, lines, refused, too_long
from forestall.model.content import Content, Problem

COLUMNS = (
    *("id", "text", "author", "thread", "lang", "published", "media", "audience", "url", "surface", "jurisdiction"),
)
"""The columns that are read, in any order and case."""
DELIMITERS = (",", "\t", ";", "|")
"""What may stand between columns."""
LONGEST_RECORD = 1_000_000
"""Most characters of one row over all its lines."""


class _TooLong(Exception):
    """Says that the next line is too long to be read."""


class _Lines:
    """Feeds physical lines to the CSV reader and remembers those of the row it is in."""

    def __init__(self, source: BinaryIO) -> None:
        self._lines = lines(source)
        self._size = 0
        self.row: list[tuple[int, str, bool]] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        """Give the next line; raises csv.Error where the row has grown too long for one with several lines."""
        self.number, raw = next(self._lines)
        if raw is None:
            raise _TooLong
        text = raw.decode("utf-8", "replace")
        self.row.append((self.number, text, "\ufffd" in text and text.encode("utf-8") != raw))
        self._size += len(text)
        if len(self.row) > 1 and self._size > LONGEST_RECORD:
            raise csv.Error("a quote is not closed")
        return text

    def taken(self) -> list[tuple[int, str, bool]]:
        """Give the lines of the row that just ended, and forget them."""
        row, self.row, self._size = self.row, [], 0
        return row


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: the number of its first line, its cells, and what was wrong with it."""

    number: int
    cells: Sequence[str]
    problems: tuple[Problem, ...] = ()


def read(name: str, source: BinaryIO, attach: Attach, delimiter: str) -> Iterator[Content]:
    """Give the post in each row; a row that cannot be read is an item of its own, and reading goes on."""
    columns: dict[str, int] = {}
    for row in _rows(name, source, delimiter):
        if not columns:
            columns = _columns(row.cells)
            if not {"text", "media"} & set(columns):
                what = f"the first line of `{name}` names neither a column `text` nor `media`"
                raise Unreadable(Problem("no-columns", what, "write the names of the columns in the first line"))
        elif row.problems and not row.cells:
            yield refused(f"{name}:{row.number}", *row.problems)
        elif any(row.cells):
            value = {column: row.cells[place] for column, place in columns.items() if place < len(row.cells)}
            paths = [path.strip() for path in value.get("media", "").split("|") if path.strip()]
            yield post(value, paths, list(row.problems), f"{name}:{row.number}", attach)


def header(line: str) -> str:
    """Give the delimiter of a line that names our columns, or nothing where it does not."""
    for delimiter in DELIMITERS:
        try:
            names = _columns(next(csv.reader([line], delimiter=delimiter, strict=True), []))
        except csv.Error:
            continue
        if {"text", "media"} & set(names) and len(names) > 1:
            return delimiter
    return ""


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Give the place of each column we read; of two with one name the first."""
    names = [cell.strip().lower() for cell in cells]
    return {name: names.index(name) for name in COLUMNS if name in names}


def _rows(name: str, source: BinaryIO, delimiter: str) -> Iterator[_Row]:
    """Give the rows of a table, those over several lines too."""
    csv.field_size_limit(LONGEST_LINE)  # Python's own limit, for the whole process, would refuse long posts
    feed = _Lines(source)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield from _again(name, feed.taken(), delimiter)
            yield _Row(feed.number, (), (too_long(f"line {feed.number} of `{name}`"),))
        except csv.Error:
            yield from _again(name, feed.taken(), delimiter)
        else:
            taken = feed.taken()
            bad = any(replaced for _, _, replaced in taken)
            problems = (encoding(f"row {taken[0][0]} of `{name}`"),) if bad else ()
            yield _Row(taken[0][0], cells, problems)


def _again(name: str, taken: list[tuple[int, str, bool]], delimiter: str) -> Iterator[_Row]:
    """Read the lines of a row that never ended one by one; if there are several, the first is marked."""
    for place, (number, text, replaced) in enumerate(taken):
        problems = [encoding(f"row {number} of `{name}`")] if replaced else []
        if place == 0 and len(taken) > 1:
            what = f"a quote in row {number} of `{name}` is never closed; its lines were read as rows of their own"
            problems.append(Problem("bad-row", what, "double the quotes inside of a text, or export JSON lines"))
        flat = text.replace("\r", " ")  # a bare carriage return is an error to the reader
        yield _Row(number, next(csv.reader([flat], delimiter=delimiter), []), tuple(problems))
