"""`forestall up`: the example platform, and what happens by itself while the server runs."""

import threading
import time
from pathlib import Path
from typing import cast

import pytest

from forestall.assembly import House, build
from forestall.doors.cli import demo, housekeeping
from forestall.model.errors import NotFound
from forestall.model.settings import Settings
from tests.doors.cli.conftest import INVITE


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    """A very small example platform."""
    folder = tmp_path / "harbour"
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "note.txt").write_text("tide tables")
    (folder / "posts.jsonl").write_text(
        '{"id":"1","text":"The ferry is late."}\n'
        f'{{"id":"2","text":"{INVITE}"}}\n'
        '{"id":"3","text":"See the file","media":["media/note.txt"]}\n'
    )
    (folder / "harbour.csv").write_text("value,type\n" + "0" * 32 + ",md5\n")
    (folder / "fictional.xml").write_text((demo.HARBOUR / "fictional.xml").read_text("utf-8"))
    return folder


def test_the_example_is_screened_once(harbour: Path, tmp_path: Path) -> None:
    """The first start screens every post with the example's bank and list; the second has nothing left to do."""
    settings = demo.with_harbour(Settings(data=str(tmp_path / "data")), harbour)
    with build(settings) as house:
        first = demo.screen_harbour(house, harbour)
        assert first.items == 3
        assert "3 posts screened" in demo.told(first, time.monotonic())
        assert {"bank:harbour", "list:fictional"} <= set(house.screening.versions)
        size = house.store.ledger_size()
        again = demo.screen_harbour(house, harbour)
        assert again.items == 0
        assert "screened before" in demo.told(again, time.monotonic())
        assert house.store.ledger_size() == size


def test_a_missing_example_is_said(tmp_path: Path) -> None:
    """Where the example platform is not part of the installation, the message says how to get it."""
    with pytest.raises(NotFound, match="example platform"):
        demo.with_harbour(Settings(), tmp_path)


class Stand:
    """Stands in for a house: notes what is asked of it, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.acted, self.purged = threading.Semaphore(0), threading.Semaphore(0)

    def act(self) -> int:
        """Hand over messages."""
        self.acted.release()
        if self.failures:
            self.failures -= 1
            raise OSError("no luck")
        return 0

    def purge(self) -> int:
        """Purge."""
        self.purged.release()
        return 1


def test_the_house_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the server runs, due messages are sent again and again and retention is applied; a failure ends neither."""
    monkeypatch.setattr(housekeeping, "_SEND_EVERY", 0.01)
    house = Stand(failures=2)
    with housekeeping.housekeeping(cast("House", house)):
        for _ in range(4):
            house.acted.acquire()
        house.purged.acquire()
    assert not [thread for thread in threading.enumerate() if thread.name == "forestall-housekeeping"]
