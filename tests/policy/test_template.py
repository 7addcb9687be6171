"""Reasons in words: what is filled in is plain, short, and never read as a template again."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.policy.fault import Place
from forestall.policy.template import LONGEST_VALUE, MISSING, plain, template
from tests.policy.samples import found


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (0.125, "0.12"),
        (7, "7"),
        (10**4_000, MISSING),
        (None, MISSING),
        ("", MISSING),
        ("\u202e\x1b", MISSING),
        ({"a": 1}, MISSING),
        (b"bytes", MISSING),
        (["a", 1, ["deep"]], f"a, 1, {MISSING}"),
        (list("abcdefg"), "a, b, c, d, e …"),
        ("a\r\n b\t\u2028c", "a b c"),
        ("{a.b} {0}", "{a.b} {0}"),
    ],
)
def test_values_in_words(value: Any, words: str) -> None:
    """Each kind of value has its plain form; what has none is said to be missing."""
    assert plain(value) == words


@given(st.one_of(st.text(), st.text(min_size=500), st.lists(st.text())))
@settings(derandomize=True, deadline=None)
def test_hostile_values_stay_on_one_short_line(value: Any) -> None:
    """Whatever a finding quotes becomes at most 120 printable characters."""
    words = plain(value)
    assert words.isprintable()
    assert 0 < len(words) <= LONGEST_VALUE


def test_filling() -> None:
    """Facts, scores, parts and evidence stand in their places; a missing finding leaves a word, not an error."""
    filled = template("{pledge.part} {pledge.score} {pledge.group} {kind} {incitement.score}", Place("x"))
    words = filled.fill({"kind": "post"}, {"pledge": found("pledge", 0.5, group="{kind}")})
    assert words == f"text 0.50 {{kind}} post {MISSING}"
