"""Learning: only what people decided about the language of recruiting, never split by account, refused where it can't carry a model."""

import io
import json
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from forestall.flow import learning
from forestall.flow.form import F1_LIMIT, form_f1
from forestall.flow.learning import Approval, approve, check, compared, gather, learn, read_lines
from forestall.model.content import Content
from forestall.model.errors import BadInput, NotFound, Refused
from forestall.model.example import Example
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading
from forestall.review import cases
from forestall.review.cases import Answer
from tests.support import LABELS, PERSON, SmallHouse, WordDetector

OLD, NEW = "0" * 64, "1" * 64


class SignDetector(WordDetector):
    """Finds recruiting wherever somebody says `join`, under the name of the real detector."""

    name = "recruit"

    def look(self, reading: Reading) -> list[Finding]:
        """Give a finding that asks a person."""
        return [
            Finding(self.name, self.version, "recruiting", 1.0, LABELS["recruiting"], segment.part)
            for segment in reading.segments
            if "join" in segment.text
        ]


class FakeShelf:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.in_use = OLD
        self.damaged: set[str] = set()
        self.notes: dict[str, bytes] = {}

    def names(self) -> Sequence[str]:
        """Give both models."""
        return [OLD, NEW]

    def full(self, digest: str) -> str:
        """Give the model that begins so."""
        for name in self.names():
            if digest and name.startswith(digest):
                return name
        raise NotFound(f"there is no model `{digest}`")

    def note(self, digest: str, report: bytes) -> None:
        """Keep a report."""
        self.notes[digest] = report

    def noted(self, digest: str) -> bytes:
        """Give a report."""
        return self.notes.get(digest, b"")

    def load(self, digest: str) -> None:
        """Refuse a damaged model."""
        if digest in self.damaged:
            raise BadInput("the model file was changed after it was signed")

    def switch(self, digest: str) -> None:
        """Use a model."""
        self.load(digest)
        self.in_use = digest


class FakeLearner:
    """Learns at once: the new model knows everything, the old one nothing."""

    def __init__(self) -> None:
        self.shelf = FakeShelf()

    def scores(self, examples: Sequence[Example], digest: str) -> list[float]:
        """Give what the old model says."""
        assert digest == OLD
        return [0.5 for _ in examples]

    def learn(self, examples: Sequence[Example]) -> tuple[str, list[float]]:
        """Give what the new model says."""
        return NEW, [float(example.recruits) for example in examples]


def some(count: int = 60, seed: int = 1) -> list[Example]:
    """Give examples of both kinds in the same form, from many accounts."""
    chosen = random.Random(seed)
    words = ["river", "market", "bread", "choir", "harbour", "winter", "garden", "letter"]
    return [
        Example(" ".join(chosen.choices(words, k=8)), number % 2 == 0, f"account {number // 2}", "f", "en")
        for number in range(2 * count)
    ]


def decided(house: SmallHouse, content: Content, outcome: Outcome) -> None:
    """Screen something and answer its case."""
    (item,), _ = house.screen(content)
    case = house.store.case_of(content.id, item.decision.revision)
    assert case is not None
    cases.conclude(house.store, Answer(case.id, 1, PERSON, outcome, "seen"), house.clock, house.new_id, house.outbox)


def test_answers_become_examples() -> None:
    """A pass says that a text does not recruit, any other answer that it does; what was asked about something else is left out."""
    house = SmallHouse(SignDetector())
    decided(house, Content("1", "join the choir", author="a"), Outcome.PASS)
    decided(house, Content("2", "join the brigade", author="b"), Outcome.REMOVE)
    decided(house, Content("3", "!known-exact", author="c"), Outcome.REMOVE)
    house.screen(Content("4", "join the unanswered", author="d"))
    found = gather(house.store)
    assert {(example.text, example.recruits) for example in found.examples} == {
        ("join the choir", False),
        ("join the brigade", True),
    }
    assert found.left_out["about something else"] == 1


def test_accounts_and_threads_stay_together() -> None:
    """Posts that share an account, a thread or all their words are one group, also over several steps; others are not."""
    house = SmallHouse(SignDetector())
    for content in (
        Content("1", "join one", author="a", thread="x"),
        Content("2", "join two", author="b", thread="x"),
        Content("3", "join three", author="b", thread="y"),
        Content("4", "join three", author="c", thread="z"),
        Content("5", "join five", author="e", thread="w"),
        Content("6", "join six"),
    ):
        decided(house, content, Outcome.PASS)
    groups = {example.text: example.group for example in gather(house.store).examples}
    assert groups["join one"] == groups["join two"] == groups["join three"]
    assert len(set(groups.values())) == 3
    assert len(gather(house.store).examples) == 6


