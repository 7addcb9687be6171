"""Banks, exchanges and retro-hunts at the console: everybody signed in looks, admins change, and each change is a ledger line."""

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from forestall.assembly import House
from forestall.doors.console import bankpage, banks, casepage, known
from forestall.doors.console.cards import Card
from forestall.doors.console.words import catalogue
from forestall.model.bank import Bank, BankState, Entry, Opinion, Signal, Stance, Trust
from forestall.model.outcome import Outcome
from forestall.model.records import Case, Change, Event, Exchange, Hunt, HuntState
from tests.doors.console.conftest import Visitor

SHA = "ab" * 32
NOW = "2026-02-01T00:00:00.000Z"
LISTED = f"type,value,label\nsha256,{SHA},ملصق <b>\nsha256,zz,\n"


def bank_of(house: House, *entries: Entry, state: BankState = BankState.LIVE) -> Bank:
    """Make a bank with signals."""
    bank = house.banker.create("Ashen <Banner>", "cli", trust=Trust.PARTNER, state=state)
    house.banker.add(bank, entries, "cli")
    return bank


def again(house: House, bank: Bank) -> Bank:
    """Give a bank as it is now."""
    found = house.store.bank(bank.id)
    assert found is not None
    return found


def upload(visitor: Visitor, bank: Bank, text: str, name: str = "list.csv", status: int = 200, **fields: str) -> str:
    """Send a file to a bank; gives the page."""
    answer = visitor.client.post(
        f"/console/banks/{bank.id}/import",
        data={"form_token": visitor.token, **fields},
        files={"file": (name, text.encode(), "text/csv")} if name else {"other": ("", b"")},
    )
    assert answer.status_code == status, answer.text
    return visitor.read(answer.text)


def test_a_bank_is_made_on_preview(admin: Visitor, house: House) -> None:
    """An admin makes a bank; it matches nothing until it is switched on; the list says how it stands."""
    assert "There is no bank yet" in admin.get("/console/banks")
    page = admin.post("/console/banks", name="منشورات", trust="partner", purpose="block", description="posters")
    (bank,) = house.store.banks()
    assert (bank.name, bank.state, bank.trust) == ("منشورات", BankState.PREVIEW, Trust.PARTNER)
    assert "It matches nothing yet" in page
    admin.post(f"/console/banks/{bank.id}/state", state="live", version="1")
    assert again(house, bank).state is BankState.LIVE
    page = admin.get("/console/banks")
    assert 'class="badge state-live"' in page
    bodies = [json.loads(row.entry)["body"]["by"] for row in house.store.ledger_of(bank.id)]
    assert bodies == [house.store.people()[0].id] * 2
    again_page = admin.post("/console/banks", 400, name="منشورات", trust="partner", purpose="block")
    assert "That cannot be used" in again_page
    admin.post("/console/banks", 400, name="x", trust="wholly", purpose="block")


def test_only_admins_change_banks(moderator: Visitor, house: House) -> None:
    """A moderator sees banks, and no form of the console changes one for them."""
    bank = bank_of(house, Entry("sha256", SHA, Opinion("s")))
    page = moderator.get(f"/console/banks/{bank.id}")
    moderator.get("/console/banks")
    assert re.findall(r'<form method="post" action="(/console/banks[^"]*)"', page) == []
    number = house.store.signals_of(bank.id).items[0].id
    for path in ("", f"/{bank.id}", f"/{bank.id}/state", f"/{bank.id}/withdraw", f"/{bank.id}/signals/{number}"):
        moderator.post(f"/console/banks{path}", 403, name="x", state="off", source="s", stance="negative", version="1")
    upload(moderator, bank, LISTED, status=403)
    moderator.post("/console/exchanges/x", 403, enabled="off")
    assert again(house, bank) == bank


def test_nothing_is_shown_to_strangers(stranger: Visitor, house: House) -> None:
    """Whoever is not signed in is led to the sign-in page from every address."""
    bank = bank_of(house)
    for path in ("banks", f"banks/{bank.id}", f"banks/{bank.id}/export", "exchanges", "hunts", "hunts/x"):
        answer = stranger.client.get(f"/console/{path}", follow_redirects=False)
        assert (answer.status_code, "/console/sign-in" in answer.headers["location"]) == (303, True)


