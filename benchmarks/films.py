"""What films and sound cost, and how well copies are found again.

    .venv/bin/python benchmarks/films.py [--bank 10000] [--data ../shared/data] [--only read,films,sound,found]

`read`: seconds of film that one processor opens in a second (made-up films in H.264, with sound), and what hashing adds. `films`: a bank
of so many made-up films of a minute; a film, and five seconds of one, are looked up in it. `sound`: the same with recordings of four
minutes. `found`: which changed copies of films and recordings are found again, with none of the others taken for them; then the
clips of the shared data, all pairs. Times are processor time, medians; memory is what the process grew by.
"""

import argparse
import itertools
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from forestall.detect.match.signals import audio, frames
from forestall.detect.match.signals.audio import AUDIO
from forestall.detect.match.signals.base import SequenceMatcher
from forestall.detect.match.signals.film import films
from forestall.detect.match.signals.vpdq import VPDQ
from forestall.media import Box, limits, opening
from forestall.media.tray import Tray
from forestall.model.content import Attachment
from forestall.model.reading import Reading
from forestall.model.settings import Settings
from tests.media.films import FRAMES_A_SECOND, RATE, film, melody, noisy, recording, scene, shots

Change = Callable[[Image.Image], Image.Image]
LIMITS = limits.from_settings(Settings())


def opened(box: Box, data: bytes) -> Reading:
    """Give a reading of a file."""
    found = box.open(Attachment("file", data))
    return Reading("1", planes=found.planes, sounds=found.sounds)


def clock(work: Callable[[], object], rounds: int = 5) -> float:
    """Give the median seconds of processor time of some rounds of work."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def inside(data: bytes) -> None:
    """Open a file as a worker does, in this process."""
    opening.look_into(Tray(LIMITS, len(data), lambda _message, _raw: None), "", data)


def megabytes() -> float:
    """Give the most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def reading(box: Box) -> None:
    """Print what opening and hashing films costs."""
    print(
        "\n| film of 20 s, 12 frames/s, H.264 with AAC | film s per s | pictures s per s | frames sampled | hashing ms |"
    )
    print("|---|---|---|---|---|")
    for width, height in ((640, 360), (1280, 720), (1920, 1080)):
        data = film(shots(20, 1, width, height), codec="libx264", sound=melody(20, 1))
        first = opened(box, data)
        taken = clock(lambda data=data: inside(data))  # type: ignore[misc]
        hashing = clock(lambda first=first: films(Reading("1", planes=first.planes)))  # type: ignore[misc]
        planes = len(first.planes)
        print(
            f"| {width} × {height} | {20 / taken:.0f} | {20 * FRAMES_A_SECOND / taken:.0f} | {planes} | {1000 * hashing:.0f} |"
        )
    data = recording(melody(240, 1))
    heard = opened(box, data)
    taken = clock(lambda: inside(data), 3)
    words = clock(lambda: audio.sounds(Reading("1", sounds=heard.sounds)), 3)
    print(
        f"\nMP3 of 240 s: decoded {240 / taken:.0f} s per s; its words {240 / words:.0f} s per s ({1000 * words:.0f} ms)"
    )


def bank_of_films(count: int) -> None:
    """Print what looking up films in a large bank costs."""
    before = megabytes()
    matcher = VPDQ.matcher()
    taken = filled(matcher, count, lambda number: frames.written(made_up(number)))
    print(f"\n{count} films of 240 frames: added in {taken:.1f} s, {megabytes() - before:.0f} MiB")
    asked(matcher, "60 s known", frames.written(made_up(7)))
    asked(matcher, "60 s unknown", frames.written(made_up(10**6)))
    asked(matcher, "5 s known", frames.written(made_up(9).take(np.arange(100, 120))))


