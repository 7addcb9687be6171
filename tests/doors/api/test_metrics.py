"""Metrics and health: numbers that tell the operator how it goes, and nothing about anyone's content."""

import base64
import dataclasses
import io
import zipfile
from concurrent.futures import Future

import pytest
from litestar.testing import TestClient

from forestall.assembly import House
from forestall.doors.api import health
from forestall.doors.api.desk import Kept
from forestall.doors.api.metrics import Metrics
from forestall.doors.server import create_app
from forestall.flow.screen import Versions
from forestall.model.content import Problem
from forestall.model.decision import Decision
from forestall.model.errors import BadPolicy, StoreFailed
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Opened
from forestall.model.records import Receipt
from tests.doors.api.conftest import Client


def _lines(client: Client, key: dict[str, str]) -> dict[str, float]:
    """Give the metrics by name."""
    text = client.get("/metrics", headers=key).text
    pairs = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def test_what_was_screened_is_counted(client: Client, screen_key: dict[str, str], read_key: dict[str, str]) -> None:
    """Items count by outcome once; items sent again count apart; requests are timed by route."""
    for _ in range(2):
        client.post("/v1/screen", json={"items": [{"id": "a", "text": "Hi"}, {"id": "b"}]}, headers=screen_key)
    lines = _lines(client, read_key)
    assert lines['forestall_screened_total{outcome="pass"}'] == 2
    assert lines['forestall_screened_total{outcome="remove"}'] == 0
    assert lines["forestall_repeated_total"] == 2
    assert lines['forestall_request_seconds_count{method="POST",route="/v1/screen",status="200"}'] == 2
    assert lines["forestall_waiting_items"] == 0
    assert lines["forestall_open_cases"] == 0


def test_what_could_not_be_read_is_counted(
    client: Client, screen_key: dict[str, str], read_key: dict[str, str]
) -> None:
    """Parts that could not be read count by cause, and the question they raise counts as an open case."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../outside.txt", "hello")
    data = base64.b64encode(out.getvalue()).decode()
    client.post("/v1/screen", json={"id": "a", "media": [{"name": "a.zip", "data": data}]}, headers=screen_key)
    lines = _lines(client, read_key)
    assert lines['forestall_unreadable_total{cause="unsafe-path"}'] == 1
    assert lines['forestall_screened_total{outcome="review"}'] == 1
    assert lines["forestall_open_cases"] == 1


def test_metrics_hold_no_content(client: Client, screen_key: dict[str, str], read_key: dict[str, str]) -> None:
    """Neither texts nor ids nor names nor addresses asked for appear in the metrics."""
    secret = "zebracrossing"
    item = {"id": f"{secret}-id", "text": f"{secret}-text", "author": f"{secret}-author", "thread": f"{secret}-thread"}
    client.post("/v1/screen", json=item, headers=screen_key)
    client.get(f"/v1/contents/{secret}-id", headers=read_key)
    client.get(f"/{secret}", headers=read_key)
    assert secret not in client.get("/metrics", headers=read_key).text


def test_causes_cannot_grow_without_end() -> None:
    """Whatever causes findings name, the metrics keep a bounded number of them apart."""
    metrics = Metrics()
    for number in range(200):
        finding = Finding("reader", "1", "unreadable", 1.0, Outcome.REVIEW, evidence={"cause": f"cause-{number}"})
        odd = Finding("reader", "1", "unreadable", 1.0, Outcome.REVIEW, evidence={"cause": f"Not a code {number}"})
        decision = Decision("d", "c", "r", Outcome.REVIEW, 0.5, "machine", "", findings=(finding, odd))
        metrics.screened([Kept(decision, fresh=True)])
    lines = [line for line in metrics.text().decode().splitlines() if line.startswith("forestall_unreadable_total")]
    assert len(lines) == 65
    assert 'forestall_unreadable_total{cause="other"} 336.0' in lines


def test_alive_and_ready(client: Client) -> None:
    """A working server is alive and ready, and says so to anyone."""
    assert client.get("/healthz").json()["status"] == "alive"
    response = client.get("/readyz")
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "ready"


def _not_ready(client: Client) -> str:
    """Give the fault that readiness names."""
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["type"] == "urn:forestall:problem:not-ready"
    assert "secret" not in response.text
    detail: str = response.json()["detail"]
    return detail


def test_a_store_that_refuses_is_not_ready(client: Client, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that cannot commit is named; how it failed stays in the log. It is still alive."""
    failed: Future[Receipt] = Future()
    failed.set_exception(StoreFailed("disk /secret is full"))
    monkeypatch.setattr(type(house.store), "submit", lambda *_: failed)
    assert "store" in _not_ready(client)
    assert client.get("/healthz").status_code == 200


def test_a_store_that_hangs_is_not_ready(client: Client, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not answer in time is named."""
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(type(house.store), "submit", lambda *_: Future())
    assert "store" in _not_ready(client)


def test_a_box_that_opens_nothing_is_not_ready(client: Client, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that cannot open files is named."""
    broken = Opened(problems=(Problem("box-failed", "the worker at /secret died"),))
    monkeypatch.setattr(type(house.opener), "open", lambda *_: broken)
    assert "files" in _not_ready(client)


def test_a_house_without_rules_is_not_ready(house: House) -> None:
    """A house whose promoted ruleset no longer holds together is named."""

    def broken() -> Versions:
        raise BadPolicy("there is no label `gone`")

    screening = dataclasses.replace(house.screening, current=broken)
    bare = dataclasses.replace(house, screening=screening)
    with TestClient(create_app(bare)) as client:
        assert "ruleset" in _not_ready(client)


def test_readiness_is_remembered(client: Client, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again at once costs no second check: anyone may ask."""
    assert client.get("/readyz").status_code == 200

    def fail(*_: object) -> None:
        raise StoreFailed("asked again")

    monkeypatch.setattr(type(house.store), "submit", fail)
    assert client.get("/readyz").status_code == 200
