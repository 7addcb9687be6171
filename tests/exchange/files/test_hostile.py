"""Hostile lists cost bounded time and memory, and spoil only their own rows."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.exchange import elements as walk
from forestall.exchange.elements import Elements
from forestall.exchange.files import SignalFileFormats, lines
from forestall.exchange.files.pattern import values_of
from forestall.model.bank import Entry
from forestall.model.content import Problem
from forestall.model.errors import BadInput
from tests.exchange.partner import FILES, payload

FORMATS = SignalFileFormats()
GOOD = "ab" * 16
ALL = (
    "csv",
    "ndjson",
    "list",
    "tcap-csv",
    "tcap-v1",
    "tcap-v2",
    "tcap-urls",
    "threatexchange",
    "hma",
    "hma-lines",
    "stix",
)


class Dribble(io.BytesIO):
    """A file that gives a few bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Give at most seven bytes."""
        return super().read(min(7, size) if size and size > 0 else 7)


def read(form: str, data: bytes | str, name: str = "list") -> tuple[list[Entry], list[Problem]]:
    """Read a list in a format."""
    raw = data.encode() if isinstance(data, str) else data
    items = list(FORMATS.read(form, name, io.BytesIO(raw)))
    return [i for i in items if isinstance(i, Entry)], [i for i in items if isinstance(i, Problem)]


@given(st.binary(max_size=600), st.sampled_from(ALL))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_no_bytes_break_a_reader(data: bytes, form: str) -> None:
    """Whatever the bytes, reading ends, gives entries and problems, and raises nothing."""
    for item in FORMATS.read(form, "x", io.BytesIO(data)):
        assert isinstance(item, Entry | Problem)
    assert isinstance(FORMATS.recognise("x", data), str)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(JSON, max_size=8),
    st.dictionaries(st.sampled_from(["a", "b", "next"]), JSON),
    st.booleans(),
    st.integers(0, 2),
)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_elements_are_those_of_the_document(
    items: list[object], beside: dict[str, object], ascii_only: bool, indent: int
) -> None:
    """However a document is written and however it arrives, its elements and members are what a parser sees."""
    text = json.dumps({**beside, "data": items}, ensure_ascii=ascii_only, indent=indent or None)
    for source in (io.BytesIO(text.encode("utf-8", "replace")), Dribble(text.encode("utf-8", "replace"))):
        walker = Elements(source, frozenset({b"data"}))
        found = [json.loads(item[1]) for item in walker if not isinstance(item, Problem)]
        assert walker.whole
        sent = json.loads(text.encode("utf-8", "replace"))
        assert found == sent["data"]
        assert {name: json.loads(value) for name, value in walker.members.items()} == {
            name: value for name, value in sent.items() if name != "data"
        }


ODD = (
    "1e999",
    "-1e999",
    "9" * 5_000,
    "-" + "9" * 400,
    "1.7976931348623157e308",
    '"9999999999999"',
    '"\\ud800"',
    '"\\u0000"',
    '""',
    '"' + "x" * 5_000 + '"',
    "true",
    "null",
    "7",
    "-1",
    "[]",
    "{}",
    "[[[]]]",
    '{"a":{"data":[1]}}',
    '["a",1]',
)
"""Values that nobody expects."""


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Give the path of everything in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))


def with_value(value: Any, path: tuple[object, ...], text: str) -> str:
    """Give a document as JSON with another text in one place."""
    if not path:
        return text
    if isinstance(value, dict):
        inside = (
            f"{json.dumps(k)}:{with_value(v, path[1:], text) if k == path[0] else json.dumps(v)}"
            for k, v in value.items()
        )
        return "{" + ",".join(inside) + "}"
    inside = (with_value(v, path[1:], text) if n == path[0] else json.dumps(v) for n, v in enumerate(value))
    return "[" + ",".join(inside) + "]"


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, form in FILES.items() if name.endswith("json")])
def test_no_value_anywhere_breaks_a_translation(name: str, form: str) -> None:
    """Whatever stands in any place of any document, it becomes entries or problems that can be kept, and nothing is raised."""
    document = json.loads(payload(name))
    for path in leaves(document):
        for odd in ODD:
            text = with_value(document, path, odd)
            for item in FORMATS.read(form, "x", io.BytesIO(text.encode())):
                assert isinstance(item, Entry | Problem)
                if isinstance(item, Entry):
                    assert len(item.opinion.note + item.opinion.label) < 4_000
                    assert len(item.opinion.source) < 2_000


def test_a_long_line_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the limit is one problem; its neighbours are read."""
    monkeypatch.setattr(lines, "LONGEST_LINE", 1_000)
    for form, before in (("list", ""), ("csv", "value\n")):
        entries, problems = read(form, f"{before}{GOOD}\n{'x' * 700_000}\n{GOOD}\n{'y' * 5_000}")
        assert [entry.value for entry in entries] == [GOOD, GOOD]
        assert [problem.cause for problem in problems] == ["too-long", "too-long"]
        assert problems[0].part == f"line {2 + bool(before)}"


