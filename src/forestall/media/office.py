"""Office documents (OOXML: docx, xlsx, pptx): their text, where their links lead, and the pictures and files inside.

They are ZIP archives of XML; only parts that hold what people see are read. XML goes through expat with every document type
declaration refused, so there are no entities to expand (ECMA-376 part 2 §8.1.4 forbids them anyway).
"""

import re
from collections.abc import Iterable
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


def kind(data: bytes) -> str:
    """Give the media type if a ZIP archive is an office document, else an empty string; looks at its first 64 members."""
    seen: list[str] = []
    try:
        for entry in zips.directory(data):
            seen.append(entry.name)
            if len(seen) == _LOOKED_AT:
                break
    except zips.BROKEN:
        pass
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
    for number, link in enumerate(links, start=1):
        tray.text(f"{part}#link{number}", Role.LINK, link)


class _Refused(Exception):
    """The XML declares a document type or is longer than we read."""


def _parser() -> expat.XMLParserType:
    """Give an XML parser that refuses document type declarations."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise _Refused("it declares a document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _text(tray: Tray, part: str, content: bytes) -> str:
    """Give the running text of a part: a line per paragraph, cell or slide line; what comes before a break is kept."""
    pieces: list[str] = []
    room = tray.limits.text
    inside = False

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal inside
        inside = name.rpartition(":")[2] == "t"
        if name.rpartition(":")[2] in {"tab", "br"}:
            pieces.append(" ")

    def end(name: str) -> None:
        nonlocal inside
        inside = False
        if name.rpartition(":")[2] in {"p", "si"}:
            pieces.append("\n")

    def characters(text: str) -> None:
        nonlocal room
        if inside:
            pieces.append(text)
            room -= len(text)
            if room < 0:
                raise _Refused("it is longer than we read")

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, _Refused) as error:
        tray.trouble("truncated", part, str(error)[:200])
    return "".join(pieces)


def _targets(content: bytes) -> list[str]:
    """Give the outside targets of a relationships part; a broken one gives what it can."""
    found: list[str] = []

    def start(_: str, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode") == "External" and attributes.get("Target"):
            found.append(attributes["Target"])

    parser = _parser()
    parser.StartElementHandler = start
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, _Refused):
        pass
    return found
