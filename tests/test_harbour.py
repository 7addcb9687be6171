"""The demo platform Harbour: every post comes out as expected, and text alone hides nothing."""

import json
from collections import Counter
from pathlib import Path

import pytest

from forestall.assembly import build
from forestall.flow.screen import Screened
from forestall.model.outcome import Outcome
from forestall.model.settings import Settings

HARBOUR = Path(__file__).parents[1] / "examples" / "harbour"
EXPECTED = [json.loads(line) for line in (HARBOUR / "expected.jsonl").read_text("utf-8").splitlines()]
MATERIAL = {"known-exact", "known-near"}


@pytest.fixture(scope="module")
def screened() -> dict[str, Screened]:
    """Screen all of Harbour once."""
    settings = Settings(banks=(str(HARBOUR / "harbour.csv"),), lists=(str(HARBOUR / "fictional.xml"),))
    with build(settings, keep=False) as house:
        contents = house.gatherer().gather([str(HARBOUR / "posts.jsonl")])
        return {item.content.id: item for item in map(house.screening.screen, contents)}


def test_there_is_an_expectation_for_every_post(screened: dict[str, Screened]) -> None:
    """Posts and expectations name the same ids."""
    assert list(screened) == [row["id"] for row in EXPECTED]


@pytest.mark.parametrize("row", EXPECTED, ids=[f"{row['id']}-{row['language']}-{row['family']}" for row in EXPECTED])
def test_every_expected_outcome_holds(screened: dict[str, Screened], row: dict[str, str]) -> None:
    """The outcome of each post is the expected one."""
    decision = screened[row["id"]].decision
    assert decision.outcome == row["outcome"], [
        (finding.label, round(finding.score, 2)) for finding in decision.findings
    ]


def test_text_alone_is_never_decided_harsher_than_review(screened: dict[str, Screened]) -> None:
    """A post without a match to confirmed material goes to a person at most."""
    for item in screened.values():
        if not MATERIAL & {finding.label for finding in item.decision.findings}:
            assert item.decision.outcome.rank <= Outcome.REVIEW.rank, item.content.id


def test_the_demo_is_a_fair_one() -> None:
    """At least half of Harbour is safe speech, in at least eight languages, and every kind of trick is in it."""
    families = Counter(row["family"] for row in EXPECTED)
    assert sum(row["outcome"] == "pass" for row in EXPECTED) >= len(EXPECTED) / 2
    assert len({row["language"] for row in EXPECTED}) >= 8
    assert {"recruit", "obfuscated", "qr", "known", "news", "counter", "religion", "grievance", "joke", "game"} <= set(
        families
    )
