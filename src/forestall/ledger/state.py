"""Checks what the store keeps against what the ledger says of it.

An event whose body has a `digest` says: from here on the record named by `subject` (and by the body's `revision`, for content)
has this `entry.digest`. Tags `content:*`, `decision:*`, `case:*` and `bank:*` speak of that kind of record. The newest such event
counts; `content:purged` may leave the digest out, as of what was purged there is nothing left to check. Of the signals in a bank
the ledger holds one digest per batch, which later changes of single signals outdate; so a line shows what was added then, and
signals as they stand are not checked here.
"""

from collections.abc import Callable, Iterator

from forestall.ledger.entry import digest, parse
from forestall.ledger.report import FaultKind, Report
from forestall.model.errors import LedgerBroken, StoreFailed
from forestall.model.ports import Store
from forestall.model.records import Event, LedgerRow

_PAGE = 500


def verify_state(store: Store) -> Report:
    """Check every record the ledger speaks of, and that it speaks of every decision and bank."""
    report = Report()
    for row in store.ledger_rows():
        report.rows += 1
        event = _event(row)
        if event and event.subject == row.subject and _said(event):
            _check(store, row, event, report)
    _check_known(store, "decision", _decisions(store), report)
    _check_known(store, "bank", _banks(store), report)
    return report


def _check_known(store: Store, kind: str, ids: Iterator[str], report: Report) -> None:
    """Check that the ledger speaks of every record of a kind: one slipped in beside it decides, or matches, unseen."""
    try:
        for number in ids:
            if not any(row.tag.startswith(f"{kind}:") for row in store.ledger_of(number)):
                what = f"the {kind} {number!r} is in the store, but the ledger does not know it"
                report.add(FaultKind.STATE, -1, -1, what)
    except StoreFailed as error:
        report.add(FaultKind.STATE, -1, -1, f"not all {kind}s could be looked at: {error.what}")


def _banks(store: Store) -> Iterator[str]:
    """Give the ids of all banks; raises StoreFailed where one cannot be read."""
    yield from (bank.id for bank in store.banks())


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
    find: dict[str, Callable[[str], object | None]] = {
        "decision": store.decision,
        "case": store.case,
        "bank": store.bank,
    }
    return find[kind](subject)


def _event(row: LedgerRow) -> Event | None:
    """Give a line's event; `verify_log` names lines that have none."""
    try:
        return parse(row.entry)[1]
    except LedgerBroken:
        return None


def _said(event: Event) -> str:
    """Give the digest an event states for a record of a kind we know, or nothing."""
    known = event.tag.startswith(("content:", "decision:", "case:", "bank:"))
    value = event.body.get("digest")
    return value if known and isinstance(value, str) else ""
