"""Banks for tests of matching, held in memory as bank files are."""

from collections.abc import Sequence

from forestall.detect.match import Library, SignalTypes
from forestall.model.bank import Bank, Opinion, Purpose, Signal, Trust, signal_id

TYPES = SignalTypes()


def banked(bank: Bank, kind: str, value: str, *opinions: Opinion, distance: int | None = None) -> Signal:
    """Give a signal of a bank, by default with one positive opinion."""
    written = TYPES.normalise(kind, value)
    said = opinions or (Opinion("desk"),)
    return Signal(signal_id(bank.id, kind, written), bank.id, kind, written, said, distance)


def bank(name: str = "ours", trust: Trust = Trust.CONFIRMED, purpose: Purpose = Purpose.BLOCK, **more: object) -> Bank:
    """Give a bank."""
    return Bank(f"id-{name}", name, trust, purpose, **more)  # type: ignore[arg-type]  # whatever the test names


def library(*banks: tuple[Bank, Sequence[Signal]]) -> Library:
    """Give a library of these banks alone."""
    return Library(TYPES, None, None, banks)
