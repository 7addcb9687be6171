"""Hashing and matching as HMA offers them: `/h/hash`, `/m/raw_lookup`, `/m/lookup`, `/m/compare`, `/m/index/status`, `/status`."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from forestall.doors.api.answers import api_of, raw
from forestall.doors.api.body import announced, structure
from forestall.doors.api.keys import SCOPES
from forestall.doors.api.lookup import Examined, examine
from forestall.doors.api.problems import SAFE_HEADERS, AnyRequest, Wrong
from forestall.doors.hma import translate
from forestall.doors.hma.fetching import fetched
from forestall.flow.house import House
from forestall.model.bank import Match
from forestall.model.content import Attachment, Content
from forestall.model.errors import BadInput

MATCH = ("match", "banks")
"""Scopes of which a key needs one to hash and match."""

_PAIRS = msgspec.json.Decoder(dict[str, tuple[str, str]])
_MOST_TYPES = 64


@dataclass(frozen=True, slots=True)
class Hashed:
    """An uploaded file, hashed: its kind (`photo`), what opening it gave, and HMA's name of each type → value."""

    kind: str
    examined: Examined
    hashes: Mapping[str, str]


@get("/h/hash", opt={SCOPES: MATCH})
async def hash_address(request: AnyRequest) -> Response[bytes]:
    """Give the signals of the file at an address, from hosts that an operator named only (HMA asks whomever it is told to)."""
    return answered((await by_address(request)).hashes)


@post("/h/hash", opt={SCOPES: MATCH}, status_code=200)
async def hash_file(request: AnyRequest) -> Response[bytes]:
    """Give the signals of an uploaded file; a picture with too little detail has none."""
    return answered((await uploaded(request)).hashes)


@get("/m/raw_lookup", opt={SCOPES: MATCH})
async def raw_lookup(request: AnyRequest) -> Response[bytes]:
    """Give the ids of signals that a value meets; what is deleted, disabled or off is not among them."""
    house, query = api_of(request).house, _asked(request)
    kind, value = signal_asked(house, query)
    found = translate.blocking(_met(house, kind, value), _banks(query))
    if truth(query.get("include_distance", "false")):
        return answered({"matches": [translate.match_shape(match) for match in found]})
    return answered({"matches": [match.signal.id for match in found]})


@get("/m/lookup", opt={SCOPES: MATCH})
async def lookup_value(request: AnyRequest) -> Response[bytes]:
    """Give the banks that a value meets, with what in them and how near; for `url` as for an uploaded file.

    `seed` and `bypass_coinflip` are taken and make no difference: a bank matches always or never.
    """
    house, query = api_of(request).house, _asked(request)
    truth(query.get("bypass_coinflip", "false"))
    if query.get("url"):
        return _looked_up(house, query, await by_address(request))
    kind, value = signal_asked(house, query)
    return answered(translate.by_bank(translate.blocking(_met(house, kind, value), _banks(query))))


@post("/m/lookup", opt={SCOPES: MATCH}, status_code=200)
async def lookup_file(request: AnyRequest) -> Response[bytes]:
    """Give for each type of signal the banks that an uploaded file meets, turned, mirrored and framed copies included."""
    query = _asked(request)
    truth(query.get("bypass_coinflip", "false"))
    return _looked_up(api_of(request).house, query, await uploaded(request))


@post("/m/compare", opt={SCOPES: MATCH}, status_code=200)
async def compare(request: AnyRequest) -> Response[bytes]:
    """Compare two values of each type given: whether they match, and their distance."""
    house = api_of(request).house
    pairs = await structure(request, _PAIRS)
    if len(pairs) > _MOST_TYPES:
        raise Wrong("bad-request", f"{len(pairs)} types are given", "give each type once")
    return answered({name: _compared(house, name, pair) for name, pair in pairs.items()})


@get("/m/index/status", opt={SCOPES: MATCH})
async def index_status(request: AnyRequest) -> Response[bytes]:
    """Say how many signals of each type can be matched; a change is in the index within a second."""
    house, query = api_of(request).house, _asked(request)
    sizes = await asyncio.to_thread(sizes_of, house, query.get("signal_type", ""))
    now = int(time.time())
    return answered(
        {name: {"present": size > 0, "built_to": now if size else -1, "size": size} for name, size in sizes.items()}
    )


