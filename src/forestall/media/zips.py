"""ZIP archives, read with distrust (PKWARE APPNOTE 6.3.10; no standard-library `zipfile`).

`zipfile` builds an object for every entry a central directory claims before it can be asked anything, and trusts sizes. Here entries
are read one by one up to the limit, sizes are counted and not believed, entries whose bytes overlap (as in archive bombs without
nesting) are refused, and a broken member costs only itself.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forestall.media import names
from forestall.media.tray import Bomb, Member, Tray

_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65535
_ZIP64_LOCATOR, _ZIP64_END = b"PK\x06\x07", b"PK\x06\x06"
_CENTRAL, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_CENTRAL_SIZE, _LOCAL_SIZE = 46, 30
_STORED, _DEFLATED, _BZIP2, _LZMA = 0, 8, 12, 14
_AES = 99
_UNIX = 3
_CHUNK = 1 << 18
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF


class BadZip(Exception):
    """The archive has no central directory that holds together."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the central directory; `offset` is that of its local header, `mode` the Unix file mode or 0."""

    name: str
    method: int
    encrypted: bool
    crc: int
    packed: int
    size: int
    offset: int
    mode: int


def read(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Give the members of a ZIP archive."""
    meter = tray.meter(len(data))
    for entry in sound(tray, part, data):
        if entry.name.endswith("/"):
            continue
        if not tray.admit(part):
            return
        inner = names.accepted(tray, part, entry.name, entry.mode)
        if inner is None:
            continue
        try:
            content = unpacked(tray, inner, data, entry, meter)
        except Bomb as bomb:
            tray.trouble(bomb.cause, part, bomb.detail)
            return
        if content is not None:
            yield Member(inner, content)


def sound(tray: Tray, part: str, data: bytes) -> list[Entry]:
    """Give the entries of an archive that do not share bytes with each other; names what is wrong with the rest."""
    entries: list[Entry] = []
    try:
        for entry in directory(data):
            entries.append(entry)
            if len(entries) > tray.limits.entries:
                break
    except (BadZip, struct.error, ValueError) as error:
        tray.trouble("damaged", part, str(error))
    overlapping = _overlapping(entries)
    if overlapping:
        tray.trouble("archive-overlap", part, f"{len(overlapping)} of {len(entries)} members")
    return [entry for index, entry in enumerate(entries) if index not in overlapping]


def appended(data: bytes) -> bool:
    """True if a ZIP archive with at least one member ends the bytes of another kind of file."""
    try:
        return next(directory(data), None) is not None
    except (BadZip, struct.error, ValueError):
        return False


def directory(data: bytes) -> Iterator[Entry]:
    """Give the entries of the central directory one by one; raises BadZip where it breaks off."""
    position, size, shift = _find_directory(data)
    end = position + size
    while position + _CENTRAL_SIZE <= end:
        fields = struct.unpack_from("<4s4B4HL2L5H2L", data, position)
        if fields[0] != _CENTRAL:
            raise BadZip("the list of members breaks off")
        (_, _, made_by, _, _, flags, method, _, _, crc, packed, unpacked_size, name_size, extra_size, comment_size) = fields[:15]
        attributes, offset = fields[17], fields[18]
        name_at = position + _CENTRAL_SIZE
        extra_at = name_at + name_size
        raw_name = data[name_at:extra_at]
        unpacked_size, packed, offset = _wide(data[extra_at : extra_at + extra_size], unpacked_size, packed, offset)
        yield Entry(
            name=raw_name.decode("utf-8" if flags & 0x800 else "cp437", "replace"),
            method=method,
            encrypted=bool(flags & 0x41) or method == _AES,
            crc=crc,
            packed=packed,
            size=unpacked_size,
            offset=offset + shift,
            mode=attributes >> 16 if made_by == _UNIX else 0,
        )
        position = extra_at + extra_size + comment_size


def unpacked(tray: Tray, part: str, data: bytes, entry: Entry, meter: "tray_meter") -> bytes | None:
    """Give the content of one entry, or None where it cannot be had (which is named); raises Bomb."""
    raise NotImplementedError
