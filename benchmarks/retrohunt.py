"""Retro-hunt: new hashes joined with stored ones, cold; a whole hunt over a store; and how fast a list is imported.

    python benchmarks/retrohunt.py join [--stored 10000000] [--new 100000] [--folder DIR]
    python benchmarks/retrohunt.py hunt [--seen 100000] [--new 20000]
    python benchmarks/retrohunt.py import [--rows 1000000]

Hashes are made up: bits in correlated groups (so that unrelated ones lie closer than chance would have them, as real PDQ hashes
do), and four in ten of them changed copies in clusters whose sizes follow a power law. A tenth of the new ones are changed copies
of stored ones, 0 to 40 bits away. `join` builds the index once per folder, then times a fresh process whose files were dropped from
the page cache; some of the new hashes are compared with all stored ones to see that nothing is missing and nothing is too much.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forestall.assembly import build as house_of
from forestall.detect.match.index import open_index
from forestall.flow.bankfile import sourced
from forestall.flow.banks import Banker
from forestall.model.bank import BankState, Entry, Opinion, Trace
from forestall.model.records import Change, Event, Sighting
from forestall.model.settings import Settings

Hashes = NDArray[np.uint8]
T = TypeVar("T")

_GROUPS = 64
"""Independent directions behind the 256 bits."""
_BLOCK = 200_000
_COPIES = 0.4
_RADIUS = 31
_CHECKED = 16


def hashes(count: int, seed: int) -> Hashes:
    """Give made-up hashes, uint8 (count, 32)."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).standard_normal((_GROUPS, 256), np.float32)
    made = np.empty((count, 32), np.uint8)
    for start in range(0, count, _BLOCK):
        part = made[start : start + _BLOCK]
        part[:] = np.packbits(rng.standard_normal((len(part), _GROUPS), np.float32) @ mixing > 0, axis=1)
    copies = np.flatnonzero(rng.random(count) < _COPIES)
    # Power law: the head of a cluster is more likely the smaller its number; the largest of ten million has about two thousand.
    heads = (count * rng.random(len(copies)) ** 2.1).astype(np.int64)
    for start in range(0, len(copies), _BLOCK):
        some = slice(start, start + _BLOCK)
        made[copies[some]] = made[heads[some]] ^ _noise(rng, len(copies[some]))
    return made


def _noise(rng: np.random.Generator, count: int) -> Hashes:
    """Give bytes in which about one bit in sixteen is set."""
    drawn = rng.integers(0, 256, (4, count, 32), np.uint8)
    mixed: Hashes = drawn[0] & drawn[1] & drawn[2] & drawn[3]
    return mixed


