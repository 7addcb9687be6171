"""The command as scripts see it: exit statuses, and errors in words."""

import hashlib
from pathlib import Path

import click
import pytest

from forestall.doors.cli import exits
from forestall.doors.cli.main import forestall, run, told
from forestall.model.errors import ForestallError

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def store(tmp_path: Path) -> tuple[str, str]:
    """The option that names the test's own data folder."""
    return ("--store", str(tmp_path / "data"))


def test_nothing_for_a_person_is_zero(tmp_path: Path, store: tuple[str, str]) -> None:
    """Where nothing needs a person the status is 0."""
    (tmp_path / "post.txt").write_text("hello")
    assert run(["screen", str(tmp_path / "post.txt"), *store]) == exits.OK


def test_something_for_a_person_is_ten(tmp_path: Path, store: tuple[str, str]) -> None:
    """Where something needs a person the status is 10."""
    digest = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    (tmp_path / "known.csv").write_text(f"value,type\n{digest},md5\n")
    (tmp_path / "file.bin").write_bytes(b"x")
    arguments = ["screen", str(tmp_path / "file.bin"), "--bank", str(tmp_path / "known.csv"), *store]
    assert run(arguments) == exits.PERSON


@pytest.mark.parametrize(
    "arguments", [["screen"], ["scren"], ["screen", "x", "--format", "xml"], ["screen", "no-such-path"]]
)
def test_wrong_use_is_two(arguments: list[str], store: tuple[str, str], capsys: Capture) -> None:
    """Missing and misspelt arguments, and paths that do not exist, give status 2, words, and no traceback."""
    assert run([*arguments, *(store if arguments[-1] == "no-such-path" else ())]) == exits.USAGE
    written = capsys.readouterr()
    assert written.err
    assert "Traceback" not in written.err
    assert written.out == ""


def test_what_cannot_be_done_is_one(store: tuple[str, str], capsys: Capture) -> None:
    """An id nobody knows gives status 1, what happened, and the next step on a line of its own."""
    assert run(["explain", "nope", *store]) == exits.ERROR
    what, step = capsys.readouterr().err.splitlines()
    assert what.startswith("forestall: ")
    assert step.startswith("  next: ")


def test_interrupting_anything_is_130(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Ctrl-C in any command gives status 130 and one word instead of a traceback."""

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(forestall), "get_command", interrupted)
    assert run(["doctor"]) == exits.INTERRUPTED
    assert capsys.readouterr().err.strip() == "Interrupted."


def test_errors_with_hostile_names_are_safe() -> None:
    """A file name with control characters can't drive the terminal through an error message."""
    text = told(ForestallError("`\x1b[2Jx\u202e` is bad\nand more", "look at \x07"))
    assert text == "forestall: `␛[2Jx⟨RLO⟩` is bad\nand more\n  next: look at ␇"


def test_help_and_version_are_zero(capsys: Capture) -> None:
    """Asking for help or the version succeeds; the help tells the exit statuses."""
    assert run(["--version"]) == exits.OK
    assert run(["--help"]) == exits.OK
    text = capsys.readouterr().out
    for status in (exits.OK, exits.PERSON, exits.ERROR, exits.USAGE, exits.INTERRUPTED, exits.PIPE_CLOSED):
        assert f"  {status} " in text
    assert isinstance(forestall, click.Group)
