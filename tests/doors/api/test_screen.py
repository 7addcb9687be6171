"""Screening through the API: one item, batches, files, and everything a caller can get wrong."""

import base64
import io
import json
from typing import Any

import msgspec
import pytest
from PIL import Image

from forestall.assembly import House
from forestall.doors.api import body
from forestall.doors.api.problems import Wrong
from forestall.flow import result
from forestall.model.errors import BoxFailed, StoreFailed
from tests.doors.api.conftest import Client, KeyFor

JSON = {"Content-Type": "application/json"}


def _png() -> bytes:
    """Make a small picture."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "PNG")
    return out.getvalue()


def _problem(response: Any, status: int, kind: str) -> dict[str, Any]:
    """Check that a response is a problem of a kind, and give it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:forestall:problem:{kind}"
    return problem


def test_one_item_is_answered_with_its_result(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """A single object gives one result in exactly the shape of the command line's JSON Lines, and names its decision."""
    response = client.post("/v1/screen", json={"id": "a", "text": "Good morning!"}, headers=screen_key)
    assert response.status_code == 200
    given = msgspec.json.decode(response.content, type=result.Result)
    stored = house.store.decision(given.decision)
    assert stored is not None
    assert response.content == msgspec.json.encode(result.of(stored))
    assert response.headers["forestall-decision"] == given.decision
    assert given.id == "a"


def test_a_batch_is_answered_in_order(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """Results come in the order of the items, light and heavy mixed, and all are on record."""
    items = [{"id": f"p{n}", "text": "word " * (4_000 if n % 7 == 0 else 3)} for n in range(50)]
    response = client.post("/v1/screen", json={"items": items}, headers=screen_key)
    results = response.json()["results"]
    assert [item["id"] for item in results] == [item["id"] for item in items]
    assert all(house.store.decision(item["decision"]) for item in results)
    received = [row.subject for row in house.store.ledger_rows() if row.tag == "content:received"]
    assert received == [item["id"] for item in items]


def test_a_thousand_items_fit(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """A batch may have 1,000 items; one more is refused and nothing is kept."""
    items = [{"id": str(n)} for n in range(1_001)]
    assert len(client.post("/v1/screen", json={"items": items[:-1]}, headers=screen_key).json()["results"]) == 1_000
    before = house.store.ledger_size()
    problem = _problem(client.post("/v1/screen", json={"items": items}, headers=screen_key), 400, "bad-item")
    assert problem["field"] == "items"
    assert house.store.ledger_size() == before


@pytest.mark.parametrize("media", [False, True], ids=["text", "file"])
def test_sending_again_writes_nothing(client: Client, house: House, screen_key: dict[str, str], media: bool) -> None:
    """The same id with the same content gives the stored decision and leaves the ledger as it was."""
    item: dict[str, Any] = {"id": "a", "text": "Hello"}
    if media:
        item["media"] = [{"name": "p.png", "data": base64.b64encode(_png()).decode()}]
    first = client.post("/v1/screen", json=item, headers=screen_key)
    size = house.store.ledger_size()
    again = client.post("/v1/screen", json={"items": [item, {"id": "b"}, item]}, headers=screen_key)
    assert again.json()["results"][0] == again.json()["results"][2] == first.json()
    assert house.store.ledger_size() == size + 2


def test_a_long_batch_can_be_repeated(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """A whole batch sent again is answered alike, decision by decision."""
    items = {"items": [{"id": str(n), "text": f"number {n}"} for n in range(40)]}
    first = client.post("/v1/screen", json=items, headers=screen_key)
    size = house.store.ledger_size()
    assert client.post("/v1/screen", json=items, headers=screen_key).json() == first.json()
    assert house.store.ledger_size() == size


def test_edited_content_is_a_new_revision(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """The same id with other content is screened anew."""
    first = client.post("/v1/screen", json={"id": "a", "text": "one"}, headers=screen_key).json()
    second = client.post("/v1/screen", json={"id": "a", "text": "two"}, headers=screen_key).json()
    assert first["decision"] != second["decision"]
    assert len(house.store.decisions_of("a")) == 2


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"text": "no id"}, "items[1].id"),
        ({"id": ""}, "items[1].id"),
        ({"id": 7}, "items[1].id"),
        ({"id": "x", "text": None}, "items[1].text"),
        ({"id": "x", "txt": "typo"}, "items[1].txt"),
        ({"id": "x", "audience": "everyone"}, "items[1].audience"),
        ({"id": "x", "published": "yesterday"}, "items[1].published"),
        ({"id": "x", "media": ["p.png"]}, "items[1].media[0]"),
        ({"id": "x", "media": [{"name": "p.png", "data": "not base64!"}]}, "items[1].media[0].data"),
        ({"id": "x", "links": [1]}, "items[1].links[0]"),
        ([], "items[1]"),
    ],
)
def test_a_bad_item_is_named_and_nothing_is_kept(
    client: Client, house: House, screen_key: dict[str, str], item: Any, field: str
) -> None:
    """One bad item refuses the batch, says which item and field it is, and leaves nothing behind."""
    before = house.store.ledger_size()
    response = client.post("/v1/screen", json={"items": [{"id": "good"}, item]}, headers=screen_key)
    problem = _problem(response, 400, "bad-item")
    assert (problem["index"], problem["field"]) == (1, field)
    assert house.store.ledger_size() == before
    assert house.store.content("good") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"id":"a"} x',
        b'{"id":"a","text":NaN}',
        b'{"id":"a","text":-Infinity}',
        b'{"id":"a","text":1e999999}',
        b'{"id":"a","text":' + b"9" * 10_000 + b"}",
        b'{"id":"a","text":"\xff"}',
        b"\xef\xbb\xbf" + b'{"id":"a"}',
        b'{"id":"a","text":"\\ud8"}',
        b'{"id":"a","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b"[" * 1_000_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"items":[]}',
        b'{"items":{}}',
        b'{"items":[{"id":"a"}],"id":"b"}',
    ],
    ids=range(18),
)
def test_broken_json_is_a_problem(client: Client, house: House, screen_key: dict[str, str], raw: bytes) -> None:
    """Whatever the bytes are, the answer is a 400 that says what is wrong, and nothing is kept."""
    before = house.store.ledger_size()
    response = client.post("/v1/screen", content=raw, headers=screen_key | JSON)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["next"]
    assert house.store.ledger_size() == before


