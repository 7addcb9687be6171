"""ZIP archives, read with distrust (PKWARE APPNOTE 6.3.10; no standard-library `zipfile`).

`zipfile` builds an object for every entry a central directory claims before it can be asked anything, and trusts sizes. Here entries
are read one by one up to the limit, sizes are counted and not believed, entries whose bytes overlap (as in archive bombs without
nesting) are refused, and a broken member costs only itself.
"""

import bz2
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from forestall.media import names
from forestall.media.tray import Bomb, Member, Meter, Tray

_END, _ZIP64_LOCATOR, _ZIP64_END = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_CENTRAL, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_END_LINE = struct.Struct("<4s4H2LH")
_LOCATOR_LINE = struct.Struct("<4sLQL")
_ZIP64_LINE = struct.Struct("<4sQ2H2L4Q")
_LINE = struct.Struct("<4s2B5H3L5H2L")
_LOCAL_LINE = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 65535
_FULL_32 = 0xFFFFFFFF
_IN_UTF8, _ENCRYPTED = 0x800, 0x41
_AES = 99
_UNIX = 3
_CHUNK = 1 << 18
_FEED = 1 << 16


class BadZip(Exception):
    """The archive has no central directory that holds together."""


BROKEN = (BadZip, struct.error, ValueError)
"""What reading a directory that does not hold together raises."""


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
    except BROKEN as error:
        tray.trouble("damaged", part, str(error))
    overlapping = _overlapping(entries)
    if overlapping:
        tray.trouble("archive-overlap", part, f"{len(overlapping)} of {len(entries)} members")
    return [entry for index, entry in enumerate(entries) if index not in overlapping]


def appended(data: bytes) -> bool:
    """True if a ZIP archive with at least one member ends the bytes of another kind of file."""
    try:
        return next(directory(data), None) is not None
    except BROKEN:
        return False


def directory(data: bytes) -> Iterator[Entry]:
    """Give the entries of the central directory one by one; raises BadZip where it breaks off."""
    position, size, shift = _find_directory(data)
    end = position + size
    while position + _LINE.size <= end:
        line = _LINE.unpack_from(data, position)
        (
            mark,
            _,
            system,
            _,
            flags,
            method,
            _,
            _,
            crc,
            packed,
            size,
            name_size,
            extra_size,
            comment_size,
            _,
            _,
            attributes,
            offset,
        ) = line
        if mark != _CENTRAL:
            raise BadZip("the list of members breaks off")
        name_at = position + _LINE.size
        extra_at = name_at + name_size
        position = extra_at + extra_size + comment_size
        size, packed, offset = _widened(data[extra_at : extra_at + extra_size], (size, packed, offset))
        yield Entry(
            name=data[name_at:extra_at].decode("utf-8" if flags & _IN_UTF8 else "cp437", "replace"),
            method=method,
            encrypted=bool(flags & _ENCRYPTED) or method == _AES,
            crc=crc,
            packed=packed,
            size=size,
            offset=offset + shift,
            mode=attributes >> 16 if system == _UNIX else 0,
        )


def unpacked(tray: Tray, part: str, data: bytes, entry: Entry, meter: Meter) -> bytes | None:
    """Give the content of one entry, or None where it cannot be had (which is named); raises Bomb.

    A member that breaks off is given as far as it goes; one that says or turns out to be larger than we open is not given.
    """
    if entry.encrypted:
        tray.trouble("encrypted", part)
        return None
    if entry.size > tray.limits.file_bytes:
        meter.claim(entry.size)
        tray.trouble("too-large", part, f"{entry.size} bytes")
        return None
    inflate = _INFLATERS.get(entry.method)
    if inflate is None:
        tray.trouble("unsupported", part, f"compression method {entry.method}")
        return None
    chunks: list[bytes] = []
    length = 0
    try:
        for chunk in inflate(_packed_bytes(data, entry)):
            meter.add(len(chunk))
            length += len(chunk)
            if length > tray.limits.file_bytes:
                tray.trouble("too-large", part, f"more than {length} bytes")
                return None
            chunks.append(chunk)
    except (BadZip, struct.error, zlib.error, OSError, EOFError) as error:
        tray.trouble("truncated", part, str(error)[:200])
        return b"".join(chunks) or None
    content = b"".join(chunks)
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        tray.trouble("truncated", part, "its checksum does not match")
    return content


