"""What all export formats share: bounded reading, lenient JSON, media by path, and how we say what could not be read."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from forestall.exchange.platform.pieces import Broken, Path, Piece, pieces
from forestall.model.content import Attachment, Content, Problem
from forestall.model.ids import instant

Attach = Callable[[str], Attachment | Problem]
"""Fetches a media path named in an export."""

LONGEST_LINE = 16 * 1024 * 1024
"""Most bytes of one line."""
LONGEST_RECORD = 4 * 1024 * 1024
"""Most bytes of one post whose JSON has to be built in memory first."""
LARGEST_FILE = 256 * 1024 * 1024
"""Most bytes of a file that must be read whole."""
MOST_MEDIA = 32
"""Most files fetched for one post."""

_CHUNK = 64 * 1024
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


class Unreadable(Exception):
    """Carries the problem of a file that cannot be read at all to `PlatformExports.read`; never leaves this folder."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def lines(source: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Give the lines of a file with their numbers from 1; a line over 16 MiB is None and is not kept in memory."""
    number = 0
    while line := source.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) <= LONGEST_LINE:
            yield number, line
            continue
        while not line.endswith(b"\n") and (line := source.readline(_CHUNK)):
            pass
        yield number, None


def whole(name: str, source: BinaryIO) -> bytes:
    """Give all bytes of a file; raises Unreadable where there are too many."""
    data = source.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        what = f"`{name}` is larger than {LARGEST_FILE:,} bytes, the most that is read of one JSON or XML file"
        raise Unreadable(Problem("too-large", what, "export it in parts, or as one post per line (JSONL)"))
    return data.removeprefix(b"\xef\xbb\xbf")


def lenient(data: bytes, where: str) -> tuple[Any, list[Problem]]:
    """Give the JSON value in bytes with what was wrong about it; the value is None where there is none.

    Invalid UTF-8 is replaced and named; lone surrogates, control characters in texts and `NaN` pass.
    """
    if len(data) > LONGEST_RECORD:
        return None, [not_json(where, f"and over {LONGEST_RECORD:,} bytes only valid JSON is read")]
    text = data.decode("utf-8", "replace")
    problems = [encoding(where)] if "\ufffd" in text and text.encode("utf-8") != data else []
    try:
        return json.loads(text, strict=False), problems
    except RecursionError:
        return None, [too_deep(where)]
    except ValueError as error:
        return None, [*problems, not_json(where, str(error))]


@dataclass(frozen=True, slots=True)
class Record:
    """One element of a list of posts: its number from 1, its fields (None where it cannot be read), and what was wrong."""

    number: int
    value: dict[str, Any] | None
    problems: list[Problem]


def records(
    name: str, source: BinaryIO, elements: Iterable[Path], values: Iterable[Path] = ()
) -> Iterator[Record | Piece]:
    """Give the posts of one JSON value one by one, with the plain values and beginnings of containers on the way (`pieces`).

    JSON that breaks off or holds no such list ends with a record that says so.
    """
    wanted = frozenset(elements)
    number, listed = 0, () in wanted
    try:
        for piece in pieces(whole(name, source), wanted, values):
            if piece.path in wanted and not piece.opens:
                number += 1
                yield record(piece.data, number, f"item {number} of `{name}`")
            else:
                listed = listed or (piece.data == b"[" and (*piece.path, "*") in wanted)
                yield piece
    except Broken as error:
        yield Record(number + 1, None, [not_json(f"`{name}`", str(error))])
        return
    if not listed:
        what = f"`{name}` looks like an export of posts but holds no list of them"
        yield Record(number + 1, None, [Problem("not-a-post", what, "export it again")])


def record(data: bytes, number: int, where: str) -> Record:
    """Give one element as a mapping, with what was wrong about it."""
    if len(data) > LONGEST_RECORD:
        return Record(number, None, [too_long(where, LONGEST_RECORD)])
    try:
        value, problems = msgspec.json.decode(data), list[Problem]()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value, problems = lenient(data, where)
    if isinstance(value, dict):
        return Record(number, value, problems)
    return Record(number, None, problems or [not_a_post(where)])


def words(value: Any) -> str:
    """Give a text as it is, a number as digits, anything else as nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value) if not isinstance(value, int) or value.bit_length() < 1_000 else ""


def part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Give the mapping under a key, an empty one where there is none."""
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def parts(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Give the mappings in the list under a key; a single mapping counts as a list of one."""
    inner = value.get(key)
    if isinstance(inner, dict):
        return [inner]
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


def when(value: Any) -> str:
    """Give a text as it is and seconds or milliseconds since 1970 as an instant; nothing where it is neither."""
    if isinstance(value, str) and not value.isdigit():
        return value
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return ""
    if seconds > _LATEST:
        seconds /= 1_000
    return instant(seconds) if 0 <= seconds <= _LATEST else ""


def media(paths: Iterable[str], attach: Attach) -> tuple[tuple[Attachment, ...], list[Problem]]:
    """Fetch the files a post names; what is not fetched is a problem. Addresses are never fetched."""
    attachments: list[Attachment] = []
    problems: list[Problem] = []
    for count, path in enumerate(paths):
        if count == MOST_MEDIA:
            what = f"the post names more than {MOST_MEDIA} files; the others were not opened"
            problems.append(Problem("too-many-media", what, "look at the post on the platform"))
            break
        if is_remote(path):
            problems.append(_remote(path))
            continue
        fetched = attach(path.lstrip("/"))
        if isinstance(fetched, Problem):
            problems.append(fetched)
        else:
            attachments.append(fetched)
    return tuple(attachments), problems


def is_remote(path: str) -> bool:
    """Say whether a media path is an address."""
    return _REMOTE.match(path) is not None


def refused(content_id: str, *problems: Problem, kind: str = "post") -> Content:
    """Give the item that stands for something that could not be read."""
    return Content(content_id, kind=kind, problems=problems)


def _remote(address: str) -> Problem:
    what = f"the media at `{address[:200]}` was not looked at, because addresses are never fetched"
    return Problem("remote-media", what, "export the media too, and name it by its path")


def too_long(where: str, limit: int = LONGEST_LINE) -> Problem:
    """Say that a line or post was not read."""
    what = f"{where} is longer than {limit:,} bytes and was not read"
    return Problem("too-large", what, "split the post, or name long texts as files")


def not_json(where: str, detail: str) -> Problem:
    """Say that something is no JSON."""
    return Problem("not-json", f"{where} is not valid JSON ({detail[:200]})", "correct it, or export it again")


def too_deep(where: str) -> Problem:
    """Say that something is nested too deeply."""
    return Problem("too-deep", f"{where} is nested too deeply to be read", "look at it by hand; posts are flat")


def encoding(where: str) -> Problem:
    """Say that something is no valid UTF-8."""
    what = f"{where} is not valid UTF-8; what could not be read was replaced"
    return Problem("encoding", what, "save the file as UTF-8")


def not_a_post(where: str) -> Problem:
    """Say that something is JSON but no post."""
    return Problem("not-a-post", f"{where} is JSON, but not an object with a post", "write one object per post")
