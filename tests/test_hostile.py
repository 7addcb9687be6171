"""A folder full of traps goes through the command line: every trap is named on its item, and everything else is screened."""

import io
import json
import os
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

ORDINARY = "Join us and fight, brothers of the Ashen Banner, swear your oath."


def _png_header(width: int, height: int) -> bytes:
    """Give a PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def _zip(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        out = tarfile.TarInfo("../../out.txt")
        out.size = 3
        archive.addfile(out, io.BytesIO(b"out"))
        inside = tarfile.TarInfo("inside.txt")
        inside.size = 6
        archive.addfile(inside, io.BytesIO(b"inside"))
    return file.getvalue()


def _jpeg() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((200, 200), 80).convert("RGB").save(file, "JPEG")
    return file.getvalue()


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\);while\\(true\\){})>>>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF"
)


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the folder of traps."""
    folder = tmp_path_factory.mktemp("traps")
    traps = {
        "bomb.zip": _zip({"zeros.txt": b"\0" * 50_000_000}),
        "huge.png": _png_header(50_000, 50_000),
        "cut.jpg": _jpeg()[:2_000],
        "script.pdf": PDF,
        "links.tar.gz": _tar(),
        "deep.html": b"<div>" * 300_000 + b"deep text",
        "deep.json": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        "binary.bin": os.urandom(4_096),
        "empty.txt": b"",
        "invalid.txt": b"\xfa\xf8 not utf-8 \x80\x81",
    }
    for name, data in traps.items():
        (folder / name).write_bytes(data)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    lines = [
        json.dumps({"id": "first", "text": ORDINARY}),
        '{"id": "surrogate", "text": "a \\ud800 b"}',
        json.dumps({"id": "bidi", "text": "safe \u202etxet desrever\u202c \u2066\u200b end \x1b[31m"}),
        "{broken",
        json.dumps({"id": "outside", "text": "x", "media": ["../../../etc/passwd"]}),
        json.dumps({"id": "long", "text": "x" * 3_000_000}),
        '{"id": "deep", "text": ' + "[" * 100_000 + "]" * 100_000 + "}",
        json.dumps({"id": "last", "text": ORDINARY}),
    ]
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.write("\n" + "y" * 100_000_000 + "\n")
        file.write(json.dumps({"id": "after the long line", "text": ORDINARY}) + "\n")
    return folder


@pytest.fixture(scope="module")
def results(trapped: Path) -> dict[str, dict[str, object]]:
    """Screen the folder with 4 GiB of address space and read the results."""
    command = [
        sys.executable,
        "-m",
        "forestall.doors.cli",
        "screen",
        str(trapped),
        "--store",
        "none",
        "--format",
        "jsonl",
    ]
    limit = 6 * 1024**3
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 10, done.stderr[-2_000:]
    assert "Traceback" not in done.stderr
    return {str(item["id"]): item for item in map(json.loads, done.stdout.splitlines())}


def _causes(item: dict[str, object]) -> Iterator[str]:
    findings = item["findings"]
    assert isinstance(findings, list)
    return (finding["evidence"]["cause"] for finding in findings if finding["label"] == "unreadable")


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("bomb.zip", "archive-ratio"),
        ("huge.png", "too-many-pixels"),
        ("cut.jpg", "truncated"),
        ("binary.bin", "unsupported"),
        ("empty.txt", "empty"),
        ("invalid.txt", "encoding"),
        ("loop", "unsafe-path"),
        ("links.tar.gz", "unsafe-path"),
        ("outside", "unsafe-path"),
        ("long", "text-too-long"),
        ("surrogate", ""),
        ("bidi", ""),
        ("deep.html", ""),
        ("script.pdf", ""),
    ],
)
def test_each_trap_is_named_on_its_item(results: dict[str, dict[str, object]], name: str, cause: str) -> None:
    """A trap is an item with the cause that fits; what only looks odd is an ordinary item."""
    found = {id_: set(_causes(item)) for id_, item in results.items() if id_ == name or id_.startswith(f"{name}/")}
    assert found, f"no item for {name} among {sorted(results)[:40]}"
    if cause:
        assert cause in set.union(*found.values()), found


def test_the_rest_continues(results: dict[str, dict[str, object]]) -> None:
    """Posts before, between and after the traps get their decisions."""
    for name in ("first", "last", "after the long line"):
        assert results[name]["outcome"] == "review"
    assert any(name.endswith("inside.txt") for name in results)


def test_no_line_is_lost(results: dict[str, dict[str, object]]) -> None:
    """Lines that hold no post are items with a problem, not gaps."""
    lines = {name: set(_causes(item)) for name, item in results.items() if name.startswith("posts.jsonl:")}
    assert {"not-json"} in lines.values()
    assert {"too-large"} in lines.values() or {"too-long"} in lines.values()
