"""Banks, exchanges and retro-hunts in Chromium: made, filled, previewed and switched on, by keyboard, in both languages, at every width."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from forestall.assembly import House
from forestall.model.bank import BankState, Entry, Opinion, Stance, Trust
from forestall.model.content import Attachment, Content
from forestall.model.records import CaseState, Change, Event, Exchange
from forestall.review import people
from tests.doors.console.browser import chromium, poster, real_house, served, watched
from tests.doors.console.sanity import complaints

pytestmark = pytest.mark.browser

PASSWORD = "calm green ships sail"
_LATER = "2999-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    """A served house with a disputed bank, an exchange, a finished retro-hunt, and a case that meets the bank."""
    with real_house(tmp_path_factory.mktemp("banks")) as house:
        bank = house.banker.create("Ashen Banner posters", "cli", trust=Trust.CONFIRMED, description="Seen by our desk")
        picture = Attachment("copy.png", poster(1), "image/png")
        traces = [one for one in house.traces(Content("x", attachments=(picture,))) if one.type == "pdq"]
        told = Opinion("our desk", label="ملصق", confirmed_by="reviewer-1", first_seen="2025-11-02")
        house.banker.add(bank, [Entry(one.type, one.value, told) for one in traces], "cli")
        number = house.store.signals_of(bank.id, kind="pdq").items[0].id
        house.banker.opine(bank, number, Opinion("a museum", Stance.NEGATIVE), "cli")
        house.screen([Content("harbour-9", "see this", attachments=(picture,))])
        now = house.clock()
        exchange = Exchange(
            "e1", "Partner", "tcap", bank.id, "https://lists.example", due=_LATER, last_error="401", created=now
        )
        house.store.submit(Change((Event("exchange:added", "e1", now),), (exchange,))).result()
        house.hunter.start(bank, "cli")
        house.hunt_due()
        with served(house) as address:
            yield house, address


def join(page: Page, house: House, base: str) -> None:
    """Make an admin's account through a one-time link."""
    page.goto(f"{base}/console/welcome/{people.invite(house.store, 'admin', 1, house.clock, house.new_id)}")
    page.fill("#name", f"ada{len(house.store.people())}")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/console/")


def test_from_a_list_to_a_bank_that_matches(browser: Browser, standing: tuple[House, str], tmp_path: Path) -> None:
    """An admin makes a bank, imports a list as a preview, sees what it would match and what was refused, and switches it on."""
    house, base = standing
    stored = house.store.content("harbour-1")
    assert stored is not None
    path = tmp_path / "list.csv"
    path.write_text(f"type,value,label\nsha256,{stored.files[0].sha256},flyer\nsha256,zz,\n")
    with watched(browser, base, locale="en-GB") as seen:
        page = seen.page
        join(page, house, base)
        page.get_by_role("link", name="Banks").click()
        page.get_by_label("Name").fill("Imported")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/banks/*-*")
        expect(page.locator("h1 .badge")).to_have_text("Preview")
        page.get_by_label("File", exact=True).set_input_files(path)
        page.get_by_role("button", name="Import").click()
        expect(page.locator("#impact")).to_contain_text("2 items screened before")
        expect(page.get_by_text("The first that were refused")).to_be_visible()
        assert complaints(page) == []
        page.get_by_role("button", name="Switch on").click()
        expect(page.locator("h1 .badge")).to_have_text("On")
        page.keyboard.press("b")
        page.wait_for_url(f"{base}/console/banks")
        page.keyboard.press("/")
        page.keyboard.type("imported")
        expect(page.locator(".row:visible")).to_have_count(1)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/banks/*-*")
    bank = house.store.bank_named("Imported")
    assert bank is not None
    assert bank.state is BankState.LIVE


def test_evidence_on_the_case(browser: Browser, standing: tuple[House, str]) -> None:
    """A case says which bank it meets, how near, who agrees and who does not, and leads to the signal in the bank."""
    house, base = standing
    case = next(case for case in house.store.cases(CaseState.OPEN).items if case.content == "harbour-9")
    with watched(browser, base, locale="en-GB") as seen:
        page = seen.page
        join(page, house, base)
        seen.open(f"/console/cases/{case.id}")
        card = page.locator(".known-match").filter(has_text="a museum")
        expect(card).to_contain_text("our desk")
        expect(card).to_contain_text("disputed")
        expect(card).to_contain_text("2025-11-02")
        card.get_by_role("link", name="Ashen Banner posters").click()
        page.wait_for_url(f"{base}/console/banks/*")
        expect(page.locator(".signal")).to_have_count(1)
        page.locator(".signal summary").click()
        page.get_by_role("button", name="Record").click()
        expect(page.get_by_role("status")).to_contain_text("Changed.")


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
@pytest.mark.parametrize("width", [1360, 800, 360])
def test_every_width(browser: Browser, standing: tuple[House, str], locale: str, width: int) -> None:
    """No page of banks scrolls sideways, hides a control's name or falls below the contrast people need, light or dark."""
    house, base = standing
    bank = house.store.bank_named("Ashen Banner posters")
    assert bank is not None
    hunt = house.store.hunts()[0]
    with watched(browser, base, locale=locale, viewport={"width": width, "height": 900}) as seen:
        page = seen.page
        join(page, house, base)
        own = f"/console/banks/{bank.id}"
        for path in (
            "/console/banks",
            own,
            f"{own}?impact=1",
            "/console/exchanges",
            "/console/hunts",
            f"/console/hunts/{hunt.id}",
        ):
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                seen.open(path)
                assert complaints(page) == [], f"{path} {theme}"
