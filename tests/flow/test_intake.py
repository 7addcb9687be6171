"""Intake makes hostile strings storable without moving an offset."""

from hypothesis import given
from hypothesis import strategies as st

from forestall.flow.intake import receive, revision_of, valid
from forestall.model.content import Attachment, Content


@given(st.text(st.characters(exclude_categories=()), max_size=50))
def test_valid_text_can_be_written_and_keeps_offsets(text: str) -> None:
    """Any string becomes writable UTF-8 of the same length, and doing it twice changes nothing."""
    clean = valid(text)
    assert len(clean) == len(text)
    clean.encode("utf-8")
    assert valid(clean) is clean


def test_surrogates_are_replaced_in_every_field() -> None:
    """A lone surrogate anywhere in the content is replaced."""
    bad = "a\ud800b"
    content = Content(bad, bad, author=bad, thread=bad, url=bad, links=(bad,), attachments=(Attachment(bad, b""),))
    clean = receive(content, 100)
    repr(clean).encode("utf-8")
    assert clean.text == "a\ufffdb"
    assert clean.attachments[0].name == "a\ufffdb"


def test_long_text_is_cut_and_named() -> None:
    """A text over the limit is read up to it, and the item says so."""
    clean = receive(Content("1", "x" * 101), 100)
    assert len(clean.text) == 100
    assert [problem.cause for problem in clean.problems] == ["text-too-long"]


def test_revision_changes_with_what_was_posted_only() -> None:
    """An edited text or file is another revision; the platform's id and the author are not part of it."""
    content = Content("1", "hello", attachments=(Attachment("a.png", b"1"),))
    same = Content("2", "hello", author="someone", attachments=(Attachment("a.png", b"1"),))
    assert revision_of(content) == revision_of(same)
    others = [
        Content("1", "hello!", attachments=(Attachment("a.png", b"1"),)),
        Content("1", "hello", attachments=(Attachment("a.png", b"2"),)),
        Content("1", "hello"),
        Content("1", "hello", attachments=(Attachment("a.png", b"1"),), links=("https://a.example",)),
    ]
    assert len({revision_of(content), *(revision_of(other) for other in others)}) == 5


def test_revision_cannot_be_shifted_between_fields() -> None:
    """Moving text from one field into the next gives another revision."""
    assert revision_of(Content("1", "ab", url="c")) != revision_of(Content("1", "b", url="ca"))
    assert revision_of(Content("1", "", links=("ab", "c"))) != revision_of(Content("1", "", links=("a", "bc")))
