"""The section `join` of `matching.py`: 100,000 new hashes against many stored ones."""

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.matching_hashes import KINDS, asked
from benchmarks.matching_index import brute

from forestall.detect.match.index import open_index

NEW = 100_000
CHECKED = 300_000_000
"""Pairs compared one by one for the truth: a sample of the new hashes against all stored ones."""


def measure(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every size and kind: the index is made, opened, and joined once cold and once warm; a sample is checked."""
    rows = []
    for kind in given.kinds:
        for size in given.sizes:
            with tempfile.TemporaryDirectory(dir=given.folder) as name:
                rows.append(joined(Path(name), kind, size))
    return rows


def joined(folder: Path, kind: str, size: int) -> dict[str, Any]:
    """Measure one bank of hashes and print what it took."""
    hashes = KINDS[kind](size)
    queries = asked(hashes, KINDS[kind](NEW // 2, 2))
    index = open_index(folder, 32, near=True)
    index.add(np.arange(size, dtype=np.uint64), hashes)
    index.close()
    times = []
    for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        index = open_index(folder, 32, near=True)
        opened = time.perf_counter() - wall
        hits = index.join(queries, 31)
        times.append((time.perf_counter() - wall, time.process_time() - cpu, opened))
        index.close()
    some = np.sort(np.random.default_rng(5).choice(len(queries), min(NEW, CHECKED // size), replace=False))
    truth = brute(hashes, queries[some])
    mine = np.isin(hits.queries, some)
    numbers = np.searchsorted(some, hits.queries[mine])
    found = set(zip(numbers.tolist(), hits.ids[mine].tolist(), hits.distances[mine].tolist(), strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (first, first_cpu, opened), (again, again_cpu, _) = times
    print(
        f"{NEW:,} new × {size:,} stored {kind}: {first:.2f} s with opening the files ({opened:.2f} s, checksums), {first_cpu:.2f} s CPU; "
        f"again {again:.2f} s, {again_cpu:.2f} s CPU; {len(hits):,} pairs; of {len(some)} of them {len(truth - found)} missed and "
        f"{len(found - truth)} false of {len(truth)}; "
        f"peak of this process, which also made the hashes, {peak:,} MiB",
        flush=True,
    )
    return {
        "kind": kind, "size": size, "seconds": first, "cpu": first_cpu, "again": again, "again_cpu": again_cpu,
        "pairs": len(hits), "missed": len(truth - found), "false": len(found - truth), "peak_mib": peak,
    }  # fmt: skip
