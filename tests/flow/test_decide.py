"""A decision and everything it causes are written together, once."""

import pytest

from forestall.flow.notice import UNREADABLE
from forestall.flow.screen import Versions
from forestall.model.content import Attachment, Content, Markup
from forestall.model.decision import MACHINE
from forestall.model.outcome import Outcome
from forestall.model.records import CaseState, Retention
from forestall.review.cases import Answer, conclude
from tests.support import PERSON, BoastingDetector, FailingDetector, SmallHouse


def test_passing_content_is_kept_with_its_decision() -> None:
    """Content that passes leaves a content, a decision, two ledger lines, and no case."""
    house = SmallHouse()
    (item,), (receipt,) = house.screen(Content("1", "good morning"))
    assert item.decision.outcome is Outcome.PASS
    assert item.decision.by == MACHINE
    assert house.store.decision(item.decision.id) == item.decision
    kept = house.store.content("1")
    assert kept == item.stored
    assert kept is not None
    assert kept.retention is Retention.TRANSIENT
    assert (receipt.first_seq, receipt.last_seq) == (0, 1)
    assert house.tags() == ["content:received", "decision:made"]
    assert house.store.count_cases(CaseState.OPEN) == 0


def test_what_needs_a_person_opens_one_case() -> None:
    """A review opens a case with the rules that spoke."""
    house = SmallHouse()
    (item,), _ = house.screen(Content("1", "!recruiting"))
    case = house.store.case_of("1", item.decision.revision)
    assert case is not None
    assert case.rules == tuple(sorted(reason.rule for reason in item.decision.reasons))
    assert house.tags() == ["content:received", "decision:made", "case:opened"]


def test_the_same_content_twice_is_written_once() -> None:
    """Screening the same item again with the same versions changes nothing."""
    house = SmallHouse()
    _, (first,) = house.screen(Content("1", "!recruiting"))
    _, (second,) = house.screen(Content("1", "!recruiting"))
    assert second.duplicate
    assert (second.first_seq, second.last_seq) == (first.first_seq, first.last_seq)
    assert len(house.tags()) == 3


def test_an_edited_post_is_a_new_revision() -> None:
    """The same id with another text is screened anew and both revisions stay."""
    house = SmallHouse()
    house.screen(Content("1", "hello"))
    (item,), (receipt,) = house.screen(Content("1", "hello !recruiting"))
    assert not receipt.duplicate
    assert len(house.store.decisions_of("1")) == 2
    newest = house.store.content("1")
    assert newest is not None
    assert newest.revision == item.decision.revision


def test_hold_and_remove_tell_the_platform_only_where_it_listens() -> None:
    """With a webhook a hold or removal leaves an outgoing message in the same change; without one it does not."""
    silent, loud = SmallHouse(), SmallHouse(webhook=True)
    for house in (silent, loud):
        house.screen(Content("1", "!known-exact"), Content("2", "!recruiting"))
    assert not silent.store.deliveries_due(silent.clock())
    (message,) = loud.store.deliveries_due(loud.clock())
    assert message.kind == "content.remove"
    assert message.body["data"]["content"] == "1"


@pytest.mark.parametrize("answer", [Outcome.PASS, Outcome.REMOVE])
def test_a_persons_answer_stands(answer: Outcome) -> None:
    """When versions change, content a person answered is not asked again for the same rules, nor acted on against them."""
    house = SmallHouse(webhook=True)
    (item,), _ = house.screen(Content("1", "!known-near"))
    case = house.store.case_of("1", item.decision.revision)
    assert case is not None
    conclude(house.store, Answer(case.id, 1, PERSON, answer, "seen"), house.clock, house.new_id, house.outbox)
    before = len(house.store.deliveries_due(house.clock()))
    newer = Versions({**house.screening.versions, "bank:new": "1"}, house.screening.ruleset)
    object.__setattr__(house.screening, "current", lambda: newer)
    _, (receipt,) = house.screen(Content("1", "!known-near"))
    assert not receipt.duplicate
    assert house.store.count_cases(CaseState.OPEN) == 0
    assert len(house.store.deliveries_due(house.clock())) == before


def test_new_reasons_ask_again() -> None:
    """A rule the person had not seen opens a new case on the same revision."""
    house = SmallHouse()
    (item,), _ = house.screen(Content("1", "!recruiting"))
    case = house.store.case_of("1", item.decision.revision)
    assert case is not None
    conclude(house.store, Answer(case.id, 1, PERSON, Outcome.PASS, "fine"), house.clock, house.new_id, house.outbox)
    again = house.screening.screen(Content("1", "!recruiting"))
    object.__setattr__(
        again.decision, "reasons", (*again.decision.reasons, type(again.decision.reasons[0])("new-rule", "new"))
    )
    object.__setattr__(again.decision, "key", "other")
    from forestall.flow.decide import keep

    for future in keep(house.store, [again], house.outbox):
        future.result()
    assert house.store.count_cases(CaseState.OPEN) == 1


def test_a_failing_detector_asks_a_person_and_stops_nobody() -> None:
    """A detector that raises becomes a finding; the others still look."""
    house = SmallHouse(FailingDetector())
    (item,), _ = house.screen(Content("1", "!recruiting"))
    causes = [finding.evidence.get("cause") for finding in item.decision.findings if finding.label == UNREADABLE]
    assert causes == ["detector-failed"]
    assert any(finding.label == "recruiting" for finding in item.decision.findings)


def test_html_is_read_as_its_visible_text_and_links() -> None:
    """A post in HTML is matched on what its readers see, and its link targets are looked at."""
    house = SmallHouse()
    text = '<p>!recru<b>iting</b></p><script>!pledge</script><a href="https://t.example/!contact-invite">here</a>'
    (item,), _ = house.screen(Content("1", text, markup=Markup.HTML))
    assert {finding.label for finding in item.decision.findings} >= {"recruiting", "contact-invite"}
    assert "pledge" not in {finding.label for finding in item.decision.findings}


def test_files_are_kept_by_digest() -> None:
    """Attachments are kept as bytes under their digest, and their text is read."""
    house = SmallHouse()
    (item,), _ = house.screen(Content("1", "", attachments=(Attachment("note.txt", b"!recruiting"),)))
    assert house.store.blobs.get(item.stored.files[0].sha256) == b"!recruiting"
    assert item.decision.findings[0].part == "note.txt"


def test_no_finding_goes_beyond_what_its_detector_declared() -> None:
    """A detector that claims a harsher ceiling than it declared, or an undeclared label, is lowered."""
    house = SmallHouse(BoastingDetector())
    (item,), _ = house.screen(Content("1", "hello"))
    assert [finding.ceiling for finding in item.decision.findings] == [Outcome.REVIEW, Outcome.PASS]
    assert item.decision.outcome.rank <= Outcome.REVIEW.rank
