"""Decide: write a decision down. Content, decision, case, ledger lines and outgoing message commit together or not at all."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from forestall.flow import samples
from forestall.flow.actions import PLATFORM, Actions
from forestall.flow.screen import Screened
from forestall.ledger.entry import digest
from forestall.model.decision import Decision
from forestall.model.ids import instant
from forestall.model.outcome import Outcome
from forestall.model.ports import NewId, Store
from forestall.model.records import (
    Case,
    CaseState,
    Change,
    Delivery,
    Event,
    Receipt,
    Record,
    Sighting,
    StoredContent,
)
from forestall.policy.route import Place


@dataclass(frozen=True, slots=True)
class Outbox:
    """Makes the outgoing messages for a decision; `on` is false where the platform reads decisions itself.

    `verdicts` gives what a person's decision says to partners about their signals, each message with its ledger line.
    """

    on: bool
    new_id: NewId
    verdicts: Callable[[Decision], Sequence[tuple[Event, Delivery]]] = lambda _: ()

    @property
    def actions(self) -> Actions:
        """What makes and moves actions on the platform."""
        return Actions(self.on, self.new_id)

    def messages(self, decision: Decision, before: Outcome = Outcome.PASS) -> tuple[Delivery, ...]:
        """Give the message that tells the platform what to do, or nothing where nothing changes for it."""
        if not self.on or (decision.outcome.rank < Outcome.HOLD.rank and before.rank < Outcome.HOLD.rank):
            return ()
        verb = "restore" if decision.outcome.rank < Outcome.HOLD.rank else decision.outcome.value
        body = {
            "type": f"content.{verb}",
            "timestamp": decision.at,
            "data": {
                "content": decision.content,
                "revision": decision.revision,
                "decision": decision.id,
                "outcome": decision.outcome.value,
                "reasons": [{"rule": reason.rule, "text": reason.text} for reason in decision.reasons],
            },
        }
        return (Delivery(self.new_id(), PLATFORM, f"content.{verb}", body, decision.at),)


def keep(store: Store, screened: Sequence[Screened], outbox: Outbox) -> list[Future[Receipt]]:
    """Queue the changes for screened items, in order; each future resolves when that item is durable."""
    futures = []
    for item in screened:
        _keep_files(store, item)
        future = store.submit(change_of(store, item, outbox))
        if item.content.attachments:
            # A purge may have found the bytes unused between the first keeping and the commit.
            future.add_done_callback(partial(_again, store, item))
        futures.append(future)
    return futures


def _again(store: Store, item: Screened, _: Future[Receipt]) -> None:
    """Keep an item's files once more, after its commit."""
    _keep_files(store, item)


def _keep_files(store: Store, item: Screened) -> None:
    """Keep the bytes of an item's files; those already there are not written again."""
    for attachment in item.content.attachments:
        store.blobs.put(attachment.data)


def change_of(store: Store, item: Screened, outbox: Outbox) -> Change:
    """Give everything that one screened item changes."""
    decision, stored = item.decision, item.stored
    records: list[Record] = [stored, decision]
    if item.traces:
        records.append(Sighting(stored.id, stored.revision, stored.received, tuple(item.traces)))
    if item.shadow is not None:
        records.append(item.shadow)
    events = [received(stored), made(decision)]
    if decision.outcome.asks_a_person:
        earlier = store.case_of(decision.content, decision.revision)
        if not answered(earlier, decision):
            records += outbox.messages(decision)
            _act(store, item, outbox, records, events)
            if earlier is None or earlier.state is CaseState.CONCLUDED:
                case = case_for(decision, outbox.new_id(), item.place or Place())
                records.append(case)
                events.append(Event("case:opened", case.id, decision.at, {"decision": decision.id}))
    else:
        _act(store, item, outbox, records, events)
        if item.sampled and store.case_of(decision.content, decision.revision) is None:
            case = case_for(decision, outbox.new_id(), Place(samples.QUEUE, _in_days(decision.at, samples.DAYS)))
            records.append(case)
            events.append(Event("case:sampled", case.id, decision.at, {"decision": decision.id}))
    return Change(tuple(events), tuple(records), once=decision.key)


def _act(store: Store, item: Screened, outbox: Outbox, records: list[Record], events: list[Event]) -> None:
    """Add the actions that follow from a decision."""
    if item.planned:
        moves = outbox.actions.begun(item.decision, item.planned, store.actions_of(item.decision.content))
        records += moves.records
        events += moves.events


def _in_days(at: str, days: int) -> str:
    """Give the instant so many days later."""
    return instant((datetime.fromisoformat(at) + timedelta(days=days)).timestamp())


def received(stored: StoredContent) -> Event:
    """Give the ledger line of received content; it carries the digest of everything kept."""
    body = {"digest": digest(stored), "revision": stored.revision, "retention": stored.retention.value}
    return Event("content:received", stored.id, stored.received, body)


def made(decision: Decision) -> Event:
    """Give the ledger line of a decision; it carries the digest of the whole decision."""
    body: dict[str, Any] = {
        "digest": digest(decision),
        "content": decision.content,
        "revision": decision.revision,
        "outcome": decision.outcome.value,
        "by": decision.by,
        "ruleset": decision.versions.get("ruleset", ""),
    }
    return Event("decision:made", decision.id, decision.at, body)


def answered(case: Case | None, decision: Decision) -> bool:
    """Tell whether a person has already answered these very rules on this revision; their answer stands."""
    return case is not None and case.state is CaseState.CONCLUDED and _rules(decision) <= set(case.rules)


def _rules(decision: Decision) -> set[str]:
    """Give the ids of the rules a decision rests on."""
    return {reason.rule for reason in decision.reasons}


def case_for(decision: Decision, case_id: str, place: Place, cluster: str = "") -> Case:
    """Give the case that puts a decision to a person, on its own or in a cluster."""
    return Case(
        id=case_id,
        content=decision.content,
        revision=decision.revision,
        decision=decision.id,
        priority=decision.priority,
        outcome=decision.outcome,
        state=CaseState.OPEN,
        opened=decision.at,
        rules=tuple(sorted(_rules(decision))),
        cluster=cluster,
        queue=place.queue,
        due=place.due,
        severity=place.severity,
        weight=place.weight,
        language=decision.language,
    )
