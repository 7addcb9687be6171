"""Imports apart: a large file is brought into a bank by a process of its own and of lower priority.

Reading a list computes for minutes. In a thread of the server that would hold up every lookup, since threads of one process take
turns; another process on another core does not. `Importer` starts it, listens to what it reports, and says plainly what became of
it; `work` is what that process does. The file travels as an open descriptor: nothing has to be removed, whoever dies.
"""

import contextlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

import msgspec

from forestall.flow.banks import Added, Banker
from forestall.flow.retrohunt import Hunter
from forestall.model.errors import BadInput, Conflict, ForestallError, NotFound, StoreFailed
from forestall.model.ports import Library, SignalFiles
from forestall.model.settings import Settings

APART_BYTES = 1024 * 1024
"""A file larger than this is imported by a process of its own; starting one takes a second or two."""
LONGEST_SECONDS = 4 * 3_600.0
"""Longest time for one import, its hunt included."""
FOLLOW_SECONDS = 0.05
"""Time between looks of the importing process for what it has committed."""
NICE = 10
"""How far that process stands back behind others."""
COMMAND = (sys.executable, "-P", "-m", "forestall.doors.cli.importer")
"""What is started: it builds a house from the settings of its job and calls `work`."""

_KNOWN = {kind.__name__: kind for kind in (BadInput, NotFound, Conflict, StoreFailed)}
_AGAIN = "import the same file again: what is in already changes nothing, the rest is added"


class ImportBusy(ForestallError):
    """Another import is under way; this one can be sent again when that is through."""


class ImportFailed(ForestallError):
    """The importing process ended before it was through; what it had committed stays."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the importing process is to do; `file` is the number of an open descriptor."""

    settings: Settings
    bank: str
    format: str
    name: str
    by: str
    file: int


@dataclass(frozen=True, slots=True)
class Report:
    """One line from the importing process: entries just read, or the sum at the end, or why it could not go on."""

    read: int = 0
    added: Added | None = None
    error: str = ""
    what: str = ""
    next_step: str = ""


_REPORT = msgspec.json.Decoder(Report)


class Importer:
    """Runs one import at a time in a process of its own.

    Takes:
        command: what is started, never through a shell.
        longest: seconds after which it is ended.
    """

    def __init__(self, command: Sequence[str] = COMMAND, longest: float = LONGEST_SECONDS) -> None:
        self._command = tuple(command)
        self._longest = longest
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._why = ""
        self.bank = ""
        """The id of the bank that is being filled; empty where none is."""

    def run(self, job: Job) -> Added:
        """Import a file into a bank and give what became of it; the file's descriptor stays the caller's.

        Raises ImportBusy where an import is under way, ImportFailed where the process died, took too long or was stopped, and what
        the verb raises.
        """
        if not self._turn.acquire(blocking=False):
            raise ImportBusy("another large list is being imported", "send the file again when that import is through")
        try:
            self.bank, self._why = job.bank, ""
            process = self._started(job)
        except BaseException:
            self._through()
            raise
        told = threading.Event()
        # The answer goes out before the hunt is through, so waiting for the end is left to a thread.
        threading.Thread(target=self._watch, args=(process, told), name="forestall-import", daemon=True).start()
        try:
            return self._heard(process)
        finally:
            told.set()

    def stop(self) -> None:
        """End an import that is under way, as where the server stops; what it has committed stays."""
        process = self._process
        if process is not None:
            self._end(process, "the server was stopped")

    def _started(self, job: Job) -> "subprocess.Popen[bytes]":
        """Start the process on a job, which it reads from its input: settings may hold secrets, and arguments are seen by all."""
        os.lseek(job.file, 0, os.SEEK_SET)
        process = subprocess.Popen(  # noqa: S603  # our own program, no shell
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a trace may quote values of the list
            pass_fds=(job.file,),
            start_new_session=True,  # Ctrl-C is for the server, which then stops this
        )
        self._process = process
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", process.stdin) as told:
            told.write(msgspec.json.encode(job))
        return process

    def _heard(self, process: "subprocess.Popen[bytes]") -> Added:
        """Listen until the sum comes; raises what went wrong."""
        read = 0
        for line in cast("IO[bytes]", process.stdout):
            try:
                report = _REPORT.decode(line)
            except msgspec.DecodeError:  # it died while it wrote
                break
            read += report.read
            if report.added is not None:
                return report.added
            if report.error in _KNOWN:
                raise _KNOWN[report.error](report.what, report.next_step)
            if report.error:
                break
        self._end(process, "the process that imported it failed")
        raise ImportFailed(f"the import ended early ({self._why}); the first {read:,} entries are dealt with", _AGAIN)

    def _watch(self, process: "subprocess.Popen[bytes]", told: threading.Event) -> None:
        """Wait until the process has ended, and end it where it takes too long; then the next one may start."""
        try:
            process.wait(self._longest)
        except subprocess.TimeoutExpired:
            self._end(process, f"it took longer than {self._longest:,.0f} seconds")
            process.wait()
        told.wait()
        cast("IO[bytes]", process.stdout).close()
        self._through()

    def _end(self, process: "subprocess.Popen[bytes]", why: str) -> None:
        """Kill the process; a change of the store is whole or not there, and indexes survive it."""
        self._why = self._why or why
        process.kill()

    def _through(self) -> None:
        """Let the next one start."""
        self._process, self.bank = None, ""
        self._turn.release()


def size_of(file: IO[bytes]) -> int:
    """Give the bytes of a file that another process could be handed, after writing out what is held back; 0 for one in memory."""
    try:
        file.flush()
        return os.fstat(file.fileno()).st_size
    except (OSError, io.UnsupportedOperation):
        return 0


def work(job: Job, banker: Banker, files: SignalFiles, hunter: Hunter, tell: Callable[[Report], None]) -> None:
    """Import the file of a job, telling how far it is; then search what was screened before for what came."""
    with os.fdopen(job.file, "rb") as file, _followed(hunter.library):
        try:
            bank = banker.find(job.bank)
            entries = files.read(job.format, job.name, cast("BinaryIO", file))
            added = banker.add(bank, entries, job.by, lambda read: tell(Report(read=read)))
        except ForestallError as error:
            tell(Report(error=type(error).__name__, what=error.what, next_step=error.next_step))
            return
    tell(Report(added=added))
    for hunt in hunter.waiting():
        if hunt.bank == bank.id:
            hunter.run(hunt)


@contextlib.contextmanager
def _followed(library: Library) -> Iterator[None]:
    """Follow in a thread: committed batches are in the indexes before the server, which serves lookups, begins to take them in."""
    over = threading.Event()

    def follow() -> None:
        while not over.wait(FOLLOW_SECONDS):
            library.follow()

    thread = threading.Thread(target=follow, name="forestall-follow")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def job_from(sent: bytes) -> Job:
    """Read a job as `Importer` sends it."""
    return msgspec.json.decode(sent, type=Job)


def line_of(report: Report) -> bytes:
    """Write a report as `Importer` reads it."""
    return msgspec.json.encode(report) + b"\n"
