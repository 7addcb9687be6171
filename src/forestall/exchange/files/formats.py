"""Knows the formats of signal lists by their content (`ports.SignalFiles`)."""

import csv
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from forestall.exchange import facts
from forestall.exchange.elements import Elements, encoding_of
from forestall.exchange.files import hma, rows, stix
from forestall.exchange.files.lines import Lines
from forestall.exchange.tcap import translate as tcap
from forestall.exchange.threatexchange import translate as threatexchange
from forestall.model.bank import Entry
from forestall.model.content import Problem
from forestall.model.errors import BadInput

Rows = Iterator[Entry | Problem]

_LOOKED_AT = 32
"""Lines at the beginning of a plain list that may tell what it is."""
_KEY = re.compile(r'"([A-Za-z_]{1,40}+)"\s*+:')
_LISTS = frozenset({b"results", b"data", b"objects", b"contents", b"content", b"hashes"})


class SignalFileFormats:
    """All formats. A file is read as it comes, in bounded memory; what can't be used is a Problem and the rest goes on."""

    def recognise(self, name: str, head: bytes) -> str:
        """Name the format of a file from its name and first 64 KiB; empty where it holds no signals."""
        encoding, mark = encoding_of(head[:4])
        text = head[mark:].decode(encoding, "replace")
        lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
        first = lines[0].strip() if lines else ""
        if first[:1] in {"{", "["}:
            return _json_format(text.lstrip(), first)
        if next(_csv_cells(first), []) == list(tcap.CSV_COLUMNS):
            return "tcap-csv"
        told = rows.header(first) if first else None
        if told and (len(told[1]) > 1 or not rows.tells_itself(first, name)):
            return "csv"
        return "list" if any(rows.tells_itself(line, name) for line in lines[:_LOOKED_AT]) else ""

    def read(self, format_name: str, name: str, source: BinaryIO) -> Rows:
        """Give the entries of a recognised file one by one; raises BadInput for a format nobody knows."""
        reader = _READERS.get(format_name)
        if reader is None:
            known = ", ".join(_READERS)
            raise BadInput(f"`{format_name[:40]}` is no format of signal lists", f"known formats are {known}")
        return reader(name, source)


def _json_format(text: str, first: str) -> str:
    """Name a JSON format by the keys at its beginning."""
    keys = set(_KEY.findall(text[:65536]))
    if '"type"' in text and {"objects", "spec_version"} & keys and ("bundle" in text or "objects" in keys):
        return "stix"
    if {"hash_digest", "algorithm"} <= keys:
        return "tcap-v1" if text.startswith("[") else "tcap-v2"
    if "signals" in keys:
        return (
            "hma" if text.startswith("[") or {"contents", "content"} & set(_KEY.findall(first[:200])) else "hma-lines"
        )
    if {"indicator", "type"} <= keys or {"raw_indicator", "type"} <= keys:
        return "threatexchange" if text.startswith("[") or "data" in keys else ""
    if {"url_hash", "md5", "hashes"} & keys and {"results", "count"} & keys:
        return "tcap-urls"
    if first.startswith("{") and {"value", *(other for other, ours in rows.ALIASES.items() if ours == "value")} & keys:
        return "ndjson"
    return ""


def _csv_cells(line: str) -> Iterator[list[str]]:
    """Give the cells of one line, nothing where its quotes are broken."""
    try:
        yield from csv.reader([line], strict=True)
    except csv.Error:
        return


def _records(source: BinaryIO, each: Callable[[bytes, str], list[Entry | Problem]]) -> Rows:
    """Give the entries of a JSON document with a list, by what `each` makes of an element."""
    elements = Elements(source, _LISTS)
    for element in elements:
        if isinstance(element, Problem):
            yield element
        else:
            yield from each(element[1], f"record {element[0]}")
    if not elements.listed:
        yield Problem("not-json", "the file holds no list of signals", "get it again", "record 1")


def _tcap(_name: str, source: BinaryIO) -> Rows:
    return _records(source, lambda data, where: [tcap.of_hash(data, where)])


def _tcap_addresses(_name: str, source: BinaryIO) -> Rows:
    return _records(source, tcap.of_address)


def _tcap_csv(_name: str, source: BinaryIO) -> Rows:
    """Give the entries of a TCAP CSV export."""
    lines = Lines(source)
    for number, cells in rows.records(lines, ",", len(tcap.CSV_COLUMNS)):
        yield from lines.problems
        lines.problems.clear()
        where = f"line {number}"
        if cells == list(tcap.CSV_COLUMNS):
            continue
        if len(cells) != len(tcap.CSV_COLUMNS):
            yield facts.bad_row(where, f"{len(cells)} cells where the header has {len(tcap.CSV_COLUMNS)}")
        else:
            yield tcap.of_csv(cells, where)
    yield from lines.problems


def _threatexchange(_name: str, source: BinaryIO) -> Rows:
    return _records(source, _threatexchange_record)


def _threatexchange_record(data: bytes, where: str) -> list[Entry | Problem]:
    """Give the entries of a descriptor or an update, whichever it is."""
    try:
        told = msgspec.json.decode(data, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [facts.bad_row(where, "it is no descriptor and no update")]
    if isinstance(told.raw_indicator, str):
        return threatexchange.of_descriptor(data, where)
    return threatexchange.of_update(data, where)[0]


class _Told(msgspec.Struct):
    """What tells a descriptor from an update."""

    raw_indicator: object = None


def _hma(_name: str, source: BinaryIO) -> Rows:
    return _records(source, hma.of_content)


def _hma_lines(_name: str, source: BinaryIO) -> Rows:
    """Give the entries of HMA contents, one per line."""
    lines = Lines(source)
    for number, line in lines:
        yield from lines.problems
        lines.problems.clear()
        if line and not line.isspace():
            yield from hma.of_content(line.encode("utf-8", "replace"), f"line {number}")
    yield from lines.problems


def _stix(_name: str, source: BinaryIO) -> Rows:
    return _records(source, stix.of_object)


_READERS: dict[str, Callable[[str, BinaryIO], Rows]] = {
    "csv": rows.read_csv,
    "ndjson": rows.read_ndjson,
    "list": rows.read_list,
    "tcap-csv": _tcap_csv,
    "tcap-v1": _tcap,
    "tcap-v2": _tcap,
    "tcap-urls": _tcap_addresses,
    "threatexchange": _threatexchange,
    "hma": _hma,
    "hma-lines": _hma_lines,
    "stix": _stix,
}
