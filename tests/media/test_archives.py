"""Archives: every member opened under its path; bombs, escapes, locks and lies named; the rest goes on."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.media import Box, zips
from forestall.media.warmup import zipped
from forestall.model.content import Attachment, Problem
from forestall.model.settings import Settings
from tests.media.samples import (
    PACKERS,
    causes,
    nested,
    opened,
    painting,
    parts,
    saved,
    tarred,
    texts,
    zip_claiming,
    zip_link,
    zip_locked,
    zip_overlapping,
)

MIB = 1024 * 1024
FILES = {"a.txt": b"first", "folder/b.txt": b"second", "folder/deep/c.txt": b"third"}


@pytest.fixture(scope="module")
def small() -> Iterator[Box]:
    """Give a box with small limits."""
    made = Box(Settings(box_workers=1, max_entries=20, max_depth=3, max_file_bytes=2 * MIB))
    yield made
    made.close()


def packings() -> dict[str, bytes]:
    """Give the same files in every kind of archive."""
    tar = tarred(FILES)
    return {"zip": zipped(FILES), "tar": tar, **{f"tar.{name}": pack(tar) for name, pack in PACKERS.items()}}


@pytest.mark.parametrize("kind", packings())
def test_members_are_opened_under_their_paths(box: Box, kind: str) -> None:
    """Every kind of archive opens to its members' texts, each under the archive's name and its own path."""
    found = opened(box, packings()[kind], "a.x")
    assert not found.problems
    assert [(segment.part, segment.text) for segment in found.segments] == [
        ("a.x/a.txt", "first"),
        ("a.x/folder/b.txt", "second"),
        ("a.x/folder/deep/c.txt", "third"),
    ]
    assert parts(found)[0] == "a.x"
    assert len(parts(found)) == 4


@pytest.mark.parametrize("kind", packings())
def test_members_come_one_by_one(box: Box, kind: str) -> None:
    """Unpacking gives the members as files, named by their path in the archive."""
    members = list(box.unpack(Attachment("a.x", packings()[kind])))
    assert [(member.name, member.data) for member in members if isinstance(member, Attachment)] == [
        (f"a.x/{name}", data) for name, data in FILES.items()
    ]


@pytest.mark.parametrize("name", PACKERS)
def test_a_single_packed_file_is_opened(box: Box, name: str) -> None:
    """A file that is packed without being an archive is opened too."""
    found = opened(box, PACKERS[name](b"alone"), "a.txt.x")
    assert [(segment.part, segment.text) for segment in found.segments] == [("a.txt.x/content", "alone")]


def test_other_zip_writers_are_understood(box: Box) -> None:
    """Archives as the standard library writes them, stored, deflated, bzipped, streamed or with bytes before them, are read."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", method) as archive:
            for name, data in FILES.items():
                with archive.open(name, "w", force_zip64=True) as member:
                    member.write(data)
            archive.writestr("empty/", b"")
            archive.comment = b"a comment"
        assert texts(opened(box, sink.getvalue())) == ["first", "second", "third"]
        assert texts(opened(box, b"MZ" + b"\0" * 500 + sink.getvalue())) == ["first", "second", "third"]


