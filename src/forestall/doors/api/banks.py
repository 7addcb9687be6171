"""Banks: list, make, change, fill, search, export; what they would match; and where their signals come from."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import IO

import msgspec
from litestar import Response, get, patch, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Stream

from forestall.doors.api import bank_messages as shapes
from forestall.doors.api import body
from forestall.doors.api.answers import api_of, query_of, written
from forestall.doors.api.keys import SCOPES
from forestall.doors.api.openapi import DOC, Doc
from forestall.doors.api.problems import SAFE_HEADERS, AnyRequest, Wrong
from forestall.flow.banks import Added
from forestall.flow.house import House
from forestall.flow.impact import Impact
from forestall.flow.importing import ImportBusy, ImportFailed
from forestall.model.bank import Bank, BankState, Opinion, Signal
from forestall.model.records import ApiKey

LOOKS = ("match", "banks")
"""Scopes of which a key needs one to see the banks."""
CHANGES = ("banks",)
LARGEST_IMPORT = 1024 * 1024 * 1024
"""Largest file imported, in bytes; it is written to disk as it arrives."""
IMPORT_SECONDS = 3_600.0
"""Longest time a file may take to arrive."""
LINES = "application/x-ndjson"

_NEW = msgspec.json.Decoder(shapes.BankRequest)
_CHANGE = msgspec.json.Decoder(shapes.BankChange)
_ENTRIES = msgspec.json.Decoder(shapes.EntriesRequest)
_ENTRY = msgspec.json.Decoder(shapes.EntryRequest)
_WITHDRAW = msgspec.json.Decoder(shapes.WithdrawRequest)
_SIGNAL = msgspec.json.Decoder(shapes.SignalChange)
_HEAD = 64 * 1024
_EXPORTED_AT_ONCE = 2_000
_MEDIA = {"csv": "text/csv", "ndjson": LINES}
_BANK = {"bank_id": "The id of the bank, or its name"}
_PLAIN = ("bad-request", "not-found")
_BODY = (*_PLAIN, "bad-item", "timed-out", "too-large", "wrong-type")


@get("/v1/banks", opt={SCOPES: LOOKS, DOC: Doc("All banks", answers=(shapes.BanksAnswer,))})
async def banks(request: AnyRequest) -> Response[bytes]:
    """Gives every bank with its thresholds, its state, and how many signals of which type it holds."""
    house = api_of(request).house
    return written(await asyncio.to_thread(_all, house))


@post(
    "/v1/banks",
    status_code=200,
    opt={
        SCOPES: CHANGES,
        DOC: Doc(
            "Make a bank",
            answers=(shapes.BankAnswer,),
            body=shapes.BankRequest,
            problems=("bad-request", "bad-item", "timed-out", "too-large", "wrong-type", "conflict"),
        ),
    },
)
async def create_bank(request: AnyRequest) -> Response[bytes]:
    """Makes a bank. It trusts its signals as candidates, which ask a person, unless it says otherwise."""
    asked = await body.structure(request, _NEW)
    house, by = api_of(request).house, _by(request)
    fields = msgspec.structs.asdict(asked)
    bank = await asyncio.to_thread(lambda: house.banker.create(fields.pop("name"), by, **fields))
    return written(shapes.bank_answer(bank, {}))


@get(
    "/v1/banks/{bank_id:str}",
    opt={SCOPES: LOOKS, DOC: Doc("One bank", answers=(shapes.BankAnswer,), path=_BANK, problems=("not-found",))},
)
async def bank(request: AnyRequest, bank_id: FromPath[str]) -> Response[bytes]:
    """Gives a bank with its thresholds, its state, and how many signals of which type it holds."""
    house = api_of(request).house
    return written(await asyncio.to_thread(lambda: _told(house, found(house, bank_id))))


@patch(
    "/v1/banks/{bank_id:str}",
    opt={
        SCOPES: CHANGES,
        DOC: Doc(
            "Change a bank",
            answers=(shapes.BankAnswer,),
            path=_BANK,
            body=shapes.BankChange,
            problems=(*_BODY, "conflict"),
        ),
    },
)
async def change_bank(request: AnyRequest, bank_id: FromPath[str]) -> Response[bytes]:
    """Changes what is given and leaves the rest. `state` switches it on (`live`), off (`off`), or to `preview`."""
    asked = await body.structure(request, _CHANGE)
    house, by = api_of(request).house, _by(request)

    def change() -> shapes.BankAnswer:
        bank = found(house, bank_id)
        if asked.version is not msgspec.UNSET and asked.version != bank.version:
            raise Wrong("conflict", f"the bank is at version {bank.version}, not {asked.version}")
        fields = asked.fields()
        return _told(house, house.banker.change(bank, by, **fields) if fields else bank)

    return written(await asyncio.to_thread(change))


@get(
    "/v1/banks/{bank_id:str}/signals",
    opt={
        SCOPES: LOOKS,
        DOC: Doc(
            "Signals of a bank",
            answers=(shapes.SignalsAnswer,),
            path=_BANK,
            query=shapes.SignalsQuery,
            problems=_PLAIN,
        ),
    },
)
async def signals(request: AnyRequest, bank_id: FromPath[str]) -> Response[bytes]:
    """Gives signals by type and value, with every source's opinion; withdrawn ones too."""
    query = query_of(request, shapes.SignalsQuery)
    house = api_of(request).house

    def page() -> shapes.SignalsAnswer:
        bank = found(house, bank_id)
        asked = {"kind": query.type, "source": query.source, "value": query.value}
        listed = house.store.signals_of(bank.id, query.after, query.limit, **asked)
        return shapes.SignalsAnswer(
            tuple(shapes.signal_answer(bank, signal) for signal in listed.items), listed.next_cursor
        )

    return written(await asyncio.to_thread(page))


