"""What is said about signals, put together: pure. One opinion per source and signal; nobody's is lost, nobody's counts twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from forestall.flow.intake import valid
from forestall.model.bank import Entry, Opinion, Signal
from forestall.model.errors import BadInput
from forestall.model.ids import instant

LONGEST_TEXT = 2_000
"""Most characters of one field of an opinion."""
MOST_SOURCES = 256
"""Most sources whose opinions one signal keeps; what further ones say is left out."""

Key = tuple[str, str]
"""Type and canonical value of a signal."""

_EASY = 500
"""Opinions whose fields together are shorter and plain ASCII need no closer look."""


class Draft(NamedTuple):
    """An entry whose value was checked."""

    key: Key
    entry: Entry


@dataclass(frozen=True, slots=True)
class Gathered:
    """What some entries come to: the signals to write, and how many entries did what (see `banks.Added`)."""

    signals: tuple[Signal, ...] = ()
    added: int = 0
    changed: int = 0
    same: int = 0
    withdrawn: int = 0
    unknown: int = 0
    sources: frozenset[str] = frozenset()


class _Work:
    """One signal while entries are put together on it."""

    __slots__ = ("before", "entries", "now", "withdrawn")

    def __init__(self, before: Signal | None, now: Signal | None) -> None:
        self.before = before
        self.now = now
        self.entries = 0
        self.withdrawn = 0


def gather(
    bank: str, drafts: Sequence[Draft], numbers: Mapping[Key, int], held: Mapping[Key, Signal], now: str
) -> Gathered:
    """Put entries together with the stored signals they are about.

    Takes:
        bank: the bank's id.
        numbers: the id of every signal that entries speak of.
        held: those of them that are stored.
        now: when a source is taken to have first spoken, where it does not say.
    """
    works: dict[Key, _Work] = {}
    unknown = 0
    sources = set()
    firsts: dict[int, Opinion] = {}  # by `id`: entries that share an opinion share what it becomes
    for key, entry in drafts:
        work = works.get(key)
        if work is None:
            before = held.get(key)
            work = works[key] = _Work(before, before)
        current = work.now
        if entry.opinion.withdrawn and (current is None or not _knows(current, entry.opinion.source)):
            unknown += 1
            continue
        work.entries += 1
        sources.add(entry.opinion.source)
        if current is None:
            opinion = firsts.get(id(entry.opinion))
            if opinion is None:
                opinion = firsts[id(entry.opinion)] = _first(entry.opinion, now)
            work.now = Signal(numbers[key], bank, *key, (opinion,), entry.distance, "", entry.expires)
            continue
        after = _said(current, entry, now)
        work.withdrawn += bool(entry.opinion.withdrawn) and after is not current
        work.now = after
    return _counted(works.values(), unknown, frozenset(sources))


def taken_back(signal: Signal, source: str, now: str) -> Signal | None:
    """Give a signal without what one source said, or `None` where it says nothing (any more)."""
    opinions = tuple(
        replace(opinion, withdrawn=now) if opinion.source == source and not opinion.withdrawn else opinion
        for opinion in signal.opinions
    )
    return replace(signal, opinions=opinions, version=signal.version + 1) if opinions != signal.opinions else None


def checked(opinion: Opinion) -> Opinion:
    """Give an opinion that can be kept: without halves of surrogate pairs, no field too long; raises BadInput."""
    texts = (
        opinion.source,
        opinion.label,
        opinion.ideology,
        opinion.listing,
        opinion.file_type,
        opinion.note,
        opinion.reference,
        opinion.confirmed_by,
        opinion.first_seen,
        opinion.last_seen,
        opinion.withdrawn,
    )
    whole = "".join(texts)
    if len(whole) <= _EASY and whole.isascii():
        return opinion
    longest = max(len(text) for text in texts)
    if longest > LONGEST_TEXT:
        raise BadInput(f"a field has {longest:,} characters", f"keep each within {LONGEST_TEXT:,}")
    if valid(whole) is whole:
        return opinion
    source, label, ideology, listing, file_type, note, reference, confirmed_by, *when = map(valid, texts)
    facts = (label, ideology, listing, file_type, note, reference, confirmed_by)
    return Opinion(source, opinion.stance, opinion.trust, *facts, *when)


def day(text: str) -> str:
    """Read a day from an ISO 8601 date or instant; empty stays empty. Raises BadInput."""
    if not text.strip():
        return ""
    try:
        return datetime.fromisoformat(text.strip()).date().isoformat()
    except ValueError:
        raise BadInput(f"`{text[:40]}` is no day", "write it as 2027-01-31") from None


def until(text: str) -> str:
    """Read an instant from an ISO 8601 date or instant, UTC where it does not say; empty stays empty. Raises BadInput."""
    if not text.strip():
        return ""
    try:
        read = datetime.fromisoformat(text.strip())
        return instant((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise BadInput(f"`{text[:40]}` is no instant", "write it as 2027-01-31 or 2027-01-31T12:00:00Z") from None


def _knows(signal: Signal, source: str) -> bool:
    """Tell whether a source has an opinion on a signal, be it withdrawn."""
    return any(opinion.source == source for opinion in signal.opinions)


def _first(opinion: Opinion, now: str) -> Opinion:
    """Give an opinion as it is kept when it comes first."""
    return opinion if opinion.first_seen else _since(opinion, now, opinion.last_seen)


def _since(opinion: Opinion, first_seen: str, last_seen: str) -> Opinion:
    """Give an opinion with other times; `replace` takes four times as long, and a list has millions."""
    return Opinion(
        opinion.source,
        opinion.stance,
        opinion.trust,
        opinion.label,
        opinion.ideology,
        opinion.listing,
        opinion.file_type,
        opinion.note,
        opinion.reference,
        opinion.confirmed_by,
        first_seen,
        last_seen,
        opinion.withdrawn,
    )


def _said(signal: Signal, entry: Entry, now: str) -> Signal:
    """Give a signal after one more entry about it: the same object where that says nothing new."""
    new = entry.opinion
    opinions = list(signal.opinions)
    place = next((n for n, opinion in enumerate(opinions) if opinion.source == new.source), -1)
    if new.withdrawn:
        if not opinions[place].withdrawn:
            opinions[place] = replace(opinions[place], withdrawn=new.withdrawn)
    elif place >= 0:
        old = opinions[place]
        opinions[place] = _since(new, old.first_seen or new.first_seen, new.last_seen or old.last_seen)
    elif len(opinions) < MOST_SOURCES:
        opinions.append(_first(new, now))
    distance, expires = signal.distance, signal.expires
    if not new.withdrawn:
        distance = distance if entry.distance is None else entry.distance
        expires = entry.expires or expires
    after = Signal(
        signal.id, signal.bank, signal.type, signal.value, tuple(opinions), distance, signal.disabled_until, expires,
        signal.version,
    )  # fmt: skip
    return signal if after == signal else after


def _counted(works: Iterable[_Work], unknown: int, sources: frozenset[str]) -> Gathered:
    """Count what became of each signal, and give those to write."""
    signals = []
    added = changed = same = withdrawn = 0
    for work in works:
        if work.now is None or not work.entries:
            continue
        if work.before is None:
            signals.append(work.now)
            added += 1
            same += work.entries - 1
        elif work.now == work.before:
            same += work.entries
        else:
            signals.append(replace(work.now, version=work.before.version + 1))
            withdrawn += work.withdrawn
            others = work.entries - work.withdrawn
            changed += min(others, 1)
            same += others - min(others, 1)
    return Gathered(tuple(signals), added, changed, same, withdrawn, unknown, sources)
