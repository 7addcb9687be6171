"""Our own ways of writing signals down: CSV with a header, JSON lines, or plain lists with one value per line.

Columns (CSV) or keys (JSON): `value`, and optionally those of `COLUMNS`. Without a type it is told by the file's name
(`pdq-known.txt`) or by the value's length; 64 hex digits may be SHA-256 or PDQ, so there the type must be given.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from forestall.exchange import facts
from forestall.exchange.elements import Readable
from forestall.exchange.files.lines import Lines
from forestall.model.bank import Entry, Opinion
from forestall.model.content import Problem
from forestall.model.errors import BadInput

COLUMNS = (
    "value",
    "type",
    "trust",
    "label",
    "source",
    "distance",
    "note",
    "confirmed_by",
    "expires",
    "ideology",
    "list",
    "file_type",
    "reference",
    "first_seen",
    "last_seen",
    "stance",
    "withdrawn",
)
"""Every column there can be; only `value` must be."""

ALIASES = {
    "hash": "value",
    "hash_digest": "value",
    "signal": "value",
    "indicator": "value",
    "algorithm": "type",
    "hash_type": "type",
    "signal_type": "type",
    "listing": "list",
}
"""What others call these columns."""

_HEX = {32: "md5", 40: "sha1", 128: "sha512"}
_EITHER = ("sha256", "pdq")
_DIGEST = re.compile(r"[0-9A-Fa-f]{32,128}")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://")
_NAMED = (
    "md5",
    "sha1",
    "sha256",
    "sha512",
    "pdq",
    "vpdq",
    "url",
    "domain",
    "contact",
    "passage",
    "text",
    "audio",
    "storyboard",
)
_OTHERS = frozenset(_NAMED) - {"md5", "sha1", "sha256", "sha512", "pdq"}
_MOST_CELL_LINES = 64
_MOST_KNOWN = 4_096
_SEPARATORS = ",;\t"
_PER_ROW = ("value", "reference", "first_seen", "last_seen")

SHARED = tuple(name for name in COLUMNS if name not in _PER_ROW)
"""The columns that many rows say alike, in the order `Reader.entry` takes them."""


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    """One JSON line before anything is checked."""

    value: str
    type: str = ""
    trust: str = ""
    label: str = ""
    source: str = ""
    distance: int | str | None = None
    note: str = ""
    confirmed_by: str = ""
    expires: str = ""
    ideology: str = ""
    list: str = ""
    file_type: str = ""
    reference: str | int = ""
    first_seen: str | float = ""
    last_seen: str | float = ""
    stance: str = ""
    withdrawn: str | bool = ""


@dataclass(frozen=True, slots=True)
class _Shared:
    """What many rows of a file say alike, checked once."""

    kind: str
    opinion: Opinion
    distance: int | None
    expires: str


class Reader:
    """Makes entries of rows; `named` is the type in the file's name, if any. What rows say alike is read once."""

    def __init__(self, named: str) -> None:
        self._named = named
        self._known: dict[tuple[object, ...], _Shared] = {}

    def entry(self, given: tuple[object, ...], value: str, reference: str, first: object, last: object) -> Entry:
        """Give the entry of one row; `given` holds the shared facts in the order of `SHARED`. Raises BadInput."""
        shared = self._known.get(given)
        if shared is None:
            shared = self._read(given)
        value = value.strip()
        if not value:
            raise BadInput("the value is missing")
        kind = shared.kind or _told_by(value, self._named)
        opinion = shared.opinion
        if reference or first or last:
            opinion = Opinion(
                opinion.source,
                opinion.stance,
                opinion.trust,
                opinion.label,
                opinion.ideology,
                opinion.listing,
                opinion.file_type,
                opinion.note,
                facts.fact(reference),
                opinion.confirmed_by,
                facts.when(first),
                facts.when(last),
                opinion.withdrawn,
            )
        return Entry(kind, value, opinion, shared.distance, shared.expires)

    def _read(self, given: tuple[object, ...]) -> _Shared:
        """Check the shared facts of a row; raises BadInput."""
        said = dict(zip(SHARED, given, strict=True))
        text = {name: facts.fact(value) for name, value in said.items()}
        opinion = Opinion(
            source=text["source"],
            stance=facts.stance(text["stance"]),
            trust=facts.trust(text["trust"]),
            label=text["label"],
            ideology=text["ideology"],
            listing=text["list"],
            file_type=text["file_type"],
            note=text["note"],
            confirmed_by=text["confirmed_by"],
            withdrawn=_withdrawn(said["withdrawn"]),
        )
        shared = _Shared(
            facts.kind_of(text["type"]), opinion, facts.distance(text["distance"]), facts.day(text["expires"])
        )
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[given] = shared
        return shared


