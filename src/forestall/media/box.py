"""The box: a pool of confined workers that open files for many threads at once."""

import math
import threading
import time
import weakref
from collections.abc import Iterator

from forestall.media import limits, problems, sniff, wire
from forestall.media.digests import digests
from forestall.media.process import Lost, Process
from forestall.model.content import Attachment, Markup, Problem
from forestall.model.errors import BoxFailed
from forestall.model.reading import FileFacts, Opened, Plane, Role, Segment, Sound
from forestall.model.settings import Settings

FILES_PER_WORKER = 1000
"""A worker is replaced after so many files: whatever a file did to it, few later files meet it."""

_MAX_REPLIES = 200_000
_SPARE_BYTES = 64 * 1024 * 1024


class Box:
    """Opens files without trusting them (`ports.Opener`). Any number of threads may call it.

    Takes the settings whose names begin with `box_` and `max_`. At most `box_workers` files are open at a time, each in its own
    process, started when first needed; further callers wait. A worker that dies, hangs past `max_seconds` or talks nonsense is
    replaced, and that item gets a Problem next to whatever was read until then. Raises only BoxFailed: no worker can be
    started, or the box was closed.
    """

    def __init__(self, settings: Settings) -> None:
        self._limits = limits.from_settings(settings)
        self._size = max(1, settings.box_workers)
        self._turns = threading.BoundedSemaphore(self._size)
        self._lock = threading.Lock()
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._closed = False
        weakref.finalize(self, _close_all, self._all)

    def open(self, attachment: Attachment) -> Opened:
        """Open one file and everything inside it, within limits; what cannot be read is a Problem."""
        refused = self._refused(attachment)
        if refused is not None:
            return Opened(files=(_facts(attachment),), problems=(refused,))
        with self._turns:
            found = self._converse(attachment)
            if found.never_began and not self._closed:  # the worker had died while it waited: not this file's doing
                found = self._converse(attachment)
        return found.opened()

    def unpack(self, attachment: Attachment) -> Iterator[Attachment | Problem]:
        """Give the members of an archive one level deep, one by one as they are asked for; a file that is no archive gives nothing.

        Needs no turn in the pool: whoever iterates may open each member meanwhile, even with a single worker.
        """
        refused = self._refused(attachment)
        if refused is not None:
            yield refused
            return
        worker = self._take()
        try:
            worker.ask(wire.Unpack(), attachment.data)
            yield from self._members(worker, attachment.name)
        finally:
            self._give_back(worker)

    def close(self) -> None:
        """Stop every worker and wait until it is gone. Calling it again does nothing; opening afterwards raises BoxFailed."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = self._all.difference(idle)
            self._all.difference_update(idle)
        for worker in idle:
            worker.close()
        for worker in busy:  # whoever uses it notices, and closes its pipes
            worker.kill()

    def _refused(self, attachment: Attachment) -> Problem | None:
        """Say why a file is not even sent to a worker, if so."""
        size = len(attachment.data)
        if size > self._limits.file_bytes:
            return problems.problem("too-large", attachment.name, f"{size} bytes of at most {self._limits.file_bytes}")
        return None

    def _take(self) -> Process:
        """Give an idle worker, or a new one."""
        with self._lock:
            if self._closed:
                raise BoxFailed("the media box is closed", "open files before the house is closed")
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.close()
                self._all.discard(worker)
        worker = Process(self._limits)
        with self._lock:
            if not self._closed:
                self._all.add(worker)
                return worker
        worker.close()
        raise BoxFailed("the media box was closed", "open files before the house is closed")

    def _give_back(self, worker: Process) -> None:
        """Keep a worker for the next file, or end it if it is spent, not wanted, or in the middle of something."""
        with self._lock:
            keep = (
                not self._closed
                and worker.between_files
                and worker.files < FILES_PER_WORKER
                and len(self._idle) < self._size
            )
            if keep:
                self._idle.append(worker)
            else:
                self._all.discard(worker)
        if not keep:
            worker.close()

    def _converse(self, attachment: Attachment) -> "_Collected":
        """Have one file opened by one worker; what arrived before the worker was lost is kept."""
        worker = self._take()
        deadline = time.monotonic() + self._limits.seconds
        collected = _Collected(attachment.name)
        room = self._limits.plane_bytes + self._limits.sound_bytes + 4 * self._limits.total_text + _SPARE_BYTES
        try:
            worker.ask(wire.Open(), attachment.data)
            for _ in range(_MAX_REPLIES):
                reply, raw = worker.answer(deadline, room)
                room -= len(raw)
                if isinstance(reply, wire.Done):
                    return collected
                collected.add(reply, raw)
            raise Lost("crashed", "it said more than it may")
        except Lost as lost:
            collected.never_began = lost.cause == "crashed" and not collected.files
            if not collected.files:
                collected.files.append(_facts(attachment))
            collected.problems.append(problems.problem(lost.cause, attachment.name, lost.detail))
            return collected
        finally:
            self._give_back(worker)

    def _members(self, worker: Process, name: str) -> Iterator[Attachment | Problem]:
        """Ask for one member after the other; each may take `max_seconds`, however long the caller keeps it."""
        try:
            for _ in range(_MAX_REPLIES):
                worker.ask(wire.Next())
                reply, raw = worker.answer(time.monotonic() + self._limits.seconds, self._limits.file_bytes)
                while isinstance(reply, wire.Trouble):
                    yield _problem(name, reply)
                    reply, raw = worker.answer(time.monotonic() + self._limits.seconds, self._limits.file_bytes)
                if not isinstance(reply, wire.Member):
                    return
                yield Attachment(name=name + reply.part, data=raw)
        except Lost as lost:
            yield problems.problem(lost.cause, name, lost.detail)


class _Collected:
    """What a worker said about one file, checked as it comes in; raises Lost when it breaks the protocol.

    `never_began` says that the worker died before it said so much as the file's digests, which come first.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.segments: list[Segment] = []
        self.planes: list[Plane] = []
        self.files: list[FileFacts] = []
        self.problems: list[Problem] = []
        self.sounds: list[Sound] = []
        self.never_began = False

    def add(self, reply: wire.Reply, raw: bytes) -> None:
        """Take one reply."""
        try:
            self._add(reply, raw)
        except ValueError:
            raise Lost("crashed", "it said something we do not understand") from None

    def _add(self, reply: wire.Reply, raw: bytes) -> None:
        match reply:
            case wire.Facts(part, media_type, size, md5, sha1, sha256, sha512):
                self.files.append(FileFacts(self._name + part, media_type, size, md5, sha1, sha256, sha512))
            case wire.Text():
                part, role, markup = self._name + reply.part, Role(reply.role), Markup(reply.markup)
                self.segments.append(Segment(part=part, role=role, text=raw.decode("utf-8"), markup=markup))
            case wire.Picture():
                self.planes.append(_plane(self._name, reply, raw))
            case wire.Noise(part, rate):
                if rate < 1 or len(raw) % 2:
                    raise ValueError(reply)
                self.sounds.append(Sound(self._name + part, rate, raw))
            case wire.Trouble():
                self.problems.append(_problem(self._name, reply))
            case _:
                raise ValueError(reply)

    def opened(self) -> Opened:
        """Give everything, in the order it was said."""
        return Opened(
            tuple(self.segments), tuple(self.planes), tuple(self.files), tuple(self.problems), tuple(self.sounds)
        )


