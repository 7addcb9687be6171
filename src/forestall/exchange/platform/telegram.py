"""Telegram Desktop: `result.json` of one chat, or of a whole account (machine-readable JSON export)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from forestall.exchange.platform.source import (
    Attach,
    Record,
    lenient,
    media,
    part,
    parts,
    records,
    refused,
    when,
    words,
)
from forestall.model.content import Audience, Content, Problem

_AUDIENCES = {
    "public_channel": Audience.PUBLIC,
    "public_supergroup": Audience.PUBLIC,
    "private_channel": Audience.CLOSED,
    "private_supergroup": Audience.CLOSED,
    "private_group": Audience.CLOSED,
    "personal_chat": Audience.PRIVATE,
    "saved_messages": Audience.PRIVATE,
    "bot_chat": Audience.PRIVATE,
}
_FILES = ("photo", "file")
_CHATS = ((), ("chats", "list", "*"), ("left_chats", "list", "*"))


@dataclass(slots=True)
class _Chat:
    """The chat whose messages are being read, as far as the file has told."""

    id: str = ""
    type: str = ""


def read(name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
    """Give the messages of all chats in order."""
    messages = [(*chat, "messages", "*") for chat in _CHATS]
    values = [(*chat, key) for chat in _CHATS for key in ("id", "type")]
    chat = _Chat()
    for found in records(name, source, messages, values):
        if isinstance(found, Record):
            item = _item(found, chat, f"{name}:{found.number}", attach)
            if item is not None:
                yield item
        elif found.opens:
            chat = _Chat() if found.path in _CHATS else chat
        else:
            value = words(lenient(found.data, name)[0])
            chat = replace(chat, **{found.path[-1]: value})


def _item(found: Record, chat: _Chat, place: str, attach: Attach) -> Content | None:
    """Give a message; None for a note of the service without words."""
    message = found.value
    if message is None:
        return refused(place, *found.problems)
    text, links = _text(message)
    if message.get("type") == "service" and not text:
        return None
    attachments, missing = media(_paths(message), attach)
    number = words(message.get("id"))
    return Content(
        id=f"{chat.id}/{number}" if number else place,
        text=text,
        attachments=attachments,
        audience=_AUDIENCES.get(chat.type, Audience.PUBLIC),
        author=words(message.get("from_id")) or words(message.get("actor_id")),
        thread=chat.id,
        published=when(message.get("date_unixtime") or message.get("date")),
        links=tuple(dict.fromkeys(links)),
        problems=(*found.problems, *missing, *_left_out(message)),
    )


def _text(message: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Give the words of a message as one text (what it says, title, poll, contact) and where its links lead."""
    pieces: list[str] = []
    links: list[str] = []
    given = message.get("text", "")
    for piece in given if isinstance(given, list) else [given]:
        if isinstance(piece, dict):
            pieces.append(words(piece.get("text")))
            if isinstance(href := piece.get("href"), str):
                links.append(href)
        else:
            pieces.append(words(piece))
    poll = part(message, "poll")
    more = [words(message.get("title")), words(poll.get("question"))]
    more += [words(answer.get("text")) for answer in parts(poll, "answers")]
    more += [words(value) for value in part(message, "contact_information").values()]
    for button in _buttons(message):
        more.append(words(button.get("text")))
        if "url" in words(button.get("type")) or "://" in words(button.get("data")):
            links.append(words(button.get("data")))
    return "\n".join(text for text in ("".join(pieces), *more) if text), links


def _buttons(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the buttons below a message."""
    rows = message.get("inline_bot_buttons")
    flat = [button for row in rows if isinstance(row, list) for button in row] if isinstance(rows, list) else []
    return [button for button in flat if isinstance(button, dict)]


def _paths(message: Mapping[str, Any]) -> list[str]:
    """Give where the files of a message lie; Telegram writes a sentence in brackets where it left one out."""
    return [path for key in _FILES if isinstance(path := message.get(key), str) and path and not path.startswith("(")]


def _left_out(message: Mapping[str, Any]) -> list[Problem]:
    """Name the files that the export does not hold."""
    if any(isinstance(path := message.get(key), str) and path.startswith("(") for key in _FILES):
        what = "the message has a file that the export does not hold"
        return [Problem("not-exported", what, "export again with files of this kind and size")]
    return []
