"""Checks a ledger: that no line was changed, moved, removed or cut off, against its signed checkpoints.

What it can name: a line whose entry, hash, position or columns disagree is named by its number. A line changed together with
its hash is caught by the first signed root that does not fit, and is named as one of the lines since the last root that does;
where it spoke of a record, `state.verify_state` names it. Past a gap in the numbering no root can be compared. A ledger put back
whole to an earlier state, checkpoints included, is caught only by a checkpoint saved outside (`saved`), or by records in the
store that it does not know.
"""

from collections.abc import Iterable, Sequence

from forestall.ledger.checkpoint import Checkpoint, verify
from forestall.ledger.entry import leaf_hash, parse
from forestall.ledger.report import Fault, FaultKind, Report
from forestall.ledger.tree import HASH_BYTES, Frontier
from forestall.model.errors import LedgerBroken
from forestall.model.records import LedgerRow


def verify_log(rows: Iterable[LedgerRow], checkpoints: Sequence[str], verifier_key: str, saved: str = "") -> Report:
    """Check ledger lines against signed checkpoints.

    Takes:
        rows: all lines, in the order the store gives them; read once, kept nowhere.
        checkpoints: the signed checkpoints kept beside them.
        verifier_key: the ledger's public key, `name+hash+key`.
        saved: a checkpoint kept outside, which the ledger must continue; empty for none.
    Raises BadInput where `verifier_key` is none.
    """
    report = Report()
    marks: dict[int, list[bytes]] = {}
    for note in checkpoints:
        if signed := _opened(note, verifier_key, report, FaultKind.CHECKPOINT, "a kept checkpoint"):
            marks.setdefault(signed.size, []).append(signed.root)
            report.checkpoints += 1
    outside = _opened(saved, verifier_key, report, FaultKind.SAVED, "the saved checkpoint") if saved else None
    walk = _Walk(report, marks, outside)
    for row in rows:
        walk.step(row)
    walk.end()
    return report


def _opened(note: str, verifier_key: str, report: Report, kind: FaultKind, noun: str) -> Checkpoint | None:
    """Give what a checkpoint says, or name what is wrong with it."""
    try:
        return verify(note, verifier_key)
    except LedgerBroken as error:
        lines = note.split("\n", 2)
        size = f" (of size {lines[1][:20]})" if len(lines) > 1 else ""
        report.add(kind, -1, -1, f"{noun}{size} cannot be relied on: {error.what}")
        return None


class _Walk:
    """One pass over the lines.

    Two frontiers are kept once a line's entry and hash disagree: over the hashes as kept, and over the hashes of the entries. If
    either leads to the signed root, only the named lines are at fault.
    """

    def __init__(self, report: Report, marks: dict[int, list[bytes]], outside: Checkpoint | None) -> None:
        self._report = report
        self._marks = marks
        self._outside = outside
        self._kept = Frontier()
        self._exact: Frontier | None = None
        self._covered = max(marks, default=0)
        self._next = 0
        self._good = 0
        self._comparable = True
        self._diverged = False
        self._shift = 0
        self._compare()

    def step(self, row: LedgerRow) -> None:
        """Look at the next line."""
        if row.seq != self._next:
            self._gap(row.seq)
        leaf = leaf_hash(row.entry)
        self._look(row, leaf)
        if leaf != row.leaf and self._exact is None:
            self._exact = self._kept.copy()
        self._kept.append(row.leaf if len(row.leaf) == HASH_BYTES else leaf)
        if self._exact is not None:
            self._exact.append(leaf)
        self._report.rows += 1
        self._next = row.seq + 1
        if self._comparable:
            self._compare()

    def end(self) -> None:
        """Look at where the lines end."""
        report, size, covered = self._report, self._next, self._covered
        report.root = self._kept.root().hex()
        if covered > size:
            what = f"the ledger ends after {size} lines, but {covered} were signed: the rest was cut off"
            report.add(FaultKind.TRUNCATED, size, covered - 1, what)
        elif covered < size:
            what = f"the lines from {covered} on are under no signed checkpoint"
            report.add(FaultKind.UNSIGNED, covered, size - 1, what)
        if self._outside and self._outside.size > size:
            what = f"the saved checkpoint covers {self._outside.size} lines, but the ledger ends after {size}"
            report.add(FaultKind.SAVED, size, self._outside.size - 1, what)

    def _gap(self, seq: int) -> None:
        """Name a break in the numbering; from here on roots cannot be compared."""
        if seq > self._next:
            lines = f"line {self._next} is" if seq == self._next + 1 else f"lines {self._next} to {seq - 1} are"
            self._report.add(FaultKind.MISSING, self._next, seq - 1, f"{lines} missing")
        else:
            self._report.add(FaultKind.MOVED, seq, seq, f"line {seq} comes where line {self._next} should be")
        self._comparable = False

    def _look(self, row: LedgerRow, leaf: bytes) -> None:
        """Name a line that does not agree with itself."""
        try:
            seq, event = parse(row.entry)
        except LedgerBroken as error:
            self._report.add(FaultKind.CHANGED, row.seq, row.seq, f"line {row.seq} was changed: {error.what}")
            return
        if seq != row.seq:
            self._shifted(row.seq, seq - row.seq)
        elif leaf != row.leaf:
            what = f"line {row.seq} was changed: its entry does not fit its hash"
            self._report.add(FaultKind.CHANGED, row.seq, row.seq, what)
        elif (event.tag, event.subject) != (row.tag, row.subject):
            what = f"line {row.seq} was changed: its tag or subject is not that of its entry"
            self._report.add(FaultKind.CHANGED, row.seq, row.seq, what)

    def _shifted(self, seq: int, shift: int) -> None:
        """Name a line that holds the entry of the line `shift` further on; a run of such lines is one fault."""
        run = self._report.faults[-1] if self._report.faults else None
        if run and run.kind is FaultKind.MOVED and run.last == seq - 1 and self._shift == shift:
            what = f"lines {run.first} to {seq} hold the entries of lines {run.first + shift} to {seq + shift}"
            self._report.faults[-1] = Fault(FaultKind.MOVED, run.first, seq, what)
        else:
            self._report.add(FaultKind.MOVED, seq, seq, f"line {seq} holds the entry of line {seq + shift}")
        self._shift = shift

    def _compare(self) -> None:
        """Compare the root over the lines so far with what was signed for this size."""
        size = self._next
        outside = self._outside if self._outside and self._outside.size == size else None
        if size not in self._marks and outside is None:
            return
        roots = {self._kept.root(), self._exact.root() if self._exact else self._kept.root()}
        if outside and outside.root not in roots:
            what = f"the first {size} lines are not those of the saved checkpoint: the ledger was rewritten"
            self._report.add(FaultKind.SAVED, 0, size - 1, what)
        if self._diverged:
            return
        if any(root not in roots for root in self._marks.get(size, ())):
            lines = f"lines {self._good} to {size - 1} are not those that were signed"
            what = f"{lines}: at least one was changed, moved or put in together with its hash"
            self._report.add(FaultKind.DIVERGED, self._good, size - 1, what)
            self._diverged = True
        else:
            self._good = size