def capabilities() -> dict[str, str]:
    """Start a worker and say of each layer of its confinement, and of each trial against it, `on`, `on: detail` or `off: why`.

    Also `box` itself (`off: why` if no worker starts), and whether documents (`pdf`), films and sound (`video`) can be read. For
    `forestall doctor`.
    """
    try:
        worker = Process(limits.from_settings(Settings()))
    except BoxFailed as failure:
        return {"box": f"off: {failure}"}
    try:
        worker.ask(wire.Probe())
        reply, _ = worker.answer(time.monotonic() + Settings().max_seconds, 0)
        attempts = reply.attempts if isinstance(reply, wire.Probed) else {}
        return {"box": "on", **worker.layers, **attempts}
    except Lost as lost:
        return {"box": f"off: {lost}", **worker.layers}
    finally:
        worker.close()


def _plane(name: str, reply: wire.Picture, raw: bytes) -> Plane:
    """Give the plane a worker lays out; raises ValueError if the bytes do not fit its size."""
    size = reply.width * reply.height
    if size < 1 or reply.width < 1 or len(raw) != size * (4 if reply.colours else 1) or not math.isfinite(reply.at):
        raise ValueError(reply)
    return Plane(name + reply.part, reply.width, reply.height, raw[:size], reply.frame, raw[size:], reply.at)


def _problem(name: str, reply: wire.Trouble) -> Problem:
    """Give the Problem a worker names; raises Lost if it names one we do not know."""
    if reply.cause not in problems.CAUSES:
        raise Lost("crashed", "it said something we do not understand")
    return problems.problem(reply.cause, name + reply.part, reply.detail)


def _facts(attachment: Attachment) -> FileFacts:
    """Give the facts of a file that no worker looked at: digests and a type from its first bytes."""
    data = attachment.data
    return FileFacts(attachment.name, sniff.media_type(data), len(data), *digests(data))


def _close_all(workers: set[Process]) -> None:
    """End workers when the box is closed, collected or the interpreter ends."""
    while workers:
        workers.pop().close()
