"""Calling the command line inside the test's own process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forestall.doors.cli.main import forestall

Call = Callable[..., Result]

INVITE = "Come and talk to us, join at https://t.me/+AbCdEfGhIjK12345 tonight"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def cli(data: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call `forestall` with arguments; the data folder is the test's own."""
    monkeypatch.setenv("FORESTALL_DATA", str(data))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(
            forestall, [str(item) for item in arguments], standalone_mode=False, catch_exceptions=True
        )

    return call


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """A file of four posts: talk, an invitation to a channel, Arabic with a control sequence in its id, and an empty one."""
    path = tmp_path / "posts.jsonl"
    lines = [
        {"id": "1", "text": "The ferry was twenty minutes late again."},
        {"id": "2", "text": INVITE, "author": "a", "thread": "t"},
        {"id": "3\u001b[31m\u202e", "text": "صباح الخير يا جيران"},
        {"id": "4", "text": ""},
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path
