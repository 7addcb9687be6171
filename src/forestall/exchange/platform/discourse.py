"""Discourse: a topic as JSON (`/t/<id>.json`), posts as cooked HTML."""

import io
from collections.abc import Iterator
from html import escape
from typing import BinaryIO

from forestall.exchange.platform.pieces import Piece
from forestall.exchange.platform.source import Attach, lenient, records, refused, when, whole, words
from forestall.model.content import Audience, Content, Markup

_POSTS = ("post_stream", "posts", "*")


def read(name: str, source: BinaryIO, _attach: Attach) -> Iterator[Content]:
    """Give the posts of a topic in order; the title stands before the first. Pictures are links in the HTML and are not fetched.

    The title and what else is said about the topic stand behind its posts, so the file is walked twice.
    """
    data = whole(name, source)
    topic: dict[str, str] = {}
    for found in records(name, io.BytesIO(data), (), [("id",), ("title",), ("archetype",)]):
        if isinstance(found, Piece) and not found.opens:
            topic[found.path[0]] = words(lenient(found.data, name)[0])
    audience = Audience.PRIVATE if topic.get("archetype") == "private_message" else Audience.PUBLIC
    title = f"<h1>{escape(topic['title'])}</h1>" if topic.get("title") else ""
    for found in records(name, io.BytesIO(data), [_POSTS]):
        if isinstance(found, Piece):
            continue
        post = found.value
        if post is None:
            yield refused(f"{name}:{found.number}", *found.problems)
            continue
        yield Content(
            id=words(post.get("id")) or f"{name}:{found.number}",
            text=title + words(post.get("cooked")),
            audience=audience,
            author=words(post.get("user_id")) or words(post.get("username")),
            thread=words(post.get("topic_id")) or topic.get("id", ""),
            url=words(post.get("post_url")),
            published=when(post.get("created_at")),
            markup=Markup.HTML,
            problems=tuple(found.problems),
        )
        title = ""
