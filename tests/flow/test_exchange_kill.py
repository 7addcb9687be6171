"""A pull that is killed at any page loses nothing and repeats nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forestall.ledger.verify import verify_log
from forestall.model.ids import now
from forestall.store import open_store
from tests.exchange.partner import Asked, Partner, Played
from tests.flow.exchange_victim import BATCH, puller
from tests.store.samples import KEY, SIGNER

ROOT = Path(__file__).parents[2]
VICTIM = Path(__file__).with_name("exchange_victim.py")
PAGES, ROWS = 40, 25


def page(number: int) -> bytes:
    """Give a page of a hash list."""
    rows = [
        {
            "id": number * ROWS + row,
            "hash_digest": f"{number * ROWS + row:032x}",
            "algorithm": "MD5",
            "updated_on": number,
        }
        for row in range(ROWS)
    ]
    following = "more" if number + 1 < PAGES else None
    return json.dumps(
        {"count": PAGES * ROWS, "next": following, "checkpoint": f"{number + 1},0", "results": rows}
    ).encode()


def healthy(asked: Asked) -> Played:
    """Answer as the TCAP does; after the end comes an empty page."""
    if asked.path.startswith("/token-auth"):
        return Played(body=b'{"token": "t"}')
    number = int(asked.query.get("after", "0,0").partition(",")[0])
    return Played(body=page(number) if number < PAGES else b'{"next": null, "results": []}')


@pytest.mark.parametrize("last", [1, 3, 9, 22, 38])
def test_a_killed_pull_goes_on(tmp_path: Path, last: int) -> None:
    """After kill -9 while a page is asked for, the next pull ends with every signal once and a ledger that verifies."""
    with Partner(healthy, lambda asked: asked.path.startswith("/api")) as partner:
        store = open_store(tmp_path, SIGNER, now)
        exchange = puller(store).add(
            "tat", "tcap", "cli", address=partner.address, options={"user": "desk", "private": "yes"}
        )
        store.close()
        command = [sys.executable, str(VICTIM), str(tmp_path)]
        victim = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})

        def kill(_asked: Asked, number: int) -> Played | None:
            if number == last:
                os.kill(victim.pid, signal.SIGKILL)
                victim.wait()
            return None

        partner.failing = kill
        assert victim.wait(120) == -signal.SIGKILL
        partner.failing = lambda _asked, _number: None
        store = open_store(tmp_path, SIGNER, now)
        stored = store.exchange(exchange.id)
        assert stored
        reached = int(stored.checkpoint.partition(",")[0] or 0)
        kept = store.count_signals(exchange.bank).get("md5", 0)
        # Behind what is durable, and not further behind than what can be on its way.
        assert reached * ROWS <= kept
        assert reached >= (last - 2) - (3 * BATCH) // ROWS - 1
        partner.pages = 0
        after = puller(store).pull(stored)
        assert (after.last_error, after.checkpoint) == ("", f"{PAGES},0")
        assert store.count_signals(exchange.bank) == {"md5": PAGES * ROWS}
        assert partner.pages <= PAGES - reached + 1
        assert after.added == PAGES * ROWS - kept
        assert verify_log(store.ledger_rows(), store.checkpoints(), KEY).faults == []
        store.close()
