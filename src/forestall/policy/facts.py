"""The facts a condition may name: plain values about the content or its place on the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from forestall.model.content import Audience
from forestall.model.outcome import Outcome

Kind = Literal["text", "number", "bool"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared fact: its type, the values it can take (empty: any), and what it means.

    `instead` is empty for facts that may stand in a condition, and else says what to write for one that cannot decide by itself.
    """

    kind: Kind
    meaning: str
    values: tuple[str, ...] = ()
    instead: str = ""


_AT = 'write `days_since("published")`, or `effective:` beside the rule'
_QUEUES = "ask for it under `queues:`"
FACTS: Mapping[str, Declared] = {
    "kind": Declared("text", "`post` for a message, `file` for a bare file", ("post", "file")),
    "audience": Declared("text", "who can see it on the platform", tuple(Audience)),
    "language": Declared("text", "ISO 639 code of the text, `und` if unclear; only to narrow a text pattern"),
    "surface": Declared("text", "the part of the service it was posted to, as the platform names it"),
    "jurisdiction": Declared("text", "the legal area it falls in", instead="write `jurisdictions:` beside the rule"),
    "has_media": Declared("bool", "whether files came with it"),
    "has_text": Declared("bool", "whether there was any text to read"),
    "in_thread": Declared("bool", "whether it stands in a thread"),
    "parts": Declared("number", "how many parts (texts, files and what is inside them) were read"),
    "text_length": Declared("number", "characters of all texts that were read"),
    "at": Declared("text", "the instant of the decision", instead=_AT),
    "published": Declared("text", "the instant it was published, as the platform gave it", instead=_AT),
    "crisis": Declared("text", "the kind of crisis that is declared, `none` if there is none"),
    "outcome": Declared("text", "what the item was decided to be", tuple(Outcome), instead=_QUEUES),
    "severity": Declared("number", "the highest severity of the rules it rests on", instead=_QUEUES),
    "scanned": Declared("text", "which patterns of rules the texts were searched for", instead='write `phrase("…")`'),
}
"""Every fact by name. One that is absent or `None` at run time is unknown, and so is what depends on it."""

ROUTING = frozenset({"outcome", "severity", "jurisdiction"})
"""Facts that only say where a case waits."""
NO_CRISIS = "none"
"""The value of `crisis` in quiet times."""

INSTANTS = ("published",)
"""The facts that `days_since` counts from."""
SCANNED = "scanned"
"""The fact that names the patterns texts were searched for; one that nobody searched for is unknown, not absent."""


def list_fact(name: str) -> str:
    """Give the name of the fact that holds the version of a list; it is absent or `None` where the list was not there."""
    return f"list({name})"


@lru_cache(maxsize=4096)
def instant(text: str) -> datetime | None:
    """Give an ISO 8601 instant in UTC; None where it is none, or does not say its zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