def test_thresholds_and_conflicts(admin: Visitor, house: House) -> None:
    """Thresholds are set per type, what cannot be used is said, and a form that came too late changes nothing."""
    bank = bank_of(house)
    admin.get(f"/console/banks/{bank.id}")
    fields = {"name": "Desk", "trust": "confirmed", "purpose": "block", "quality": "60", "expires": "2027-01-01"}
    admin.post(f"/console/banks/{bank.id}", 303, version="1", **fields, **{"distance-pdq": "20", "distance-vpdq": ""})
    changed = again(house, bank)
    assert (changed.name, changed.trust, dict(changed.distances), changed.quality) == (
        "Desk",
        "confirmed",
        {"pdq": 20},
        60,
    )
    page = admin.post(f"/console/banks/{bank.id}", 409, version="1", **fields)
    assert "Someone changed this while you looked" in page
    for wrong in ({"distance-pdq": "9999"}, {"quality": "x"}, {"trust": "wholly"}, {"expires": "soon"}):
        admin.post(f"/console/banks/{bank.id}", 400, version="2", **{**fields, **wrong})
    assert again(house, bank) == changed


def test_import_with_preview_and_refused_rows(admin: Visitor, house: House) -> None:
    """An import says what was added and what was refused; as a preview it is not switched on; everything hostile is escaped."""
    bank = house.banker.create("list", "cli")
    admin.get(f"/console/banks/{bank.id}")
    page = upload(admin, bank, LISTED, preview="on")
    assert again(house, bank).state is BankState.PREVIEW
    assert "list.csv" in page
    assert "Refused" in page
    assert "What it would have matched" in page
    assert "<b>" not in page
    assert "Switch it on when you are content" in page
    assert "none of the formats" in upload(admin, bank, "\x00\x01", "x.bin", 400)
    assert "No file was chosen" in upload(admin, bank, "", "", 400)
    live = house.banker.change(again(house, bank), "cli", state=BankState.LIVE)
    assert "cannot be previewed" in upload(admin, live, LISTED, status=409, preview="on")
    upload(admin, live, LISTED)


def test_an_import_needs_our_own_form(admin: Visitor, house: House) -> None:
    """A file sent from elsewhere, without the token of our form, changes nothing."""
    bank = house.banker.create("list", "cli")
    admin.get(f"/console/banks/{bank.id}")
    admin.token = "0" * 64
    upload(admin, bank, LISTED, status=403)
    assert house.store.count_signals(bank.id) == {}


def test_signals_are_searched_and_answered(admin: Visitor, house: House) -> None:
    """Signals are found by type, source and beginning; an admin confirms, disputes or disables one, and who did stands beside it."""
    bank = bank_of(
        house, Entry("sha256", SHA, Opinion("partner-x", label="poster")), Entry("md5", "cd" * 16, Opinion("y"))
    )
    path = f"/console/banks/{bank.id}"
    assert "partner-x" in admin.get(f"{path}?type=sha256&source=partner-x&value=abab")
    assert "No signal fits" in admin.get(f"{path}?type=sha256&source=y")
    number = house.store.signals_of(bank.id, kind="sha256").items[0].id
    admin.post(f"{path}/signals/{number}", stance="positive", note="seen it")
    (signal,) = house.store.signals([number])
    own = next(opinion for opinion in signal.opinions if opinion.source == banks.OWN)
    assert (own.trust, own.confirmed_by, own.note) == (Trust.CONFIRMED, house.store.people()[0].id, "seen it")
    page = admin.post(f"{path}/signals/{number}", stance="negative")
    assert "disputed" in page
    page = admin.post(f"{path}/signals/{number}", until="2999-12-31")
    assert "disabled until" in page
    admin.post(f"{path}/signals/{number}", 400, until="tomorrow")
    admin.post(f"{path}/signals/1", 404, until="")
    page = admin.post(f"{path}/withdraw", source="partner-x")
    assert "Taken back." in page
    admin.post(f"{path}/withdraw", 400, source=" ")
    assert [opinion.source for opinion in house.store.signals([number])[0].opinions if opinion.withdrawn] == [
        "partner-x"
    ]


