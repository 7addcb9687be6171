"""One worker as the outside sees it: a worker that lies, floods, hangs or dies does no harm."""

import sys
import time

import pytest

from forestall.media import Box, box, limits, wire
from forestall.media.process import Lost, Process
from forestall.model.errors import BoxFailed
from forestall.model.settings import Settings
from tests.media.samples import causes, opened

LIMITS = limits.from_settings(Settings(max_seconds=2.0))

FALSE_WORKER = """
import sys
from forestall.media import wire
source, sink = sys.stdin.buffer, sys.stdout.buffer
wire.read_request(source)
wire.write_reply(sink, wire.Ready({{}}))
wire.read_request(source)
{then}
sink.flush()
source.read()
"""


def false_worker(then: str) -> Process:
    """Give a worker that greets properly and then does something else."""
    return Process(LIMITS, (sys.executable, "-c", FALSE_WORKER.format(then=then)))


LIES = {
    "garbage": "sink.write(b'\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x00junk')",
    "a long message": "sink.write(b'\\xff' * 64)",
    "more than it may": "wire.write_reply(sink, wire.Member('/a'), bytes(2000))",
    "death": "sys.exit(3)",
    "half a message": "sink.write(b'\\x00\\x00\\x00\\x40\\x00'); sink.flush(); sys.exit(3)",
    "a crash": "import os; os.abort()",
    "out of time": "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_loses_the_worker(lie: str) -> None:
    """Whatever a worker says that it may not say, and however it ends, is one named loss, found without waiting."""
    worker = false_worker(LIES[lie])
    worker.ask(wire.Open(), b"data")
    with pytest.raises(Lost) as lost:
        worker.answer(time.monotonic() + 20, 1000)
    assert lost.value.cause == ("too-slow" if lie == "out of time" else "crashed")
    assert lost.value.detail
    worker.close()
    assert not worker.alive


def test_silence_ends_at_the_deadline() -> None:
    """A worker that never answers is given up at the deadline, even while it does not take its input."""
    worker = Process(LIMITS, (sys.executable, "-c", FALSE_WORKER.format(then="import time; time.sleep(60)")))
    worker.ask(wire.Open(), b"x" * 10_000_000)
    with pytest.raises(Lost, match="stopped"):
        worker.answer(time.monotonic() + 0.2, 1000)
    worker.close()


def test_input_and_output_may_cross() -> None:
    """A worker that answers at length before it has taken its input does not lock up with us."""
    then = "wire.write_reply(sink, wire.Member('/a'), bytes(5_000_000))"
    worker = Process(
        LIMITS,
        (sys.executable, "-c", FALSE_WORKER.format(then=then).replace("wire.read_request(source)\nwire.w", "wire.w")),
    )
    worker.ask(wire.Open(), b"x" * 5_000_000)
    reply, raw = worker.answer(time.monotonic() + 20, 10_000_000)
    assert reply == wire.Member("/a")
    assert len(raw) == 5_000_000
    worker.close()


SAID_OF_A_FILE = {
    "nothing more, for it dies": "sys.exit(3)",
    "a picture of another size": "wire.write_reply(sink, wire.Picture('', 10, 10, 0), b'abc')",
    "a picture without pixels": "wire.write_reply(sink, wire.Picture('', 0, 0, 0), b'')",
    "a text that is none": "wire.write_reply(sink, wire.Text('', 'page', 'plain'), b'\\xff')",
    "a role we do not know": "wire.write_reply(sink, wire.Text('', 'boss', 'plain'), b'a')",
    "a problem we do not know": "wire.write_reply(sink, wire.Trouble('evil', '', ''))",
    "a word out of turn": "wire.write_reply(sink, wire.Ready({}))",
}


@pytest.mark.parametrize("said", SAID_OF_A_FILE)
def test_what_is_said_is_checked(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker says of a file is checked piece by piece; nonsense costs the file and the worker."""
    first = wire.Facts("", "text/plain", 4, "a", "b", "c", "d")
    then = f"wire.write_reply(sink, wire.{first!r}); {SAID_OF_A_FILE[said]}"
    command = (sys.executable, "-c", FALSE_WORKER.format(then=then))
    monkeypatch.setattr(box, "Process", lambda limits: Process(limits, command))
    tried = Box(Settings(box_workers=1, max_seconds=5.0))
    found = opened(tried, b"data")
    tried.close()
    assert causes(found) == ["crashed"]
    assert [facts.md5 for facts in found.files] == ["a"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/no/such/program",), "could not be started"),
        ((sys.executable, "-c", "import sys; sys.exit('no decoder here')"), "no decoder here"),
        ((sys.executable, "-c", "print('hello there, this is no message')"), "did not start"),
    ],
)
def test_a_worker_that_does_not_start_says_why(command: tuple[str, ...], said: str) -> None:
    """A box that cannot be started at all raises, with what the worker printed and what to do."""
    with pytest.raises(BoxFailed, match=said) as failed:
        Process(LIMITS, command)
    assert failed.value.next_step


def test_doctor_hears_of_a_box_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no worker starts, capabilities say so and do not raise."""
    monkeypatch.setattr(box, "Process", lambda limits: Process(limits, ("/no/such/program",)))
    assert box.capabilities()["box"].startswith("off: ")
