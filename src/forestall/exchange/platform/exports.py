"""The exports of platforms: recognised by what is in them, read one post at a time."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import BinaryIO

from forestall.exchange.platform import discourse, feeds, mailbox, mastodon, matrix, posts, tables, telegram
from forestall.exchange.platform.recognise import recognised
from forestall.exchange.platform.source import Attach, Unreadable, refused
from forestall.model.content import Content

Read = Callable[[str, BinaryIO, Attach], Iterator[Content]]

FORMATS: Mapping[str, Read] = {
    "posts-lines": posts.read_lines,
    "posts-list": posts.read_list,
    "posts-one": posts.read_one,
    "posts-comma": partial(tables.read, delimiter=","),
    "posts-tab": partial(tables.read, delimiter="\t"),
    "posts-semicolon": partial(tables.read, delimiter=";"),
    "posts-bar": partial(tables.read, delimiter="|"),
    "mastodon": mastodon.read,
    "telegram": telegram.read,
    "matrix": matrix.read,
    "discourse": discourse.read,
    "feed": feeds.read,
    "mbox": mailbox.read,
}
"""Every format by name, and how it is read."""


class PlatformExports:
    """Implements `ports.Exports`: JSON lines, JSON, CSV and TSV of posts, Mastodon, Telegram, Matrix, Discourse, feeds, mbox."""

    def recognise(self, name: str, head: bytes) -> str:
        """Name the format of a file from its name and first 64 KiB; empty if it holds no posts (a bare file)."""
        return recognised(name, head)

    def read(self, format_name: str, name: str, source: BinaryIO, attach: Attach) -> Iterator[Content]:
        """Give the posts of a recognised file one by one.

        Content is never an error: what cannot be read is an item that says so, named by `name` and its line or number. Lines, rows
        and mails are read in constant memory; formats that are one JSON value up to 256 MiB. Raises OSError if reading itself fails.
        """
        try:
            yield from FORMATS[format_name](name, source, attach)
        except Unreadable as error:
            yield refused(name, error.problem, kind="file")
