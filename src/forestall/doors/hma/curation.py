"""Curation as HMA offers it: banks, their content, exchanges and types under `/c`. Nothing is ever destroyed here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from forestall.doors.api.answers import api_of
from forestall.doors.api.body import structure
from forestall.doors.api.keys import SCOPES
from forestall.doors.api.problems import AnyRequest, Wrong
from forestall.doors.hma import matching, translate
from forestall.doors.hma.matching import answered
from forestall.flow.banks import LONGEST_NAME
from forestall.flow.house import House
from forestall.model.bank import Bank, BankState, Entry, Opinion, Signal, opinion_of, signal_id
from forestall.model.ids import now as time_now
from forestall.model.records import ApiKey, Exchange

LOOKS = ("match", "banks")
CHANGES = ("banks",)
FIVE_YEARS = 5 * 366 * 24 * 3_600
"""Longest time, in seconds, for which content is disabled."""
BY_COMMAND = "add, change or end it with `forestall exchange`, which keeps its token out of messages"

_LONGEST_NOTE = 2_000


class NewBank(msgspec.Struct):
    """A bank to make, or what to change in one. Ratios may come as texts."""

    name: str | None = None
    enabled_ratio: float | str | None = None
    enabled: bool | None = None


class Disabling(msgspec.Struct):
    """Until when banked content matches nothing, in Unix time; 0 switches it on again."""

    disable_until_ts: int | str | None = None


class Switch(msgspec.Struct):
    """Whether an exchange is asked."""

    enabled: bool | None = None


class Ratio(msgspec.Struct):
    """How much of the time a type takes part."""

    enabled_ratio: float | str


_BANK = msgspec.json.Decoder(NewBank)
_SIGNALS = msgspec.json.Decoder(dict[str, str])
_DISABLING = msgspec.json.Decoder(Disabling)
_SWITCH = msgspec.json.Decoder(Switch)
_RATIO = msgspec.json.Decoder(Ratio)


@get("/c/banks", opt={SCOPES: LOOKS})
async def banks(request: AnyRequest) -> Response[bytes]:
    """Give all banks."""
    listed = await asyncio.to_thread(api_of(request).house.store.banks)
    return answered([translate.bank_shape(bank) for bank in listed if translate.DELETED not in bank.name])


@post("/c/banks", opt={SCOPES: CHANGES}, status_code=201)
async def create(request: AnyRequest) -> Response[bytes]:
    """Make a bank, whose signals are candidates until an admin says otherwise."""
    house, asked = api_of(request).house, await structure(request, _BANK)
    name, state = _name(asked.name or ""), _state(asked) or BankState.LIVE

    def make() -> Bank:
        if house.store.bank_named(name) is not None:
            raise Wrong("refused", f"the bank `{name}` exists already", "add to that one, or choose another name")
        return house.banker.create(name, by(request), state=state)

    return answered(translate.bank_shape(await asyncio.to_thread(make)), 201)


@get("/c/bank/{bank:str}", opt={SCOPES: LOOKS})
async def show(request: AnyRequest, bank: FromPath[str]) -> Response[bytes]:
    """Give one bank."""
    return answered(translate.bank_shape(await asyncio.to_thread(found, api_of(request).house, bank)))


@put("/c/bank/{bank:str}", opt={SCOPES: CHANGES})
async def update(request: AnyRequest, bank: FromPath[str]) -> Response[bytes]:
    """Rename a bank, switch it on or off."""
    house, asked = api_of(request).house, await structure(request, _BANK)
    fields: dict[str, Any] = {"name": _name(asked.name)} if asked.name is not None else {}
    state = _state(asked)
    if state is not None:
        fields["state"] = state

    def change() -> Bank:
        held = found(house, bank)
        other = house.store.bank_named(str(fields.get("name", "")))
        if other is not None and other.id != held.id:
            raise Wrong("refused", f"the bank `{other.name}` exists already", "choose another name")
        return house.banker.change(held, by(request), **fields) if fields else held

    return answered(translate.bank_shape(await asyncio.to_thread(change)))


@delete("/c/bank/{bank:str}", opt={SCOPES: CHANGES}, status_code=200)
async def end(request: AnyRequest, bank: FromPath[str]) -> Response[bytes]:
    """Switch a bank off, take back what was banked through this door, and free its name; its record stays."""
    house = api_of(request).house

    def off() -> None:
        held = found(house, bank)
        if held.exchange:
            raise Wrong("refused", f"the bank `{held.name}` is filled by an exchange", BY_COMMAND)
        name = translate.deleted_name(held, house.clock(), LONGEST_NAME)
        house.banker.withdraw(held, translate.SOURCE, by(request))
        house.banker.change(held, by(request), state=BankState.OFF, name=name)

    await asyncio.to_thread(off)
    return answered({"message": "Done"})


@post("/c/bank/{bank:str}/content", opt={SCOPES: CHANGES}, status_code=200)
async def add_content(request: AnyRequest, bank: FromPath[str]) -> Response[bytes]:
    """Bank the signals of an uploaded file, or of the one at `url`; the file itself is not kept."""
    house = api_of(request).house
    held = await asyncio.to_thread(found, house, bank)
    if request.query_params.get("url"):
        hashed, said = await matching.by_address(request), dict(request.query_params.items())
    else:
        hashed, said = await matching.uploaded(request), dict((await request.form()).items())
    note = _metadata(said)
    signals = {name: (translate.ours(name), value) for name, value in hashed.hashes.items()}
    return answered(await asyncio.to_thread(_banked, house, held, signals, note, by(request)))


@post("/c/bank/{bank:str}/signal", opt={SCOPES: CHANGES}, status_code=200)
async def add_signals(request: AnyRequest, bank: FromPath[str]) -> Response[bytes]:
    """Bank signals that were taken elsewhere, as type → value."""
    house, given = api_of(request).house, await structure(request, _SIGNALS)
    held = await asyncio.to_thread(found, house, bank)
    signals = {name: matching.canonical(house, name, value) for name, value in given.items()}
    return answered(await asyncio.to_thread(_banked, house, held, signals, "", by(request)))


@get("/c/bank/{bank:str}/content/{number:int}", opt={SCOPES: LOOKS})
async def show_content(request: AnyRequest, bank: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """Give banked content, with its signals where they are asked for."""
    house = api_of(request).house
    wanted = matching.truth(str(request.query_params.get("include_signals", "false")))

    def shape() -> translate.Json:
        held = found(house, bank)
        signal = _content(house, held, number)
        group = _group(house, held, signal) if wanted else []
        signals = {translate.theirs(one.type): one.value for one in group} if wanted else None
        return translate.content_shape(held, signal, signals)

    return answered(await asyncio.to_thread(shape))


@put("/c/bank/{bank:str}/content/{number:int}", opt={SCOPES: CHANGES})
async def update_content(request: AnyRequest, bank: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """Disable banked content until an instant, or switch it on again; all signals taken from the same file follow."""
    house, asked = api_of(request).house, await structure(request, _DISABLING)

    def change() -> translate.Json:
        held = found(house, bank)
        signal = _content(house, held, number)
        if asked.disable_until_ts is not None:
            instant = _until(asked.disable_until_ts)
            for one in _group(house, held, signal):
                after = house.banker.disable(held, one.id, instant, by(request))
                signal = after if one.id == signal.id else signal
        return translate.content_shape(held, signal, None)

    return answered(await asyncio.to_thread(change))


@delete("/c/bank/{bank:str}/content/{number:int}", opt={SCOPES: CHANGES}, status_code=200)
async def end_content(request: AnyRequest, bank: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """Take back content banked through this door; what other sources say of it is kept and no longer matches."""
    house = api_of(request).house

    def remove() -> int:
        held = found(house, bank)
        group = _group(house, held, _content(house, held, number))
        for one in group:
            _withdraw(house, held, one, by(request))
        return int(bool(group))

    return answered({"deleted": await asyncio.to_thread(remove)})


@get("/c/exchanges", opt={SCOPES: LOOKS})
async def exchanges(request: AnyRequest) -> Response[bytes]:
    """Give the names of all exchanges."""
    listed = await asyncio.to_thread(api_of(request).house.store.exchanges)
    return answered([exchange.name for exchange in listed])


@get("/c/exchanges/apis", opt={SCOPES: LOOKS})
async def exchange_kinds(request: AnyRequest) -> Response[bytes]:
    """Give the protocols that exchanges may speak."""
    return answered(list(api_of(request).house.puller.kinds))


@post("/c/exchanges", opt={SCOPES: CHANGES}, status_code=201)
async def create_exchange() -> Response[bytes]:
    """Refuse: an exchange has a token, which no message may carry."""
    raise Wrong("refused", "exchanges are not made here", BY_COMMAND)


@get("/c/exchange/{name:str}", opt={SCOPES: LOOKS})
async def show_exchange(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Give one exchange, without its token."""
    return answered(translate.exchange_shape(await asyncio.to_thread(_exchange, api_of(request).house, name)))


