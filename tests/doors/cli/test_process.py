"""The command line as a process: pipes, signals, terminals, exit statuses."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forestall.doors.cli import exits
from forestall.doors.cli.main import run
from tests.doors.cli.conftest import INVITE

COMMAND = [sys.executable, "-m", "forestall.doors.cli"]


def post(name: str, text: str = "hello") -> bytes:
    """Give a post as a line."""
    return json.dumps({"id": name, "text": text}).encode() + b"\n"


@contextmanager
def started(*arguments: str | Path, **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    """Start `forestall` with pipes; it is ended where the test did not."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    with subprocess.Popen([*COMMAND, *map(str, arguments)], **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_a_slow_pipe_is_answered_at_once(tmp_path: Path) -> None:
    """The first post's line appears while the pipe is still open; the rest follows in order."""
    with started("screen", "-", "--format", "jsonl", "--store", tmp_path / "data") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(post("1", INVITE))
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == "1"
        process.stdin.write(post("2") + post("3"))
        process.stdin.close()
        assert [json.loads(line)["id"] for line in process.stdout] == ["2", "3"]
        assert process.wait() in (exits.OK, exits.PERSON)


def test_an_interrupted_run_says_what_it_kept(tmp_path: Path) -> None:
    """Ctrl-C ends with status 130 and the number of items recorded, all of which are there."""
    data = tmp_path / "data"
    with started("screen", "-", "--format", "jsonl", "--store", data) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(post("1"))
        process.stdin.flush()
        decision = json.loads(process.stdout.readline())["decision"]
        process.send_signal(signal.SIGINT)
        assert process.wait() == exits.INTERRUPTED
        assert b"1 items were screened and recorded" in process.stderr.read()
    assert run(["explain", decision, "--store", str(data)]) == exits.OK


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    """With its output closed the command stops quietly, with the status a shell expects."""
    many = tmp_path / "many.jsonl"
    many.write_bytes(b"".join(post(str(n)) for n in range(3000)))
    with started("screen", many, "--format", "jsonl", "--store", "none") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == exits.PIPE_CLOSED
        assert process.stderr.read() == b""


def test_progress_only_on_a_terminal(tmp_path: Path) -> None:
    """On a terminal progress is drawn on standard error, with a rate; elsewhere there is none (the other tests see to that)."""
    posts = tmp_path / "posts.jsonl"
    posts.write_bytes(b"".join(post(str(n)) for n in range(600)))
    inner, outer = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    with started("screen", posts, "--format", "jsonl", "--store", "none", stderr=outer, env=environment) as process:
        os.close(outer)
        assert process.stdout is not None
        assert len(process.stdout.read().splitlines()) == 600
        drawn = b""
        try:
            while chunk := os.read(inner, 65536):
                drawn += chunk
        except OSError:
            pass  # the terminal's other end is closed
        os.close(inner)
        assert process.wait() == exits.OK
    assert b"screening" in drawn
    assert b"600 items" in drawn
    assert b"/s" in drawn


def test_up_serves_until_interrupted(tmp_path: Path) -> None:
    """`up` makes its folder, answers, prints one link for the first admin that works, and ends cleanly on Ctrl-C."""
    with started("up", "--port", "0", "--store", tmp_path / "data") as process:
        assert process.stdout is not None
        link = process.stdout.readline().decode().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/console/welcome/\S+", link)
        with urllib.request.urlopen(link) as answer:
            assert answer.status == 200
        with urllib.request.urlopen(link.partition("/console")[0] + "/healthz") as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait() == exits.OK
    assert (tmp_path / "data" / "keys" / "ledger.key").exists()
