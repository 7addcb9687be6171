"""Messages about what signals and content meet in the banks: the shapes of requests and answers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from forestall.doors.api.bank_messages import Kind, Name, Value
from forestall.model.bank import Match, Purpose, Stance, Trust

MAX_VALUES = 1_000
"""Most values looked up in one request."""
MOST_MATCHES = 100
"""Most matches of one value or item that can be asked for."""


class LookupRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values of one type to look up. `banks` are ids or names; without any, all banks are asked."""

    type: Kind
    values: Annotated[tuple[Value, ...], Meta(min_length=1, max_length=MAX_VALUES)]
    banks: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()
    most: Annotated[int, Meta(ge=1, le=MOST_MATCHES, description="Most matches given per value, nearest first")] = 25


class MatchAnswer(msgspec.Struct, frozen=True):
    """A signal that was met, with what is known of it. `distance` is in the type's own unit; at most `radius` counts here.

    `purpose` `allow` means that this looks like known material and is not. `agreed` and `disagreed` name the sources that say yes
    and no; where both do, it is `disputed` and trusted as a candidate only. `details` is what the type adds, such as time ranges.
    """

    bank: str
    bank_id: str
    purpose: Purpose
    signal: int
    type: str
    value: str
    distance: int
    radius: int
    trust: Trust
    disputed: bool
    source: str
    label: str
    ideology: str
    listing: str
    file_type: str
    reference: str
    confirmed_by: str
    first_seen: str
    last_seen: str
    agreed: tuple[str, ...]
    disagreed: tuple[str, ...]
    part: str = ""
    variant: str = ""
    quality: int = -1
    details: Mapping[str, Any] = {}


class LookupResult(msgspec.Struct, frozen=True):
    """What one value meets, nearest first. `value` is canonical; `more` counts matches that are not given."""

    value: str
    matches: tuple[MatchAnswer, ...]
    more: int


class LookupAnswer(msgspec.Struct, frozen=True):
    """The results in the order of the values."""

    results: tuple[LookupResult, ...]


class TraceAnswer(msgspec.Struct, frozen=True):
    """A signal taken from the content. `quality` is 0..100, or -1 where its type measures none."""

    type: str
    part: str
    value: str
    quality: int


class ContentMatches(msgspec.Struct, frozen=True):
    """What one item meets, and the signals taken from it. Nothing was decided and nothing was stored."""

    id: str
    matches: tuple[MatchAnswer, ...]
    more: int
    signals: tuple[TraceAnswer, ...]


class ContentsMatches(msgspec.Struct, frozen=True):
    """The results of a batch, in the order of its items."""

    results: tuple[ContentMatches, ...]


def match_answer(match: Match) -> MatchAnswer:
    """Give a match as answered."""
    opinion, signal, bank = match.standing.opinion, match.signal, match.bank
    kept = [said for said in signal.opinions if not said.withdrawn]
    return MatchAnswer(
        bank=bank.name,
        bank_id=bank.id,
        purpose=bank.purpose,
        signal=signal.id,
        type=signal.type,
        value=signal.value,
        distance=match.distance,
        radius=match.radius,
        trust=match.standing.trust,
        disputed=match.standing.disputed,
        source=opinion.source,
        label=opinion.label,
        ideology=opinion.ideology,
        listing=opinion.listing,
        file_type=opinion.file_type,
        reference=opinion.reference,
        confirmed_by=opinion.confirmed_by,
        first_seen=opinion.first_seen,
        last_seen=opinion.last_seen,
        agreed=tuple(said.source for said in kept if said.stance is Stance.POSITIVE),
        disagreed=tuple(said.source for said in kept if said.stance is Stance.NEGATIVE),
        part=match.part,
        variant=match.variant,
        quality=match.quality,
        details=match.evidence,
    )


def nearest(matches: Sequence[Match], banks: frozenset[str], most: int) -> tuple[tuple[MatchAnswer, ...], int]:
    """Give the nearest matches as answered, only of some banks (ids; none: all), and how many more there are."""
    wanted = [match for match in matches if not banks or match.bank.id in banks]
    if len(wanted) > 1:
        wanted.sort(key=lambda match: match.distance)
    return tuple([match_answer(match) for match in wanted[:most]]), max(0, len(wanted) - most)
