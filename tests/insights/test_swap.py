"""Swaps: which wordings of a sentence are compared, and how far a score that should stay moves."""

from pathlib import Path

from forestall.insights.suite import read
from forestall.insights.swap import Spread, Swapped, framed, named, spreads

FOLDER = Path(__file__).parents[2] / "suites" / "recruitcheck"


def test_only_names_are_swapped() -> None:
    """The wordings of a template differ in its names alone: as many words stay as the template has around its slots."""
    found = list(named(read(FOLDER), ["tune"], ["en"]))
    assert len(found) > 100
    for one in found:
        assert 2 <= len(one.texts) <= 4
        first, *others = (set(text.split()) for text in one.texts)
        assert all(len(first & other) >= 2 for other in others), one.name


def test_frames_hold_every_identity() -> None:
    """Each frame is given with every one of its words, and all are different."""
    found = list(framed(FOLDER / "identities.yaml"))
    assert {one.name.partition("/")[0] for one in found} == {"en", "ar", "fr", "de", "tr", "ru", "es", "id"}
    assert all(len(one.texts) == len(set(one.texts)) >= 14 and "{" not in "".join(one.texts) for one in found)


def test_a_spread_is_what_moves() -> None:
    """The spread is from the least to the most of a sentence's scores, and the widest comes first."""
    swapped = iter([Swapped("still", ("aa", "bb")), Swapped("moves", ("a", "aaa"))])
    assert spreads(swapped, lambda text: len(text) / 10) == [Spread("moves", 0.1, 0.3), Spread("still", 0.2, 0.2)]
