"""Looking up: written signals and whole content against the banks, with everything known of what they meet, and without a trace."""

import io
from typing import Any

import pytest
from PIL import Image, ImageDraw

from forestall.assembly import House
from forestall.model.bank import Bank, Entry, Opinion, Purpose, Stance, Trust
from tests.doors.api.conftest import Client, KeyFor

SHA = "ab" * 32
OTHER = "cd" * 32


def picture(seed: int = 1, form: str = "PNG") -> bytes:
    """Draw a picture with enough detail to be recognised by."""
    image = Image.new("RGB", (256, 256), (seed * 40 % 256, 90, 160))
    draw = ImageDraw.Draw(image)
    for n in range(24):
        left, top = (n * 83 + seed * 131) % 220, (n * 57 + seed * 29) % 220
        draw.rectangle((left, top, left + 60, top + 34), fill=((n * 50) % 256, 255 - n * 10, (n * seed * 70) % 256))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def bank_of(house: House, name: str, *entries: Entry, purpose: Purpose = Purpose.BLOCK) -> Bank:
    """Make a bank with signals."""
    bank = house.banker.create(name, "cli", trust=Trust.PARTNER, purpose=purpose)
    assert not house.banker.add(bank, entries, "cli").refused
    return bank


def asked(client: Client, headers: dict[str, str], **body: Any) -> list[dict[str, Any]]:
    """Look values up."""
    response = client.post("/v1/lookup", json=body, headers=headers)
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


@pytest.fixture
def match_key(key_for: KeyFor) -> dict[str, str]:
    """The header of a key that may look up."""
    return key_for("match")


def test_an_answer_needs_no_second_question(client: Client, house: House, match_key: dict[str, str]) -> None:
    """A match names bank, distance, label, source, ideology, when it was seen, and who agrees and disagrees."""
    told = Opinion("a partner", label="poster", ideology="invented", first_seen="2025-05-01", last_seen="2026-01-02")
    bank = bank_of(house, "desk", Entry("sha256", SHA, told), Entry("sha256", SHA, Opinion("another", Stance.NEGATIVE)))
    (result,) = asked(client, match_key, type="sha256", values=[f" {SHA.upper()}\n"])
    (match,) = result["matches"]
    assert result["value"] == SHA
    assert (match["bank"], match["bank_id"], match["distance"], match["trust"]) == ("desk", bank.id, 0, "candidate")
    assert (match["source"], match["label"], match["ideology"]) == ("a partner", "poster", "invented")
    assert (match["first_seen"][:10], match["last_seen"][:10]) == ("2025-05-01", "2026-01-02")
    assert (match["disputed"], match["agreed"], match["disagreed"]) == (True, ["a partner"], ["another"])


def test_a_thousand_values_in_one_call(client: Client, house: House, match_key: dict[str, str]) -> None:
    """A batch is answered in the order of its values, and one beyond a thousand is refused."""
    bank_of(house, "desk", Entry("sha256", f"{7:064x}", Opinion("s")), Entry("sha256", f"{999:064x}", Opinion("s")))
    values = [f"{n:064x}" for n in range(1_000)]
    results = asked(client, match_key, type="sha256", values=values)
    assert [n for n, result in enumerate(results) if result["matches"]] == [7, 999]
    response = client.post("/v1/lookup", json={"type": "sha256", "values": [*values, SHA]}, headers=match_key)
    assert response.status_code == 400


def test_only_some_banks(client: Client, house: House, match_key: dict[str, str]) -> None:
    """Banks are chosen by name or id; one that there is not is an error and not a silent miss."""
    first = bank_of(house, "first", Entry("sha256", SHA, Opinion("s")))
    bank_of(house, "second", Entry("sha256", SHA, Opinion("s")))
    both = asked(client, match_key, type="sha256", values=[SHA])[0]["matches"]
    assert sorted(match["bank"] for match in both) == ["first", "second"]
    for name in ("FIRST", first.id):
        found = asked(client, match_key, type="sha256", values=[SHA], banks=[name])[0]["matches"]
        assert [match["bank"] for match in found] == ["first"]
    response = client.post("/v1/lookup", json={"type": "sha256", "values": [SHA], "banks": ["x"]}, headers=match_key)
    assert (response.status_code, response.json()["field"]) == (404, "banks")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "sha256", "values": [SHA, "zz"]}, "values[1]"),
        ({"type": "nonsense", "values": [SHA]}, "type"),
        ({"type": "sha256", "values": []}, "values"),
        ({"type": "sha256", "values": [SHA], "more": 1}, "more"),
    ],
)
def test_what_cannot_be_looked_up(client: Client, match_key: dict[str, str], body: dict[str, Any], field: str) -> None:
    """A value that cannot be one of its type is named; it never reads like a miss."""
    response = client.post("/v1/lookup", json=body, headers=match_key)
    assert response.status_code == 400
    assert response.json()["field"] == field
    assert response.json()["next"]


def test_nearest_first_and_no_more_than_asked(client: Client, house: House, match_key: dict[str, str]) -> None:
    """Near matches come nearest first; what is left out is counted."""
    near = [format(((1 << n) - 1) | (0x5A << 200), "064x") for n in range(6)]
    bank_of(house, "desk", *(Entry("pdq", value, Opinion("s")) for value in near))
    (result,) = asked(client, match_key, type="pdq", values=[near[0]], most=4)
    assert [match["distance"] for match in result["matches"]] == [0, 1, 2, 3]
    assert result["more"] == 2


def test_content_is_matched_and_forgotten(client: Client, house: House, match_key: dict[str, str]) -> None:
    """Content is opened and matched, its signals are given, and neither a decision nor a line of the ledger is left behind."""
    data = picture()
    form = {"item": (None, '{"id": "post-1", "text": "hello", "media": ["a.png"]}')}
    first = client.post("/v1/match", files={**form, "f": ("a.png", data, "image/png")}, headers=match_key)
    assert first.status_code == 200, first.text
    signals = {signal["type"]: signal for signal in first.json()["signals"] if signal["part"] == "a.png"}
    assert first.json()["matches"] == []
    assert signals["pdq"]["quality"] >= 50
    bank_of(house, "desk", Entry("pdq", signals["pdq"]["value"], Opinion("s", label="poster")))
    size = house.store.ledger_size()
    again = client.post(
        "/v1/match", files={**form, "f": ("a.png", picture(form="JPEG"), "image/jpeg")}, headers=match_key
    )
    (match,) = again.json()["matches"]
    assert (match["bank"], match["part"], match["label"]) == ("desk", "a.png", "poster")
    assert match["distance"] <= match["radius"]
    assert house.store.ledger_size() == size
    assert house.store.content("post-1") is None


def test_several_items_are_answered_in_order(client: Client, match_key: dict[str, str]) -> None:
    """A batch of content is answered in the order of its items."""
    items = [{"id": f"post-{n}", "text": "x"} for n in range(20)]
    answer = client.post("/v1/match", json={"items": items}, headers=match_key).json()
    assert [result["id"] for result in answer["results"]] == [item["id"] for item in items]


def test_allow_banks_say_so(client: Client, house: House, match_key: dict[str, str]) -> None:
    """A match in an allow bank is given as one, so that nobody takes it for known material."""
    bank_of(house, "innocent", Entry("sha256", OTHER, Opinion("s")), purpose=Purpose.ALLOW)
    ((match,),) = [result["matches"] for result in asked(client, match_key, type="sha256", values=[OTHER])]
    assert match["purpose"] == "allow"