def _find_directory(data: bytes) -> tuple[int, int, int]:
    """Give where the central directory begins, its size, and by how much all stated offsets are off (bytes before the archive)."""
    end = data.rfind(_END, max(0, len(data) - _LONGEST_COMMENT - _END_LINE.size))
    if end < 0 or end + _END_LINE.size > len(data):
        raise BadZip("there is no list of members at its end")
    _, _, _, _, _, size, offset, _ = _END_LINE.unpack_from(data, end)
    locator = end - _LOCATOR_LINE.size
    if locator >= 0 and data.startswith(_ZIP64_LOCATOR, locator) and _FULL_32 in {size, offset}:
        wide = data.rfind(_ZIP64_END, 0, locator)
        if wide < 0:
            raise BadZip("its 64-bit list of members is missing")
        *_, size, offset = _ZIP64_LINE.unpack_from(data, wide)
        end = wide
    position = end - size
    if position < 0:
        raise BadZip("its list of members is longer than the file")
    return position, size, position - offset


def _widened(extra: bytes, fields: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace those of (size, packed, offset) that say "see the 64-bit field" by the 64-bit field, in that order (APPNOTE 4.5.3)."""
    if _FULL_32 not in fields:
        return fields
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            wide = list(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            size, packed, offset = (wide.pop(0) if field == _FULL_32 and wide else field for field in fields)
            return size, packed, offset
        at += 4 + length
    return fields


def _overlapping(entries: list[Entry]) -> set[int]:
    """Give the indices of entries whose bytes (local header and packed content) overlap another's."""
    spans = sorted(
        (entry.offset, entry.offset + _LOCAL_LINE.size + entry.packed, index) for index, entry in enumerate(entries)
    )
    found: set[int] = set()
    reach, last = -1, -1
    for start, end, index in spans:
        if start < reach:
            found |= {index, last}
        if end > reach:
            reach, last = end, index
    return found


def _packed_bytes(data: bytes, entry: Entry) -> memoryview:
    """Give the packed content of an entry; raises BadZip where its local header is not there."""
    if entry.offset < 0 or not data.startswith(_LOCAL, entry.offset):
        raise BadZip("its header is not where the list of members says")
    *_, name_size, extra_size = _LOCAL_LINE.unpack_from(data, entry.offset)
    start = entry.offset + _LOCAL_LINE.size + name_size + extra_size
    return memoryview(data)[start : start + entry.packed]


def _copied(packed: memoryview) -> Iterator[bytes]:
    """Give stored content in chunks."""
    for at in range(0, len(packed), _CHUNK):
        yield bytes(packed[at : at + _CHUNK])


def _inflated(packed: memoryview) -> Iterator[bytes]:
    """Give deflated content in chunks, never more than a chunk in memory; raises zlib.error or EOFError where it breaks off."""
    engine = zlib.decompressobj(-15)
    for at in range(0, len(packed), _FEED):
        rest: bytes | memoryview = packed[at : at + _FEED]
        while len(rest) and not engine.eof:
            chunk = engine.decompress(rest, _CHUNK)
            rest = engine.unconsumed_tail
            yield chunk
    while not engine.eof:
        chunk = engine.decompress(b"", _CHUNK)
        if not chunk:
            raise EOFError("it ends early")
        yield chunk


def _unbzipped(packed: memoryview) -> Iterator[bytes]:
    """Give bzip2 content in chunks; raises OSError or EOFError where it breaks off."""
    engine = bz2.BZ2Decompressor()
    feed = iter(range(0, len(packed), _FEED))
    while not engine.eof:
        block: bytes | memoryview = b""
        if engine.needs_input:
            at = next(feed, None)
            if at is None:
                raise EOFError("it ends early")
            block = packed[at : at + _FEED]
        yield engine.decompress(block, _CHUNK)


_INFLATERS: dict[int, Callable[[memoryview], Iterator[bytes]]] = {0: _copied, 8: _inflated, 12: _unbzipped}
"""Compression method (APPNOTE 4.4.5) → what undoes it."""
