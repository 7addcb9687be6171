"""Backtest: 100 rules, and one, tried on two million stored decisions; the answer is compared with replaying one by one.

    python benchmarks/backtest.py [--decisions 2000000] [--folder DIR] [--processes 2]

The decisions are those on the posts of the example platform Harbour, over and over with scores moved at random, so that every score
lies on both sides of what rules ask for, and among them nine posts in ten that nobody noticed anything about. They are put into the
tables of a store directly: screening two million posts would take half an hour. Each backtest runs in a fresh process.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sqlalchemy import create_engine, insert

from forestall.model.decision import Decision, Verdict
from forestall.model.rulebook import Snapshot
from forestall.model.settings import Settings
from forestall.policy.evaluate import evaluate
from forestall.policy.ruleset import Ruleset, default_files, load
from forestall.store.rows import DECISION
from forestall.store.tables import decisions as table

QUIET = 0.9
"""Share of posts without any finding but contexts: nine in ten of 3,877 real posts (every twentieth row of `quality.py`'s sets)."""
_CHUNK = 20_000
_LABELS = (
    "recruiting",
    "training",
    "pledge",
    "incitement",
    "propaganda",
    "contact",
    "contact-invite",
    "recruiting-thread",
)


def main() -> None:
    """Build what is missing, then run each backtest in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "forestall-backtest")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--run", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        print(json.dumps(measured(given.folder, given.run, given.processes)))
        return
    if not (given.folder / "forestall.db").exists():
        fill(given.folder, given.decisions)
    for rules in (100, 1):
        for _ in range(3):
            command = [sys.executable, __file__, "--run", str(rules), "--folder", str(given.folder)]
            found = subprocess.run(
                [*command, "--processes", str(given.processes)], check=True, capture_output=True, text=True
            )
            print(found.stdout.strip(), flush=True)


def fill(folder: Path, count: int) -> None:
    """Make a store with so many decisions."""
    made = templates(folder)
    engine = create_engine(f"sqlite:///{folder / 'forestall.db'}")
    chosen = random.Random(1)
    loud = [one for one in made if one.findings]
    quiet = next(one for one in made if not one.findings)
    names = [*DECISION.columns, "seq"]
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        for start in range(0, count, _CHUNK):
            rows = []
            for number in range(start, min(start + _CHUNK, count)):
                one = quiet if chosen.random() < QUIET else _moved(chosen.choice(loud), chosen)
                day = f"2026-{1 + number * 3 // count:02d}-{1 + number % 28:02d}T12:00:00.000Z"
                one = replace(one, id=f"d{number:08d}", content=f"c{number:08d}", key=f"k{number}", at=day)
                rows.append(dict(zip(names, (*DECISION.row(one), 10_000 + number), strict=True)))
            connection.execute(insert(table), rows)
            connection.commit()
    engine.dispose()


def templates(folder: Path) -> list[Decision]:
    """Give the decisions on Harbour, made through the real path."""
    from forestall.assembly import build  # noqa: PLC0415 - as in `measured`
    from forestall.doors.cli.demo import HARBOUR, with_harbour  # noqa: PLC0415

    with build(with_harbour(Settings(data=str(folder)))) as house:
        posts = list(house.gatherer().gather([str(HARBOUR / "posts.jsonl")]))
        return [screened.decision for screened in house.screen(posts)]


def _moved(one: Decision, chosen: random.Random) -> Decision:
    """Give a decision with its scores moved."""
    findings = tuple(
        replace(finding, score=round(min(max(finding.score + chosen.uniform(-0.3, 0.3), 0.0), 1.0), 4))
        for finding in one.findings
    )
    return replace(one, findings=findings)


def rules(count: int) -> dict[str, str]:
    """Give the packaged ruleset with so many further rules, each asking other labels for other scores."""
    chosen = random.Random(2)
    lines = ["rules:"]
    for number in range(count):
        one, other = chosen.sample(_LABELS, 2)
        lines += [
            f"  - id: extra-{number}",
            "    version: 1",
            f"    title: Extra rule {number}",
            "    clause: Terrorist content",
            "    outcome: review",
            "    when:",
            f'      - score("{one}") >= {chosen.uniform(0.3, 0.95):.2f}',
            f'      - score("{other}") >= {chosen.uniform(0.1, 0.6):.2f} or finding("{other}") and parts < 9',
            "    reason: It scores so.",
        ]
    return {**default_files(), "90-extra.yaml": "\n".join(lines) + "\n"}


def measured(folder: Path, count: int, processes: int) -> dict[str, object]:
    """Run one backtest and check a sample of its answer, one by one."""
    from forestall.assembly import build  # noqa: PLC0415 - worker processes begin with this file, and `forestall` itself is quick to load
    from forestall.insights.backtest.run import backtest, tried  # noqa: PLC0415

    with build(Settings(data=str(folder))) as house:
        before = load(default_files(), house.labels)
        after = load(rules(count), house.labels)
        started = time.monotonic()
        found = backtest(before, after, house.labels, house.store, processes=processes)
        seconds = time.monotonic() - started
        part = house.store.snapshots(None, 200)[7]
        rows = [one for batch in part for one in batch]
        quick = tried(found.plan, rows)
        slow = sum(
            one.outcome is not two.outcome for one, two in ((_judged(row, before), _judged(row, after)) for row in rows)
        )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    moves = quick.moves
    return {
        "rules": count,
        "seconds": round(seconds, 2),
        "decisions": found.decisions,
        "looked": found.tally.looked,
        "caught": found.tally.moves.caught,
        "peak_mib": (own + processes * workers) >> 10,
        "sample": len(rows),
        "sample_agrees": moves.caught + moves.dropped + moves.harsher + moves.milder == slow,
        "cores": os.cpu_count(),
    }


def _judged(row: Snapshot, ruleset: Ruleset) -> Verdict:
    """Evaluate one decision under one ruleset."""
    return evaluate(row.facts, row.findings, ruleset)


if __name__ == "__main__":
    main()
