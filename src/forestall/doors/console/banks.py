"""The handlers of banks: the list, one bank, and every change of it. Everybody signed in may look; admins change."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO, cast

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Stream

from forestall.doors.console import bankpage, pages, visit
from forestall.doors.console.context import Admin, Desk, Seen, Sent, Signed, TheDesk
from forestall.doors.console.errors import BadForm
from forestall.doors.console.visit import AnyRequest, Visit
from forestall.doors.console.words import Words
from forestall.flow.banks import Added
from forestall.flow.house import House
from forestall.flow.impact import Impact
from forestall.flow.importing import ImportBusy, ImportFailed
from forestall.model.bank import Bank, BankState, Opinion, Purpose, Stance, Trust
from forestall.model.errors import BadInput, Conflict, NotFound
from forestall.model.records import Person
from forestall.review.people import CURATES

Page = Response[bytes]
Fault = tuple[str, str]
OWN = "own"
"""The source of what our own people say."""
SIGNALS_SHOWN = 50
"""Signals on one page."""
LARGEST_IMPORT = 256 * 1024 * 1024
"""Largest file imported here, in bytes; the command line and the API take larger ones."""
_HEAD = 64 * 1024
_EXPORTED_AT_ONCE = 2_000
_FORMS = {"csv": "text/csv", "ndjson": "application/x-ndjson"}
_LONGEST_FIELD = 2_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an imported file; `impact` where it was imported to be looked at first."""

    name: str
    format: str
    added: Added
    impact: Impact | None


@dataclass(frozen=True, slots=True)
class _Sent:
    """An uploaded file, or whatever stood in its place, and whether it is only to be previewed."""

    file: object
    preview: bool


