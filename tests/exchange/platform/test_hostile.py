"""Hostile exports: every fault is named on its item, the rest goes on, and memory stays bounded."""

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.exchange.platform import PlatformExports, mailbox, source, tables
from forestall.exchange.platform.pieces import Broken, pieces
from forestall.model.content import Content, Problem

EXPORTS = PlatformExports()


def read(format_name: str, data: bytes) -> list[Content]:
    """Read bytes as a format, with media that is never there."""
    return list(EXPORTS.read(format_name, "x", io.BytesIO(data), lambda path: Problem("missing", path)))


def causes(items: list[Content]) -> list[tuple[str, tuple[str, ...]]]:
    """Give each item's id and the causes of its problems."""
    return [(item.id, tuple(problem.cause for problem in item.problems)) for item in items]


@pytest.mark.parametrize(
    ("line", "cause", "text"),
    [
        (b"{broken", "not-json", ""),
        (b'{"text": "a"} and more', "not-json", ""),
        (b"[1, 2]", "not-a-post", ""),
        (b"null", "not-a-post", ""),
        (b'"text"', "not-a-post", ""),
        (b'{"x": ' + b"[" * 100_000, "too-deep", ""),
        (b'{"text": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too-deep", ""),
        (b'{"text": "a\xffb"}', "encoding", "a\ufffdb"),
        (b'{"text": "a\xed\xa0\x80b"}', "encoding", "a\ufffd\ufffd\ufffdb"),
        (b'{"text": "a\\ud800b"}', "", "a\ud800b"),
        (b'{"text": "\\ud83d\\ude00"}', "", "\U0001f600"),
        (b'{"text": "a\x00\x1fb"}', "", "a\x00\x1fb"),
        (b'{"text": "a", "score": NaN}', "", "a"),
        (b'{"text": 5}', "no-text", "5"),
        (b'{"text": null}', "no-text", ""),
        (b'{"txet": "a"}', "no-text", ""),
        (b'{"text": "a", "id": {"x": 1}}', "", "a"),
        (b'{"text": "a", "id": ' + b"9" * 5_000 + b"}", "not-json", ""),
        (b'{"text": "a", "id": true, "author": [], "url": 5}', "", "a"),
        (b'{"text": "a", "audience": "everybody"}', "bad-field", "a"),
        (b'{"text": "a", "audience": 5}', "bad-field", "a"),
        (b'{"text": "a", "media": {"path": "x"}}', "", "a"),
        (b'{"text": "a", "media": ["", 5, null]}', "", "a"),
        (b'{"text": "a", "media": "x.png"}', "missing", "a"),
        (b'{"text": "a", "media": "https://x.example/y.png"}', "remote-media", "a"),
    ],
)
def test_lines_that_are_not_as_they_should_be(line: bytes, cause: str, text: str) -> None:
    """What is wrong with a line is named on its item, what can be read of it is, and the lines around it are whole."""
    before, item, after = read("posts-lines", b'{"id": "b", "text": "x"}\n' + line + b'\n{"id": "a", "text": "y"}')
    assert (before.id, after.id, before.problems, after.problems) == ("b", "a", (), ())
    assert item.text == text
    assert item.id == "x:2"
    assert [problem.cause for problem in item.problems] == ([cause] if cause else [])
    assert all(problem.what and problem.next_step for problem in item.problems if problem.cause != "missing")


def test_blank_lines_and_line_ends() -> None:
    """Blank lines are nothing, any line end will do, the last one may be missing."""
    items = read("posts-lines", b'\xef\xbb\xbf{"text": "a"}\r\n\n  \n{"text": "b"}')
    assert [(item.id, item.text) for item in items] == [("x:1", "a"), ("x:4", "b")]


def test_times_of_all_kinds() -> None:
    """Seconds and milliseconds become instants, what is no time is left out."""
    given_ = [
        '"2026-01-31"',
        '"1769860800"',
        "1769860800",
        "1769860800000",
        "1e400",
        "-5",
        "[]",
        '"9999999999999999999"',
    ]
    items = read("posts-lines", "\n".join(f'{{"text": "x", "published": {value}}}' for value in given_).encode())
    instant = "2026-01-31T12:00:00.000Z"
    assert [item.published for item in items] == ["2026-01-31", instant, instant, instant, "", "", "", ""]


def test_too_many_files() -> None:
    """Of very many files on one post the first are fetched, the rest is named once."""
    line = json.dumps({"text": "x", "media": [f"{number}.png" for number in range(1_000)]}).encode()
    problems = [problem.cause for problem in read("posts-lines", line)[0].problems]
    assert problems == ["missing"] * source.MOST_MEDIA + ["too-many-media"]


class _Endless(io.RawIOBase):
    """Bytes made as they are read, so that nothing holds them but the reader."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub wants the wider Buffer
        self._left = self._left or next(self._chunks, b"")
        size = min(len(self._left), len(buffer))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _peak(format_name: str, chunks: Callable[[int], Iterator[bytes]], count: int) -> tuple[int, int]:
    """Give how many items a made-up file has, and the most memory reading it took."""
    file = io.BufferedReader(_Endless(chunks(count)), 64 * 1024)
    tracemalloc.start()
    try:
        items = sum(1 for _ in EXPORTS.read(format_name, "x", file, lambda path: Problem("missing", path)))
        return items, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _many_lines(count: int) -> Iterator[bytes]:
    return (b'{"id": "%d", "text": "ordinary words, and some more of them"}\n' % number for number in range(count))


def _many_rows(count: int) -> Iterator[bytes]:
    yield b"id,text\n"
    yield from (b'%d,"ordinary words,\nand some more of them"\n' % number for number in range(count))


def _many_mails(count: int) -> Iterator[bytes]:
    return (b"From a@b.example Sat Jan 31 2026\nSubject: x\n\nbody %d\n\n" % number for number in range(count))


def _many_entries(count: int) -> Iterator[bytes]:
    yield b"<feed>"
    yield from (b"<entry><id>%d</id><summary>words</summary></entry>" % number for number in range(count))
    yield b"</feed>"


@pytest.mark.parametrize(
    ("format_name", "chunks"),
    [("posts-lines", _many_lines), ("posts-comma", _many_rows), ("mbox", _many_mails), ("feed", _many_entries)],
)
def test_memory_does_not_grow_with_the_file(format_name: str, chunks: Callable[[int], Iterator[bytes]]) -> None:
    """Eight times the posts take the same memory."""
    few, small = _peak(format_name, chunks, 2_000)
    many, large = _peak(format_name, chunks, 16_000)
    assert (few, many) == (2_000, 16_000)
    assert large < small + 256 * 1024


@pytest.mark.parametrize("format_name", ["posts-lines", "posts-comma"])
def test_a_line_without_end(format_name: str) -> None:
    """A line of 100 MB is one item that says so, is never held in memory, and the next line is read."""

    def chunks(count: int) -> Iterator[bytes]:
        yield b"id,text\n" if format_name == "posts-comma" else b""
        yield from (b'{"text": "' if number == 0 else b"a" * 1024 * 1024 for number in range(count))
        yield b'\n"last,{}"\n' if format_name == "posts-comma" else b'\n{"id": "last", "text": "x"}\n'

    def start(count: int) -> Iterator[bytes]:
        return (chunk for chunk in chunks(count) if chunk)

    items, peak = _peak(format_name, start, 100)
    assert items == 2
    assert peak < 4 * source.LONGEST_LINE


def test_an_unclosed_quote_swallows_nothing() -> None:
    """Where a quote is never closed, every line after it is still a row of its own, and the first is marked."""
    rows = [f"{number},words" for number in range(30_000)]
    items = read("posts-comma", "\n".join(["id,text", "a,fine", 'b,"never closed', *rows]).encode())
    assert [item.id for item in items[:4]] == ["a", "b", "0", "1"]
    assert len(items) == 30_002
    assert causes(items[1:3]) == [("b", ("bad-row",)), ("0", ())]


def test_quotes_that_never_close_again_and_again() -> None:
    """Many quotes that swallow up to the limit are each given up once; the rows come out all the same."""
    block = '"' + "\n".join(f"{number},{'w' * 1_000}" for number in range(1_100))
    items = read("posts-comma", ("id,text\n" + "\n".join([block, 'x,"y"z', block])).encode())
    assert sum(item.text.startswith("www") for item in items) >= 2_190
    assert any(problem.cause == "bad-row" for item in items for problem in item.problems)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("id,text\n1\n", [("1", ("no-text",))]),
        ("id,text\n1,a,extra,cells\n", [("1", ())]),
        ("id,text\n,\n\n,b\n", [("x:4", ())]),
        ("id,text,media\n1,,a.png|b.png\n", [("1", ("missing", "missing"))]),
        ('id,text\n1,"a"b\n2,c\n', [("1", ()), ("2", ())]),
        ("id,text\n1,a\rb\n2,c\n", [("1", ()), ("2", ())]),
        ("text,text,id\na,b,1\n", [("1", ())]),
        ("name,age\n1,2\n", [("x", ("no-columns",))]),
        ("", []),
    ],
)
def test_odd_tables(table: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    """Short, long, empty and badly quoted rows, double and missing columns all come to something definite."""
    assert causes(read("posts-comma", table.encode())) == expected


def test_bytes_that_are_no_utf8_in_a_table() -> None:
    """A row with invalid bytes is read with them replaced, and says so."""
    items = read("posts-comma", b"id,text\n1,a\xffb\n2,\xef\xbf\xbd\n")
    assert [(item.text, len(item.problems)) for item in items] == [("a\ufffdb", 1), ("\ufffd", 0)]


@given(
    st.lists(
        st.tuples(st.text(alphabet='ab",\r\n \u0000é', min_size=1), st.text(alphabet="xyz", min_size=1)),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_tables_round_trip(rows: list[tuple[str, str]]) -> None:
    """What Python's own writer writes is read back, whatever the texts hold."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("text", "id"), *rows])
    items = read("posts-comma", file.getvalue().encode())
    assert [(item.text, item.id) for item in items] == rows


@pytest.mark.parametrize("format_name", ["posts-list", "mastodon", "telegram", "matrix", "discourse"])
@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"[" * 100_000, "not-json"),
        (b'{"messages":' * 50_000, "not-json"),
        (b'{"orderedItems": [', "not-json"),
        (b"{}", "not-a-post"),
        (b'{"messages": {"text": "x"}, "orderedItems": 5, "post_stream": [], "posts": "x"}', "not-a-post"),
        (b"{]", "not-json"),
        (b"", "not-a-post"),
        (b"\xff\xfe\x00", "not-a-post"),
    ],
)
def test_whole_files_that_are_broken(format_name: str, data: bytes, cause: str) -> None:
    """A file that is no such export comes to one item that says so."""
    (item,) = read(format_name, data)
    assert [problem.cause for problem in item.problems] in ([cause], ["not-json"])


