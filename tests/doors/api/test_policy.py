"""Rules over the API: what decides is told, and files are checked without changing anything."""

from typing import Any

import pytest

from forestall.assembly import House
from forestall.policy.ruleset import default_files
from tests.doors.api.conftest import Client, KeyFor

MORE = """rules:
  - {id: watched, version: 1, title: Watched, clause: C, limb: L, severity: 4, owner: us, status: shadow, outcome: review,
     when: ['terms("words")'], reason: So.}
"""


@pytest.fixture
def read_key(key_for: KeyFor) -> dict[str, str]:
    """The header of a key that may read."""
    return key_for("read")


def check(client: Client, headers: dict[str, str], **files: str) -> dict[str, Any]:
    """Check the packaged files with some changed."""
    changed = {**default_files(), **{f"{name}.yaml": text for name, text in files.items()}}
    response = client.post("/v1/policy/check", json={"files": changed}, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_the_rules_that_decide_are_told(client: Client, house: House, read_key: dict[str, str]) -> None:
    """The ruleset is named by its digest, with every rule; a promoted one says who wanted it and who agreed."""
    answer = client.get("/v1/policy", headers=read_key).json()
    assert answer["digest"] == house.screening.ruleset.version
    assert (answer["promoted"], answer["author"]) == ("", "")
    told = {rule["id"]: rule for rule in answer["rules"]}
    assert told["pledge"]["outcome"] == "review"
    assert told["pledge"]["status"] == "live"


def test_files_are_checked(client: Client, house: House, read_key: dict[str, str]) -> None:
    """Rules that hold together are compared with those that decide; what is odd is said; nothing changes."""
    before = house.store.ledger_size()
    answer = check(client, read_key, more=MORE)
    assert answer["holds"]
    assert answer["changes"] == ["added rule watched"]
    assert any("there is no list `words`" in line for line in answer["warnings"])
    assert any("has no `must_match`" in line for line in answer["warnings"])
    assert check(client, read_key)["changes"] == []
    assert house.store.ledger_size() == before


def test_faults_are_pointed_at(client: Client, read_key: dict[str, str]) -> None:
    """Rules that do not hold together are told with file, line and column, not as an error of the request."""
    answer = check(client, read_key, more=MORE.replace("terms(", "trems("))
    assert not answer["holds"]
    assert "more.yaml:3:" in answer["faults"]
    assert "did you mean `terms`?" in answer["faults"]


def test_it_needs_a_key(client: Client, key_for: KeyFor) -> None:
    """Rules say what is looked for, so nobody sees them without a key that may read."""
    assert client.get("/v1/policy").status_code == 401
    assert client.get("/v1/policy", headers=key_for("screen")).status_code == 403
    assert client.post("/v1/policy/check", json={"files": {}}, headers=key_for("read")).status_code == 400
