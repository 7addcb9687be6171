"""Messages about banks, signals, exchanges and retro-hunts: the shapes of requests and answers."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from forestall.doors.api.messages import MAX_PAGE
from forestall.model.bank import Bank, BankState, Entry, Opinion, Purpose, Signal, Stance, Trust, opinion_of
from forestall.model.content import Problem
from forestall.model.records import Exchange, Hunt, HuntState

MAX_VALUE = 500_000
"""Most characters of one value: fingerprints of films and sound are long."""
MAX_ENTRIES = 20_000
"""Most signals added in one request."""


_DAY = r"^(?:|[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))(?![\s\S])"
_INSTANT = (
    r"^(?:|[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?Z)(?![\s\S])"
)
_CURSOR = r"^[\x20-\x7e]*(?![\s\S])"
_KIND = r"^[a-z][a-z0-9-]*(?![\s\S])"

Kind = Annotated[
    str, Meta(min_length=1, max_length=40, pattern=_KIND, description="A type of signal", examples=["pdq", "sha256"])
]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2_048)]
Day = Annotated[str, Meta(pattern=_DAY, description="The last day on which it matches, or empty")]
Instant = Annotated[str, Meta(pattern=_INSTANT, description="An instant in UTC, or empty")]
Value = Annotated[str, Meta(min_length=1, max_length=MAX_VALUE)]
Distances = Annotated[
    Mapping[Kind, Annotated[int, Meta(ge=0, le=1_000)]],
    Meta(
        max_length=64, description="Type of signal → largest distance that matches; what is not named follows the type"
    ),
]
Quality = Annotated[int, Meta(ge=0, le=100, description="Least picture quality matched; 0 follows the type")]


class BankRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new bank. In the state `preview` it matches nothing until it is switched on."""

    name: Name
    trust: Trust = Trust.CANDIDATE
    purpose: Purpose = Purpose.BLOCK
    state: BankState = BankState.LIVE
    description: Text = ""
    distances: Distances = {}
    quality: Quality = 0
    expires: Day = ""


class BankChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change in a bank. With `version`, only if the bank still has that version."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    trust: Trust | msgspec.UnsetType = msgspec.UNSET
    purpose: Purpose | msgspec.UnsetType = msgspec.UNSET
    state: BankState | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    distances: Distances | msgspec.UnsetType = msgspec.UNSET
    quality: Quality | msgspec.UnsetType = msgspec.UNSET
    expires: Day | msgspec.UnsetType = msgspec.UNSET
    disabled_until: Instant | msgspec.UnsetType = msgspec.UNSET
    version: Annotated[int, Meta(ge=1)] | msgspec.UnsetType = msgspec.UNSET

    def fields(self) -> dict[str, Any]:
        """Give the fields to change."""
        given = {name: getattr(self, name) for name in self.__struct_fields__ if name != "version"}
        return {name: value for name, value in given.items() if value is not msgspec.UNSET}


class BankAnswer(msgspec.Struct, frozen=True):
    """A bank. `signals` counts its signals by type, withdrawn ones included; `exchange` fills it, or is empty."""

    id: str
    name: str
    trust: Trust
    purpose: Purpose
    state: BankState
    description: str
    distances: Mapping[str, int]
    quality: int
    disabled_until: str
    expires: str
    exchange: str
    created: str
    version: int
    signals: Mapping[str, int]


class BanksAnswer(msgspec.Struct, frozen=True):
    """All banks by name."""

    banks: tuple[BankAnswer, ...]


class OpinionAnswer(msgspec.Struct, frozen=True):
    """What one source says about a signal, as it gave it; `trust` is empty where the bank's counts, `withdrawn` unless taken back."""

    source: str
    stance: Stance
    trust: str
    label: str
    ideology: str
    listing: str
    file_type: str
    note: str
    reference: str
    confirmed_by: str
    first_seen: str
    last_seen: str
    withdrawn: str


