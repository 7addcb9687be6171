"""Throttle: wrong attempts cost time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.doors.console import throttle
from forestall.doors.console.throttle import LONGEST_WAIT, Source, Throttle, sources


def test_first_mistakes_are_free() -> None:
    """A few wrong attempts cost nothing; then each costs more than the one before, up to a limit."""
    slow, source = Throttle(), (Source("a", 3),)
    waits = []
    for attempt in range(20):
        slow.wrong(source, float(attempt))
        waits.append(slow.wait(source, float(attempt)))
    assert waits[:2] == [0.0, 0.0]
    assert waits[2:4] == [15.0, 30.0]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_waiting_ends() -> None:
    """After the wait an attempt is possible again, and after a quiet hour everything is forgotten."""
    slow, source = Throttle(), (Source("a", 1),)
    slow.wrong(source, 0.0)
    assert slow.wait(source, 14.0) == 1.0
    assert slow.wait(source, 16.0) == 0.0
    slow.wrong(source, 4_000.0)
    assert slow.wait(source, 4_000.0) == 15.0


def test_the_right_password_forgets() -> None:
    """Signing in clears the mistakes of this name from this address, not those of the address."""
    slow = Throttle()
    both, address = Source("both", 1), Source("address", 1)
    slow.wrong((both, address), 0.0)
    slow.right(both)
    assert slow.wait((both,), 0.0) == 0.0
    assert slow.wait((both, address), 0.0) == 15.0


def test_an_address_cannot_lock_a_name_quickly() -> None:
    """Someone who guesses at a name is stopped long before the name itself rests for its owner elsewhere."""
    slow = Throttle()
    for _ in range(20):
        slow.wrong(sources("198.51.100.7", "Ada"), 0.0)
    assert slow.wait(sources("198.51.100.7", "ada"), 0.0) > 0
    assert slow.wait(sources("192.0.2.1", "ada"), 0.0) == 0.0


@given(st.lists(st.text(max_size=5), max_size=60))
@settings(max_examples=30, derandomize=True)
def test_memory_is_bounded(names: list[str]) -> None:
    """However many names are tried, only so many are remembered."""
    slow = Throttle()
    before, throttle.MOST_REMEMBERED = throttle.MOST_REMEMBERED, 10
    try:
        for name in names:
            slow.wrong(sources("192.0.2.1", name), 0.0)
    finally:
        throttle.MOST_REMEMBERED = before
    assert len(slow._records) <= 10
