"""What every reader of platform exports must do. Inherit `ExportsContract`, give `exports` and `payloads`, and these laws are tested."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.model.content import Attachment, Content, Problem
from forestall.model.ports import Exports

HEAD = 64 * 1024
BARE: Mapping[str, bytes] = {
    "empty": b"",
    "text": b"Dear all,\nthe text, id and media of this letter are in order.\n",
    "mail": b"From: a@b.example\nTo: c@d.example\nSubject: x\n\nFrom a to b\n",
    "page": b"<!DOCTYPE html><html><body><p>feed</p></body></html>",
    "picture page": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "JPEG": b"\xff\xd8\xff\xe0" + bytes(64),
    "PDF": b"%PDF-1.7\n1 0 obj\n",
    "ZIP": b"PK\x03\x04" + bytes(64),
    "settings": b'{"name": "x", "version": "1.0", "scripts": {"text": "y"}}',
    "numbers": b"[1, 2, 3]",
    "table of something else": b"name,age\nann,3\n",
    "half a brace": b'{"',
}
"""Files that hold no posts."""


class ExportsContract:
    """The laws of reading exports. `payloads` are files by the format they are in."""

    exports: Exports
    payloads: ClassVar[Mapping[Path, str]]

    def read(self, path: Path, data: bytes) -> list[Content]:
        """Read bytes as the format of a payload, with media that is never there."""
        return list(self.exports.read(self.payloads[path], "export", io.BytesIO(data), _absent))

    def test_recognised_by_content(self) -> None:
        """A payload is what it is under any name, and the name decides nothing."""
        for path, format_name in self.payloads.items():
            for name in (path.name, "download", "photo.png"):
                assert self.exports.recognise(name, path.read_bytes()[:HEAD]) == format_name, path.name

    @pytest.mark.parametrize("kind", BARE)
    def test_bare_files_are_not_exports(self, kind: str) -> None:
        """A file without posts is left to be opened as a file."""
        assert self.exports.recognise("file", BARE[kind]) == ""

    @given(
        data=st.binary(max_size=200),
        start=st.sampled_from([b"", b"{", b"[", b"<", b"<?xml", b"From ", b"id,text\n", b"\xff\xfe"]),
    )
    @settings(max_examples=200, derandomize=True, deadline=None)
    def test_any_bytes_can_be_asked_about(self, data: bytes, start: bytes) -> None:
        """Recognising raises on nothing."""
        assert isinstance(self.exports.recognise("any", start + data), str)

    def test_items_are_whole(self) -> None:
        """Every item of a payload has an id of its own and says something: words, a file, a link or a problem."""
        for path in self.payloads:
            items = self.read(path, path.read_bytes())
            assert items, path.name
            assert len({item.id for item in items}) == len(items), path.name
            assert all(item.id and (item.text or item.attachments or item.links or item.problems) for item in items)

    def test_reading_again_gives_the_same(self) -> None:
        """The same bytes give the same items."""
        for path in self.payloads:
            assert self.read(path, path.read_bytes()) == self.read(path, path.read_bytes()), path.name

    def test_what_breaks_off_is_read_up_to_there(self) -> None:
        """Cut anywhere, a payload never raises and never gives more items than it has, one for the break aside."""
        for path in self.payloads:
            data = path.read_bytes()
            most = len(self.read(path, data)) + 2
            for cut in range(0, len(data), 7):
                assert len(self.read(path, data[:cut])) <= most, f"{path.name} cut at {cut}"

    @given(place=st.floats(0, 1), put=st.binary(min_size=1, max_size=4), choice=st.integers(0, 1_000))
    @settings(max_examples=300, derandomize=True, deadline=None)
    def test_broken_bytes_raise_nothing(self, place: float, put: bytes, choice: int) -> None:
        """With any bytes put anywhere a payload is still read, with a problem where it has to be."""
        path = sorted(self.payloads)[choice % len(self.payloads)]
        data = path.read_bytes()
        at = int(place * len(data))
        for item in self.read(path, data[:at] + put + data[at + len(put) :]):
            assert item.id

    def test_media_comes_from_the_caller_only(self) -> None:
        """Files are fetched through `attach`, by relative paths; what it cannot give is a problem on the item that names it."""
        asked: list[str] = []

        def attach(named: str) -> Attachment | Problem:
            asked.append(named)
            return Attachment(named, b"data") if len(asked) % 2 else Problem("missing", "it is not there")

        items: list[Content] = []
        for path, format_name in self.payloads.items():
            items += self.exports.read(format_name, "export", io.BytesIO(path.read_bytes()), attach)
        fetched = [attachment.name for item in items for attachment in item.attachments if attachment.data == b"data"]
        missing = [problem for item in items for problem in item.problems if problem.cause == "missing"]
        assert len(fetched) + len(missing) == len(asked)
        assert asked
        assert not any(named.startswith("/") or "://" in named for named in asked)

    def test_reading_waits_for_the_reader(self) -> None:
        """Nothing is read before the first item is asked for."""
        for format_name in self.payloads.values():
            items: Iterator[Any] = self.exports.read(format_name, "export", _Unreadable(), _absent)
            with pytest.raises(OSError, match="asked"):
                list(items)


class _Unreadable(io.BytesIO):
    """A file that fails as soon as it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("asked")

    def readline(self, size: int | None = -1, /) -> bytes:
        raise OSError("asked")


def _absent(named: str) -> Problem:
    return Problem("missing", f"`{named}` is not there")
