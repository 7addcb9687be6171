"""Bank files: three forms, one meaning; what cannot be used is named."""

import random
from datetime import date
from pathlib import Path

import pytest

from forestall.detect.match import Bank, load_bank
from forestall.detect.match.bank import Trust
from forestall.model.errors import BadBank

MD5, SHA1, SHA256 = "0123456789abcdef" * 2, "0123456789" * 4, "0123456789abcdef" * 4
PDQ = "d8f8f0cce0f4a84f0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22"
TODAY = date(2026, 6, 1)


def bank(folder: Path, text: str | bytes, name: str = "known.csv") -> Bank:
    """Load a bank from a text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_bank(path, TODAY)


def refused(folder: Path, text: str | bytes, name: str = "known.csv") -> str:
    """Give the message with which a text is refused."""
    with pytest.raises(BadBank) as caught:
        bank(folder, text, name)
    assert caught.value.next_step
    assert name in str(caught.value)
    return str(caught.value)


def test_csv_and_json_lines_mean_the_same(tmp_path: Path) -> None:
    """The same signals as CSV and as JSON lines, in any order, case and column order, give the same version."""
    comma = bank(
        tmp_path, f'type,value,trust,label,distance\npdq,{PDQ},confirmed,"poster, red",12\nmd5,{MD5},partner,,\n'
    )
    json = bank(
        tmp_path,
        f'{{"value":"{MD5.upper()}","type":"MD5","trust":"partner"}}\n\n'
        f'{{"distance":12,"label":"poster, red","type":"pdq","trust":"confirmed","value":"{PDQ}"}}\n',
        "other.ndjson",
    )
    assert (comma.version, comma.tables.keys()) == (json.version, json.tables.keys())
    assert (comma.name, json.name) == ("known", "other")
    assert len(comma) == len(json) == 2
    facts = comma.facts[comma.tables["pdq"].facts[0]]
    assert (facts.trust, facts.label, facts.distance) == (Trust.CONFIRMED, "poster, red", 12)


def test_plain_list_tells_types_by_length(tmp_path: Path) -> None:
    """A plain list of hashes is told by their length; without a word of trust they are candidates."""
    loaded = bank(tmp_path, f"# seen in May\n{MD5}\r\n\n  {SHA1.upper()}  \n{MD5}\n", "list.txt")
    assert {name: len(table.values) for name, table in loaded.tables.items()} == {"md5": 1, "sha1": 1}
    assert {facts.trust for facts in loaded.facts} == {Trust.CANDIDATE}


@pytest.mark.parametrize("text", [f"{SHA256}\n", f"value\n{SHA256}\n", f'{{"value":"{SHA256}"}}\n'])
def test_64_digits_need_a_type(tmp_path: Path, text: str) -> None:
    """64 hex digits may be SHA-256 or PDQ: we ask, and take a type from the file's name."""
    assert "may be sha256 or pdq" in refused(tmp_path, text, "list.txt")
    assert set(bank(tmp_path, text, "our-PDQ-list.txt").tables) == {"pdq"}
    assert set(bank(tmp_path, text, "sha256.txt").tables) == {"sha256"}


def test_version_follows_the_content(tmp_path: Path) -> None:
    """Any change of what a bank would match or say changes its version; order, blank lines and repeats do not."""
    rows = [f"pdq,{PDQ},confirmed", f"md5,{MD5},partner", f"sha1,{SHA1},candidate"]
    head = "type,value,trust\n"
    version = bank(tmp_path, head + "\n".join(rows)).version
    assert bank(tmp_path, head + "\n\n".join([*reversed(rows), rows[0]])).version == version
    assert bank(tmp_path, head + "\n".join(rows[:2])).version != version
    assert bank(tmp_path, head + "\n".join(rows).replace("partner", "confirmed")).version != version
    assert bank(tmp_path, head + "\n".join(rows).replace(MD5, MD5[::-1])).version != version


def test_most_trusted_mention_counts(tmp_path: Path) -> None:
    """A value listed by a partner and confirmed by us counts once, as confirmed."""
    loaded = bank(tmp_path, f"value,trust,source\n{MD5},partner,them\n{MD5},confirmed,us\n{MD5},,rumour\n")
    assert len(loaded) == 1
    assert loaded.facts[loaded.tables["md5"].facts[0]].source == "us"


def test_expired_signals_are_left_out(tmp_path: Path) -> None:
    """A signal matches through its last day, not after; what expired is counted and no part of the version."""
    text = f"value,expires\n{MD5},2026-06-01\n{SHA1},2026-05-31T23:59:59Z\n"
    loaded = bank(tmp_path, text)
    assert (list(loaded.tables), loaded.expired) == (["md5"], 1)
    assert bank(tmp_path, f"value,expires\n{MD5},2026-06-01\n").version == loaded.version


def test_every_bad_line_is_counted_and_the_first_named(tmp_path: Path) -> None:
    """A file with bad lines is refused whole, saying how many and where, with what to do."""
    rows = [f"md5,{MD5},", "md5,xyz,", f"gif,{MD5},", f"md5,{MD5},friend", "md5", *["md5,0,"] * 5]
    message = refused(tmp_path, "type,value,trust\n" + "\n".join(rows) + "\n")
    assert "9 line(s)" in message
    assert all(f"line {number}:" in message for number in (3, 4, 5, 6, 7))
    assert "line 8" not in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no signal"),
        ("type,value\n", "holds no signal"),
        (f"type,value,trsut\nmd5,{MD5},\n", "unknown column `trsut`"),
        ("type,source\nmd5,x\n", "no single `value` column"),
        (f"value,value\n{MD5},{MD5}\n", "no single `value` column"),
        (f'{{"value":"{MD5}","trsut":"x"}}\n', "line 1"),
        (f'{{"value":"{MD5}"}}\n{{"value":\n', "line 2"),
        ("[" * 10_000, "no type of signal"),
        ('{"value":' + "[" * 10_000, "line 1"),
        (f"value,distance\n{MD5},3\n", "from 0 to 0"),
        (f"type,value,distance\npdq,{PDQ},32\n", "from 0 to 31"),
        (f"value,expires\n{MD5},soon\n", "`expires`"),
        (f'value,note\n{MD5},"open\n', "line 2"),
        (f"value\n{MD5}\n" + "0" * 70_000 + "\n", "line 3"),
        (b"value\n\xff\xfe\n", "not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str | bytes, said: str) -> None:
    """Each way a bank file can be wrong is refused with its own words and a next step."""
    assert said in refused(tmp_path, text)


def test_missing_file_is_said(tmp_path: Path) -> None:
    """A path without a file is a BadBank, not a traceback."""
    with pytest.raises(BadBank, match="cannot be opened"):
        load_bank(tmp_path / "none.csv")


def test_a_long_bank_loads(tmp_path: Path) -> None:
    """Fifty thousand rows load, each once, in ascending order."""
    rng = random.Random(1)
    rows = [rng.randbytes(32).hex() for _ in range(50_000)]
    loaded = bank(tmp_path, "\n".join(rows), "pdq.txt")
    assert [value.tobytes().hex() for value in loaded.tables["pdq"].values] == sorted(rows)
