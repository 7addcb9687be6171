"""Lists as rows: the EU's and the UK's CSV, OFAC's `sdn.csv` with `alt.csv`, CSV with a header of one's own, and plain text."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO

from forestall.exchange.lists.sanctions import Sanctions, day
from forestall.model.content import Problem
from forestall.model.errors import BadList
from forestall.model.lists import ListEntry, ListKind

COLUMNS: Mapping[str, ListKind] = {
    "name": ListKind.NAMES,
    "term": ListKind.TERMS,
    "url": ListKind.URLS,
    "domain": ListKind.DOMAINS,
    "contact": ListKind.CONTACTS,
    "hash": ListKind.HASHES,
}
"""The column with the entries, whose name tells what they are."""

_MORE = ("aliases", "reference", "programme", "note", "kind")
_PEOPLE = frozenset({"individual", "person"})
_NONE = "-0-"
_LONGEST_CELL = 16_384
_UK_NAME = ("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6")
_UK_KIND = ("Individual, Entity, Ship", "Designation Type")
_EU_NAME, _EU_KIND = "NameAlias_WholeName", "Entity_SubjectType_ClassificationCode"


@dataclass(slots=True)
class _Body:
    """An organisation gathered from several rows."""

    name: str = ""
    good: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    programme: str = ""


class EuRows(Sanctions):
    """The EU's list as CSV: semicolons, a row per name and address."""

    source = "European Union (FSF)"

    def read(self, text: str) -> "EuRows":
        """Read the rows; raises BadList."""
        found: dict[str, _Body] = {}
        people: set[str] = set()
        for row in _named(text, self.file, ";"):
            number = row.get("Entity_EU_ReferenceNumber", "") or row.get("Entity_LogicalId", "")
            self.dated = self.dated or day(row.get("fileGenerationDate", ""))
            if row.get(_EU_KIND, "").lower() in ("person", "p"):
                people.add(number)
                continue
            body = found.setdefault(number, _Body(programme=row.get("Entity_Regulation_Programme", "")))
            name = row.get(_EU_NAME, "")
            body.name = body.name or name
            body.good.append(name)
        for number, body in found.items():
            self.keep(ListEntry(body.name, tuple(body.good), (), number, body.programme), "an entity")
        self.people = len(people)
        return self


class UkRows(Sanctions):
    """The UK's list as CSV: a line with the day, a header, a row per name."""

    source = "UK Sanctions List"

    def read(self, text: str) -> "UkRows":
        """Read the rows; raises BadList."""
        first, _, rest = text.partition("\n")
        if "Unique ID" not in first:
            self.dated = day(first.partition(":")[2].strip().strip('",'))
            text = rest
        found: dict[str, _Body] = {}
        people: set[str] = set()
        for row in _named(text, self.file, ","):
            number = row.get("Unique ID", "")
            if not number:
                raise BadList(f"the list {self.file} has a row without a `Unique ID`", "download the list again")
            kind = next((row[column].lower() for column in _UK_KIND if row.get(column)), "")
            if kind == "individual":
                people.add(number)
            if kind != "entity":
                continue
            body = found.setdefault(number, _Body(programme=row.get("Regime Name", "")))
            name = " ".join(row[part] for part in _UK_NAME if row.get(part))
            if not body.name and row.get("Name type", "").lower().startswith("primary"):
                body.name = name
            elif "low" in row.get("Alias strength", "").lower():
                body.weak.append(name)
            else:
                body.good.append(name)
            body.good.append(row.get("Name non-latin script", ""))
        for number, body in found.items():
            name = body.name or next((one for one in body.good if one), "")
            self.keep(ListEntry(name, tuple(body.good), tuple(body.weak), number, body.programme), "an entity")
        self.people = len(people)
        return self


class UsRows(Sanctions):
    """OFAC's list as CSV without headers: `sdn.csv` (number, name, kind, programme …), `alt.csv` (number, its own, kind, name …)."""

    source = "OFAC (SDN)"

    def read(self, texts: Sequence[str]) -> "UsRows":
        """Read the files of the list, in any order; raises BadList where no `sdn.csv` is among them."""
        found: dict[str, _Body] = {}
        others: list[list[str]] = []
        for text in texts:
            for cells in _cells(text, self.file, ","):
                if _is_alias(cells):
                    others.append(cells)
                elif _is_sdn(cells):
                    kind = cells[2].lower()
                    self.people += kind == "individual"
                    if kind == _NONE:
                        found[cells[0]] = _Body(cells[1], programme=cells[3].replace("] [", ", ").replace(_NONE, ""))
        for cells in others:
            if cells[0] in found:
                found[cells[0]].good.append(cells[3])
        for number, body in found.items():
            self.keep(ListEntry(body.name, tuple(body.good), (), number, body.programme), "an entry")
        if not found and not self.people:
            raise BadList(f"the list {self.file} has no `sdn.csv` among its files", "name sdn.csv and alt.csv together")
        return self


