"""The box as a pool: it keeps the opener's contract, many threads share it, and no worker's end is anybody's problem but its file's."""

import gc
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forestall.media import Box, box, capabilities
from forestall.model.content import Attachment
from forestall.model.errors import BoxFailed
from forestall.model.ports import Opener
from forestall.model.settings import Settings
from tests.contracts.opener import OpenerContract
from tests.media.samples import causes, opened, painting, saved, tarred, texts

PHOTO = saved(painting(2000, 1500), "PNG")


@pytest.fixture(scope="module")
def one() -> Iterator[Box]:
    """Give a box with one worker."""
    made = Box(Settings(box_workers=1))
    yield made
    made.close()


class TestContract(OpenerContract):
    """The box keeps the contract of openers."""

    @pytest.fixture
    def opener(self, one: Box, request: pytest.FixtureRequest) -> Iterator[Opener]:
        """Give the shared box, or a fresh one to a test that closes it."""
        if "closing" not in request.node.name:
            yield one
            return
        fresh = Box(Settings(box_workers=1))
        opened(fresh, b"text")
        yield fresh
        fresh.close()


def workers() -> list[int]:
    """Give the process ids of this process's workers, oldest first."""
    found = []
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            status, command = path.read_text(), (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if f"PPid:\t{os.getpid()}\n" in status and b"forestall.media.worker" in command:
            found.append(int(path.parent.name))
    return sorted(found)


class Fresh:
    """A box of its own for each test."""

    @pytest.fixture
    def fresh(self) -> Iterator[Box]:
        """Give a box with one worker that is started and waits; a file may take two seconds."""
        before = set(workers())
        made = Box(Settings(box_workers=1, max_seconds=2.0))
        opened(made, b"text")
        (self.pid,) = set(workers()) - before
        yield made
        made.close()


class TestLosingWorkers(Fresh):
    """What becomes of a file when its worker is lost."""

    def test_a_worker_that_hangs_is_stopped(self, fresh: Box) -> None:
        """A worker that does not answer in time is ended, the file says so with its digests, and the next file is opened."""
        os.kill(self.pid, signal.SIGSTOP)
        found = opened(fresh, b"text")
        assert causes(found) == ["too-slow"]
        assert found.files[0].size == 4
        assert self.pid not in workers()
        assert texts(opened(fresh, b"text")) == ["text"]

    def test_a_worker_that_dies_before_it_begins_is_replaced(self, fresh: Box) -> None:
        """A worker killed while a file is on its way to it costs the file nothing: another worker opens it."""
        os.kill(self.pid, signal.SIGSTOP)
        killer = threading.Timer(0.3, os.kill, (self.pid, signal.SIGKILL))
        killer.start()
        found = opened(fresh, PHOTO)
        killer.join()
        assert not found.problems
        assert len(found.planes) == 1

    def test_a_worker_that_dies_idle_is_not_noticed(self, fresh: Box) -> None:
        """A worker that ends between files costs nobody anything, even where its end comes to light only in the middle of a question."""
        os.kill(self.pid, signal.SIGKILL)
        assert not opened(fresh, b"text").problems

    def test_a_worker_lost_while_unpacking_ends_the_members(self, fresh: Box) -> None:
        """Members already given stay; then the archive says that its worker was lost."""
        members = fresh.unpack(Attachment("a.tar", tarred({"1": b"one", "2": b"two"})))
        first = next(members)
        os.kill(self.pid, signal.SIGKILL)
        assert isinstance(first, Attachment)
        assert causes(members) == ["crashed"]


class TestPool(Fresh):
    """Sharing the box."""

    def test_many_threads_share_few_workers(self, one: Box) -> None:
        """More threads than workers all get their own file's text."""
        got: dict[int, list[str]] = {}

        def open_some(number: int) -> None:
            got[number] = [text for turn in range(20) for text in texts(opened(one, f"{number} {turn}".encode()))]

        threads = [threading.Thread(target=open_some, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == {number: [f"{number} {turn}" for turn in range(20)] for number in range(8)}

    def test_members_can_be_opened_while_unpacking(self, one: Box) -> None:
        """Opening each member during the unpacking, with a single worker, does not lock up, nested archives included."""
        inner = tarred({"x.txt": b"inner"})
        seen = []
        for member in one.unpack(Attachment("a.tar", tarred({"a.txt": b"outer", "b.tar": inner}))):
            assert isinstance(member, Attachment)
            seen += texts(opened(one, member.data))
            seen += [thing.name for thing in one.unpack(member) if isinstance(thing, Attachment)]
        assert seen == ["outer", "inner", "a.tar/b.tar/x.txt"]

    def test_unpacking_may_be_left(self, fresh: Box) -> None:
        """An iterator dropped half way ends its worker and nothing else."""
        members = fresh.unpack(Attachment("a.tar", tarred({"1": b"one", "2": b"two"})))
        next(members)
        del members
        gc.collect()
        assert texts(opened(fresh, b"text")) == ["text"]
        assert self.pid not in workers()

    def test_a_used_up_worker_is_replaced(self, fresh: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        """After so many files a worker ends and another takes its place."""
        monkeypatch.setattr(box, "FILES_PER_WORKER", 2)
        opened(fresh, b"text")
        opened(fresh, b"text")
        assert self.pid not in workers()

    def test_closing_leaves_no_process(self, fresh: Box) -> None:
        """After closing, the worker is gone and reaped, and opening says that the box is closed."""
        fresh.close()
        assert not Path(f"/proc/{self.pid}").exists()
        with pytest.raises(BoxFailed, match="closed"):
            opened(fresh, b"text")

    def test_closing_ends_work_under_way(self, fresh: Box) -> None:
        """A file being opened when the box closes comes back at once with a problem."""
        os.kill(self.pid, signal.SIGSTOP)
        closer = threading.Timer(0.3, fresh.close)
        closer.start()
        assert causes(opened(fresh, b"text")) == ["crashed"]
        closer.join()
        assert not Path(f"/proc/{self.pid}").exists()

    def test_a_forgotten_box_takes_its_workers_along(self) -> None:
        """A box that is dropped without being closed leaves no process."""
        before = set(workers())
        dropped = Box(Settings(box_workers=1))
        opened(dropped, b"text")
        (pid,) = set(workers()) - before
        del dropped
        gc.collect()
        assert not Path(f"/proc/{pid}").exists()


def test_too_large_is_not_even_sent(one: Box) -> None:
    """A file over the limit is refused with its digests, before a worker sees it."""
    small = Box(Settings(max_file_bytes=10))
    found = opened(small, b"x" * 11)
    assert causes(found) == ["too-large"]
    assert found.files[0].size == 11
    assert causes(small.unpack(Attachment("a", b"x" * 11))) == ["too-large"]
    small.close()


def test_doctor_hears_what_holds() -> None:
    """Each layer and each trial is said to be on, or off and why."""
    said = capabilities()
    assert said["box"] == "on"
    assert {"network", "privileges", "limits", "landlock", "seccomp", "pdf", "refuses sockets"} <= set(said)
    assert all(value.startswith(("on", "off: ")) for value in said.values())
