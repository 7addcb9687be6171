"""The server is killed in the middle of 2,000 screens: nothing it acknowledged is lost, and the ledger still proves it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

from forestall.ledger.state import verify_state
from forestall.ledger.verify import verify_log
from forestall.model.ids import now
from forestall.store import open_store
from forestall.store.keyfile import ledger_signer

SCREENS = 2_000
KILL_AFTER = 700
CLIENTS = 16


def _forestall(*words: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "forestall.doors.cli", *words, "--store", str(folder)]


def _serve(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """Start a server on a free port; gives the process and the port."""
    server = subprocess.Popen(
        _forestall("up", "--port", "0", folder=folder), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert server.stderr is not None
    for line in server.stderr:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return server, int(found[1])
    raise AssertionError("the server did not start")


def _client(
    port: int, secret: str, numbers: "count[int]", acknowledged: dict[str, str], enough: threading.Event
) -> None:
    """Screen one post after the other until the server is gone; keeps what was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    try:
        while (number := next(numbers)) < SCREENS:
            body = json.dumps({"id": f"post-{number}", "text": f"Good morning, berth {number}."})
            connection.request("POST", "/v1/screen", body, headers)
            answer = connection.getresponse()
            result = json.loads(answer.read())
            assert answer.status == 200, result
            acknowledged[result["id"]] = result["decision"]
            if len(acknowledged) >= KILL_AFTER:
                enough.set()
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return
    finally:
        connection.close()


def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    """After kill -9 every answered post is in the store with its ledger line, nothing is there by half, and a restart goes on."""
    made = subprocess.run(
        _forestall("key", "create", "load", "--scope", "screen", folder=tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    secret = re.search(r"fsk_\S+", made.stdout)
    assert secret
    server, port = _serve(tmp_path)
    acknowledged: dict[str, str] = {}
    numbers, enough = count(), threading.Event()
    arguments = (port, secret[0], numbers, acknowledged, enough)
    clients = [threading.Thread(target=_client, args=arguments) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    assert enough.wait(120), f"only {len(acknowledged)} posts were answered"
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    for client in clients:
        client.join()
    assert server.stderr is not None
    server.stderr.close()
    assert KILL_AFTER <= len(acknowledged) < SCREENS
    signer = ledger_signer(tmp_path)
    store = open_store(tmp_path, signer, now)
    try:
        for content_id, decision_id in acknowledged.items():
            decision = store.decision(decision_id)
            assert decision is not None
            assert decision.content == content_id
            assert store.content(content_id) is not None
        assert verify_log(store.ledger_rows(), store.checkpoints(), signer.verifier_key).faults == []
        assert verify_state(store).faults == []
    finally:
        store.close()
