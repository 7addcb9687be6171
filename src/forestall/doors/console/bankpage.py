"""Banks, signals, exchanges and retro-hunts put into words for pages. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forestall.doors.console.words import Words
from forestall.ledger.entry import parse
from forestall.model.bank import Bank, BankState, Opinion, Signal, Stance, opinion_of
from forestall.model.ports import Types
from forestall.model.records import Exchange, Hunt, HuntState, LedgerRow

MOST_STEPS = 30
"""Most lines of a bank's history shown, newest first."""
_LONGEST_VALUE = 160


@dataclass(frozen=True, slots=True)
class BankRow:
    """A bank in the list. `counts` are its signals by type, most first, in words."""

    bank: Bank
    total: int
    counts: Sequence[tuple[str, int]]
    changed: str
    age: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of a signal, in words. `stance` is its code; `facts` are what it gave beside that."""

    source: str
    stance: str
    title: str
    withdrawn: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal of a bank: whether it stands and how far it is trusted, and what each source says."""

    id: int
    kind: str
    value: str
    cut: int
    stands: str
    disputed: bool
    disabled: str
    expires: str
    said: Sequence[Said]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A type of signal with a distance that a bank may set."""

    kind: str
    title: str
    usual: int
    largest: int
    value: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a bank's history."""

    what: str
    who: str
    detail: str
    at: str
    age: str
    line: int


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """An exchange: how the last pull went, and when the next is due."""

    exchange: Exchange
    bank: str
    good: bool
    last: str
    due: str


@dataclass(frozen=True, slots=True)
class HuntRow:
    """A retro-hunt: how far it got, and what it found."""

    hunt: Hunt
    bank: str
    running: bool
    failed: bool
    age: str


def bank_row(bank: Bank, counts: Mapping[str, int], ledger: Sequence[LedgerRow], words: Words, now: str) -> BankRow:
    """Put a bank into a row; `ledger` are the lines about it."""
    changed = bank.created
    if ledger:
        _, event = parse(ledger[-1].entry)
        changed = event.at
    listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [(kind_name(kind, words), count) for kind, count in listed]
    return BankRow(bank, sum(counts.values()), named, changed, words.ago(changed, now))


def signal_row(bank: Bank, signal: Signal, words: Words, now: str) -> SignalRow:
    """Put a signal into a row."""
    stands = opinion_of(bank, signal)
    past = bool(signal.expires and signal.expires < now[:10])
    state = words("signal.withdrawn") if stands is None else words(f"trust.{stands.trust.value}")
    return SignalRow(
        id=signal.id,
        kind=kind_name(signal.type, words),
        value=signal.value[:_LONGEST_VALUE],
        cut=max(0, len(signal.value) - _LONGEST_VALUE),
        stands=words("signal.expired") if past else state,
        disputed=bool(stands and stands.disputed),
        disabled=signal.disabled_until if signal.disabled_until > now else "",
        expires=signal.expires,
        said=[_said(opinion, words) for opinion in signal.opinions],
    )


def thresholds(bank: Bank, types: Types, words: Words) -> list[Threshold]:
    """Give the types whose distance a bank may set."""
    return [
        Threshold(
            kind, kind_name(kind, words), types.radius(kind), types.largest_distance(kind), bank.distances.get(kind)
        )
        for kind in types.names
        if types.largest_distance(kind) > 0
    ]


def steps(ledger: Sequence[LedgerRow], person: str, words: Words, now: str) -> list[Step]:
    """Give the latest lines about a bank, newest first; `person` is who is reading."""
    return [_step(row, person, words, now) for row in reversed(ledger[-MOST_STEPS:])]


def exchange_row(exchange: Exchange, banks: Mapping[str, str], words: Words, now: str) -> ExchangeRow:
    """Put an exchange into a row; `banks` are names by id."""
    due = (
        words("exchanges.due_now")
        if exchange.due <= now
        else words("exchanges.due_at", at=exchange.due[:16].replace("T", " "))
    )
    return ExchangeRow(
        exchange,
        banks.get(exchange.bank, ""),
        bool(exchange.last_success) and not exchange.last_error,
        words.ago(exchange.last_success, now) if exchange.last_success else words("exchanges.never"),
        due if exchange.enabled else words("exchanges.off"),
    )


def hunt_row(hunt: Hunt, banks: Mapping[str, str], words: Words, now: str) -> HuntRow:
    """Put a retro-hunt into a row; `banks` are names by id."""
    return HuntRow(
        hunt,
        banks.get(hunt.bank, hunt.bank),
        hunt.state is HuntState.RUNNING,
        hunt.state is HuntState.FAILED or bool(hunt.error),
        words.ago(hunt.started, now),
    )


def kind_name(kind: str, words: Words) -> str:
    """Name a type of signal."""
    return words.or_text(f"kind.{kind}", kind)


def who(by: str, person: str, words: Words) -> str:
    """Name who changed something: you, a colleague's pseudonym, a program by its key, or the command line."""
    if by == person:
        return words("history.you")
    if by == "cli":
        return words("bank.by_cli")
    return words("bank.by_key", id=by.removeprefix("key:")) if by.startswith("key:") else by


def states() -> Iterable[str]:
    """Give the codes of all states of a bank."""
    return [state.value for state in BankState]


def _said(opinion: Opinion, words: Words) -> Said:
    """Put an opinion into words."""
    names = (
        "label",
        "ideology",
        "listing",
        "file_type",
        "reference",
        "first_seen",
        "last_seen",
        "confirmed_by",
        "note",
    )
    given = [(words.or_text(f"opinion.{name}", name), str(getattr(opinion, name))) for name in names]
    trust = [(words("opinion.trust"), words(f"trust.{opinion.trust.value}"))] if opinion.trust else []
    title = words("opinion.withdrawn") if opinion.withdrawn else words(f"stance.{opinion.stance.value}")
    facts = [(name, value) for name, value in given if value]
    return Said(opinion.source, opinion.stance.value, title, opinion.withdrawn, trust + facts)


def _step(row: LedgerRow, person: str, words: Words, now: str) -> Step:
    """Put a ledger line about a bank into words."""
    _, event = parse(row.entry)
    body: Mapping[str, Any] = event.body
    detail = ""
    if "count" in body:
        detail = words("bank.signals", n=int(body["count"]))
    elif "fields" in body:
        detail = ", ".join(words.or_text(f"bank.{name}", str(name)) for name in body["fields"])
    if body.get("source"):
        detail = f"{detail} · {body['source']}"
    note = str(body.get("note", ""))
    return Step(
        words.or_text(f"bank_event.{row.tag.partition(':')[2]}", row.tag),
        who(str(body.get("by", "")), person, words),
        f"{detail} – {note}" if note else detail,
        event.at,
        words.ago(event.at, now),
        row.seq,
    )


def agreed(signal: Signal) -> tuple[list[str], list[str]]:
    """Name the sources that say yes to a signal now, and those that say no."""
    kept = [opinion for opinion in signal.opinions if not opinion.withdrawn]
    yes = [opinion.source for opinion in kept if opinion.stance is Stance.POSITIVE]
    return yes, [opinion.source for opinion in kept if opinion.stance is Stance.NEGATIVE]
