"""What all ways of writing signals down share: reading the facts of a row, and saying what is wrong with it."""

import re
from datetime import UTC, date, datetime

from forestall.model.bank import Stance, Trust
from forestall.model.content import Problem
from forestall.model.errors import BadInput
from forestall.model.ids import instant

LONGEST_FACT = 1_900
"""Most characters kept of one fact beside the value."""

UNDATED = "1970-01-01T00:00:00.000Z"
"""Stands for the moment of a withdrawal that nobody wrote down."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NUMBER = re.compile(r"\d{1,13}(?:\.\d{1,9})?")
_LATEST = 253_402_300_799
_LONG = len("2026-01-31T12:00:00.000")
_KINDS = {
    "sha-1": "sha1",
    "sha-256": "sha256",
    "sha-512": "sha512",
    "video_md5": "md5",
    "video_sha256": "sha256",
    "raw_text": "text",
    "url_md5": "url-md5",
    "domain-name": "domain",
}
_STANCES = {
    "": Stance.POSITIVE,
    "yes": Stance.POSITIVE,
    "no": Stance.NEGATIVE,
    "investigation_seed": Stance.SEED,
    "positive_class": Stance.POSITIVE,
    "negative_class": Stance.NEGATIVE,
}


def kind_of(name: str) -> str:
    """Give a type of signal as we write it, from how others write it; a name nobody knows is only lowered."""
    low = name.strip().lower()
    return _KINDS.get(low, low)


def fact(value: object) -> str:
    """Give a fact as one line of text, bounded; nothing where there is none."""
    if not isinstance(value, str):
        if value is None or isinstance(value, bool | list | dict):
            return ""
        value = str(value)
    text = value.strip()
    return text if len(text) <= LONGEST_FACT else text[: LONGEST_FACT - 1] + "…"


def when(value: object) -> str:
    """Give a moment as an instant: from seconds since 1970, or from ISO 8601 (UTC where no zone is given).

    Raises BadInput where it is neither.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        text = value.strip()
        if _INSTANT.fullmatch(text):
            return text
        if not _NUMBER.fullmatch(text):
            return _moment(text)
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise BadInput(f"`{str(value)[:40]}` is no moment", "write it as 2027-01-31T12:00:00Z")
    return instant(value)


def _moment(text: str) -> str:
    """Read ISO 8601; raises BadInput."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None and len(text) == _LONG:
            return f"{text[:10]}T{text[11:19]}.{text[20:]}Z"
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        if not text:
            return ""
        raise BadInput(f"`{text[:40]}` is no moment", "write it as 2027-01-31T12:00:00Z") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(text: str) -> str:
    """Read a last day from an ISO 8601 date or instant; raises BadInput."""
    text = text.strip()
    if not text:
        return ""
    try:
        return (date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)).isoformat()[:10]
    except ValueError:
        raise BadInput(f"`expires` is `{text[:40]}`", "write it as 2027-01-31") from None


def trust(text: str) -> Trust | None:
    """Read a trust level, nothing where none is said; raises BadInput."""
    low = text.strip().lower()
    try:
        return Trust(low) if low else None
    except ValueError:
        raise BadInput(f"unknown trust `{text[:40]}`", f"use {', '.join(Trust)}") from None


def stance(text: str) -> Stance:
    """Read a stance; raises BadInput."""
    low = text.strip().lower()
    try:
        return _STANCES[low] if low in _STANCES else Stance(low)
    except ValueError:
        raise BadInput(f"unknown stance `{text[:40]}`", f"use {', '.join(Stance)}") from None


def distance(value: int | str | None) -> int | None:
    """Read the distance up to which a signal matches; raises BadInput. Its type says later how far that may be."""
    if value is None or value == "":
        return None
    try:
        number = int(value)
    except ValueError:
        number = -1
    if not 0 <= number <= 1_000:
        raise BadInput(f"the distance `{str(value)[:40]}` cannot be used", "give a whole number from 0")
    return number


def bad_row(where: str, why: str, next_step: str = "") -> Problem:
    """Say that a row can't be used."""
    return Problem("bad-row", f"{where}: {why}", next_step or "correct it", where)
