"""Pictures per second: a JPEG of 1600 x 1004 from its bytes to a PDQ hash and quality, ours and a plain one, in turns.

    .venv/bin/python benchmarks/pdq.py [PICTURE.jpg] [--rounds 5] [--times 20]

Ours opens the file in the box (a worker process with its own memory, where the sandbox holds) and hashes all eight forms
with the compiled kernel. The plain one decodes in this process with Pillow and follows the reference in NumPy, one form.
Both run one picture at a time; wall-clock medians over the rounds. Without a picture, one is drawn.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from forestall.detect.match.signals.pdq import hash_plane
from forestall.media import Box
from forestall.model.content import Attachment
from forestall.model.reading import Plane
from forestall.model.settings import Settings

WIDTH, HEIGHT = 1600, 1004


def drawn() -> bytes:
    """Give a JPEG with detail at many scales."""
    rng = np.random.default_rng(7)
    total = np.zeros((HEIGHT, WIDTH, 3))
    for cells in (4, 16, 64, 256):
        for channel in range(3):
            coarse = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
            total[:, :, channel] += np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    scaled = (255 * (total - total.min()) / (total.max() - total.min())).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(scaled).save(out, "JPEG", quality=88)
    return out.getvalue()


def plain(data: bytes) -> bytes:
    """Hash one form the way the paper writes it down: luma, running boxes by cumulative sums, samples, DCT, median."""
    colours = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)
    luma = colours @ np.array([0.299, 0.587, 0.114], np.float32)
    for _ in range(2):
        luma = _boxed(_boxed(luma, 1), 0)
    rows = [int((i + 0.5) * luma.shape[0] / 64) for i in range(64)]
    columns = [int((j + 0.5) * luma.shape[1] / 64) for j in range(64)]
    basis = np.sqrt(2 / 64) * np.cos(np.pi / 128 * np.arange(1, 17)[:, None] * (2 * np.arange(64)[None, :] + 1))
    found = (basis @ luma[np.ix_(rows, columns)] @ basis.T).ravel()
    return np.packbits((found > np.sort(found)[127])[::-1]).tobytes()


def _boxed(luma: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Give the running mean along an axis over ceil(length / 128) values, fewer at the ends."""
    length = luma.shape[axis]
    window = -(-length // 128)
    ahead = (window + 2) // 2 - 1
    at = np.arange(length)
    low, high = np.maximum(0, at - (window - 1 - ahead)), np.minimum(length, at + ahead + 1)
    sums = np.insert(np.cumsum(luma, axis=axis, dtype=np.float64), 0, 0, axis=axis)
    means: NDArray[np.float64] = (sums.take(high, axis=axis) - sums.take(low, axis=axis)) / np.expand_dims(
        high - low, 1 - axis
    )
    result: NDArray[np.float32] = means.astype(np.float32)
    return result


def timed(work: Callable[[], object], times: int) -> float:
    """Give the mean seconds of one call."""
    begin = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begin) / times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    data = given.picture.read_bytes() if given.picture else drawn()
    box = Box(Settings(box_workers=1))
    attachment = Attachment("picture.jpg", data)
    plane: Plane = box.open(attachment).planes[0]
    ours = hash_plane(plane)
    assert ours is not None
    apart = (int.from_bytes(plain(data)) ^ int.from_bytes(ours.hashes[0].tobytes())).bit_count()
    works: dict[str, Callable[[], object]] = {
        "box + hash (ours, eight forms)": lambda: hash_plane(box.open(attachment).planes[0]),
        "  of which hash": lambda: hash_plane(plane),
        "Pillow + NumPy (plain, one form)": lambda: plain(data),
    }
    rounds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(given.rounds):
        for name, work in works.items():
            rounds[name].append(timed(work, given.times))
    box.close()
    print(
        f"{plane.width} x {plane.height}, {len(data) / 1024:.0f} KiB; the two hashes differ in {apart} bits, quality {ours.quality}"
    )
    for name, seconds in rounds.items():
        middle = statistics.median(seconds)
        print(f"{name:34} {1000 * middle:8.2f} ms  {1 / middle:8.0f} pictures/s")


if __name__ == "__main__":
    main()
