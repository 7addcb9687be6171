"""Signal lists are recognised by content, read as they come, and lose no fact."""

import codecs
import io
import json
from pathlib import Path

import pytest

from forestall.exchange.files import SignalFileFormats
from forestall.exchange.files.rows import COLUMNS
from forestall.model.bank import Bank, Entry, Opinion, Signal, Stance, Trust
from forestall.model.content import Problem
from forestall.model.errors import BadInput
from tests.exchange.partner import FILES, PAYLOADS, payload

FORMATS = SignalFileFormats()
SHARED = Path(__file__).parents[4] / "shared" / "data" / "interop" / "tcap" / "fake_tcap_data.csv"


def read(data: bytes, name: str = "list", form: str = "") -> tuple[list[Entry], list[Problem]]:
    """Read a list in the format it is recognised as."""
    form = form or FORMATS.recognise(name, data[: 64 * 1024])
    assert form
    items = list(FORMATS.read(form, name, io.BytesIO(data)))
    entries = [item for item in items if isinstance(item, Entry)]
    return entries, [item for item in items if isinstance(item, Problem)]


@pytest.mark.parametrize(("name", "form"), FILES.items())
def test_each_format_is_recognised_by_content(name: str, form: str) -> None:
    """The name of a file plays no part, nor do white space and a byte order mark at its beginning."""
    data = payload(name)
    assert FORMATS.recognise("x", data[: 64 * 1024]) == form
    assert FORMATS.recognise("x", codecs.BOM_UTF8 + b"\n " * name.endswith("json") + data) == form
    if name.endswith("json"):
        assert FORMATS.recognise("x", json.dumps(json.loads(data)).encode()) == form


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"hello there",
        b"{}",
        b"[]",
        b'{"id": 1, "text": "a post"}',
        b"name,age\nx,1\n",
        b"\x89PNG\r\n",
        b"\x00\x01\x02\x03",
    ],
)
def test_what_holds_no_signals_is_not_recognised(data: bytes) -> None:
    """Posts, pictures and nothing at all are no signal lists."""
    assert FORMATS.recognise("x", data) == ""


def test_an_unknown_format_is_said() -> None:
    """Reading in a format nobody knows names those that there are."""
    with pytest.raises(BadInput, match="tcap-v2"):
        list(FORMATS.read("pigeon", "x", io.BytesIO()))


def test_every_column_of_our_own_csv_is_kept() -> None:
    """Each column lands in its field; what is not said stays empty."""
    (first, second), problems = read(payload("own.csv"))
    assert problems == []
    assert first.type == "pdq"
    assert (first.distance, first.expires) == (20, "2027-01-31")
    assert first.opinion == Opinion(
        source="desk",
        stance=Stance.POSITIVE,
        trust=Trust.CONFIRMED,
        label="poster",
        ideology="far-right",
        listing="main",
        file_type="jpg",
        note="seen, cropped",
        reference="r-1",
        confirmed_by="reviewer-1",
        first_seen="2026-01-01T00:00:00.000Z",
        last_seen="2026-01-02T10:00:00.000Z",
    )
    assert (second.type, second.distance) == ("md5", None)
    assert second.opinion == Opinion("", Stance.NEGATIVE, withdrawn="2026-02-01T00:00:00.000Z")


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_exported_bank_comes_back_as_it_was(form: str) -> None:
    """What the export writes, the reader reads: every opinion of every signal."""
    from forestall.flow.bankfile import lines

    opinions = (
        Opinion("desk", Stance.POSITIVE, Trust.CONFIRMED, "poster", "far-right", "main", "jpg", 'a "note", two\nlines'),
        Opinion("tcap", Stance.SEED, None, reference="7", first_seen="2026-01-01T00:00:00.000Z"),
        Opinion("hma", Stance.NEGATIVE, Trust.PARTNER, withdrawn="2026-02-01T00:00:00.000Z"),
    )
    signals = [
        Signal(1, "b", "md5", "ab" * 16, opinions[:2]),
        Signal(2, "b", "pdq", "cd" * 32, opinions[2:], 7, "", "2027-01-01"),
    ]
    text = "".join(line if line.endswith("\n") else line + "\n" for line in lines(iter(signals), form))
    entries, problems = read(text.encode(), form=form)
    assert problems == []
    told = [(entry.type, entry.value, entry.distance, entry.expires, entry.opinion) for entry in entries]
    assert told == [
        (signal.type, signal.value, signal.distance, signal.expires, opinion)
        for signal in signals
        for opinion in signal.opinions
    ]
    assert FORMATS.recognise("bank", text.encode()) == form
    assert Bank("b", "b")


def test_hash_lists_of_the_tcap_keep_ideology_and_file_type() -> None:
    """Version 1 and 2 give every algorithm, ideology, file type, id and deletion (D12)."""
    for name in ("tcap-v1.json", "tcap-v2-page-2.json"):
        entries, problems = read(payload(name))
        assert problems == []
        assert {entry.opinion.ideology for entry in entries} == {"islamist", "far-right"}
        assert all(entry.opinion.file_type and entry.opinion.reference for entry in entries)
    assert {entry.type for entry in read(payload("tcap-v1.json"))[0]} == {"md5", "sha256", "sha512", "pdq"}
    (gone,), _ = read(payload("tcap-v2-page-3.json"))
    assert gone.opinion.withdrawn


