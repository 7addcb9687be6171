"""Which reader opens which kind of file, and what happens when one fails.

A reader takes the tray, the part name, the bytes and the sniffed media type; it lays out what it finds and gives, lazily, the files
inside. It may raise anything: a reader that fails costs its own file, never the ones beside it.
"""

from collections.abc import Callable, Iterable, Iterator

from forestall.media import document, image, mail, office, page, sniff, tars, video, zips
from forestall.media.tray import Member, OutOfTime, Tray

Reader = Callable[[Tray, str, bytes, str], Iterable[Member]]

ARCHIVES: dict[str, Reader] = {
    sniff.ZIP: zips.read,
    sniff.TAR: tars.read_tar,
    "application/gzip": tars.read_gzip,
    "application/x-bzip2": tars.read_bzip2,
    "application/x-xz": tars.read_xz,
    sniff.MAILBOX: tars.read_mailbox,
}
"""Kinds that are nothing but a wrapping of other files."""

READERS: dict[str, Reader] = {
    **ARCHIVES,
    **dict.fromkeys(image.FORMATS, image.read),
    **dict.fromkeys(office.TYPES.values(), office.read),
    sniff.TEXT: page.read,
    **dict.fromkeys(page.MARKUP_TYPES, page.read),
    sniff.MAIL: mail.read,
    "application/pdf": document.read,
    **dict.fromkeys(video.FORMATS, video.read),
}
"""Every kind we look into."""

_OLE = "application/x-ole-storage"
_LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")


def look_into(tray: Tray, part: str, data: bytes, depth: int = 0) -> None:
    """Lay out a file and everything inside it; raises only OutOfTime."""
    tray.check_time()
    kind = kind_of(data)
    tray.facts(part, kind, data)
    if kind == sniff.EMPTY:
        if depth == 0:
            tray.trouble("empty", part)
        return
    reader = READERS.get(kind)
    if reader is None:
        _unread(tray, part, kind, data)
    elif depth + (kind in ARCHIVES) > tray.limits.depth:
        tray.trouble("too-deep", part, f"more than {tray.limits.depth} levels")
        return
    else:
        for member in _inside(tray, part, data, kind, reader):
            look_into(tray, member.part, member.data, depth + 1)
    if kind not in ARCHIVES and kind not in office.TYPES.values() and zips.appended(data):
        tray.trouble("hidden-archive", part)
        if depth < tray.limits.depth:
            for member in _inside(tray, part, data, sniff.ZIP, zips.read):
                look_into(tray, member.part, member.data, depth + 1)


def members(tray: Tray, data: bytes) -> Iterator[Member]:
    """Give the members of an archive, one level deep; a file that is no archive gives nothing."""
    kind = kind_of(data)
    if kind in ARCHIVES:
        yield from _inside(tray, "", data, kind, ARCHIVES[kind])


def kind_of(data: bytes) -> str:
    """Give the media type of a file, office documents told from other ZIP archives."""
    kind = sniff.media_type(data)
    return (office.kind(data) or kind) if kind == sniff.ZIP else kind


def _inside(tray: Tray, part: str, data: bytes, kind: str, reader: Reader) -> Iterator[Member]:
    """Run a reader and give what it gives; what it raises is named on its file."""
    try:
        yield from reader(tray, part, data, kind)
    except (OutOfTime, GeneratorExit):
        raise
    except MemoryError:
        tray.trouble("too-much-memory", part)
    except Exception as error:
        tray.trouble("damaged", part, f"{type(error).__name__}: {error}"[:200])


def _unread(tray: Tray, part: str, kind: str, data: bytes) -> None:
    """Name a file that no reader takes, unless its kind says nothing to anyone."""
    if kind == _OLE and _LOCKED_OFFICE in data[: 1 << 20]:
        tray.trouble("encrypted", part)
    elif kind not in sniff.INERT:
        tray.trouble("unsupported", part, kind)
