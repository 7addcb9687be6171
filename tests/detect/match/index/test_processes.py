"""Several processes on one index: what one adds, all see; one that is killed takes nothing with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from forestall.detect.match.index import Index, open_index
from tests.detect.match.index.brute import Keys, ids_of

EACH = 150

ADDER = """
import sys
from pathlib import Path
import numpy as np
from forestall.detect.match.index import keeping as module, open_index
module.COMPACT_FROM = 400
folder, begin, end, who = Path(sys.argv[1]), *map(int, sys.argv[2:5])
index = open_index(folder, 32, near=True)
for number in range(begin, end):
    keys = np.random.default_rng([number, who]).integers(0, 256, (150, 32), dtype=np.uint8)
    ids = np.arange(number * 150, number * 150 + 150, dtype=np.uint64)
    index.add(ids, keys, str(number))
    index.remove(ids[:20], keys[:20])
    print(number, flush=True)
index.close()
"""
"""Adds numbered batches, removes the first 20 of each, and says so after each."""


def adder(folder: Path, begin: int, end: int, who: int = 0) -> subprocess.Popen[str]:
    """Start a process that adds these batches."""
    given = [sys.executable, "-c", ADDER, str(folder), str(begin), str(end), str(who)]
    return subprocess.Popen(given, stdout=subprocess.PIPE, text=True)


def batch(number: int, who: int = 0) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint64]], Keys]:
    """Give what a process adds under a number."""
    keys = np.random.default_rng([number, who]).integers(0, 256, (EACH, 32), dtype=np.uint8)
    return ids_of(number * EACH, EACH), keys


def until(index: Index, count: int) -> None:
    """Refresh until the index holds so many, for at most a minute."""
    end = time.monotonic() + 60
    while len(index) != count:
        assert time.monotonic() < end, f"{len(index)} of {count} entries were seen"
        index.refresh()
        time.sleep(0.001)


def holds(index: Index, numbers: range, who: int = 0) -> None:
    """Check that all batches are found, and what was removed of them is not."""
    for number in numbers:
        ids, keys = batch(number, who)
        hits = index.search(keys, 31)
        assert hits.ids.tolist() == ids[20:].tolist()
        assert not hits.distances.any()


def test_what_one_process_adds_the_other_sees(tmp_path: Path) -> None:
    """Entries that a process adds and removes, compacting as it goes, come and go in another that only refreshes."""
    index = open_index(tmp_path, 32, near=True)
    with adder(tmp_path, 0, 12) as process:
        until(index, 12 * (EACH - 20))
        assert process.wait(60) == 0
    holds(index, range(12))
    assert index.position == "11"
    index.remove(*batch(3))
    assert len(open_index(tmp_path, 32, near=True)) == 11 * (EACH - 20)
    index.close()


def test_two_processes_add_at_once(tmp_path: Path) -> None:
    """Two processes that add to one index at the same time, both compacting, lose nothing."""
    index = open_index(tmp_path, 32, near=True)
    with adder(tmp_path, 0, 10) as one, adder(tmp_path, 10, 20, 1) as two:
        until(index, 20 * (EACH - 20))
        assert (one.wait(60), two.wait(60)) == (0, 0)
    index.refresh()
    holds(index, range(10))
    holds(index, range(10, 20), 1)
    index.compact()
    holds(index, range(10))
    index.close()


def test_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A process killed at any instant, adding or compacting, leaves every batch it acknowledged, none by halves, and the next goes on."""
    begin, waits = 0, np.random.default_rng(6)
    index = open_index(tmp_path, 32, near=True)
    for _ in range(8):
        with adder(tmp_path, begin, 10_000) as process:
            assert process.stdout
            told = [int(process.stdout.readline()) for _ in range(int(waits.integers(1, 12)))]
            time.sleep(float(waits.uniform(0, 0.02)))
            os.kill(process.pid, signal.SIGKILL)
            told += [int(line) for line in process.stdout.read().split("\n")[:-1]]
        fresh = open_index(tmp_path, 32, near=True)
        index.refresh()
        for one in (fresh, index):
            last = int(one.position)
            assert last >= told[-1]
            ids, keys = batch(last)
            one.remove(ids[:20], keys[:20])  # the one thing that may have been cut off
            holds(one, range(last + 1))
            assert len(one) == (last + 1) * (EACH - 20)
        fresh.close()
        begin = last + 1
    index.close()