@post(
    "/v1/banks/{bank_id:str}/signals",
    status_code=200,
    opt={
        SCOPES: CHANGES,
        DOC: Doc(
            "Add signals to a bank",
            answers=(shapes.AddedAnswer,),
            path=_BANK,
            body=shapes.EntriesRequest,
            lines=shapes.EntryRequest,
            problems=(*_BODY, "conflict"),
        ),
    },
)
async def add_signals(request: AnyRequest, bank_id: FromPath[str]) -> Response[bytes]:
    """Adds up to 20,000 signals, as JSON or one per line. They match within a second, in every process.

    An entry whose value cannot be used is refused and named in the answer; the others are added. The same entry again changes nothing.
    """
    api = api_of(request)
    with api.room.take(body.announced(request, body.MAX_JSON_BYTES)):
        asked = await _entries(request)
    house, by, source = api.house, _by(request), _key(request).name

    def add() -> Added:
        at = house.clock()
        return house.banker.add(found(house, bank_id), [shapes.entry_of(entry, source, at) for entry in asked], by)

    return written(_added(await asyncio.to_thread(add)))


@post(
    "/v1/banks/{bank_id:str}/import",
    status_code=200,
    request_max_body_size=LARGEST_IMPORT,
    opt={
        SCOPES: CHANGES,
        DOC: Doc(
            "Import a file into a bank",
            answers=(shapes.AddedAnswer,),
            path=_BANK,
            query=shapes.ImportQuery,
            file=f"The file, of at most {LARGEST_IMPORT:,} bytes",
            problems=(*_PLAIN, "bad-item", "timed-out", "too-large", "conflict", "busy"),
        ),
    },
)
async def import_file(request: AnyRequest, bank_id: FromPath[str]) -> Response[bytes]:
    """Imports a list in any format we know; the format is recognised. Rows that cannot be used are refused and counted.

    With `preview` it goes into a bank that is empty or not switched on, which then stays in the state `preview`, and the answer says
    what the bank would have matched of what was screened before. `PATCH` the state to `live` to switch it on.
    """
    query = query_of(request, shapes.ImportQuery)
    house, by = api_of(request).house, _by(request)
    bank = await asyncio.to_thread(found, house, bank_id)
    with tempfile.TemporaryFile(dir=house.scratch) as file:
        await _arrived(request, file)
        return written(await asyncio.to_thread(imported, house, bank, file, query.name, by, preview=query.preview))


@post(
    "/v1/banks/{bank_id:str}/withdraw",
    status_code=200,
    opt={
        SCOPES: CHANGES,
        DOC: Doc(
            "Take back what a source said",
            answers=(shapes.WithdrawAnswer,),
            path=_BANK,
            body=shapes.WithdrawRequest,
            problems=(*_BODY, "conflict"),
        ),
    },
)
async def withdraw(request: AnyRequest, bank_id: FromPath[str]) -> Response[bytes]:
    """Withdraws every opinion of one source. A signal that every source withdrew stops matching at once; nothing is destroyed."""
    asked = await body.structure(request, _WITHDRAW)
    house, by = api_of(request).house, _by(request)
    count = await asyncio.to_thread(lambda: house.banker.withdraw(found(house, bank_id), asked.source, by))
    return written(shapes.WithdrawAnswer(count))


