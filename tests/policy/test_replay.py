"""Replay: a stored decision gives the same again, and every change to it is found."""

from dataclasses import replace
from typing import Any

import pytest

from forestall.model.decision import MACHINE, Decision
from forestall.model.errors import BadInput
from forestall.model.outcome import Outcome
from forestall.policy.evaluate import evaluate
from forestall.policy.replay import replay
from forestall.policy.ruleset import default_files, load
from tests.policy.samples import FACTS, LABELS, found

RULESET = load(default_files(), LABELS)
FINDINGS = (found("recruiting", 0.7), found("pledge", 0.8, "a.txt"), found("context-news", 0.9, "a.txt"))
VERDICT = evaluate(FACTS, FINDINGS, RULESET)
DECISION = Decision(
    id="d",
    content="c",
    revision="r",
    outcome=VERDICT.outcome,
    priority=VERDICT.priority,
    by=MACHINE,
    at="2026-01-31T12:00:00.000Z",
    reasons=VERDICT.reasons,
    excuses=VERDICT.excuses,
    findings=FINDINGS,
    facts=FACTS,
)


def test_a_stored_decision_gives_the_same() -> None:
    """The facts and findings kept with a decision lead to it again, excuses included."""
    assert DECISION.excuses
    assert replay(DECISION, load(RULESET.files, LABELS)) is None


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"outcome": Outcome.PASS}, ("outcome",)),
        ({"priority": 0.1}, ("priority",)),
        ({"reasons": ()}, ("reasons",)),
        ({"excuses": ()}, ("excuses",)),
        ({"unknowns": ("one",)}, ("unknowns",)),
        ({"findings": FINDINGS[:2]}, ("priority", "reasons", "excuses")),
        ({"findings": (), "priority": 0.0}, ("outcome", "reasons", "excuses")),
    ],
)
def test_a_changed_decision_is_found(changed: dict[str, Any], names: tuple[str, ...]) -> None:
    """A decision changed in any part differs, and what differs is named."""
    difference = replay(replace(DECISION, **changed), RULESET)
    assert difference is not None
    assert difference.changed == names


def test_another_ruleset_differs() -> None:
    """Under other rules the difference shows both verdicts."""
    files = {**default_files(), "20-recruiting.yaml": "", "30-contact.yaml": "", "40-unreadable.yaml": ""}
    difference = replay(DECISION, load(files, LABELS))
    assert difference is not None
    assert (difference.was.outcome, difference.now.outcome) == (Outcome.REVIEW, Outcome.PASS)


def test_what_a_person_decided_is_not_derived() -> None:
    """A person's decision cannot be replayed, and the error says what can."""
    with pytest.raises(BadInput, match="replay the machine's decision"):
        replay(replace(DECISION, by="person:kestrel"), RULESET)
