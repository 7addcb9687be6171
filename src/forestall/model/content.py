"""Content: what a user posted, as the platform gives it to us."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Audience(StrEnum):
    """Who can see the content on the platform (TCO Regulation (EU) 2021/784 Art 2(3), recital 14)."""

    PUBLIC = "public"
    """Anyone."""
    OPEN = "open"
    """A group anyone can join without a person admitting them; still public in law."""
    CLOSED = "closed"
    """A group whose members a person admits."""
    PRIVATE = "private"
    """Between named people."""


class Markup(StrEnum):
    """How a text is written down."""

    PLAIN = "plain"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something on one item that could not be read; becomes an `unreadable` finding on it.

    `cause` is a short stable code (`too-large`, `truncated`, `not-json`, …: docs/reference/problems.md),
    `what` says it in plain words, `next_step` says what the operator can do, `part` names the part.
    """

    cause: str
    what: str
    next_step: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that belongs to a piece of content: its name, its bytes, its type as declared (never trusted)."""

    name: str
    data: bytes = field(repr=False)
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a user posted.

    `id` is the platform's own id; `author` and `thread` are opaque ids we never look behind. `kind` is `post`
    for a message and `file` for a bare file. `published` is ISO 8601 or empty, `language` as the platform declares it.
    `surface` is the part of the service it was posted to and `jurisdiction` the legal area it falls in, both as the platform names
    them. `problems` are things the reader of the source already could not read on this item.
    """

    id: str
    text: str = field(default="", repr=False)
    kind: str = "post"
    attachments: tuple[Attachment, ...] = ()
    audience: Audience = Audience.PUBLIC
    author: str = ""
    thread: str = ""
    url: str = ""
    published: str = ""
    language: str = ""
    markup: Markup = Markup.PLAIN
    links: tuple[str, ...] = ()
    surface: str = ""
    jurisdiction: str = ""
    problems: Sequence[Problem] = ()