def asked(stored: Hashes, count: int) -> Hashes:
    """Give new hashes of which a tenth are stored ones with 0 to 40 bits changed."""
    rng = np.random.default_rng(9)
    new = hashes(count, 7)
    bits = np.unpackbits(stored[rng.integers(0, len(stored), count // 10)], axis=1)
    for row, changed in zip(bits, rng.integers(0, 41, len(bits)), strict=True):
        row[rng.choice(256, changed, replace=False)] ^= 1
    new[::10][: len(bits)] = np.packbits(bits, axis=1)
    return new


def build(folder: Path, stored: int) -> None:
    """Build the index and keep the hashes beside it; does nothing where they are there already."""
    if (folder / "stored.npy").exists():
        return
    made = hashes(stored, 3)
    started, cpu = time.perf_counter(), time.process_time()
    index = open_index(folder / "index", 32, near=True)
    for start in range(0, stored, 1_000_000):
        part = made[start : start + 1_000_000]
        index.add(np.arange(start, start + len(part), dtype=np.uint64), part, str(start))
    index.compact()
    index.close()
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    size = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    print(f"build: {stored:,} hashes in {wall:.1f} s ({cpu:.1f} s CPU), {size / stored:.0f} bytes per hash on disk")
    np.save(folder / "stored.npy", made)


def join(folder: Path, new: int) -> None:
    """Time the join in a fresh process without its files in the page cache, three times, then warm."""
    stored = np.load(folder / "stored.npy", mmap_mode="r")
    np.save(folder / "new.npy", asked(np.asarray(stored), new))
    for state in ("cold", "cold", "cold", "warm"):
        if state == "cold":
            _evict(folder / "index")
        done = subprocess.run(
            [sys.executable, __file__, "once", str(folder)], check=True, capture_output=True, text=True
        )
        told = json.loads(done.stdout)
        print(f"{state}: " + ", ".join(f"{name} {value}" for name, value in told.items()))


def once(folder: Path) -> None:
    """Open and join once, and compare some hashes with everything; prints what it took as JSON."""
    new = np.load(folder / "new.npy")
    open_index(None, 32, near=True).join(new[:300], _RADIUS)  # loads the compiled loops
    before = _peak()
    wall, cpu = time.perf_counter(), time.process_time()
    index = open_index(folder / "index", 32, near=True)
    opened = time.perf_counter() - wall
    hits = index.join(new, _RADIUS)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    told = {
        "seconds": round(wall, 2),
        "of which open": round(opened, 2),
        "CPU seconds": round(cpu, 2),
        "new": len(new),
        "stored": len(index),
        "pairs": len(hits),
        "extra MiB at most": round((_peak() - before) / 1024),
    }
    stored = np.load(folder / "stored.npy", mmap_mode="r").view(np.uint64)
    wrong = 0
    for query in np.linspace(0, len(new) - 1, _CHECKED).astype(int).tolist():
        words = new[query].view(np.uint64)
        apart = sum(np.bitwise_count(stored[:, word] ^ words[word]).astype(np.int64) for word in range(4))
        right = np.flatnonzero(apart <= _RADIUS)
        mine = np.sort(hits.ids[hits.queries == query].astype(np.int64))
        wrong += not np.array_equal(right, mine)
    told[f"wrong of {_CHECKED} compared with everything"] = wrong
    print(json.dumps(told))


def hunt(seen: int, new: int) -> None:
    """Time a whole hunt over a store: sightings read into the archive, signals added, searched for, decided, cases opened."""
    values = [row.tobytes().hex() for row in hashes(seen, 3)]
    mine = [row.tobytes().hex() for row in asked(hashes(seen, 3), new)]
    with tempfile.TemporaryDirectory() as folder, house_of(Settings(data=folder)) as house:
        futures = []
        for number, value in enumerate(values):
            at = house.clock()
            sighting = Sighting(f"c{number}", "r", at, (Trace("pdq", "a.jpg", value, 90),))
            event = Event("content:received", sighting.id, at, {"revision": "r"})
            futures.append(house.store.submit(Change((event,), (sighting,))))
        for future in futures:
            future.result()
        bank = house.banker.create("new", "cli")
        _timed(
            f"add {new:,} signals", lambda: house.banker.add(bank, (Entry("pdq", v, Opinion("x")) for v in mine), "cli")
        )
        _timed("library follows", house.follow)
        _timed(f"archive reads {seen:,} sightings", house.hunter.archive.follow)
        _timed("preview", lambda: house.hunter.preview(bank))
        begun = house.hunter.start(bank, "cli")
        done = _timed("hunt, decisions and cases", lambda: house.hunter.run(begun))
        print(f"looked {done.looked:,}, matched {done.matched:,}, cases {len(house.store.cases_in(done.id)):,}")


def imported(rows: int) -> None:
    """Time the import of a CSV list into a bank on disk: new, the same list again, and new with the index following each batch."""
    head = "type,value,trust,label\n"
    text = head + "".join(f"pdq,{row.tobytes().hex()},partner,poster\n" for row in hashes(rows, 5))
    with tempfile.TemporaryDirectory() as folder, house_of(Settings(data=folder)) as house:
        alone = Banker(house.store, house.types, house.clock, house.new_id)
        bank, other = (alone.create(name, "cli", state=BankState.PREVIEW) for name in ("list", "other"))
        for what, banker, into in (
            ("new, into the store", alone, bank),
            ("the same list again", alone, bank),
            ("new, matchable in this process after each batch", house.banker, other),
        ):
            if banker is house.banker:
                house.follow()  # what came before is not part of it
            entries = sourced(house.files.read("csv", "list.csv", BytesIO(text.encode())), "list")
            wall, cpu = time.perf_counter(), time.process_time()
            added = banker.add(into, entries, "cli")
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            told = f"{added.added:,} added, {added.same:,} same, {added.refused:,} refused"
            speed = f"{rows / wall:,.0f} rows/s, {rows / cpu:,.0f} per CPU second"
            print(f"import ({what}): {speed}; {told}; peak {_peak() // 1024} MiB")
        started = time.perf_counter()
        count = sum(1 for _ in _lines(alone.export(bank, "csv")))
        print(f"export: {count / (time.perf_counter() - started):,.0f} rows/s")
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        print(f"store and index: {size / rows / 2:.0f} bytes per signal on disk")


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    """Give the lines of pieces of text."""
    for piece in pieces:
        yield from piece.splitlines()


def _timed(name: str, work: Callable[[], T]) -> T:
    """Do some work and print how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    print(f"{name}: {time.perf_counter() - wall:.2f} s ({time.process_time() - cpu:.2f} s CPU)")
    return result


def _peak() -> int:
    """Give the peak memory of this process in KiB."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def _evict(folder: Path) -> None:
    """Drop files from the page cache."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["join", "hunt", "import", "once"])
    parser.add_argument("place", nargs="?", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--stored", type=int, default=10_000_000)
    parser.add_argument("--new", type=int, default=0)
    parser.add_argument("--seen", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    if given.what == "once":
        once(given.place)
        return
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    if given.what == "hunt":
        hunt(given.seen, given.new or 20_000)
    elif given.what == "import":
        imported(given.rows)
    else:
        with tempfile.TemporaryDirectory() as room:
            folder = given.folder or Path(room)
            folder.mkdir(parents=True, exist_ok=True)
            build(folder, given.stored)
            join(folder, given.new or 100_000)


if __name__ == "__main__":
    main()
