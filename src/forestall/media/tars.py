"""TAR archives, gzip, bzip2 and xz streams, and mailboxes: archives that are read from front to back.

A stream is unpacked only as far as it is read, and every byte that comes out is counted before it is used.
"""

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from forestall.media import names, sniff
from forestall.media.tray import Bomb, Member, Meter, Tray

_BLOCK = 1 << 16
_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, tarfile.TarError, ValueError, RecursionError)
"""What the standard library raises on streams and tar headers that do not hold together."""

_LINKS = 0o120000
_NEXT_MAIL = re.compile(rb"\r?\n\r?\n(?=From [^\r\n]{1,200}\r?\n[A-Za-z-]{1,60}:)")


class _Source(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes; nothing at the end."""
        ...


class _Metered:
    """A stream whose bytes are counted as they come out; raises Bomb past the limit."""

    def __init__(self, source: _Source, meter: Meter) -> None:
        self._source = source
        self._meter = meter

    def read(self, size: int = _BLOCK, /) -> bytes:
        """Give up to `size` bytes."""
        data = self._source.read(size)
        self._meter.add(len(data))
        return data


def read_tar(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Give the members of a TAR archive."""
    return _tar_members(tray, part, _Metered(io.BytesIO(data), tray.meter(len(data))))


def read_gzip(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Give the members of a gzipped TAR archive, or the one file that was gzipped."""
    return _stream(tray, part, data, lambda: gzip.GzipFile(fileobj=io.BytesIO(data)))


def read_bzip2(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Give the members of a bzipped TAR archive, or the one file that was bzipped."""
    return _stream(tray, part, data, lambda: bz2.BZ2File(io.BytesIO(data)))


def read_xz(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Give the members of an xz-packed TAR archive, or the one file that was packed."""
    return _stream(tray, part, data, lambda: lzma.LZMAFile(io.BytesIO(data)))


def read_mailbox(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Give the mails of an mbox file (RFC 4155) as `1.eml`, `2.eml`, ….

    Mails begin with a `From ` line after a blank line, followed by a header line.
    """
    start = 0
    number = 0
    while start < len(data):
        tray.check_time()
        if not tray.admit(part):
            return
        found = _NEXT_MAIL.search(data, start)
        end = found.end() if found else len(data)
        number += 1
        first_line_end = data.find(b"\n", start, end)
        yield Member(tray.name(part, f"{number}.eml"), data[first_line_end + 1 : end])
        start = end


def _stream(
    tray: Tray, part: str, data: bytes, unpacker: Callable[[], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]
) -> Iterable[Member]:
    """Give the members of a packed TAR archive, or the one packed file."""
    try:
        with unpacker() as peek:
            head = peek.read(1024)
    except _BROKEN as error:
        tray.trouble("damaged", part, str(error)[:200])
        return
    with unpacker() as source:
        metered = _Metered(source, tray.meter(len(data)))
        if sniff.media_type(head) == sniff.TAR:
            yield from _tar_members(tray, part, metered)
            return
        if not tray.admit(part):
            return
        inner = tray.name(part, "content")
        try:
            content = _content(tray, inner, metered)
        except Bomb as bomb:
            tray.trouble(bomb.cause, part, bomb.detail)
            return
        if content is not None:
            yield Member(inner, content)


def _tar_members(tray: Tray, part: str, stream: _Metered) -> Iterable[Member]:
    """Give the members of a TAR stream; what is broken ends it and is named."""
    try:
        with tarfile.open(
            fileobj=_as_file(stream), mode="r|", bufsize=_BLOCK, encoding="utf-8", errors="replace"
        ) as archive:
            for info in archive:
                vars(archive)["members"] = []  # tarfile remembers every member for good
                if info.isdir():
                    continue
                if not tray.admit(part):
                    return
                inner = names.accepted(tray, part, info.name, _mode(info))
                if inner is None:
                    continue
                member = archive.extractfile(info)
                content = None if member is None else _content(tray, inner, member)
                if content is not None:
                    yield Member(inner, content)
    except Bomb as bomb:
        tray.trouble(bomb.cause, part, bomb.detail)
    except _BROKEN as error:
        tray.trouble("truncated", part, str(error)[:200])


def _content(tray: Tray, inner: str, source: _Source) -> bytes | None:
    """Read one member; None where it is larger than we open, and less than all where it breaks off (both are named). Raises Bomb."""
    chunks: list[bytes] = []
    length = 0
    try:
        while chunk := source.read(_BLOCK):
            chunks.append(chunk)
            length += len(chunk)
            if length > tray.limits.file_bytes:
                tray.trouble("too-large", inner, f"more than {length} bytes")
                return None
    except _BROKEN as error:
        tray.trouble("truncated", inner, str(error)[:200])
    return b"".join(chunks)


def _mode(info: tarfile.TarInfo) -> int:
    """Give a Unix file mode from which links and devices can be told."""
    if info.issym() or info.islnk():
        return _LINKS
    return 0o100000 if info.isreg() else 0o020000


def _as_file(stream: _Metered) -> Any:
    """Give the stream as tarfile's types want it: it only ever reads."""
    return stream
