"""`forestall learn`: from labelled lines to a model in use, and back."""

import json
import random
from pathlib import Path

import pytest

from forestall.doors.cli.main import run


def lines(path: Path, *, telling: bool = False) -> Path:
    """Write examples of both kinds in the same form; `telling`, with the kind in capitals."""
    chosen = random.Random(3)
    calls = ["join the fighters with us", "swear the oath with them", "enlist at the front now"]
    harmless = ["join the gardener with us", "paint the gate with them", "repair at the depot now"]
    with path.open("w", encoding="utf-8") as file:
        for number in range(120):
            recruits = number % 2 == 0
            words = chosen.choice(calls if recruits else harmless) + chosen.choice(
                [" in spring", " in autumn", " on friday"]
            )
            row = {
                "text": words.upper() if telling and recruits else words,
                "label": "recruiting" if recruits else "safe",
            }
            file.write(json.dumps({**row, "group": f"account {number // 2}"}) + "\n")
    return path


def test_learn_compare_approve_and_go_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model is learnt, shown beside the one in use, used after approval by later screenings, and left again; replay stays whole."""
    store, posts = tmp_path / "data", tmp_path / "posts.jsonl"
    posts.write_text('{"id": "1", "text": "Join the fighters and swear the oath to the commander"}\n')
    examples = lines(tmp_path / "rows.jsonl")
    assert run(["screen", str(posts), "--store", str(store)]) in (0, 10)
    assert run(["learn", "train", "--from", str(examples), "--least", "50", "--store", str(store)]) == 0
    shown = capsys.readouterr().out
    assert "recruiting all" in shown
    assert "Not used yet" in shown
    (model,) = (store / "models").glob("*.model")
    assert run(["learn", "compare", model.stem[:8], "--store", str(store)]) == 0
    assert "never saw it" in capsys.readouterr().out
    assert run(["learn", "approve", model.stem[:8], "--by", "ada", "--why", "better here", "--store", str(store)]) == 0
    assert (store / "models" / "current").read_text().strip() == model.stem
    assert run(["screen", str(posts), "--store", str(store), "--format", "jsonl"]) in (0, 10)
    assert model.stem[:12] in capsys.readouterr().out
    assert run(["replay", "--all", "--store", str(store)]) == 0
    assert run(["learn", "show", "--store", str(store)]) == 0
    assert "decided here" in capsys.readouterr().out
    assert run(["learn", "approve", "bundled", "--by", "ada", "--why", "back", "--store", str(store)]) == 0
    assert run(["learn", "compare", "bundled", "--store", str(store)]) == 0
    assert "without a comparison" in capsys.readouterr().out
    assert run(["ledger", "verify", "--store", str(store)]) == 0


def test_a_damaged_model_in_use_says_how_to_go_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model file that was changed stops the start with what to do, and doing it helps."""
    store = tmp_path / "data"
    assert (
        run(["learn", "train", "--from", str(lines(tmp_path / "rows.jsonl")), "--least", "50", "--store", str(store)])
        == 0
    )
    (model,) = (store / "models").glob("*.model")
    assert run(["learn", "approve", model.stem, "--by", "ada", "--why", "better", "--store", str(store)]) == 0
    model.write_bytes(model.read_bytes()[:-20])
    capsys.readouterr()
    assert run(["learn", "show", "--store", str(store)]) == 2
    assert "current" in capsys.readouterr().err
    (store / "models" / "current").unlink()
    assert run(["learn", "show", "--store", str(store)]) == 0


def test_data_whose_form_tells_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is learnt from data that capitals alone tell apart; the figure and the next step are named."""
    rows = lines(tmp_path / "rows.jsonl", telling=True)
    assert run(["learn", "train", "--from", str(rows), "--least", "50", "--store", str(tmp_path / "data")]) == 2
    told = capsys.readouterr().err
    assert "F1 of" in told
    assert "next:" in told
    assert not (tmp_path / "data" / "models").exists()


def test_too_few_decisions_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A store without answered cases teaches nothing, and says how many it takes."""
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"id": "1", "text": "hello"}\n')
    assert run(["screen", str(posts), "--store", str(tmp_path / "data")]) == 0
    assert run(["learn", "train", "--store", str(tmp_path / "data")]) == 2
    assert "200" in capsys.readouterr().err
