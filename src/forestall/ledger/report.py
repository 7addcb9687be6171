"""What checking a ledger gives: the faults found, each naming the lines it is about."""

from dataclasses import dataclass, field
from enum import StrEnum

MOST_FAULTS = 100
"""Faults named in one report; further ones are counted."""


class FaultKind(StrEnum):
    """What is wrong with the ledger, or with what is kept beside it."""

    CHANGED = "changed"
    """A line's bytes are not what was committed there."""
    MOVED = "moved"
    """A line holds the entry of another line, or comes out of order."""
    MISSING = "missing"
    """Lines are missing between others."""
    TRUNCATED = "truncated"
    """Lines are missing at the end, as a signed checkpoint shows."""
    DIVERGED = "diverged"
    """Among these lines at least one was changed together with its hash: the signed root does not fit."""
    UNSIGNED = "unsigned"
    """Lines at the end are under no signed checkpoint."""
    CHECKPOINT = "checkpoint"
    """A checkpoint is malformed or not signed by the ledger's key."""
    SAVED = "saved"
    """The ledger is not a continuation of a checkpoint saved outside."""
    STATE = "state"
    """A record kept in the store is not the one the ledger speaks of."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `first` and `last` are the lines it is about (-1 where it is about none), `what` says it in plain words."""

    kind: FaultKind
    first: int
    last: int
    what: str


@dataclass(slots=True)
class Report:
    """What was checked and what was found. `root` is the hex root over all lines read."""

    rows: int = 0
    checkpoints: int = 0
    records: int = 0
    root: str = ""
    faults: list[Fault] = field(default_factory=list)
    more: int = 0

    @property
    def ok(self) -> bool:
        """True where nothing is wrong."""
        return not self.faults

    def add(self, kind: FaultKind, first: int, last: int, what: str) -> None:
        """Name a fault, or count it where enough are named."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(kind, first, last, what))
        else:
            self.more += 1
