"""Feeds: RSS 0.9x and 2.0, RSS 1.0 (RDF) and Atom 1.0 (RFC 4287), parsed as they come.

A document type or an entity declaration is refused, so nothing can be expanded or fetched. Depth, text and file have limits.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from html import escape
from typing import BinaryIO
from xml.parsers import expat

from forestall.exchange.platform.source import LARGEST_FILE, Attach, media, refused
from forestall.model.content import Content, Markup, Problem

DEEPEST = 64
"""Deepest nesting of elements."""
LONGEST_ITEM = 4 * 1024 * 1024
"""Most characters of one item that are kept."""

_CHUNK = 64 * 1024
_ITEMS = {"item", "entry"}
_TEXTS = ("description", "summary", "content:encoded", "content", "media:description", "media:group")
_IDS = ("guid", "id")
_DATES = ("pubDate", "published", "updated", "dc:date")
_AUTHORS = ("dc:creator", "author", "name")
_TAG = re.compile(r"</?[A-Za-z]")
_PREFIX = re.compile(r"(?:atom|a10|rss):")


class _Refused(Exception):
    """Stops the parser; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def read(name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
    """Give the items of a feed; where it breaks off or holds what is refused, the last item says so."""
    feed = _Feed(name, attach)
    size = 0
    try:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > LARGEST_FILE:
                what = f"`{name}` is larger than {LARGEST_FILE:,} bytes; what follows was not read"
                raise _Refused(Problem("too-large", what, "split the feed"))
            feed.parser.Parse(chunk, False)
            yield from feed.taken()
        feed.parser.Parse(b"", True)
    except _Refused as error:
        yield from feed.taken()
        yield refused(f"{name}:{feed.parser.CurrentLineNumber}", error.problem)
        return
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two for encodings that Python cannot read
        yield from feed.taken()
        what = f"`{name}` is not valid XML ({error}); what follows was not read"
        yield refused(
            f"{name}:{feed.parser.CurrentLineNumber}", Problem("not-xml", what, "correct it, or fetch it again")
        )
        return
    yield from feed.taken()


class _Feed:
    """Collects items while the parser runs."""

    def __init__(self, name: str, attach: Attach) -> None:
        self.name = name
        self.attach = attach
        self.items: list[Content] = []
        self.count = 0
        self.path: list[str] = []
        self.inside = 0
        self.size = 0
        self.written = 0
        self.texts: dict[str, list[str]] = {}
        self.links: list[str] = []
        self.files: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype

    def taken(self) -> list[Content]:
        """Give the items that are complete, and forget them."""
        items, self.items = self.items, []
        return items

    def _doctype(self, *_: object) -> None:
        what = f"`{self.name}` declares a document type or entities, which feeds do not need and attacks do"
        raise _Refused(Problem("refused-xml", what, "remove the lines `<!DOCTYPE` and `<!ENTITY`"))

    def _start(self, raw: str, attributes: Mapping[str, str]) -> None:
        if len(self.path) >= DEEPEST:
            what = f"`{self.name}` is nested too deeply to be read"
            raise _Refused(Problem("too-deep", what, "look at it by hand; feeds are flat"))
        name = _PREFIX.sub("", raw)
        self.path.append(name)
        if not self.inside:
            if name in _ITEMS:
                self.inside, self.size, self.written = len(self.path), 0, 0
                self.texts, self.links, self.files = {}, [], []
            return
        if self.written:
            self._add(f"<{name}{''.join(f' {key}={_quoted(value)}' for key, value in attributes.items())}>")
            return
        if attributes.get("type") == "xhtml":
            self.written = len(self.path)
        if (
            attributes.get("type", "") in {"", "text"}
            and name in {"title", "summary", "content"}
            and "entry" in self.path
        ):
            self.texts.setdefault(f"{name} plain", [])
        if name == "link" and "href" in attributes:
            self.links.append(attributes["href"])
            if attributes.get("rel") == "enclosure":
                self.files.append(attributes["href"])
        if name in {"enclosure", "media:content"} and "url" in attributes:
            self.files.append(attributes["url"])

    def _end(self, _: str) -> None:
        name = self.path.pop()
        if not self.inside:
            return
        if len(self.path) < self.inside:
            self._finish()
        elif self.written > len(self.path):
            self.written = 0
        elif self.written:
            self._add(f"</{name}>")

    def _text(self, text: str) -> None:
        if self.inside:
            self._add(escape(text) if self.written else text)

    def _add(self, text: str) -> None:
        """Keep a piece of text under the element of the item it stands in, as far as there is room."""
        if len(self.path) > self.inside:
            room = LONGEST_ITEM - self.size
            self.size += len(text)
            self.texts.setdefault(self.path[self.inside], []).append(text[: max(0, room)])

    def _finish(self) -> None:
        """Make the item that just ended."""
        self.inside = 0
        self.count += 1
        place = f"{self.name}:{self.count}"
        attachments, problems = media(self.files, self.attach)
        if self.size > LONGEST_ITEM:
            what = (
                f"item {self.count} of `{self.name}` is longer than {LONGEST_ITEM:,} characters; the rest was not read"
            )
            problems.append(Problem("too-long", what, "look at it by hand"))
        link = self._first(("link",)) or next(iter(self.links), "")
        self.items.append(
            Content(
                id=self._first(_IDS) or link or place,
                text=self._words(),
                attachments=attachments,
                author=self._first(_AUTHORS),
                url=link,
                published=_instant(self._first(_DATES)),
                markup=Markup.HTML,
                links=tuple(dict.fromkeys(target for target in (link, *self.links, *self.files) if target)),
                problems=tuple(problems),
            )
        )

    def _words(self) -> str:
        """Give title and texts as HTML; Atom says which of them are plain."""
        title = self._joined("title")
        marked = "title plain" not in self.texts and _TAG.search(title)
        pieces = [f"<h1>{title if marked else escape(title, quote=False)}</h1>" if title else ""]
        for name in _TEXTS:
            text = self._joined(name)
            pieces.append(f"<p>{escape(text)}</p>" if text and f"{name} plain" in self.texts else text)
        return "\n".join(piece for piece in pieces if piece)

    def _joined(self, name: str) -> str:
        return "".join(self.texts.get(name, ())).strip()

    def _first(self, names: tuple[str, ...]) -> str:
        return next((text for name in names if (text := self._joined(name))), "")


def _quoted(value: str) -> str:
    """Write an attribute's value."""
    return f'"{escape(value)}"'


def _instant(written: str) -> str:
    """Give a date of RFC 822 in ISO 8601; one that is written so already as it is; nothing where it is neither."""
    if re.match(r"\d{4}-\d{2}-\d{2}", written):
        return written
    try:
        return parsedate_to_datetime(written).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""
