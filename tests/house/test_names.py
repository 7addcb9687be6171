"""No really listed organisation is named in sources, cues, rules, examples, tests or documentation: what we write about is invented.

The names looked for stand in `listed_names.txt` as salted hashes, so that no file names anybody: some 130 well-known names and spellings of
listed organisations in Latin, Arabic and Cyrillic letters that mean nothing else. Reviewed by hand; a name is added with `_digest`.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

import pytest

from forestall.text.fold import fold

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "docs", "examples", "tests", "benchmarks")
KINDS = frozenset(
    {
        ".py",
        ".md",
        ".yaml",
        ".html",
        ".json",
        ".jsonl",
        ".csv",
        ".tsv",
        ".txt",
        ".xml",
        ".js",
        ".css",
        ".toml",
        ".svg",
        ".mbox",
        ".j2",
    }
)
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in KINDS and not {"__pycache__", "vendor"} & set(path.parts)
) + sorted(ROOT.glob("*.md"))
ALLOWED: dict[str, str] = {}
"""File → why it may name one: for now none does."""

_SALT = "forestall house test"
_LONGEST = 4
_WORD = re.compile(r"[^\W_]+")
_KNOWN = Path(__file__).with_name("listed_names.txt").read_text("utf-8")
_NAMES, _FIRST_WORDS = (frozenset(block.split()) for block in _KNOWN.partition("[names]")[2].split("[first words]"))
"""Hashes of names, and of their first words, which spare us hashing every run of words."""


@cache
def _digest(words: str) -> str:
    """Give the hash under which a name is kept: its folded words with one space between, or none."""
    return hashlib.sha256(f"{_SALT}|{words}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def named_in(text: str, names: frozenset[str] = _NAMES, firsts: frozenset[str] = _FIRST_WORDS) -> list[int]:
    """Give the lines of a text in which a run of up to four folded words is one of the names."""
    view = fold(text)
    words = [(match.start(), match[0]) for match in _WORD.finditer(view.text)]
    lines = set()
    for first, (at, word) in enumerate(words):
        if _digest(word) in firsts:
            runs = (" ".join(word for _, word in words[first : first + size]) for size in range(1, _LONGEST + 1))
            if any(_digest(run) in names for run in runs):
                lines.add(text.count("\n", 0, view.span(at, at + 1)[0]) + 1)
    return sorted(lines)


def test_no_listed_organisation_is_named() -> None:
    """Every organisation in this repository is invented; who must name a real one says why in `ALLOWED`."""
    found = {}
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        lines = named_in(path.read_text("utf-8", errors="replace"))
        if lines and name not in ALLOWED:
            found[name] = lines
    assert not found, "these lines name a really listed organisation: invent one, or say in ALLOWED why not"


def test_everything_readable_is_looked_at() -> None:
    """The folders hold what they should: a moved folder must not make this test pass for want of files."""
    assert {path.relative_to(ROOT).parts[0] for path in FILES} >= set(FOLDERS)
    assert len(_NAMES) > 200


@pytest.mark.parametrize(
    "text",
    [
        "hello\nthe ASHEN-banner and others",
        "#AshenBanner",
        "the ashеn_bаnner",
        "a sh\u200ben banner: А\u0301shen Banner",
        "انضم إلى رايةُ الرمـاد الآن",
    ],
    ids=["words", "glued", "look-alikes", "hidden", "arabic"],
)
def test_a_planted_name_is_found(text: str) -> None:
    """The search bites: a name is found in any case, glued, with look-alikes, hidden characters and vowel marks."""
    planted = frozenset(_digest(words) for words in ("ashen banner", "ashenbanner", "رايه الرماد"))
    firsts = frozenset(_digest(word) for word in ("ashen", "ashenbanner", "رايه"))
    assert named_in(text, planted, firsts)
    assert not named_in("the banner was ashen; رماد", planted, firsts)
