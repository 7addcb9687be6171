"""`forestall bank`: what a person or a script does with banks, end to end over a real store."""

import hashlib
import json
from pathlib import Path

import pytest

from forestall.doors.cli import exits
from tests.doors.cli.conftest import Call

TEXT = b"the ferry was late"
MD5 = hashlib.md5(TEXT, usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(TEXT).hexdigest()
OTHER = "0" * 32


@pytest.fixture
def screened(cli: Call, tmp_path: Path) -> Path:
    """A file that was screened before anybody knew of it."""
    path = tmp_path / "ferry.txt"
    path.write_bytes(TEXT)
    assert cli("screen", path).return_value == exits.OK
    return path


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A list with the screened file's digest, another one, and a row that can't be used."""
    path = tmp_path / "known.csv"
    path.write_text(f"type,value,label\nmd5,{MD5},leaflet\nmd5,{OTHER},\nmd5,xyz,\n")
    return path


def test_preview_then_switch_on(cli: Call, screened: Path, known: Path) -> None:
    """An import with --preview matches nothing, says what it would match and how to switch it on; switching on opens the case."""
    seen = cli("bank", "import", "partner", known, "--preview")
    assert seen.return_value == exits.PERSON
    assert "2 new, 1 refused" in seen.output
    assert "refused line 4: `xyz`" in seen.output
    assert "would have matched 1 revisions" in seen.output
    assert "forestall bank change partner --state live" in seen.output
    assert cli("bank", "search", MD5).return_value == exits.OK
    on = cli("bank", "change", "partner", "--state", "live", "--note", "looks right")
    assert on.return_value == exits.PERSON
    assert "1 contents match, 1 cases opened" in on.output
    found = cli("bank", "search", MD5, "--format", "jsonl")
    assert found.return_value == exits.PERSON
    match = json.loads(found.output)
    assert (match["bank"], match["label"], match["source"], match["trust"]) == (
        "partner",
        "leaflet",
        "known",
        "candidate",
    )


def test_adding_by_hand_hunts_at_once(cli: Call, screened: Path) -> None:
    """A value added to a live bank is searched for in what was screened before, and found; added again it is known already."""
    assert cli("bank", "create", "ours", "--trust", "confirmed").exception is None
    added = cli("bank", "add", "ours", MD5, "--label", "leaflet", "--confirmed-by", "ada")
    assert added.return_value == exits.PERSON
    assert "1 new" in added.output
    assert "1 cases opened" in added.output
    again = cli("bank", "add", "ours", MD5, "--label", "leaflet", "--confirmed-by", "ada")
    assert (again.return_value, "1 known already" in again.output) == (exits.OK, True)


def test_what_does_not_tell_its_type_is_asked(cli: Call, data: Path) -> None:
    """64 hex digits may be two things, and we ask which; with --type they are taken."""
    cli("bank", "create", "ours")
    asked = cli("bank", "add", "ours", SHA256)
    assert "--type" in str(asked.exception)
    assert cli("bank", "add", "ours", SHA256, "--type", "sha256").return_value == exits.OK


def test_banks_and_signals_are_shown(cli: Call, data: Path, known: Path) -> None:
    """Lists and pages show names, states, thresholds and what each source says, as tables and as JSON lines."""
    assert "There is no bank" not in cli("bank", "create", "ours", "--distance", "pdq=12", "--quality", "60").output
    cli("bank", "import", "ours", known)
    listed = cli("bank", "list").output
    assert "ours" in listed
    assert "pdq ≤ 12, quality ≥ 60" in listed
    (bank,) = [json.loads(line) for line in cli("bank", "list", "--format", "jsonl").output.splitlines()]
    assert (bank["name"], bank["signals"], bank["distances"]) == ("ours", {"md5": 2}, {"pdq": 12})
    assert "known: positive, leaflet" in cli("bank", "show", "ours").output
    lines = cli("bank", "show", "ours", "--value", MD5[:8], "--format", "jsonl").output.splitlines()
    assert [json.loads(line).get("value") for line in lines] == [None, MD5]


def test_taking_back_and_disabling(cli: Call, data: Path, known: Path) -> None:
    """Disabled signals and withdrawn sources match nothing; lifting brings the signal back."""
    cli("bank", "create", "ours")
    cli("bank", "import", "ours", known, "--source", "them")
    number = json.loads(cli("bank", "search", MD5, "--format", "jsonl").output)["signal"]
    assert "disabled until 9999-12-31" in cli("bank", "disable", "ours", str(number), "--note", "a template").output
    assert cli("bank", "search", MD5).return_value == exits.OK
    assert "matches again" in cli("bank", "disable", "ours", str(number), "--lift").output
    assert cli("bank", "search", MD5).return_value == exits.PERSON
    assert cli("bank", "withdraw", "ours", "--source", "them").output.startswith("2 signals")
    assert cli("bank", "search", MD5).return_value == exits.OK


def test_an_export_is_an_import(cli: Call, data: Path, known: Path, tmp_path: Path) -> None:
    """What is exported can be imported into another bank, whose export is then the same."""
    for name in ("one", "two"):
        cli("bank", "create", name)
    cli("bank", "import", "one", known)
    for form in ("csv", "ndjson"):
        path = tmp_path / f"export.{form}"
        path.write_text(cli("bank", "export", "one", "--format", form).output)
        assert cli("bank", "import", "two", path).return_value == exits.OK
        assert cli("bank", "export", "two", "--format", form).output == path.read_text()


def test_preview_on_its_own(cli: Call, screened: Path, known: Path) -> None:
    """`bank preview` says the impact of a bank in words and as JSON, whatever its state."""
    cli("bank", "import", "partner", known, "--preview")
    assert "1 revisions of content" in cli("bank", "preview", "partner").output
    impact = json.loads(cli("bank", "preview", "partner", "--format", "jsonl").output)
    assert (impact["contents"], impact["types"], impact["sample"][0]["content"]) == (1, {"md5": 1}, "ferry.txt")


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nobody"),
        ("import", "nobody", "none.csv"),
        ("change", "ours"),
        ("change", "ours", "--distance", "pdq"),
        ("change", "ours", "--distance", "md5=3"),
        ("create", "ours"),
        ("disable", "ours", "1"),
        ("search", "\x00"),
        ("import", "ours", "none.csv"),
    ],
)
def test_what_cannot_be_done_is_said(cli: Call, data: Path, arguments: tuple[str, ...]) -> None:
    """Unknown banks, signals and files, taken names and changes of nothing are refused in words with a next step."""
    cli("bank", "create", "ours")
    error = cli("bank", *arguments).exception
    assert getattr(error, "next_step", "")


def test_a_live_bank_is_not_previewed_into(cli: Call, data: Path, known: Path) -> None:
    """--preview never switches off a bank that matches already."""
    cli("bank", "create", "ours")
    cli("bank", "import", "ours", known)
    assert "is live" in str(cli("bank", "import", "ours", known, "--preview").exception)
