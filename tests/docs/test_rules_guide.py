"""The guide to rules is run as it stands: its file is written, and each of its commands does what the page says."""

import json
import re
import shlex
from pathlib import Path

import pytest

from forestall.doors.cli.main import run

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "rules.md").read_text("utf-8")
POSTS = (
    "See you where the Ashen Banner drills tonight, brothers, write me on t.me/+AbCdEfGhIjKlMnOp and tell no one",
    "The old drill hall is a museum now",
    "Rent went up again, nobody cares",
)


def test_the_guide_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """From the copy of the rules to a promoted version and back, every command of the page runs and ends well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORESTALL_DATA", str(tmp_path / "data"))
    posts = tmp_path / "posts.jsonl"
    posts.write_text("".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(POSTS)), "utf-8")
    assert run(["screen", str(posts)]) in (0, 10)
    (rule,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    commands = [
        shlex.split(line.removeprefix("$ forestall "))
        for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
        for line in block.splitlines()
    ]
    assert [command[1] for command in commands] == [
        *("copy", "check", "test", "diff", "backtest", "impact", "promote", "versions", "rollback")
    ]
    said: dict[str, str] = {}
    for command in commands:
        if command[1] == "rollback":
            version = re.findall(r"Proposed as (\S+)\.", said["promote"])[0]
            assert run(["policy", "approve", version, "--by", "ben", "--why", "read the changes"]) == 0
            assert run(["screen", str(posts)]) in (0, 10)
            _watched(capsys)
        assert run(command) in (0, 10), command
        said[command[1]] = capsys.readouterr().out
        if command[1] == "copy":
            (tmp_path / "my-policy" / "60-ours.yaml").write_text(rule, "utf-8")
    assert "3 of 3 examples hold" in said["test"]
    assert "added rule drill-hall" in said["diff"]
    assert "Nothing would come out otherwise" in said["backtest"]
    assert "proposed" in said["versions"]
    assert "decides again" in said["rollback"]


def _watched(capsys: pytest.CaptureFixture[str]) -> None:
    """Look whether the shadow rule was asked and its answer kept."""
    from forestall.assembly import build
    from forestall.model.settings import from_folder

    capsys.readouterr()
    with build(from_folder(str(Path("data").absolute()))) as house:
        assert [shadow.fired for shadow in house.store.shadows()] == [("drill-hall",)]