def test_one_bad_post_among_good_ones() -> None:
    """In a whole JSON file a post that cannot be read is one item, and those around it are read."""
    data = b'{"messages": [{"id": 1, "text": "a"}, 7, "x", [], {"id": 2, "text": "\xff"}, ' + b'{"id": ' + b"[" * 5_000
    data += b"]" * 5_000 + b'}, {"id": 3, "text": "\\ud800"}, {"id": 4, "x": NaN, "text": "d"}], "id": 9, "type": "t"}'
    assert causes(read("telegram", data)) == [
        ("/1", ()),
        ("x:2", ("not-a-post",)),
        ("x:3", ("not-a-post",)),
        ("x:4", ("not-a-post",)),
        ("/2", ("encoding",)),
        ("x:6", ("too-deep",)),
        ("/3", ()),
        ("/4", ()),
    ]


def test_files_and_posts_have_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole JSON file over its limit is refused with the way out; a single enormous post is one item."""
    monkeypatch.setattr(source, "LONGEST_RECORD", 1_000)
    data = b'[{"text": "' + b"a" * 2_000 + b'"}, {"id": 1, "text": "b"}]'
    assert causes(read("posts-list", data)) == [("x:1", ("too-large",)), ("1", ())]
    monkeypatch.setattr(source, "LARGEST_FILE", 1_000)
    (item,) = read("posts-list", data)
    assert [(problem.cause, problem.next_step) for problem in item.problems] == [
        ("too-large", "export it in parts, or as one post per line (JSONL)")
    ]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["messages", "id", "x", '"\\']), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=5), JSON, st.booleans())
@settings(max_examples=300, derandomize=True, deadline=None)
def test_pieces_are_the_elements(elements: list[object], other: object, spaced: bool) -> None:
    """Taking JSON apart gives the very elements of a list, whatever stands in and around it."""
    data = json.dumps({"before": other, "messages": elements, "after": other}, indent=2 if spaced else None).encode()
    found = [piece for piece in pieces(data, [("messages", "*")], [("before",)]) if not piece.opens]
    taken = [json.loads(piece.data) for piece in found if piece.path == ("messages", "*")]
    assert taken == elements
    plain = [json.loads(piece.data) for piece in found if piece.path == ("before",)]
    assert plain == ([] if isinstance(other, dict | list) else [other])


@pytest.mark.parametrize("data", [b"[}", b"{} {}", b"[1", b'{"messages": [', b"]", b'["x', b"[[1]"])
def test_pieces_of_broken_json(data: bytes) -> None:
    """JSON that ends too early, closes what is not open or goes on after its end is said to be broken."""
    with pytest.raises(Broken, match="at byte"):
        list(pieces(data, [("*",)]))


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        (
            b'<!DOCTYPE rss SYSTEM "http://x.example/x.dtd"><rss><item><title>a</title></item></rss>',
            [("x:1", ("refused-xml",))],
        ),
        (
            b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><item><title>&b;</title></item></rss>',
            [("x:1", ("refused-xml",))],
        ),
        (b"<rss>" + b"<a>" * 100, [("x:1", ("too-deep",))]),
        (b"<rss><item><guid>1</guid></item>\n<item><title>cut", [("1", ()), ("x:2", ("not-xml",))]),
        (b"<rss><item><guid>1</guid></item></rss></rss>", [("1", ()), ("x:1", ("not-xml",))]),
        (b"<rss><item><title>&nosuch;</title></item></rss>", [("x:1", ("not-xml",))]),
        (b"<rss><item><title>\xff</title></item></rss>", [("x:1", ("not-xml",))]),
        (b'<?xml version="1.0" encoding="x-none"?><rss/>', [("x:1", ("not-xml",))]),
        (b'<?xml version="1.0" encoding="utf-7"?><rss/>', [("x:1", ("not-xml",))]),
        (b'<?xml version="1.0" encoding="hex"?><rss/>', [("x:1", ("not-xml",))]),
        (b"<rss><item><pubDate>31st of never</pubDate><title>a</title></item></rss>", [("x:1", ())]),
        (b"<rss><item><item><title>inner</title></item></item></rss>", [("x:1", ())]),
        (b"", [("x:1", ("not-xml",))]),
    ],
)
def test_hostile_feeds(feed: bytes, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    """Entities, depth and broken XML are refused in words, after the items before them."""
    assert causes(read("feed", feed)) == expected


def test_a_feed_item_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an enormous item so much is kept and no more, and it says so."""
    item = read("feed", b"<rss><item><description>" + b"a" * 5_000_000 + b"</description></item></rss>")[0]
    assert len(item.text) <= 4 * 1024 * 1024
    assert [problem.cause for problem in item.problems] == ["too-long"]


def test_mails_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail over the limit is named and passed over, the next is read."""
    monkeypatch.setattr(mailbox, "LARGEST_MAIL", 1_000)
    start = b"From a@b.example Sat Jan 31 12:00:00 2026\n"
    data = start + b"Subject: x\n\n" + b"a\n" * 2_000 + b"\n" + start + b"Subject: y\n\nsmall\n"
    items = read("mbox", data)
    assert causes(items) == [("x:1", ("too-large",)), ("x:2", ())]
    assert items[1].attachments[0].data == b"Subject: y\n\nsmall\n"


def test_delimiters_are_told_from_the_header() -> None:
    """The delimiter is the one that makes our columns appear."""
    assert [tables.header(line) for line in ("id,text", "id\ttext", "id;text", "id|text", "a,b", 'id,"text', "")] == [
        ",",
        "\t",
        ";",
        "|",
        "",
        "",
        "",
    ]
