"""Exports of Hasher-Matcher-Actioner: a bank's contents as its API gives them, each with its signals by type."""

from typing import Any

import msgspec

from forestall.exchange import facts
from forestall.model.bank import Entry, Opinion
from forestall.model.content import Problem

SOURCE = "hma"
"""The name under which opinions stand that no exchange of HMA's gave."""

_VIDEO = frozenset({"video_md5", "video_sha256", "vpdq", "vmd5"})
_KINDS = {"vmd5": "md5"}
_MOST_SIGNALS = 64


class _Bank(msgspec.Struct):
    """The bank a content lies in."""

    name: str = ""


class _Content(msgspec.Struct):
    """One content of a bank."""

    signals: dict[str, str | list[str]]
    id: int | str = ""
    disable_until_ts: int = 1
    collab_metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    original_media_uri: str | None = None
    bank: _Bank | str | None = None
    note: str | None = None
    metadata: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(_Content).decode


def of_content(data: bytes, where: str) -> list[Entry | Problem]:
    """Give the entries of one content: one per signal. What was switched off there counts as taken back."""
    try:
        content = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        return [facts.bad_row(where, why)]
    more = content.metadata or {}
    collab = more.get("collab")
    collabs = [*content.collab_metadata, *(collab if isinstance(collab, dict) else ())]
    told = [content.note or ""]
    told += [f"media {content.original_media_uri}"] if content.original_media_uri else []
    told += [f"{name} {more[name]}" for name in ("content_id", "content_uri") if isinstance(more.get(name), str)]
    # HMA writes 0 for switched off, 1 for on, and otherwise the second until which it is off.
    told += [f"off there until {content.disable_until_ts}"] if content.disable_until_ts > 1 else []
    bank = content.bank.name if isinstance(content.bank, _Bank) else content.bank
    entries: list[Entry | Problem] = []
    for name, value in list(content.signals.items())[:_MOST_SIGNALS]:
        opinion = Opinion(
            source=facts.fact(f"{SOURCE}:{collabs[0]}" if collabs else SOURCE),
            listing=facts.fact(bank),
            file_type="video" if name in _VIDEO else "",
            note=facts.fact("; ".join(part for part in told if part)),
            reference=facts.fact(content.id),
            withdrawn=facts.UNDATED if content.disable_until_ts == 0 else "",
        )
        kind = _KINDS.get(name) or facts.kind_of(name)
        values = value if isinstance(value, list) else [value]
        entries += [Entry(kind, one.strip(), opinion) for one in values[:_MOST_SIGNALS] if one.strip()]
    return entries or [facts.bad_row(where, "it holds no signal")]
