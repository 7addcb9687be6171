"""Loading bank files: CSV with a header, NDJSON, or plain lists with one hash per line.

Columns (CSV) or keys (NDJSON): `value`, and optionally `type` (md5, sha1, sha256, pdq), `trust` (confirmed, partner,
candidate; candidate where nothing is said, so that an unvouched list asks a person), `label`, `source`, `distance`,
`note`, `confirmed_by`, `expires`. Without a type it is told by length; 64 hex digits may be SHA-256 or PDQ, so there
the type must be given, or be part of the file's name (`pdq-known.txt`).
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

import msgspec

from forestall.detect.match.bank import Bank, Builder, Facts, Trust
from forestall.detect.match.signals import TYPES
from forestall.model.errors import BadBank, BadInput

COLUMNS = ("value", "type", "trust", "label", "source", "distance", "note", "confirmed_by", "expires")

_LONGEST_LINE = 64 * 1024
_SHOWN = 5


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a bank file before anything is checked."""

    value: str
    type: str = ""
    trust: str = ""
    label: str = ""
    source: str = ""
    distance: int | str | None = None
    note: str = ""
    confirmed_by: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A line that could not be used, and why."""

    line: int
    why: str


def load_bank(path: Path, today: date | None = None) -> Bank:
    """Load a bank file; the bank is named after the file without its ending.

    Signals whose `expires` lies before `today` (the present day in UTC where not given) are left out, so what a
    loaded bank matches never depends on the clock again. Raises BadBank naming the file, the first lines that cannot
    be used and how many there are: a bank is loaded whole or not at all.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            return _load(path, source, today or datetime.now(UTC).date())
    except OSError as error:
        raise BadBank(
            f"the bank file {path} cannot be opened ({error.strerror})", "check its path and permissions"
        ) from None
    except UnicodeDecodeError as error:
        raise BadBank(f"the bank file {path} is not UTF-8 ({error.reason})", "save it as UTF-8 text") from None


def _load(path: Path, source: TextIO, today: date) -> Bank:
    """Build the bank from an open file; raises BadBank."""
    builder, read = Builder(), _Facts()
    named = next((name for name in TYPES if name in path.stem.lower()), "")
    wrong: list[_Wrong] = []
    count = good = expired = 0
    for line, row in _rows(path, source):
        if isinstance(row, _Wrong):
            why = row.why
        else:
            try:
                kind, value = _signal(row, named)
                facts = read.of(row, kind)
            except BadInput as error:
                why = str(error)
            else:
                good += 1
                if facts.expires and date.fromisoformat(facts.expires) < today:
                    expired += 1
                else:
                    builder.add(kind, value, facts)
                continue
        count += 1
        if len(wrong) < _SHOWN:
            wrong.append(_Wrong(line, why))
    if wrong:
        shown = "; ".join(f"line {item.line}: {item.why}" for item in wrong)
        raise BadBank(
            f"the bank file {path} has {count} line(s) that cannot be used ({shown}{'; …' if count > _SHOWN else ''})",
            "correct or delete these lines; nothing was loaded",
        )
    if not good:
        raise BadBank(
            f"the bank file {path} holds no signal", "give a header and rows, JSON lines, or one hash per line"
        )
    return builder.bank(path.stem, expired)


def _rows(path: Path, source: TextIO) -> Iterator[tuple[int, _Row | _Wrong]]:
    """Give the rows of any of the three forms with their line numbers, told by the first line that is not blank."""
    lines = _lines(path, source)
    for number, line in lines:
        first = line.strip()
        if not first or first.startswith("#"):
            continue
        if first.startswith("{"):
            form: Callable[[int, str, Iterator[tuple[int, str]]], Iterator[tuple[int, _Row | _Wrong]]] = _json_rows
        elif "," in first or first.lower() in COLUMNS:
            names = [name.strip().lower() for name in next(csv.reader([first]))]
            yield from _csv_rows(_header(path, names), number, lines)
            return
        else:
            form = _plain_rows
        yield from form(number, line, lines)
        return


def _lines(path: Path, source: TextIO) -> Iterator[tuple[int, str]]:
    """Give numbered lines, none longer than 64 Ki characters; raises BadBank."""
    number = 0
    while line := source.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise BadBank(f"line {number} of the bank file {path} is too long", "put each signal on a line of its own")
        yield number, line


