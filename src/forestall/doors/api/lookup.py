"""Looking up: written signals, or whole content, against the banks. Nothing is decided and nothing is stored.

Few short values are looked up on the event loop, because handing them to a thread costs more than they do.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from litestar import Response, post

from forestall.doors.api import body
from forestall.doors.api.answers import api_of, raw, written
from forestall.doors.api.keys import SCOPES
from forestall.doors.api.match_messages import (
    MOST_MATCHES,
    ContentMatches,
    ContentsMatches,
    LookupAnswer,
    LookupRequest,
    LookupResult,
    TraceAnswer,
    nearest,
)
from forestall.doors.api.openapi import DOC, Doc
from forestall.doors.api.problems import AnyRequest, Wrong
from forestall.flow.house import House
from forestall.model.bank import Match, Trace
from forestall.model.content import Content
from forestall.model.errors import BadInput
from forestall.model.reading import Reading

MATCH = ("match",)
QUICK_VALUES, QUICK_CHARACTERS = 8, 4_000
"""Values, and characters of them, that are looked up on the event loop."""

_LOOKUP = msgspec.json.Decoder(LookupRequest)


@dataclass(frozen=True, slots=True)
class Examined:
    """One piece of content, opened: what it meets, what allow banks excuse included, and its signals."""

    reading: Reading
    matches: Sequence[Match]
    traces: Sequence[Trace]


@post(
    "/v1/lookup",
    status_code=200,
    opt={
        SCOPES: MATCH,
        DOC: Doc(
            "Look up signals in the banks",
            answers=(LookupAnswer,),
            body=LookupRequest,
            problems=("bad-request", "bad-item", "not-found", "timed-out", "too-large", "wrong-type"),
        ),
    },
)
async def lookup(request: AnyRequest) -> Response[bytes]:
    """Gives for each value the signals it meets, nearest first, with everything known of them: one call, no second question.

    Up to 1,000 values of one type. If one of them cannot be a value of that type, nothing is looked up.
    """
    api = api_of(request)
    with api.room.take(body.announced(request, body.MAX_JSON_BYTES)):
        asked = await body.structure(request, _LOOKUP)
    if len(asked.values) <= QUICK_VALUES and sum(map(len, asked.values)) <= QUICK_CHARACTERS:
        return raw(_looked_up(api.house, asked))
    return raw(await asyncio.to_thread(_looked_up, api.house, asked))


@post(
    "/v1/match",
    status_code=200,
    opt={
        SCOPES: MATCH,
        DOC: Doc(
            "Match one item or a batch against the banks",
            answers=(ContentMatches, ContentsMatches),
            takes_body=True,
            problems=("bad-request", "bad-item", "timed-out", "too-large", "wrong-type", "busy", "box-failed"),
        ),
    },
)
async def match(request: AnyRequest) -> Response[bytes]:
    """Opens content, takes its signals and looks them up. Nothing is decided, nothing is stored, nobody is asked.

    The signals are given too, so that they can be added to a bank or looked up again later. What cannot be opened gives no signals.
    """
    api = api_of(request)
    with api.room.take(body.announced(request, api.largest)):
        asked = await body.read(request)
        results = await api.desk.aside(lambda content: _met(content, examine(api.house, content)), asked.contents)
    return written(results[0] if asked.single else ContentsMatches(tuple(results)))


HANDLERS = [lookup, match]


def examine(house: House, content: Content) -> Examined:
    """Open content once, take its signals and look it up; raises BoxFailed."""
    reading = house.screening.open(content)
    return Examined(reading, house.library.matches(reading, house.clock()), house.tracer.traces(reading))


def normalised(house: House, kind: str, values: Sequence[str]) -> list[str]:
    """Give values as their type writes them; raises Wrong `bad-item` naming the one that cannot be used."""
    if kind not in house.types.names:
        what = f"`type`: there is no type of signal `{kind}`"
        raise Wrong("bad-item", what, f"known types are {', '.join(house.types.names)}", field="type")
    found = []
    for number, value in enumerate(values):
        try:
            found.append(house.types.normalise(kind, value))
        except BadInput as error:
            field = f"values[{number}]"
            raise Wrong("bad-item", f"`{field}`: {error.what}", error.next_step, index=number, field=field) from None
    return found


def _looked_up(house: House, asked: LookupRequest) -> bytes:
    """Look values up and write the answer down."""
    values = normalised(house, asked.type, asked.values)
    banks = _bank_ids(house, asked.banks) if asked.banks else frozenset()
    results = []
    for value, matches in zip(values, house.library.lookup(asked.type, values, house.clock()), strict=True):
        given, more = nearest(matches, banks, asked.most) if matches else ((), 0)
        results.append(LookupResult(value, given, more))
    return msgspec.json.encode(LookupAnswer(tuple(results)))


def _bank_ids(house: House, asked: Sequence[str]) -> frozenset[str]:
    """Give the ids of banks asked for by id or name; raises Wrong where there is no such bank."""
    known = {}
    for bank in house.store.banks():
        known[bank.name.casefold()] = bank.id
        known[bank.id] = bank.id
    found = set()
    for name in asked:
        bank_id = known.get(name) or known.get(name.casefold())
        if bank_id is None:
            raise Wrong("not-found", f"there is no bank `{name}`", "`GET /v1/banks` lists them", field="banks")
        found.add(bank_id)
    return frozenset(found)


def _met(content: Content, examined: Examined) -> ContentMatches:
    """Give what one item meets as answered."""
    given, more = nearest(examined.matches, frozenset(), MOST_MATCHES)
    signals = tuple(TraceAnswer(trace.type, trace.part, trace.value, trace.quality) for trace in examined.traces)
    return ContentMatches(content.id, given, more, signals)