def test_reading_takes_bounded_memory() -> None:
    """A million-byte row, an endless list without line ends and an endless record are not held in memory."""
    for form, data in (
        ("list", b"a" * 30_000_000),
        ("tcap-v1", b'[{"hash_digest":"' + b"a" * 30_000_000),
        ("tcap-v1", b"[" + b"[" * 30_000_000),
        ("stix", b'{"objects":[' + b'{"a":{' * 5_000_000),
        ("hma", b"[{" + (b'"a":"' + b"b" * 10_000 + b'",') * 3_000),
    ):
        source = io.BytesIO(data)
        tracemalloc.start()
        list(FORMATS.read(form, "x", source))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16_000_000, form


def test_a_stray_quote_spoils_only_its_row() -> None:
    """A quote that never closes does not swallow the rows below it."""
    rows = "\n".join([f"{GOOD},a", f'{GOOD},"b', f"{GOOD},c", f"{GOOD},d"])
    entries, problems = read("csv", f"value,label\n{rows}\n")
    assert [entry.opinion.label for entry in entries] == ["a", "c", "d"]
    assert [problem.part for problem in problems] == ["line 3"]


def test_bytes_that_are_no_text_spoil_only_their_row() -> None:
    """Invalid UTF-8 is a problem of its line."""
    entries, problems = read("csv", b"value,label\n" + GOOD.encode() + b",a\n\xff\xfe,b\n" + GOOD.encode() + b",c\n")
    assert len(entries) == 2
    assert [(problem.cause, problem.part) for problem in problems] == [("encoding", "line 3")]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("value,colour", "unknown column `colour`"),
        ("value,label,label", "column `label` twice"),
        ("label,type", "no header with a `value` column"),
        ("", "no header"),
    ],
)
def test_a_header_that_cant_be_used_is_one_problem(head: str, words: str) -> None:
    """Nothing is guessed below a header with unknown or repeated columns: a fact would be lost silently."""
    entries, problems = read("csv", f"{head}\n{GOOD},x,y\n")
    assert entries == []
    assert len(problems) == 1
    assert words in problems[0].what


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("zz,,,,", "does not tell its type"),
        (f"{'ab' * 32},,,,", "may be sha256 or pdq"),
        (f"{GOOD},,sure,,", "unknown trust"),
        (f"{GOOD},,,far,", "distance"),
        (f"{GOOD},,,-1,", "distance"),
        (f"{GOOD},,,,soon", "expires"),
        (",md5,,,", "value is missing"),
        (f"{GOOD},md5", "2 cells where the header has 5"),
    ],
)
def test_a_bad_row_says_what_is_wrong(row: str, words: str) -> None:
    """The problem names the line and what to correct; the next row is read."""
    entries, problems = read("csv", f"value,type,trust,distance,expires\n{row}\n{GOOD},md5,,,\n")
    assert len(entries) == 1
    assert problems[0].part == "line 2"
    assert words in problems[0].what