def _plain_rows(number: int, line: str, rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, _Row | _Wrong]]:
    """Give the rows of a list with one hash per line; blank lines and lines that start with `#` are skipped."""
    while True:
        value = line.strip()
        if value and not value.startswith("#"):
            yield number, _Row(value)
        try:
            number, line = next(rest)
        except StopIteration:
            return


def _json_rows(number: int, line: str, rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, _Row | _Wrong]]:
    """Give the rows of JSON lines."""
    decode = msgspec.json.Decoder(_Row).decode
    while True:
        if line.strip():
            try:
                yield number, decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                yield number, _Wrong(number, str(error))
        try:
            number, line = next(rest)
        except StopIteration:
            return


def _header(path: Path, names: list[str]) -> list[str]:
    """Check the column names of a CSV file; raises BadBank."""
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "value" not in names or len(set(names)) != len(names):
        what = f"the unknown column `{unknown[0]}`" if unknown else "no single `value` column or a column twice"
        raise BadBank(
            f"the bank file {path} has {what} in its first line",
            f"use the columns {', '.join(COLUMNS)} (only value is needed)",
        )
    return names


def _csv_rows(names: list[str], number: int, rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, _Row | _Wrong]]:
    """Give the rows below a CSV header; `number` is the header's line."""
    reader = csv.reader((line for _, line in rest), strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number + reader.line_num, _Wrong(number + reader.line_num, str(error))
            continue
        at = number + reader.line_num
        if not cells:
            continue
        if len(cells) != len(names):
            yield at, _Wrong(at, f"{len(cells)} cells where the header has {len(names)}")
            continue
        yield at, _Row(**dict(zip(names, cells, strict=True)))


def _signal(row: _Row, named: str) -> tuple[str, bytes]:
    """Give the type and the bytes of a row's value; `named` is the type in the file's name, if any. Raises BadInput."""
    kind = row.type.strip().lower()
    if not kind:
        length = len(row.value.strip())
        fitting = [name for name, known in TYPES.items() if 2 * known.size == length]
        if named in fitting:
            kind = named
        elif len(fitting) == 1:
            kind = fitting[0]
        elif fitting:
            raise BadInput(
                f"{length} hex digits may be {' or '.join(fitting)}",
                "add a `type` column, or name the type in the file's name",
            )
        else:
            raise BadInput(f"no type of signal has {length} characters", f"known types are {', '.join(TYPES)}")
    if kind not in TYPES:
        raise BadInput(f"unknown type `{kind[:40]}`", f"known types are {', '.join(TYPES)}")
    return kind, TYPES[kind].normalise(row.value)


class _Facts:
    """Reads a row's facts, each distinct set of them once."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Facts] = {}

    def of(self, row: _Row, kind: str) -> Facts:
        """Give the facts of a row; raises BadInput."""
        key = (kind, row.trust, row.label, row.source, row.distance, row.note, row.confirmed_by, row.expires)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Facts(
                trust=_trust(row.trust),
                label=row.label.strip(),
                source=row.source.strip(),
                distance=_allowed(row.distance, TYPES[kind].radius),
                note=row.note.strip(),
                confirmed_by=row.confirmed_by.strip(),
                expires=_day(row.expires),
            )
        return found


def _trust(text: str) -> Trust:
    """Read a trust level; raises BadInput."""
    try:
        return Trust(text.strip().lower() or Trust.CANDIDATE)
    except ValueError:
        raise BadInput(f"unknown trust `{text[:40]}`", f"use {', '.join(Trust)}") from None


def _allowed(value: int | str | None, radius: int) -> int | None:
    """Read the distance at which a signal still matches; raises BadInput."""
    if value is None or value == "":
        return None
    try:
        number = int(value)
    except ValueError:
        number = -1
    if not 0 <= number <= radius:
        raise BadInput(f"the distance `{str(value)[:40]}` cannot be used", f"give a whole number from 0 to {radius}")
    return number


def _day(text: str) -> str:
    """Read the last day a signal matches, from an ISO 8601 date or instant; raises BadInput."""
    if not text.strip():
        return ""
    try:
        return datetime.fromisoformat(text.strip()).date().isoformat()
    except ValueError:
        raise BadInput(f"`expires` is `{text[:40]}`", "write it as 2027-01-31") from None
