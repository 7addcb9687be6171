"""The section `index` of `matching.py`: one query per call, ours and others', each in a process of its own, asked in turns."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.matching_hashes import KINDS, Hashes, asked

from forestall.detect.match.index import open_index

ROOT = Path(__file__).resolve().parents[1]
OURS = "ours"
PEERS = {
    "faiss multihash, jemalloc": ("multihash", True),
    "faiss multihash, glibc": ("multihash", False),
    "faiss flat": ("flat", False),
    "threatexchange, jemalloc": ("pdqindex", True),
}
PACE = 1_000
COMPARED = 1_000_000_000
"""Pairs compared one by one for the truth: of the larger banks only for the first queries."""
_CACHE = Path("/sys/devices/system/cpu/cpu0/cache/index3/size")
_CONTROLS = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Worker:
    """A process with one index in it."""

    def __init__(self, name: str, command: list[str], extra: Mapping[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **_CONTROLS, **extra},
        )

    def do(self, what: str, **order: Any) -> dict[str, Any]:
        """Give an order and wait for the answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **order}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended: see what it wrote above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


def workers(given: argparse.Namespace, folder: Path) -> list[Worker]:
    """Start our process and those of the peers there are, and say which are missing."""
    started = [Worker(OURS, [sys.executable, "-m", "benchmarks.matching_ours", str(folder / "index")], {})]
    python = given.peers.absolute() / "bin" / "python"
    if not python.exists():
        print(f"no peers: there is no environment in {given.peers} (benchmarks/peers/README.md)")
        return started
    for name, (kind, jemalloc) in PEERS.items():
        if given.only and not any(word in name for word in given.only):
            continue
        if jemalloc and not given.jemalloc.exists():
            print(f"no {name}: there is no {given.jemalloc}")
            continue
        extra = {"LD_PRELOAD": str(given.jemalloc.absolute())} if jemalloc else {}
        started.append(Worker(name, [str(python), "benchmarks/peers/worker.py", kind], extra))
    return started


