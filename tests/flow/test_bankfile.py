"""Bank files: three forms, one meaning; what cannot be used is named; what was written can be read again."""

import random
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.match.types import SignalTypes
from forestall.exchange.files import SignalFileFormats
from forestall.flow.bankfile import COLUMNS, line_of, lines, load_file, sourced
from forestall.flow.banks import Banker
from forestall.ledger.checkpoint import Signer
from forestall.model.bank import Bank, Entry, Opinion, Signal, Stance, Trust, opinion_of, signal_id
from forestall.model.content import Problem
from forestall.model.errors import BadBank, BadInput
from forestall.store import MemoryStore
from tests.support import Clock, Ids

MD5, SHA1, SHA256 = "0123456789abcdef" * 2, "0123456789" * 4, "0123456789abcdef" * 4
PDQ = "d8f8f0cce0f4a84f0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22"
TODAY = date(2026, 6, 1)
TYPES, FORMATS = SignalTypes(), SignalFileFormats()


def bank(folder: Path, text: str | bytes, name: str = "known.csv") -> tuple[Bank, list[Signal]]:
    """Load a bank from a text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_file(path, FORMATS, TYPES, TODAY)


def refused(folder: Path, text: str | bytes, name: str = "known.csv") -> str:
    """Give the message with which a text is refused."""
    with pytest.raises(BadBank) as caught:
        bank(folder, text, name)
    assert caught.value.next_step
    assert name in str(caught.value)
    return str(caught.value)


def test_csv_and_json_lines_mean_the_same(tmp_path: Path) -> None:
    """The same signals as CSV and as JSON lines, in any order, case and column order, make the same bank."""
    comma, signals = bank(
        tmp_path, f'type,value,trust,label,distance\npdq,{PDQ},confirmed,"poster, red",12\nmd5,{MD5},partner,,\n'
    )
    json, _ = bank(
        tmp_path,
        f'{{"value":"{MD5.upper()}","type":"MD5","trust":"partner"}}\n\n'
        f'{{"distance":12,"label":"poster, red","type":"pdq","trust":"confirmed","value":"{PDQ}"}}\n',
        "known.ndjson",
    )
    assert comma == json
    assert comma.name == "known"
    (_, near) = signals
    assert (near.type, near.distance, near.opinions[0].trust, near.opinions[0].label) == (
        "pdq",
        12,
        Trust.CONFIRMED,
        "poster, red",
    )
    assert near.id == signal_id(comma.id, "pdq", PDQ)


def test_plain_list_tells_types_by_length(tmp_path: Path) -> None:
    """A plain list of hashes is told by their length; without a word of trust they are candidates."""
    loaded, signals = bank(tmp_path, f"# seen in May\n{MD5}\r\n\n  {SHA1.upper()}  \n{MD5}\n", "list.txt")
    assert [(signal.type, signal.value) for signal in signals] == [("md5", MD5), ("sha1", SHA1)]
    assert loaded.trust is Trust.CANDIDATE
    assert {item.trust for signal in signals for item in signal.opinions} == {None}


@pytest.mark.parametrize("text", [f"{SHA256}\n", f"value\n{SHA256}\n", f'{{"value":"{SHA256}"}}\n'])
def test_64_digits_need_a_type(tmp_path: Path, text: str) -> None:
    """64 hex digits may be SHA-256 or PDQ: we ask, and take a type from the file's name."""
    assert "may be sha256 or pdq" in refused(tmp_path, text, "list.txt")
    assert [signal.type for signal in bank(tmp_path, text, "our-PDQ-list.txt")[1]] == ["pdq"]
    assert [signal.type for signal in bank(tmp_path, text, "sha256.txt")[1]] == ["sha256"]


def test_the_id_follows_the_content(tmp_path: Path) -> None:
    """Any change of what a bank would match or say changes its id and its signals'; order, blank lines and repeats do not."""
    rows = [f"pdq,{PDQ},confirmed", f"md5,{MD5},partner", f"sha1,{SHA1},candidate"]
    head = "type,value,trust\n"
    whole = bank(tmp_path, head + "\n".join(rows))
    assert bank(tmp_path, head + "\n\n".join([*reversed(rows), rows[0]])) == whole
    assert {signal.bank for signal in whole[1]} == {whole[0].id}
    for other in (rows[:2], ["pdq,", *rows[1:]], [rows[0].replace("confirmed", "partner"), *rows[1:]]):
        text = head + "\n".join(row for row in other if row != "pdq,")
        assert bank(tmp_path, text)[0].id != whole[0].id