def test_half_an_emoji_is_screened(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """A text cut in the middle of an emoji is read with U+FFFD in the gap, not refused: refusing would be a way round."""
    raw = rb'{"id":"a","text":"\ud83d\ude00 \ud83d then \\ud83d"}'
    response = client.post("/v1/screen", content=raw, headers=screen_key | JSON)
    assert response.status_code == 200
    content = house.store.content("a")
    assert content is not None
    assert content.segments[0].text == "\U0001f600 \ufffd then \\ud83d"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": ""},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=lambda headers: str(list(headers.values())),
)
def test_other_types_are_refused(client: Client, screen_key: dict[str, str], headers: dict[str, str]) -> None:
    """Only JSON in UTF-8 and forms are read, uncompressed; the answer says which types are."""
    response = client.post("/v1/screen", content=b'{"id":"a"}', headers=screen_key | headers)
    _problem(response, 415, "wrong-type")
    assert "application/json" in response.headers["accept-post"]


def test_long_texts_are_read_in_part(built: House, client: Client, screen_key: dict[str, str]) -> None:
    """A text over the limit is accepted, and what was not read is a finding."""
    text = "a" * (built.settings.max_text + 1)
    response = client.post("/v1/screen", json={"id": "a", "text": text}, headers=screen_key)
    causes = [finding["evidence"].get("cause") for finding in response.json()["findings"]]
    assert "text-too-long" in causes