def named_in(name: str) -> str:
    """Give the type of signal a file's name speaks of, nothing where it speaks of none or of several."""
    words = re.split(r"[^a-z0-9]+", name.rpartition("/")[2].rpartition(".")[0].lower())
    if "url" in words and "md5" in words:
        return "url-md5"
    found = [word for word in words if word in _NAMED]
    return found[0] if len(set(found)) == 1 else ""


def header(line: str) -> tuple[str, list[str]] | None:
    """Give the separator and the columns of a CSV header in our own names; None where the line is none."""
    for separator in _SEPARATORS:
        names = [_column(cell) for cell in _cells(line, separator)]
        if "value" in names and all(re.fullmatch(r"[a-z_]{1,40}", name) for name in names):
            return separator, names
    return None


def _column(cell: str) -> str:
    """Give the name of a column as we write it."""
    low = cell.strip().lower().replace(" ", "_")
    return ALIASES.get(low, low)


def read_csv(name: str, source: Readable) -> Iterator[Entry | Problem]:
    """Give the entries of a CSV list."""
    lines = Lines(source)
    told, number = None, 0
    for number, line in lines:  # noqa: B007  # the number is the header's from here on
        if line.strip() and not line.startswith("#"):
            told = header(line)
            break
    yield from _told(lines)
    if told is None or (wrong := _wrong_columns(told[1])):
        why = "holds no header with a `value` column" if told is None else wrong
        next_step = f"use the columns {', '.join(COLUMNS)} (only value is needed)"
        yield Problem("no-columns", f"line {number}: the list {why}", next_step, f"line {number}")
        return
    yield from _csv_entries(lines, *told, Reader(named_in(name)))


def _wrong_columns(names: list[str]) -> str:
    """Say what is wrong with a header."""
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        return f"has the unknown column `{unknown[0][:40]}`"
    twice = [name for name in names if names.count(name) > 1]
    return f"has the column `{twice[0]}` twice" if twice else ""


def _csv_entries(lines: Lines, separator: str, names: list[str], reader: Reader) -> Iterator[Entry | Problem]:
    """Give the entries below a header."""
    width = len(names)
    where = {name: names.index(name) for name in names}
    value = where["value"]
    # Places of what is not there lead to the empty cell that is put behind every row.
    shared = [where.get(name, width) for name in SHARED]
    reference, first, last = (where.get(name, width) for name in _PER_ROW[1:])
    entry = reader.entry
    for number, cells in records(lines, separator, width):
        if lines.problems:
            yield from _told(lines)
        if len(cells) != width:
            yield facts.bad_row(f"line {number}", f"{len(cells)} cells where the header has {width}")
            continue
        cells.append("")
        try:
            yield entry(tuple([cells[at] for at in shared]), cells[value], cells[reference], cells[first], cells[last])
        except BadInput as error:
            yield facts.bad_row(f"line {number}", error.what, error.next_step)
    yield from _told(lines)


