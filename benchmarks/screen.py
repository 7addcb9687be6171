"""How fast screening is and how much memory it takes, through the real command line and inside one process.

python benchmarks/screen.py                      posts per second, latency, images per second
python benchmarks/screen.py --memory             peak memory at 10,000 and 1,000,000 posts (takes minutes)
python benchmarks/screen.py --profile            where the time of one post goes, by room and by function
"""

import argparse
import cProfile
import os
import platform
import pstats
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.posts import posts, write

from forestall.assembly import House, build
from forestall.flow import decide
from forestall.flow.result import of
from forestall.model.content import Content
from forestall.model.settings import Settings

COMMAND = [sys.executable, "-m", "forestall.doors.cli", "screen"]
CHUNK = 512
JPEG_SIZE = (1600, 1004)


@dataclass(frozen=True)
class Run:
    """One run of the command line: wall seconds, processor seconds of the process itself, and its peak memory in MiB."""

    seconds: float
    cpu: float
    peak: float


def best(arguments: list[str], output: Path, repeat: int, data: Path | None) -> Run:
    """Give the quickest of several runs, as the other ones were disturbed; each starts with an empty data folder."""
    runs = []
    for _ in range(repeat):
        if data is not None:
            shutil.rmtree(data, ignore_errors=True)
        runs.append(run([*arguments, "--format", "jsonl", "--store", "none" if data is None else str(data)], output))
    return Run(min(one.seconds for one in runs), min(one.cpu for one in runs), max(one.peak for one in runs))


