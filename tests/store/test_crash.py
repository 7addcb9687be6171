"""Several processes, and processes that die: what was acknowledged stays, what was not is there whole or not at all."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forestall.ledger.state import verify_state
from forestall.ledger.verify import verify_log
from forestall.model.ids import now
from forestall.model.ports import Store
from forestall.model.records import CaseState
from forestall.store import open_store
from tests.store.samples import KEY, SIGNER, decided, decision_of
from tests.store.victim import SIGNALS

ROOT = Path(__file__).parents[2]
VICTIM = Path(__file__).with_name("victim.py")


def start(folder: Path, prefix: str, count: int, window: int) -> subprocess.Popen[bytes]:
    """Start a program that makes changes in a store and prints what was acknowledged."""
    command = [sys.executable, str(VICTIM), str(folder), prefix, str(count), str(window)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def acknowledged(lines: list[bytes]) -> dict[str, tuple[int, int]]:
    """Give the ledger positions by decision id from what the program printed."""
    parts = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return {decision: (int(first), int(last)) for decision, first, last in parts}


def check_whole(store: Store, acks: dict[str, tuple[int, int]]) -> int:
    """Check that everything acknowledged is there, that no change is there by half, and that the ledger verifies."""
    log = verify_log(store.ledger_rows(), store.checkpoints(), KEY)
    assert log.faults == []
    assert verify_state(store).faults == []
    for decision_id, (first, last) in acks.items():
        decision = store.decision(decision_id)
        assert decision is not None
        assert [row.seq for row in store.ledger_of(decision_id)] == [last]
        assert [row.seq for row in store.ledger_of(decision.content)] == [first]
    found = store.decisions(limit=100_000).items
    assert len(found) * 2 == log.rows == store.ledger_size()
    assert all(store.content(decision.content) for decision in found)
    opened = store.cases(CaseState.OPEN, limit=100_000).items
    assert {case.decision for case in opened} <= {decision.id for decision in found}
    check_known(store, {decision.content: decision.id for decision in found})
    return len(found)


def check_known(store: Store, decided: dict[str, str]) -> None:
    """Check that signals and sightings came with the changes they belong to, all of them or none."""
    seen = store.sightings_since(limit=100_000).items
    assert all(store.ledger_of(sighting.id)[0].seq == position for position, sighting in seen)
    banks = {decided[sighting.id] for _, sighting in seen}
    assert all(store.count_signals(bank) == {"sha256": SIGNALS} for bank in banks)
    known = store.signals_since(limit=100_000).items
    assert len(known) == SIGNALS * len(banks)
    assert len(store.signals([signal.id for signal in known])) == len(known)


def test_kill_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """A process killed in the middle of 2,000 changes, at several points, loses none that was acknowledged and leaves no half."""
    luck = random.Random(20_260_131)
    acks: dict[str, tuple[int, int]] = {}
    ends: set[int] = set()
    for number, window in enumerate((2_000, 64, 8, 500)):
        process = start(tmp_path, f"r{number}-", 2_000, window)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(luck.randint(1, 1_200))]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.stdout.close()
        ends.add(process.wait())  # 0 where it was faster than we
        acks |= acknowledged(lines)
        store = open_store(tmp_path, SIGNER, now)
        try:
            assert check_whole(store, acks) >= len(acks)
            store.submit(decided(once=f"after-{number}")).result(10)
        finally:
            store.close()
    assert -signal.SIGKILL in ends


def test_what_was_made_before_the_crash_is_not_made_again(tmp_path: Path) -> None:
    """After a crash the whole run can be repeated: changes that were committed are skipped, the others are made."""
    process = start(tmp_path, "k", 500, 16)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(137)]
    process.kill()
    lines += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    store = open_store(tmp_path, SIGNER, now)
    try:
        before = store.ledger_size() // 2
        receipts = [store.submit(decided(once=f"k{number}", language="k")).result(10) for number in range(500)]
        assert sum(receipt.duplicate for receipt in receipts) == before >= len(acknowledged(lines))
        assert check_whole(store, acknowledged(lines)) == 500
    finally:
        store.close()


@pytest.mark.parametrize("window", [1, 50])
def test_processes_share_a_store(tmp_path: Path, window: int) -> None:
    """Three processes that open a new store at once and write together share one ledger without a gap or a clash."""
    processes = [start(tmp_path, name, 100, window) for name in ("a", "b")]
    store = open_store(tmp_path, SIGNER, now)
    try:
        mine = [decided(language="c") for _ in range(100)]
        receipts = [future.result(60) for future in [store.submit(change) for change in mine]]
        printed = [process.communicate(timeout=60)[0].splitlines(keepends=True) for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
        acks = {name: seqs for lines in printed for name, seqs in acknowledged(lines).items()}
        acks |= {decision_of(change).id: (r.first_seq, r.last_seq) for change, r in zip(mine, receipts, strict=True)}
        assert check_whole(store, acks) == len(acks) == 300
        assert sorted(seq for seqs in acks.values() for seq in seqs) == list(range(600))
    finally:
        store.close()
