"""Intake: make received content safe to handle, name its revision, and write it down as it will be kept."""

import hashlib
from dataclasses import replace

from forestall.model.content import Content, Problem
from forestall.model.reading import BODY, Reading
from forestall.model.records import Retention, StoredContent, StoredFile

_SURROGATES = dict.fromkeys(range(55296, 57344), 65533)
"""Lone surrogates cannot be written as UTF-8; each becomes U+FFFD, one for one, so that offsets hold."""


def receive(content: Content, max_text: int) -> Content:
    """Give content whose every string can be written as UTF-8 and whose text has at most `max_text` characters.

    What is cut off is named in a Problem on the item.
    """
    text, problems = valid(content.text), tuple(content.problems)
    if len(text) > max_text:
        problems += (too_long(BODY, len(text), max_text),)
        text = text[:max_text]
    if text is content.text and len(problems) == len(content.problems) and _all_valid(content):
        return content
    return replace(
        content,
        id=valid(content.id),
        text=text,
        author=valid(content.author),
        thread=valid(content.thread),
        url=valid(content.url),
        published=valid(content.published),
        language=valid(content.language),
        links=tuple(valid(link) for link in content.links),
        attachments=tuple(replace(item, name=valid(item.name)) for item in content.attachments),
        problems=problems,
    )


def valid(text: str) -> str:
    """Give the text with each lone surrogate replaced by U+FFFD; the same object where there is none."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.translate(_SURROGATES)
    return text


def too_long(part: str, length: int, limit: int) -> Problem:
    """Say that a text was cut."""
    return Problem(
        "text-too-long",
        f"the text has {length:,} characters; the first {limit:,} were read",
        "raise `max_text`, or open the rest by hand",
        part,
    )


def revision_of(content: Content) -> str:
    """Give the SHA-256 (hex) of what was posted: the same post sent twice has one revision, an edited one has another."""
    digest = hashlib.sha256()
    for value in (content.kind, content.markup, content.audience, content.url, content.text, *content.links):
        raw = value.encode("utf-8")
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    for item in content.attachments:
        name = item.name.encode("utf-8")
        digest.update(b"|%d:%s%s" % (len(name), name, hashlib.sha256(item.data).digest()))
    for problem in content.problems:
        digest.update(b"!" + problem.cause.encode("utf-8") + b":" + problem.part.encode("utf-8", "replace"))
    return digest.hexdigest()


def keep(content: Content, revision: str, reading: Reading, retention: Retention, received: str) -> StoredContent:
    """Write content down as the store keeps it: texts as detectors saw them, files by digest."""
    return StoredContent(
        id=content.id,
        revision=revision,
        kind=content.kind,
        received=received,
        audience=content.audience,
        retention=retention,
        language=reading.language,
        author=content.author,
        thread=content.thread,
        url=content.url,
        published=content.published,
        segments=reading.segments,
        files=tuple(
            StoredFile(item.name, item.media_type, len(item.data), hashlib.sha256(item.data).hexdigest())
            for item in content.attachments
        ),
        facts=reading.files,
    )


def _all_valid(content: Content) -> bool:
    """True where no other string of the content needs cleaning."""
    values = [content.id, content.author, content.thread, content.url, content.published, content.language]
    values += content.links
    values += [item.name for item in content.attachments]
    return all(valid(value) is value for value in values)
