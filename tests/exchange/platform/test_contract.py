"""Platform exports keep the contract of `ports.Exports`."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from forestall.exchange.platform import PlatformExports
from tests.contracts.exports import ExportsContract

PAYLOADS = Path(__file__).parents[1] / "payloads"


class TestPlatformExports(ExportsContract):
    """All formats at once."""

    exports = PlatformExports()
    payloads: ClassVar[Mapping[Path, str]] = {
        PAYLOADS / "posts.jsonl": "posts-lines",
        PAYLOADS / "posts.json": "posts-list",
        PAYLOADS / "wrapped.json": "posts-list",
        PAYLOADS / "post.json": "posts-one",
        PAYLOADS / "posts.csv": "posts-comma",
        PAYLOADS / "posts.tsv": "posts-tab",
        PAYLOADS / "semicolons.csv": "posts-semicolon",
        PAYLOADS / "mastodon.json": "mastodon",
        PAYLOADS / "telegram-chat.json": "telegram",
        PAYLOADS / "telegram-account.json": "telegram",
        PAYLOADS / "matrix.json": "matrix",
        PAYLOADS / "discourse.json": "discourse",
        PAYLOADS / "rss.xml": "feed",
        PAYLOADS / "atom.xml": "feed",
        PAYLOADS / "rdf.xml": "feed",
        PAYLOADS / "mails.mbox": "mbox",
    }
