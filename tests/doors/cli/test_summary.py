"""Totals and the foremost items of a run."""

import random

from forestall.doors.cli.summary import Summary, noticed, plain_evidence
from forestall.model.outcome import Outcome
from tests.doors.cli.samples import finding, item


def test_the_foremost_are_kept_in_order() -> None:
    """Of many items the highest priorities remain, in descending order, equal ones in the order they came."""
    items = [item("x", name=str(n), priority=n % 7 / 7) for n in range(50)]
    summary = Summary(10)
    for one in items:
        summary.add([one])
    expected = sorted(range(50), key=lambda n: (-(n % 7), n))[:10]
    assert [row.id for row in summary.first(10)] == [str(n) for n in expected]


def test_passing_items_are_counted_but_not_kept() -> None:
    """The list is for a person; what passes appears in the totals only."""
    summary = Summary(5)
    summary.add(
        [item("x", outcome=Outcome.PASS, priority=0.99), item("y", outcome=Outcome.HOLD, language="ar")], repeated=1
    )
    assert (summary.items, summary.for_a_person, summary.repeated) == (2, 1, 1)
    assert [row.outcome for row in summary.first(5)] == [Outcome.HOLD]
    assert summary.languages == {("en", Outcome.PASS): 1, ("ar", Outcome.HOLD): 1}
    assert summary.rules == {"sample-rule": 1}


def test_no_list_is_possible() -> None:
    """With no room for items only totals are kept."""
    summary = Summary(0)
    summary.add([item("x", name=str(n), priority=random.Random(n).random()) for n in range(20)])
    assert summary.first(10) == []
    assert summary.for_a_person == 20


def test_findings_that_count_come_first() -> None:
    """Excused findings follow those that count, each group by score; a flood of them is cut."""
    found = [finding("low", score=0.2), finding("excused", score=0.99), finding("high", score=0.7)]
    labels = [one.label for one in noticed(item("x", *found, excused=(1,)).decision)]
    assert labels == ["high", "low", "excused"]
    assert len(noticed(item("x", *[finding("cue") for _ in range(5_000)]).decision)) == 20


def test_evidence_is_one_bounded_line() -> None:
    """Evidence of any shape becomes a line that can't flood a table."""
    evidence = {"distance": 3, "score": 0.123456, "empty": "", "terms": ["a", "b"], "deep": {"x": {"y": 1}}}
    assert plain_evidence(evidence) == "distance: 3 · score: 0.123 · terms: a, b · deep: x y 1"
    assert len(plain_evidence({f"k{n}": "v" * 1_000 for n in range(1_000)})) <= 401
