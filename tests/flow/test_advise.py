"""Advice on the path: asked only about texts that a person is asked about, recorded, and counting for nothing."""

from dataclasses import replace

from forestall.flow.advise import advice_on, policy_in_words
from forestall.model.advice import Advice
from forestall.model.content import Content
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role, Segment
from forestall.policy.ruleset import default_files, load
from tests.support import LABELS, SmallHouse

RULES = load(default_files(), LABELS)


class Model:
    """An adviser that always says the same."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def advise(self, text: str, policy: str) -> Advice:
        """Note the question, give the answer."""
        assert "Reads like recruiting" in policy
        self.asked.append(text)
        return Advice(self.answer, "because", "small", "" if self.answer else "asleep")

    def close(self) -> None:
        """Nothing to let go of."""


def advised(answer: str) -> tuple[SmallHouse, Model]:
    """Give a house with an adviser."""
    house, model = SmallHouse(), Model(answer)
    house.screening = replace(house.screening, adviser=model)
    return house, model


def test_only_what_a_person_is_asked_about_is_given_away() -> None:
    """A post that passes is never shown to a model; one that asks a person is, once."""
    house, model = advised("recruiting")
    house.screen(Content(id="1", text="The ferry was late."))
    assert model.asked == []
    (screened,), _ = house.screen(Content(id="2", text="!recruiting"))
    assert screened.decision.outcome is Outcome.REVIEW
    assert model.asked == ["!recruiting"]
    (found,) = [one for one in screened.decision.findings if one.label == "advice"]
    assert found.ceiling is Outcome.PASS
    assert found.evidence == {"answer": "recruiting", "rationale": "because", "model": "small"}


def test_advice_changes_nothing() -> None:
    """Whatever the model answers, or does not, the outcome, its reasons and its priority are those without it."""
    bare, _ = SmallHouse().screen(Content(id="1", text="!recruiting"))
    for answer in ("recruiting", "safe", "unsure", ""):
        house, _ = advised(answer)
        (with_it,), _ = house.screen(Content(id="1", text="!recruiting"))
        was, now = bare[0].decision, with_it.decision
        assert (now.outcome, now.reasons, now.priority) == (was.outcome, was.reasons, was.priority)


def test_files_alone_are_not_given_away() -> None:
    """Where nothing is said, nothing is asked: pictures and hashes never go to a model."""
    model = Model("safe")
    reading = Reading("1", (Segment("a.png#code1", Role.CODE, "t.me/x"),))
    seen = (Finding("x", "1", "known-near", 1.0, Outcome.HOLD, "a.png"),)
    assert advice_on(reading, seen, model, RULES) == ()
    assert model.asked == []


def test_the_policy_is_given_in_words() -> None:
    """Every rule's title, clause and outcome stand in the policy a model is given."""
    words = policy_in_words(RULES)
    assert all(rule.title in words and rule.clause in words for rule in RULES.rules)
