"""Gather: turn paths, folders, archives and standard input into content, one item at a time, in a stable order.

Posts in files that platforms export become posts; any other file becomes one item of kind `file`. A file that a post
names as its media belongs to that post and is not screened a second time. Nothing is skipped silently: what can't be
opened is an item with a Problem.
"""

import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from forestall.flow.intake import valid
from forestall.model.content import Attachment, Content, Problem
from forestall.model.errors import BadInput
from forestall.model.ports import Exports, Opener

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at to recognise it."""
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_TAR_MAGIC = (257, b"ustar")

Attach = Callable[[str], Attachment | Problem]


@dataclass(slots=True)
class Gatherer:
    """Reads sources. `max_bytes` is the largest bare file, `max_depth` the deepest nesting of archives."""

    exports: Exports
    opener: Opener
    max_bytes: int
    max_depth: int
    _taken: set[Path] = field(default_factory=set)

    def gather(self, paths: Iterable[str], stdin: BinaryIO | None = None) -> Iterator[Content]:
        """Give the content of all paths in order; raises BadInput for a path that does not exist at all."""
        for given in paths:
            if given == "-":
                yield from self._stream("-", io.BufferedReader(_Raw(stdin or io.BytesIO()), HEAD_BYTES * 2))
                continue
            path = Path(given)
            if not path.exists():
                raise BadInput(f"`{given}` does not exist", "check the path; use `-` to read standard input")
            if path.is_dir():
                yield from self._folder(path)
            else:
                yield from self._file(path, path.name, path.parent)

    def _folder(self, root: Path) -> Iterator[Content]:
        """Give a folder's content: files with posts first, so that their media is known, then the other files."""
        others: list[Path] = []
        for path in _walk(root):
            name = path.relative_to(root).as_posix()
            problem = _unfit(path)
            if problem is not None:
                yield _unreadable(name, problem)
            elif self._recognised(path):
                yield from self._file(path, name, root)
            else:
                others.append(path)
        for path in others:
            if path.resolve() not in self._taken:
                yield from self._file(path, path.relative_to(root).as_posix(), root)

    def _recognised(self, path: Path) -> bool:
        """Tell whether a file holds posts."""
        try:
            with path.open("rb") as file:
                return bool(self.exports.recognise(path.name, file.read(HEAD_BYTES)))
        except OSError:
            return False

    def _file(self, path: Path, name: str, root: Path) -> Iterator[Content]:
        """Give the content of one file; `root` bounds the media its posts may name."""
        try:
            with path.open("rb") as file:
                yield from self._stream(name, file, self._from_folder(path.parent, root))
        except OSError as error:
            yield _unreadable(name, _gone(name, error))

    def _stream(self, name: str, file: BinaryIO, attach: Attach | None = None) -> Iterator[Content]:
        """Give the content of an open file: posts where it is an export, members where it is an archive, else one item."""
        head = file.peek(HEAD_BYTES)[:HEAD_BYTES] if isinstance(file, io.BufferedReader) else b""
        if len(head) < HEAD_BYTES and file.seekable():
            head = file.read(HEAD_BYTES)
            file.seek(0)
        format_name = self.exports.recognise(name, head)
        if format_name:
            yield from self.exports.read(format_name, name, file, attach or _no_media)
            return
        data = file.read(self.max_bytes + 1)
        if len(data) > self.max_bytes:
            yield _unreadable(name, _too_large(name, self.max_bytes))
        elif _is_archive(data):
            yield from self._archive(Attachment(name, data), 1)
        else:
            yield Content(valid(name), kind="file", attachments=(Attachment(valid(name), data),))

    def _archive(self, archive: Attachment, depth: int) -> Iterator[Content]:
        """Give the content of an archive's members; an archive that holds nothing readable is one item itself."""
        members: dict[str, Attachment] = {}
        problems: list[Problem] = []
        for member in self.opener.unpack(archive):
            if isinstance(member, Problem):
                problems.append(member)
            else:
                members[member.name] = member
        for problem in problems:
            yield _unreadable(problem.part or archive.name, problem)
        if not members and not problems:
            yield Content(valid(archive.name), kind="file", attachments=(archive,))
            return
        taken: set[str] = set()
        others: list[Attachment] = []
        for name, member in members.items():
            format_name = self.exports.recognise(name, member.data[:HEAD_BYTES])
            if format_name:
                attach = _from_members(members, PurePosixPath(name).parent, taken)
                yield from self.exports.read(format_name, name, io.BytesIO(member.data), attach)
            else:
                others.append(member)
        for member in others:
            if member.name in taken:
                continue
            if _is_archive(member.data) and depth < self.max_depth:
                yield from self._archive(member, depth + 1)
            else:
                yield Content(valid(member.name), kind="file", attachments=(member,))

    def _from_folder(self, base: Path, root: Path) -> Attach:
        """Give the function that fetches media a post names, only from inside `root` and never through a link out of it."""
        bound = root.resolve()

        def attach(named: str) -> Attachment | Problem:
            try:
                path = (base / named).resolve()
                if not path.is_relative_to(bound):
                    return _outside(named)
                problem = _unfit(path)
                if problem is not None:
                    return problem
                self._taken.add(path)
                with path.open("rb") as file:
                    data = file.read(self.max_bytes + 1)
            except (OSError, ValueError) as error:
                return _gone(named, error)
            return _too_large(named, self.max_bytes) if len(data) > self.max_bytes else Attachment(valid(named), data)

        return attach


