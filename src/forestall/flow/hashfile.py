"""Files of hashes of content kept elsewhere: CSV, NDJSON or Parquet with the columns `id`, `value` and, unless told, `type`."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from forestall.flow import parquet
from forestall.model.content import Problem
from forestall.model.errors import BadInput

FORMATS = (".ndjson", ".jsonl", ".csv", ".parquet")
"""Endings of file names that are read."""
LONGEST_LINE = 4 * 1024 * 1024
"""Most bytes of one line."""

_BATCH = 20_000


class HashRow(NamedTuple):
    """One hash: what it was taken of, its signal type, and its value as written."""

    id: str
    type: str
    value: str


class _Line(msgspec.Struct):
    """One JSON line before anything is checked; keys we do not know are left alone."""

    id: str | int
    value: str
    type: str = ""


def read(path: Path, kind: str = "") -> Iterator[HashRow | Problem]:
    """Give the rows of a file of hashes one by one; a row that can't be used is a Problem and the rest goes on.

    `kind` is the type of rows that do not name one. Raises BadInput where the file as a whole can't be used, and ForestallError
    where Parquet is to be read and DuckDB is not installed.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise BadInput(f"`{path}` is no file of hashes by its name", f"name it {', '.join(FORMATS)}")
    if ending == ".parquet":
        return _parquet(path, kind)
    return _csv(path, kind) if ending == ".csv" else _ndjson(path, kind)


def batches(rows: Iterator[HashRow | Problem], size: int = _BATCH) -> Iterator[list[HashRow | Problem]]:
    """Give rows in lists of `size`."""
    while batch := list(islice(rows, size)):
        yield batch


def _ndjson(path: Path, kind: str) -> Iterator[HashRow | Problem]:
    """Give the rows of JSON lines."""
    decode = msgspec.json.Decoder(_Line).decode
    for where, line in _lines(path):
        try:
            row = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield Problem("bad-row", f"{where}: {str(error)[:200]}", "write id, type and value as JSON", where)
        else:
            yield _row(str(row.id), row.type or kind, row.value, where)


def _csv(path: Path, kind: str) -> Iterator[HashRow | Problem]:
    """Give the rows of a CSV with a header; a row is one line."""
    names: list[str] = []
    for where, line in _lines(path):
        try:
            (cells,) = csv.reader([line.decode("utf-8-sig")], strict=True)
        except (csv.Error, UnicodeDecodeError, ValueError) as error:
            yield Problem("bad-row", f"{where}: {str(error)[:200]}", "write it as CSV in UTF-8", where)
            continue
        if not names:
            names = [cell.strip().lower() for cell in cells]
            _check(path, names, kind)
        elif len(cells) != len(names):
            yield Problem("bad-row", f"{where}: {len(cells)} cells where the header has {len(names)}", "", where)
        else:
            row = dict(zip(names, cells, strict=True))
            yield _row(row["id"], row.get("type", "") or kind, row["value"], where)


def _parquet(path: Path, kind: str) -> Iterator[HashRow | Problem]:
    """Give the rows of a Parquet file."""

    def chosen(names: Sequence[str]) -> list[str]:
        _check(path, [name.lower() for name in names], kind)
        wanted = [next(name for name in names if name.lower() == one) for one in ("id", "value")]
        typed = next((name for name in names if name.lower() == "type"), "")
        texts = [f"CAST({parquet.column(name)} AS VARCHAR)" for name in (*wanted, typed) if name]
        return texts if typed else [*texts, "''"]

    rows = (row for batch in parquet.batches(path, chosen) for row in batch)
    for number, (name, value, told) in enumerate(rows, 1):
        yield _row(name, told or kind, value, f"row {number}")


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give the lines of a file that are not blank, with where each stands; raises BadInput where one never ends."""
    try:
        with path.open("rb") as source:
            number = 0
            while line := source.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise BadInput(f"line {number} of `{path}` is too long", "put each hash on a line of its own")
                if line.strip():
                    yield f"line {number}", line.rstrip(b"\r\n")
    except OSError as error:
        raise BadInput(f"`{path}` cannot be read ({error.strerror})", "check its path and permissions") from None


def _row(name: str | None, kind: str, value: str | None, where: str) -> HashRow | Problem:
    """Give a row, or why there is none."""
    if not name or not value or not kind:
        missing = "id" if not name else "value" if not value else "type"
        step = "name the type of all: --type pdq" if missing == "type" else ""
        return Problem("bad-row", f"{where} has no {missing}", step, where)
    return HashRow(name, kind.strip().lower(), value)


def _check(path: Path, names: Sequence[str], kind: str) -> None:
    """Raise BadInput where columns are missing."""
    for wanted in ("id", "value", *(() if kind else ("type",))):
        if wanted not in names:
            step = "name it in the header, or give --type" if wanted == "type" else "columns are id, type and value"
            raise BadInput(f"`{path}` has no column `{wanted}`", step)
