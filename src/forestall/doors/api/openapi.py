"""The description of the API in OpenAPI 3.1, composed from the routes and the schemas of the very types that decode and encode.

litestar could derive it too, but from its own reading of the types: it knows neither their strictness nor `problem+json`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from forestall.doors.api.body import MAX_JSON_BYTES
from forestall.doors.api.keys import SCOPES
from forestall.doors.api.messages import Batch, FormBatch, FormItem, Item
from forestall.doors.api.problems import KINDS, MEDIA_TYPE, TYPE_PREFIX, Problem
from forestall.review import keys

DOC = "doc"
"""Name of the route option that holds its Doc; routes without one are not described."""

_REF = "#/components/schemas/{name}"
_ALWAYS = ("internal",)
_WITH_KEY = ("no-key", "bad-key", "missing-scope", "too-many-requests", "bad-request", "store-failed")
_ABOUT = """Post what your users posted, get decisions with their reasons.

Text never convicts: a text or a score alone can ask a person to look, never hide or remove. Every decision names its rules in
plain words, and is on record before it is answered. Errors say what happened and what to do next (RFC 9457)."""
_EXAMPLES: Mapping[str, Any] = {
    "one": {"summary": "One post", "value": {"id": "post-1", "text": "Good morning, everyone!"}},
    "batch": {
        "summary": "Several posts",
        "value": {
            "items": [
                {"id": "post-2", "text": "Who is coming to the match on Sunday?", "thread": "t-7", "lang": "en"},
                {"id": "post-3", "text": "", "media": [{"name": "dot.gif", "data": "R0lGODlhAQABAAAAACw="}]},
            ]
        },
    },
}


@dataclass(frozen=True, slots=True)
class Doc:
    """How a route is described: `answers` are the types of its 200, or `text` its media type; `problems` are keys of `KINDS`.

    `texts` are further media types of the same;
    `takes_body` is for content to screen, `body` the type of a JSON body (`lines`: also one per line), `file` says what a file is.
    """

    summary: str
    answers: Sequence[type[msgspec.Struct]] = ()
    text: str = ""
    texts: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    query: type[msgspec.Struct] | None = None
    takes_body: bool = False
    body: type[msgspec.Struct] | None = None
    lines: type[msgspec.Struct] | None = None
    file: str = ""
    problems: Sequence[str] = ()


def document(routes: Sequence[BaseRoute], version: str) -> dict[str, Any]:
    """Give the OpenAPI document of all routes that carry a Doc."""
    described = [
        (route, handler, handler.opt[DOC])
        for route in routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if DOC in handler.opt
    ]
    types = {kind for _, _, doc in described for kind in doc.answers} | {Item, Batch, FormItem, FormBatch, Problem}
    types |= {kind for _, _, doc in described for kind in (doc.body, doc.lines) if kind is not None}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=_REF)
    paths: dict[str, Any] = {}
    for route, handler, doc in described:
        for method in sorted(handler.http_methods):
            paths.setdefault(route.path_format, {})[method.lower()] = _operation(handler, doc)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Forestall", "version": version, "description": _ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas, "securitySchemes": {"key": _scheme()}},
    }


def _scheme() -> dict[str, Any]:
    """Describe how a caller shows who it is."""
    scopes = "; ".join(f"`{name}`: {allows}" for name, allows in keys.SCOPES.items())
    return {
        "type": "http",
        "scheme": "bearer",
        "description": f"A key made with `forestall key create`. Scopes: {scopes}.",
    }


def _operation(handler: HTTPRouteHandler, doc: Doc) -> dict[str, Any]:
    """Describe one route."""
    scopes = list(handler.opt.get(SCOPES, ()))
    problems = [*doc.problems, *(_WITH_KEY if scopes else ()), *_ALWAYS]
    operation: dict[str, Any] = {
        "operationId": handler.handler_name,
        "summary": doc.summary,
        "description": cleandoc(handler.fn.__doc__ or "") + _needs(scopes),
        "security": [{"key": []}] if scopes else [],
        "responses": {"200": _success(doc), **_failures(problems)},
    }
    if parameters := _parameters(doc):
        operation["parameters"] = parameters
    if doc.takes_body:
        operation["requestBody"] = _body()
    elif doc.body is not None or doc.file:
        operation["requestBody"] = _own_body(doc)
    return operation


def _needs(scopes: Sequence[str]) -> str:
    """Say which key a route asks for."""
    if not scopes:
        return "\n\nOpen to anyone."
    return f"\n\nNeeds a key with the scope {' or '.join(f'`{name}`' for name in scopes)}."


def _parameters(doc: Doc) -> list[dict[str, Any]]:
    """Describe the parameters in path and query."""
    path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": text,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, text in doc.path.items()
    ]
    if doc.query is None:
        return path
    _, schemas = msgspec.json.schema_components((doc.query,), ref_template=_REF)
    query = []
    for name, schema in schemas[doc.query.__name__]["properties"].items():
        flat = _flat(schema, schemas)
        query.append({"name": name, "in": "query", "description": flat.pop("description", ""), "schema": flat})
    return path + query


def _flat(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Give the schema of a query parameter without references."""
    flat = dict(schema)
    if "$ref" in flat:
        named = schemas[flat.pop("$ref").rpartition("/")[2]]
        flat = {name: value for name, value in named.items() if name not in ("title", "description")} | flat
    return flat


