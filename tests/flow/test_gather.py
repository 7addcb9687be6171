"""Whatever an operator points at becomes items in a stable order; nothing is skipped silently and nothing escapes its folder."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from forestall.flow.gather import Gatherer
from forestall.model.content import Attachment, Content, Problem
from forestall.model.errors import BadInput
from tests.support import PlainOpener


class LineExports:
    """An export format for tests: files that begin with `POSTS`; each further line is `text` or `text|media`."""

    def recognise(self, name: str, head: bytes) -> str:
        """Recognise by content."""
        return "lines" if head.startswith(b"POSTS") else ""

    def read(
        self, format_name: str, name: str, source: BinaryIO, attach: Callable[[str], Attachment | Problem]
    ) -> Iterator[Content]:
        """Give a post per line."""
        for number, line in enumerate(source.read().decode().splitlines()[1:], 1):
            text, _, media = line.partition("|")
            got = attach(media) if media else None
            attachments = (got,) if isinstance(got, Attachment) else ()
            problems = (got,) if isinstance(got, Problem) else ()
            yield Content(f"{name}:{number}", text, attachments=attachments, problems=problems)


def gather(*paths: Path | str, stdin: bytes = b"", max_bytes: int = 1000) -> list[Content]:
    """Gather with small limits."""
    gatherer = Gatherer(LineExports(), PlainOpener(), max_bytes, 3)
    return list(gatherer.gather([str(path) for path in paths], io.BytesIO(stdin)))


def causes(contents: list[Content]) -> list[str]:
    """Give the causes of all problems."""
    return [problem.cause for content in contents for problem in content.problems]


def test_posts_come_first_and_their_media_only_once(tmp_path: Path) -> None:
    """A file that a post names belongs to the post; other files are items of their own."""
    (tmp_path / "a.txt").write_text("alone")
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "pic.txt").write_text("picture")
    (tmp_path / "posts").write_text("POSTS\nhello|media/pic.txt\nagain|media/pic.txt")
    items = gather(tmp_path)
    assert [item.id for item in items] == ["posts:1", "posts:2", "a.txt"]
    assert items[1].attachments[0].data == b"picture"
    assert items[2].kind == "file"


@pytest.mark.parametrize("named", ["../secret", "/etc/hostname", "link-out", "x/../../secret", "nul\0"])
def test_media_outside_the_folder_is_refused(tmp_path: Path, named: str) -> None:
    """A post cannot make us read a file outside the folder that is screened."""
    (tmp_path / "secret").write_text("secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link-out").symlink_to(tmp_path / "secret")
    (inside / "posts").write_text(f"POSTS\nhello|{named}")
    posts = [item for item in gather(inside) if item.id == "posts:1"]
    assert posts[0].attachments == ()
    assert causes(posts)[0] in {"unsafe-path", "missing"}


def test_links_and_special_files_are_named(tmp_path: Path) -> None:
    """A link or a pipe in a folder is an item that says why it was not read."""
    import os

    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "pipe")
    items = gather(tmp_path)
    assert sorted(causes(items)) == ["unsafe-path", "unsupported"]
    assert "real.txt" in {item.id for item in items}


def test_a_folder_that_changes_while_read(tmp_path: Path) -> None:
    """A file that vanishes between listing and reading is an item with a problem, and the rest continues."""
    for name in "abc":
        (tmp_path / name).write_text(name)
    gatherer = Gatherer(LineExports(), PlainOpener(), 1000, 3)
    items = []
    for item in gatherer.gather([str(tmp_path)]):
        items.append(item)
        (tmp_path / "b").unlink(missing_ok=True)
    assert [item.id for item in items] == ["a", "b", "c"]
    assert causes(items) == ["missing"]


def test_too_large_a_file_is_named_without_being_read(tmp_path: Path) -> None:
    """A file over the limit is an item that says so."""
    (tmp_path / "big").write_bytes(b"x" * 1001)
    items = gather(tmp_path / "big")
    assert causes(items) == ["too-large"]
    assert items[0].attachments == ()


def test_archives_are_opened_member_by_member(tmp_path: Path) -> None:
    """Posts in an archive find their media in it; damaged members are named; other members are items."""
    archive = b"PK\x03\x04\nposts=POSTS\nbad=\nother.txt=hello"
    (tmp_path / "a.zip").write_bytes(archive)
    items = gather(tmp_path)
    assert [item.id for item in items] == ["a.zip/bad", "a.zip/other.txt"]
    assert causes(items) == ["damaged"]


def test_standard_input_of_both_kinds() -> None:
    """Standard input is read as posts where it holds posts, else as one item."""
    assert [item.id for item in gather("-", stdin=b"POSTS\none\ntwo")] == ["-:1", "-:2"]
    (item,) = gather("-", stdin=b"just text")
    assert (item.id, item.attachments[0].data) == ("-", b"just text")


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """A mistyped path stops with words, before anything is screened."""
    with pytest.raises(BadInput, match="does not exist"):
        gather(tmp_path / "nope")