def _is_sdn(cells: Sequence[str]) -> bool:
    """Tell whether a row is one of `sdn.csv`: twelve cells."""
    return len(cells) == 12 and cells[0].isdigit()


def _is_alias(cells: Sequence[str]) -> bool:
    """Tell whether a row is one of `alt.csv`: five cells, two numbers, and what kind of name it is."""
    return len(cells) == 5 and cells[0].isdigit() and cells[1].isdigit() and cells[2].lower() in ("aka", "fka", "nka")


def told_by(text: str) -> str:
    """Name the form of a text by its first lines: `eu-csv`, `uk-csv`, `ofac-csv`, `csv` or `text`."""
    lines = [line for line in text[:65_536].splitlines() if line.strip() and not line.lstrip().startswith("#")][:2]
    first = lines[0] if lines else ""
    if _EU_NAME in first and _EU_KIND in first:
        return "eu-csv"
    if any("Unique ID" in line and "Name 6" in line for line in lines):
        return "uk-csv"
    cells = next(csv.reader([first]), [])
    if _is_sdn([cell.strip() for cell in cells]) or _is_alias([cell.strip() for cell in cells]):
        return "ofac-csv"
    return "csv" if COLUMNS.keys() & {cell.strip().lower() for cell in cells} else "text"


def own_rows(text: str, file: str) -> tuple[ListKind, list[ListEntry], int, list[Problem]]:
    """Read CSV with a header of one's own: kind, entries, people left out, rows that can't be used; raises BadList."""
    rows = _cells(text, file, ",", remarks=True)
    header = [cell.lower() for cell in next(rows)]
    keyed = [column for column in header if column in COLUMNS]
    unknown = [column for column in header if column not in COLUMNS and column not in _MORE]
    if unknown or len(keyed) != 1 or len(set(header)) != len(header):
        wrong = (unknown or keyed[1:] or header)[0]
        raise BadList(
            f"the list {file} has the unknown or repeated column `{wrong[:40]}`",
            f"use one of {', '.join(COLUMNS)} and, where there is more to say, {', '.join(_MORE)}",
        )
    entries: list[ListEntry] = []
    problems: list[Problem] = []
    people = 0
    for number, cells in enumerate(rows, 2):
        if len(cells) != len(header):
            what = f"row {number} has {len(cells)} cells where the header has {len(header)}"
            problems.append(Problem("bad-row", what, "quote cells that contain commas", file))
            continue
        row = dict(zip(header, cells, strict=True))
        if row.get("kind", "").lower() in _PEOPLE:
            people += 1
            continue
        aliases = tuple(alias.strip() for alias in row.get("aliases", "").split(";") if alias.strip())
        more = {name: row.get(name, "") for name in ("reference", "programme", "note")}
        entries.append(ListEntry(row[keyed[0]], aliases, (), **more))
    return COLUMNS[keyed[0]], entries, people, problems


def lines(text: str, file: str) -> list[ListEntry]:
    """Read plain text, one entry per line, `#` at the beginning for remarks; raises BadList where it is none."""
    if any(mark in text for mark in "\0\x01\x02"):
        raise BadList(f"the list {file} is not a text", "give a sanctions list, a CSV, or one entry per line")
    return [ListEntry(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _named(text: str, file: str, mark: str) -> Iterator[dict[str, str]]:
    """Give rows by the names of the header; rows that are shorter or longer are read as far as they go."""
    rows = _cells(text, file, mark)
    header = next(rows, [])
    for cells in rows:
        yield dict(zip(header, cells, strict=False))


def _cells(text: str, file: str, mark: str, *, remarks: bool = False) -> Iterator[list[str]]:
    """Give the cells of rows that are not empty, without blanks around them; raises BadList."""
    rows = csv.reader(StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        for cells in rows:
            tidy = [" ".join(cell[:_LONGEST_CELL].split()) for cell in cells]
            if any(tidy) and not (remarks and tidy[0].startswith("#")) and tidy != ["\x1a"]:
                yield tidy
    except csv.Error as error:
        raise BadList(f"line {rows.line_num} of the list {file} is not CSV ({error})", "correct that line") from None
