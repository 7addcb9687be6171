"""Office documents (OOXML: docx, xlsx, pptx): their text, where their links lead, and the pictures and files inside.

They are ZIP archives of XML; only parts that hold what people see are read. XML goes through expat with every document type
declaration refused, so there are no entities to expand (ECMA-376 part 2 §8.1.4 forbids them anyway).
"""

import itertools
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from xml.parsers import expat

from forestall.media import names, zips
from forestall.media.tray import Bomb, Member, Tray
from forestall.model.reading import Role

TYPES = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""Folder of the main part → media type."""

_SEEN_PARTS = re.compile(
    r"(?:word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments)|xl/(?:sharedStrings|comments\d*)"
    r"|ppt/(?:slides/slide|notesSlides/notesSlide|comments/comment)\d*)\.xml"
)
_RELATIONS = ".xml.rels"
_INSIDE = ("/media/", "/embeddings/")
_LOOKED_AT = 64
_MOST_LINKS = 1_000


def kind(data: bytes) -> str:
    """Give the media type if a ZIP archive is an office document, else an empty string; looks at its first 64 members."""
    seen: list[str] = []
    with suppress(*zips.BROKEN):
        seen += (entry.name for entry in itertools.islice(zips.directory(data), _LOOKED_AT))
    if "[Content_Types].xml" not in seen:
        return ""
    return next((found for folder, found in TYPES.items() if any(name.startswith(folder) for name in seen)), "")


def read(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Lay out the texts and links of an office document; gives the pictures and files inside."""
    meter = tray.meter(len(data))
    links: dict[str, None] = {}
    try:
        for entry in zips.sound(tray, part, data):
            if not tray.admit(part):
                break
            text_part = _SEEN_PARTS.fullmatch(entry.name) is not None
            if not (text_part or entry.name.endswith(_RELATIONS) or any(folder in entry.name for folder in _INSIDE)):
                continue
            inner = names.accepted(tray, part, entry.name, entry.mode)
            content = None if inner is None else zips.unpacked(tray, inner, data, entry, meter)
            if inner is None or content is None:
                continue
            if text_part:
                tray.text(inner, Role.PAGE, _text(tray, inner, content))
            elif entry.name.endswith(_RELATIONS):
                links.update(dict.fromkeys(_targets(content)))
            else:
                yield Member(inner, content)
    except Bomb as bomb:
        tray.trouble(bomb.cause, part, bomb.detail)
    for number, link in enumerate(list(links)[:_MOST_LINKS], start=1):
        tray.text(f"{part}#link{number}", Role.LINK, link)


class _Refused(Exception):
    """The XML declares a document type."""


class _Enough(Exception):
    """There is more text than we read."""


def _parse(content: bytes, **handlers: Callable[..., None]) -> str:
    """Run an XML text through expat with the given handlers; gives what went wrong, or an empty string."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    for name, handler in handlers.items():
        setattr(parser, name, handler)
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, _Refused) as error:
        return str(error)[:200]
    except _Enough:  # the tray names what is too long
        return ""
    return ""


def _refuse(*_: object) -> None:
    """Stop at a document type declaration."""
    raise _Refused("it declares a document type")


def _text(tray: Tray, part: str, content: bytes) -> str:
    """Give the running text of a part: a line per paragraph, cell or slide line; what comes before a break in the XML is kept."""
    written = _Written(tray.limits.text)
    broken = _parse(
        content,
        StartElementHandler=written.start,
        EndElementHandler=written.end,
        CharacterDataHandler=written.characters,
    )
    if broken:
        tray.trouble("truncated", part, broken)
    return "".join(written.pieces)


class _Written:
    """Collects the characters inside `t` elements; `p` and `si` end a line, `tab` and `br` are spaces."""

    def __init__(self, room: int) -> None:
        self.pieces: list[str] = []
        self._room = room
        self._inside = False

    def start(self, name: str, _: dict[str, str]) -> None:
        """Enter an element."""
        local = name.rpartition(":")[2]
        self._inside = local == "t"
        if local in {"tab", "br"}:
            self.pieces.append(" ")

    def end(self, name: str) -> None:
        """Leave an element."""
        self._inside = False
        if name.rpartition(":")[2] in {"p", "si"}:
            self.pieces.append("\n")

    def characters(self, text: str) -> None:
        """Take characters; raises _Enough just past what is read."""
        if self._inside:
            self.pieces.append(text)
            self._room -= len(text)
            if self._room < 0:
                raise _Enough


def _targets(content: bytes) -> list[str]:
    """Give the outside targets of a relationships part; a broken one gives what it can."""
    found: list[str] = []

    def start(_: str, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode") == "External" and attributes.get("Target"):
            found.append(attributes["Target"])

    _parse(content, StartElementHandler=start)
    return found
