"""Marks: hostile text cut into runs."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.doors.console import marks
from forestall.doors.console.marks import Run, excerpt, runs, windows

HOSTILE = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("\u202e\u2066\u2069\u200b\u200c\u200d\u200e\ufeff\u00ad\u2028\r\n\t\x00\x1b\u3164\U000e0041"),
    ),
    max_size=60,
)
SPANS = st.lists(st.tuples(st.integers(0, 9), st.tuples(st.integers(0, 70), st.integers(0, 70))), max_size=12)
LAWS = settings(max_examples=150, derandomize=True)


def shown(cut: list[Run]) -> str:
    """Give the characters that reach the page as they are."""
    return "".join(run.text for run in cut if not run.symbol and not run.gap)


@given(HOSTILE, SPANS)
@LAWS
def test_nothing_that_steers_a_page_passes(text: str, spans: list[tuple[int, tuple[int, int]]]) -> None:
    """Whatever the text, no bidi control, control character, tag or zero-width space reaches the page as itself."""
    for char in shown(runs(text, spans)):
        assert char in "\n\t\u200c\u200d" or unicodedata.category(char) not in {"Cc", "Zl", "Zp", "Co"}
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff\u2060"


@given(HOSTILE, SPANS)
@LAWS
def test_nothing_visible_is_lost(text: str, spans: list[tuple[int, tuple[int, int]]]) -> None:
    """What is shown, with one symbol per hidden character, is the text in its order."""
    cut = runs(text, spans)
    assert sum(1 if run.symbol else len(run.text) for run in cut) == len(text) - text.count("\r\n")
    assert all(run.text for run in cut)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=40), SPANS)
@LAWS
def test_every_character_is_under_its_findings(text: str, spans: list[tuple[int, tuple[int, int]]]) -> None:
    """A character is marked by exactly the findings whose spans cover it (a few at one place)."""
    position = 0
    for run in runs(text, spans):
        for _ in (run.symbol and "x") or run.text:
            covering = {index for index, (start, stop) in spans if start <= position < stop}
            assert set(run.findings) <= covering
            assert len(run.findings) == min(len(covering), marks.MAX_NAMED)
            position += 1


def test_overlapping_spans() -> None:
    """Two spans that overlap give three runs, and each end is named once."""
    cut = runs("abcdef", [(1, (0, 4)), (2, (2, 6))])
    assert [(run.text, run.findings, run.ends) for run in cut] == [
        ("ab", (1,), ()),
        ("cd", (1, 2), (1,)),
        ("ef", (2,), (2,)),
    ]


def test_direction_override_is_named() -> None:
    """A right-to-left override stands on the page as a label with its name, not as a force."""
    cut = runs("a\u202eb", [])
    assert [run.symbol for run in cut] == ["", "RLO", ""]
    assert cut[1].text == "right-to-left override (U+202E)"


def test_ordinary_spelling_stays_whole() -> None:
    """Persian words with a non-joiner, Mongolian selectors and emoji with joiners are spelled as they were."""
    for text in ("می\u200cخواهم", "👩\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3", "ᠠ\u180b", "क्\u200dष"):
        assert runs(text, []) == [Run(text)]


@pytest.mark.parametrize("text", ["𝗝𝗼𝗶𝗻 us", "ｊｏｉｎ", "jоin", "j\u200boin", "Ⓙoin", "\u202enioj"])
def test_disguises_are_told(text: str) -> None:
    """Drawn letters, mixed alphabets and hidden characters are told apart from ordinary writing."""
    assert marks.disguised(text)


@pytest.mark.parametrize(
    "text", ["join us", "Straße, été", "می\u200cخواهم", "Вступай к нам, join us", "加入我们", "👩\u200d👧", "α = 2", ""]
)
def test_ordinary_writing_is_no_disguise(text: str) -> None:
    """Accents, other scripts, Persian spelling and emoji are no disguise."""
    assert not marks.disguised(text)


def test_joiners_that_hide_words_are_named() -> None:
    """A zero-width joiner inside a Latin word is there to deceive filters, so it is shown."""
    assert [run.symbol for run in runs("at\u200dtack", []) if run.symbol] == ["ZWJ"]
    assert [run.symbol for run in runs("می\u200c\u200cخ", []) if run.symbol] == ["ZWNJ", "ZWNJ"]


def test_line_ends_of_windows_are_line_ends() -> None:
    """A carriage return before a line feed is no hidden character; one alone is."""
    assert shown(runs("a\r\nb", [])) == "a\nb"
    assert [run.symbol for run in runs("a\rb", [])] == ["", "U+000D", ""]


def test_spans_outside_are_ignored() -> None:
    """A span that points outside its text, or is empty, breaks nothing."""
    assert runs("ab", [(0, (5, 9)), (1, (1, 1)), (2, (2, 1))]) == [Run("ab")]
    assert runs("", [(0, (0, 3))]) == []


def test_many_spans_stay_bounded() -> None:
    """A text under very many findings gives a bounded number of runs and of names at one place."""
    text = "x" * 5_000
    cut = runs(text, [(index, (index % 4_000, index % 4_000 + 900)) for index in range(20_000)])
    assert len(cut) <= 2 * marks.MAX_SPANS + 1
    assert max(len(run.findings) for run in cut) <= marks.MAX_NAMED


@given(
    st.integers(0, 200_000),
    st.lists(st.tuples(st.integers(0, 3), st.tuples(st.integers(0, 200_000), st.integers(0, 200_000))), max_size=30),
)
@LAWS
def test_windows_are_sorted_apart_and_bounded(length: int, spans: list[tuple[int, tuple[int, int]]]) -> None:
    """The shown parts of a long text stand in order, do not overlap, lie inside it and stay within the limit."""
    chosen = windows(length, spans)
    flat = [edge for window in chosen for edge in window]
    assert flat == sorted(flat)
    assert len(set(flat)) == len(flat)
    assert not flat or flat[-1] <= length
    assert sum(stop - start for start, stop in chosen) <= 40_000


def test_windows_show_what_was_noticed() -> None:
    """A finding deep inside a long text is shown with its surroundings, and the rest is counted."""
    text = "a" * 50_000 + "FOUND" + "b" * 50_000
    cut = runs(text, [(7, (50_000, 50_005))], windows(len(text), [(7, (50_000, 50_005))]))
    assert any(run.text == "FOUND" and run.findings == (7,) for run in cut)
    assert sum(run.gap or len(run.text) for run in cut) == len(text)
    assert [run.gap > 0 for run in cut] == [False, True, False, False, False, True]


def test_excerpt_shows_the_finding() -> None:
    """An excerpt of a long text is short and holds what weighs most."""
    text = "word " * 200 + "FOUND " + "word " * 200
    cut = excerpt(text, [(1, (1_000, 1_005))])
    assert any(run.text == "FOUND" and run.findings == (1,) for run in cut)
    assert len(shown(cut)) <= 180
    assert excerpt("", []) == []
    assert shown(excerpt("short", [])) == "short"
