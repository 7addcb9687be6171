"""The report page: complete in itself, safe to send, nothing shown unasked."""

import base64
import hashlib
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from forestall.doors.cli.report import Report, render, write
from forestall.doors.cli.summary import Summary
from forestall.model.errors import BadInput
from forestall.model.outcome import Outcome
from tests.doors.cli.samples import AT, finding, item

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} \u202egnp\x1b[31m"


def page(*items: object, limit: int = 1000) -> str:
    """Give the report of items."""
    summary = Summary(limit)
    summary.add(items)  # type: ignore[arg-type]
    return render(Report(summary, 1.5, ["posts.jsonl"], {"ruleset": "sample@1"}, AT))


def hostile() -> str:
    """Give a report in which everything from outside is hostile."""
    evil = item(EVIL, finding("cue", (0, 8), note=EVIL), name=EVIL, language=EVIL)
    return page(evil, item("راية الرماد تناديك", finding("cue", (0, 4)), name="2", language="ar", outcome=Outcome.HOLD))


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.found.append((tag, dict(attrs)))


def test_the_page_needs_and_runs_nothing_else() -> None:
    """No script, no handler, no image, no address; one style sheet, and a policy that allows that and nothing more."""
    text = hostile()
    tags = Tags(text).found
    assert {tag for tag, _ in tags}.isdisjoint({"script", "img", "iframe", "link", "object", "form", "base", "a"})
    names = {name for _, attributes in tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("style", "src", "href")]
    assert "url(" not in text
    assert "//" not in re.sub(r"&#?\w+;", "", text.replace("</", ""))
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [a["content"] for tag, a in tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_texts_are_folded_and_hostile_text_is_text() -> None:
    """Every text stands inside a closed fold; nothing from outside becomes markup or hides."""
    text = hostile()
    assert all("open" not in attributes for tag, attributes in Tags(text).found if tag == "details")
    outside = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert "راية الرماد تناديك" not in outside
    assert "&lt;script&gt;" in text
    assert "49" not in re.sub(r"<style>.*?</style>|sha256-\S+", "", text, flags=re.DOTALL)
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_right_to_left_texts_stand_the_right_way() -> None:
    """Each text finds its own direction and is isolated from what surrounds it."""
    quotes = [attributes for tag, attributes in Tags(hostile()).found if tag == "blockquote"]
    assert quotes
    assert all(attributes.get("dir") == "auto" for attributes in quotes)


def test_the_most_pressing_come_first_and_the_rest_is_counted() -> None:
    """A report is bounded: it shows the highest priorities and says how many more there are."""
    text = page(*[item("x", name=f"post-{n}", priority=n / 10) for n in range(10)], limit=3)
    assert re.findall(r'class="id">([^<]*)<', text) == ["post-9", "post-8", "post-7"]
    assert "7 more" in text
    assert "10 of 10 items need a person" in text


def test_a_quiet_run_has_a_quiet_report() -> None:
    """Where nothing needs a person the page says so and lists nothing."""
    text = page(item("x", outcome=Outcome.PASS))
    assert "Nothing among 1 items needs a person" in text
    assert "<ol" not in text


def test_the_page_does_not_tell_where_files_lie() -> None:
    """A report to send on names what was screened, not the folders of the machine it was screened on."""
    text = render(Report(Summary(1), 1.0, ["/srv/secret-place/posts.jsonl", "-"], {}, AT))
    assert "posts.jsonl, standard input" in text
    assert "secret-place" not in text


def test_an_old_report_survives_a_failure(tmp_path: Path) -> None:
    """The page appears whole or not at all, and a place that can't be written is named."""
    report = Report(Summary(1), 1.0, ["x"], {}, AT)
    write(tmp_path / "out.html", report)
    assert os.listdir(tmp_path) == ["out.html"]
    with pytest.raises(BadInput, match="missing"):
        write(tmp_path / "missing" / "out.html", report)


@pytest.mark.browser
def test_a_browser_shows_it_quietly(tmp_path: Path) -> None:
    """Chromium asks for nothing but the page, reports no violation, shows no text until a fold is opened, and then shows it."""
    sync = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        assert os.environ.get("REQUIRE_BROWSER", "") in ("", "0"), "REQUIRE_BROWSER is set and there is no Chromium"
        pytest.skip("there is no Chromium: the report was not looked at in a browser")
    path = tmp_path / "report.html"
    path.write_text(hostile(), "utf-8")
    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    said: list[str] = []
    asked: list[str] = []
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        tab = browser.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("dialog", lambda dialog: said.append(dialog.message))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri())
        quote = tab.locator("blockquote").last
        hidden = not quote.is_visible()
        tab.locator("summary").first.focus()
        tab.locator(".item summary").last.press("Enter")
        shown = quote.is_visible()
        marked = tab.locator(".item mark").last.evaluate("mark => getComputedStyle(mark).backgroundColor")
        browser.close()
    assert (said, asked) == ([], [path.as_uri()])
    assert hidden
    assert shown
    assert marked not in ("", "rgba(0, 0, 0, 0)")