def _body() -> dict[str, Any]:
    """Describe the body of `POST /v1/screen`."""
    form = {
        "type": "object",
        "description": "Exactly one of `item` and `items`, and files whose file names are in the `media` of the items.",
        "properties": {
            "item": {"$ref": _REF.format(name="FormItem")},
            "items": {"$ref": f"{_REF.format(name='FormBatch')}/properties/items"},
        },
        "additionalProperties": {"type": "string", "format": "binary", "description": "A file"},
        "oneOf": [{"required": ["item"]}, {"required": ["items"]}],
    }
    one_or_many = {"oneOf": [{"$ref": _REF.format(name="Item")}, {"$ref": _REF.format(name="Batch")}]}
    return {
        "required": True,
        "description": f"JSON of at most {MAX_JSON_BYTES:,} bytes, or a form.",
        "content": {
            "application/json": {"schema": one_or_many, "examples": _EXAMPLES},
            "multipart/form-data": {
                "schema": form,
                "encoding": {name: {"contentType": "application/json"} for name in ("item", "items")},
            },
        },
    }


def _own_body(doc: Doc) -> dict[str, Any]:
    """Describe a JSON body, the same line by line, or a file."""
    content: dict[str, Any] = {}
    if doc.body is not None:
        content["application/json"] = {"schema": {"$ref": _REF.format(name=doc.body.__name__)}}
    if doc.lines is not None:
        about = f"One {doc.lines.__name__} in JSON per line"
        content["application/x-ndjson"] = {"schema": {"type": "string", "description": about}}
    if doc.file:
        content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    told = doc.file or f"JSON of at most {MAX_JSON_BYTES:,} bytes."
    return {"required": True, "description": told, "content": content}


def _success(doc: Doc) -> dict[str, Any]:
    """Describe a route's answer."""
    options = [{"$ref": _REF.format(name=kind.__name__)} for kind in doc.answers]
    schema: dict[str, Any] = {"type": "object"} if doc.text == "application/json" else {"type": "string"}
    if options:
        schema = options[0] if len(options) == 1 else {"oneOf": options}
    media = (doc.text or "application/json", *doc.texts)
    answer: dict[str, Any] = {"description": doc.summary, "content": {name: {"schema": schema} for name in media}}
    if doc.headers:
        answer["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in doc.headers.items()
        }
    return answer


def _failures(problems: Sequence[str]) -> dict[str, Any]:
    """Describe the errors a route can answer with, by status."""
    by_status: dict[int, list[str]] = {}
    for name in dict.fromkeys(problems):
        by_status.setdefault(KINDS[name].status, []).append(name)
    return {
        str(status): {
            "description": "; ".join(f"{KINDS[name].title} (`{TYPE_PREFIX}{name}`)" for name in names),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
        for status, names in sorted(by_status.items())
    }
