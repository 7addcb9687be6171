"""Imports apart: whatever becomes of the process that imports, the caller is told, and the next import can start."""

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile

import msgspec
import pytest

from forestall.flow.banks import Added
from forestall.flow.importing import NICE, ImportBusy, Importer, ImportFailed, Job, Report, line_of, size_of
from forestall.model.errors import BadInput
from forestall.model.settings import Settings

HEAR = "import json, os, sys, time\njob = json.load(sys.stdin)\ntell = lambda text: print(text, flush=True)\n"
"""What every importing process here begins with."""
DONE = 'tell(\'{"added": {"read": 1}}\')\n'


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    """A job with a file of two lines that was read to its end."""
    path = tmp_path / "list.csv"
    path.write_text("type,value\nmd5,x\n")
    with path.open("rb") as file:
        file.read()
        yield Job(Settings(webhook_secret="whsec_x"), "bank-1", "csv", "list.csv", "key:7", file.fileno())


def importer(script: str, longest: float = 60.0) -> Importer:
    """Give an importer whose process runs a script after it has read its job as `job`."""
    return Importer((sys.executable, "-c", HEAR + script), longest)


def freed(runner: Importer, job: Job) -> Added:
    """Import as soon as the process before has ended."""
    while True:
        try:
            return runner.run(job)
        except ImportBusy:
            threading.Event().wait(0.01)


def test_the_process_has_all_it_needs_and_stands_back(job: Job) -> None:
    """It reads its job from its input, the file from the beginning, has a lower priority, and no argument tells a secret."""
    script = """
assert job["by"] == "key:7" and job["settings"]["webhook_secret"] == "whsec_x" and "whsec_x" not in str(sys.argv)
assert os.read(job["file"], 100) == b"type,value\\nmd5,x\\n"
tell('{"read": 5}')
tell(json.dumps({"added": {"read": os.nice(0)}}))
"""
    assert importer(script).run(job).read == os.nice(0) + NICE


def test_a_death_is_told_with_how_far_it_came(job: Job) -> None:
    """Where the process dies, even in the middle of a line, the caller learns how many entries are dealt with; the next one may start."""
    runner = importer("tell('{\"read\": 5000}')\nprint('{\"add', end='', flush=True)\nos.kill(os.getpid(), 9)\n")
    for _ in range(2):
        with pytest.raises(ImportFailed, match="5,000") as caught:
            freed(runner, job)
        assert "same file again" in caught.value.next_step


def test_what_the_verb_refuses_is_raised_here(job: Job) -> None:
    """An error of the verb is the same error for the caller; any other is a failed import."""
    told = line_of(Report(error="BadInput", what="the list is torn", next_step="mend it")).decode().strip()
    with pytest.raises(BadInput, match="torn"):
        importer(f"tell({told!r})\n").run(job)
    with pytest.raises(ImportFailed):
        importer('tell(\'{"error": "LedgerBroken"}\')\n').run(job)


def test_one_that_takes_too_long_is_ended(job: Job) -> None:
    """A process that goes on for ever is killed, and the caller told that it took too long."""
    with pytest.raises(ImportFailed, match="longer than"):
        importer("time.sleep(600)\n", 0.3).run(job)


def test_a_program_that_cannot_be_started_holds_nothing(job: Job) -> None:
    """Where no process can be started the error is raised, and the turn is free again."""
    runner = Importer(("/nonexistent/program",))
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            runner.run(job)
    assert runner.bank == ""


def test_one_at_a_time_until_it_is_stopped(job: Job) -> None:
    """While one import is under way another is told so; stopping ends the first, which says why."""
    runner = importer("tell('{\"read\": 1}')\ntime.sleep(600)\n")
    failed: list[str] = []
    thread = _told(lambda: runner.run(job), failed)
    while not runner.bank:
        threading.Event().wait(0.001)
    assert runner.bank == "bank-1"
    with pytest.raises(ImportBusy):
        runner.run(job)
    while thread.is_alive():
        runner.stop()
        thread.join(0.05)
    assert "the server was stopped" in failed[0]
    runner.stop()


def test_the_answer_does_not_wait_for_the_hunt(job: Job) -> None:
    """The sum is given while the process still searches what was screened before; until it has ended no other import starts."""
    runner = importer(DONE + "time.sleep(600)\n")
    assert runner.run(job) == Added(read=1)
    with pytest.raises(ImportBusy):
        runner.run(job)
    runner.stop()
    assert freed(runner, job).read == 1
    runner.stop()


def test_only_real_files_can_be_handed_over(tmp_path: Path) -> None:
    """A file held in memory has no size for another process; an upload has, and what is held back is counted."""
    assert size_of(io.BytesIO(b"x" * 100)) == 0
    with SpooledTemporaryFile(max_size=1_000) as upload:
        upload.write(b"x" * 100)
        assert size_of(upload) == 100
        assert os.pread(upload.fileno(), 1_000, 0) == b"x" * 100
    with (tmp_path / "file").open("wb") as file:
        file.write(b"x" * 100)
        assert size_of(file) == 100


def test_reports_are_read_as_written() -> None:
    """A sum comes over whole, with its problems."""
    report = Report(added=Added(read=3, added=2, refused=1))
    assert msgspec.json.decode(line_of(report), type=Report) == report


def _told(work: Callable[[], object], failed: list[str]) -> threading.Thread:
    """Do something in a thread and keep what went wrong."""

    def run() -> None:
        try:
            work()
        except ImportFailed as error:
            failed.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    return thread
