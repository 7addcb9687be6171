"""`forestall evaluate`: a measurement as a table, as JSON, as a page, and against an earlier one."""

import json
from pathlib import Path

import pytest
from click import UsageError

from forestall.doors.cli import exits
from forestall.model.errors import BadInput
from tests.doors.cli.conftest import INVITE, Call

SUITE = Path(__file__).parents[3] / "suites" / "recruitcheck"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Four labelled rows, and two that nobody can read."""
    path = tmp_path / "rows.jsonl"
    texts = [
        (
            "recruiting",
            "Brothers, take up arms and join the fighters of the Ashen Banner. Write me on Session, tell nobody.",
        ),
        (
            "recruiting",
            "The commander of the Ninth Tide takes your oath of allegiance tonight, to hear and obey until death.",
        ),
        ("safe", "The ferry was late again because of the fog."),
        ("safe", "Our choir needs two altos, rehearsal is on Monday."),
    ]
    lines = [json.dumps({"label": label, "text": text, "language": "en", "group": "x"}) for label, text in texts]
    path.write_text("\n".join([*lines, "{broken", '{"text": "no label"}', ""]), "utf-8")
    return path


def test_rows_are_measured(cli: Call, rows: Path, data: Path) -> None:
    """The table has recall and false alarms with their intervals; what cannot be read is named, counted and left out."""
    result = cli("evaluate", rows)
    assert result.return_value == exits.PERSON
    assert "2 / 2 = 100.00 %" in result.stdout
    assert "0 / 2 = 0.00 %" in result.stdout
    assert "row 5 is no JSON" in result.stderr
    assert "row 6 has the label" in result.stderr
    assert "2 rows could not be read" in result.stderr
    assert "Banner" not in result.stdout
    assert not data.exists()


def test_a_measurement_is_saved_and_compared(cli: Call, rows: Path, tmp_path: Path) -> None:
    """What was saved reads back; compared with itself nothing moved, and as a baseline it lets the same through."""
    saved = tmp_path / "q.json"
    rows.write_text("\n".join(rows.read_text("utf-8").splitlines()[:4]), "utf-8")
    assert cli("evaluate", rows, "--save", saved).return_value == exits.OK
    assert json.loads(saved.read_text("utf-8"))["all"]["recall"] == {"hits": 2, "total": 2}
    assert "Nothing moved" in cli("evaluate", "--compare", saved, saved).stdout
    assert cli("evaluate", rows, "--baseline", saved).return_value == exits.OK


def test_what_is_worse_than_the_baseline_fails(cli: Call, tmp_path: Path) -> None:
    """A part that is worse by more than chance is named, and the exit status says so."""
    before, after, saved = tmp_path / "before.jsonl", tmp_path / "after.jsonl", tmp_path / "q.json"
    good = {
        "label": "recruiting",
        "language": "en",
        "text": "Brothers, join the fighters of the Ashen Banner, write me on Session.",
    }
    before.write_text("\n".join([json.dumps(good)] * 40), "utf-8")
    after.write_text("\n".join([json.dumps(good | {"text": "The ferry was late."})] * 40), "utf-8")
    assert cli("evaluate", before, "--save", saved).return_value == exits.OK
    result = cli("evaluate", after, "--baseline", saved)
    assert result.return_value == exits.PERSON
    assert "worse   language:en: recall was 40 / 40" in result.stdout


def test_a_suite_is_measured_by_function(cli: Call) -> None:
    """A suite's functions, contrasts, disguises and creeds are families and groups of the measurement."""
    result = cli("evaluate", SUITE, "--part", "tune", "--languages", "en", "--format", "json")
    found = json.loads(result.stdout)
    families = {one["name"] for one in found["families"]}
    assert {"join-fight", "news", "negation", "disguise-leet"} <= families
    assert {one["name"] for one in found["groups"]} == {"ethnic", "far-left", "far-right", "religious"}
    assert found["all"]["recall"]["total"] > 100


def test_a_page_holds_everything_and_no_text(cli: Call, rows: Path, tmp_path: Path) -> None:
    """The page has its plots in itself, asks nobody for anything, runs no script and shows no row's text."""
    page = tmp_path / "quality.html"
    cli("evaluate", rows, "--report", page)
    text = page.read_text("utf-8")
    assert text.count("<svg") >= 3
    assert "default-src &#39;none&#39;" in text
    assert "<script" not in text
    assert "src=" not in text
    assert "Ashen" not in text
    assert "100.00 %" in text


def test_swaps_are_told(cli: Call, tmp_path: Path) -> None:
    """Where names and identities are swapped in a suite's sentences, the share of scores that move is printed."""
    result = cli("evaluate", SUITE, "--part", "tune", "--languages", "sw", "--swaps")
    assert "of sentences move by more than 0.02" in result.stdout


def test_wrong_use_is_told(cli: Call, tmp_path: Path, rows: Path) -> None:
    """Nothing to measure, both at once, a strange language and a file that is no measurement are told apart."""
    assert isinstance(cli("evaluate").exception, UsageError)
    assert isinstance(cli("evaluate", rows, "--compare", rows, rows).exception, UsageError)
    assert "no saved measurement" in str(cli("evaluate", "--compare", rows, rows).exception)
    strange = cli("evaluate", SUITE, "--languages", "xx").exception
    assert isinstance(strange, BadInput)
    assert "has no language `xx`" in str(strange)
    assert INVITE not in str(strange)
