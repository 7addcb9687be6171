"""A person's answer is a decision: recorded, reasoned, and never given twice."""

from dataclasses import replace

import pytest

from forestall.model.content import Attachment, Content
from forestall.model.errors import BadInput, Conflict, NotFound, Refused
from forestall.model.outcome import Outcome
from forestall.model.records import Case, CaseState
from forestall.review import cases
from forestall.review.cases import Answer
from tests.support import PERSON, SmallHouse


def opened(house: SmallHouse, text: str = "!recruiting") -> Case:
    """Screen something that needs a person and give its case."""
    (item,), _ = house.screen(Content("1", text, attachments=(Attachment("a.txt", b"file"),)))
    case = house.store.case_of("1", item.decision.revision)
    assert case is not None
    return case


def answer(house: SmallHouse, given: Answer) -> None:
    """Answer a case."""
    cases.conclude(house.store, given, house.clock, house.new_id, house.outbox)


def test_an_answer_is_recorded_as_a_persons_decision() -> None:
    """Case, decision and ledger lines are written together, with the pseudonym and the reason."""
    house = SmallHouse()
    case = opened(house)
    answer(house, Answer(case.id, 1, PERSON, Outcome.PASS, "a quotation in a school essay"))
    view = cases.view(house.store, case.id, PERSON, house.clock)
    assert view.case.state is CaseState.CONCLUDED
    decision = view.decisions[-1]
    assert (decision.outcome, decision.by, decision.note) == (
        Outcome.PASS,
        "person:reviewer-1",
        "a quotation in a school essay",
    )
    assert house.tags()[-3:] == ["decision:made", "case:concluded", "content:viewed"]


def test_overruling_needs_a_reason_and_agreeing_does_not() -> None:
    """Letting stand what the machine flagged takes a sentence; confirming it does not."""
    house = SmallHouse()
    case = opened(house)
    with pytest.raises(BadInput, match="reason"):
        answer(house, Answer(case.id, 1, PERSON, Outcome.PASS, "  "))
    answer(house, Answer(case.id, 1, PERSON, Outcome.REMOVE))
    newest = house.store.decisions_of("1")[-1]
    assert newest.reasons[0].rule == "person:agreed"


def test_two_people_cannot_answer_one_case() -> None:
    """The second answer is refused and changes nothing."""
    house = SmallHouse()
    case = opened(house)
    answer(house, Answer(case.id, 1, PERSON, Outcome.HOLD))
    with pytest.raises(Conflict):
        answer(house, Answer(case.id, 1, PERSON, Outcome.PASS, "no"))
    assert len(house.store.decisions_of("1")) == 2


def test_an_old_page_cannot_answer() -> None:
    """An answer to another version of the case is refused."""
    house = SmallHouse()
    case = opened(house)
    with pytest.raises(Conflict):
        answer(house, Answer(case.id, 2, PERSON, Outcome.HOLD))


def test_only_some_roles_answer() -> None:
    """An auditor reads and changes nothing."""
    house = SmallHouse()
    case = opened(house)
    with pytest.raises(Refused):
        answer(house, Answer(case.id, 1, replace(PERSON, role="auditor"), Outcome.HOLD))


def test_review_is_no_answer() -> None:
    """A question cannot be answered with the question."""
    house = SmallHouse()
    case = opened(house)
    with pytest.raises(BadInput):
        answer(house, Answer(case.id, 1, PERSON, Outcome.REVIEW, "?"))


def test_passing_what_was_held_restores_it() -> None:
    """Overruling a hold tells the platform to restore."""
    house = SmallHouse(webhook=True)
    case = opened(house, "!known-near")
    answer(house, Answer(case.id, 1, PERSON, Outcome.PASS, "another picture"))
    assert [item.kind for item in house.store.deliveries_due(house.clock())] == ["content.hold", "content.restore"]


def test_every_look_and_reveal_is_a_ledger_line() -> None:
    """Opening a case and revealing its media are written down with the person's pseudonym, before the bytes are given."""
    house = SmallHouse()
    case = opened(house)
    content = cases.view(house.store, case.id, PERSON, house.clock).content
    assert content is not None
    revealed = cases.reveal(house.store, case.id, content.files[0].sha256, PERSON, house.clock)
    assert (revealed.name, revealed.data) == ("a.txt", b"file")
    assert house.tags()[-2:] == ["content:viewed", "media:revealed"]
    with pytest.raises(NotFound):
        cases.reveal(house.store, case.id, "0" * 64, PERSON, house.clock)


def test_waiting_cases_come_by_priority() -> None:
    """What matters most is first."""
    house = SmallHouse()
    house.screen(Content("low", "!unreadable"), Content("high", "!known-exact"), Content("mid", "!recruiting"))
    page = cases.waiting(house.store)
    priorities = [view.case.priority for view in page.items]
    assert priorities == sorted(priorities, reverse=True)
    assert page.items[0].case.content == "high"
