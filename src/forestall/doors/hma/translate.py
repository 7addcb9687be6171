"""Translation: HMA's names for types of signals, its numbers and its shapes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from forestall.model.bank import Bank, BankState, Match, Purpose, Signal, excused_by
from forestall.model.ids import instant
from forestall.model.records import Exchange

SOURCE = "hma"
"""The source of what is banked through this door."""
DELETED = "~"
"""Stands in the name of a bank that was deleted through this door; such banks are not shown here."""
FOR_EVER = "9999-12-31T00:00:00.000Z"
"""Until when a deleted signal matches nothing."""
CONTENT_TYPES: Mapping[str, Sequence[str]] = {"photo": ("pdq",), "video": ("md5", "vpdq")}
"""Kind of file → the types of signals that are taken of it."""

_THEIRS = {"md5": "video_md5", "sha256": "video_sha256", "url-md5": "url_md5", "passage": "raw_text"}
_OURS = {theirs: ours for ours, theirs in _THEIRS.items()}
_GROUP = "hma:"
_LONGEST_GROUP = 16

Json = dict[str, Any]


def theirs(kind: str) -> str:
    """Give HMA's name of a type."""
    return _THEIRS.get(kind, kind)


def ours(name: str) -> str:
    """Give our name of a type."""
    return _OURS.get(name, name)


def bank_shape(bank: Bank) -> Json:
    """Give a bank as HMA does. It matches always or never: there is no tossing of coins here."""
    return {"name": bank.name, "matching_enabled_ratio": 1.0 if bank.state is BankState.LIVE else 0.0}


def match_shape(match: Match) -> Json:
    """Give a match as HMA does, whose distances are texts."""
    return {"bank_content_id": match.signal.id, "distance": str(match.distance)}


def blocking(matches: Iterable[Match], banks: frozenset[str]) -> list[Match]:
    """Give what speaks against the content, nearest first, each signal once: HMA knows no banks that excuse.

    `banks` are names, none for all. A match is left out where an allow bank's match on the same part is at least as near.
    """
    listed = list(matches)
    allowed = [match for match in listed if match.bank.purpose is Purpose.ALLOW]
    seen: dict[int, Match] = {}
    for match in listed:
        wanted = match.bank.purpose is Purpose.BLOCK and (not banks or match.bank.name in banks)
        if not wanted or excused_by(match, allowed) is not None:
            continue
        held = seen.get(match.signal.id)
        if held is None or match.distance < held.distance:
            seen[match.signal.id] = match
    return sorted(seen.values(), key=lambda match: match.distance)


def by_bank(matches: Iterable[Match]) -> dict[str, list[Json]]:
    """Give matches under the names of their banks."""
    found: dict[str, list[Json]] = {}
    for match in matches:
        found.setdefault(match.bank.name, []).append(match_shape(match))
    return found


def content_shape(bank: Bank, signal: Signal, signals: Mapping[str, str] | None) -> Json:
    """Give a signal as HMA's banked content; `signals` are those taken from the same file, where they were asked for."""
    said = {opinion.source: [opinion.label] if opinion.label else [] for opinion in signal.opinions}
    shape: Json = {
        "id": signal.id,
        "disable_until_ts": seconds(signal.disabled_until),
        "collab_metadata": said,
        "original_media_uri": None,
        "bank": bank_shape(bank),
    }
    return shape if signals is None else {**shape, "signals": signals}


def exchange_shape(exchange: Exchange) -> Json:
    """Give an exchange as HMA does, without its token."""
    return {"name": exchange.name, "api": exchange.kind, "enabled": exchange.enabled}


def fetch_shape(exchange: Exchange) -> Json:
    """Give how the last fetch of an exchange went."""
    at = seconds(exchange.last_success)
    return {"last_fetch_time": at, "checkpoint_time": at, "success": not exchange.last_error}


def group_of(ids: Sequence[int]) -> str:
    """Write down which signals were taken from one file."""
    return _GROUP + ",".join(map(str, ids))


def in_group(signal: Signal) -> list[int]:
    """Give the signals that were taken from the same file as this one, this one first."""
    own = next((opinion.reference for opinion in signal.opinions if opinion.source == SOURCE), "")
    others = own.removeprefix(_GROUP).split(",")[:_LONGEST_GROUP] if own.startswith(_GROUP) else []
    numbers = [int(text) for text in others if text.isascii() and text.isdigit() and len(text) < 17]
    return list(dict.fromkeys([signal.id, *numbers]))


def seconds(at: str) -> int:
    """Give an instant as Unix time, 0 where there is none."""
    return int(datetime.fromisoformat(at).timestamp()) if at else 0


def until(stamp: int) -> str:
    """Give Unix time as an instant, an empty text for 0."""
    return instant(stamp) if stamp else ""


def deleted_name(bank: Bank, now: str, longest: int) -> str:
    """Give the name that a deleted bank keeps, which no other has, so that its old one can be taken again."""
    mark = f"{DELETED}{''.join(filter(str.isdigit, now))[:14]}-{bank.id[-8:]}"
    return bank.name[: longest - len(mark)] + mark