def test_pages_of_signals_lead_on(admin: Visitor, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long bank is shown page by page, and every signal stands on one of them."""
    monkeypatch.setattr(banks, "SIGNALS_SHOWN", 4)
    bank = bank_of(house, *(Entry("sha256", f"{n:064x}", Opinion("s")) for n in range(10)))
    seen, path = set(), f"/console/banks/{bank.id}"
    while path:
        page = admin.get(path)
        seen |= set(re.findall(r"<bdi>([0-9a-f]{64})</bdi>", page))
        onward = re.search(r'rel="next" href="(\?[^"#]+)', page)
        path = f"/console/banks/{bank.id}{onward[1].replace('&amp;', '&')}" if onward else ""
    assert len(seen) == 10


def test_export_is_a_file(moderator: Visitor, house: House) -> None:
    """A bank is downloaded as a file that a browser does not open; a format we do not write is refused."""
    bank = bank_of(house, Entry("sha256", SHA, Opinion("s")))
    answer = moderator.client.get(f"/console/banks/{bank.id}/export?format=ndjson")
    assert answer.headers["content-disposition"] == 'attachment; filename="Ashen--Banner-.ndjson"'
    assert json.loads(answer.text)["value"] == SHA
    assert moderator.client.get(f"/console/banks/{bank.id}/export?format=exe").status_code == 400


def test_exchanges_are_shown_and_switched(admin: Visitor, house: House) -> None:
    """The page shows the last success, the counts and the error of each exchange, never a token; an admin switches one off."""
    assert "There is no exchange yet" in admin.get("/console/exchanges")
    bank = bank_of(house)
    made = Exchange("e1", "Partner", "tcap", bank.id, "https://lists.example", {"user": "us"}, added=12, created=NOW)
    made = dataclasses.replace(made, due="2999-01-01T00:00:00.000Z")
    house.store.submit(Change((Event("exchange:added", "e1", NOW),), (made,))).result()
    page = admin.get("/console/exchanges")
    assert "https://lists.example" in page
    assert "Last success: <time" in page
    admin.post("/console/exchanges/e1", enabled="off")
    held = house.store.exchange("e1")
    assert held is not None
    assert not held.enabled
    admin.post("/console/exchanges/nothing", 404, enabled="off")


def test_hunts_lead_to_their_cases(moderator: Visitor, house: House, make_case: Callable[..., Case]) -> None:
    """A retro-hunt shows how far it got, and the cases it opened, those that wait first."""
    assert "No retro-hunt yet" in moderator.get("/console/hunts")
    bank = bank_of(house)
    hunt = Hunt("h1", bank.id, HuntState.DONE, NOW, looked=3, matched=1, finished=NOW)
    case = make_case("see !known-exact", id="old-post")
    joined = Case(**{**{name: getattr(case, name) for name in case.__slots__}, "cluster": "h1", "version": 2})
    house.store.submit(Change((Event("hunt:finished", "h1", NOW),), (hunt, joined))).result()
    assert "3 signals looked for" in moderator.get("/console/hunts")
    page = moderator.get("/console/hunts/h1")
    assert f"/console/cases/{case.id}" in page
    assert "old-post" in page
    assert "/console/hunts/h1" in moderator.get(f"/console/cases/{case.id}")
    assert moderator.client.get("/console/hunts/none").status_code == 404


def card(**seen: Any) -> Card:
    """Give a finding of known material."""
    evidence = {"bank": "b", "signal": "vpdq", "signal_id": 7, "value": "v", "distance": 3, "source": "s", **seen}
    texts = (
        "known-near",
        "known",
        "title",
        "gloss",
        90,
        "sure",
        Outcome.HOLD,
        "film.mp4",
        (),
        "match",
        "1",
        True,
        (),
        (),
    )
    return Card(1, 0, *texts, evidence)


def test_evidence_names_who_agrees_and_where() -> None:
    """The card of a match names the bank as it is now, who says yes and no, how near, and where in both films."""
    bank = Bank("b1", "b")
    opinions = (Opinion("s", first_seen="2025-01-01"), Opinion("t", Stance.NEGATIVE), Opinion("u", withdrawn=NOW))
    held = casepage.Held({7: Signal(7, "b1", "vpdq", "v", opinions)}, {"b1": bank})
    shown = [
        card(apart="3 of 256 bits", copy_seconds=[[5, 65.4]], known_seconds=[[3_600, 3_605], "x", [1]], variant="a+b")
    ]
    (one,) = known.known(shown, held.signals, held.banks, catalogue("en"))
    assert (one.bank_id, one.yes, one.no, one.disputed, one.gone) == ("b1", ["s"], ["t"], True, False)
    assert (one.apart, one.variant, one.first_seen) == ("3 of 256 bits", "a, b", "2025-01-01")
    assert (one.copy_times, one.known_times) == (["0:05–1:05"], ["1:00:00–1:00:05"])
    (lone,) = known.known([card(distance=0, signal_id="x", copy_seconds="y")], {}, {}, catalogue("en"))
    assert (lone.bank_id, lone.apart, lone.yes, lone.copy_times) == ("", "the same", [], [])


def test_every_type_and_state_has_words(house: House) -> None:
    """Every type of signal and every state, trust, purpose and stance is said in words in every language."""
    for language in ("en", "ar"):
        words = catalogue(language)
        for kind in house.types.names:
            assert bankpage.kind_name(kind, words) != kind, kind
        for state in BankState:
            assert words(f"state.{state.value}_long")
        for tag in ("created", "changed", "added", "withdrawn"):
            assert words(f"bank_event.{tag}")