class _Raw(io.RawIOBase):
    """Lets a stream that is not seekable be peeked at through a BufferedReader."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub wants the wider Buffer
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _walk(root: Path) -> Iterator[Path]:
    """Give all entries below a folder that are not folders, in sorted order, without following links."""
    for folder, names, files in os.walk(root, followlinks=False):
        names.sort()
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        for name in sorted(files + links):
            yield Path(folder) / name


def _unfit(path: Path) -> Problem | None:
    """Say why a path is not a plain file to be read, or give None."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return _gone(path.name, error)
    if stat.S_ISLNK(mode):
        return Problem("unsafe-path", f"`{path.name}` is a link; links are not followed", "name its target directly")
    if not stat.S_ISREG(mode):
        return Problem("unsupported", f"`{path.name}` is not a plain file", "remove it from the folder")
    return None


def _is_archive(data: bytes) -> bool:
    """Tell whether bytes begin like a ZIP, TAR or compressed TAR; office documents are documents, not archives."""
    if data.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in data[:4096]:
        return False
    offset, magic = _TAR_MAGIC
    return data.startswith(_ARCHIVES) or data[offset : offset + len(magic)] == magic


def _from_members(members: dict[str, Attachment], base: PurePosixPath, taken: set[str]) -> Attach:
    """Give the function that fetches media a post names from among an archive's members."""

    def attach(named: str) -> Attachment | Problem:
        parts: list[str] = []
        for part in (base / named).parts:
            if part == "..":
                return _outside(named)
            if part != ".":
                parts.append(part)
        name = "/".join(parts)
        if name not in members:
            return _gone(named, None)
        taken.add(name)
        return members[name]

    return attach


def _no_media(named: str) -> Problem:
    """Say that media can't be fetched for posts from a stream."""
    what = f"the post names the media `{named}`, which can't be found from a stream"
    return Problem("missing", what, "screen the file from its folder instead of standard input", named)


def _unreadable(name: str, problem: Problem) -> Content:
    """Give the item that stands for something that could not be read."""
    named = problem if problem.part else replace(problem, part=valid(name))
    return Content(valid(name), kind="file", problems=(named,))


def _gone(name: str, error: Exception | None) -> Problem:
    """Say that a file is not there or can't be read."""
    why = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    what = f"`{valid(name)}` can't be read{why}"
    return Problem("missing", what, "check that the file is there and may be read, then screen it again", valid(name))


def _outside(name: str) -> Problem:
    """Say that a path leads out of the folder or archive."""
    what = f"`{valid(name)}` leads out of the folder that is screened"
    return Problem("unsafe-path", what, "put the file inside the folder", valid(name))


def _too_large(name: str, limit: int) -> Problem:
    """Say that a file is over the size limit."""
    what = f"`{valid(name)}` is larger than {limit:,} bytes and was not opened"
    return Problem("too-large", what, "raise `max_file_bytes`, or open it by hand", valid(name))
