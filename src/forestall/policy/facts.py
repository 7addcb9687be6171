"""The facts a condition may name: plain values about the content or its place on the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from forestall.model.content import Audience

Kind = Literal["text", "number", "bool"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared fact: its type, the values it can take (empty: any), and what it means.

    `reason` is false for facts that may be shown in a reason but never decide one.
    """

    kind: Kind
    meaning: str
    values: tuple[str, ...] = ()
    reason: bool = True


FACTS: Mapping[str, Declared] = {
    "kind": Declared("text", "`post` for a message, `file` for a bare file", ("post", "file")),
    "audience": Declared("text", "who can see it on the platform", tuple(Audience)),
    "language": Declared("text", "ISO 639 code of the text, `und` if unclear", reason=False),
    "has_media": Declared("bool", "whether files came with it"),
    "has_text": Declared("bool", "whether there was any text to read"),
    "in_thread": Declared("bool", "whether it stands in a thread"),
    "parts": Declared("number", "how many parts (texts, files and what is inside them) were read"),
    "text_length": Declared("number", "characters of all texts that were read"),
}
"""Every fact by name. One that is absent or `None` at run time is unknown, and so is what depends on it."""
