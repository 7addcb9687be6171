"""`forestall policy`: rules tried on what was decided, put to work by two people, and taken back."""

import json
from pathlib import Path

import pytest

from forestall.doors.cli.main import run
from forestall.policy.ruleset import default_files

POSTS = Path(__file__).parents[3] / "examples" / "harbour" / "posts.jsonl"


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder with some of the example's posts screened."""
    folder = tmp_path_factory.mktemp("policy")
    chosen = [line for line in POSTS.read_text("utf-8").splitlines() if "attachments" not in json.loads(line)][:120]
    (folder / "posts.jsonl").write_text("\n".join(chosen), "utf-8")
    assert run(["screen", str(folder / "posts.jsonl"), "--store", str(folder / "data")]) in (0, 10)
    return folder / "data"


MORE = """rules:
  - id: faint-signs
    version: 1
    title: Faint signs of recruiting
    clause: Terrorist content
    outcome: review
    when:
      - score("recruiting") >= 0.1
    reason: "There are faint signs (score {recruiting.score})."
"""


def written(folder: Path, old: str = "", new: str = "", more: str = "") -> str:
    """Write the packaged rules with one text changed, and more rules; give the folder."""
    folder.mkdir()
    if more:
        (folder / "90-more.yaml").write_text(more, "utf-8")
    for name, text in default_files().items():
        (folder / name).write_text(text.replace(old, new) if old else text, "utf-8")
    return str(folder)


SCORE = 'score("recruiting") >= 0.5'


def test_what_differs_is_shown(screened: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lines that differ are shown as they were and are, with what could become harsher; the same rules are said to be the same."""
    lower = written(tmp_path / "lower", SCORE, 'score("recruiting") >= 0.1')
    assert run(["policy", "diff", lower, "--store", str(screened)]) == 10
    shown = capsys.readouterr().out
    assert f"- {SCORE}" in shown
    assert '+ score("recruiting") >= 0.1' in shown
    assert "harsher: the conditions of rule `recruiting-likely` are others" in shown
    assert run(["policy", "diff", lower, lower, "--store", str(screened)]) == 0
    assert "The rules are the same." in capsys.readouterr().out


def test_a_backtest_says_what_would_change(screened: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule for fainter signs asks people more, which the table and the JSON say alike, with the changes to read."""
    more = written(tmp_path / "more", more=MORE)
    assert run(["policy", "backtest", more, "--store", str(screened)]) == 0
    shown = capsys.readouterr().out
    assert "rules that differ: 1" in shown
    assert "pass → review" in shown
    assert run(["policy", "backtest", more, "--format", "json", "--store", str(screened)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["caught"] > 0 == told["dropped"]
    assert f"newly asks a person: {told['caught']}" in shown
    assert all(change["gained"] == ["faint-signs"] for change in told["surprises"])


def test_a_file_of_decisions_is_tried(screened: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Decisions out of a file are tried as those of the store are."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"findings": [{"label": "recruiting", "score": 0.3, "ceiling": "review"}], "person": "pass"}\n')
    lower = written(tmp_path / "lower", SCORE, 'score("recruiting") >= 0.2')
    assert run(["policy", "backtest", lower, "--rows", str(rows), "--store", str(screened)]) == 0
    shown = capsys.readouterr().out
    assert "newly asks a person: 1" in shown
    assert "0 / 1" in shown
    rows.write_text("nonsense\n")
    assert run(["policy", "backtest", lower, "--rows", str(rows), "--store", str(screened)]) == 2
    assert "row 1" in capsys.readouterr().err


def test_impact_is_set_against_people(screened: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cases per day are told, and where reviewers cannot answer them the exit status says so."""
    same = written(tmp_path / "same")
    assert run(["policy", "impact", same, "--reviewers", "100", "--store", str(screened)]) == 0
    assert "cases per day" in capsys.readouterr().out
    few = ["--reviewers", "1", "--minutes", "60", "--hours", "1"]
    assert run(["policy", "impact", same, *few, "--store", str(screened)]) == 10
    assert "takes" in capsys.readouterr().out


def test_two_people_promote_and_one_takes_back(
    screened: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder is proposed with its backtest, decides once another person agrees, and goes again in one command; all is in the ledger."""
    data = ["--store", str(screened)]
    more = written(tmp_path / "more", more=MORE)
    assert run(["policy", "promote", more, "--by", "ada", "--why", "more", *data]) == 0
    out = capsys.readouterr().out
    version = out.split("Proposed as ")[1].split(".")[0]
    assert run(["policy", "approve", version, "--by", "ADA", "--why", "mine", *data]) != 0
    assert "second person" in capsys.readouterr().err
    post = tmp_path / "one.jsonl"
    text = "Brothers, join the fighters of the Ashen Banner now, swear the oath, write me on t.me/+AbCdEfGhIjKlMnOp"
    post.write_text(json.dumps({"id": "one", "text": text}) + "\n")
    assert run(["policy", "approve", version, "--by", "ben", "--why", "read them", *data]) == 0
    assert run(["screen", str(post), "--format", "jsonl", *data]) in (0, 10)
    decided = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "faint-signs" in json.dumps(decided["reasons"])
    assert run(["screen", str(post), "--policy", written(tmp_path / "other"), *data]) == 2
    assert "promoted and decides" in capsys.readouterr().err
    assert run(["policy", "rollback", "--by", "cleo", "--why", "too many", *data]) == 0
    assert run(["policy", "versions", *data]) == 0
    shown = capsys.readouterr().out
    assert "ben agreed" in shown
    assert "retired" in shown
    assert run(["screen", str(post), "--format", "jsonl", *data]) == 10
    decided = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "faint-signs" not in json.dumps(decided["reasons"])
    assert run(["policy", "refuse", version, "--by", "ben", "--why", "late", *data]) != 0
    assert run(["replay", "--all", *data]) == 0
    assert run(["ledger", "verify", *data]) == 0


def test_a_folder_that_does_not_hold_is_not_proposed(
    screened: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt label is pointed at with file and line, and nothing is written down."""
    wrong = written(tmp_path / "wrong", SCORE, 'score("recruitin") >= 0.5')
    assert run(["policy", "promote", wrong, "--by", "ada", "--why", "x", "--store", str(screened)]) == 2
    assert "20-recruiting.yaml" in capsys.readouterr().err
