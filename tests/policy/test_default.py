"""The ruleset that comes with Forestall does what its files say."""

import pytest

from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.policy.evaluate import evaluate
from forestall.policy.ruleset import default_files, example_files, load, second_looks
from forestall.policy.written import Status
from tests.policy.samples import FACTS, LABELS, found

RULESET = load(default_files(), LABELS)
STEPS = ("grievance", "propaganda", "contact", "training", "pledge", "incitement")


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([found("known-exact")], Outcome.REMOVE),
        ([found("known-near", 0.9)], Outcome.HOLD),
        ([found("known-near", 0.65)], Outcome.HOLD),
        ([found("known-unconfirmed", 0.6)], Outcome.REVIEW),
        ([found("recruiting", 0.5)], Outcome.REVIEW),
        ([found("recruiting", 0.49)], Outcome.PASS),
        ([found("contact-invite", 0.5)], Outcome.REVIEW),
        ([found("contact-invite", 0.2)], Outcome.PASS),
        ([found("contact-invite", 0.2), found("recruiting", 0.25)], Outcome.REVIEW),
        ([found("contact-invite", 0.2), found("propaganda", 0.5)], Outcome.REVIEW),
        ([found("propaganda", 0.9)], Outcome.PASS),
        ([found("contact-point"), found("listed-name")], Outcome.PASS),
        ([found("contact-invite", 0.3, where="code", kind="telegram:invite")], Outcome.REVIEW),
        ([found("contact-point", 0.1, where="code", kind="telegram:invite")], Outcome.PASS),
        ([found("contact-point", 0.1, where="code", kind="mail")], Outcome.PASS),
        ([found("contact-invite", 0.25, where="code", kind="whatsapp:invite")], Outcome.PASS),
        (
            [found("contact-invite", 0.25, where="code", kind="discord:invite"), found("recruiting", 0.1)],
            Outcome.REVIEW,
        ),
        ([found("unreadable", cause="archive-ratio")], Outcome.REVIEW),
        ([found("unreadable", cause="truncated")], Outcome.PASS),
        ([found("unreadable", cause="encrypted")], Outcome.PASS),
        ([found("unreadable", cause="encrypted"), found("recruiting", 0.3)], Outcome.REVIEW),
    ],
)
def test_outcomes(findings: list[Finding], outcome: Outcome) -> None:
    """Each kind of evidence leads to the outcome the files promise."""
    assert evaluate(FACTS, findings, RULESET).outcome is outcome


def test_a_grievance_is_never_a_reason() -> None:
    """However strong, anger and hurt alone pass."""
    assert evaluate(FACTS, [found("grievance") for _ in range(20)], RULESET).outcome is Outcome.PASS


@pytest.mark.parametrize("context", [label for label in LABELS if label.startswith("context-")])
def test_every_context_makes_speech_safe(context: str) -> None:
    """In each context a call, a pledge and the whole-item score pass, and the excuse is named in words."""
    given = [found("incitement", 0.9), found("pledge", 0.9), found("recruiting", 0.9), found(context, 0.9)]
    verdict = evaluate(FACTS, given, RULESET)
    assert verdict.outcome is Outcome.PASS
    assert [excuse.findings for excuse in verdict.excuses] == [(0, 1, 2)]
    assert verdict.excuses[0].text.endswith(".")


@pytest.mark.parametrize("context", [label for label in LABELS if label.startswith("context-")])
def test_no_context_covers_an_invitation(context: str) -> None:
    """Dressing up as safe speech does not help what invites people to a covert channel."""
    given = [found("pledge", 0.9), found("contact-invite", 0.6), found(context)]
    assert evaluate(FACTS, given, RULESET).outcome is Outcome.REVIEW


def test_no_context_covers_known_material() -> None:
    """Known material is known material, whatever stands around it."""
    contexts = [found(label) for label in LABELS if label.startswith("context-")]
    for label, outcome in (
        ("known-exact", Outcome.REMOVE),
        ("known-near", Outcome.HOLD),
        ("known-unconfirmed", Outcome.REVIEW),
    ):
        assert evaluate(FACTS, [found(label), *contexts], RULESET).outcome is outcome


def test_news_in_a_post_does_not_excuse_a_poster() -> None:
    """A context excuses what stands in the same text or file, not what came with it."""
    poster = found("incitement", 0.9, "poster.pdf#page1")
    assert evaluate(FACTS, [poster, found("context-news")], RULESET).outcome is Outcome.REVIEW
    assert evaluate(FACTS, [poster, found("context-news", 1.0, "poster.pdf#page2")], RULESET).outcome is Outcome.PASS


def test_every_rule_has_examples() -> None:
    """Every rule that comes with Forestall shows at least one case it fires on, in words a person reads."""
    for rule in RULESET.rules:
        assert any(example.fires for example in rule.examples), rule.id


@pytest.mark.parametrize("label", ["recruiting", "known-exact", "contact-invite", "known-unconfirmed", "pledge"])
def test_what_matters_comes_first(label: str) -> None:
    """Whatever makes a person look has a weight, so that it comes before what passes."""
    assert (
        evaluate(FACTS, [found(label)], RULESET).priority > evaluate(FACTS, [found(label, 0.1)], RULESET).priority > 0
    )


def test_step_weights() -> None:
    """Every step of recruiting moves an item forward, a grievance least."""
    moved = {step: evaluate(FACTS, [found(step)], RULESET).priority for step in STEPS}
    assert min(moved, key=lambda step: moved[step]) == "grievance"
    assert all(priority > 0 for priority in moved.values())


def test_the_example_policy_holds_together() -> None:
    """The policy for terrorist content that comes as an example has forty rules and more, each with examples of both kinds that hold."""
    ruleset = load({**default_files(), **example_files("tvec")}, LABELS)
    assert len(ruleset.rules) >= 40
    own = [rule for rule in ruleset.rules if rule.places["id"].file in example_files("tvec")]
    assert all({example.fires for example in rule.examples} == {True, False} for rule in own)
    assert all(rule.limb and rule.owner for rule in own)
    assert second_looks(ruleset.files, "2026-01-01") == []
    assert {rule.status for rule in own} == {Status.LIVE, Status.SHADOW, Status.DRAFT}
