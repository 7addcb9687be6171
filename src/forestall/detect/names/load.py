"""Loading lists of listed names: the UN Security Council's consolidated list (XML), CSV, or plain text.

Only organisations are loaded. The names of people on these lists are left out, whatever the file holds: we score
content, not persons, and personal names are shared by the innocent.
"""

import csv
import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from io import StringIO
from pathlib import Path

from forestall.detect.names.un_xml import read_un_xml
from forestall.detect.names.words import Entry
from forestall.model.errors import BadList

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; the consolidated list has about 2 MiB."""

_COLUMNS = ("name", "aliases", "reference", "programme", "kind")
_LONGEST_NAME = 300


@dataclass(frozen=True)
class NameList:
    """A list of organisations. `version` is the SHA-256 of its entries in canonical order; `people` counts entries left out."""

    name: str
    version: str
    entries: tuple[Entry, ...] = field(repr=False)
    people: int = 0

    def __len__(self) -> int:
        return len(self.entries)


def load_list(path: Path) -> NameList:
    """Load a list, named after the file without its ending; its form is told by its content.

    XML as the UN publishes it; CSV with a `name` column and optionally `aliases` (separated by `;`), `reference`,
    `programme`, `kind` (rows of kind `individual` are left out); or plain text with one name per line, `#` for remarks.
    Raises BadList naming the file and what is wrong.
    """
    try:
        data = _read(path)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            entries, people = read_un_xml(data, str(path))
        else:
            entries, people = _read_text(path, data.decode("utf-8-sig"))
    except OSError as error:
        raise BadList(
            f"the list {path} cannot be opened ({error.strerror})", "check its path and permissions"
        ) from None
    except UnicodeDecodeError as error:
        raise BadList(f"the list {path} is not UTF-8 ({error.reason})", "save it as UTF-8 text") from None
    if not entries and not people:
        raise BadList(
            f"the list {path} holds no name", "give the UN's XML, a CSV with a `name` column, or one name per line"
        )
    return _made(path.stem, entries, people)


def _made(name: str, entries: Iterable[Entry], people: int) -> NameList:
    """Give the list with its version; entries in canonical order, each once."""
    ordered = tuple(sorted(set(entries), key=lambda entry: (entry.reference, entry.name, entry.aliases)))
    text = json.dumps([asdict(entry) for entry in ordered], ensure_ascii=True, sort_keys=True)
    return NameList(name, hashlib.sha256(text.encode()).hexdigest(), ordered, people)


def _read(path: Path) -> bytes:
    """Give a file's bytes; raises BadList where it is too large."""
    with path.open("rb") as source:
        data = source.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise BadList(f"the list {path} is larger than {LARGEST_FILE >> 20} MiB", "give a list of names only")
    return data


def _read_text(path: Path, text: str) -> tuple[list[Entry], int]:
    """Read CSV or plain text; gives the entries and how many people were left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return [], 0
    header = [cell.strip().lower() for cell in next(csv.reader([lines[0]]))]
    if "name" in header:
        unknown = [column for column in header if column not in _COLUMNS]
        if unknown or len(set(header)) != len(header):
            raise BadList(
                f"the list {path} has the unknown or repeated column `{(unknown or header)[0][:40]}`",
                f"use the columns {', '.join(_COLUMNS)} (only name is needed)",
            )
        return _read_csv(path, header, text)
    if any(mark in text for mark in "\0\x01\x02"):
        raise BadList(
            f"the list {path} is not a text", "give the UN's XML, a CSV with a `name` column, or one name per line"
        )
    for line in lines:
        _checked(path, line)
    return [Entry(_tidy(line)) for line in lines], 0


def _read_csv(path: Path, header: list[str], text: str) -> tuple[list[Entry], int]:
    """Read CSV rows below a header."""
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    entries, people, started = [], 0, False
    try:
        for cells in rows:
            if not cells or cells[0].lstrip().startswith("#"):
                continue
            if not started:
                started = True
                continue
            if len(cells) != len(header):
                raise BadList(
                    f"line {rows.line_num} of the list {path} has {len(cells)} cells where the header has {len(header)}",
                    "quote cells that contain commas",
                )
            row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
            if row.get("kind", "").lower() in ("individual", "person"):
                people += 1
                continue
            aliases = tuple(_tidy(alias) for alias in row.get("aliases", "").split(";") if alias.strip())
            for name in (row["name"], *aliases):
                _checked(path, name)
            entries.append(Entry(_tidy(row["name"]), aliases, row.get("reference", ""), row.get("programme", "")))
    except csv.Error as error:
        raise BadList(f"line {rows.line_num} of the list {path} is not CSV ({error})", "correct that line") from None
    return entries, people


def _checked(path: Path, name: str) -> None:
    """Refuse what cannot be a name."""
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise BadList(
            f"the list {path} holds a name of {len(name.strip())} characters",
            f"give each name on a line of its own, at most {_LONGEST_NAME} characters",
        )


def _tidy(name: str) -> str:
    """Give a name with single blanks and composed letters, so that how a file was typed does not change its version."""
    return " ".join(unicodedata.normalize("NFC", name).split())