@patch(
    "/v1/banks/{bank_id:str}/signals/{signal_id:str}",
    opt={
        SCOPES: CHANGES,
        DOC: Doc(
            "Change a signal",
            answers=(shapes.SignalAnswer,),
            path={**_BANK, "signal_id": "The id of the signal"},
            body=shapes.SignalChange,
            problems=(*_BODY, "conflict"),
        ),
    },
)
async def change_signal(request: AnyRequest, bank_id: FromPath[str], signal_id: FromPath[str]) -> Response[bytes]:
    """Disables a signal until an instant, or says what a source holds of it. One that says no makes it disputed: a candidate again."""
    asked = await body.structure(request, _SIGNAL)
    house, by, source = api_of(request).house, _by(request), _key(request).name

    def change() -> shapes.SignalAnswer:
        bank = found(house, bank_id)
        signal = signal_in(house, bank, signal_id)
        if asked.disabled_until is not msgspec.UNSET:
            signal = house.banker.disable(bank, signal.id, asked.disabled_until, by)
        if asked.opinion is not msgspec.UNSET:
            fields = msgspec.structs.asdict(asked.opinion)
            opinion = Opinion(**{**fields, "source": asked.opinion.source or source})
            signal = house.banker.opine(bank, signal.id, opinion, by)
        return shapes.signal_answer(bank, signal)

    return written(await asyncio.to_thread(change))


@get(
    "/v1/banks/{bank_id:str}/export",
    opt={
        SCOPES: LOOKS,
        DOC: Doc(
            "Export a bank", text=LINES, texts=("text/csv",), path=_BANK, query=shapes.ExportQuery, problems=_PLAIN
        ),
    },
)
async def export(request: AnyRequest, bank_id: FromPath[str]) -> Stream:
    """Gives all signals with all opinions, as CSV or one JSON object per line; what is given can be imported again."""
    query = query_of(request, shapes.ExportQuery)
    house = api_of(request).house
    bank = await asyncio.to_thread(found, house, bank_id)
    return Stream(
        chunks(house.banker.export(bank, query.format)), media_type=_MEDIA[query.format], headers=SAFE_HEADERS
    )


@get(
    "/v1/banks/{bank_id:str}/preview",
    opt={
        SCOPES: LOOKS,
        DOC: Doc(
            "What a bank would have matched",
            answers=(shapes.ImpactAnswer,),
            path=_BANK,
            problems=("not-found",),
        ),
    },
)
async def preview(request: AnyRequest, bank_id: FromPath[str]) -> Response[bytes]:
    """Searches the signals of everything screened before; whatever the state of the bank, nothing is decided."""
    house = api_of(request).house
    impact = await asyncio.to_thread(lambda: house.hunter.preview(found(house, bank_id)))
    return written(impact_answer(impact))


@get("/v1/hunts", opt={SCOPES: LOOKS, DOC: Doc("Retro-hunts", answers=(shapes.HuntsAnswer,))})
async def hunts(request: AnyRequest) -> Response[bytes]:
    """Gives the searches of what was screened before for signals that arrived later, newest first."""
    listed = await asyncio.to_thread(api_of(request).house.store.hunts)
    return written(shapes.HuntsAnswer(tuple(shapes.hunt_answer(hunt) for hunt in listed)))


@get("/v1/exchanges", opt={SCOPES: LOOKS, DOC: Doc("Exchanges", answers=(shapes.ExchangesAnswer,))})
async def exchanges(request: AnyRequest) -> Response[bytes]:
    """Gives the sources of signals that are asked again and again, with how the last time went."""
    listed = await asyncio.to_thread(api_of(request).house.store.exchanges)
    return written(shapes.ExchangesAnswer(tuple(shapes.exchange_answer(exchange) for exchange in listed)))


HANDLERS = [
    banks,
    create_bank,
    bank,
    change_bank,
    signals,
    add_signals,
    import_file,
    withdraw,
    change_signal,
    export,
    preview,
    hunts,
    exchanges,
]


def found(house: House, bank_id: str) -> Bank:
    """Give a bank by its id or name; raises Wrong `not-found`."""
    bank = house.store.bank(bank_id) or house.store.bank_named(bank_id)
    if bank is None:
        raise Wrong("not-found", f"there is no bank `{bank_id}`", "`GET /v1/banks` lists them")
    return bank


def signal_in(house: House, bank: Bank, signal_id: str) -> Signal:
    """Give a signal of this very bank by its id; raises Wrong `not-found`, also where it belongs to another bank."""
    number = int(signal_id) if signal_id.isascii() and signal_id.isdigit() and len(signal_id) < 17 else -1
    held = [signal for signal in house.store.signals([number]) if signal.bank == bank.id]
    if not held:
        raise Wrong("not-found", f"the bank `{bank.name}` has no signal `{signal_id}`", "list its signals")
    return held[0]


