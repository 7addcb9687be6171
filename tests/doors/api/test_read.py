"""Reading through the API: contents with and without their texts, decisions, and the feed of decisions."""

import pytest

from forestall.assembly import House
from forestall.model.outcome import Outcome
from tests.doors.api.conftest import Client


def _screen(client: Client, key: dict[str, str], *ids: str) -> list[str]:
    """Screen items and give their decisions' ids."""
    items = [{"id": name, "text": f"text of {name}"} for name in ids]
    response = client.post("/v1/screen", json={"items": items}, headers=key)
    return [item["decision"] for item in response.json()["results"]]


def test_content_with_its_decisions(client: Client, screen_key: dict[str, str], read_key: dict[str, str]) -> None:
    """Content is given with its metadata, its texts and the decisions on all its revisions."""
    first = client.post("/v1/screen", json={"id": "a", "text": "one", "author": "u1"}, headers=screen_key).json()
    second = client.post("/v1/screen", json={"id": "a", "text": "two", "thread": "t1"}, headers=screen_key).json()
    given = client.get("/v1/contents/a", headers=read_key).json()
    assert given["texts"] == [{"part": "text", "role": "body", "text": "two"}]
    assert (given["id"], given["author"], given["thread"], given["audience"]) == ("a", "", "t1", "public")
    assert [item["id"] for item in given["decisions"]] == [first["decision"], second["decision"]]
    assert given["decisions"][0]["revision"] != given["decisions"][1]["revision"] == given["revision"]


def test_texts_need_the_scope_read(client: Client, screen_key: dict[str, str]) -> None:
    """A key that may only screen sees that content is kept, but not what it says."""
    _screen(client, screen_key, "a")
    response = client.get("/v1/contents/a", headers=screen_key)
    assert response.json()["texts"] is None
    assert "text of a" not in response.text


@pytest.mark.parametrize(
    ("content_id", "address"),
    [
        ("https://forum.example//posts/1?page=2", "https:%2F%2Fforum.example%2F%2Fposts%2F1%3Fpage=2"),
        ("https://forum.example//posts/1", "https://forum.example//posts/1"),
        ("folder/file.txt", "folder/file.txt"),
        ("ends with/", "ends%20with/"),
        ("100%", "100%25"),
        ("مشاركة", "%D9%85%D8%B4%D8%A7%D8%B1%D9%83%D8%A9"),
        ("a+b", "a+b"),
    ],
)
def test_any_id_can_be_asked_for(
    client: Client, screen_key: dict[str, str], read_key: dict[str, str], content_id: str, address: str
) -> None:
    """Ids are the platform's own: addresses, paths, any script; all can be asked for percent-encoded."""
    _screen(client, screen_key, content_id)
    response = client.get(f"/v1/contents/{address}", headers=read_key)
    assert response.status_code == 200, response.text
    assert response.json()["id"] == content_id


def test_a_decision_is_given_whole(
    client: Client, house: House, screen_key: dict[str, str], read_key: dict[str, str]
) -> None:
    """A decision is given with facts, versions, reasons and findings, as it was recorded."""
    (decision_id,) = _screen(client, screen_key, "a")
    given = client.get(f"/v1/decisions/{decision_id}", headers=read_key).json()
    stored = house.store.decision(decision_id)
    assert stored is not None
    assert (given["id"], given["content"], given["by"], given["at"]) == (stored.id, "a", "machine", stored.at)
    assert given["facts"] == dict(stored.facts)
    assert given["versions"] == dict(stored.versions)


@pytest.mark.parametrize("address", ["/v1/contents/none", "/v1/contents/", "/v1/decisions/none", "/v1/none", "/none"])
def test_what_is_not_there_is_a_404(client: Client, read_key: dict[str, str], address: str) -> None:
    """An unknown id or address is a problem that says so."""
    response = client.get(address, headers=read_key)
    assert response.status_code == 404
    assert response.json()["type"] == "urn:forestall:problem:not-found"


def test_the_feed_can_be_followed(client: Client, screen_key: dict[str, str], read_key: dict[str, str]) -> None:
    """Following `next` gives every decision in the order recorded, also those made while following."""
    made = _screen(client, screen_key, *[f"p{n}" for n in range(7)])
    seen: list[str] = []
    since = ""
    for turn in range(6):
        page = client.get("/v1/decisions", params={"since": since, "limit": 3}, headers=read_key).json()
        seen += [item["id"] for item in page["decisions"] if item["id"] not in seen]
        since = page["next"]
        if turn == 1:
            made += _screen(client, screen_key, "late")
    assert seen == made


def test_the_feed_can_be_narrowed(
    client: Client, house: House, screen_key: dict[str, str], read_key: dict[str, str]
) -> None:
    """`outcome` gives only decisions with that outcome."""
    _screen(client, screen_key, "a", "b")
    for outcome in Outcome:
        page = client.get("/v1/decisions", params={"outcome": outcome.value}, headers=read_key).json()
        wanted = [item.id for item in house.store.decisions(outcome=outcome).items]
        assert [item["id"] for item in page["decisions"]] == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("limit=1&limit=2", "limit"),
        ("outcome=delete", "outcome"),
        ("outcom=pass", "outcom"),
        ("since=" + "x" * 5_000, "since"),
    ],
)
def test_a_bad_query_names_the_parameter(client: Client, read_key: dict[str, str], query: str, field: str) -> None:
    """A parameter that cannot be used is refused by name, so that a typing error never lists everything."""
    response = client.get(f"/v1/decisions?{query}", headers=read_key)
    assert response.status_code == 400
    assert response.json()["field"] == field


def test_a_made_up_cursor_is_refused(client: Client, read_key: dict[str, str]) -> None:
    """A cursor that no answer gave is a 400."""
    response = client.get("/v1/decisions?since=made-up", headers=read_key)
    assert response.status_code == 400
    assert response.json()["type"] == "urn:forestall:problem:bad-request"