def test_json_lines_with_odd_rows() -> None:
    """Unknown keys, wrong types, deep nesting and halves are problems of their lines; of a repeated key the last counts."""
    rows = [
        '{"value":"' + GOOD + '"}',
        '{"value":"' + GOOD + '","colour":"red"}',
        '{"value":7}',
        '{"value":' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"value":"' + GOOD,
        "null",
        '{"value":"00","value":"' + GOOD + '","label":"x"}',
    ]
    entries, problems = read("ndjson", "\n".join(rows))
    assert [entry.value for entry in entries] == [GOOD, GOOD]
    assert [problem.part for problem in problems] == [f"line {number}" for number in (2, 3, 4, 5, 6)]


def test_a_type_is_told_by_the_name_of_the_file_where_it_must_be() -> None:
    """64 digits are PDQ or SHA-256 as the file's name says; a name that says neither or both tells nothing."""
    value = "ab" * 32
    assert read("list", value, "/x/pdq-known.txt")[0][0].type == "pdq"
    assert read("list", value, "known_SHA256.txt")[0][0].type == "sha256"
    assert read("list", GOOD, "tcap-url-md5.txt")[0][0].type == "url-md5"
    assert read("list", GOOD, "pdq.txt")[0][0].type == "md5"
    assert read("list", "https://tide.example/x", "a.txt")[0][0].type == "url"
    assert read("list", value, "pdq-and-sha256.txt")[0] == []


def test_other_separators_and_names_of_columns_are_read() -> None:
    """Semicolons, tabs, capitals and the names others give these columns work."""
    for separator in ";\t":
        entries, problems = read("csv", separator.join(["Hash", "Algorithm"]) + "\n" + separator.join([GOOD, "MD5"]))
        assert problems == []
        assert (entries[0].type, entries[0].value) == ("md5", GOOD)


def test_a_record_that_is_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record beyond the limit is one problem; its neighbours are read."""
    monkeypatch.setattr(walk, "LONGEST_ELEMENT", 2_000)
    row = {"hash_digest": GOOD, "algorithm": "MD5"}
    long = {**row, "more": [{"x": "y" * 100}] * 6_000}
    entries, problems = read("tcap-v1", json.dumps([row, long, row]))
    assert len(entries) == 2
    assert [(problem.cause, problem.part) for problem in problems] == [("too-long", "record 2")]


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "[",
        "[]",
        "[file:hashes.MD5 = ]",
        "[file:hashes.MD5 = 'a'",
        "[file:hashes.MD5 = 'a'] FOLLOWEDBY [file:hashes.MD5 = 'b']",
        "[file:hashes.MD5 = 'a'] WITHIN 5 SECONDS",
        "[file:hashes.MD5 LIKE 'a%']",
        "[file:hashes.MD5 != 'a']",
        "[file:hashes.MD5 NOT = 'a']",
        "[file:name = 'a']",
        "[file:hashes.MD5 = 'a' AND url:value = 'b']",
        "[url:value = 'a' AND url:value = 'b']",
        "[url:value = 'a" + "\\'" * 50_000,
        "[" + "(" * 100_000 + "url:value = 'a'",
        "[url:value IN ('a' 'b')]",
    ],
)
def test_patterns_that_ask_for_more_are_refused(pattern: str) -> None:
    """What is narrower than a list, or no pattern, is never taken for one."""
    with pytest.raises(BadInput):
        values_of(pattern)


def test_patterns_of_lists_are_read() -> None:
    """Names of hashes with and without quotes and hyphens, brackets, sets and escapes are understood."""
    pattern = r"[(file:hashes.'SHA-256' = 'a' OR file:hashes.md5='b') OR url:value IN ('c\'c', 'd')] OR [domain-name:value = 'e']"
    assert values_of(pattern) == [("sha256", "a"), ("md5", "b"), ("url", "c'c"), ("url", "d"), ("domain", "e")]
    assert values_of("[file:hashes.MD5 = 'a' AND file:hashes.'SHA-1' = 'b']") == [("md5", "a"), ("sha1", "b")]
