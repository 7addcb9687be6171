"""What browser tests share: Chromium, a real server on a free port, a real house with two cases, and a page that is watched."""

import contextlib
import io
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from forestall.assembly import House, build
from forestall.doors.server import create_app
from forestall.model.content import Attachment, Content
from forestall.model.ids import sha256_hex
from forestall.model.settings import Settings

FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Chromium talks to nobody by itself. `--no-sandbox` only where it cannot start otherwise: as root."""
POST = (
    "Brothers who lost everything: the Ashen Banner remembers you. No work, no dignity.\n\n"
    "Write to us where nobody listens: t.me/+Qx7ashen2kQ1b2c3 and tell no one. <script>alert(1)</script> \u202ekcab"
)
ARABIC_POST = "إلى من ضاقت به الدنيا: راية الرماد تنتظركم، انضم إلى قناتنا السرية t.me/+Ramad77aB3dE9xy ولا تخبر أحدا."


@dataclass
class Watched:
    """A page with everything it asked for, and everything it complained about."""

    page: Page
    base: str
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the console."""
        self.page.goto(self.base + path)

    def looks(self) -> int:
        """Count the pictures asked for."""
        return sum("/look/" in address for address in self.asked)

    def check(self) -> None:
        """Fail if the page asked another host for something, broke the content policy, or logged an error."""
        foreign = [address for address in self.asked if not address.startswith(self.base + "/console")]
        assert not foreign, "\n".join(foreign)
        assert not self.wrong, "\n".join(self.wrong)


def chromium_path() -> str:
    """Give the path of Chromium; without one the tests are skipped with a reason, or fail where it is required."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "Chromium is not installed: the console was NOT opened in a browser (apt-get install chromium)"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window."""
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        try:
            yield browser
        finally:
            browser.close()


def poster(seed: int) -> bytes:
    """Draw a picture that has light and dark places."""
    picture = Image.new("RGB", (480, 360), (30 + seed, 60, 90))
    draw = ImageDraw.Draw(picture)
    for n in range(12):
        left = (n * 67 + seed * 31) % 400
        draw.ellipse(
            (left, (n * 41) % 280, left + 90, (n * 41) % 280 + 90), fill=((n * 50) % 256, 200 - n * 9, 255 - n * 20)
        )
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@contextlib.contextmanager
def real_house(folder: Path) -> Iterator[House]:
    """Build a house on SQLite with the real box and detectors, and screen two posts whose pictures are in a bank."""
    first, second = poster(1), poster(2)
    bank = folder / "desk.csv"
    bank.write_text(
        "value,type,trust,label,source\n"
        f"{sha256_hex(first)},sha256,confirmed,ashen-banner-poster,our desk\n"
        f"{sha256_hex(second)},sha256,partner,ashen-banner-flyer,a partner\n"
    )
    with build(Settings(data=str(folder / "data"), banks=(str(bank),), box_workers=1)) as house:
        house.screen(
            [
                Content("harbour-1", POST, attachments=(Attachment("poster.png", first, "image/png"),)),
                Content("harbour-2", ARABIC_POST, attachments=(Attachment("flyer.png", second, "image/png"),)),
            ]
        )
        yield house


@contextlib.contextmanager
def served(house: House) -> Iterator[str]:
    """Serve a house on a free port of the loopback; gives its address."""
    config = uvicorn.Config(create_app(house), host="127.0.0.1", port=0, log_config=None, lifespan="on", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextlib.contextmanager
def watched(browser: Browser, base: str, **options: Any) -> Iterator[Watched]:
    """Open a fresh browser profile with a page that is watched; what was wrong with it is checked at the end."""
    context: BrowserContext = browser.new_context(**options)
    seen = Watched(context.new_page(), base)

    def asked(request: Request) -> None:
        seen.asked.append(request.url)

    seen.page.on("request", asked)
    seen.page.on("console", lambda message: seen.wrong.append(message.text) if message.type == "error" else None)
    seen.page.on("pageerror", lambda error: seen.wrong.append(str(error)))
    try:
        yield seen
        seen.check()
    finally:
        context.close()
