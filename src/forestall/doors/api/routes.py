"""Routes of the API. Each says which scopes it asks for and how it is described; the work is done elsewhere."""

import asyncio
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath

import forestall
from forestall.assembly import House
from forestall.doors.api import banks, body, lookup, messages, policy
from forestall.doors.api import metrics as numbers
from forestall.doors.api.answers import Api, api_of, query_of, raw, written
from forestall.doors.api.desk import Desk, Kept
from forestall.doors.api.health import Readiness
from forestall.doors.api.keys import KEYS, OPEN, PACE, SCOPES, Gate, Keys, Pace
from forestall.doors.api.messages import ContentAnswer, DecisionAnswer, DecisionsAnswer, DecisionsQuery, Health, Results
from forestall.doors.api.metrics import Metrics
from forestall.doors.api.openapi import DOC, Doc, document
from forestall.doors.api.problems import SAFE_HEADERS, AnyRequest, Wrong
from forestall.flow import result
from forestall.flow.result import Result
from forestall.model.records import ApiKey, CaseState

READ = ("read",)
SCREEN = ("screen",)
EITHER = ("read", "screen")
ROOM_BYTES = 512 * 1024 * 1024
"""Memory set aside for request bodies."""

_JSON = "application/json"
_CONTENTS = b"/v1/contents/"
_ENCODED_OFF_LOOP = 32
"""Results from this many on are written down in a thread."""


def make(house: House) -> tuple[dict[str, Any], Router]:
    """Make the API of a house: its part of the application's state, with the Api as `api`, and its routes."""
    desk, metrics = Desk(house), Metrics()
    metrics.gauge("waiting_items", "Items between arrival and answer", lambda: desk.waiting)
    metrics.gauge("open_cases", "Questions that wait for a person", lambda: house.store.count_cases(CaseState.OPEN))
    metrics.gauge("ledger_lines", "Committed ledger lines", house.store.ledger_size)
    largest = body.MAX_JSON_BYTES + house.settings.max_file_bytes
    api = Api(house, desk, metrics, Readiness(house), body.Room(ROOM_BYTES), largest)
    router = Router(
        "/",
        route_handlers=[*_SCREENING, *lookup.HANDLERS, *banks.HANDLERS, *policy.HANDLERS, *_ABOUT],
        middleware=[Gate()],
        request_max_body_size=largest,
    )
    api.description = msgspec.json.encode(document(router.routes, forestall.__version__))
    return {"api": api, KEYS: Keys(house.store), PACE: Pace()}, router


@post(
    "/v1/screen",
    status_code=200,
    opt={
        SCOPES: SCREEN,
        DOC: Doc(
            "Screen one item or a batch",
            answers=(Result, Results),
            headers={"Forestall-Decision": "The id of the decision, where one item was asked about"},
            takes_body=True,
            problems=("bad-request", "bad-item", "timed-out", "too-large", "wrong-type", "busy", "box-failed"),
        ),
    },
)
async def screen(request: AnyRequest) -> Response[bytes]:
    """Screens up to 1,000 items and answers once the decisions are durable, in the order of the items.

    The same item sent again under unchanged rules and banks gives the decision made before and writes nothing, so a request
    that failed can be repeated as it is. If one item cannot be used, nothing of the batch is kept.
    """
    api = api_of(request)
    with api.room.take(body.announced(request, api.largest)):
        asked = await body.read(request)
        kept = await api.desk.screen(asked.contents)
    api.metrics.screened(kept)
    if asked.single:
        decision_id = kept[0].decision.id
        return written(result.of(kept[0].decision), {"forestall-decision": decision_id})
    if len(kept) < _ENCODED_OFF_LOOP:
        return raw(_results(kept))
    return raw(await asyncio.to_thread(_results, kept))


