"""Hostile text on a terminal or a page."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.doors.cli.safe import isolated, safe

ANY = st.text(st.characters())


@settings(derandomize=True, max_examples=300)
@given(ANY)
def test_nothing_shown_can_command(text: str) -> None:
    """Whatever comes in, what is shown holds no control, direction, invisible, private or unassigned character."""
    allowed = {"\u200c", "\u200d"}
    for letter in safe(text):
        assert letter in allowed or letter == " " or unicodedata.category(letter)[0] in "LMNPS", hex(ord(letter))


@settings(derandomize=True, max_examples=100)
@given(ANY)
def test_lines_are_kept_only_when_asked_for(text: str) -> None:
    """A text shown with its lines has as many line feeds as it came with; shown on one line it has none."""
    assert "\n" not in safe(text)
    assert safe(text, lines=True).count("\n") == text.count("\n")


def test_escape_sequences_are_shown_not_obeyed() -> None:
    """A sequence that would colour or clear a terminal is visible text."""
    assert safe("a\x1b[2J\x9b31m\x07") == "a␛[2J⟨U+009B⟩31m␇"


def test_direction_controls_carry_their_names() -> None:
    """A right-to-left override is told, so that a reader sees the trick."""
    assert safe("exe\u202egnp.\u2066x") == "exe⟨RLO⟩gnp.⟨LRI⟩x"


def test_real_writing_is_left_alone() -> None:
    """Vocalised Arabic, Persian with joiners, pointed Hebrew, Hindi and joined emoji pass unchanged."""
    for text in ("بِسْمِ ٱللَّهِ", "می‌خواهم", "בְּרֵאשִׁית", "क्षत्रिय", "👩‍🚀 naïve"):
        assert safe(text) == text


def test_towers_of_marks_are_cut() -> None:
    """A letter with hundreds of combining marks cannot paint over its neighbours."""
    assert safe("a" + "\u0301" * 500 + "b") == "a" + "\u0301" * 4 + "b"


def test_direction_does_not_leak() -> None:
    """A right-to-left text is isolated from what stands around it; plain ASCII needs nothing."""
    assert isolated("سلام") == "\u2068سلام\u2069"
    assert isolated("peace") == "peace"
    assert isolated("\u2069\u2069سلام").count("\u2069") == 1