@get(["/status", "/status/live"], opt={SCOPES: ()})
async def status() -> Response[str]:
    """Say that the service is there; banks are followed as long as it is."""
    return Response("I-AM-ALIVE", media_type="text/plain; charset=utf-8", headers=SAFE_HEADERS)


HANDLERS = [hash_address, hash_file, raw_lookup, lookup_value, lookup_file, compare, index_status, status]


def answered(shape: Any, status: int = 200) -> Response[bytes]:
    """Answer with a shape of HMA's."""
    response = raw(msgspec.json.encode(shape))
    response.status_code = status
    return response


async def uploaded(request: AnyRequest) -> Hashed:
    """Hash the one file of a form, whose field says what kind of file it is; raises Wrong."""
    api = api_of(request)
    with api.room.take(announced(request, api.largest)):
        field, attachment = await _file(request)
        _types_asked(api.house, _asked(request), field)
        return await _hashed(request, attachment, field)


async def by_address(request: AnyRequest) -> Hashed:
    """Hash the file at the address `url`, which `content_type` says what to hash as; raises Wrong, BadInput and Refused.

    Where `content_type` is not given, what the file turns out to be counts, and not what its host says.
    """
    api, query = api_of(request), _asked(request)
    url, field = query.get("url", ""), query.get("content_type", "")
    if not url:
        raise Wrong("bad-request", "`url` is required", "give an address, or POST the file itself", field="url")
    if field:
        _types_asked(api.house, query, field)
    attachment = await fetched(api.house, url)
    with api.room.take(len(attachment.data)):
        return await _hashed(request, attachment, field)


async def _hashed(request: AnyRequest, attachment: Attachment, field: str) -> Hashed:
    """Hash a file as a kind of file, or as what it is where `field` is empty; raises Wrong."""
    api = api_of(request)
    content = Content(id="hma", kind="file", attachments=(attachment,))
    (examined,) = await api.desk.aside(lambda item: examine(api.house, item), (content,))
    field = field or _kind_of(examined)
    kinds = _types_asked(api.house, _asked(request), field)
    if field == "photo" and not examined.reading.planes:
        why = examined.reading.problems[0].what if examined.reading.problems else "it holds no picture"
        raise Wrong("bad-request", f"the file can't be read as a photo: {why}", "send a JPEG, PNG, GIF or WebP")
    hashes: dict[str, str] = {}
    for trace in examined.traces:
        if trace.type in kinds:
            hashes.setdefault(translate.theirs(trace.type), trace.value)
    return Hashed(field, examined, hashes)


def signal_asked(house: House, query: Mapping[str, str]) -> tuple[str, str]:
    """Give type and canonical value of `signal_type` and `signal`; raises Wrong."""
    for name in ("signal", "signal_type"):
        if not query.get(name):
            raise Wrong("bad-request", f"`{name}` is required", "give `signal_type` and `signal`", field=name)
    return canonical(house, query["signal_type"], query["signal"])


def canonical(house: House, name: str, value: str) -> tuple[str, str]:
    """Give our type and the canonical value of what HMA calls a signal; raises Wrong."""
    kind = known_type(house, name)
    try:
        return kind, house.types.normalise(kind, value)
    except BadInput as error:
        raise Wrong("bad-request", f"invalid {name} signal: {error.what}", error.next_step, field="signal") from None


def known_type(house: House, name: str) -> str:
    """Give our name of a type; raises Wrong where there is none of that name."""
    kind = translate.ours(name)
    if kind not in house.types.names:
        listed = ", ".join(map(translate.theirs, house.types.names))
        raise Wrong("bad-request", f"no such signal type `{name}`", f"known types are {listed}", field="signal_type")
    return kind


def sizes_of(house: House, only: str = "") -> dict[str, int]:
    """Count the stored signals of each type, or of one, under HMA's names; raises Wrong for an unknown one."""
    kinds = [known_type(house, only)] if only else list(house.types.names)
    sizes = dict.fromkeys(kinds, 0)
    for bank in house.store.banks():
        for kind, count in house.store.count_signals(bank.id).items():
            if kind in sizes:
                sizes[kind] += count
    return {translate.theirs(kind): size for kind, size in sizes.items()}