def run(arguments: list[str], output: Path) -> Run:
    """Run `forestall screen` and measure it; the exit status must be one that means it worked."""
    started = time.perf_counter()
    with output.open("wb") as file:
        process = subprocess.Popen([*COMMAND, *arguments], stdout=file)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 10), f"exit status {process.returncode}"
    return Run(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def end_to_end(folder: Path, count: int, repeat: int) -> None:
    """Print posts per second from JSON lines to JSON lines, with the store and without, start-up taken off."""
    few, many = folder / "few.jsonl", folder / "many.jsonl"
    write(few, 1)
    write(many, count)
    lengths = [len(post["text"]) for post in posts(min(count, 5_000))]
    print(f"{count:,} posts, {statistics.mean(lengths):.0f} characters on average")
    for name, data in (("without store", None), ("with store", folder / "data")):
        start = best([str(few)], folder / "out", repeat, data)
        whole = best([str(many)], folder / "out", repeat, data)
        lines = (folder / "out").read_bytes().count(b"\n")
        assert lines == count, f"{lines} lines came out"
        rate = (count - 1) / (whole.seconds - start.seconds)
        per_core = (count - 1) / (whole.cpu - start.cpu)
        print(f"  {name:<14}{rate:>8,.0f} posts/s, {per_core:,.0f} per processor second, peak {whole.peak:,.0f} MiB")
        print(f"  {'':<14}start {start.seconds:.2f} s")


def latency(count: int) -> None:
    """Print how long one post takes inside the process, without the store."""
    with build(Settings(), keep=False) as house:
        contents = [Content(post["id"], post["text"]) for post in posts(count + 200)]
        for content in contents[:200]:
            house.screening.screen(content)
        taken = []
        for content in contents[200:]:
            started = time.perf_counter_ns()
            house.screening.screen(content)
            taken.append((time.perf_counter_ns() - started) / 1_000)
    cuts = statistics.quantiles(taken, n=100)
    print(f"  one post      p50 {cuts[49]:,.0f} µs, p99 {cuts[98]:,.0f} µs, mean {statistics.mean(taken):,.0f} µs")


def memory(folder: Path, sizes: tuple[int, ...]) -> None:
    """Print the peak memory of runs of different lengths; it must not grow with the input."""
    for count in sizes:
        path = folder / "posts.jsonl"
        write(path, count)
        for name, data in (("without store", None), ("with store", folder / "data")):
            done = best([str(path)], folder / "out", 1, data)
            print(f"  {count:>9,} posts {name:<14} peak {done.peak:,.0f} MiB, {count / done.seconds:,.0f} posts/s")


def images(folder: Path, count: int, repeat: int) -> None:
    """Print pictures per second for JPEGs of 1600×1004 pixels, with the store and without."""
    pictures = folder / "pictures"
    pictures.mkdir()
    for n in range(count):
        picture(n).save(pictures / f"{n:04}.jpg", quality=88)
    one = folder / "one"
    one.mkdir()
    picture(-1).save(one / "one.jpg", quality=88)
    for name, data in (("without store", None), ("with store", folder / "data")):
        start = best([str(one)], folder / "out", repeat, data)
        whole = best([str(pictures)], folder / "out", repeat, data)
        print(
            f"  {name:<14}{(count - 1) / (whole.seconds - start.seconds):>8,.1f} pictures/s, peak {whole.peak:,.0f} MiB"
        )


def picture(seed: int) -> Image.Image:
    """Give a picture with gradients, shapes and grain, so that it compresses like a photograph."""
    dice = random.Random(seed)
    image = Image.effect_noise((JPEG_SIZE[0] // 2, JPEG_SIZE[1] // 2), 40).resize(JPEG_SIZE).convert("RGB")
    tint = Image.new("RGB", JPEG_SIZE, (dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    image = Image.blend(image, tint, 0.5)
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        x, y, size = dice.randrange(JPEG_SIZE[0]), dice.randrange(JPEG_SIZE[1]), dice.randrange(30, 300)
        draw.ellipse((x, y, x + size, y + size), fill=(dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    return image


def profile(folder: Path, count: int, most: int) -> None:
    """Print where the time of screening and keeping goes: by room, and by function."""
    contents = [Content(post["id"], post["text"]) for post in posts(count + 500)]
    with build(Settings(data=str(folder / "profile"))) as house:
        house.screen(contents[:500])
        started = time.perf_counter()
        _whole(house, contents[500:], keep=False)
        bare = time.perf_counter() - started
        profiler = cProfile.Profile()
        profiler.runcall(_whole, house, contents[500:], keep=True)
    stats = pstats.Stats(profiler)
    rooms: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]  # typeshed does not know it
        rooms[_room(file, name)] += own
    total = sum(rooms.values())
    print(f"{count:,} posts: {bare / count * 1e6:,.0f} µs each without store or profiler; shares below are with both")
    for room, seconds in sorted(rooms.items(), key=lambda entry: -entry[1])[:most]:
        print(f"  {seconds / total:>6.1%} {seconds / count * 1e6:>8.1f} µs  {room}")
    stats.sort_stats("tottime").print_stats(most)


def _whole(house: House, contents: list[Content], keep: bool) -> None:
    """Screen in chunks, wait until each is durable, and make the results."""
    for start in range(0, len(contents), CHUNK):
        items = [house.screening.screen(content) for content in contents[start : start + CHUNK]]
        if keep:
            for future in decide.keep(house.store, items, house.outbox):
                future.result()
        for item in items:
            of(item.decision)


def _room(file: str, name: str) -> str:
    """Name the room a function belongs to, or the library."""
    parts = Path(file).parts
    if "forestall" in parts:
        inside = parts[len(parts) - 1 - parts[::-1].index("forestall") + 1 :]
        return "/".join(inside[:3])
    if "site-packages" in parts:
        return "library " + parts[parts.index("site-packages") + 1]
    return "built in " + name if file == "~" else "python " + Path(file).stem


def main() -> None:
    """Read the options and run what they ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=20_000, help="posts of the speed runs")
    parser.add_argument("--images", type=int, default=100, help="pictures of the image run")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each kind; the quickest counts")
    parser.add_argument("--memory", action="store_true", help="measure peak memory instead")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000], help="posts of the memory runs")
    parser.add_argument("--profile", action="store_true", help="say where the time goes instead")
    parser.add_argument("--top", type=int, default=30, help="lines of the profile")
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.machine()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.profile:
            profile(folder, given.posts, given.top)
        elif given.memory:
            memory(folder, tuple(given.sizes))
        else:
            end_to_end(folder, given.posts, given.repeat)
            latency(min(given.posts, 10_000))
            images(folder, given.images, given.repeat)


if __name__ == "__main__":
    main()
