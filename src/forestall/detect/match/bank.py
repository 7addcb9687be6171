"""Banks: named, versioned sets of signals of known material, as loaded from a file."""

import hashlib
import json
from array import array
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals import TYPES


class Trust(StrEnum):
    """How sure the source of a signal is; the strongest first."""

    CONFIRMED = "confirmed"
    """A person of ours looked and confirmed it."""
    PARTNER = "partner"
    """A partner says so."""
    CANDIDATE = "candidate"
    """Nobody has confirmed it yet."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a bank says about a signal beside its value; most signals of a bank share theirs.

    `distance` is the largest distance at which this signal matches (`None`: its type's radius), `expires` the last
    day (ISO 8601) on which it matches, or empty.
    """

    trust: Trust = Trust.CANDIDATE
    label: str = ""
    source: str = ""
    distance: int | None = None
    note: str = ""
    confirmed_by: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The signals of one type: `values` uint8 (N, size) in ascending order, each once, and per row the index of its facts."""

    values: NDArray[np.uint8]
    facts: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Bank:
    """A set of signals in effect. `version` is the SHA-256 over them in canonical order; `expired` counts those left out.

    A value given several times counts once, with the facts of its most trusted mention.
    """

    name: str
    version: str
    tables: Mapping[str, Table] = field(repr=False)
    facts: tuple[Facts, ...] = field(repr=False)
    expired: int = 0

    def __len__(self) -> int:
        return sum(len(table.values) for table in self.tables.values())


class Builder:
    """Gathers signals and gives a bank; keeps values and fact numbers in flat arrays, so that a million rows stay small."""

    def __init__(self) -> None:
        self._values: dict[str, bytearray] = {name: bytearray() for name in TYPES}
        self._numbers: dict[str, array[int]] = {name: array("i") for name in TYPES}
        self._facts: dict[Facts, int] = {}

    def add(self, kind: str, value: bytes, facts: Facts) -> None:
        """Add one signal whose value is already normalised."""
        self._values[kind] += value
        self._numbers[kind].append(self._facts.setdefault(facts, len(self._facts)))

    def bank(self, name: str, expired: int = 0) -> Bank:
        """Give the bank of everything added."""
        facts = tuple(sorted(self._facts, key=_order))
        rank = np.empty(len(facts), np.int32)
        for new, item in enumerate(facts):
            rank[self._facts[item]] = new
        tables = {}
        digest = hashlib.sha256(json.dumps([asdict(item) for item in facts]).encode())
        for kind in sorted(TYPES):
            if not self._numbers[kind]:
                continue
            table = _sorted(self._values[kind], rank[np.array(self._numbers[kind])], TYPES[kind].size)
            digest.update(f"{kind} {len(table.values)}".encode())
            digest.update(table.values.tobytes())
            digest.update(table.facts.astype(">i4").tobytes())
            tables[kind] = table
        return Bank(name, digest.hexdigest(), tables, facts, expired)


def _order(facts: Facts) -> tuple[object, ...]:
    """Give the sort key of facts: most trusted first, then anything fixed."""
    fixed = (facts.label, facts.source, -1 if facts.distance is None else facts.distance)
    return tuple(Trust).index(facts.trust), *fixed, facts.note, facts.confirmed_by, facts.expires


def _sorted(values: bytearray, numbers: NDArray[np.int32], size: int) -> Table:
    """Give a table in ascending order of value, keeping of equal values the one with the lowest (most trusted) facts."""
    rows = np.frombuffer(bytes(values), np.uint8).reshape(-1, size)
    order = np.lexsort((numbers, *reversed(words(rows).T)))
    rows, numbers = rows[order], numbers[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return Table(np.ascontiguousarray(rows[first]), np.ascontiguousarray(numbers[first]))


def words(rows: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Give rows of bytes (N, size) as words (N, ceil(size / 8)) that sort like the bytes do."""
    padded = np.zeros((len(rows), -(-rows.shape[1] // 8) * 8), np.uint8)
    padded[:, : rows.shape[1]] = rows
    return padded.view(">u8").astype(np.uint64)
