"""Mastodon and other ActivityPub servers: `outbox.json`, a collection of activities (ActivityStreams 2.0)."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, BinaryIO

from forestall.exchange.platform.pieces import Piece
from forestall.exchange.platform.source import Attach, media, part, parts, records, refused, when, words
from forestall.model.content import Audience, Content, Markup

_PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}


def read(name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
    """Give the posts of an outbox in its order; a boost is an item with the address it spreads."""
    for found in records(name, source, [("orderedItems", "*"), ("items", "*")]):
        if isinstance(found, Piece):
            continue
        place = f"{name}:{found.number}"
        activity = found.value
        if activity is None:
            yield refused(place, *found.problems)
            continue
        note = part(activity, "object") or activity
        attachments, missing = media(_paths(note), attach)
        spread = activity.get("object")
        yield Content(
            id=words(note.get("id")) or words(activity.get("id")) or place,
            text=_text(note),
            attachments=attachments,
            audience=_audience(note if "to" in note else activity),
            author=words(note.get("attributedTo")) or words(activity.get("actor")),
            thread=words(note.get("conversation")) or words(note.get("context")) or words(note.get("inReplyTo")),
            url=words(note.get("url")),
            published=when(note.get("published") or activity.get("published")),
            language=next(iter(part(note, "contentMap")), ""),
            markup=Markup.HTML,
            links=(spread,) if isinstance(spread, str) else (),
            problems=(*found.problems, *missing),
        )


def _text(note: Mapping[str, Any]) -> str:
    """Give everything a reader of the post sees, as HTML: title, warning, text, poll, descriptions of pictures."""
    plain = [words(note.get("name")), words(note.get("summary"))]
    content = words(note.get("content")) or " ".join(words(text) for text in part(note, "contentMap").values())
    after = [words(choice.get("name")) for key in ("oneOf", "anyOf") for choice in parts(note, key)]
    after += [words(attached.get("name")) for attached in parts(note, "attachment")]
    lines = [*(f"<p>{escape(text)}</p>" for text in plain if text), content]
    return "".join([*lines, *(f"<p>{escape(text)}</p>" for text in after if text)])


def _paths(note: Mapping[str, Any]) -> list[str]:
    """Give where the files of a post lie."""
    found = [attached.get("url") or attached.get("href") for attached in parts(note, "attachment")]
    return [path for path in found if isinstance(path, str)]


def _audience(addressed: Mapping[str, Any]) -> Audience:
    """Give who can see it: the public collection anywhere is public, a collection of followers is a closed group."""
    to = [item for key in ("to", "cc") for item in _listed(addressed.get(key))]
    if not to or _PUBLIC & set(to):
        return Audience.PUBLIC
    return Audience.CLOSED if any(item.endswith("/followers") for item in to) else Audience.PRIVATE


def _listed(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]
