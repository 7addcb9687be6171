"""Files of hashes: three forms, one meaning; what cannot be used is named and the rest is read."""

import json
from pathlib import Path

import pytest

from forestall.flow import hashfile
from forestall.flow.hashfile import HashRow, batches, read
from forestall.model.content import Problem
from forestall.model.errors import BadInput, ForestallError

ROWS = [HashRow("a", "md5", "0" * 32), HashRow("b", "pdq", "1" * 64)]


def written(folder: Path, name: str) -> Path:
    """Write the same two rows in the form a name asks for."""
    path = folder / name
    if name.endswith(".csv"):
        path.write_text(
            "\ufeffID,type,value,extra\r\n" + "".join(f'"{r.id}",{r.type.upper()},{r.value},x\r\n' for r in ROWS),
            "utf-8",
        )
    elif name.endswith(".parquet"):
        import duckdb

        with duckdb.connect(":memory:") as database:
            database.execute("CREATE TABLE t (Id VARCHAR, type VARCHAR, value VARCHAR, extra INT)")
            for row in ROWS:
                database.execute("INSERT INTO t VALUES (?, ?, ?, 1)", list(row))
            database.table("t").write_parquet(str(path))
    else:
        path.write_text("".join(json.dumps({**row._asdict(), "extra": [1]}) + "\n\n" for row in ROWS))
    return path


@pytest.mark.parametrize("name", ["hashes.csv", "hashes.ndjson", "hashes.JSONL", "hashes.parquet", "odd [1]*.parquet"])
def test_every_form_means_the_same(tmp_path: Path, name: str) -> None:
    """CSV, JSON lines and Parquet with the same rows give the same rows, whatever other columns there are."""
    assert list(read(written(tmp_path, name))) == ROWS


def test_rows_without_a_type_take_the_given_one(tmp_path: Path) -> None:
    """A file without types is read with the type that is told, and refused in words without."""
    csv = tmp_path / "a.csv"
    csv.write_text("id,value\n1,00\n")
    assert list(read(csv, "pdq")) == [HashRow("1", "pdq", "00")]
    with pytest.raises(BadInput, match="`type`"):
        list(read(csv))
    lines = tmp_path / "a.ndjson"
    lines.write_text('{"id": 1, "value": "00"}\n{"id": "2", "value": "11", "type": "md5"}\n')
    assert list(read(lines, "pdq")) == [HashRow("1", "pdq", "00"), HashRow("2", "md5", "11")]
    (first, _) = read(lines)
    assert isinstance(first, Problem)
    assert "--type" in first.next_step


def test_bad_rows_do_not_stop_the_others(tmp_path: Path) -> None:
    """Broken lines are told with their numbers, and what stands between them is read."""
    lines = tmp_path / "a.ndjson"
    lines.write_bytes(
        b'{"id":\n{"id":"1","type":"md5","value":"00"}\n\xff\n{"id":"","type":"md5","value":"0"}\n' + b"[" * 9_999
    )
    found = list(read(lines))
    assert [item.part if isinstance(item, Problem) else item.id for item in found] == [
        "line 1",
        "1",
        "line 3",
        "line 4",
        "line 5",
    ]
    csv = tmp_path / "a.csv"
    csv.write_bytes(b'id,type,value\n1,md5\n"2,md5,0\n\xff,md5,0\n3,md5,00\n')
    assert [isinstance(item, Problem) for item in read(csv)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"", "by its name"),
        ("a.csv", b"name,value,type\n", "`id`"),
        ("a.parquet", b"PAR1nonsense", "Parquet"),
        ("a.ndjson", b"x" * (hashfile.LONGEST_LINE + 1), "too long"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    """Each way a whole file can be wrong is said, with a next step."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput) as caught:
        list(read(tmp_path / name))
    assert said in str(caught.value)
    assert caught.value.next_step


def test_missing_files_are_said(tmp_path: Path) -> None:
    """A path without a file is refused in words in every form."""
    for name in ("none.csv", "none.ndjson", "none.parquet"):
        with pytest.raises(BadInput):
            list(read(tmp_path / name, "md5"))


def test_parquet_without_duckdb_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, reading Parquet says which one it is and what works without."""
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(ForestallError, match=r"forestall\[analytics\]"):
        list(read(tmp_path / "a.parquet"))


def test_rows_come_in_batches(tmp_path: Path) -> None:
    """Batches hold every row once, in order."""
    rows = list(read(written(tmp_path, "a.csv"))) * 5
    assert [len(batch) for batch in batches(iter(rows), 4)] == [4, 4, 2]
    assert [row for batch in batches(iter(rows), 3) for row in batch] == rows