def test_a_method_we_do_not_know_is_named(box: Box) -> None:
    """A member compressed in a way we cannot undo is named; its neighbours are read."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", b"unread")
        archive.writestr("b.txt", b"read", zipfile.ZIP_STORED)
    found = opened(box, sink.getvalue(), "z")
    assert texts(found) == ["read"]
    assert [(problem.cause, problem.part) for problem in found.problems] == [("unsupported", "z/a.txt")]


def test_a_64_bit_archive_is_read(box: Box) -> None:
    """Offsets and sizes in the 64-bit fields are followed."""
    data = zipped({"a.txt": b"wide"})
    line_at, end_at = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    line = bytearray(data[line_at:end_at])
    packed, size = struct.unpack_from("<2L", line, 20)
    struct.pack_into("<2L", line, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<L", line, 42, 0xFFFFFFFF)
    struct.pack_into("<H", line, 30, 28)
    line += struct.pack("<2H3Q", 1, 24, size, packed, 0)
    end = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 1, 1, len(line), line_at)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, line_at + len(line), 1)
    tail = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert texts(opened(box, data[:line_at] + bytes(line) + end + locator + tail)) == ["wide"]


UNSAFE = {
    "a step up": zipped({"../../etc/evil.txt": b"evil"}),
    "a step up in a tar": tarred({"../../etc/evil.txt": b"evil"}),
    "an absolute path": tarred({"/etc/evil.txt": b"evil"}),
    "a drive": zipped({"C:\\etc\\evil.txt": b"evil"}),
    "a hidden step": zipped({"etc\\..\\..\\evil.txt": b"evil"}),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_names_are_named_and_made_safe(box: Box, name: str) -> None:
    """A member whose name leads outside is named as such, and opened under a name that does not."""
    found = opened(box, UNSAFE[name], "a")
    assert causes(found) == ["unsafe-path"]
    assert texts(found) == ["evil"]
    assert found.segments[0].part.startswith("a/")
    assert ".." not in found.segments[0].part
    members = list(box.unpack(Attachment("a", UNSAFE[name])))
    assert [type(member) for member in members] == [Problem, Attachment]


@pytest.mark.parametrize("data", [zip_link("a", b"/etc/passwd"), tarred({"a": "/etc/passwd"})], ids=["zip", "tar"])
def test_links_are_named_and_not_followed(box: Box, data: bytes) -> None:
    """A symbolic link is named and nothing is made of it."""
    found = opened(box, data)
    assert causes(found) == ["unsafe-path"]
    assert "a link" in found.problems[0].what
    assert not found.segments
    assert causes(box.unpack(Attachment("a", data))) == ["unsafe-path"]


def test_devices_are_named(box: Box) -> None:
    """A device or pipe in an archive is named and nothing is made of it."""
    data = bytearray(tarred({"a": b""}))
    data[156:157] = b"3"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    found = opened(box, bytes(data))
    assert causes(found) == ["unsafe-path"]
    assert "a device" in found.problems[0].what


def test_a_locked_member_is_named(box: Box) -> None:
    """A member that needs a password says so, under its name."""
    (problem,) = opened(box, zip_locked("plan.txt"), "z").problems
    assert (problem.cause, problem.part) == ("encrypted", "z/plan.txt")


BOMBS: dict[str, Callable[[], bytes]] = {
    "deflated zeros": lambda: zipped({"zeros": b"\0" * 40 * MIB}),
    "many zeros": lambda: zipped({str(n): b"\0" * 2 * MIB for n in range(15)}),
    "zeros in a tar.gz": lambda: PACKERS["gz"](tarred({"zeros": b"\0" * 40 * MIB})),
    "a gzip of zeros": lambda: PACKERS["gz"](b"\0" * 40 * MIB),
    "an xz of zeros": lambda: PACKERS["xz"](b"\0" * 40 * MIB),
    "a bzip2 of zeros": lambda: PACKERS["bz2"](b"\0" * 40 * MIB),
    "zeros nested": lambda: zipped({f"{n}.zip": zipped({"zeros": b"\0" * 4 * MIB}) for n in range(10)}),
    "zeros nested twice": lambda: zipped({"a.gz": PACKERS["gz"](PACKERS["gz"](b"\0" * 40 * MIB))}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_named(box: Box, name: str) -> None:
    """A file that unpacks to far more than it weighs, at once, in pieces or nested, is named and left early."""
    found = opened(box, BOMBS[name]())
    assert "archive-ratio" in causes(found)
    assert set(causes(found)) <= {"archive-ratio", "unsupported"}


def test_a_bomb_of_shared_bytes_is_named(box: Box) -> None:
    """Members that all are the same bytes, a bomb without nesting, are refused and counted."""
    found = opened(box, zip_overlapping())
    assert causes(found) == ["archive-overlap"]
    assert "200 of 200" in found.problems[0].what
    assert parts(found) == ["file"]


def test_a_lie_about_size_is_named_before_unpacking(small: Box) -> None:
    """A member that says it is far larger than it may be is named without being unpacked; so is one that says it is smaller."""
    assert causes(opened(small, zip_claiming("a", b"abc", 4_000_000_000))) == ["archive-ratio"]
    found = opened(small, zip_claiming("a", b"abc" * 9, 3))
    assert texts(found) == ["abc" * 9]
    assert causes(found) == ["truncated"]


def test_a_member_too_large_is_left_and_the_next_is_read(small: Box) -> None:
    """A member over the size of a file is named; those after it are read."""
    large = np.random.default_rng(1).integers(0, 4, 5 * MIB // 2, dtype=np.uint8).tobytes()
    files = {"a.bin": large, "b.txt": b"next"}
    for data in (zipped(files), PACKERS["gz"](tarred(files))):
        found = opened(small, data, "z")
        assert [(problem.cause, problem.part) for problem in found.problems] == [("too-large", "z/a.bin")]
        assert texts(found) == ["next"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_too_many_members_are_named(small: Box, kind: str) -> None:
    """An archive of more members than we open is read up to there and says so once."""
    files = {f"{number}.txt": b"text" for number in range(100)}
    data = zipped(files) if kind == "zip" else tarred(files)
    found = opened(small, data)
    assert causes(found) == ["too-many-entries"]
    assert texts(found) == ["text"] * 20
    assert causes(small.unpack(Attachment("a", data))) == ["too-many-entries"]


def test_a_million_claimed_members_cost_nothing(box: Box) -> None:
    """A list of members that repeats itself endlessly is read only as far as the limit."""
    one = zipped({"": b""})
    line = one[one.index(b"PK\1\2") : one.index(b"PK\5\6")]
    lines = line * (20 * MIB // len(line))
    data = one[: one.index(b"PK\1\2")] + lines + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 0, 0, len(lines), len(one), 0)
    found = opened(box, data)
    assert {"archive-overlap"} <= set(causes(found)) <= {"archive-overlap", "damaged"}


def test_nesting_is_followed_to_the_limit(small: Box) -> None:
    """Archives inside archives are opened as deep as we follow; one level more is named, with its digests."""
    assert texts(opened(small, nested(3))) == ["the end"]
    found = opened(small, nested(4), "n")
    assert causes(found) == ["too-deep"]
    assert parts(found)[-1] == "n/3.zip/2.zip/1.zip"
    assert causes(opened(small, nested(50))) == ["too-deep"]


def test_an_archive_that_holds_itself_ends(box: Box) -> None:
    """An archive in which every member is an archive of archives is followed to the limit and no further."""
    data = b"leaf"
    for _ in range(8):
        data = zipped({f"{number}.zip": data for number in range(3)})
    found = opened(box, data)
    assert set(causes(found)) == {"too-deep"}
    assert len(parts(found)) == 1 + 3 + 9 + 27 + 81


def test_broken_archives_give_what_there_is(box: Box) -> None:
    """A truncated archive gives the members before the break, and the break is named."""
    tar = tarred({"a.txt": b"first", "b.txt": b"x" * 200_000})
    found = opened(box, tar[:100_000])
    assert texts(found)[0] == "first"
    assert set(causes(found)) == {"truncated"}
    found = opened(box, PACKERS["gz"](tarred(FILES))[:-30])
    assert causes(found) == ["truncated"]
    assert causes(opened(box, zipped(FILES)[:-30])) == ["damaged"]
    assert causes(opened(box, PACKERS["gz"](b"a")[:5])) == ["damaged"]


def test_a_broken_member_costs_only_itself(box: Box) -> None:
    """A member whose bytes are broken is given as far as it goes; the others are whole."""
    data = bytearray(zipped({"a.txt": bytes(range(32, 127)) * 40, "b.txt": b"second"}))
    data[60] ^= 0xFF
    found = opened(box, bytes(data), "z")
    assert "second" in texts(found)
    assert {problem.part for problem in found.problems} == {"z/a.txt"}


def test_equal_names_stay_apart(box: Box) -> None:
    """Members of one name get parts of their own."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", b"two")
    assert parts(opened(box, sink.getvalue(), "z")) == ["z", "z/a.txt", "z/a.txt~2"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_an_archive_behind_a_picture_is_found(box: Box, form: str) -> None:
    """An archive appended to a picture is named, and both are opened."""
    found = opened(box, saved(painting(), form) + zipped({"a.txt": b"behind"}), "p")
    assert causes(found) == ["hidden-archive"]
    assert texts(found) == ["behind"]
    assert len(found.planes) == 1


def test_one_bad_member_among_many(box: Box) -> None:
    """In an archive of broken, strange and sound files, the sound ones are read and each other one is named."""
    members = {
        "a.txt": b"read",
        "b.png": b"\x89PNG\r\n\x1a\nno",
        "c.bin": b"\x00\x01\x02\x03" * 30,
        "d.zip": b"PK\x03\x04no",
        "e.pdf": b"%PDF-1.7 no",
        "__MACOSX/._a.txt": b"\x00\x05\x16\x07" + b"\0" * 80,
        "f.txt": b"read too",
        "g.txt": b"",
    }
    found = opened(box, zipped(members), "z")
    assert texts(found) == ["read", "read too"]
    assert {problem.part: problem.cause for problem in found.problems} == {
        "z/b.png": "damaged",
        "z/c.bin": "unsupported",
        "z/d.zip": "damaged",
        "z/e.pdf": "damaged",
    }
    assert len(found.files) == 1 + len(members)


def test_problems_are_bounded(box: Box) -> None:
    """A thousand broken members are not a thousand problems: the same cause is named 25 times, and that there are more."""
    found = opened(box, zipped({f"{number}.png": b"\x89PNG\r\n\x1a\nno" for number in range(1000)}))
    assert causes(found) == ["damaged"] * 25
    assert "more like this" in found.problems[-1].what


@given(data=st.binary(max_size=120), at=st.integers(0, 200), broken=st.binary(max_size=8))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_any_directory_is_read_or_refused(data: bytes, at: int, broken: bytes) -> None:
    """Reading a list of members gives entries or one of the documented errors, whatever is changed in it."""
    archive = zipped({"a.txt": data, "b/c.txt": b"second"})
    changed = archive[:at] + broken + archive[at + len(broken) :]
    try:
        entries = list(zips.directory(changed))
    except zips.BROKEN:
        return
    assert all(isinstance(entry.name, str) for entry in entries)
    zips.appended(changed)
