"""Checking a ledger: whatever was done to it is found, and the lines are named."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.ledger.checkpoint import Signer
from forestall.ledger.report import MOST_FAULTS, FaultKind, Report
from forestall.ledger.tree import EMPTY_ROOT
from forestall.ledger.verify import verify_log
from forestall.model.errors import BadInput
from forestall.model.records import LedgerRow
from tests.ledger.logs import KEY, SIGNER, at, line, lines, signed

LOG = lines(40)
NOTES = signed(LOG, 5, 10, 20, 30, 40)

Rows = list[LedgerRow]


def check(rows: Sequence[LedgerRow], notes: Sequence[str] = NOTES, saved: str = "") -> list[tuple[FaultKind, int, int]]:
    """Give the kinds and lines of the faults found."""
    report = verify_log(rows, notes, KEY, saved)
    assert all(fault.what for fault in report.faults)
    return [(fault.kind, fault.first, fault.last) for fault in report.faults]


def put(*rows: LedgerRow) -> Callable[[Rows], Rows]:
    """Give what replaces lines of the log by others of the same position."""
    return lambda log: [next((row for row in rows if row.seq == old.seq), old) for old in log]


def test_an_untouched_log_is_fine() -> None:
    """A log as it was written has no fault, with or without a saved checkpoint, and its root is the signed one."""
    report = verify_log(LOG, NOTES, KEY, NOTES[2])
    assert report.ok
    assert (report.rows, report.checkpoints) == (40, 5)
    assert verify_log(LOG, NOTES, KEY).root == report.root
    assert verify_log([], [], KEY) == Report(root=EMPTY_ROOT.hex())


TAMPERED: dict[str, tuple[Callable[[Rows], Rows], list[tuple[FaultKind, int, int]]]] = {
    "entry changed": (put(replace(LOG[12], entry=line(12, "evil").entry)), [(FaultKind.CHANGED, 12, 12)]),
    "hash changed": (put(replace(LOG[12], leaf=bytes(32))), [(FaultKind.CHANGED, 12, 12)]),
    "hash cut": (put(replace(LOG[12], leaf=b"")), [(FaultKind.CHANGED, 12, 12)]),
    "entry emptied": (put(replace(LOG[0], entry=b"")), [(FaultKind.CHANGED, 0, 0)]),
    "tag changed": (put(replace(LOG[39], tag="x")), [(FaultKind.CHANGED, 39, 39)]),
    "subject changed": (put(replace(LOG[39], subject="x")), [(FaultKind.CHANGED, 39, 39)]),
    "entry and hash changed": (put(line(12, "evil")), [(FaultKind.DIVERGED, 10, 19)]),
    "first entry and hash changed": (put(line(0, "evil")), [(FaultKind.DIVERGED, 0, 4)]),
    "two lines swapped": (
        put(at(LOG[6], 7), at(LOG[7], 6)),
        [(FaultKind.MOVED, 6, 6), (FaultKind.MOVED, 7, 7), (FaultKind.DIVERGED, 5, 9)],
    ),
    "line removed": (lambda log: log[:12] + log[13:], [(FaultKind.MISSING, 12, 12)]),
    "first lines removed": (lambda log: log[3:], [(FaultKind.MISSING, 0, 2)]),
    "two gaps": (lambda log: log[:3] + log[5:9] + log[10:], [(FaultKind.MISSING, 3, 4), (FaultKind.MISSING, 9, 9)]),
    "line removed, the rest moved up": (
        lambda log: log[:33] + [at(row, row.seq - 1) for row in log[34:]],
        [(FaultKind.MOVED, 33, 38), (FaultKind.TRUNCATED, 39, 39)],
    ),
    "line inserted, the rest moved down": (
        lambda log: [*log[:33], line(33, "evil"), *(at(row, row.seq + 1) for row in log[33:])],
        [
            (FaultKind.MOVED, 34, 39),
            (FaultKind.DIVERGED, 30, 39),
            (FaultKind.MOVED, 40, 40),
            (FaultKind.UNSIGNED, 40, 40),
        ],
    ),
    "line repeated": (lambda log: [*log[:4], log[3], *log[4:]], [(FaultKind.MOVED, 3, 3)]),
    "cut off": (lambda log: log[:25], [(FaultKind.TRUNCATED, 25, 39)]),
    "all removed": (lambda _: [], [(FaultKind.TRUNCATED, 0, 39)]),
    "lines added": (lambda log: [*log, line(40), line(41)], [(FaultKind.UNSIGNED, 40, 41)]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_found_and_named(name: str) -> None:
    """Each way to tamper with lines is found, the lines are named, and no other line is blamed."""
    tamper, faults = TAMPERED[name]
    assert check(tamper(list(LOG))) == faults


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.data())
def test_no_change_goes_unnoticed(data: st.DataObject) -> None:
    """Changing, removing, swapping or repeating any lines, or cutting the end, is always found."""
    rows = list(LOG)
    for _ in range(data.draw(st.integers(1, 3))):
        first, second = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(rows) - 1))
        match data.draw(st.integers(0, 4)):
            case 0:
                rows[first] = line(rows[first].seq, "evil")
            case 1:
                del rows[first]
            case 2:
                rows[first], rows[second] = at(rows[second], rows[first].seq), at(rows[first], rows[second].seq)
            case 3:
                rows.insert(second, rows[first])
            case _:
                del rows[first:]
        rows = rows or [line(7)]
    assert bool(check(rows)) == (rows != LOG)


def test_several_changed_lines_are_each_named() -> None:
    """A log in which entries were changed in many places names each, up to a limit, and counts the rest."""
    rows = [replace(row, entry=line(row.seq, "evil").entry) for row in lines(300)]
    report = verify_log(rows, signed(lines(300), 300), KEY)
    assert [fault.first for fault in report.faults] == list(range(MOST_FAULTS))
    assert report.more == 200


def test_the_last_root_that_fits_narrows_the_search() -> None:
    """Without the checkpoints in between, a line changed with its hash is only known to lie among more lines."""
    rows = put(line(12, "evil"))(list(LOG))
    assert check(rows, NOTES[-1:]) == [(FaultKind.DIVERGED, 0, 39)]
    assert check(rows, [*NOTES[:1], *NOTES[3:]]) == [(FaultKind.DIVERGED, 5, 29)]


def test_checkpoints_may_come_in_any_order() -> None:
    """The order in which checkpoints are given does not matter."""
    assert check(LOG, NOTES[::-1]) == []


@pytest.mark.parametrize(
    "note",
    [
        "",
        "x",
        NOTES[2].replace("\n20\n", "\n21\n"),
        NOTES[2].replace("ledger.example", "other.example"),
        Signer("ledger.example/test", bytes(32)).sign(20, bytes(32)),
    ],
    ids=["empty", "text", "size", "name", "key"],
)
def test_a_checkpoint_not_signed_by_the_key_is_named(note: str) -> None:
    """A kept checkpoint that was changed, or signed by another key, is a fault of its own and judges no line."""
    assert check(LOG, [*NOTES[:2], note, *NOTES[3:]]) == [(FaultKind.CHECKPOINT, -1, -1)]


def test_a_forged_root_is_found() -> None:
    """Two different roots signed for one size cannot both be right, nor can a signed root that no line leads to."""
    assert check(LOG, [*NOTES, SIGNER.sign(30, bytes(32))]) == [(FaultKind.DIVERGED, 20, 29)]
    assert check(LOG, [SIGNER.sign(0, bytes(32)), *NOTES]) == [(FaultKind.DIVERGED, 0, -1)]


def test_a_saved_checkpoint_finds_a_log_rewritten_whole() -> None:
    """A log rewritten with its hashes and checkpoints by whoever has the key is found by a checkpoint kept outside."""
    rewritten = put(line(12, "evil"))(list(LOG))
    notes = signed(rewritten, 5, 10, 20, 30, 40)
    assert check(rewritten, notes) == []
    assert check(rewritten, notes, NOTES[1]) == []
    assert check(rewritten, notes, NOTES[2]) == [(FaultKind.SAVED, 0, 19)]


def test_a_saved_checkpoint_finds_a_log_put_back() -> None:
    """A log put back to an earlier state, checkpoints included, is found by a later checkpoint kept outside."""
    assert check(LOG[:20], NOTES[:3]) == []
    assert check(LOG[:20], NOTES[:3], NOTES[4]) == [(FaultKind.SAVED, 20, 39)]


def test_a_saved_checkpoint_is_looked_at_past_a_fault() -> None:
    """Where kept checkpoints already do not fit, the saved one is still compared."""
    rewritten = put(line(2, "evil"))(list(LOG))
    assert check(rewritten, NOTES, NOTES[3]) == [(FaultKind.DIVERGED, 0, 4), (FaultKind.SAVED, 0, 29)]


def test_a_saved_checkpoint_must_be_signed() -> None:
    """A saved checkpoint that the key did not sign is named, and nothing is concluded from it."""
    assert check(LOG, NOTES, "not a checkpoint") == [(FaultKind.SAVED, -1, -1)]


def test_a_verifier_key_is_needed() -> None:
    """Without a usable verifier key nothing is checked, and the caller is told."""
    with pytest.raises(BadInput, match="verifier key"):
        verify_log(LOG, NOTES, "nonsense")