def test_most_trusted_mention_counts(tmp_path: Path) -> None:
    """A value listed by a partner and confirmed by us counts once, as confirmed, at the distance its best source gave."""
    mentions = [f"pdq,{PDQ},partner,them,20", f"pdq,{PDQ},confirmed,us,8", f"pdq,{PDQ},,rumour,", f"pdq,{PDQ},,us,31"]
    text = "type,value,trust,source,distance\n"
    loaded, (signal,) = bank(tmp_path, text + "\n".join(mentions))
    stands = opinion_of(loaded, signal)
    assert stands is not None
    assert (stands.opinion.source, stands.trust, signal.distance) == ("us", Trust.CONFIRMED, 8)
    assert {opinion.source for opinion in signal.opinions} == {"us", "them", "rumour"}
    for seed in range(5):
        random.Random(seed).shuffle(mentions)
        assert bank(tmp_path, text + "\n".join(mentions))[0].id == loaded.id


def test_expired_signals_are_left_out(tmp_path: Path) -> None:
    """A signal matches through its last day, not after; what expired is no part of the bank."""
    text = f"value,expires\n{MD5},2026-06-01\n{SHA1},2026-05-31T23:59:59Z\n"
    loaded, signals = bank(tmp_path, text)
    assert [signal.type for signal in signals] == ["md5"]
    assert bank(tmp_path, f"value,expires\n{MD5},2026-06-01\n")[0].id == loaded.id


def test_what_was_taken_back_does_not_match(tmp_path: Path) -> None:
    """A signal that its only source withdrew is known and stands for nothing."""
    loaded, (signal,) = bank(tmp_path, f"value,source,withdrawn\n{MD5},us,\n{MD5},us,2026-01-01\n")
    assert opinion_of(loaded, signal) is None


def test_every_bad_line_is_counted_and_the_first_named(tmp_path: Path) -> None:
    """A file with bad lines is refused whole, saying how many and where, with what to do."""
    rows = [f"md5,{MD5},", "md5,xyz,", f"gif,{MD5}0,", f"md5,{MD5},friend", "md5", *["md5,0,"] * 5]
    message = refused(tmp_path, "type,value,trust\n" + "\n".join(rows) + "\n")
    assert "9 line(s)" in message
    assert all(f"line {number}" in message for number in (3, 4, 5, 6, 7))
    assert "line 8" not in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no signal"),
        ("type,value\n", "holds no signal"),
        (f"type,value,trsut\nmd5,{MD5},\n", "`trsut`"),
        ("type,source\nmd5,x\n", "no signal"),
        (f"value,value\n{MD5},{MD5}\n", "`value`"),
        (f'{{"value":"{MD5}","trsut":"x"}}\n', "line 1"),
        (f'{{"value":"{MD5}"}}\n{{"value":\n', "line 2"),
        ("[" * 10_000, "holds no signal"),
        ('{"value":' + "[" * 10_000, "line 1"),
        (f"value,distance\n{MD5},3\n", "from 0 to 0"),
        (f"value,distance\n{MD5},-1\n", "line 2"),
        (f"value,expires\n{MD5},soon\n", "line 2"),
        (b"value\n\xff\xfe\n", "line 2"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "holds no signal"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str | bytes, said: str) -> None:
    """Each way a bank file can be wrong is refused with its own words and a next step."""
    assert said in refused(tmp_path, text)


def test_a_distance_beyond_the_type_is_refused(tmp_path: Path) -> None:
    """A distance no bank may set for a type refuses the file."""
    beyond = TYPES.largest_distance("pdq") + 1
    assert f"from 0 to {beyond - 1}" in refused(tmp_path, f"type,value,distance\npdq,{PDQ},{beyond}\n")