class SignalAnswer(msgspec.Struct, frozen=True):
    """A signal of a bank. `trust` is what follows from the opinions, empty where nothing does: then it does not match."""

    id: int
    bank: str
    type: str
    value: str
    trust: str
    disputed: bool
    distance: int | None
    disabled_until: str
    expires: str
    version: int
    opinions: tuple[OpinionAnswer, ...]


class SignalsAnswer(msgspec.Struct, frozen=True):
    """Signals by type and value. Ask again with `after` = `next` for those that follow; it is empty at the end."""

    signals: tuple[SignalAnswer, ...]
    next: str


class SignalsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which signals to list."""

    type: Annotated[str, Meta(max_length=40, description="Only of this type")] = ""
    source: Annotated[str, Meta(max_length=200, description="Only with an opinion of this source")] = ""
    value: Annotated[str, Meta(max_length=2_048, description="Only whose value begins so")] = ""
    after: Annotated[str, Meta(max_length=4_096, pattern=_CURSOR, description="`next` of an earlier answer")] = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE, description="Most signals to give")] = 100


class EntryRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal to add, with what one source says about it; with `withdrawn`, that source takes it back.

    `source` is the name of the API key where it is not given.
    """

    type: Kind
    value: Value
    source: Annotated[str, Meta(max_length=200)] = ""
    stance: Stance = Stance.POSITIVE
    trust: Trust | None = None
    label: Text = ""
    ideology: Text = ""
    listing: Text = ""
    file_type: Text = ""
    note: Text = ""
    reference: Text = ""
    first_seen: Annotated[str, Meta(max_length=64)] = ""
    last_seen: Annotated[str, Meta(max_length=64)] = ""
    distance: Annotated[int, Meta(ge=0, le=1_000, description="Narrows the bank's for this signal")] | None = None
    expires: Day = ""
    withdrawn: bool = False


class EntriesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signals to add. The same as NDJSON: one entry per line."""

    entries: Annotated[tuple[EntryRequest, ...], Meta(min_length=1, max_length=MAX_ENTRIES)]


class RefusedEntry(msgspec.Struct, frozen=True):
    """An entry that could not be used, and why."""

    cause: str
    what: str
    next: str
    part: str


class ImpactSample(msgspec.Struct, frozen=True):
    """A match among what was screened before: which revision of which content, when it was seen, and how far the signal is."""

    content: str
    revision: str
    at: str
    part: str
    signal: int
    type: str
    distance: int


class ImpactAnswer(msgspec.Struct, frozen=True):
    """What a bank would match of what was screened before.

    `signals` were asked for, `contents` met; `months` counts those by `2026-01`, `types` by type of signal. `samples` are the nearest
    and the furthest matches; `more` says that counting was broken off.
    """

    signals: int
    contents: int
    months: Mapping[str, int]
    types: Mapping[str, int]
    samples: tuple[ImpactSample, ...]
    more: bool


class AddedAnswer(msgspec.Struct, frozen=True):
    """What became of the entries. `unknown` were taken back although nobody had given them; `problems` are the first of those refused.

    `impact` is given for an import with `preview`.
    """

    read: int
    added: int
    changed: int
    same: int
    withdrawn: int
    unknown: int
    refused: int
    problems: tuple[RefusedEntry, ...]
    format: str = ""
    impact: ImpactAnswer | None = None


class ImportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to import."""

    name: Annotated[
        str, Meta(max_length=200, description="The file's name; its ending helps to recognise the format")
    ] = ""
    preview: Annotated[
        bool, Meta(description="Import into a bank that is not switched on, and say what it would have matched")
    ] = False


class WithdrawRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose opinions to take back."""

    source: Name


class WithdrawAnswer(msgspec.Struct, frozen=True):
    """How many opinions were taken back. What every source withdrew matches no more; the record of past matches stays."""

    withdrawn: int


class OpinionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An opinion on a signal. `source` is the name of the API key where it is not given."""

    source: Annotated[str, Meta(max_length=200)] = ""
    stance: Stance = Stance.POSITIVE
    trust: Trust | None = None
    label: Text = ""
    ideology: Text = ""
    note: Text = ""


class SignalChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change about a signal: until when it matches nothing (empty: no longer), and what a source says about it."""

    disabled_until: Instant | msgspec.UnsetType = msgspec.UNSET
    opinion: OpinionRequest | msgspec.UnsetType = msgspec.UNSET


class ExportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to export."""

    format: Annotated[str, Meta(pattern=r"^(?:csv|ndjson)(?![\s\S])", description="`csv` or `ndjson`")] = "ndjson"


class HuntAnswer(msgspec.Struct, frozen=True):
    """A search of what was screened before. Its cases are the cluster of its id. `looked` and `matched` count as far as it got."""

    id: str
    bank: str
    state: HuntState
    started: str
    finished: str
    looked: int
    matched: int
    error: str


class HuntsAnswer(msgspec.Struct, frozen=True):
    """Retro-hunts, newest first."""

    hunts: tuple[HuntAnswer, ...]


class ExchangeAnswer(msgspec.Struct, frozen=True):
    """A source of signals that is asked again and again. Counts are of the last time; tokens are never given."""

    id: str
    name: str
    kind: str
    bank: str
    address: str
    enabled: bool
    minutes: int
    due: str
    last_success: str
    last_error: str
    added: int
    withdrawn: int
    refused: int


class ExchangesAnswer(msgspec.Struct, frozen=True):
    """All exchanges by name."""

    exchanges: tuple[ExchangeAnswer, ...]


def bank_answer(bank: Bank, counts: Mapping[str, int]) -> BankAnswer:
    """Give a bank as answered."""
    return BankAnswer(
        id=bank.id,
        name=bank.name,
        trust=bank.trust,
        purpose=bank.purpose,
        state=bank.state,
        description=bank.description,
        distances=bank.distances,
        quality=bank.quality,
        disabled_until=bank.disabled_until,
        expires=bank.expires,
        exchange=bank.exchange,
        created=bank.created,
        version=bank.version,
        signals=counts,
    )


def signal_answer(bank: Bank, signal: Signal) -> SignalAnswer:
    """Give a signal as answered."""
    stands = opinion_of(bank, signal)
    return SignalAnswer(
        id=signal.id,
        bank=signal.bank,
        type=signal.type,
        value=signal.value,
        trust=stands.trust.value if stands else "",
        disputed=bool(stands and stands.disputed),
        distance=signal.distance,
        disabled_until=signal.disabled_until,
        expires=signal.expires,
        version=signal.version,
        opinions=tuple(_opinion_answer(opinion) for opinion in signal.opinions),
    )


def _opinion_answer(opinion: Opinion) -> OpinionAnswer:
    """Give an opinion as answered."""
    fields = {name: getattr(opinion, name) for name in OpinionAnswer.__struct_fields__ if name != "trust"}
    return OpinionAnswer(trust=opinion.trust.value if opinion.trust else "", **fields)


def entry_of(given: EntryRequest, source: str, at: str) -> Entry:
    """Give an entry as the verbs on banks take it; `source` is who says it where the entry does not."""
    opinion = Opinion(
        source=given.source or source,
        stance=given.stance,
        trust=given.trust,
        label=given.label,
        ideology=given.ideology,
        listing=given.listing,
        file_type=given.file_type,
        note=given.note,
        reference=given.reference,
        first_seen=given.first_seen,
        last_seen=given.last_seen,
        withdrawn=at if given.withdrawn else "",
    )
    return Entry(given.type, given.value, opinion, given.distance, given.expires)


def refused(problem: Problem) -> RefusedEntry:
    """Give a refused entry as answered."""
    return RefusedEntry(problem.cause, problem.what, problem.next_step, problem.part)


def hunt_answer(hunt: Hunt) -> HuntAnswer:
    """Give a retro-hunt as answered."""
    return HuntAnswer(**{name: getattr(hunt, name) for name in HuntAnswer.__struct_fields__})


def exchange_answer(exchange: Exchange) -> ExchangeAnswer:
    """Give an exchange as answered."""
    return ExchangeAnswer(**{name: getattr(exchange, name) for name in ExchangeAnswer.__struct_fields__})
