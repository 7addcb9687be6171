"""The description of the API: complete, valid, and true of every answer that hundreds of generated requests get."""

from typing import Any

import jsonschema
import pytest
import schemathesis
from litestar import Litestar
from litestar.routes import HTTPRoute
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from forestall.assembly import House
from forestall.doors.api.keys import SCOPES
from forestall.doors.server import create_app
from forestall.model import ids
from forestall.review import keys
from tests.doors.api.conftest import Client, stored

MAY_REFUSE = (
    "/v1/decisions",
    "/v1/screen",
    "/v1/match",
    "/v1/lookup",
    "/v1/banks",
    "/v1/banks/{bank_id}",
    "/v1/banks/{bank_id}/signals",
    "/v1/banks/{bank_id}/signals/{signal_id}",
    "/v1/banks/{bank_id}/import",
)
"""Paths that may refuse what their schema allows."""


@pytest.fixture(scope="module")
def app(built: House) -> Litestar:
    """The application of a house on a store in memory that lasts for all requests of this file."""
    return create_app(stored(built))


def test_every_answer_is_as_described(app: Litestar) -> None:
    """Over 500 generated requests, right and wrong, never crash the server, and each answer is one the description allows.

    Some things a schema cannot say are allowed for: a cursor must come from an answer, a form must hold the files it names, a value
    must be one of its type, a file one of a format we know, and a bank one that there is, in the version named.
    """
    store = app.state["api"].house.store
    _, secret = keys.create(store, "tester", list(keys.SCOPES), ids.now, ids.new_id)
    refusals = ["2xx", "400", "404", "409"]
    may_refuse = {"checks": {"positive_data_acceptance": {"expected-statuses": refusals}}}
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "headers": {"Authorization": f"Bearer {secret}"},
            "generation": {"max-examples": 24, "deterministic": True},
            "phases": {"stateful": {"enabled": False}},
            "continue-on-failure": True,
            "operations": [{"include-path": path, **may_refuse} for path in MAY_REFUSE],
        }
    )
    described = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    requests, faults = 0, []
    for event in from_schema(described).execute():
        if isinstance(event, NonFatalError | FatalError):
            faults.append(repr(event))
        elif isinstance(event, ScenarioFinished):
            requests += len(event.recorder.cases)
            checks = [check for given in event.recorder.checks.values() for check in given if check.failure_info]
            faults += [f"{event.recorder.label}: {check.failure_info}" for check in checks]
    assert not faults, "\n\n".join(faults)
    assert requests > 500


def test_every_route_is_described(app: Litestar, client: Client) -> None:
    """Every route of the API is in the description with its method, and nothing else is."""
    routes = {
        (route.path_format, method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if SCOPES in handler.opt
        for method in map(str, handler.http_methods)
    }
    paths = client.get("/openapi.json").json()["paths"]
    assert {(path, method) for path, methods in paths.items() for method in methods} == routes


def test_every_operation_is_described_in_full(client: Client) -> None:
    """Every operation has a name of its own, words, its errors as problems, and says whether it needs a key."""
    document = client.get("/openapi.json").json()
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert document["openapi"].startswith("3.1")
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert "security" in operation
        assert ("401" in operation["responses"]) == bool(operation["security"])
        for status, response in operation["responses"].items():
            assert status == "200" or list(response["content"]) == ["application/problem+json"]


def _refs(node: Any) -> list[str]:
    """Give every reference in a document."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _refs(value)]
    return [ref for value in node for ref in _refs(value)] if isinstance(node, list) else []


def test_references_lead_somewhere(client: Client) -> None:
    """Every reference in the description points to something in it, and nothing is loaded from elsewhere."""
    document = client.get("/openapi.json").json()
    for ref in _refs(document):
        target: Any = document
        assert ref.startswith("#/")
        for step in ref.removeprefix("#/").split("/"):
            target = target[step]


def test_examples_are_true(client: Client, screen_key: dict[str, str]) -> None:
    """The examples fit the schemas and are accepted as they stand."""
    document = client.get("/openapi.json").json()
    content = document["paths"]["/v1/screen"]["post"]["requestBody"]["content"]["application/json"]
    validator = jsonschema.Draft202012Validator({**content["schema"], "components": document["components"]})
    for example in content["examples"].values():
        validator.validate(example["value"])
        assert client.post("/v1/screen", json=example["value"], headers=screen_key).status_code == 200


def test_schemas_are_schemas(client: Client) -> None:
    """Every schema of the description is valid JSON Schema (2020-12)."""
    for schema in client.get("/openapi.json").json()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