@get("/c/exchange/{name:str}/status", opt={SCOPES: LOOKS})
async def fetch_status(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Say how the last fetch went."""
    return answered(translate.fetch_shape(await asyncio.to_thread(_exchange, api_of(request).house, name)))


@put("/c/exchange/{name:str}", opt={SCOPES: CHANGES})
async def update_exchange(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Switch an exchange on or off, and give it as it is then."""
    house, asked = api_of(request).house, await structure(request, _SWITCH)

    def change() -> Exchange:
        exchange = _exchange(house, name)
        if asked.enabled is None or asked.enabled == exchange.enabled:
            return exchange
        puller = house.puller
        return (puller.enable if asked.enabled else puller.disable)(exchange, by(request))

    return answered(translate.exchange_shape(await asyncio.to_thread(change)))


@delete("/c/exchange/{name:str}", opt={SCOPES: CHANGES}, status_code=200)
async def end_exchange(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Refuse: what an exchange said stays on record. It can be switched off."""
    await asyncio.to_thread(_exchange, api_of(request).house, name)
    raise Wrong("refused", "exchanges are not deleted", 'switch it off: PUT `{"enabled": false}`')


@get("/c/signal_type", opt={SCOPES: LOOKS})
async def signal_types(request: AnyRequest) -> Response[bytes]:
    """Give all types of signals; each takes part wherever a bank holds some."""
    names = api_of(request).house.types.names
    return answered([{"name": translate.theirs(name), "enabled_ratio": 1.0} for name in names])


@get("/c/signal_type/index", opt={SCOPES: LOOKS})
async def signal_type_index(request: AnyRequest) -> Response[bytes]:
    """Say how many signals of each type are stored and indexed; the index follows within a second."""
    house = api_of(request).house
    sizes = await asyncio.to_thread(matching.sizes_of, house, str(request.query_params.get("signal_type", "")))
    at = translate.seconds(house.clock())
    return answered({name: _index_shape(size, at) for name, size in sizes.items()})


@put("/c/signal_type/{name:str}", opt={SCOPES: CHANGES})
async def update_signal_type(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Say that a type takes part; one cannot be switched off for all banks at once."""
    house, asked = api_of(request).house, await structure(request, _RATIO)
    matching.known_type(house, name)
    if _ratio(asked.enabled_ratio):
        return answered({"name": name, "enabled_ratio": 1.0})
    raise Wrong("refused", f"the type `{name}` cannot be switched off", "switch off the banks that hold such signals")


@get("/c/content_type", opt={SCOPES: LOOKS})
async def content_types() -> Response[bytes]:
    """Give the kinds of files."""
    return answered([{"name": name, "enabled": True} for name in translate.CONTENT_TYPES])


HANDLERS = [
    banks,
    create,
    show,
    update,
    end,
    add_content,
    add_signals,
    show_content,
    update_content,
    end_content,
    exchanges,
    exchange_kinds,
    create_exchange,
    show_exchange,
    fetch_status,
    update_exchange,
    end_exchange,
    signal_types,
    signal_type_index,
    update_signal_type,
    content_types,
]


def found(house: House, name: str) -> Bank:
    """Give a bank by its name; raises Wrong `not-found`, also where it was deleted through this door."""
    bank = house.store.bank_named(name)
    if bank is None or translate.DELETED in bank.name:
        raise Wrong("not-found", f"bank `{name}` not found", "`GET /hma/c/banks` lists them")
    return bank


def by(request: AnyRequest) -> str:
    """Name who changes something, for the ledger."""
    key: ApiKey = request.scope["state"]["key"]
    return f"key:{key.id}"


def _name(name: str) -> str:
    """Give the name of a bank; raises Wrong for one that would be taken as deleted."""
    if not name.strip():
        raise Wrong("bad-request", "`name` is required", "name the bank", field="name")
    if translate.DELETED in name:
        raise Wrong("bad-request", f"a bank's name holds no `{translate.DELETED}`", "choose another", field="name")
    return name.strip()


def _state(asked: NewBank) -> BankState | None:
    """Give the state that a ratio or switch asks for, or None where neither is given."""
    if asked.enabled_ratio is not None:
        return BankState.LIVE if _ratio(asked.enabled_ratio) else BankState.OFF
    if asked.enabled is not None:
        return BankState.LIVE if asked.enabled else BankState.OFF
    return None


def _ratio(given: float | str) -> bool:
    """Read a ratio; raises Wrong for anything between never and always."""
    try:
        ratio = float(given)
    except ValueError:
        ratio = -1.0
    if ratio in (0.0, 1.0):
        return bool(ratio)
    what = f"the ratio `{str(given)[:20]}` cannot be used: a bank matches always (1) or never (0)"
    raise Wrong("bad-request", what, "give 1, or 0 to switch it off", field="enabled_ratio")


def _until(given: int | str) -> str:
    """Read until when content is disabled; raises Wrong."""
    try:
        stamp = int(given)
    except ValueError:
        stamp = -1
    if not 0 <= stamp <= translate.seconds(time_now()) + FIVE_YEARS:
        what = f"`disable_until_ts` is `{str(given)[:20]}`"
        raise Wrong("bad-request", what, "give Unix time in seconds, at most five years ahead, or 0")
    return translate.until(stamp)


def _metadata(fields: Mapping[str, Any]) -> str:
    """Give what a caller says about a file beside it, as a note."""
    given = {name: str(fields[name]) for name in ("content_id", "content_uri", "metadata") if name in fields}
    return msgspec.json.encode(given).decode()[:_LONGEST_NOTE] if given else ""


def _banked(house: House, bank: Bank, signals: Mapping[str, tuple[str, str]], note: str, by: str) -> translate.Json:
    """Add signals as one piece of content; gives HMA's answer. Raises Wrong where there are none."""
    if not signals:
        raise Wrong("bad-request", "no signal could be taken of it", "a picture with too little detail has none")
    ids = [signal_id(bank.id, kind, value) for kind, value in signals.values()]
    opinion = Opinion(translate.SOURCE, reference=translate.group_of(ids), note=note, last_seen=house.clock())
    added = house.banker.add(bank, [Entry(kind, value, opinion) for kind, value in signals.values()], by)
    if added.refused:
        raise Wrong("bad-request", added.problems[0].what, added.problems[0].next_step)
    for signal in house.store.signals(ids):
        if signal.bank == bank.id and signal.disabled_until:
            house.banker.disable(bank, signal.id, "", by)
    return {"id": ids[0], "signals": {name: value for name, (_, value) in signals.items()}}


def _content(house: House, bank: Bank, number: int) -> Signal:
    """Give banked content of this very bank; raises Wrong `not-found` where it is another's or was deleted."""
    for signal in house.store.signals([number]):
        kept = signal.disabled_until < translate.FOR_EVER and opinion_of(bank, signal) is not None
        if signal.bank == bank.id and kept:
            return signal
    raise Wrong("not-found", f"content `{number}` not found in `{bank.name}`", "check the bank and the id")


def _group(house: House, bank: Bank, signal: Signal) -> Sequence[Signal]:
    """Give the signals that were taken from the same file, all of this bank, this one first."""
    others = [number for number in translate.in_group(signal) if number != signal.id]
    held = house.store.signals(others) if others else ()
    return [signal, *(other for other in held if other.bank == bank.id)]


def _withdraw(house: House, bank: Bank, signal: Signal, by: str) -> None:
    """Take our opinion back; where others still stand by the signal, it matches nothing from now on."""
    own = next((opinion for opinion in signal.opinions if opinion.source == translate.SOURCE), None)
    if own is not None and not own.withdrawn:
        signal = house.banker.opine(bank, signal.id, replace(own, withdrawn=house.clock()), by)
    if opinion_of(bank, signal) is not None:
        house.banker.disable(bank, signal.id, translate.FOR_EVER, by)


def _exchange(house: House, name: str) -> Exchange:
    """Give an exchange by its name; raises Wrong `not-found`."""
    exchange = house.store.exchange_named(name)
    if exchange is None:
        raise Wrong("not-found", f"exchange `{name}` not found", "`GET /hma/c/exchanges` lists them")
    return exchange


def _index_shape(size: int, at: int) -> translate.Json:
    """Give the state of one index."""
    newest = at if size else -1
    counts = {"db_size": size, "index_size": size, "index_out_of_date": False}
    return {**counts, "newest_db_item": newest, "index_built_to": newest}
