"""Patterns in texts: found however they are disguised, where they stand, as whole words, and in linear time."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import BODY, Role, Segment
from forestall.policy.hits import hit
from forestall.policy.texts import MOST_SPANS, Scan
from forestall.text.fold import fold

JOIN = hit("phrase", "Join us")


def look(scan: Scan, text: str) -> list[Finding]:
    """Look through a text."""
    return list(scan.look(Segment(BODY, Role.BODY, text), fold(text)))


def marked(finding: Finding, text: str) -> list[str]:
    """Give the words a finding points at."""
    return [text[start:end] for start, end in finding.spans]


@pytest.mark.parametrize(
    "text",
    [
        "come and join us now",
        "JOIN   US!",
        "jo\u200bin us",
        "ｊｏｉｎ ｕｓ",
        "𝐣𝐨𝐢𝐧 𝐮𝐬",
        "jоin us",  # a Cyrillic о
        "join\nus",
    ],
)
def test_a_phrase_is_found_however_it_is_drawn(text: str) -> None:
    """Case, spacing, look-alike letters and invisible characters do not hide a phrase; what it points at is the original."""
    (found,) = look(Scan([JOIN]), text)
    assert (found.label, found.score, found.ceiling) == ("text-match", 1.0, Outcome.REVIEW)
    assert found.evidence == {"pattern": "phrase: join us"}
    ((start, end),) = found.spans
    assert fold(text[start:end]).text.split() == ["join", "us"]


@pytest.mark.parametrize("text", ["rejoin us", "join usage", "join-or us", "", "us join"])
def test_words_are_whole(text: str) -> None:
    """A phrase does not stand within longer words, nor in another order."""
    assert look(Scan([JOIN]), text) == []


def test_phrases_in_other_scripts() -> None:
    """Arabic without its vowels, Persian letters, and scripts without spaces are found as they read."""
    scan = Scan([hit("phrase", "انضم إلينا"), hit("phrase", "加入我们")])
    assert [found.evidence["pattern"] for found in look(scan, "يا أخي اِنضَمّ الينا الآن")] == [scan_id("انضم إلينا")]
    assert len(look(scan, "快来加入我们吧")) == 1


def scan_id(phrase: str) -> str:
    """Give the id of a phrase."""
    return hit("phrase", phrase).id


def test_terms_name_the_entry() -> None:
    """A term of a list is told with its list, the list's version and the entry as it was written; a list that is gone finds nothing."""
    lists = {"groups": ("v7", ["The Ashen Banner", "Ninth Tide"])}
    scan = Scan([hit("terms", "groups"), hit("terms", "gone")], lists.get)
    (found,) = look(scan, "the NINTH tide and the ashen banner, ninth tide")
    assert found.evidence == {
        "pattern": "terms: groups",
        "list": "groups",
        "list_version": "v7",
        "entry": ["Ninth Tide", "The Ashen Banner"],
    }
    assert len(found.spans) == 3
    assert scan.versions == {"groups": "v7"}


@pytest.mark.parametrize(
    ("expression", "text", "words"),
    [
        (r"join (us|them)", "rejoin us, JOIN them", ["join us", "JOIN them"]),
        (r"\bjoin (?:us|them)\b", "rejoin us, JOIN themes, join them", ["join them"]),
        (r"ashen bann(er|ière)", "Ashen Bannière", ["Ashen Bannière"]),
        (r"\d{3}", "call ٣٤٥ now", ["٣٤٥"]),
        (r"\bслово\b", "это слово тут, словом", ["слово"]),
        (r"\bcaf\b", "café", []),
        (r"[a-c]x", "AX dx", ["AX"]),
    ],
)
def test_expressions_read_folded_texts(expression: str, text: str, words: list[str]) -> None:
    """Expressions know letters, digits and borders of words of all scripts, and point at the original."""
    found = look(Scan([hit("rx", expression)]), text)
    assert [word for one in found for word in marked(one, text)] == words


def test_catastrophic_expressions_are_linear() -> None:
    """What stops engines that go back takes no longer than its length."""
    text = "a" * 50_000 + "b"
    assert look(Scan([hit("rx", "(a+)+$"), hit("rx", "(a|aa)+c"), hit("rx", "(.*a){12}z")]), text) == []


def test_many_places_are_cut() -> None:
    """Of a pattern that stands in a text thousands of times the first places are pointed at."""
    for pattern in (JOIN, hit("rx", "join us")):
        (found,) = look(Scan([pattern]), "join us " * 5_000)
        assert len(found.spans) == MOST_SPANS


def test_many_patterns_at_once() -> None:
    """Thousands of phrases and expressions are looked for in one go, and each finds its own."""
    patterns = [hit("phrase", f"word{number} other{number}") for number in range(3_000)]
    patterns += [hit("rx", f"x{number}y+z") for number in range(1_000)]
    found = look(Scan(patterns), "a word77 other77 b x500yyyz c word2999 other2999")
    assert {one.evidence["pattern"] for one in found} == {
        "phrase: word77 other77",
        "phrase: word2999 other2999",
        "rx: x500y+z",
    }


@given(st.text(alphabet="ab .,-\n", max_size=30), st.sampled_from(["a", "ab", "a b", "ba ab"]))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_phrases_are_whole_words_of_folded_text(text: str, phrase: str) -> None:
    """A phrase is found exactly where its words stand as words, one after the other with one blank between after folding."""
    folded = fold(text).text
    expected = re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)".replace(r"\ ", "[ \n]"), folded) is not None
    assert bool(look(Scan([hit("phrase", phrase)]), text)) is expected
