"""What every opener must do. Inherit `OpenerContract`, give the fixture `opener`, and the laws below are tested."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.model.content import Attachment, Problem
from forestall.model.ports import Opener
from forestall.model.reading import Role

ALPHABET = "abc \N{ARABIC LETTER ALEF}\N{ARABIC LETTER BEH}"

_GENTLE = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
_HEADS = st.sampled_from(
    (
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"%PDF-1.7\n",
        b"\x1f\x8b\x08",
    )
)


class OpenerContract:
    """The laws of an opener."""

    @pytest.fixture
    def opener(self) -> Opener:
        """Give an opener with default settings; the inheriting class closes it."""
        raise NotImplementedError

    @_GENTLE
    @given(head=_HEADS, tail=st.binary(max_size=300))
    def test_any_bytes_are_taken(self, opener: Opener, head: bytes, tail: bytes) -> None:
        """Nothing a file holds makes an opener raise, and every file is there with its size and digests."""
        data = head + tail
        found = opener.open(Attachment("file", data))
        facts = found.files[0]
        assert (facts.part, facts.size) == ("file", len(data))
        assert facts.md5 == hashlib.md5(data).hexdigest()
        assert facts.sha1 == hashlib.sha1(data).hexdigest()
        assert facts.sha256 == hashlib.sha256(data).hexdigest()

    @_GENTLE
    @given(head=_HEADS, tail=st.binary(max_size=300))
    def test_any_bytes_can_be_unpacked(self, opener: Opener, head: bytes, tail: bytes) -> None:
        """Unpacking anything ends, gives files and problems only, and a file that is no archive gives nothing."""
        given_back = list(opener.unpack(Attachment("file", head + tail)))
        assert all(isinstance(thing, Attachment | Problem) for thing in given_back)
        if not head.startswith((b"PK", b"\x1f\x8b")) and not tail.startswith((b"PK", b"\x1f\x8b", b"BZh", b"\xfd7z")):
            assert not given_back

    @_GENTLE
    @given(text=st.text(alphabet=ALPHABET, min_size=1, max_size=200).filter(str.strip))
    def test_a_text_comes_out_as_it_went_in(self, opener: Opener, text: str) -> None:
        """A plain text in UTF-8 is one segment of role page with exactly that text."""
        found = opener.open(Attachment("note.txt", text.encode()))
        assert [(segment.part, segment.role, segment.text) for segment in found.segments] == [
            ("note.txt", Role.PAGE, text)
        ]
        assert not found.problems

    def test_names_are_taken_as_they_are(self, opener: Opener) -> None:
        """A name of any kind, even one that is no valid Unicode, comes back as the part it names."""
        for name in ("", "../../a", "a\0b", "\udcff.png", "x" * 5000):
            assert opener.open(Attachment(name, b"text")).files[0].part == name

    def test_every_problem_says_what_next(self, opener: Opener) -> None:
        """What cannot be read says which part, what happened, and what the operator can do."""
        for data in (b"", b"\x89PNG\r\n\x1a\nno", b"PK\x03\x04no", b"\x00\x01\x02\x03" * 9):
            found = opener.open(Attachment("file", data))
            assert found.problems
            for problem in found.problems:
                assert problem.part.startswith("file")
                assert problem.cause
                assert problem.what
                assert problem.next_step

    def test_opening_again_gives_the_same(self, opener: Opener) -> None:
        """The same bytes give the same result, whatever was opened in between."""
        first = opener.open(Attachment("a", b"some text"))
        opener.open(Attachment("b", b"\x89PNG\r\n\x1a\nbroken"))
        assert opener.open(Attachment("a", b"some text")) == first

    def test_closing_twice_is_closing_once(self, opener: Opener) -> None:
        """Closing again does nothing."""
        opener.close()
        opener.close()
