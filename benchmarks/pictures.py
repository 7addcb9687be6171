"""What hashing a picture costs: JPEG bytes to PDQ hash and quality, ours in both ways against Pillow and pdqhash, in turns.

    .venv/bin/python benchmarks/pictures.py [--peers .peers] [--data ../shared/data/images] [--rounds 15]

Three JPEGs: 512 x 512, 1600 x 1004, and 12 megapixels of the latter side by side. One thread; the processor time of one call, the median of
the rounds, each round measuring everyone once after the other. `exact` decodes to RGB and hashes that; `luma` decodes brightness alone;
both give all eight forms, the peer one. `bits` is how far the hash is from the peer's, which hashes the same RGB. Then the same two ways
through the box, as an upload goes, by the clock. Last, what the further looks at a picture cost: borders, parts, and the bytes they keep.
The peer lives in an environment of its own (`peers/README.md`); without it only ours are measured.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageFile

from forestall.detect.match.signals import parts, parts_points, pdq
from forestall.detect.match.signals.pdq import Forms, hash_plane
from forestall.media import Box
from forestall.model.content import Attachment
from forestall.model.reading import Plane, Reading
from forestall.model.settings import Settings

HERE = Path(__file__).resolve().parent


class Peer:
    """Pillow and pdqhash in a process of another environment."""

    def __init__(self, environment: Path) -> None:
        command = [str(environment / "bin" / "python"), str(HERE / "peers" / "pictures.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hashed(self, path: Path) -> dict[str, Any]:
        """Give hash, quality and milliseconds of one call."""
        sink, source = self._process.stdin, self._process.stdout
        assert sink is not None
        assert source is not None
        sink.write(json.dumps({"path": str(path), "times": 1}) + "\n")
        sink.flush()
        answer: dict[str, Any] = json.loads(source.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _opened(data: bytes) -> ImageFile.ImageFile:
    """Open a picture whose bytes are all at hand, as the box does."""
    picture = Image.open(io.BytesIO(data), formats=["JPEG"])
    picture.decodermaxblock = len(data)
    return picture


def luma(data: bytes) -> Forms | None:
    """Decode brightness alone, and hash it."""
    picture = _opened(data)
    picture.draft("L", picture.size)
    return hash_plane(Plane("", picture.width, picture.height, picture.tobytes()))


def exact(data: bytes) -> Forms | None:
    """Decode colours, and hash them; the brightness that a plane also has is not made."""
    picture = _opened(data)
    return hash_plane(Plane("", picture.width, picture.height, _blank(picture.size), 0, picture.tobytes()))


_BLANKS: dict[tuple[int, int], bytes] = {}


def _blank(size: tuple[int, int]) -> bytes:
    """Give brightness that is not looked at, made once."""
    return _BLANKS.setdefault(size, bytes(size[0] * size[1]))


def files(data: Path, folder: Path) -> list[Path]:
    """Give the three JPEGs, the largest made in `folder`."""
    photo = data / "pdq" / "bridge-mods" / "aaa-orig.jpg"
    large = Image.new("RGB", (4032, 3024))
    with Image.open(photo) as picture:
        for left in range(0, large.width, picture.width):
            for top in range(0, large.height, picture.height):
                large.paste(picture, (left, top))
    made = folder / "12-megapixels.jpg"
    large.save(made, quality=90)
    return [data / "pdq" / "bridge-mods" / "square-512x512.jpg", photo, made]


def spent(work: Callable[[], object], clock: Callable[[], float] = time.thread_time) -> float:
    """Give the milliseconds of one call."""
    begin = clock()
    work()
    return 1000 * (clock() - begin)


def measure(path: Path, peer: Peer | None, rounds: int) -> None:
    """Print a line for every way of hashing one file."""
    data = path.read_bytes()
    attachment = Attachment(path.name, data)
    boxes = {way: Box(Settings(box_workers=1, picture_hash=way)) for way in ("exact", "luma")}
    ways: dict[str, Callable[[], Forms | None]] = {"exact": lambda: exact(data), "luma": lambda: luma(data)}
    opened: dict[str, Callable[[], object]] = {
        "exact": lambda: boxes["exact"].open(attachment),
        "luma": lambda: boxes["luma"].open(attachment),
    }
    results = {way: work() for way, work in ways.items()}
    theirs = peer.hashed(path) if peer else None
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        if peer:
            times.setdefault("peer", []).append(peer.hashed(path)["cpu_ms"])
        for way, work in ways.items():
            times.setdefault(way, []).append(spent(work))
            times.setdefault(f"{way} through the box", []).append(spent(opened[way], time.perf_counter))
    for box in boxes.values():
        box.close()
    with Image.open(path) as picture:
        print(f"\n{path.name}: {picture.width} x {picture.height}, {len(data) // 1024} KiB")
    slow = statistics.median(times["peer"]) if peer else 0.0
    for way, each in times.items():
        middle = statistics.median(each)
        print(f"  {way:24} {middle:9.2f} ms  {_beside(slow / middle, results.get(way), theirs)}")


def _beside(ratio: float, ours: Forms | None, theirs: dict[str, Any] | None) -> str:
    """Say how ours lies beside the peer's."""
    if theirs is None:
        return ""
    text = f"{ratio:5.1f}x"
    if ours is not None:
        bits = (int(ours.hashes[0].tobytes().hex(), 16) ^ int(theirs["hash"], 16)).bit_count()
        text += f"  {bits} bits, quality {ours.quality} (theirs {theirs['quality']})"
    return text


def looks(path: Path, rounds: int) -> None:
    """Print what the looks at an opened picture cost."""
    box = Box(Settings(box_workers=1))
    planes = box.open(Attachment(path.name, path.read_bytes())).planes
    box.close()
    works: dict[str, Callable[[], object]] = {
        "PDQ, eight forms": lambda: hash_plane(planes[0]),
        "PDQ with borders and enlarged": lambda: pdq.views(Reading("1", planes=planes)),
        "parts": lambda: parts_points.seen(Reading("1", planes=planes)),
    }
    for name, work in works.items():
        work()
        middle = statistics.median(spent(work) for _ in range(rounds))
        print(f"  {name:30} {middle:7.2f} ms")
    kept = [trace for kind in (pdq.PDQ, parts.PARTS) for trace in kind.traces(Reading("1", planes=planes))]
    print("  kept: " + ", ".join(f"{trace.type} {len(trace.value)} characters" for trace in kept))


def main(given: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="environment with pdqhash and Pillow")
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data" / "images")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args(given)
    peer = Peer(asked.peers) if asked.peers else None
    if peer is None:
        print("no --peers: only ours are measured", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        for path in files(asked.data, Path(folder)):
            measure(path, peer, asked.rounds)
            looks(path, asked.rounds)
    if peer is not None:
        peer.close()


if __name__ == "__main__":
    main()