def test_the_tcap_csv_keeps_all_thirteen_columns() -> None:
    """Group, ideology, platform, protocol and remarks stay; quoted line ends are no new rows; bad rows name their line."""
    (first, second), problems = read(payload("tcap-urls.csv"))
    assert (first.type, first.value) == ("url", "https://tide.example/a")
    assert second.value == "http://tide.example/b"
    assert (first.opinion.label, first.opinion.ideology, first.opinion.reference) == ("Ashen Banner", "ISM", "38965")
    assert first.opinion.first_seen == "2022-12-21T16:41:59.000Z"
    for told in ("A sample, with a comma", "Quay Video", "tide.example", "URL", "NTS", "GRP"):
        assert told in first.opinion.note
    assert [problem.part for problem in problems] == ["line 5", "line 6"]


@pytest.mark.shared
def test_the_mock_export_of_the_tcap_is_read_whole() -> None:
    """Every row of the published mock file is an entry."""
    if not SHARED.is_file():
        pytest.skip(f"evaluation data absent: {SHARED}")
    data = SHARED.read_bytes()
    assert FORMATS.recognise("x", data[: 64 * 1024]) == "tcap-csv"
    entries, problems = read(data)
    assert len(entries) == 9
    assert problems == []


def test_addresses_of_the_tcap_give_each_form() -> None:
    """A row's forms are a signal each."""
    entries, problems = read(payload("tcap-urls-page-1.json"))
    assert (len(entries), problems) == (6, [])


def test_threatexchange_descriptors_and_updates_are_told_apart() -> None:
    """Either file gives its members' opinions."""
    entries, problems = read(payload("threatexchange-descriptors.json"))
    assert problems == []
    assert [(entry.type, entry.opinion.source, entry.opinion.stance) for entry in entries] == [
        ("pdq", "threatexchange:1001", Stance.POSITIVE),
        ("url", "threatexchange:1002", Stance.NEGATIVE),
    ]
    entries, problems = read(payload("threatexchange-page-2.json"))
    assert [problem.part for problem in problems] == ["record 1"]
    assert entries[-1].opinion.withdrawn


def test_an_hma_bank_gives_each_signal_of_each_content() -> None:
    """Notes, media, exchange and bank are kept; what was switched off there is taken back."""
    entries, problems = read(payload("hma-bank.json"))
    assert problems == []
    assert [(entry.type, entry.opinion.reference) for entry in entries] == [
        ("pdq", "1"),
        ("md5", "2"),
        ("pdq", "2"),
        ("pdq", "3"),
    ]
    assert entries[0].opinion.note == "poster, cropped"
    assert entries[0].opinion.listing == "IRON_MERIDIAN"
    assert (entries[1].opinion.source, entries[1].opinion.file_type) == ("hma:SAMPLE_GROUP", "video")
    assert "media.example/2.mp4" in entries[1].opinion.note
    assert [bool(entry.opinion.withdrawn) for entry in entries] == [False, False, False, True]
    lines = b"".join(json.dumps(item).encode() + b"\n" for item in json.loads(payload("hma-bank.json")))
    assert FORMATS.recognise("x", lines) == "hma-lines"
    assert read(lines)[0] == entries


def test_a_stix_bundle_gives_indicators_and_objects() -> None:
    """Patterns of lists are read, narrower ones refused; revoked is taken back, benign speaks against, objects are a look worth."""
    entries, problems = read(payload("stix-bundle.json"))
    assert [(entry.type, entry.opinion.stance.value, bool(entry.opinion.withdrawn)) for entry in entries] == [
        ("sha256", "positive", False),
        ("md5", "positive", False),
        ("url", "positive", True),
        ("domain", "positive", True),
        ("domain", "positive", True),
        ("md5", "negative", False),
        ("sha1", "seed", False),
        ("url", "seed", False),
    ]
    assert entries[0].expires == "2027-01-01"
    assert "TLP:AMBER" in entries[0].opinion.note
    assert "confidence 70" in entries[0].opinion.note
    assert entries[0].opinion.source.startswith("stix:identity--1111")
    assert len(problems) == 1
    assert problems[0].part == "record 4"
    assert "asks for more than a list" in problems[0].what


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_of_a_list_gives_the_same(name: str, encoding: str) -> None:
    """UTF-8 with a mark and UTF-16 with and without one are read like UTF-8."""
    data = payload(name)
    again = data.decode("utf-8").encode(encoding)
    assert FORMATS.recognise(name, again[: 64 * 1024]) == FILES[name]
    assert read(again, name) == read(data, name)


@pytest.mark.parametrize("name", FILES)
def test_windows_line_ends_give_the_same(name: str) -> None:
    """CRLF changes nothing but line ends inside quotes."""
    data = payload(name)
    if b'"Two\nlines"' not in data:
        assert read(data.replace(b"\n", b"\r\n"), name) == read(data, name)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith("json")])
def test_a_document_that_breaks_off_gives_what_came(name: str) -> None:
    """At every place where it may break, the records before are given and the rest is one problem at the end."""
    data = payload(name)
    form = FILES[name]
    all_entries, _ = read(data, name, form)
    for end in range(0, len(data) - 2, 97):
        entries, problems = read(data[:end], name, form)
        assert entries == all_entries[: len(entries)]
        if len(entries) < len(all_entries):
            assert problems


def test_all_columns_are_documented() -> None:
    """The page for operators names every column."""
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "exchanges.md").read_text("utf-8")
    assert all(f"`{column}`" in page for column in COLUMNS)
    assert PAYLOADS.is_dir()
