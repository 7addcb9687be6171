"""Marked words in their context."""

from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.doors.cli.evidence import Passage, Piece, passages, shortened
from forestall.model.reading import Role, Segment
from tests.doors.cli.samples import finding, item


def shown(passage: Passage) -> str:
    """Give a passage as one text."""
    return "".join(piece.text for piece in passage.pieces)


TEXTS = st.text("ab ح😀", min_size=1, max_size=120)
SPANS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=8)


@settings(derandomize=True, max_examples=200)
@given(TEXTS, SPANS)
def test_a_short_text_is_shown_whole(text: str, spans: list[tuple[int, int]]) -> None:
    """The pieces of a text that fits are exactly the text, and a letter is marked where some span covers it, nowhere else."""
    fitting = [(min(a, b, len(text)), min(max(a, b), len(text))) for a, b in spans]
    screened = item(text, finding("cue", *fitting))
    (passage,) = passages(screened.decision, screened.reading.segments)
    assert shown(passage) == text
    assert not passage.elided
    marked = "".join(("x" if piece.label else "-") * len(piece.text) for piece in passage.pieces)
    expected = "".join("x" if any(start <= n < end for start, end in fitting) else "-" for n in range(len(text)))
    assert marked == expected


def test_a_long_text_is_shown_around_its_marks() -> None:
    """Only the surroundings of marks are shown, in order, and what was left out is said."""
    text = "start " + "x " * 3000 + "FIRST " + "y " * 3000 + "SECOND " + "z " * 3000
    first, second = text.index("FIRST"), text.index("SECOND")
    screened = item(text, finding("cue", (first, first + 5), (second, second + 6)))
    (passage,) = passages(screened.decision, screened.reading.segments)
    assert [piece.text for piece in passage.pieces if piece.label] == ["FIRST", "SECOND"]
    assert passage.elided
    assert len(shown(passage)) < 1_000


def test_a_mark_longer_than_the_room_is_cut() -> None:
    """A span over a whole huge text does not show the whole huge text."""
    screened = item("x" * 100_000, finding("cue", (0, 100_000)))
    (passage,) = passages(screened.decision, screened.reading.segments)
    assert len(shown(passage)) < 1_600


def test_overlapping_marks_carry_both_labels() -> None:
    """Where two findings meet, the piece names both."""
    screened = item("one two three", finding("a", (0, 7)), finding("b", (4, 13)))
    (passage,) = passages(screened.decision, screened.reading.segments)
    assert [(piece.text, piece.label) for piece in passage.pieces] == [("one ", "a"), ("two", "a b"), (" three", "b")]


def test_excused_words_do_not_count() -> None:
    """Words that only an excused finding points at are shown as not counting."""
    screened = item("one two", finding("a", (0, 3)), finding("b", (4, 7)), excused=(0,))
    (passage,) = passages(screened.decision, screened.reading.segments)
    assert [piece.counts for piece in passage.pieces if piece.label] == [False, True]


def test_parts_with_marks_come_instead_of_the_rest() -> None:
    """Of an item with many parts, those with marked words are shown; without any, the beginning of its text."""
    screened = item("body", finding("a", (0, 4), part="notes.pdf#page2"))
    segments = (*screened.reading.segments, Segment("notes.pdf#page2", Role.PAGE, "page"))
    assert [passage.part for passage in passages(screened.decision, segments)] == ["notes.pdf#page2"]
    assert [passage.part for passage in passages(item("body").decision, segments)] == ["text"]


@settings(derandomize=True, max_examples=200)
@given(
    st.lists(st.tuples(st.text("ab", min_size=1, max_size=80), st.booleans(), st.booleans()), min_size=1, max_size=8),
    st.integers(20, 200),
)
def test_a_shortened_passage_keeps_a_mark(parts: list[tuple[str, bool, bool]], limit: int) -> None:
    """Cut to any length, a passage with a mark still shows one that counts where there is one, and stays within the length."""
    passage = Passage("text", tuple(Piece(text, "cue" if marked else "", counts) for text, marked, counts in parts))
    short = shortened(passage, limit)
    assert len(shown(short)) <= limit + limit // 4 + 2
    assert short.marked == passage.marked
    if any(piece.label and piece.counts for piece in passage.pieces):
        assert any(piece.label and piece.counts for piece in short.pieces)
