"""Records and changes for tests of the store: small, valid, each with ids of its own."""

from collections.abc import Sequence
from itertools import count
from threading import Thread
from typing import Any

from forestall.ledger.checkpoint import Signer
from forestall.ledger.entry import digest
from forestall.model.bank import Bank, Opinion, Signal, Trace, signal_id
from forestall.model.content import Audience
from forestall.model.decision import Decision, Excuse, Reason
from forestall.model.finding import Finding
from forestall.model.ids import instant, new_id, sha256_hex
from forestall.model.outcome import Outcome
from forestall.model.reading import FileFacts, Role, Segment
from forestall.model.records import (
    Case,
    CaseState,
    Change,
    Event,
    Exchange,
    Hunt,
    HuntState,
    Person,
    Record,
    Retention,
    Sighting,
    StoredContent,
    StoredFile,
)

SIGNER = Signer("ledger.example/test", bytes(range(32)))
KEY = SIGNER.verifier_key

fresh = new_id
_ticks = count()
_numbers = count()


def at(second: int | None = None) -> str:
    """Give an instant: the given second of 2026, or one that grows from call to call."""
    return instant(1_767_225_600 + (next(_ticks) / 1000 if second is None else second))


def content(**given: Any) -> StoredContent:
    """Give stored content with a text, a file and facts."""
    values: dict[str, Any] = {
        "id": fresh(),
        "revision": "r1",
        "kind": "post",
        "received": at(),
        "audience": Audience.PUBLIC,
        "retention": Retention.TRANSIENT,
        "language": "en",
        "author": "author-1",
        "segments": (Segment("text", Role.BODY, "We meet at eight."),),
        "files": (StoredFile("a.png", "image/png", 10, "ab" * 32),),
        "facts": (FileFacts("a.png", "image/png", 10, "0" * 32, "1" * 40, "ab" * 32),),
    }
    return StoredContent(**{**values, **given})


def decision(**given: Any) -> Decision:
    """Give a machine's decision with a finding, a reason and an excuse."""
    evidence = {"words": ["meet"], "share": 0.125, "more": {"n": None, "ok": True}}
    finding = Finding("words", "1", "contact-invite", 0.75, Outcome.REVIEW, "text", ((3, 7), (11, 16)), evidence)
    values: dict[str, Any] = {
        "id": fresh(),
        "content": fresh(),
        "revision": "r1",
        "outcome": Outcome.REVIEW,
        "priority": 0.5,
        "by": "machine",
        "at": at(),
        "reasons": (Reason("invites", "It invites to a place outside.", (0,)),),
        "excuses": (Excuse("news", "It reports.", (0,)),),
        "unknowns": ("age",),
        "findings": (finding,),
        "facts": {"audience": "public", "files": 1, "share": 0.1, "known": None, "first": False},
        "versions": {"ruleset": "default@1", "words": "1"},
        "language": "en",
        "key": fresh(),
    }
    return Decision(**{**values, **given})


def case(of: Decision, **given: Any) -> Case:
    """Give the open case that puts a decision to a person."""
    values: dict[str, Any] = {
        "id": fresh(),
        "content": of.content,
        "revision": of.revision,
        "decision": of.id,
        "priority": of.priority,
        "outcome": of.outcome,
        "state": CaseState.OPEN,
        "opened": at(),
        "rules": ("invites",),
    }
    return Case(**{**values, **given})


def person(**given: Any) -> Person:
    """Give a person."""
    number = fresh()
    return Person(
        **{"id": number, "name": f"name-{number}", "role": "moderator", "password_hash": "x", "created": at(), **given}
    )


def bank(**given: Any) -> Bank:
    """Give a bank with thresholds."""
    number = fresh()
    return Bank(
        **{"id": number, "name": f"bank-{number}", "distances": {"pdq": 20}, "quality": 50, "created": at(), **given}
    )


def signal(of: Bank | str, value: str = "", **given: Any) -> Signal:
    """Give a signal of a bank, an SHA-256 unless a type is given, with one opinion of a partner."""
    values: dict[str, Any] = {
        "bank": of if isinstance(of, str) else of.id,
        "type": "sha256",
        "value": value or sha256_hex(fresh().encode()),
        "opinions": (Opinion("partner", label="magazine", reference=f"r-{next(_numbers)}", first_seen=at(1)),),
        **given,
    }
    return Signal(**{"id": signal_id(values["bank"], values["type"], values["value"]), **values})


def sighting(**given: Any) -> Sighting:
    """Give the signals of one screened picture."""
    values: dict[str, Any] = {"id": fresh(), "revision": "r1", "at": at()}
    traces = (Trace("sha256", "a.png", "ab" * 32), Trace("pdq", "a.png", "cd" * 32, 87))
    return Sighting(**{**values, "traces": traces, **given})


def hunt(**given: Any) -> Hunt:
    """Give a retro-hunt that has just begun."""
    return Hunt(**{"id": fresh(), "bank": fresh(), "state": HuntState.RUNNING, "started": at(), **given})


def exchange(**given: Any) -> Exchange:
    """Give an exchange."""
    number = fresh()
    values: dict[str, Any] = {"id": number, "name": f"exchange-{number}", "kind": "tcap", "bank": fresh()}
    return Exchange(**{**values, "options": {"list": "all"}, "created": at(), **given})


def banked(*signals: Signal, tag: str = "bank:added") -> Change:
    """Give the change that keeps signals of one bank, with its one ledger line."""
    return Change((Event(tag, signals[0].bank, at(), {"signals": len(signals)}),), signals)


def seen(of: Sighting) -> Change:
    """Give the change that keeps a sighting with the line about its content."""
    return Change((Event("content:received", of.id, of.at, {"revision": of.revision}),), (of,))


def made(of: Decision) -> Event:
    """Give the ledger line of a decision."""
    return Event("decision:made", of.id, of.at, {"content": of.content, "digest": digest(of)})


def undigested(of: Decision) -> Change:
    """Give the change of a decision alone, with a line that does not state its digest."""
    return Change((Event("decision:made", of.id, of.at),), (of,))


def decided(*, once: str = "", **given: Any) -> Change:
    """Give the change that one screened item makes: content, decision and two ledger lines."""
    concluded = decision(**given)
    kept = content(id=concluded.content, revision=concluded.revision)
    received = Event("content:received", kept.id, kept.received, {"revision": kept.revision, "digest": digest(kept)})
    return Change((received, made(concluded)), (kept, concluded), once=once)


def with_line(record: Record) -> Change:
    """Give a change of one record with a ledger line about it."""
    return Change((Event("record:kept", str(record.id), at()),), (record,))


def decision_of(change: Change) -> Decision:
    """Give the decision in a change."""
    return next(record for record in change.records if isinstance(record, Decision))


def content_of(change: Change) -> StoredContent:
    """Give the content in a change."""
    return next(record for record in change.records if isinstance(record, StoredContent))


def run(threads: Sequence[Thread]) -> None:
    """Start threads and wait for them."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
