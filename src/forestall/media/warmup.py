"""Tiny files of every kind, opened once before a worker is confined: whatever a library loads when first used is loaded by then."""

import bz2
import gzip
import importlib
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator

from PIL import Image

from forestall.media import document, image, opening, page, video
from forestall.media.limits import Limits
from forestall.media.tray import Tray

_MAIL = (
    b"From: =?utf-8?q?a?= <a@example.org>\nSubject: =?windows-1256?b?7e0=?=\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain; charset=koi8-r\n'
    b"Content-Transfer-Encoding: base64\n\n8fHx\n--x\nContent-Disposition: attachment; filename*=utf-8''a.txt\n\nb\n--x--\n"
)
_MODES = (("PNG", "P"), ("PNG", "LA"), ("PNG", "I;16"), ("JPEG", "CMYK"), ("TIFF", "LAB"), ("TIFF", "F"))


def warm_up(limits: Limits) -> None:
    """Load every text encoding, and open a file of every kind, a broken one of each included; keeps nothing."""
    for name in sorted(page.ENCODINGS):
        importlib.import_module(f"encodings.{name}")
    for sample in samples():
        for data in (sample, sample[: len(sample) * 2 // 3]):
            opening.look_into(Tray(limits, len(data), lambda _message, _raw: None), "", data)


def samples() -> Iterator[bytes]:
    """Give a small sound file of each kind."""
    for name, mode in (*((name, "RGB") for name in image.FORMATS.values()), *_MODES):
        sink = io.BytesIO()
        frames = (
            {"save_all": True, "append_images": [Image.new(mode, (16, 16), 1)]}
            if (name, mode) == ("GIF", "RGB")
            else {}
        )
        Image.new(mode, (16, 16)).save(sink, name, **frames)
        yield sink.getvalue()
    yield _MAIL
    yield b"From a@example.org Thu Jan  1 00:00:00 2026\n" + _MAIL
    yield b"<html><p>a</p></html>"
    yield "\N{ARABIC LETTER ALEF}a ".encode("utf-16") * 8
    yield zipped({"a.txt": b"a" * 100})
    yield zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<d><p><t>a</t></p></d>"})
    header = tarfile.TarInfo("a.txt").tobuf()
    yield from (pack(header + bytes(1024)) for pack in (bytes, gzip.compress, bz2.compress, lzma.compress))
    yield from document.samples()
    yield from video.samples()


def zipped(members: dict[str, bytes]) -> bytes:
    """Write a ZIP archive with deflated members."""
    body, directory = b"", b""
    for name, content in members.items():
        engine = zlib.compressobj(wbits=-15)
        packed = engine.compress(content) + engine.flush()
        common = struct.pack("<5H3L2H", 20, 0, 8, 0, 0, zlib.crc32(content), len(packed), len(content), len(name), 0)
        directory += b"PK\1\2" + b"\x14\0" + common + struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\3\4" + common + name.encode() + packed
    end = struct.pack("<4H2LH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end