def records(lines: Lines, separator: str, width: int) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of a CSV with their first lines; a row with a broken quote spoils only its own line."""
    for number, line in lines:
        if '"' not in line:
            if line and not line.isspace():
                yield number, line.split(separator)
            continue
        held = [(number, line)]
        quotes = line.count('"')
        while quotes % 2 and len(held) < _MOST_CELL_LINES:
            following = next(iter(lines), None)
            if following is None:
                break
            held.append(following)
            quotes += following[1].count('"')
        cells = _cells("\n".join(text for _, text in held), separator)
        if len(held) > 1 and len(cells) != width:
            lines.give_back(held[1:])
        yield number, cells


def _cells(row: str, separator: str) -> list[str]:
    """Take one row apart; nothing where its quotes are broken or a cell is longer than the reader takes."""
    try:
        return next(csv.reader([row], delimiter=separator, strict=True), [])
    except csv.Error:
        return []


def read_ndjson(name: str, source: Readable) -> Iterator[Entry | Problem]:
    """Give the entries of JSON lines; of a key that stands twice in a line the last counts."""
    lines = Lines(source)
    decode = msgspec.json.Decoder(_Row).decode
    entry = Reader(named_in(name)).entry
    for number, line in lines:
        if lines.problems:
            yield from _told(lines)
        if not line or line.isspace() or line.startswith("#"):
            continue
        try:
            row = decode(line)
            given = _shared_of(row)
            yield entry(given, row.value, str(row.reference), row.first_seen, row.last_seen)
        except msgspec.DecodeError as error:
            # What was wrong is ours to say; the message may repeat a hostile key, so it is cut short.
            yield facts.bad_row(f"line {number}", str(error)[:200])
        except RecursionError:
            yield facts.bad_row(f"line {number}", "nested too deeply")
        except BadInput as error:
            yield facts.bad_row(f"line {number}", error.what, error.next_step)
    yield from _told(lines)


def _shared_of(row: _Row) -> tuple[object, ...]:
    """Give the shared facts of a JSON line in the order of `SHARED`."""
    return (
        row.type,
        row.trust,
        row.label,
        row.source,
        row.distance,
        row.note,
        row.confirmed_by,
        row.expires,
        row.ideology,
        row.list,
        row.file_type,
        row.stance,
        row.withdrawn,
    )


def read_list(name: str, source: Readable) -> Iterator[Entry | Problem]:
    """Give the entries of a list with one value per line; blank lines and lines that start with `#` are skipped."""
    lines = Lines(source)
    reader = Reader(named_in(name))
    nothing: tuple[object, ...] = ("",) * len(SHARED)
    for number, line in lines:
        if lines.problems:
            yield from _told(lines)
        value = line.strip()
        if not value or value.startswith("#"):
            continue
        try:
            yield reader.entry(nothing, value, "", "", "")
        except BadInput as error:
            yield facts.bad_row(f"line {number}", error.what, error.next_step)
    yield from _told(lines)


def tells_itself(line: str, name: str) -> bool:
    """Tell whether a line by itself looks like a value of a plain list."""
    value = line.strip()
    try:
        return bool(_told_by(value, named_in(name)))
    except BadInput:
        return bool(_DIGEST.fullmatch(value)) and len(value) == 64


def _told(lines: Lines) -> Iterator[Problem]:
    """Give the problems of lines that were left out."""
    yield from lines.problems
    lines.problems.clear()


def _told_by(value: str, named: str) -> str:
    """Tell the type of a value by the file's name and the value itself; raises BadInput."""
    if named in _OTHERS:
        return named
    digest = _DIGEST.fullmatch(value)
    length = len(value)
    if digest and named == "url-md5" and length == 32:
        return named
    if digest and length == 64:
        if named in _EITHER:
            return named
        raise BadInput("64 hex digits may be sha256 or pdq", "add a `type` column, or name the type in the file's name")
    if digest and length in _HEX:
        return _HEX[length]
    if _ADDRESS.match(value):
        return "url"
    raise BadInput(f"`{value[:40]}` does not tell its type", "add a `type` column, or name the type in the file's name")


def _withdrawn(said: object) -> str:
    """Read the moment an opinion was taken back, or whether it was; raises BadInput."""
    low = str(said).strip().lower()
    if said is None or low in {"", "no", "false", "0"}:
        return ""
    return facts.UNDATED if low in {"yes", "true", "1"} else facts.when(str(said))
