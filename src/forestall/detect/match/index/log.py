"""The append log of an index: what was added and removed since its segments were written, in order.

A log is a header, a note of how far it was acknowledged, and records. A record holds one call of `add` or `remove`: the ids, the
keys, and the position of the follower that made it. Its checksum covers everything in it and the checksum of the record before, so a
record counts only where all before it count, and one that was cut off by a crash counts nowhere. Readers stop at the first record
that does not check out and try again later: it may still be being written. Only who holds the writers' lock may cut it off.

A record is durable before it is noted as acknowledged. So what is valid reaches at least as far as the note says; if not, the log was
damaged, and more is missing than a record that nobody was told of.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"FORESTALLOG1"
_HEAD = struct.Struct("<12sIQ")  # magic, bytes of a key, number of the log
_RECORD = struct.Struct("<4sBxHQI")  # mark, kind, bytes of the position, entries, checksum of the record before
_CHECK = struct.Struct("<I")
_MARK = b"rec:"

_NOTE = struct.Struct("<QI")  # how far, checksum
_NOTED_AT = _HEAD.size + _CHECK.size

FIRST = _NOTED_AT + _NOTE.size
"""Where the first record of a log stands."""

ADD, REMOVE = 1, 2

LONGEST_POSITION = 4_096
"""Bytes of the longest position a record takes."""


@dataclass(frozen=True, slots=True)
class Record:
    """One call: `kind` is ADD or REMOVE, `ids` uint64 (N,), `keys` uint8 (N, size)."""

    kind: int
    ids: NDArray[np.uint64]
    keys: NDArray[np.uint8]
    position: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two records: the offset in bytes, and the checksum of what lies before it."""

    offset: int
    check: int


def start(path: Path, size: int, number: int) -> Place:
    """Write a new, empty log durably; gives the place where its first record goes. Any file of that name is replaced."""
    head = _HEAD.pack(_MAGIC, size, number)
    with path.open("wb") as file:
        file.write(head + _CHECK.pack(zlib.crc32(head)) + _note(FIRST))
        file.flush()
        os.fsync(file.fileno())
    return _first(head)


def opened(handle: int, size: int, number: int) -> tuple[Place, int] | None:
    """Give the place of the first record, and how far the log was acknowledged; None where the file is not the log it should be."""
    data = os.pread(handle, FIRST, 0)
    head = _HEAD.pack(_MAGIC, size, number)
    if len(data) < FIRST or data[:_NOTED_AT] != head + _CHECK.pack(zlib.crc32(head)):
        return None
    noted = _NOTE.unpack_from(data, _NOTED_AT)[0]
    return (_first(head), noted) if data[_NOTED_AT:] == _note(noted) else None


def acknowledge(handle: int, place: Place) -> None:
    """Make durable what stands before a place, then note that it does."""
    os.fdatasync(handle)
    os.pwrite(handle, _note(place.offset), _NOTED_AT)


def _note(offset: int) -> bytes:
    """Give the note that says how far a log was acknowledged."""
    data = offset.to_bytes(8, "little")
    return data + _CHECK.pack(zlib.crc32(data))


def _first(head: bytes) -> Place:
    """Give the place after the header."""
    return Place(FIRST, zlib.crc32(head))


def pack(record: Record, after: Place) -> tuple[bytes, Place]:
    """Give the bytes of a record that is to stand at a place, and the place after it."""
    position = record.position.encode()
    if len(position) > LONGEST_POSITION:
        raise ValueError(f"a position of {len(position)} bytes is longer than {LONGEST_POSITION}")
    body = b"".join(
        (
            _RECORD.pack(_MARK, record.kind, len(position), len(record.ids), after.check),
            position,
            record.ids.astype("<u8").tobytes(),
            record.keys.tobytes(),
        )
    )
    check = zlib.crc32(body)
    return body + _CHECK.pack(check), Place(after.offset + len(body) + _CHECK.size, check)


def records(handle: int, size: int, place: Place, until: int = 0) -> Iterator[tuple[Record, Place]]:
    """Give the records from a place on, each with the place after it, up to the first that does not check out, or `until`."""
    begin = place.offset
    end = until or os.fstat(handle).st_size
    data = memoryview(os.pread(handle, max(0, end - begin), begin))
    while True:
        at = place.offset - begin
        body = at + _RECORD.size
        if body > len(data):
            return
        mark, kind, length, count, before = _RECORD.unpack_from(data, at)
        keys = body + length + 8 * count
        stop = keys + count * size
        if mark != _MARK or kind not in {ADD, REMOVE} or before != place.check or stop + _CHECK.size > len(data):
            return
        check = zlib.crc32(data[at:stop])
        if _CHECK.unpack_from(data, stop)[0] != check:
            return
        place = Place(begin + stop + _CHECK.size, check)
        held = np.frombuffer(data, np.uint8, count * size, keys).reshape(count, size)
        ids = np.frombuffer(data, "<u8", count, body + length).astype(np.uint64)
        yield Record(kind, ids, held, bytes(data[body : body + length]).decode()), place
