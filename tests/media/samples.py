"""Files to open, sound and hostile, and ways to look at what came out."""

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from forestall.media.warmup import zipped
from forestall.model.content import Attachment, Problem
from forestall.model.ports import Opener
from forestall.model.reading import Opened, Plane, Role

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="EVALUATION DATA ABSENT: ../shared/data is not there"),
]
INVITE = "https://chat.example/+ninth-tide"


def opened(box: Opener, data: bytes, name: str = "file") -> Opened:
    """Open bytes under a name."""
    return box.open(Attachment(name, data))


def causes(found: Opened | Iterable[object]) -> list[str]:
    """Give the causes of all problems, in order."""
    things = found.problems if isinstance(found, Opened) else found
    return [thing.cause for thing in things if isinstance(thing, Problem)]


def parts(found: Opened) -> list[str]:
    """Give the parts of all files, in order."""
    return [facts.part for facts in found.files]


def texts(found: Opened, role: Role = Role.PAGE) -> list[str]:
    """Give the texts in a role, in order."""
    return [segment.text for segment in found.segments if segment.role is role]


def pixels(plane: Plane) -> "np.ndarray[tuple[int, int], np.dtype[np.int16]]":
    """Give a plane as rows of numbers."""
    return np.frombuffer(plane.luma, np.uint8).reshape(plane.height, plane.width).astype(np.int16)


def difference(first: Plane, second: Plane) -> float:
    """Give the mean absolute difference in brightness of two planes of one size."""
    assert (first.width, first.height) == (second.width, second.height)
    return float(np.abs(pixels(first) - pixels(second)).mean())


def painting(width: int = 320, height: int = 200, seed: int = 1) -> Image.Image:
    """Give a colour picture with smooth shapes and some detail."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    noise = random.integers(-12, 13, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(smooth).astype(int) + noise, 0, 255).astype(np.uint8))


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    """Give a picture as a file."""
    sink = io.BytesIO()
    picture.save(sink, form, **options)
    return sink.getvalue()


def coded(
    text: str = INVITE, kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.QRCode, scale: int = 4
) -> Image.Image:
    """Give a square code that says a text, on white."""
    code = np.asarray(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind), scale=scale))
    return Image.fromarray(code.astype(np.uint8))


def poster(code: Image.Image, size: tuple[int, int] = (1600, 1004)) -> Image.Image:
    """Give a picture with a code pasted into its lower right."""
    picture = painting(*size).convert("RGB")
    picture.paste(code.convert("RGB"), (size[0] - code.width - 20, size[1] - code.height - 20))
    return picture


def huge_png(side: int = 50_000) -> bytes:
    """Give a PNG of a few hundred bytes that says it is `side` × `side` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 50_000))
        + chunk(b"IEND", b"")
    )


def tarred(members: Mapping[str, bytes | str], mode: str = "w") -> bytes:
    """Give a TAR archive; bytes are a file's content, a string is where a symbolic link leads."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def zip_link(name: str, target: bytes) -> bytes:
    """Give a ZIP archive whose one member is a symbolic link."""
    data = bytearray(zipped({name: target}))
    at = data.index(b"PK\1\2")
    data[at + 5] = 3  # made on Unix
    struct.pack_into("<L", data, at + 38, 0o120777 << 16)
    return bytes(data)


def zip_locked(name: str = "plan.txt") -> bytes:
    """Give a ZIP archive whose one member says it is encrypted."""
    data = bytearray(zipped({name: os.urandom(40)}))
    for at in (data.index(b"PK\3\4") + 6, data.index(b"PK\1\2") + 8):
        data[at] |= 1
    return bytes(data)


def zip_overlapping(count: int = 200, size: int = 4 * 1024 * 1024) -> bytes:
    """Give a ZIP archive without nesting in which every member is the same packed bytes."""
    packed = zipped({"a": b"\0" * size})
    local = packed[: packed.index(b"PK\1\2")]
    line = packed[len(local) : packed.index(b"PK\5\6")]
    lines = b"".join(line[:-1] + bytes([97 + number % 26]) for number in range(count))
    return local + lines + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, count, count, len(lines), len(local), 0)


def zip_claiming(name: str, content: bytes, size: int) -> bytes:
    """Give a ZIP archive whose one member says it has another size than it has."""
    data = bytearray(zipped({name: content}))
    struct.pack_into("<L", data, data.index(b"PK\1\2") + 24, size)
    return bytes(data)


def nested(levels: int, innermost: bytes = b"the end") -> bytes:
    """Give a ZIP archive in a ZIP archive, and so on."""
    data = innermost
    for level in range(levels):
        data = zipped({f"{level}.zip" if level else "end.txt": data})
    return data


def pdf(*contents: str, catalog: str = "", page: str = "", objects: Iterable[str] = ()) -> bytes:
    """Give a PDF document with a page per content stream; `catalog` and `page` add entries, `objects` are numbered from 100."""
    kids = " ".join(f"{10 + 2 * number} 0 R" for number in range(len(contents)))
    bodies = {1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>", 2: f"<</Type/Pages/Kids[{kids}]/Count {len(contents)}>>"}
    bodies[3] = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    for number, content in enumerate(contents):
        at = 10 + 2 * number
        bodies[at] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents {at + 1} 0 R"
            f"/Resources<</Font<</F 3 0 R>>>>{page}>>"
        )
        bodies[at + 1] = f"<</Length {len(content)}>>stream\n{content}\nendstream"
    bodies |= dict(enumerate(objects, start=100))
    out, where = b"%PDF-1.7\n", {}
    for number, body in bodies.items():
        where[number] = len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    out += b"".join(f"{number} 1\n{at:010d} 00000 n \n".encode() for number, at in where.items())
    return out + f"trailer<</Root 1 0 R/Size 200>>\nstartxref\n{start}\n%%EOF".encode()


def written(text: str) -> str:
    """Give a page's content stream that writes a line."""
    return f"BT /F 24 Tf 20 100 Td ({text}) Tj ET"
