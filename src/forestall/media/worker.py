"""The process inside the box: `python -m forestall.media.worker`.

Everything is loaded before it is confined; after that it only computes, reading requests from standard input and writing replies to
standard output, until its input ends.
"""

import os
import sys
import warnings
from typing import BinaryIO

from forestall.media import document, opening, video, wire
from forestall.media.limits import Limits
from forestall.media.sandbox import kernel
from forestall.media.sandbox.confine import confine, probe
from forestall.media.sandbox.limits import allow_seconds
from forestall.media.tray import Member, OutOfTime, Tray
from forestall.media.warmup import warm_up


def main() -> None:
    """Serve requests until standard input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    greeting = wire.read_request(source)
    if greeting is None or not isinstance(greeting[0], wire.Hello):
        raise SystemExit("the first request must be Hello")
    limits = greeting[0].limits
    warnings.simplefilter("ignore")
    warm_up(limits)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders print their complaints
    layers = confine(limits.memory_bytes)
    wire.write_reply(sink, wire.Ready(layers | _readers()))
    serve(source, sink, limits)


def serve(source: BinaryIO, sink: BinaryIO, limits: Limits) -> None:
    """Answer one request after the other."""

    def send(message: wire.Reply, raw: bytes = b"") -> None:
        wire.write_reply(sink, message, raw)

    archive = _Archive(Tray(limits, 0, send), b"")
    while (asked := wire.read_request(source)) is not None:
        request, data = asked
        allow_seconds(limits.seconds)
        match request:
            case wire.Open():
                try:
                    opening.look_into(Tray(limits, len(data), send), "", data)
                except OutOfTime:
                    send(wire.Trouble("too-slow", "", ""))
                send(wire.Done())
            case wire.Unpack():
                archive = _Archive(Tray(limits, len(data), send), data)
            case wire.Next():
                member = archive.next()
                if member is None:
                    send(wire.Done())
                else:
                    send(wire.Member(member.part), member.data)
            case wire.Probe():
                send(wire.Probed(probe()))


class _Archive:
    """An archive being unpacked on request; the clock runs only while a member is being fetched."""

    def __init__(self, tray: Tray, data: bytes) -> None:
        self._tray = tray
        self._members = opening.members(tray, data)

    def next(self) -> Member | None:
        """Give the next member, or None at the end."""
        self._tray.start_clock()
        try:
            return next(self._members, None)
        except OutOfTime:
            self._tray.trouble("too-slow", "")
            return None


def _readers() -> dict[str, str]:
    """Say which optional readers are there."""
    return {
        "pdf": kernel.ON if document.available() else kernel.off("install Forestall with its `pdf` extra"),
        "video": kernel.ON if video.available() else kernel.off("install Forestall with its `video` extra"),
    }


if __name__ == "__main__":
    main()
