"""What the two sides of the box say to each other, over two pipes.

A frame is two big-endian 32-bit lengths, a msgpack message of the first length, and raw bytes of the second (a file, a member, a
text in UTF-8, a plane, samples of sound), so that pictures are never encoded. Nothing is pickled. Parts are relative to the file
being opened (`""`, `/inner/a.png`, `#page3`): its name, which may hold anything, stays outside.

A conversation: Hello → Ready; then Open → (Facts | Text | Picture | Noise | Trouble)* Done;
or Unpack, Next → Trouble* Member, Next → … Done; or Probe → Probed.
"""

import struct
from typing import BinaryIO

import msgspec

from forestall.media.limits import Limits

LENGTHS = struct.Struct(">II")
MAX_META = 64 * 1024
"""Longest message without its raw bytes; a longer one breaks the protocol."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """First word to a worker: the limits it keeps."""

    limits: Limits


class Open(msgspec.Struct, frozen=True, tag=True):
    """Open the file in the raw bytes, and everything inside it."""


class Unpack(msgspec.Struct, frozen=True, tag=True):
    """Take the archive in the raw bytes; members follow one by one on Next."""


class Next(msgspec.Struct, frozen=True, tag=True):
    """Give the next member of the archive."""


class Probe(msgspec.Struct, frozen=True, tag=True):
    """Try everything the box should refuse, and say what happened."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The worker is confined; `layers` says of each layer `on` or `off: why`."""

    layers: dict[str, str]


class Facts(msgspec.Struct, frozen=True, tag=True):
    """One file was found."""

    part: str
    media_type: str
    size: int
    md5: str
    sha1: str
    sha256: str
    sha512: str


class Text(msgspec.Struct, frozen=True, tag=True):
    """A text was found; the raw bytes are its UTF-8."""

    part: str
    role: str
    markup: str


class Picture(msgspec.Struct, frozen=True, tag=True):
    """A picture was found; the raw bytes are its brightness, `width` × `height`, and with `colours` its RGB after that."""

    part: str
    width: int
    height: int
    frame: int
    colours: bool = False
    at: float = -1.0


class Noise(msgspec.Struct, frozen=True, tag=True):
    """The sound of a file; the raw bytes are its signed 16-bit samples, `rate` a second."""

    part: str
    rate: int


class Trouble(msgspec.Struct, frozen=True, tag=True):
    """Something could not be read; `cause` is a key of `problems.CAUSES`."""

    cause: str
    part: str
    detail: str


class Member(msgspec.Struct, frozen=True, tag=True):
    """One member of an archive; the raw bytes are its content."""

    part: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """That was all."""


class Probed(msgspec.Struct, frozen=True, tag=True):
    """What happened when the worker tried what it must not do: attempt → `refused` or what it got."""

    attempts: dict[str, str]


Request = Hello | Open | Unpack | Next | Probe
Reply = Ready | Facts | Text | Picture | Noise | Trouble | Member | Done | Probed

_encoder = msgspec.msgpack.Encoder()
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def frame(message: Request | Reply, raw_length: int = 0) -> bytes:
    """Give the head of a frame: lengths and message; the raw bytes follow it on the pipe."""
    meta = _encoder.encode(message)
    return LENGTHS.pack(len(meta), raw_length) + meta


def read_request(source: BinaryIO) -> tuple[Request, bytes] | None:
    """Read one request and its raw bytes from a blocking pipe; None at its end."""
    head = source.read(LENGTHS.size)
    if len(head) < LENGTHS.size:
        return None
    meta_length, raw_length = LENGTHS.unpack(head)
    meta, raw = source.read(meta_length), source.read(raw_length)
    if len(meta) < meta_length or len(raw) < raw_length:
        return None
    return decode_request(meta), raw


def write_reply(sink: BinaryIO, message: Reply, raw: bytes = b"") -> None:
    """Write one reply and its raw bytes to a blocking pipe."""
    sink.write(frame(message, len(raw)))
    sink.write(raw)
    sink.flush()