def test_missing_file_is_said(tmp_path: Path) -> None:
    """A path without a file, or of a folder, is a BadBank, not a traceback."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadBank, match="cannot be"):
            load_file(path, FORMATS, TYPES, TODAY)


def test_a_long_bank_loads(tmp_path: Path) -> None:
    """Fifty thousand rows load, each once, in ascending order."""
    rng = random.Random(1)
    rows = [rng.randbytes(32).hex() for _ in range(50_000)]
    _, signals = bank(tmp_path, "\n".join(rows), "pdq.txt")
    assert [signal.value for signal in signals] == sorted(rows)
    assert len({signal.id for signal in signals}) == len(rows)


def test_a_line_is_found_by_its_value(tmp_path: Path) -> None:
    """The first line that holds a value is named, for telling people where to look; nothing is found where there is none."""
    path = tmp_path / "list.txt"
    path.write_text(f"# x\n{MD5}\n{SHA1}\n")
    assert [line_of(path, value) for value in (SHA1, "absent", " ", "\ud800")] == [3, 0, 0, 0]
    assert line_of(tmp_path / "none", SHA1) == 0


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12).map(str.strip)
OPINIONS = st.builds(
    Opinion,
    source=WORDS,
    stance=st.sampled_from(Stance),
    trust=st.sampled_from([None, *Trust]),
    label=WORDS,
    ideology=WORDS,
    listing=WORDS,
    file_type=WORDS,
    note=WORDS,
    reference=WORDS,
    confirmed_by=WORDS,
    first_seen=st.sampled_from(["2026-01-01T00:00:00.000Z", "2025-12-31T23:59:59.000Z"]),
    last_seen=st.sampled_from(["", "2026-02-01T00:00:00.000Z"]),
)
ENTRIES = st.builds(
    Entry,
    type=st.just("pdq"),
    value=st.integers(0, 3).map(lambda number: f"{number:064x}"),
    opinion=OPINIONS,
    distance=st.sampled_from([None, 0, 12]),
    expires=st.sampled_from(["", "2027-01-31"]),
)


@given(st.lists(ENTRIES, max_size=8), st.sampled_from(["csv", "ndjson"]))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_an_exported_bank_comes_back_the_same(entries: list[Entry], form: str) -> None:
    """Whatever stands in a bank, its export added to an empty bank says the same again; what was withdrawn stays unknown there."""
    clock = Clock()
    store = MemoryStore(Signer("forestall/test", b"7" * 32), clock)
    banker = Banker(store, TYPES, clock, Ids())
    first, second = banker.create("first", "cli"), banker.create("second", "cli")
    banker.add(first, entries, "cli")
    if entries:
        banker.withdraw(first, entries[0].opinion.source, "cli")
    text = "".join(banker.export(first, form)).encode()
    read = FORMATS.read(form, f"known.{form}", BytesIO(text))
    rows = list(read) if text else []
    assert [row for row in rows if not isinstance(row, Entry)] == []
    assert banker.add(second, rows, "cli").refused == 0
    assert _said(store, second) == _said(store, first)


def _said(store: MemoryStore, bank: Bank) -> list[object]:
    """Give what stands in a bank, without ids and versions."""
    signals = [
        (item.type, item.value, item.distance, item.expires, {one for one in item.opinions if not one.withdrawn})
        for item in store.signals_of(bank.id).items
    ]
    return sorted((signal for signal in signals if signal[-1]), key=str)


def test_exports_have_the_documented_columns_and_no_others(tmp_path: Path) -> None:
    """The header names every column; another format is refused."""
    assert next(lines([], "csv")) == ",".join(COLUMNS) + "\n"
    assert list(lines([], "ndjson")) == []
    with pytest.raises(BadInput):
        lines([], "xml")


def test_who_says_nothing_of_himself_is_named() -> None:
    """Entries without a source or a trust get those of the file they came in; what they say themselves stays."""
    told = Problem("bad", "line 1")
    plain, own = Entry("md5", MD5, Opinion("")), Entry("md5", MD5, Opinion("them", trust=Trust.CANDIDATE))
    given = list(sourced([told, plain, plain, own], "list.csv", Trust.PARTNER))
    named = Entry("md5", MD5, Opinion("list.csv", trust=Trust.PARTNER))
    assert given == [told, named, named, own]
    assert list(sourced([plain], "us")) == [Entry("md5", MD5, Opinion("us"))]
