"""A Reading: content opened up, so that detectors can look at it without opening anything themselves."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from forestall.model.content import Markup, Problem

BODY = "text"
"""The part name of a post's own text."""


class Role(StrEnum):
    """Where a piece of text stood."""

    BODY = "body"
    """The post's own text."""
    PAGE = "page"
    """The text of a document, mail or web page that came with it."""
    LINK = "link"
    """The target of a link."""
    CODE = "code"
    """What a QR, Data Matrix or Aztec code in an image says."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text: `part` names where it stood (`text`, `poster.png#code1`, `notes.pdf#page2`).

    Spans in findings are character offsets into `text`. After `flow.read` every segment is plain.
    """

    part: str
    role: Role
    text: str = field(repr=False)
    markup: Markup = Markup.PLAIN


@dataclass(frozen=True, slots=True)
class Plane:
    """The brightness of one picture: `width` × `height` bytes, row by row, 0 black to 255 white (ITU-R BT.601 luma).

    Made from canonical RGB with the EXIF orientation applied; `frame` is the index of an animation's frame. `rgb` holds the
    colours the brightness was rounded from, three bytes a pixel, where a hash needs them; it may be empty. `at` is the second at
    which a film shows it, and negative for everything that is no film.
    """

    part: str
    width: int
    height: int
    luma: bytes = field(repr=False)
    frame: int = 0
    rgb: bytes = field(default=b"", repr=False)
    at: float = -1.0


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a file: one channel of signed 16-bit samples, little-endian, `rate` of them a second, from its beginning on."""

    part: str
    rate: int
    samples: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file as found: its sniffed type, size in bytes and hex digests (lower case)."""

    part: str
    media_type: str
    size: int
    md5: str
    sha1: str
    sha256: str
    sha512: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the box gives back for one attachment."""

    segments: tuple[Segment, ...] = ()
    planes: tuple[Plane, ...] = ()
    files: tuple[FileFacts, ...] = ()
    problems: tuple[Problem, ...] = ()
    sounds: tuple[Sound, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Content, opened. `language` is an ISO 639 code or `und`.

    `memo` holds views that detectors derive once and share during one look (the folded text); it is not part of the value.
    """

    content_id: str
    segments: tuple[Segment, ...] = ()
    planes: tuple[Plane, ...] = ()
    files: tuple[FileFacts, ...] = ()
    problems: tuple[Problem, ...] = ()
    language: str = "und"
    sounds: tuple[Sound, ...] = ()
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
