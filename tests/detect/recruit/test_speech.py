"""Ordinary speech: what real people write is left alone, set by set."""

from pathlib import Path

import pytest
from benchmarks.quality_sets import SETS, SafeSet

from forestall.detect.recruit import detector
from forestall.model.reading import Reading, Role, Segment

DATA = Path(__file__).parents[4] / "shared" / "data"
MOST = 0.01
SAMPLE = 700


@pytest.mark.shared
@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name.replace(" ", "-"))
def test_at_most_one_in_a_hundred_asks_a_person(one: SafeSet) -> None:
    """In an evenly drawn sample of every set, no more score one half or more than is likely where one in a hundred may."""
    if not DATA.is_dir():
        pytest.skip("the evaluation data is not beside this checkout: ../shared/data")
    rows = list(one.read(DATA))
    chosen = rows[:: max(len(rows) // SAMPLE, 1)]
    look = detector().look
    asked = []
    for number, text in chosen:
        reading = Reading("1", (Segment("text", Role.BODY, text),))
        if any(finding.ceiling.asks_a_person and finding.score >= 0.5 for finding in look(reading)):
            asked.append(number)
    bound = MOST * len(chosen)
    # Three standard deviations of chance on top: a sample of a set that keeps the bound may be a little above it.
    assert len(asked) <= bound + 3 * bound**0.5, f"rows {asked} of {len(chosen)}"
