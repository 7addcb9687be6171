"""Evidence of known material for a reader: which signal of which bank, how near, who says yes and no, and where in a film. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forestall.doors.console import bankpage
from forestall.doors.console.cards import Card, plain
from forestall.doors.console.words import Words
from forestall.model.bank import Bank, Signal

MOST_SHOWN = 20
"""Most matches shown as evidence."""
_MOST_TIMES = 12


@dataclass(frozen=True, slots=True)
class Known:
    """A match with known material. `number` is its finding's; `bank_id` is empty where the bank is a file or has gone.

    `yes` and `no` name the sources that agree and disagree now; `gone` says that the bank no longer holds the signal.
    `copy_times` and `known_times` say where in this film or sound, and where in the known one, as minutes and seconds.
    """

    number: int
    title: str
    part: str
    bank: str
    bank_id: str
    kind: str
    value: str
    apart: str
    variant: str
    label: str
    source: str
    listing: str
    trust: str
    disputed: bool
    confirmed_by: str
    first_seen: str
    last_seen: str
    yes: Sequence[str]
    no: Sequence[str]
    gone: bool
    copy_times: Sequence[str]
    known_times: Sequence[str]


def signal_ids(seen: Iterable[Mapping[str, Any]]) -> list[int]:
    """Give the ids of the signals that evidence names."""
    found = {evidence.get("signal_id") for evidence in seen}
    return sorted(number for number in found if isinstance(number, int))


def known(shown: Sequence[Card], signals: Mapping[int, Signal], banks: Mapping[str, Bank], words: Words) -> list[Known]:
    """Give the matches among findings; `signals` as stored now by id, `banks` by id."""
    return [_known(card, signals, banks, words) for card in shown if card.family == "known"][:MOST_SHOWN]


def _known(card: Card, signals: Mapping[int, Signal], banks: Mapping[str, Bank], words: Words) -> Known:
    """Put one match into words."""
    seen = card.seen
    number = seen.get("signal_id")
    signal = signals.get(number) if isinstance(number, int) else None
    bank = banks.get(signal.bank) if signal else None
    yes, no = bankpage.agreed(signal) if signal else ([], [])
    said = (
        next((opinion for opinion in signal.opinions if opinion.source == seen.get("source")), None) if signal else None
    )
    trust = str(seen.get("trust", ""))
    return Known(
        number=card.number,
        title=card.title,
        part=card.part,
        bank=plain(seen.get("bank", "")),
        bank_id=bank.id if bank else "",
        kind=bankpage.kind_name(str(seen.get("signal", "")), words),
        value=plain(seen.get("value", "")),
        apart=_apart(seen, words),
        variant=plain(seen.get("variant", "")).replace("+", ", "),
        label=plain(seen.get("label", "")),
        source=plain(seen.get("source", "")),
        listing=" · ".join(plain(seen[name]) for name in ("ideology", "listing") if seen.get(name)),
        trust=words.or_text(f"trust.{trust}", trust),
        disputed=bool(seen.get("disputed")) or bool(yes and no),
        confirmed_by=plain(seen.get("confirmed_by", "")),
        first_seen=said.first_seen if said else "",
        last_seen=said.last_seen if said else "",
        yes=yes,
        no=no,
        gone=signal is not None and not yes,
        copy_times=_times(seen.get("copy_seconds")),
        known_times=_times(seen.get("known_seconds")),
    )


def _apart(seen: Mapping[str, Any], words: Words) -> str:
    """Say how far the copy is from the known material."""
    distance = seen.get("distance")
    if distance == 0:
        return words("known.equal")
    return plain(seen.get("apart", distance if distance is not None else ""))


def _times(ranges: Any) -> list[str]:
    """Give ranges of seconds as `1:05–1:10`; what is no range is left out."""
    if not isinstance(ranges, list | tuple):
        return []
    pairs = [pair for pair in ranges[:_MOST_TIMES] if isinstance(pair, list | tuple) and len(pair) == 2]
    return [f"{_clock(start)}–{_clock(stop)}" for start, stop in pairs if _is_number(start) and _is_number(stop)]


def _is_number(value: Any) -> bool:
    """Tell a number of seconds from anything else."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e7


def _clock(seconds: float) -> str:
    """Give seconds as minutes and seconds, with hours where there are any."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
