"""One worker as the outside sees it: start it, talk to it without ever waiting longer than allowed, end it without a trace."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from forestall.media import wire
from forestall.media.limits import Limits
from forestall.model.errors import BoxFailed

COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "forestall.media.worker")
"""How a worker is started. `-I`: no environment variable and no current folder decide what code it loads."""

START_SECONDS = 60.0
"""Longest wait for a worker to load its decoders on a busy machine."""

_CHUNK = 1 << 20
_SMALL = 1 << 16
_KEPT_VARIABLES = ("LD_LIBRARY_PATH",)  # a Python built with a shared library may need it to start at all


class Lost(Exception):
    """The worker is gone or must go. `cause` is a problem code (`crashed`, `too-slow`), `detail` says how it ended."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


@dataclass(slots=True)
class _Coming:
    """A reply whose raw bytes are still arriving."""

    meta: bytes
    raw: bytearray
    filled: int


class Process:
    """A confined worker process and the two pipes to it. Used by one thread at a time; only `kill` may come from another.

    Raises BoxFailed when it cannot be started. `layers` is what it said of its confinement.
    """

    def __init__(self, limits: Limits, command: Sequence[str] = COMMAND) -> None:
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        try:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
                start_new_session=True,  # an interrupt typed at the terminal is for us, not for the worker
            )
        except OSError as error:
            raise BoxFailed(
                f"a worker of the media box could not be started ({error})", "free memory or processes"
            ) from None
        pipes = (self._child.stdin, self._child.stdout, self._child.stderr)
        self._in, self._out, self._err = (pipe.fileno() for pipe in pipes if pipe is not None)
        for pipe in (self._in, self._out):
            os.set_blocking(pipe, False)
            with contextlib.suppress(OSError, AttributeError):  # larger pipes are faster, not necessary
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._outbox: list[memoryview] = []
        self._inbox = bytearray()
        self._coming: _Coming | None = None
        self._busy = False
        self.files = 0
        try:
            self.layers = self._greet(limits)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._child.poll() is None

    @property
    def between_files(self) -> bool:
        """True when it has answered everything it was asked, so that it may be asked something new."""
        return not self._busy and not self._inbox

    def ask(self, request: wire.Request, raw: bytes = b"") -> None:
        """Queue a request; it goes out while an answer is awaited, so neither side can block the other."""
        self._busy = True
        self.files += isinstance(request, wire.Open | wire.Unpack)
        self._outbox += [memoryview(wire.frame(request, len(raw))), memoryview(raw)]

    def answer(self, deadline: float, max_raw: int) -> tuple[wire.Reply, bytes]:
        """Give the next reply and its raw bytes.

        Raises Lost at the deadline (monotonic seconds), at the worker's death, or when it breaks the protocol (a message we do not
        know, or more than `max_raw` raw bytes).
        """
        while True:
            found = self._parse(max_raw)
            if found is not None:
                self._busy = not isinstance(found[0], wire.Ready | wire.Done)
                return found
            self._exchange(deadline)

    def kill(self) -> None:
        """End the process at once and wait until it is gone; the pipes stay open for whoever is using them."""
        self._child.kill()
        self._child.wait()

    def close(self) -> None:
        """End the process and close its pipes; calling it again does nothing."""
        self.kill()
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _greet(self, limits: Limits) -> dict[str, str]:
        """Send the limits and wait for the worker to be confined; raises BoxFailed with what it printed if it does not get there."""
        self.ask(wire.Hello(limits))
        try:
            reply, _ = self.answer(time.monotonic() + START_SECONDS, 0)
            if not isinstance(reply, wire.Ready):
                raise Lost("crashed", f"it said {type(reply).__name__} instead of Ready")
        except Lost as lost:
            os.set_blocking(self._err, False)
            with contextlib.suppress(OSError):
                lost.detail += ": " + os.read(self._err, 4000).decode("utf-8", "replace").strip()
            raise BoxFailed(
                f"a worker of the media box did not start ({lost.detail})",
                "run `forestall doctor`, which says what is missing",
            ) from None
        return reply.layers

    def _exchange(self, deadline: float) -> None:
        """Wait until something can be written or read, and do it."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise Lost("too-slow", "it was stopped")
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if self._outbox:
            poll.register(self._in, select.POLLOUT)
        for handle, event in poll.poll(left * 1000):
            if handle == self._in:
                self._write()
            elif event & select.POLLIN:
                self._read()
            else:
                raise self._dead()

    def _write(self) -> None:
        """Write as much as the pipe takes."""
        try:
            written = os.write(self._in, self._outbox[0][:_CHUNK])
        except BlockingIOError:
            return
        except OSError:
            raise self._dead() from None
        self._outbox[0] = self._outbox[0][written:]
        while self._outbox and not self._outbox[0]:
            self._outbox.pop(0)

    def _read(self) -> None:
        """Read what there is: raw bytes straight to where they belong, anything else into the inbox."""
        if self._coming is None:
            chunk = os.read(self._out, _SMALL)
            self._inbox += chunk
            count = len(chunk)
        else:
            with memoryview(self._coming.raw) as whole, whole[self._coming.filled :] as rest:
                count = os.readv(self._out, [rest])
            self._coming.filled += count
        if not count:
            raise self._dead()

    def _parse(self, max_raw: int) -> tuple[wire.Reply, bytes] | None:
        """Take one whole reply out of what was read; None while more is needed."""
        if self._coming is None:
            self._coming = self._started(max_raw)
        coming = self._coming
        if coming is None or coming.filled < len(coming.raw):
            return None
        self._coming = None
        try:
            return wire.decode_reply(coming.meta), bytes(coming.raw)
        except msgspec.DecodeError:
            raise Lost("crashed", "it said something we do not understand") from None

    def _started(self, max_raw: int) -> _Coming | None:
        """Take a reply's head out of the inbox, and as much of its raw bytes as is there; None while the head is not complete."""
        start = wire.LENGTHS.size
        if len(self._inbox) < start:
            return None
        meta_length, raw_length = wire.LENGTHS.unpack_from(self._inbox)
        if meta_length > wire.MAX_META or raw_length > max_raw:
            raise Lost("crashed", "it said more than it may")
        middle = start + meta_length
        if len(self._inbox) < middle:
            return None
        there = self._inbox[middle : middle + raw_length]
        coming = _Coming(bytes(self._inbox[start:middle]), bytearray(raw_length), len(there))
        coming.raw[: len(there)] = there
        del self._inbox[: middle + len(there)]
        return coming

    def _dead(self) -> Lost:
        """Say how the process ended."""
        self.kill()
        code = self._child.returncode
        if code == -signal.SIGXCPU:
            return Lost("too-slow", "it used up its processor time")
        return Lost("crashed", f"signal {-code}" if code < 0 else f"exit status {code}")