def truth(text: str) -> bool:
    """Read a yes or no; raises Wrong."""
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise Wrong("bad-request", f"`{text}` is neither true nor false", "give true or false")


def _asked(request: AnyRequest) -> dict[str, str]:
    """Give the query; of a parameter given twice the first."""
    return {name: values[0] for name, values in request.query_params.dict().items()}


def _banks(query: Mapping[str, str]) -> frozenset[str]:
    """Give the names of the banks asked for, none for all."""
    return frozenset(filter(None, query.get("banks", "").split(",")))


def _met(house: House, kind: str, value: str) -> Sequence[Match]:
    """Give what a canonical value meets."""
    return house.library.lookup(kind, [value], house.clock())[0]


def _looked_up(house: House, query: Mapping[str, str], hashed: Hashed) -> Response[bytes]:
    """Give for each type of signal the banks that a file meets."""
    found: dict[str, list[Match]] = {name: [] for name in hashed.hashes}
    wanted = _types_asked(house, query, hashed.kind)
    for match in translate.blocking(hashed.examined.matches, _banks(query)):
        if not query.get("types") or match.signal.type in wanted:
            found.setdefault(translate.theirs(match.signal.type), []).append(match)
    return answered({name: translate.by_bank(matches) for name, matches in found.items()})


def _kind_of(examined: Examined) -> str:
    """Give the kind of a file by what opening it found; raises Wrong where it is of no kind that is hashed here."""
    sniffed = examined.reading.files[0].media_type if examined.reading.files else "nothing known"
    kind = {"image": "photo", "video": "video"}.get(sniffed.partition("/")[0], "")
    if not kind:
        what = f"the file is neither a photo nor a video ({sniffed})"
        raise Wrong("bad-request", what, "if it is one, say which: `content_type=photo` or `content_type=video`")
    return kind


def _compared(house: House, name: str, pair: tuple[str, str]) -> tuple[bool, dict[str, int]]:
    """Compare two values of a type."""
    kind, first = canonical(house, name, pair[0])
    distance = house.types.compare(kind, first, canonical(house, name, pair[1])[1])
    return distance <= house.types.radius(kind), {"distance": distance}


def _types_asked(house: House, query: Mapping[str, str], field: str) -> Sequence[str]:
    """Give the types of signals to take of a kind of file, only those asked for where any are; raises Wrong."""
    if field not in translate.CONTENT_TYPES:
        kinds = " or ".join(f"`{kind}`" for kind in translate.CONTENT_TYPES)
        what = f"no such content type `{field}`"
        raise Wrong("bad-request", what, f"name the field of the file, or `content_type`, {kinds}")
    kinds_here = [kind for kind in translate.CONTENT_TYPES[field] if kind in house.types.names]
    names = [name.strip() for name in query.get("types", "").split(",") if name.strip()]
    if not names:
        return kinds_here
    asked = [known_type(house, name) for name in names]
    unfit = [kind for kind in asked if kind not in kinds_here]
    if unfit:
        what = f"`{translate.theirs(unfit[0])}` is not taken of a {field}"
        raise Wrong("bad-request", what, f"ask for {', '.join(map(translate.theirs, kinds_here))}")
    return asked


async def _file(request: AnyRequest) -> tuple[str, Attachment]:
    """Give the one file of a form and the name of its field; raises Wrong."""
    try:
        fields = (await request.form()).multi_items()
    except HTTPException as error:
        kind = "too-large" if error.status_code == 413 else "bad-request"
        raise Wrong(
            kind, f"the form cannot be read ({error.detail})", "send one file as `multipart/form-data`"
        ) from None
    except (LookupError, ValueError):
        raise Wrong("bad-request", "a field of the form is not text in UTF-8") from None
    files = [(name, value) for name, value in fields if isinstance(value, UploadFile)]
    if len(files) != 1:
        raise Wrong(
            "bad-request", f"the form holds {len(files)} files", "send one file as the field `photo` or `video`"
        )
    ((name, file),) = files
    return name, Attachment(file.filename or name, await file.read(), file.content_type)
