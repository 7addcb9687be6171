"""Banks of known material: signals, who says what about each, and what follows from that."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from forestall.model.finding import Span

FILE_DIGESTS = frozenset({"md5", "sha1", "sha256", "sha512"})
"""Types whose equality means that a file is the same, byte for byte."""


class Trust(StrEnum):
    """How sure we are of a signal; the strongest first."""

    CONFIRMED = "confirmed"
    """A person of ours looked and confirmed it."""
    PARTNER = "partner"
    """A partner says so."""
    CANDIDATE = "candidate"
    """Nobody has confirmed it yet."""


class Stance(StrEnum):
    """What a source says about a signal (ThreatExchange's opinions)."""

    POSITIVE = "positive"
    """It is what the bank is for."""
    SEED = "seed"
    """It is worth a look, no more."""
    NEGATIVE = "negative"
    """It is not what the bank is for."""


class Purpose(StrEnum):
    """What a match in a bank means."""

    BLOCK = "block"
    """This is known material."""
    ALLOW = "allow"
    """This looks like known material and is not: a match excuses others on the same part."""


class BankState(StrEnum):
    """Whether a bank takes part in matching."""

    LIVE = "live"
    PREVIEW = "preview"
    """Imported, and not switched on yet: only asked what it would have matched."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Bank:
    """A named set of signals. Thresholds are per signal type; what is not named follows the type.

    Takes:
        trust: how far a positive opinion in this bank counts where the opinion itself does not say.
        distances: signal type → largest distance that matches.
        quality: least quality 0..100 of what is matched, where its type measures one; 0 follows the type.
        disabled_until: instant until which nothing matches, or empty.
        expires: last day (ISO 8601) on which it matches, or empty.
        exchange: id of the exchange that fills it, or empty.
    """

    id: str
    name: str
    trust: Trust = Trust.CANDIDATE
    purpose: Purpose = Purpose.BLOCK
    state: BankState = BankState.LIVE
    description: str = ""
    distances: Mapping[str, int] = field(default_factory=dict)
    quality: int = 0
    disabled_until: str = ""
    expires: str = ""
    exchange: str = ""
    created: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one source says about a signal, as it gave it. `reference` is the source's own id for it.

    `trust` is empty where the bank's counts; `withdrawn` is the instant the source took it back, or empty.
    """

    source: str
    stance: Stance = Stance.POSITIVE
    trust: Trust | None = None
    label: str = ""
    ideology: str = ""
    listing: str = ""
    file_type: str = ""
    note: str = ""
    reference: str = ""
    confirmed_by: str = ""
    first_seen: str = ""
    last_seen: str = ""
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """A comparable form of known material in one bank; `value` is canonical as its type writes it.

    `id` follows from bank, type and value (`signal_id`). `distance` narrows the bank's for this signal alone.
    """

    id: int
    bank: str
    type: str
    value: str
    opinions: tuple[Opinion, ...] = ()
    distance: int | None = None
    disabled_until: str = ""
    expires: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What follows from everything said about a signal: how far to trust it, and the opinion that carries it.

    `disputed` where one source says yes and another no; then nothing stronger than a candidate is left.
    """

    trust: Trust
    opinion: Opinion
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One signal as a file or an exchange gives it, before its value was checked: what to add, or with `withdrawn` to take back."""

    type: str
    value: str
    opinion: Opinion
    distance: int | None = None
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A signal of content that was screened: kept so that material identified later can be found again.

    `part` is where it was taken, `value` canonical as its type writes it, `quality` 0..100 or -1 where there is none.
    """

    type: str
    part: str
    value: str
    quality: int = -1


@dataclass(frozen=True, slots=True)
class Match:
    """A banked signal that something meets: which, whose, how far it is to be trusted, where and how near.

    `distance` is in the type's own unit (0 is equal); `radius` the largest that would have counted here; `variant` says how the
    copy was changed, `quality` is 0..100 or -1, `spans` point into the part's text, `evidence` is what the type adds.
    """

    signal: Signal
    bank: Bank
    standing: Standing
    part: str
    distance: int
    radius: int
    variant: str = ""
    quality: int = -1
    spans: tuple[Span, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A trace of earlier content that a newer signal meets: the signal's place in what was asked, the sighting's position."""

    asked: int
    position: int
    trace: Trace
    distance: int


def signal_id(bank: str, kind: str, value: str, attempt: int = 0) -> int:
    """Give the id of a signal: 53 bits of the SHA-256 over bank id, type and canonical value, so that every JSON reader keeps it.

    Of ten million signals two share one by chance in one bank of 180; the one that comes second takes the next `attempt`.
    """
    digest = hashlib.sha256(f"{attempt or ''}{bank}\n{kind}\n{value}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) >> 11


def standing(bank: Bank, signal: Signal, now: str) -> Standing | None:
    """Give what follows from the opinions on a signal at the instant `now`; `None` where it does not match at all.

    Nothing matches that every source withdrew, that is only spoken against, or that is expired or disabled.
    """
    today = now[:10]
    if bank.state is not BankState.LIVE or _past(bank.disabled_until, bank.expires, now, today):
        return None
    if _past(signal.disabled_until, signal.expires, now, today):
        return None
    return opinion_of(bank, signal)


def opinion_of(bank: Bank, signal: Signal) -> Standing | None:
    """Give what follows from the opinions on a signal, whatever the day and the state of its bank."""
    kept = [opinion for opinion in signal.opinions if not opinion.withdrawn]
    positive = [opinion for opinion in kept if opinion.stance is Stance.POSITIVE]
    if positive:
        best = min(positive, key=lambda opinion: _RANK[opinion.trust or bank.trust])
        if any(opinion.stance is Stance.NEGATIVE for opinion in kept):
            return Standing(Trust.CANDIDATE, best, disputed=True)
        return Standing(best.trust or bank.trust, best)
    seeds = [opinion for opinion in kept if opinion.stance is Stance.SEED]
    if seeds and len(seeds) == len(kept):
        return Standing(Trust.CANDIDATE, seeds[0])
    return None


def excused_by(match: Match, matches: Iterable[Match]) -> Match | None:
    """Give the match in an allow bank that excuses a match: on the same part, the same file or at least as near."""
    for other in matches:
        if other.bank.purpose is not Purpose.ALLOW or other.part != match.part:
            continue
        if other.signal.type in FILE_DIGESTS or (
            other.signal.type == match.signal.type and other.distance <= match.distance
        ):
            return other
    return None


_RANK = {trust: rank for rank, trust in enumerate(Trust)}


def _past(disabled_until: str, expires: str, now: str, today: str) -> bool:
    """Tell whether something is disabled or expired."""
    return disabled_until > now or bool(expires and expires < today)