@get("/banks", sync_to_thread=True)
def bank_list(desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show all banks."""
    return _list(desk, seen, person)


@post("/banks", sync_to_thread=True)
def make_bank(desk: TheDesk, seen: Seen, admin: Admin, form: Sent) -> Page:
    """Make a bank and show it; a new one is switched off until somebody has looked at what it would match."""
    try:
        bank = desk.house.banker.create(
            form.get("name", ""),
            admin.id,
            trust=_chosen(Trust, form.get("trust", "")),
            purpose=_chosen(Purpose, form.get("purpose", "")),
            state=BankState.PREVIEW,
            description=form.get("description", ""),
        )
    except BadInput as error:
        return _list(desk, seen, admin, 400, fault=_fault(error, seen.words), draft=form)
    return pages.seen_other(f"/console/banks/{bank.id}")


@get("/banks/{bank_id:str}", sync_to_thread=True)
def bank_page(bank_id: FromPath[str], desk: TheDesk, seen: Seen, person: Signed, request: AnyRequest) -> Page:
    """Show one bank, a page of its signals, and, where it is asked for, what it would have matched."""
    bank = _bank(desk.house, bank_id)
    asked = {name: request.query_params.get(name, "")[:_LONGEST_FIELD] for name in ("type", "source", "value", "after")}
    impact = desk.house.hunter.preview(bank) if "impact" in request.query_params else None
    return _page(desk, seen, person, bank, asked=asked, impact=impact, done=request.query_params.get("done", ""))


@post("/banks/{bank_id:str}", sync_to_thread=True)
def change_bank(bank_id: FromPath[str], desk: TheDesk, seen: Seen, admin: Admin, form: Sent) -> Page:
    """Change how a bank matches and what it is called."""

    def change(bank: Bank) -> str:
        fields: dict[str, Any] = {name: form[name] for name in ("name", "description", "expires") if name in form}
        if "trust" in form:
            fields |= {"trust": _chosen(Trust, form["trust"]), "purpose": _chosen(Purpose, form.get("purpose", ""))}
            fields |= {"quality": _number(form.get("quality", "") or "0"), "distances": _distances(form)}
        desk.house.banker.change(_as_seen(bank, form), admin.id, **fields)
        return "changed"

    return _changed(desk, seen, admin, bank_id, change)


@post("/banks/{bank_id:str}/state", sync_to_thread=True)
def switch_bank(bank_id: FromPath[str], desk: TheDesk, seen: Seen, admin: Admin, form: Sent) -> Page:
    """Switch a bank on, off, or to preview."""

    def change(bank: Bank) -> str:
        state = _chosen(BankState, form.get("state", ""))
        desk.house.banker.change(_as_seen(bank, form), admin.id, state=state)
        return "changed"

    return _changed(desk, seen, admin, bank_id, change)


@post("/banks/{bank_id:str}/withdraw", sync_to_thread=True)
def withdraw(bank_id: FromPath[str], desk: TheDesk, seen: Seen, admin: Admin, form: Sent) -> Page:
    """Take back everything one source said in a bank."""

    def change(bank: Bank) -> str:
        if not form.get("source", "").strip():
            raise BadInput("no source was named", "name the source whose opinions are to be taken back")
        desk.house.banker.withdraw(bank, form["source"].strip(), admin.id)
        return "withdrawn"

    return _changed(desk, seen, admin, bank_id, change)


@post("/banks/{bank_id:str}/signals/{number:int}", sync_to_thread=True)
def change_signal(
    bank_id: FromPath[str], number: FromPath[int], *, desk: TheDesk, seen: Seen, admin: Admin, form: Sent
) -> Page:
    """Disable a signal until a day, let it match again, or say what we hold of it ourselves."""

    def change(bank: Bank) -> str:
        note = form.get("note", "").strip()
        if "stance" in form:
            stance = _chosen(Stance, form["stance"])
            yes = stance is Stance.POSITIVE
            opinion = Opinion(
                OWN,
                stance,
                Trust.CONFIRMED if yes else None,
                note=note,
                confirmed_by=admin.id if yes else "",
                last_seen=desk.house.clock(),
            )
            desk.house.banker.opine(bank, number, opinion, admin.id)
        else:
            desk.house.banker.disable(bank, number, form.get("until", ""), admin.id, note)
        return "signal"

    return _changed(desk, seen, admin, bank_id, change)


@post("/banks/{bank_id:str}/import", request_max_body_size=LARGEST_IMPORT)
async def import_file(bank_id: FromPath[str], desk: TheDesk, seen: Seen, admin: Admin, request: AnyRequest) -> Page:
    """Import a file and show what became of it; the form is read only once it is certain that an admin sends it."""
    form = await visit.read_form(request, desk.jar)
    if form is None:
        raise BadForm("the form did not come from a page of this console", "load the page again and repeat")
    file = (await request.form()).get("file")
    sent = _Sent(file, bool(form.get("preview")))
    return await asyncio.to_thread(_import, desk, seen, admin, bank_id, sent)


@get("/banks/{bank_id:str}/export", sync_to_thread=True)
def export(bank_id: FromPath[str], desk: TheDesk, person: Signed, request: AnyRequest) -> Stream:
    """Give all signals of a bank as a file; importing it again makes the same bank."""
    del person  # only people who are signed in may have it
    bank = _bank(desk.house, bank_id)
    form = request.query_params.get("format", "csv")
    if form not in _FORMS:
        raise BadInput(f"`{form[:20]}` is no format", "choose csv or ndjson")
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in bank.name)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Stream(_blocks(desk.house.banker.export(bank, form)), media_type=_FORMS[form], headers=headers)


HANDLERS = [bank_list, make_bank, bank_page, change_bank, switch_bank, withdraw, change_signal, import_file, export]


def _list(desk: Desk, seen: Visit, person: Person, status: int = 200, **values: Any) -> Page:
    """Show the list, with what was wrong with a new bank."""
    store = desk.house.store
    rows = [
        bankpage.bank_row(bank, store.count_signals(bank.id), store.ledger_of(bank.id), seen.words, seen.now)
        for bank in store.banks()
    ]
    filled = {"fault": None, "draft": {}, **values}
    may = person.role in CURATES
    return pages.page(
        seen,
        desk.jar,
        "banks.html",
        status,
        rows=rows,
        may_change=may,
        trusts=list(Trust),
        purposes=list(Purpose),
        **filled,
    )


def _page(desk: Desk, seen: Visit, person: Person, bank: Bank, status: int = 200, **values: Any) -> Page:
    """Show a bank, with what was wrong with a change or what became of an import."""
    house, words = desk.house, seen.words
    filled: dict[str, Any] = {"fault": None, "imported": None, "impact": None, "done": "", **values}
    asked = filled.setdefault("asked", dict.fromkeys(("type", "source", "value", "after"), ""))
    found = house.store.signals_of(
        bank.id, asked["after"], SIGNALS_SHOWN, kind=asked["type"], source=asked["source"], value=asked["value"]
    )
    ledger = house.store.ledger_of(bank.id)
    counts = house.store.count_signals(bank.id)
    return pages.page(
        seen,
        desk.jar,
        "bank.html",
        status,
        row=bankpage.bank_row(bank, counts, ledger, words, seen.now),
        kinds=sorted(counts),
        signals=[bankpage.signal_row(bank, signal, words, seen.now) for signal in found.items],
        cursor=found.next_cursor,
        thresholds=bankpage.thresholds(bank, house.types, words),
        steps=bankpage.steps(ledger, person.id, words, seen.now),
        may_change=person.role in CURATES,
        trusts=list(Trust),
        purposes=list(Purpose),
        states=list(BankState),
        stances=list(Stance),
        **filled,
    )


def _changed(desk: Desk, seen: Visit, person: Person, bank_id: str, change: Any) -> Page:
    """Do a change and show the bank; one that cannot be done is said on the page."""
    bank = _bank(desk.house, bank_id)
    try:
        done = change(bank)
    except (BadInput, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 400
        return _page(desk, seen, person, _bank(desk.house, bank_id), status, fault=_fault(error, seen.words))
    return pages.seen_other(f"/console/banks/{bank.id}?done={done}")


def _import(desk: Desk, seen: Visit, admin: Person, bank_id: str, sent: _Sent) -> Page:
    """Import an uploaded file."""
    house, words = desk.house, seen.words
    bank = _bank(house, bank_id)
    file, preview = sent.file, sent.preview
    if not isinstance(file, UploadFile) or not file.filename:
        return _page(desk, seen, admin, bank, 400, fault=(words("import.no_file"), words("import.no_file_next")))
    source = cast("BinaryIO", file.file)
    source.seek(0)
    format_name = house.files.recognise(file.filename, source.read(_HEAD))
    source.seek(0)
    if not format_name:
        return _page(desk, seen, admin, bank, 400, fault=(words("import.unknown"), words("import.unknown_next")))
    if preview and bank.state is BankState.LIVE and house.store.count_signals(bank.id):
        return _page(desk, seen, admin, bank, 409, fault=(words("import.live"), words("import.live_next")))
    if preview and bank.state is not BankState.PREVIEW:
        bank = house.banker.change(bank, admin.id, state=BankState.PREVIEW)
    try:
        added = house.bring(bank, format_name, file.filename, source, admin.id)
    except (ImportBusy, ImportFailed) as error:
        fault = (words("bank.fault", what=error.what), error.next_step)
        return _page(desk, seen, admin, _bank(house, bank_id), 503, fault=fault)
    impact = house.hunter.preview(bank) if preview else None
    done = Imported(file.filename, format_name, added, impact)
    return _page(desk, seen, admin, _bank(house, bank_id), imported=done, impact=impact)


def _bank(house: House, bank_id: str) -> Bank:
    """Give a bank; raises NotFound."""
    bank = house.store.bank(bank_id)
    if bank is None:
        raise NotFound(f"there is no bank `{bank_id}`", "go back to the list")
    return bank


def _as_seen(bank: Bank, form: Mapping[str, str]) -> Bank:
    """Give a bank at the version that was looked at, so that changing one that somebody else changed meanwhile is a Conflict."""
    version = _number(form.get("version", ""))
    return bank if version == bank.version else replace(bank, version=version)


def _number(text: str) -> int:
    """Read a whole number; raises BadInput."""
    if not (text.isascii() and text.strip().isdigit() and len(text) < 10):
        raise BadInput(f"`{text[:20]}` is no whole number", "give digits only")
    return int(text)


def _distances(form: Mapping[str, str]) -> dict[str, int]:
    """Give the distances that a form sets; an empty field follows the type."""
    given = {name.removeprefix("distance-"): text for name, text in form.items() if name.startswith("distance-")}
    return {kind: _number(text) for kind, text in given.items() if text.strip()}


def _chosen(kind: Any, text: str) -> Any:
    """Read a choice; raises BadInput."""
    try:
        return kind(text)
    except ValueError:
        raise BadInput(f"`{text[:20]}` cannot be chosen", f"choose {', '.join(item.value for item in kind)}") from None


def _fault(error: BadInput | Conflict, words: Words) -> Fault:
    """Say what was wrong: a conflict in the reader's language, what was typed as the verb on banks says it."""
    if isinstance(error, Conflict):
        return words("error.conflict_what"), words("error.conflict_next")
    return words("bank.fault", what=error.what), error.next_step


async def _blocks(lines: Iterator[str]) -> AsyncIterator[bytes]:
    """Give many lines at once, made in a thread."""
    while block := await asyncio.to_thread(lambda: "".join(islice(lines, _EXPORTED_AT_ONCE))):
        yield block.encode("utf-8", "replace")
