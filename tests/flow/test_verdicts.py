"""Verdicts: what people decide about partners' signals goes back to the partners that asked for it."""

from dataclasses import replace

import pytest

from forestall.flow.decide import Outbox
from forestall.flow.screen import Screened
from forestall.ledger.entry import parse
from forestall.model.bank import Stance
from forestall.model.content import Content
from forestall.model.outcome import Outcome
from forestall.model.records import Case, Change, Event
from forestall.review.cases import Answer, conclude
from tests.flow.test_exchange import Desk, batch, desk, entry
from tests.support import PERSON, SmallHouse

__all__ = ["desk"]  # a fixture


@pytest.mark.parametrize(("answer", "stance"), [(Outcome.PASS, Stance.NEGATIVE), (Outcome.REMOVE, Stance.POSITIVE)])
def test_an_answered_case_is_told(desk: Desk, answer: Outcome, stance: Stance) -> None:
    """What a person decides about content that met a partner's signal is told back in the same change as the decision."""
    exchange = desk.added(reports="yes")
    desk.script.steps = [batch(entry("aa", reference="9001"), at="1", done=True)]
    desk.puller.pull(exchange)
    signal = desk.signals()["md5", "aa"]
    house = SmallHouse()
    house.store = desk.store
    (item,), _ = house.screen(Content("1", "!known-unconfirmed"))
    noticed = replace(item.decision.findings[0], detector="match", evidence={"signal_id": signal.id})
    seen = replace(item.decision, id="seen", key="seen", findings=(noticed,))
    case = replace(item_case(desk, item), decision="seen", version=2)
    line = Event("decision:made", "seen", desk.clock())
    desk.store.submit(Change((line,), (seen, case))).result()
    outbox = Outbox(False, house.new_id, desk.puller.verdicts)
    conclude(desk.store, Answer(case.id, 2, PERSON, answer, "looked"), desk.clock, house.new_id, outbox)
    (message,) = desk.store.deliveries_due(desk.clock())
    assert (message.target, message.body["stance"]) == (f"exchange:{exchange.id}", stance.value)
    assert parse(desk.store.ledger_of(exchange.id)[-1].entry)[1].body["delivery"] == message.id


def item_case(desk: Desk, item: Screened) -> Case:
    """Give the case a screened item opened."""
    case = desk.store.case_of(item.decision.content, item.decision.revision)
    assert case
    return case
