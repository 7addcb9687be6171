"""The console in Chromium: from the one-time link to a decision in the ledger, by keyboard, also in Arabic and in the dark."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Browser, Page, expect

from forestall.assembly import House
from forestall.model.outcome import Outcome
from forestall.model.records import CaseState
from forestall.review import people
from tests.doors.console.browser import chromium, real_house, served, watched
from tests.doors.console.sanity import complaints

pytestmark = pytest.mark.browser

PASSWORD = "calm green ships sail"
PIXELS = """() => {
  const canvas = document.querySelector("[data-peek] canvas");
  if (canvas.hidden || !canvas.width) return 0;
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(data.filter((_, at) => at % 4 === 0)).size;
}"""
"""Counts the shades of grey on the canvas; 0 where it is closed and empty."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    """A served house with two open cases that no test answers."""
    with real_house(tmp_path_factory.mktemp("standing")) as house, served(house) as address:
        yield house, address


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A real house with two open cases."""
    with real_house(tmp_path) as house:
        yield house


@pytest.fixture
def base(house: House) -> Iterator[str]:
    """The address of a server in front of the house."""
    with served(house) as address:
        yield address


def join(page: Page, house: House, base: str) -> None:
    """Make an account through a one-time link."""
    token = people.invite(house.store, "admin", 1, house.clock, house.new_id)
    page.goto(f"{base}/console/welcome/{token}")
    assert complaints(page) == []
    page.fill("#name", f"ada{len(house.store.people())}")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/console/")


def lines(house: House, tag: str) -> list[dict[str, Any]]:
    """Give what the ledger lines with a tag say."""
    return [json.loads(row.entry)["body"] for row in house.store.ledger_rows() if row.tag == tag]