def imported(house: House, bank: Bank, file: IO[bytes], name: str, by: str, *, preview: bool) -> shapes.AddedAnswer:
    """Import a file whose bytes have all arrived; raises Wrong where its format is not known or the bank cannot be previewed."""
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    format_name = house.files.recognise(name, head)
    if not format_name:
        what = "the file is in none of the formats we know"
        raise Wrong("bad-request", what, "give its name in `name`, or write it as CSV with the columns type and value")
    if preview and bank.state is not BankState.PREVIEW:
        if house.store.count_signals(bank.id):
            what = f"the bank `{bank.name}` holds signals that would be switched off"
            raise Wrong(
                "conflict", what, "make a bank with the state `preview` for the list, or import without `preview`"
            )
        bank = house.banker.change(bank, by, state=BankState.PREVIEW)
    try:
        answer = _added(house.bring(bank, format_name, name, file, by), format_name)
    except ImportBusy as error:
        raise Wrong("busy", error.what, error.next_step, headers={"retry-after": "30"}) from None
    except ImportFailed as error:
        raise Wrong("internal", error.what, error.next_step) from None
    if preview:
        return msgspec.structs.replace(answer, impact=impact_answer(house.hunter.preview(bank)))
    return answer


def impact_answer(impact: Impact) -> shapes.ImpactAnswer:
    """Give an impact as answered."""
    samples = tuple(
        shapes.ImpactSample(one.content, one.revision, one.at, one.part, one.signal, one.type, one.distance)
        for one in impact.sample
    )
    return shapes.ImpactAnswer(
        impact.signals, impact.contents, dict(impact.months), dict(impact.types), samples, impact.more
    )


async def chunks(lines: Iterator[str]) -> AsyncIterator[bytes]:
    """Give many lines at once, made in a thread."""
    while block := await asyncio.to_thread(lambda: "".join(islice(lines, _EXPORTED_AT_ONCE))):
        yield block.encode("utf-8", "replace")


def _all(house: House) -> shapes.BanksAnswer:
    """Give all banks as answered."""
    return shapes.BanksAnswer(tuple(_told(house, bank) for bank in house.store.banks()))


def _told(house: House, bank: Bank) -> shapes.BankAnswer:
    """Give a bank with its counts as answered."""
    return shapes.bank_answer(bank, house.store.count_signals(bank.id))


def _added(added: Added, format_name: str = "") -> shapes.AddedAnswer:
    """Give what became of entries as answered."""
    counts = {
        name: getattr(added, name) for name in ("read", "added", "changed", "same", "withdrawn", "unknown", "refused")
    }
    return shapes.AddedAnswer(**counts, problems=tuple(map(shapes.refused, added.problems)), format=format_name)


async def _entries(request: AnyRequest) -> tuple[shapes.EntryRequest, ...]:
    """Read entries as one JSON object or one per line; raises Wrong."""
    if request.content_type[0] != LINES:
        return (await body.structure(request, _ENTRIES)).entries
    sent = await body.whole(request)
    return await asyncio.to_thread(_from_lines, sent)


def _from_lines(sent: bytes) -> tuple[shapes.EntryRequest, ...]:
    """Decode one entry per line; raises Wrong naming the line's place."""
    entries = []
    for number, line in enumerate(line for line in sent.splitlines() if line.strip()):
        if number >= shapes.MAX_ENTRIES:
            raise Wrong("too-large", f"the request has more than {shapes.MAX_ENTRIES:,} entries", "send fewer at once")
        try:
            entries.append(body.decoded(line, _ENTRY))
        except Wrong as error:
            raise Wrong("bad-item", f"entry {number}: {error.what}", index=number, field=error.field) from None
    if not entries:
        raise Wrong("bad-request", "the request holds no entry", "send one JSON object per line")
    return tuple(entries)


async def _arrived(request: AnyRequest, file: IO[bytes]) -> None:
    """Write the body to a file as it arrives; raises Wrong."""
    try:
        async with asyncio.timeout(IMPORT_SECONDS):
            async for chunk in request.stream():
                await asyncio.to_thread(file.write, chunk)
    except HTTPException as error:
        if error.status_code >= 500:
            raise Wrong("timed-out", "the connection was closed before the file had arrived") from None
        raise
    except TimeoutError:
        raise Wrong("timed-out", f"the file did not arrive within {IMPORT_SECONDS:.0f} seconds") from None


def _key(request: AnyRequest) -> ApiKey:
    """Give the key that the request was let in with."""
    key: ApiKey = request.scope["state"]["key"]
    return key


def _by(request: AnyRequest) -> str:
    """Name who changes something, for the ledger."""
    return f"key:{_key(request).id}"
