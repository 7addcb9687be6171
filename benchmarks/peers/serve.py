"""The loop in which an index is measured, ours and others' alike: standard library and NumPy only.

Orders and answers are lines of JSON. `build` reads hashes from a file; `queries` reads queries; `round` asks them one by one and times
each, with the caches thrashed before each if `thrash` bytes are given; `found` writes down what was found; `add` times single adds.
"""

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint8]
Found = list[tuple[int, int]]


class Subject(Protocol):
    """An index to be measured."""

    def build(self, hashes: Hashes) -> None:
        """Take all hashes in; ids are their rows."""
        ...

    def prepared(self, queries: Hashes) -> list[Any]:
        """Give each query in the form it is asked in."""
        ...

    def ask(self, query: Any) -> Any:
        """Find everything within 31 bits; timed."""
        ...

    def told(self, answer: Any) -> Found:
        """Give an answer as (id, distance)."""
        ...

    def add(self, number: int, one: Hashes) -> None:
        """Take one more in; timed."""
        ...


def memory() -> dict[str, int]:
    """Give the bytes this process holds: anonymous, and of files mapped."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: 1024 * int(fields[name].split()[0]) for name in ("RssAnon", "RssFile", "VmHWM")}


def serve(subject: Subject) -> None:
    """Answer orders until there are no more."""
    queries: list[Any] = []
    for line in sys.stdin:
        order = json.loads(line)
        answer: dict[str, Any] = {}
        if order["do"] == "build":
            before = memory()
            hashes = np.load(order["file"], mmap_mode="r")
            wall, cpu = time.perf_counter(), time.process_time()
            subject.build(hashes)
            answer = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            del hashes
            gc.collect()
            after = memory()
            answer["peak"] = after["VmHWM"]
            answer["bytes"] = after["RssAnon"] + after["RssFile"] - before["RssAnon"] - before["RssFile"]
        elif order["do"] == "queries":
            asked = np.load(order["file"])
            queries = subject.prepared(asked)
        elif order["do"] == "round":
            answer = timed(subject, queries[: order.get("count", len(queries))], order.get("thrash", 0))
        elif order["do"] == "found":
            rows = [
                (n, number, apart)
                for n, query in enumerate(queries)
                for number, apart in subject.told(subject.ask(query))
            ]
            np.save(order["file"], np.array(sorted(rows), np.int64).reshape(-1, 3))
        elif order["do"] == "add":
            first, *ones = np.load(order["file"])[:, None, :]
            subject.add(order["from"], first)
            wall, cpu = time.perf_counter(), time.process_time()
            for n, one in enumerate(ones, 1):
                subject.add(order["from"] + n, one)
            answer = {
                "seconds": (time.perf_counter() - wall) / len(ones),
                "cpu": (time.process_time() - cpu) / len(ones),
            }
        print(json.dumps(answer), flush=True)


def timed(subject: Subject, queries: list[Any], thrash: int) -> dict[str, float]:
    """Ask queries one by one; gives microseconds: p50, p99, mean, and processor time per query."""
    junk = np.ones(thrash, np.uint8) if thrash else None
    took, cpu = [], 0
    for query in queries:
        if junk is not None:
            junk += 1
        begin_cpu = time.process_time_ns() if junk is not None else 0
        begin = time.perf_counter_ns()
        subject.ask(query)
        took.append(time.perf_counter_ns() - begin)
        cpu += time.process_time_ns() - begin_cpu if junk is not None else 0
    if junk is None:
        begin_cpu = time.process_time_ns()
        for query in queries:
            subject.ask(query)
        cpu = time.process_time_ns() - begin_cpu
    ordered = np.sort(np.array(took)) / 1000
    return {
        "p50": float(ordered[len(ordered) // 2]),
        "p99": float(ordered[len(ordered) * 99 // 100]),
        "mean": float(ordered.mean()),
        "cpu": cpu / 1000 / len(queries),
    }
