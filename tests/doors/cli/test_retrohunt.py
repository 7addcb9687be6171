"""`forestall retrohunt`: hunts of the store, and hashes of content kept elsewhere."""

import hashlib
import json
from pathlib import Path

import pytest

from forestall.doors.cli import exits
from tests.doors.cli.conftest import Call

TEXT = b"the ferry was late"
MD5 = hashlib.md5(TEXT, usedforsecurity=False).hexdigest()
OTHER = "0" * 32


@pytest.fixture
def hashes(tmp_path: Path) -> Path:
    """Hashes of four contents kept elsewhere, one of them known, one that can't be used."""
    path = tmp_path / "hashes.ndjson"
    rows = [("a", OTHER), ("b", MD5), ("c", "xyz"), ("d", MD5.upper())]
    path.write_text("".join(json.dumps({"id": name, "type": "md5", "value": value}) + "\n" for name, value in rows))
    return path


@pytest.fixture
def bank_file(tmp_path: Path) -> Path:
    """A bank file that knows one of them."""
    path = tmp_path / "known.csv"
    path.write_text(f"type,value,label,trust\nmd5,{MD5},leaflet,partner\n")
    return path


def test_hashes_meet_a_bank_file_without_a_store(cli: Call, data: Path, hashes: Path, bank_file: Path) -> None:
    """A file of hashes is matched against a bank file: one JSON line per row that matches, the rest told on standard error."""
    done = cli("retrohunt", "--hashes", hashes, "--bank", bank_file)
    assert done.return_value == exits.PERSON
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["b", "d"]
    assert [(match["bank"], match["label"], match["distance"]) for match in rows[0]["matches"]] == [
        ("known", "leaflet", 0)
    ]
    assert "4 rows, 2 match" in done.stderr
    assert "not used: c:" in done.stderr
    assert not data.exists()


def test_hashes_meet_the_banks_of_the_store(cli: Call, data: Path, hashes: Path, tmp_path: Path) -> None:
    """Without --bank all live banks are asked, with it the one that is named; a CSV without types takes --type."""
    for name, value in (("ours", MD5), ("theirs", OTHER)):
        cli("bank", "create", name)
        cli("bank", "add", name, value)
    everything = cli("retrohunt", "--hashes", hashes).stdout.splitlines()
    assert [json.loads(line)["id"] for line in everything] == ["a", "b", "d"]
    one = cli("retrohunt", "--hashes", hashes, "--bank", "theirs").stdout.splitlines()
    assert [json.loads(line)["id"] for line in one] == ["a"]
    table = tmp_path / "hashes.csv"
    table.write_text(f"id,value\nx,{MD5}\n")
    assert json.loads(cli("retrohunt", "--hashes", table, "--type", "md5").stdout)["id"] == "x"
    assert getattr(cli("retrohunt", "--hashes", table).exception, "next_step", "")
    assert getattr(cli("retrohunt", "--hashes", table, "--bank", "nobody", "--type", "md5").exception, "next_step", "")


def test_hunts_are_begun_listed_and_shown(cli: Call, data: Path, tmp_path: Path) -> None:
    """A hunt can be begun for a whole bank, is listed with what it found, and shows the cases it opened."""
    path = tmp_path / "ferry.txt"
    path.write_bytes(TEXT)
    cli("screen", path)
    assert "There was no hunt" in cli("retrohunt", "list").output
    assert "No hunt waits" in cli("retrohunt", "run").output
    cli("bank", "create", "ours")
    assert cli("bank", "add", "ours", MD5).return_value == exits.PERSON
    again = cli("retrohunt", "run", "--bank", "ours", "--whole")
    assert (again.return_value, "1 contents match" in again.output) == (exits.OK, True)
    hunts = [json.loads(line) for line in cli("retrohunt", "list", "--format", "jsonl").output.splitlines()]
    assert [(hunt["bank_name"], hunt["state"], hunt["matched"]) for hunt in hunts] == [("ours", "done", 1)] * 2
    shown = cli("retrohunt", "show", hunts[1]["id"]).output
    assert "ferry.txt" in shown
    assert "It opened no case" in cli("retrohunt", "show", hunts[0]["id"]).output
    assert "ours" in cli("retrohunt", "list").output


@pytest.mark.parametrize("arguments", [("run", "--whole"), ("show", "x"), ("run", "--bank", "nobody")])
def test_wrong_use_is_said(cli: Call, data: Path, arguments: tuple[str, ...]) -> None:
    """Unknown hunts and banks, and --whole without a bank, are refused in words."""
    cli("bank", "create", "ours")
    assert getattr(cli("retrohunt", *arguments).exception, "next_step", "")


def test_help_is_given_without_arguments(cli: Call) -> None:
    """`forestall retrohunt` alone explains itself."""
    assert "--hashes" in cli("retrohunt").output
