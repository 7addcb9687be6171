"""Matrix: the JSON export of a room as the client Element writes it (events of the client-server API)."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from forestall.exchange.platform.pieces import Piece
from forestall.exchange.platform.source import Attach, media, part, records, refused, when, words
from forestall.model.content import Audience, Content, Markup, Problem

_HTML = "org.matrix.custom.html"
_JOIN_RULES = {
    "public": Audience.OPEN,
    "knock": Audience.CLOSED,
    "invite": Audience.CLOSED,
    "restricted": Audience.CLOSED,
}
_STATES = {"m.room.topic": "topic", "m.room.name": "name"}


def read(name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
    """Give the messages of a room in order, and its names and topics. An edit is an item of its own; redacted events hold nothing."""
    audience = Audience.CLOSED
    for found in records(name, source, [("messages", "*")]):
        if isinstance(found, Piece):
            continue
        place = f"{name}:{found.number}"
        event = found.value
        if event is None:
            yield refused(place, *found.problems)
            continue
        if event.get("type") == "m.room.join_rules":
            audience = _JOIN_RULES.get(words(part(event, "content").get("join_rule")), audience)
            continue
        item = _item(event, place, found.problems, audience, attach)
        if item is not None:
            yield item


def _item(
    event: Mapping[str, Any], place: str, problems: list[Problem], audience: Audience, attach: Attach
) -> Content | None:
    """Give the item of one event, or None where it says nothing to anybody."""
    kind, content = words(event.get("type")), part(event, "content")
    relation = part(content, "m.relates_to")
    said = part(content, "m.new_content") or content
    text, markup, paths = "", Markup.PLAIN, list[str]()
    if kind in {"m.room.message", "m.sticker"} and content:
        if said.get("format") == _HTML and isinstance(said.get("formatted_body"), str):
            text, markup = said["formatted_body"], Markup.HTML
        else:
            text = words(said.get("body"))
        paths = [path for path in (said.get("url"), part(said, "file").get("url")) if isinstance(path, str)]
    elif kind in _STATES:
        text = words(content.get(_STATES[kind]))
    elif kind == "m.room.encrypted":
        what = "the message is encrypted and could not be read"
        problems = [*problems, Problem("encrypted", what, "export the room from a client that holds its keys")]
    attachments, missing = media(paths, attach)
    problems = [*problems, *missing]
    if not (text or attachments or problems):
        return None
    return Content(
        id=words(event.get("event_id")) or place,
        text=text,
        attachments=attachments,
        audience=audience,
        author=words(event.get("sender")),
        thread=words(relation.get("event_id")) or words(event.get("room_id")),
        published=when(event.get("origin_server_ts")),
        markup=markup,
        problems=tuple(problems),
    )
