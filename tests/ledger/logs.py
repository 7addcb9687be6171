"""Small logs for tests of checking and proving: lines and the checkpoints signed over them."""

from collections.abc import Sequence
from dataclasses import replace

from forestall.ledger.checkpoint import Signer
from forestall.ledger.entry import canonical, leaf_hash
from forestall.ledger.tree import root
from forestall.model.records import Event, LedgerRow

SIGNER = Signer("ledger.example/test", bytes(range(32)))
KEY = SIGNER.verifier_key


def line(seq: int, subject: str = "", *, said: int | None = None) -> LedgerRow:
    """Give a ledger line; `said` is the position its entry says, where that differs."""
    event = Event("content:received", subject or f"c{seq}", "2026-01-31T12:00:00.000Z", {"digest": "d"})
    entry = canonical(event, seq if said is None else said)
    return LedgerRow(seq, event.tag, event.subject, entry, leaf_hash(entry))


def lines(size: int) -> list[LedgerRow]:
    """Give a log of that many lines."""
    return [line(seq) for seq in range(size)]


def signed(rows: Sequence[LedgerRow], *sizes: int) -> list[str]:
    """Give signed checkpoints of a log at the sizes."""
    return [SIGNER.sign(size, root(row.leaf for row in rows[:size])) for size in sizes]


def at(row: LedgerRow, seq: int) -> LedgerRow:
    """Give a line's content at another position."""
    return replace(row, seq=seq)
