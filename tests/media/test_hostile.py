"""Files made to do harm: each comes back with a clear problem, a worker's memory stays bounded, and the next file is opened."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from forestall.media import Box, limits
from forestall.media.problems import CAUSES, DESERVE_A_PERSON
from forestall.media.warmup import zipped
from forestall.model.content import Attachment
from forestall.model.settings import Settings
from tests.media.samples import (
    causes,
    huge_png,
    nested,
    opened,
    painting,
    pdf,
    saved,
    tarred,
    texts,
    written,
    zip_overlapping,
)
from tests.media.test_archives import BOMBS, UNSAFE
from tests.media.test_box import workers
from tests.media.test_mail import multipart

MIB = 1024 * 1024


def webp_canvas(side: int) -> bytes:
    """Give an animated WebP header of a canvas of `side` × `side` pixels."""
    size = (side - 1).to_bytes(3, "little")
    body = b"WEBPVP8X\x0a\0\0\0\x02\0\0\0" + size + size + b"ANIM\x06\0\0\0" + b"\0" * 6
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def gif_canvas() -> bytes:
    """Give a GIF whose first frame is one pixel and whose second covers 65,535 × 65,535."""
    first = saved(painting(1, 1), "GIF").rstrip(b";")
    return first + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0;"


def bmp_canvas() -> bytes:
    """Give a BMP header of 2,000,000,000 × 1 pixels."""
    header = (54).to_bytes(4, "little") + (40).to_bytes(4, "little") + (2_000_000_000).to_bytes(4, "little")
    return b"BM" + b"\0" * 8 + header + b"\1\0\0\0\1\0\x18\0" + b"\0" * 24


HOSTILE: dict[str, Callable[[], bytes]] = {
    **BOMBS,
    **{name: partial(bytes, data) for name, data in UNSAFE.items()},
    "a huge PNG": huge_png,
    "a huge PNG in a ZIP": lambda: zipped({"a.png": huge_png()}),
    "a huge WebP canvas": lambda: webp_canvas(1 << 24),
    "a huge GIF frame": gif_canvas,
    "a huge BMP": bmp_canvas,
    "a truncated JPEG": lambda: saved(painting(900, 700), "JPEG")[:5000],
    "overlapping members": zip_overlapping,
    "deep archives": lambda: nested(60),
    "deep multiparts": lambda: multipart(5_000),
    "links": lambda: tarred({"a": "/etc/passwd", "b": "../../b"}),
    "tar headers without end": lambda: tarred({"x" * 90: b""})[:512] * 20_000,
    "a chain of long names": lambda: _long_names(3_000),
    "a page tree in a circle": lambda: pdf(written("x")).replace(b"/Kids[10 0 R]", b"/Kids[ 2 0 R]"),
    "a long line": lambda: b"a" * 30 * MIB,
    "brackets": lambda: b"[" * 5 * MIB,
    "tags": lambda: b"<p>" + b"<div>" * MIB,
    "open tags": lambda: b"<html" + b"<" * 5 * MIB,
    "header lines": lambda: b"From: a\nSubject: b\n" + b"To: c\n" * MIB,
    "boundaries": lambda: b"From: a\nSubject: b\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * MIB,
    "zeros": lambda: b"\0" * 10 * MIB,
    "noise": lambda: os.urandom(5 * MIB),
    "surrogates in UTF-16": lambda: b"\xff\xfe" + b"\x00\xd8" * 1000,
    "bidirectional overrides": ("\u202e" * 1000 + "txt").encode,
}


def _long_names(count: int) -> bytes:
    """Give a TAR archive that begins with long-name headers that announce each other."""
    header = bytearray(tarred({"././@LongLink": b"x"})[:1024])
    header[156:157] = b"L"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header) * count


@pytest.fixture(scope="module")
def guarded() -> Iterator[Box]:
    """Give a box whose files have five seconds."""
    made = Box(Settings(box_workers=1, max_seconds=5.0))
    yield made
    made.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_harm_is_contained(guarded: Box, name: str) -> None:
    """The file comes back with its digests and only documented problems, unpacking it ends too, and the box goes on."""
    data = HOSTILE[name]()
    found = opened(guarded, data, "file")
    assert found.files[0].size == len(data)
    assert set(causes(found)) <= set(CAUSES) - {"crashed"}
    for member in guarded.unpack(Attachment("file", data)):
        assert not isinstance(member, Attachment) or len(member.data) <= 64 * MIB
    assert texts(opened(guarded, b"next")) == ["next"]


EVASIVE = [
    "a huge PNG",
    "a huge PNG in a ZIP",
    "a huge WebP canvas",
    "overlapping members",
    "deep archives",
    "deep multiparts",
    *BOMBS,
]


@pytest.mark.parametrize("name", [*EVASIVE, *UNSAFE, "links"])
def test_evasion_is_told_from_accident(guarded: Box, name: str) -> None:
    """What a file made to escape notice does is named by a cause that deserves a person."""
    assert set(causes(opened(guarded, HOSTILE[name]()))) & DESERVE_A_PERSON


@pytest.mark.parametrize("name", ["a truncated JPEG", "a long line", "noise", "zeros", "surrogates in UTF-16"])
def test_accident_is_told_from_evasion(guarded: Box, name: str) -> None:
    """What happens to anybody's files is named by a cause that does not deserve a person."""
    assert not set(causes(opened(guarded, HOSTILE[name]()))) & DESERVE_A_PERSON


def test_memory_stays_bounded() -> None:
    """Bombs and headers of huge pictures leave a worker's greatest memory far below what they claim to need."""
    before = set(workers())
    box = Box(Settings(box_workers=1))
    opened(box, b"text")
    (pid,) = set(workers()) - before
    for name in ("a huge PNG", "a huge WebP canvas", "a huge GIF frame", "a huge BMP", *BOMBS):
        opened(box, HOSTILE[name]())
    status = Path(f"/proc/{pid}/status").read_text()
    box.close()
    peak = int(status.split("VmHWM:")[1].split()[0])
    assert peak < 400 * 1024


def test_what_needs_too_much_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture within the limit on pixels that does not fit into a worker's memory is named, and the box goes on."""
    tight = msgspec.structs.replace(limits.from_settings(Settings()), memory_bytes=64 * MIB)
    monkeypatch.setattr(limits, "from_settings", lambda _: tight)
    box = Box(Settings(box_workers=1))
    found = opened(box, huge_png(7_000))
    assert causes(found) == ["too-much-memory"]
    assert texts(opened(box, b"next")) == ["next"]
    box.close()


def test_what_takes_too_long_keeps_what_was_read() -> None:
    """When an archive's time is up, its members until then stay, and the archive says that time was up."""
    box = Box(Settings(box_workers=1, max_seconds=1.0))
    grey = saved(Image.new("L", (3000, 3000), 90), "PNG")
    found = opened(box, zipped({f"{number}.png": grey for number in range(1500)}))
    assert causes(found) == ["too-slow"]
    assert found.planes
    assert texts(opened(box, b"next")) == ["next"]
    box.close()
