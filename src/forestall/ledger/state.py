"""Checks what the store keeps against what the ledger says of it.

An event whose body has a `digest` says: from here on the record named by `subject` (and by the body's `revision`, for content)
has this `entry.digest`. Tags `content:*`, `decision:*` and `case:*` speak of that kind of record. The newest such event counts;
`content:purged` may leave the digest out, as of what was purged there is nothing left to check.
"""

from collections.abc import Iterator

from forestall.ledger.entry import digest, parse
from forestall.ledger.report import FaultKind, Report
from forestall.model.errors import LedgerBroken, StoreFailed
from forestall.model.ports import Store
from forestall.model.records import Event, LedgerRow

_PAGE = 500


def verify_state(store: Store) -> Report:
    """Check every record the ledger speaks of, and that it speaks of every decision."""
    report = Report()
    for row in store.ledger_rows():
        report.rows += 1
        event = _event(row)
        if event and event.subject == row.subject and _said(event):
            _check(store, row, event, report)
    try:
        for decision_id in _decisions(store):
            if not any(row.tag.startswith("decision:") for row in store.ledger_of(decision_id)):
                what = f"the decision {decision_id!r} is in the store, but the ledger does not know it"
                report.add(FaultKind.STATE, -1, -1, what)
    except StoreFailed as error:
        report.add(FaultKind.STATE, -1, -1, f"not all decisions could be looked at: {error.what}")
    return report


def _decisions(store: Store) -> Iterator[str]:
    """Give the ids of all decisions; raises StoreFailed at one that cannot be read."""
    page = store.decisions(limit=_PAGE)
    yield from (decision.id for decision in page.items)
    while page.next_cursor:
        page = store.decisions(page.next_cursor, limit=_PAGE)
        yield from (decision.id for decision in page.items)


def _check(store: Store, row: LedgerRow, event: Event, report: Report) -> None:
    """Compare one record with what a line says of it, unless a later line says otherwise."""
    revision = str(event.body.get("revision", ""))
    kind = event.tag.partition(":")[0]
    report.records += 1
    try:
        record = _record(store, kind, event.subject, revision)
    except StoreFailed as error:
        report.add(FaultKind.STATE, row.seq, row.seq, f"{error.what} (line {row.seq} speaks of it)")
        return
    if record is not None and digest(record) == _said(event):
        return
    purged = bool(getattr(record, "purged", ""))
    for later in reversed(store.ledger_of(event.subject)):
        if later.seq <= row.seq:
            break
        if _replaces(_event(later), kind, revision, purged):
            return
    state = "is gone" if record is None else "was changed"
    name = f"{event.subject!r} revision {revision!r}" if revision else f"{event.subject!r}"
    report.add(
        FaultKind.STATE, row.seq, row.seq, f"the {kind} {name} that line {row.seq} speaks of {state} in the store"
    )


def _replaces(event: Event | None, kind: str, revision: str, purged: bool) -> bool:
    """Tell whether a later line takes the place of what an earlier one said about the same record."""
    if event is None or event.tag.partition(":")[0] != kind or str(event.body.get("revision", "")) != revision:
        return False
    return bool(_said(event)) or (purged and event.tag == "content:purged")


def _record(store: Store, kind: str, subject: str, revision: str) -> object | None:
    """Give the record a line speaks of."""
    if kind == "content":
        return store.content(subject, revision)
    return store.decision(subject) if kind == "decision" else store.case(subject)


def _event(row: LedgerRow) -> Event | None:
    """Give a line's event; `verify_log` names lines that have none."""
    try:
        return parse(row.entry)[1]
    except LedgerBroken:
        return None


def _said(event: Event) -> str:
    """Give the digest an event states for a record of a kind we know, or nothing."""
    known = event.tag.startswith(("content:", "decision:", "case:"))
    value = event.body.get("digest")
    return value if known and isinstance(value, str) else ""
