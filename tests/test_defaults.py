"""The packaged ruleset knows what the real detectors and the real box say."""

import re
from pathlib import Path

from forestall.assembly import build
from forestall.media.problems import DESERVE_A_PERSON
from forestall.model.settings import Settings
from forestall.policy.ruleset import default_files

PROBLEMS = Path(__file__).parents[1] / "docs" / "reference" / "problems.md"


def test_what_deserves_a_person_asks_one() -> None:
    """Every cause the box calls evasive is in the rule, and the reference marks the same ones."""
    (listed,) = re.findall(r'evidence\("unreadable", "cause"\) in \[([^\]]*)\]', default_files()["40-unreadable.yaml"])
    asked = set(re.findall(r'"([a-z-]+)"', listed))
    assert asked >= DESERVE_A_PERSON
    assert asked - DESERVE_A_PERSON == {"refused-xml", "detector-failed"}
    marked = re.findall(r"## `([a-z-]+)`\n[^\n]*\*\*person\*\*", PROBLEMS.read_text("utf-8"))
    assert set(marked) == asked


def test_every_label_that_rules_speak_about_has_a_detector() -> None:
    """Loading the ruleset against the real detectors finds no unknown label (the check refuses one), and weighs the most of them."""
    with build(Settings(), keep=False) as house:
        assert set(house.screening.ruleset.weights) <= set(house.labels)