def made_up(seed: int) -> frames.Frames:
    """Give a film of a minute: 30 shots of 8 frames that drift apart by a few bits."""
    random = np.random.default_rng(seed)
    hashes = np.repeat(random.integers(0, 256, (30, 32), dtype=np.uint8), 8, axis=0)
    for row in range(240):
        for bit in random.integers(0, 256, 3 * (row % 8)):
            hashes[row, bit // 8] ^= np.uint8(1 << bit % 8)
    times = np.arange(240, dtype=np.int64) * 5 // 2
    return frames.Frames(times, np.full(240, 100, np.uint8), hashes)


def filled(matcher: SequenceMatcher, count: int, make: Callable[[int], str]) -> float:
    """Put so many values into a matcher, and give the seconds that took it."""
    taken = 0.0
    for first in range(0, count, 500):
        made = [(number, make(number)) for number in range(first, min(count, first + 500))]
        start = time.process_time()
        matcher.add(made)
        taken += time.process_time() - start
    return taken


def bank_of_sound(count: int) -> None:
    """Print what looking up recordings in a large bank costs."""
    before = megabytes()
    matcher = AUDIO.matcher()
    random = np.random.default_rng(1)
    known = [random.integers(1, 1 << 32, 1_938, dtype=np.uint32) for _ in range(20)]
    taken = filled(matcher, count, lambda _: audio.written(random.integers(1, 1 << 32, 1_938, dtype=np.uint32)))
    matcher.add([(count + number, audio.written(words)) for number, words in enumerate(known)])
    print(f"\n{count} recordings of 240 s: added in {taken:.1f} s, {megabytes() - before:.0f} MiB")
    asked(matcher, "240 s known", audio.written(known[3]))
    asked(matcher, "240 s unknown", audio.written(random.integers(1, 1 << 32, 1_938, dtype=np.uint32)))
    asked(matcher, "5 s known", audio.written(known[4][500:540]))


def asked(matcher: SequenceMatcher, name: str, value: str) -> None:
    """Print what one look-up costs."""
    found = list(matcher.lookup(value))
    taken = clock(lambda: list(matcher.lookup(value)), 15)
    print(f"- {name}: {1e6 * taken:.0f} µs, {len(found)} found{f' at distance {found[0].distance}' if found else ''}")


def found_films(box: Box) -> None:
    """Print which changed copies of six films are found among them and thirty others."""
    originals = {seed: list(shots(15, seed)) for seed in range(1, 7)}
    values = {seed: value_of(box, film(made)) for seed, made in originals.items()}
    values |= {seed: value_of(box, film(shots(15, seed))) for seed in range(100, 130)}
    matcher = VPDQ.matcher()
    matcher.add(list(values.items()))
    print("\n| films: change | found | false | median distance |\n|---|---|---|---|")
    for name, change in CHANGES.items():
        hits = [
            (seed, list(matcher.look(opened(box, film(map(change, made), codec="libx264", options={"crf": "32"})))))
            for seed, made in originals.items()
        ]
        report(name, hits)


def report(name: str, hits: Sequence[tuple[int, Sequence[object]]]) -> None:
    """Print a row: of so many copies how many were found, and how many others were taken for them."""
    ours = [hit.distance for seed, met in hits for hit in met if getattr(hit, "id", -1) == seed]  # type: ignore[attr-defined]
    false = sum(getattr(hit, "id", -1) != seed for seed, met in hits for hit in met)
    print(f"| {name} | {len(ours)}/{len(hits)} | {false} | {statistics.median(ours) if ours else '–'} |")


def value_of(box: Box, data: bytes) -> str:
    """Give what a film is written as."""
    return next(iter(VPDQ.traces(opened(box, data)))).value


def cut(share: float) -> Change:
    """Give a change that cuts a share off every side's pair and enlarges the rest."""
    half = share / 2

    def change(frame: Image.Image) -> Image.Image:
        width, height = frame.size
        box = (int(width * half), int(height * half), int(width * (1 - half)), int(height * (1 - half)))
        return frame.crop(box).resize(frame.size)

    return change


def bars(frame: Image.Image) -> Image.Image:
    """Give a frame between black bars."""
    whole = Image.new("RGB", (frame.width, frame.height + 60))
    whole.paste(frame, (0, 30))
    return whole


def mark(share: float) -> Change:
    """Give a change that lays a mark over a share of the frame."""

    def change(frame: Image.Image) -> Image.Image:
        made = frame.copy()
        side = share**0.5
        made.paste((255, 220, 0), (8, 8, 8 + int(frame.width * side), 8 + int(frame.height * side)))
        return made

    return change


def aside(frame: Image.Image) -> Image.Image:
    """Give a frame as a smaller picture inside another."""
    page = scene(77, frame.width, frame.height)
    page.paste(frame.resize((frame.width * 6 // 10, frame.height * 6 // 10)), (20, 20))
    return page


CHANGES: dict[str, Change] = {
    "H.264, crf 32": lambda frame: frame,
    "half size": lambda frame: frame.resize((frame.width // 2, frame.height // 2)),
    "grey": lambda frame: frame.convert("L").convert("RGB"),
    "blurred": lambda frame: frame.filter(ImageFilter.GaussianBlur(2)),
    "brighter": lambda frame: frame.point(lambda level: min(255, level + 40)),
    "bars": bars,
    "mark 15 %": mark(0.15),
    "mark 30 %": mark(0.30),
    "mirrored": lambda frame: frame.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned": lambda frame: frame.transpose(Image.Transpose.ROTATE_90),
    "rotated 3°": lambda frame: frame.rotate(3),
    "cut by 5 %": cut(0.05),
    "cut by 10 %": cut(0.10),
    "inside another": aside,
}


def found_sound(box: Box) -> None:
    """Print which changed copies of six recordings are found among them and sixty others."""
    tunes = {seed: melody(30, seed) for seed in range(1, 7)}
    matcher = AUDIO.matcher()
    for seed, tune in (tunes | {seed: melody(30, seed) for seed in range(100, 160)}).items():
        heard = opened(box, recording(tune, "flac", "flac"))
        matcher.add([(seed, trace.value) for trace in AUDIO.traces(heard)])
    start, other = 11 * RATE + 777, melody(60, 999)
    middle = 20 * RATE + 123
    copies: dict[str, Callable[[np.ndarray], bytes]] = {
        "MP3 64 kbit/s": recording,
        "Opus": lambda tune: recording(tune, "ogg", "libopus", 48_000),
        "AAC": lambda tune: recording(tune, "mp4", "aac", 44_100),
        "noise 10 dB below": lambda tune: recording(noisy(tune, 10)),
        "noise 3 dB below, MP3 32 kbit/s": lambda tune: recording(noisy(tune, 3), bit_rate=32_000),
        "5 s cut out": lambda tune: recording(tune[start : start + 5 * RATE]),
        "5 s, noise 10 dB below": lambda tune: recording(noisy(tune[start : start + 5 * RATE], 10)),
        "6 s inside 60 s of other music": lambda tune: recording(
            np.concatenate([other[:middle], tune[start : start + 6 * RATE], other[middle:]])
        ),
        "under speech as loud (another tune)": lambda tune: recording(0.5 * tune + 0.5 * melody(30, 555, 0.11)),
        "2 % faster": lambda tune: recording(np.interp(np.arange(0, len(tune), 1.02), np.arange(len(tune)), tune)),
    }
    print("\n| recordings: change | found | false | median distance |\n|---|---|---|---|")
    for name, change in copies.items():
        report(name, [(seed, list(matcher.look(opened(box, change(tune))))) for seed, tune in tunes.items()])


def shared(box: Box, data: Path) -> None:
    """Print who meets whom among the clips of the shared data, and among the hashes the reference tools made."""
    paths = sorted((data / "video").glob("*/*.m*4*"))
    readings = [opened(box, path.read_bytes()) for path in paths]
    matcher = VPDQ.matcher()
    matcher.add([(at, next(iter(VPDQ.traces(one))).value) for at, one in enumerate(readings)])
    print("\n| clip | met, at distance |\n|---|---|")
    for path, one in zip(paths, readings, strict=True):
        met = ", ".join(f"{paths[hit.id].stem} {hit.distance}" for hit in matcher.look(one))
        print(f"| {path.stem} | {met} |")
    files = sorted((data / "video" / "vpdq-sample-hashes").glob("[cdpt]*-*.txt"))
    values = {file.stem: VPDQ.normalise(file.read_text("ascii")) for file in files}
    table("same clip at two sizes", values, lambda one, other: full(one) == full(other))
    table("same scene and bars", values, lambda one, other: kind(one) == kind(other))
    table("other scene", values, lambda one, other: kind(one)[0] != kind(other)[0])


def kind(name: str) -> tuple[str, bool]:
    """Give the scene a clip shows, and whether it has bars."""
    return name.partition("-")[0], "no-bar" in name


def full(name: str) -> str:
    """Give the clip's name whatever its size."""
    return name.removesuffix("-128x128")


def table(name: str, values: dict[str, str], wanted: Callable[[str, str], bool]) -> None:
    """Print how many pairs of a kind are within the default distance."""
    pairs: Iterable[tuple[str, str]] = itertools.combinations(values, 2)
    distances = [VPDQ.compare(values[one], values[other]) for one, other in pairs if wanted(one, other)]
    within = sum(distance <= VPDQ.radius for distance in distances)
    print(
        f"- reference hashes, {name}: {within} of {len(distances)} pairs within {VPDQ.radius}, nearest {min(distances)}"
    )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=int, default=10_000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default="read,films,sound,found")
    chosen = parser.parse_args()
    wanted = set(chosen.only.split(","))
    box = Box(Settings(box_workers=1))
    if "read" in wanted:
        reading(box)
    if "films" in wanted:
        bank_of_films(chosen.bank)
    if "sound" in wanted:
        bank_of_sound(chosen.bank)
    if "found" in wanted:
        found_films(box)
        found_sound(box)
        if (chosen.data / "video").is_dir():
            shared(box, chosen.data)
    box.close()


if __name__ == "__main__":
    main()
