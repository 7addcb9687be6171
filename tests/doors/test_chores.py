"""Chores: what a server does by itself goes on whatever fails, and ends when the server does."""

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from forestall.assembly import House
from forestall.doors import server
from forestall.doors.server import Chores


class BusyHouse:
    """A house that counts what is asked of it; the first two follows fail, and hunts last until they are told to stop."""

    def __init__(self) -> None:
        self.follows = 0
        self.followed, self.hunting, self.pulled = threading.Event(), threading.Event(), threading.Event()

    def follow(self) -> bool:
        """Fail twice, then go well."""
        self.follows += 1
        if self.follows < 3:
            raise RuntimeError("no luck")
        self.followed.set()
        return False

    def hunt_due(self, stop: Callable[[], bool]) -> int:
        """Hunt until asked to stop."""
        self.hunting.set()
        while not stop():
            threading.Event().wait(0.001)
        return 0

    def pull_due(self, stop: Callable[[], bool]) -> int:
        """Be asked after the hunt."""
        assert stop()
        self.pulled.set()
        return 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for work all the time, and again at once after a failure."""
    for name in ("FOLLOW_SECONDS", "DUE_SECONDS", "AGAIN_SECONDS"):
        monkeypatch.setattr(server, name, 0.001)


@pytest.mark.usefixtures("quick")
def test_following_goes_on_while_a_hunt_runs_and_after_failures() -> None:
    """Banks are followed while a hunt takes its time, also after following failed; stopping tells the hunt and waits for it."""
    house = BusyHouse()
    chores = Chores(cast("House", house))
    chores.start()
    assert house.hunting.wait(30)
    assert house.followed.wait(30)
    chores.stop()
    assert house.pulled.is_set()
    count = house.follows
    assert not [thread for thread in threading.enumerate() if thread.name in ("forestall-follow", "forestall-due")]
    assert house.follows == count


@pytest.mark.usefixtures("quick")
def test_what_fails_is_logged_without_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is logged by its kind only: what it says could be content."""
    told: list[dict[str, Any]] = []
    logged = threading.Event()

    def error(event: str, **values: Any) -> None:
        told.append({"event": event, **values})
        logged.set()

    monkeypatch.setattr(server._log, "error", error, raising=False)
    chores = Chores(cast("House", BusyHouse()))
    chores.start()
    assert logged.wait(30)
    chores.stop()
    assert {"event": "chore_failed", "chore": "follow", "error": "RuntimeError"} in told
    assert "no luck" not in str(told)