def test_from_the_link_to_the_decision(browser: Browser, house: House, base: str) -> None:
    """A new person signs in by the link, opens the first case, looks at its picture by holding a key, and decides by keyboard alone."""
    with watched(browser, base, locale="en-GB", color_scheme="light") as seen:
        page = seen.page
        join(page, house, base)
        assert complaints(page) == []
        expect(page.locator(".row")).to_have_count(2)
        page.keyboard.press("j")
        expect(page.locator(".row h2 a").first).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/cases/*")
        assert complaints(page) == []

        expect(page.locator("[data-original] mark").first).to_be_visible()
        expect(page.locator("[data-original]")).to_contain_text("<script>alert(1)</script>")
        expect(page.locator("[data-original] .symbol")).to_have_text("RLO")
        assert page.locator("[data-original] a:not([href^='#finding-'])").count() == 0

        page.locator("[data-peek] .veil").hover()
        page.keyboard.press("v")
        expect(page.locator(".coming")).to_contain_text("Exact copy of known material")
        assert (seen.looks(), page.evaluate(PIXELS)) == (0, 0)
        page.keyboard.down("v")
        expect(page.locator("[data-peek] canvas").first).to_be_visible()
        assert page.evaluate(PIXELS) > 5
        page.keyboard.up("v")
        assert (seen.looks(), page.evaluate(PIXELS)) == (1, 0)

        first = house.store.cases(CaseState.OPEN).items[0]
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/cases/*done={first.id}")
        expect(page.get_by_role("status").first).to_contain_text("Recorded: \u2068harbour-1\u2069")
        expect(page.locator("[data-original]")).to_contain_text("راية الرماد")

    concluded = house.store.case(first.id)
    assert concluded is not None
    decision = house.store.decision(concluded.conclusion)
    person = house.store.people()[0]
    assert decision is not None
    assert (decision.outcome, decision.by) == (Outcome.REMOVE, f"person:{person.id}")
    assert {"case": first.id, "by": person.id}.items() <= lines(house, "content:viewed")[0].items()
    assert [line["by"] for line in lines(house, "media:revealed")] == [person.id]
    assert lines(house, "case:concluded") == [{"decision": decision.id, "by": person.id}]
    assert decision.id in {row.subject for row in house.store.ledger_rows() if row.tag == "decision:made"}


def test_arabic_in_the_dark(browser: Browser, house: House, base: str) -> None:
    """An Arabic reader gets a mirrored, dark page, overrules with one key for the reason, and the Arabic reason is what is stored."""
    with watched(browser, base, locale="ar", color_scheme="dark", viewport={"width": 1280, "height": 800}) as seen:
        page = seen.page
        join(page, house, base)
        assert complaints(page) == []
        assert page.evaluate("document.documentElement.dir") == "rtl"
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/cases/*")
        assert complaints(page) == []
        starts: list[float] = page.evaluate(
            "['.side', '.brand'].map((name) => document.querySelector(name).getBoundingClientRect().x)"
        )
        assert starts[0] < 640 < starts[1]
        expect(page.locator("[data-original]")).to_have_css("direction", "rtl")
        looked = Image.open(io.BytesIO(page.screenshot())).convert("L")
        assert ImageStat.Stat(looked).mean[0] < 70
        assert ImageStat.Stat(looked).extrema[0][1] > 200

        page.keyboard.press("2")
        # The key that is `q` on a Latin keyboard, on an Arabic one.
        page.evaluate(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ض', code: 'KeyQ', bubbles: true}))"
        )
        expect(page.locator("#reason")).to_have_value("إنه ينقل خبرًا.")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/cases/*done=*")
    overruled = [item for item in house.store.decisions().items if item.by.startswith("person:")]
    assert [(item.content, item.outcome, item.note) for item in overruled] == [
        ("harbour-2", Outcome.PASS, "إنه ينقل خبرًا.")
    ]


def test_pictures_open_only_while_held(browser: Browser, house: House, base: str) -> None:
    """A picture opens under a held pointer or key, closes on letting go and on leaving the window, and each look is one ledger line."""
    with watched(browser, base, locale="en-GB") as seen:
        page = seen.page
        join(page, house, base)
        page.locator(".row h2 a").first.press("Enter")
        hold = page.locator("button.hold")
        hold.click()
        assert seen.looks() == 0
        hold.hover()
        page.mouse.down()
        expect(page.locator("[data-peek] canvas").first).to_be_visible()
        assert page.evaluate(PIXELS) > 5
        page.mouse.up()
        assert page.evaluate(PIXELS) == 0
        page.keyboard.press("g")
        hold.focus()
        page.keyboard.down(" ")
        expect(page.locator("[data-peek] canvas").first).to_be_visible()
        assert page.evaluate(PIXELS) > 5
        assert page.evaluate("document.querySelector('canvas').width") == 480
        page.evaluate("window.dispatchEvent(new Event('blur'))")
        assert page.evaluate(PIXELS) == 0
        page.keyboard.up(" ")
        assert seen.looks() == len(lines(house, "media:revealed")) == 2
        assert (
            page.evaluate(
                "performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'img' && !e.name.endsWith('.svg')).length"
            )
            == 0
        )


def test_keys_rest_while_typing(browser: Browser, house: House, base: str) -> None:
    """Digits and letters typed into a reason are words; Ctrl+Enter sends it, and an overruling without one is stopped on the page."""
    with watched(browser, base, locale="en-GB") as seen:
        page = seen.page
        join(page, house, base)
        page.keyboard.press("/")
        page.keyboard.type("flyer")
        expect(page.locator(".row:visible")).to_have_count(0)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("dialog#keys")).to_be_visible()
        assert complaints(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/cases/*")
        page.keyboard.press("Enter")
        expect(page.locator("[data-say]")).to_contain_text("Choose an answer first")
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        expect(page.locator("[data-say]")).to_contain_text("Overruling needs a reason")
        expect(page.locator("#reason")).to_be_focused()
        page.keyboard.type("1 v n b: a museum's copy?")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(f"{base}/console/cases/*done=*")
    notes = [item.note for item in house.store.decisions().items if item.by.startswith("person:")]
    assert notes == ["1 v n b: a museum's copy?"]


def test_keys_can_be_turned_off(browser: Browser, standing: tuple[House, str]) -> None:
    """Someone whose software types for them can turn single keys off (WCAG 2.1.4), and on again."""
    house, base = standing
    with watched(browser, base, locale="en-GB") as seen:
        page = seen.page
        join(page, house, base)
        page.locator("details.menu summary").click()
        assert complaints(page) == []
        with page.expect_navigation():
            page.locator("input[name=shortcuts][value=off]").check(force=True)
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_without_javascript(browser: Browser, house: House, base: str) -> None:
    """Signing in, reading a case and answering it need no script."""
    with watched(browser, base, locale="en-GB", java_script_enabled=False) as seen:
        page = seen.page
        token = people.invite(house.store, "moderator", 1, house.clock, house.new_id)
        seen.open(f"/console/welcome/{token}")
        page.fill("#name", "ada")
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        page.get_by_role("button", name="Make the account").click()
        page.locator(".row h2 a").first.click()
        expect(page.locator("button.hold")).to_be_hidden()
        expect(page.get_by_text("Looking needs JavaScript")).to_be_visible()
        page.get_by_role("radio").first.check(force=True)
        page.get_by_role("button", name="Record and go on").click()
        expect(page.get_by_role("status").first).to_contain_text("Recorded: ")
    assert house.store.count_cases(CaseState.CONCLUDED) == 1


_FILE = "/console/rules/files/20-recruiting.yaml"


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
@pytest.mark.parametrize("width", [1360, 800, 360])
def test_every_width(browser: Browser, standing: tuple[House, str], locale: str, width: int) -> None:
    """On a desk, a tablet and a phone no page scrolls sideways, hides a control's name or falls below the contrast people need."""
    house, base = standing
    with watched(browser, base, locale=locale, viewport={"width": width, "height": 900}) as seen:
        page = seen.page
        join(page, house, base)
        first = page.locator(".row h2 a").first.get_attribute("href")
        for path in ("/console/", "/console/answered", first or "", "/console/rules", _FILE, "/console/nowhere"):
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                seen.open(path)
                assert complaints(page) == [], f"{path} {theme}"
        seen.wrong = [text for text in seen.wrong if "404" not in text]


def test_pages_are_small(browser: Browser, standing: tuple[House, str]) -> None:
    """A page asks for our style sheet, our scripts and our mark, and for nothing twice."""
    house, base = standing
    with watched(browser, base, locale="en-GB") as seen:
        join(seen.page, house, base)
        seen.asked.clear()
        seen.open("/console/")
        names = [address.rpartition("/")[2] for address in seen.asked]
        assert len(names) <= 10
        assert [name for name in names if name != "mark.svg" and names.count(name) > 1] == []


def test_rules_are_edited_tried_and_proposed(browser: Browser, house: House, base: str) -> None:
    """An admin opens a rule, is told of a misspelt label while typing, completes it by keyboard, tries the file and proposes it."""
    with watched(browser, base, locale="en-GB", color_scheme="light") as seen:
        page = seen.page
        join(page, house, base)
        seen.open("/console/rules")
        assert complaints(page) == []
        page.get_by_role("link", name="Binds somebody to a violent group").click()
        page.wait_for_url(f"{base}/console/rules/files/*")
        assert complaints(page) == []
        text = page.locator("#rule-text")
        expect(text).to_be_focused()
        text.fill(text.input_value().replace('score("pledge") >= 0.6', 'score("pledg") >= 0.01'))
        expect(page.locator("#editor-said")).to_contain_text("did you mean `pledge`?")
        text.evaluate("box => { const at = box.value.indexOf('pledg\")') + 5; box.setSelectionRange(at, at) }")
        page.keyboard.press("Backspace")
        page.keyboard.type("g")
        expect(page.locator("#completions li")).to_have_text(["pledge"])
        assert complaints(page) == []
        page.keyboard.press("Tab")
        assert 'score("pledge") >= 0.01' in text.input_value()
        expect(page.locator("#editor-said")).to_contain_text("hold together, all examples too")
        page.get_by_role("button", name="Try it on what was decided").click()
        expect(page.locator("h1")).to_contain_text("Trying")
        assert complaints(page) == []
        page.fill("#propose-reason", "fainter pledges")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/console/rules/versions/*")
        assert complaints(page) == []
        expect(page.locator("h1")).to_contain_text("fainter pledges")
    assert [one.reason for one in house.store.rulesets()] == ["fainter pledges"]