def measure(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every size and kind, print a table for each, and give all rows."""
    rows = []
    for kind in given.kinds:
        for size in given.sizes:
            with tempfile.TemporaryDirectory(dir=given.folder) as name:
                rows += compared(given, Path(name), kind, size)
    return rows


def compared(given: argparse.Namespace, folder: Path, kind: str, size: int) -> list[dict[str, Any]]:
    """Measure one bank of hashes."""
    hashes = KINDS[kind](size)
    queries, more = asked(hashes, KINDS[kind](given.queries // 2, 2)), KINDS["random"](100, 4)
    files = {}
    for what, array in (("hashes", hashes), ("queries", queries), ("more", more)):
        files[what] = str(folder / f"{what}.npy")
        np.save(files[what], array)
    checked = min(len(queries), COMPARED // size)
    truth = brute(hashes, queries[:checked])
    del hashes
    sides = workers(given, folder)
    figures: dict[str, dict[str, Any]] = {}
    for side in sides:
        built = side.do("build", file=files["hashes"])
        figures[side.name] = {"kind": kind, "size": size, "queries": given.queries, "name": side.name, "build": built}
        side.do("queries", file=files["queries"])
        side.do("found", file=str(folder / "found.npy"))
        all_found = np.load(folder / "found.npy")
        found = set(map(tuple, all_found[all_found[:, 0] < checked].tolist()))
        figures[side.name] |= {
            "missed": len(truth - found),
            "false": len(found - truth),
            "true": len(truth),
            "all": len(all_found),
        }
    for name, thrash, count, rounds in (
        ("warm", 0, given.queries, given.rounds),
        ("cold", cache(), given.cold, 2 if given.cold else 0),
    ):
        taken: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
        for _ in range(rounds):
            for side in sides:
                taken[side.name].append(side.do("round", count=count, thrash=thrash))
        for side in sides:
            figures[side.name][name] = (
                {key: statistics.median(one[key] for one in taken[side.name]) for key in ("p50", "p99", "mean", "cpu")}
                if rounds
                else {}
            )
    figures[OURS]["bytes"] = sum(path.stat().st_size for path in (folder / "index").iterdir()) / size
    figures[OURS]["while"] = while_adding(folder / "index", queries, size)
    for side in sides:
        once = side.name.startswith("threatexchange")
        np.save(files["more"], more[: 2 if once else 100])
        figures[side.name]["add"] = side.do("add", file=files["more"], **{"from": size})
        side.close()
    show(list(figures.values()), cold=bool(given.cold))
    return list(figures.values())


def brute(hashes: Hashes, queries: Hashes) -> set[tuple[int, int, int]]:
    """Give query, id and distance of all pairs within 31 bits, by comparing every pair."""
    words, found = hashes.view(np.uint64), set()
    for n, query in enumerate(queries.view(np.uint64)):
        apart = np.bitwise_count(words[:, 0] ^ query[0])
        for k in range(1, 4):
            apart += np.bitwise_count(words[:, k] ^ query[k])
        found |= {(n, int(row), int(apart[row])) for row in np.flatnonzero(apart <= 31)}
    return found


def cache() -> int:
    """Give the bytes that must be touched to empty the caches."""
    size = _CACHE.read_text().strip() if _CACHE.exists() else "32768K"
    return max(64 << 20, 3 * int(size.rstrip("K")) * 1024 // 2)


def while_adding(folder: Path, queries: Hashes, size: int) -> dict[str, Any]:
    """Give p50 and p99 of searches that refresh first, idle and while another process adds 1,000 a second; and when adds are seen."""
    index = open_index(folder, 32, near=True)
    singles = [queries[n : n + 1] for n in range(len(queries))]

    def taken(seconds: float) -> dict[str, float]:
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            for query in singles[:100]:
                begin = time.perf_counter_ns()
                index.refresh()
                index.search(query, 31)
                times.append(time.perf_counter_ns() - begin)
        ordered = np.sort(np.array(times)) / 1000
        return {"p50": float(ordered[len(ordered) // 2]), "p99": float(ordered[len(ordered) * 99 // 100])}

    idle, before = taken(3), len(index)
    code = (
        "import sys, time; from pathlib import Path; import numpy as np; from forestall.detect.match.index import open_index\n"
        "index = open_index(Path(sys.argv[1]), 32, near=True); rng = np.random.default_rng(9); begin = time.time()\n"
        f"for n in range({8 * PACE // 10}):\n"
        f"    ids = np.arange({size + 10_000} + 10 * n, {size + 10_010} + 10 * n, dtype=np.uint64)\n"
        "    index.add(ids, rng.integers(0, 256, (10, 32), dtype=np.uint8))\n"
        f"    time.sleep(max(0, begin + 10 * n / {PACE} - time.time()))\n"
        "print(time.time(), time.time() - begin)\n"
    )
    adder = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    while not index.refresh():
        time.sleep(0.001)
    busy = taken(6)
    while len(index) < before + 8 * PACE:
        index.refresh()
    seen = time.time()
    told, lasted = map(float, adder.communicate()[0].split())
    index.close()
    return {"idle": idle, "adding": busy, "all seen": max(0.0, seen - told), "pace": 8 * PACE / lasted}


def show(rows: list[dict[str, Any]], *, cold: bool) -> None:
    """Print one table."""
    ours = rows[0]
    print(
        f"\n{ours['size']:,} {ours['kind']} hashes, {ours['queries']:,} queries, {ours['all']:,} pairs, {ours['true']:,} checked\n"
    )
    print(
        "| | p50 µs | p99 | CPU µs | × p50 | × CPU | cold p50 | × | missed / false | build s (CPU) | bytes/hash | add µs |"
    )
    print("|" + 12 * "---|")
    for row in rows:
        warm, other, built = row["warm"], row.get("cold") or {}, row["build"]
        chill = f"{other['p50']:.0f} | {other['p50'] / ours['cold']['p50']:.1f}" if cold else "- | -"
        print(
            f"| {row['name']} | {warm['p50']:.1f} | {warm['p99']:.1f} | {warm['cpu']:.1f} | {warm['p50'] / ours['warm']['p50']:.1f} "
            f"| {warm['cpu'] / ours['warm']['cpu']:.1f} | {chill} | {row['missed']} / {row['false']} "
            f"| {built['seconds']:.1f} ({built['cpu']:.1f}) | {row.get('bytes', built['bytes'] / row['size']):.0f} "
            f"| {1e6 * row['add']['seconds']:.0f} |"
        )
    busy = ours["while"]
    idle, adding = (f"p50 {busy[name]['p50']:.1f} p99 {busy[name]['p99']:.1f} µs" for name in ("idle", "adding"))
    print(
        f"\nours, refreshed before each search: idle {idle}; while another process adds {busy['pace']:,.0f}/s, ten at a time, "
        f"{adding}; the last seen {1000 * busy['all seen']:.0f} ms after it was added",
        flush=True,
    )
