"""The process inside the box: `python -m forestall.media.worker`. Everything is imported before it is confined; after that it only
computes, reading requests from standard input and writing replies to standard output, until its input ends.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from forestall.media import opening, page, wire
from forestall.media.limits import Limits
from forestall.media.sandbox import kernel
from forestall.media.sandbox.confine import confine, probe
from forestall.media.sandbox.limits import allow_seconds
from forestall.media.tray import Member, OutOfTime, Tray

_LATE_IMPORTS = (
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.MpoImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.TiffImagePlugin",
    "PIL.WebPImagePlugin",
    *(f"encodings.{name}" for name in sorted(page.ENCODINGS)),
)
"""Modules that Pillow and the codecs would load when first used, when it is too late."""


def main() -> None:
    """Serve requests until standard input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    greeting = wire.read_request(source)
    if greeting is None or not isinstance(greeting[0], wire.Hello):
        raise SystemExit("the first request must be Hello")
    limits = greeting[0].limits
    for name in _LATE_IMPORTS:
        importlib.import_module(name)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)  # decoders print their complaints
    layers = confine(limits.memory_bytes)
    wire.write_reply(sink, wire.Ready(layers | _readers()))
    serve(source, sink, limits)


def serve(source: BinaryIO, sink: BinaryIO, limits: Limits) -> None:
    """Answer one request after the other."""

    def send(message: wire.Reply, raw: bytes = b"") -> None:
        wire.write_reply(sink, message, raw)

    waiting: Iterator[Member] = iter(())
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
                waiting = opening.members(Tray(limits, len(data), send), data)
            case wire.Next():
                waiting = _give_next(waiting, send)
            case wire.Probe():
                send(wire.Probed(probe()))


