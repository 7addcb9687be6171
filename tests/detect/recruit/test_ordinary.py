"""Ordinary speech is left alone: a sample of the real sets, through the whole path with the packaged ruleset."""

from collections import Counter
from pathlib import Path

import pytest
from benchmarks.quality import ask_a_person
from benchmarks.quality_sets import SETS

from forestall.assembly import build
from forestall.model.settings import Settings

DATA = Path(__file__).parents[4] / "shared" / "data"
EVERY = 9
"""Every how many-th row is screened; all rows are measured by `benchmarks/quality.py`."""


@pytest.mark.shared
def test_at_most_one_in_a_hundred_asks_a_person() -> None:
    """Per language, at most 1 % of a sample of news, scripture, grievance, talk and abuse goes to a person."""
    if not DATA.is_dir():
        pytest.skip("the evaluation data is not beside this checkout: ../shared/data")
    seen: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    with build(Settings(), keep=False) as house:
        for one in SETS:
            for row, text in one.read(DATA):
                if row % EVERY == 0:
                    seen[one.language] += 1
                    asked[one.language] += ask_a_person(house, text)
    assert sum(seen.values()) > 5_000
    shares = {language: asked[language] / count for language, count in seen.items() if count >= 300}
    assert max(shares.values()) <= 0.01, shares