@get(
    "/v1/contents/{content_id:path}",
    opt={
        SCOPES: EITHER,
        DOC: Doc(
            "One piece of content with its decisions",
            answers=(ContentAnswer,),
            path={"content_id": "The platform's own id, percent-encoded; slashes may stay as they are"},
            problems=("not-found",),
        ),
    },
)
async def content(request: AnyRequest) -> Response[bytes]:
    """Gives the revision received last and the decisions on all revisions, oldest first.

    The texts are given only to a key with the scope `read`; for any other they are null.
    """
    api, asked = api_of(request), _asked_content(request)
    stored = await asyncio.to_thread(api.house.store.content, asked)
    if stored is None:
        raise Wrong(
            "not-found", f"there is no content `{asked}`", "check the id; content is known once it was screened"
        )
    decided = await asyncio.to_thread(api.house.store.decisions_of, asked)
    key: ApiKey = request.scope["state"]["key"]
    return written(messages.content_answer(stored, tuple(decided), with_texts="read" in key.scopes))


@get(
    "/v1/decisions/{decision_id:str}",
    opt={
        SCOPES: READ,
        DOC: Doc(
            "One decision with everything it rests on",
            answers=(DecisionAnswer,),
            path={"decision_id": "The id of the decision"},
            problems=("not-found",),
        ),
    },
)
async def decision(request: AnyRequest, decision_id: FromPath[str]) -> Response[bytes]:
    """Gives the decision as it was recorded: findings, reasons, excuses, facts and versions."""
    found = await asyncio.to_thread(api_of(request).house.store.decision, decision_id)
    if found is None:
        raise Wrong(
            "not-found", f"there is no decision `{decision_id}`", "use the id given as `decision` when it was made"
        )
    return written(messages.decision_answer(found))


@get(
    "/v1/decisions",
    opt={
        SCOPES: READ,
        DOC: Doc(
            "Decisions in the order they were recorded",
            answers=(DecisionsAnswer,),
            query=DecisionsQuery,
            problems=("bad-request",),
        ),
    },
)
async def decisions(request: AnyRequest) -> Response[bytes]:
    """Gives decisions by machine and people after `since`. To follow along, ask again with the `next` of the last answer.

    A decision may be given twice, never left out: its `id` tells.
    """
    query = query_of(request, DecisionsQuery)
    store = api_of(request).house.store
    outcome = None if query.outcome is msgspec.UNSET else query.outcome
    page = await asyncio.to_thread(store.decisions, query.since, outcome, query.limit)
    return written(messages.decisions_answer(page, query.since))


@get("/healthz", opt={SCOPES: OPEN, DOC: Doc("Is the process alive?", answers=(Health,))})
async def healthz() -> Response[bytes]:
    """Answers as long as the process does."""
    return written(Health("alive", forestall.__version__))


@get("/readyz", opt={SCOPES: OPEN, DOC: Doc("Can it screen now?", answers=(Health,), problems=("not-ready",))})
async def readyz(request: AnyRequest) -> Response[bytes]:
    """Answers 200 where the ruleset is loaded, the store commits and files can be opened, else 503 saying which of them not."""
    await api_of(request).readiness.check()
    return written(Health("ready", forestall.__version__))


@get("/metrics", opt={SCOPES: READ, DOC: Doc("Counts and times for Prometheus", text=numbers.MEDIA_TYPE)})
async def metrics_text(request: AnyRequest) -> Response[bytes]:
    """Gives counts and times, never content. It asks for a key, because outcome counts tell a poster whether a post was noticed."""
    text = await asyncio.to_thread(api_of(request).metrics.text)
    return Response(text, media_type=numbers.MEDIA_TYPE, headers=SAFE_HEADERS)


@get("/openapi.json", opt={SCOPES: OPEN, DOC: Doc("This description", text=_JSON)})
async def openapi_json(request: AnyRequest) -> Response[bytes]:
    """Gives the description of this API in OpenAPI 3.1."""
    return raw(api_of(request).description)


def _results(kept: list[Kept]) -> bytes:
    """Write the results of a batch down."""
    return msgspec.json.encode(Results(tuple(result.of(item.decision) for item in kept)))


def _asked_content(request: AnyRequest) -> str:
    """Give the content id of the address as it was sent: ids can be addresses themselves, whose `//` the router would fold."""
    sent = request.scope.get("raw_path", b"").partition(b"?")[0]
    if not sent.startswith(_CONTENTS):
        return str(request.path_params["content_id"]).removeprefix("/")
    return unquote_to_bytes(sent[len(_CONTENTS) :]).decode("utf-8", "replace")


_SCREENING = [screen, content, decision, decisions]
_ABOUT = [healthz, readyz, metrics_text, openapi_json]