def test_purged_texts_are_left_out() -> None:
    """What was purged is counted and teaches nothing."""
    house = SmallHouse(SignDetector())
    decided(house, Content("1", "join the choir"), Outcome.PASS)
    stored = house.store.content("1")
    assert stored is not None
    from forestall.model.records import Change, Event

    gone = replace(stored, segments=(), purged=house.clock())
    house.store.submit(Change((Event("content:purged", "1", house.clock(), {}),), (gone,))).result()
    found = gather(house.store)
    assert (found.examples, found.left_out["purged"]) == ([], 1)


def test_lines_are_read_and_bad_ones_counted() -> None:
    """A file of examples gives them; lines that can't be used are counted, and a file without any is refused."""
    lines = [
        b'{"text": "join us", "label": "recruiting", "group": "a"}',
        b"",
        b'{"text": "hello", "label": "maybe"}',
        b"not json",
        b'{"text": " ", "label": "safe"}',
        '{"text": "Der Zug nach Hause kommt heute leider etwas später", "label": "safe"}'.encode(),
    ]
    found = read_lines(io.BytesIO(b"\n".join(lines)))
    assert [(example.recruits, example.group) for example in found.examples] == [(True, "a"), (False, "line 1")]
    assert found.examples[1].language == "de"
    assert found.left_out == {"not readable": 3}
    with pytest.raises(BadInput, match="no example"):
        read_lines(io.BytesIO(b"{}\n"))


def test_too_few_are_refused() -> None:
    """A handful of examples, or all from a handful of accounts, carries no model, and the figures are named."""
    with pytest.raises(BadInput, match="60 recruiting examples from 60"):
        check(some(), 200)
    same = [replace(example, group=f"account {number % 6}") for number, example in enumerate(some())]
    with pytest.raises(BadInput, match="accounts or threads"):
        check(same, 50)


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda text: text + "!!!",
        lambda text: f"{text} {text}",
        lambda text: f"http://a.example {text}",
        lambda text: f"{text} 🔥",
    ],
    ids=["case", "punctuation", "length", "links", "emoji"],
)
def test_form_alone_is_refused(change: object) -> None:
    """Where length, case, punctuation, links or emoji tell the kinds apart, the data is refused with the figure and what to do."""
    assert callable(change)
    told = [replace(example, text=change(example.text)) if example.recruits else example for example in some()]
    assert form_f1(told) > 0.9
    with pytest.raises(BadInput, match="F1 of") as caught:
        check(told, 50)
    assert caught.value.next_step


def test_the_same_form_is_accepted() -> None:
    """Where only the words differ, the form tells nothing."""
    assert form_f1(some(200)) <= F1_LIMIT
    assert check(some(200), 50) <= F1_LIMIT


def test_a_model_is_compared_and_not_used() -> None:
    """Learning keeps a report of both models on the same examples, and leaves the old one in use."""
    learner, house = FakeLearner(), SmallHouse()
    found = learn(learner, some(200), house.clock, 50)
    assert found == compared(learner, NEW[:6])
    assert (found.model, found.beside, learner.shelf.in_use) == (NEW, OLD, OLD)
    assert found.parts["recruiting all"].new == found.parts["recruiting all"].total == 200
    assert (found.parts["safe all"].new, found.parts["safe all"].old) == (0, 200)
    assert found.parts["safe language en"].total == found.parts["safe family f"].total == 200
    assert compared(learner, OLD) is None


def test_approval_is_a_line_in_the_ledger() -> None:
    """Who approved a model, why, and what was in use before are in the ledger; only then is it used."""
    learner, house = FakeLearner(), SmallHouse()
    assert approve(house.store, learner, Approval(NEW[:4], " ada ", "fewer false alarms"), house.clock) == NEW
    assert learner.shelf.in_use == NEW
    (row,) = house.store.ledger_of(NEW)
    assert json.loads(row.entry)["body"] == {"before": OLD, "by": "ada", "note": "fewer false alarms"}
    with pytest.raises(Refused):
        approve(house.store, learner, Approval(NEW, "ada", "again"), house.clock)


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("ada", "  "), ("ada", "x" * learning.LONGEST_NOTE)])
def test_an_approval_needs_a_name_and_a_reason(by: str, why: str) -> None:
    """Without who and why, or with too much of it, nothing changes and nothing is written."""
    learner, house = FakeLearner(), SmallHouse()
    with pytest.raises(BadInput):
        approve(house.store, learner, Approval(NEW, by, why), house.clock)
    assert (learner.shelf.in_use, house.tags()) == (OLD, [])


def test_a_damaged_model_is_never_approved() -> None:
    """A file that was changed is refused before anything is written; the old model stays."""
    learner, house = FakeLearner(), SmallHouse()
    learner.shelf.damaged.add(NEW)
    with pytest.raises(BadInput, match="changed"):
        approve(house.store, learner, Approval(NEW, "ada", "better"), house.clock)
    assert (learner.shelf.in_use, house.tags()) == (OLD, [])
