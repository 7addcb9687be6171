"""Plain posts: one JSON object per line, or a JSON list of them.

Fields are `id`, `text`, optional `author`, `thread`, `lang`, `published`, `media` (a path or a list of paths), `audience`, `url`,
`surface` (where on the service), `jurisdiction`; others are ignored.
"""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import msgspec

from forestall.exchange.platform.source import (
    Attach,
    Record,
    lenient,
    lines,
    media,
    not_a_post,
    records,
    refused,
    too_long,
    when,
    words,
)
from forestall.model.content import Audience, Content, Problem

_AUDIENCES: Mapping[str | None, Audience] = {
    None: Audience.PUBLIC,
    "": Audience.PUBLIC,
    **{audience.value: audience for audience in Audience},
}


class _Post(msgspec.Struct, gc=False):
    """A post as it should be; anything else takes the slow road."""

    id: str | int | None = None
    text: str | None = None
    author: str | int | None = None
    thread: str | int | None = None
    lang: str | None = None
    published: str | None = None
    media: str | list[str] | None = None
    audience: str | None = None
    url: str | None = None
    surface: str | None = None
    jurisdiction: str | None = None


_decode = msgspec.json.Decoder(_Post).decode


def read_lines(name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
    """Give the post on each line; a line that cannot be read is an item of its own, and reading goes on."""
    for number, line in lines(source):
        if line is None:
            yield refused(f"{name}:{number}", too_long(f"line {number} of `{name}`"))
            continue
        try:
            post = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if line.strip():
                value, problems = lenient(line, f"line {number} of `{name}`")
                yield _loose(value, problems, name, number, attach)
            continue
        yield _content(post, name, number, attach)


def read_list(name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
    """Give the posts of a JSON list, or of an object with a list `posts`."""
    for found in records(name, source, [("*",), ("posts", "*")]):
        if isinstance(found, Record):
            yield _loose(found.value, found.problems, name, found.number, attach)


def read_one(name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
    """Give the one post that a JSON object over several lines is."""
    for found in records(name, source, [()]):
        if isinstance(found, Record):
            yield _loose(found.value, found.problems, name, found.number, attach)


def _content(post: _Post, name: str, number: int, attach: Attach) -> Content:
    """Give a post that is as it should be."""
    audience = _AUDIENCES.get(post.audience)
    if post.media is not None or audience is None or post.text is None:
        return _loose(msgspec.structs.asdict(post), [], name, number, attach)
    return Content(
        f"{name}:{number}" if post.id is None or post.id == "" else str(post.id),
        post.text,
        "post",
        (),
        audience,
        "" if post.author is None else str(post.author),
        "" if post.thread is None else str(post.thread),
        post.url or "",
        when(post.published) if post.published else "",
        post.lang or "",
        surface=post.surface or "",
        jurisdiction=post.jurisdiction or "",
    )


def _loose(value: Any, problems: list[Problem], name: str, number: int, attach: Attach) -> Content:
    """Give a post from whatever JSON there is, naming what could not be used."""
    place = f"{name}:{number}"
    if not isinstance(value, dict):
        return refused(place, *(problems or [not_a_post(f"item {number} of `{name}`")]))
    named = value.get("media")
    paths = [named] if isinstance(named, str) and named else named if isinstance(named, list) else []
    return post(value, [path for path in paths if isinstance(path, str) and path], problems, place, attach)


def post(value: Mapping[str, Any], paths: list[str], problems: list[Problem], place: str, attach: Attach) -> Content:
    """Give a post from its fields and media paths; `place` stands in for a missing id."""
    attachments, missing = media(paths, attach)
    problems = [*problems, *missing]
    text, audience = value.get("text"), value.get("audience")
    if not isinstance(text, str) and not paths:
        problems.append(Problem("no-text", f"{place} has neither `text` nor `media`", "check the names of the fields"))
    known = _AUDIENCES.get(audience) if audience is None or isinstance(audience, str) else None
    if known is None:
        what = f"the audience `{str(audience)[:50]}` of {place} is not known; it is taken as public"
        problems.append(Problem("bad-field", what, "write public, open, closed or private"))
    return Content(
        id=words(value.get("id")) or place,
        text=words(text),
        attachments=attachments,
        audience=known or Audience.PUBLIC,
        author=words(value.get("author")),
        thread=words(value.get("thread")),
        url=words(value.get("url")),
        published=when(value.get("published")),
        language=words(value.get("lang")),
        surface=words(value.get("surface")),
        jurisdiction=words(value.get("jurisdiction")),
        problems=tuple(problems),
    )