def test_a_body_over_the_limit_is_refused(
    client: Client, screen_key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON over its limit is refused with 413, announced or not."""
    monkeypatch.setattr(body, "MAX_JSON_BYTES", 1_000)
    raw = json.dumps({"id": "a", "text": "x" * 1_000}).encode()
    problem = _problem(client.post("/v1/screen", content=raw, headers=screen_key | JSON), 413, "too-large")
    assert "1,000" in problem["detail"]
    chunked = client.post("/v1/screen", content=iter([raw[:500], raw[500:]]), headers=screen_key | JSON)
    _problem(chunked, 413, "too-large")


def test_inline_media_are_opened(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """Files inside the JSON are opened and kept; two of one name stay apart."""
    data = base64.b64encode(_png()).decode()
    media = [{"name": "p.png", "type": "image/png", "data": data}, {"name": "p.png", "data": data}]
    response = client.post("/v1/screen", json={"id": "a", "media": media}, headers=screen_key)
    assert response.status_code == 200, response.text
    content = house.store.content("a")
    assert content is not None
    assert [file.name for file in content.files] == ["p.png", "p.png (2)"]
    assert house.store.blobs.get(content.files[0].sha256) == _png()


def test_a_form_brings_files(client: Client, house: House, screen_key: dict[str, str]) -> None:
    """Files of a multipart form belong to the items that name them."""
    items = [{"id": "a", "media": ["p.png"]}, {"id": "b", "media": ["p.png", "q.png"]}]
    files = [("media", ("p.png", _png(), "image/png")), ("media", ("q.png", _png(), "image/png"))]
    response = client.post("/v1/screen", data={"items": json.dumps(items)}, files=files, headers=screen_key)
    assert [item["id"] for item in response.json()["results"]] == ["a", "b"]
    content = house.store.content("b")
    assert content is not None
    assert [(file.name, file.media_type) for file in content.files] == [("p.png", "image/png"), ("q.png", "image/png")]


def test_a_form_with_one_item(client: Client, screen_key: dict[str, str]) -> None:
    """A form's `item` is one item and answered as one; the JSON may come as a file too."""
    item = json.dumps({"id": "a", "text": "hi", "media": ["p.png"]}).encode()
    files: dict[str, tuple[str, bytes, str]] = {
        "item": ("item.json", item, "application/json"),
        "file": ("p.png", _png(), "image/png"),
    }
    response = client.post("/v1/screen", files=files, headers=screen_key)
    assert response.json()["id"] == "a"


@pytest.mark.parametrize(
    ("fields", "files", "said"),
    [
        ({}, [("f", ("p.png", b"x"))], "exactly one"),
        ({"item": '{"id":"a"}', "items": "[]"}, [("f", ("p.png", b"x"))], "exactly one"),
        ({"item": '{"id":"a"}'}, [("f", ("p.png", b"x"))], "named by no item"),
        ({"item": '{"id":"a","media":["q.png"]}'}, [("f", ("p.png", b"x"))], "no file named"),
        ({"item": '{"id":"a","media":["p.png"]}'}, [("f", ("p.png", b"x")), ("g", ("p.png", b"y"))], "two files"),
        ({"item": '{"id":"a"}', "other": "x"}, [("f", ("p.png", b"x"))], "the field `other`"),
        ({"item": "{"}, [("f", ("p.png", b"x"))], "not valid JSON"),
    ],
)
def test_a_form_that_does_not_fit(
    client: Client, screen_key: dict[str, str], fields: dict[str, str], files: list[Any], said: str
) -> None:
    """A form whose parts do not belong together is refused, so that no file goes unscreened in silence."""
    response = client.post("/v1/screen", data=fields, files=files, headers=screen_key)
    assert response.status_code == 400
    problem = response.json()
    assert said in problem["detail"] + problem["next"]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data; boundary=x", b"no boundary at all"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="item"\r\nContent-Type: text/plain; charset=klingon\r\n\r\n{}\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="item"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n{}\r\n--x--\r\n"),
    ],
    ids=range(6),
)
def test_a_broken_form_is_a_problem(client: Client, screen_key: dict[str, str], kind: str, raw: bytes) -> None:
    """A form that cannot be read is a 400, whatever is wrong with it."""
    response = client.post("/v1/screen", content=raw, headers=screen_key | {"Content-Type": kind})
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_a_form_of_too_many_parts(client: Client, screen_key: dict[str, str]) -> None:
    """A form with more parts than allowed is refused with 413."""
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    raw = part * (body.MAX_PARTS + 1) + b"--x--\r\n"
    headers = screen_key | {"Content-Type": "multipart/form-data; boundary=x"}
    _problem(client.post("/v1/screen", content=raw, headers=headers), 413, "too-large")


@pytest.mark.parametrize("error", [StoreFailed, BoxFailed])
def test_what_fails_inside_is_a_503(
    client: Client, house: House, screen_key: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, error: type[Exception]
) -> None:
    """Where the store or the box fails, the caller is told to send it again, and not what the inside looks like."""

    def fail(*_: object) -> None:
        raise error("disk /secret/place is full")

    monkeypatch.setattr(type(house.screening), "screen", fail)
    response = client.post("/v1/screen", json={"id": "a"}, headers=screen_key)
    problem = _problem(response, 503, "store-failed" if error is StoreFailed else "box-failed")
    assert "secret" not in response.text
    assert problem["next"]
    assert int(response.headers["retry-after"]) > 0


def test_a_crash_says_nothing_of_the_inside(
    client: Client, house: House, key_for: KeyFor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unforeseen error is a 500 with the id under which it was logged; neither answer nor log holds the content."""
    key = key_for("screen")

    def fail(_self: object, content: Any) -> None:
        raise ValueError(f"cannot work on {content.text}")

    monkeypatch.setattr(type(house.screening), "screen", fail)
    response = client.post("/v1/screen", json={"id": "a", "text": "a private matter"}, headers=key)
    problem = _problem(response, 500, "internal")
    assert problem["instance"] == response.headers["x-request-id"]
    logged = capsys.readouterr().out
    assert problem["instance"] in logged
    assert "private" not in response.text + logged
    assert "ValueError" not in response.text


def test_memory_for_bodies_is_bounded() -> None:
    """Bodies that together would be too large are refused as `busy`; a single one always finds room."""
    room = body.Room(10)
    with room.take(100), pytest.raises(Wrong, match="memory"), room.take(1):
        pass
    with room.take(6), room.take(4):
        pass
