"""What the TCAP writes, in our words: nothing it says about a signal is dropped (ideology, file type, deletions, its own ids)."""

from datetime import UTC, datetime

import msgspec

from forestall.exchange import facts
from forestall.model.bank import Entry, Opinion, Stance
from forestall.model.content import Problem
from forestall.model.errors import BadInput

SOURCE = "tcap"
"""The name under which Tech Against Terrorism's opinions stand."""

HASHES = "TCAP content hash list"
ADDRESSES = "TCAP URL hash list"
SUBMISSIONS = "TCAP URLs"

CSV_COLUMNS = (
    "ID",
    "Description",
    "URL",
    "Domain",
    "Created On",
    "Content Data Type",
    "Extreme Content",
    "Pi I",
    "Protocol",
    "Core Tech Platform - Tech Platform → Name",
    "Core Terrorist Group - Terrorist Group Fk → Name",
    "Core Terrorist Group - Terrorist Group Fk → Entity Type",
    "Core Terrorist Group - Terrorist Group Fk → Ideology",
)
"""The columns of the CSV export, exactly as it writes them."""


class _Row(msgspec.Struct):
    """One row of a content hash list; version 1 writes the same rows without the last two."""

    hash_digest: str
    algorithm: str
    id: int | str | None = None
    ideology: str | None = None
    file_type: str | None = None
    created_on: str | float | None = None
    deleted: bool = False
    updated_on: str | float | None = None


class _Address(msgspec.Struct):
    """One row of the URL hash list, whichever of these names it uses."""

    md5: str | None = None
    hash: str | None = None
    url_hash: str | None = None
    hash_digest: str | None = None
    hashes: list[str] | None = None
    id: int | str | None = None
    ideology: str | None = None
    created_on: str | float | None = None
    updated_on: str | float | None = None
    deleted: bool = False


_row = msgspec.json.Decoder(_Row).decode
_address = msgspec.json.Decoder(_Address | str).decode


def of_hash(data: bytes, where: str) -> Entry | Problem:
    """Give the entry of one row of a content hash list, or why it has none."""
    try:
        row = _row(data)
        seen, changed = facts.when(row.created_on), facts.when(row.updated_on)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return facts.bad_row(where, _short(error))
    except BadInput as error:
        return facts.bad_row(where, error.what, error.next_step)
    opinion = Opinion(
        source=SOURCE,
        ideology=facts.fact(row.ideology),
        listing=HASHES,
        file_type=facts.fact(row.file_type),
        reference=facts.fact(row.id),
        first_seen=seen,
        last_seen=changed,
        withdrawn=(changed or seen or facts.UNDATED) if row.deleted else "",
    )
    return Entry(facts.kind_of(row.algorithm), row.hash_digest.strip(), opinion)


def of_address(data: bytes, where: str) -> list[Entry | Problem]:
    """Give the entries of one row of the URL hash list: one per variant of the address."""
    try:
        row = _address(data)
        if isinstance(row, str):
            row = _Address(md5=row)
        seen, changed = facts.when(row.created_on), facts.when(row.updated_on)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [facts.bad_row(where, _short(error))]
    except BadInput as error:
        return [facts.bad_row(where, error.what, error.next_step)]
    one = row.md5 or row.hash or row.url_hash or row.hash_digest
    values = [*(row.hashes or ()), *([one] if one else ())]
    if not values:
        return [facts.bad_row(where, "it names no hash")]
    opinion = Opinion(
        source=SOURCE,
        ideology=facts.fact(row.ideology),
        listing=ADDRESSES,
        reference=facts.fact(row.id),
        first_seen=seen,
        last_seen=changed,
        withdrawn=(changed or seen or facts.UNDATED) if row.deleted else "",
    )
    return [Entry("url-md5", value.strip(), opinion) for value in values]


def of_csv(cells: list[str], where: str) -> Entry | Problem:
    """Give the entry of one row of the CSV export; its cells stand in the order of `CSV_COLUMNS`."""
    number, text, address, domain, created, kind, extreme, personal, protocol, platform, group, entity, ideology = (
        facts.fact(cell) for cell in cells
    )
    if not address:
        return facts.bad_row(where, "the URL is missing")
    try:
        seen = datetime.strptime(created, "%m/%d/%y %H:%M:%S").replace(tzinfo=UTC).timestamp() if created else ""
        first = facts.when(seen)
    except (ValueError, BadInput):
        return facts.bad_row(where, f"`{created[:40]}` is no moment", "write it as 12/31/26 23:59:59")
    told = {
        "": text,
        "platform": platform,
        "domain": domain,
        "data": kind,
        "extreme content": extreme,
        "personal data": personal,
        "entity": entity,
    }
    note = "; ".join(f"{name} {value}".strip() for name, value in told.items() if value)
    opinion = Opinion(
        source=SOURCE,
        stance=Stance.POSITIVE,
        label=group,
        ideology=ideology,
        listing=SUBMISSIONS,
        note=facts.fact(note),
        reference=number,
        first_seen=first,
    )
    scheme = protocol if protocol.endswith("://") else "https://"
    return Entry("url", address if "://" in address else scheme + address, opinion)


def _short(error: Exception) -> str:
    """Give what a decoder says, cut short: it may repeat what a hostile list holds."""
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
