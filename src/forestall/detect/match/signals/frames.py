"""Sequences of frame hashes: how films and animations are written down, and the matcher that finds one in another.

**Written form.** `v1.` and 48 characters per frame: URL-safe base64 of 36 bytes, which are the frame's time (24 bits, in tenths of a
second; an animation counts frames), its quality (8 bits, 0..100) and its PDQ hash (256 bits). Times rise. Frames without enough
detail to be compared are left out; so is a frame that hardly differs from the one before it (by `STILL_BITS` or fewer) and comes
less than `STILL_TENTHS` later, so that a shot that stands still costs little and its length is known all the same.

**Matching.** Every frame of the copy, in every form it may have been turned into, is looked up among all banked frames; the pairs
found are gathered by film, and `Overlap` says how much of either film the other shows. How pairs must lie to each other is the
business of the types (`vpdq`: at the same pace; `storyboard`: in the same order).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index import open_index
from forestall.detect.match.signals.base import Hit
from forestall.detect.match.signals.pdq import QUALITY_FLOOR, VARIANTS, forms_of
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading

RADIUS = 31
"""Bits by which two frames may differ and still show the same picture."""

MOST_FRAMES = 600
"""Most frames of one value."""

STILL_BITS = 6
STILL_TENTHS = 20
SHORTEST_TENTHS = 1
"""Least distance of two frames kept."""

MOST_CANDIDATES = 2_000
"""Most banked films looked at in full for one copy, those with most frames in common first."""

_PREFIX = "v1."
_RECORD, _CHARACTERS = 36, 48
_LATEST = (1 << 24) - 1
_LONGEST_VALUE = 16 * 1024 * 1024
_FEW = 24  # frames of a film that are looked up in every form
_SAME_BITS = 4  # frames this near are looked up once
_HOW = "a list of frame hashes is written as `v1.…`, or as lines or a JSON list of `frame,quality,hash,seconds`"
_FRAMES_A_SECOND = 30  # where a list of hashes gives frame numbers and no times

Hashes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames in order: `times` int64 (N,) rising, `qualities` uint8 (N,), `hashes` uint8 (N, 32)."""

    times: NDArray[np.int64]
    qualities: NDArray[np.uint8]
    hashes: Hashes

    def __len__(self) -> int:
        return len(self.times)

    def take(self, rows: Sequence[int] | NDArray[np.int64] | NDArray[np.bool_]) -> "Frames":
        """Give some of the frames."""
        return Frames(self.times[rows], self.qualities[rows], self.hashes[rows])


@dataclass(frozen=True, slots=True)
class Shown:
    """A film or animation in a reading: what is kept of it, and the hashes of those frames per way it may have been changed.

    The first of the forms is what is kept.
    """

    part: str
    frames: Frames
    forms: tuple[tuple[str, Hashes], ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much two sequences have in common: shares 0..1 of the copy and of the known one, frames that met, and what shows it."""

    copy: float
    known: float
    frames: int
    evidence: dict[str, Any]

    @property
    def distance(self) -> int:
        """Percent of the one that has more in common that is not in common: 1..100."""
        return min(100, max(1, round(100 - 100 * max(self.copy, self.known))))


Score = Callable[[Frames, Frames, NDArray[np.int64], NDArray[np.int64]], Overlap | None]
"""Takes copy, known, and the pairs (frame of the copy, frame of the known one) that met; `None` where they prove nothing."""


def settled(times: Sequence[int], qualities: Sequence[int], hashes: Hashes) -> tuple[Frames, list[int]]:
    """Give frames in canonical form, and which of the given ones were kept. Doing it again changes nothing."""
    order = sorted(range(len(times)), key=lambda at: times[at])
    kept: list[int] = []
    words = np.ascontiguousarray(hashes).reshape(-1, 32).view(np.uint64)
    for at in order:
        if qualities[at] < QUALITY_FLOOR or not 0 <= times[at] <= _LATEST:
            continue
        if kept:
            gap = times[at] - times[kept[-1]]
            if gap < SHORTEST_TENTHS or (gap < STILL_TENTHS and _bits(words[at], words[kept[-1]]) <= STILL_BITS):
                continue
        kept.append(at)
    if len(kept) > MOST_FRAMES:
        spread = np.linspace(0, len(kept) - 1, MOST_FRAMES).round().astype(int)
        fewer = [kept[at] for at in spread]
        chosen = np.array(fewer, np.int64)
        again, rows = settled([times[at] for at in fewer], [qualities[at] for at in fewer], hashes[chosen])
        return again, [fewer[at] for at in rows]
    rows_kept = np.array(kept, np.int64)
    found = Frames(
        np.array([times[at] for at in kept], np.int64),
        np.array([min(100, qualities[at]) for at in kept], np.uint8),
        np.ascontiguousarray(hashes[rows_kept]).reshape(-1, 32),
    )
    return found, kept


def written(frames: Frames) -> str:
    """Give frames as text."""
    records = np.empty((len(frames), _RECORD), np.uint8)
    for byte in range(3):
        records[:, byte] = (frames.times >> (16 - 8 * byte)) & 255
    records[:, 3] = frames.qualities
    records[:, 4:] = frames.hashes
    return _PREFIX + base64.urlsafe_b64encode(records.tobytes()).decode("ascii")


def read(value: str, what: str) -> Frames:
    """Give the frames of a value, canonical or as a list of hashes as the reference tools of vPDQ write it; raises BadInput."""
    text = value.strip()
    if len(text) > _LONGEST_VALUE:
        raise BadInput(f"{what} has {len(text)} characters", "give at most a list of 600 frames")
    times, qualities, hashes = _unpacked(text, what) if text.startswith(_PREFIX) else _listed(text, what)
    frames, _ = settled(times, qualities, hashes)
    if not len(frames):
        raise BadInput(f"{what} has no frame with enough detail to be compared", _HOW)
    return frames


def exact(value: str) -> Frames:
    """Give the frames of a canonical value."""
    records = _records(value)
    times = (records[:, 0].astype(np.int64) << 16) | (records[:, 1].astype(np.int64) << 8) | records[:, 2]
    return Frames(times, records[:, 3].copy(), np.ascontiguousarray(records[:, 4:]))


def _records(text: str) -> Hashes:
    """Give the records of a written value, uint8 (N, 36); raises ValueError."""
    body = text.removeprefix(_PREFIX)
    if not body or len(body) % _CHARACTERS or not body.isascii() or "+" in body or "/" in body:
        raise ValueError(text[:20])
    data = binascii.a2b_base64(body.replace("-", "+").replace("_", "/"), strict_mode=True)
    return np.frombuffer(data, np.uint8).reshape(-1, _RECORD)


def _unpacked(text: str, what: str) -> tuple[list[int], list[int], Hashes]:
    """Give times, qualities and hashes of a value in our own form."""
    try:
        _records(text)
    except (ValueError, binascii.Error):
        raise BadInput(f"{what} is damaged", _HOW) from None
    frames = exact(text)
    return frames.times.tolist(), frames.qualities.tolist(), frames.hashes


def _listed(text: str, what: str) -> tuple[list[int], list[int], Hashes]:
    """Give times, qualities and hashes of a list of `frame,quality,hash[,seconds]` or `hash,quality,seconds`."""
    lines: list[Any]
    if text.startswith("["):
        try:
            lines = json.loads(text)
        except (ValueError, RecursionError):
            raise BadInput(f"{what} is no JSON list", _HOW) from None
    else:
        lines = text.splitlines()
    times: list[int] = []
    qualities: list[int] = []
    hashes = bytearray()
    for number, line in enumerate(lines, start=1):
        try:
            second, quality, digits = _row(str(line))
            hashes += bytes.fromhex(digits)
        except (ValueError, OverflowError):
            raise BadInput(f"row {number} of {what} is no frame hash", _HOW) from None
        times.append(round(10 * second))
        qualities.append(quality)
    return times, qualities, np.frombuffer(bytes(hashes), np.uint8).reshape(-1, 32)


def _row(line: str) -> tuple[float, int, str]:
    """Give second, quality and hash of a row; raises ValueError."""
    fields = [field.strip() for field in line.split(",")]
    at = next((place for place, field in enumerate(fields) if len(field) == 64 and field.isalnum()), -1)
    if at == 0 and len(fields) == 3:
        second, quality = float(fields[2]), int(fields[1])
    elif at == 2 and len(fields) in {3, 4}:
        second, quality = float(fields[3]) if len(fields) == 4 else int(fields[0]) / _FRAMES_A_SECOND, int(fields[1])
    else:
        raise ValueError(line[:20])
    if not (0 <= second <= _LATEST / 10 and 0 <= quality <= 100):
        raise ValueError(line[:20])
    return second, quality, fields[at]


def _bits(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> int:
    """Give the number of bits in which two hashes, as words, differ."""
    return int(np.bitwise_count(first ^ second).sum())


def differing(first: Hashes, second: Hashes) -> NDArray[np.int64]:
    """Give the bits in which each of the first hashes (N, 32) differs from each of the second (M, 32), int64 (N, M)."""
    one, other = (np.ascontiguousarray(hashes).reshape(-1, 32).view(np.uint64) for hashes in (first, second))
    apart: NDArray[np.int64] = np.zeros((len(one), len(other)), np.int64)
    for word in range(4):
        apart += np.bitwise_count(one[:, word, None] ^ other[None, :, word])
    return apart


def pictures(hashes: Hashes, enough: int) -> int:
    """Count the different pictures among frames, up to `enough`."""
    seen: list[int] = []
    apart = differing(hashes, hashes)
    for at in range(len(hashes)):
        if all(apart[at, other] > RADIUS for other in seen):
            seen.append(at)
            if len(seen) == enough:
                break
    return len(seen)


def turned(hashes: Hashes) -> tuple[tuple[str, Hashes], ...]:
    """Give the eight forms of frames of which only the hashes are known."""
    forms = np.stack([forms_of(row.tobytes()) for row in hashes]) if len(hashes) else np.empty((0, 8, 32), np.uint8)
    return tuple((variant, np.ascontiguousarray(forms[:, at])) for at, variant in enumerate(VARIANTS))


def distance(first: str, second: str, score: Score) -> int:
    """Give how far two canonical values are apart: 0 for equal ones, 100 for those that prove nothing, else as `Overlap` says."""
    if first == second:
        return 0
    one, other = (exact(value) for value in sorted((first, second)))
    copies, knowns = np.nonzero(differing(one.hashes, other.hashes) <= RADIUS)
    overlap = score(one, other, copies, knowns) if len(copies) else None
    return 100 if overlap is None else overlap.distance


def example(seed: int, count: int = 8, tenths: int = 5) -> Frames:
    """Give made-up frames that show a different picture each."""
    digests = [hashlib.sha256(f"{seed}/{number}".encode()).digest() for number in range(count)]
    hashes = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
    return Frames(np.arange(count, dtype=np.int64) * tenths, np.full(count, 100, np.uint8), hashes)


@dataclass(frozen=True, slots=True)
class _Banked:
    """A banked film: its id, its frames, and the row of its first frame."""

    id: int
    frames: Frames
    row: int


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The frames that a film, as hashed in one form, and a banked one share: rows of the copy, and of the known one, pair by pair."""

    banked: _Banked
    as_kept: bool
    variant: str
    hashes: Hashes
    copies: NDArray[np.int64]
    knowns: NDArray[np.int64]


class FramesMatcher:
    """Holds banked sequences and finds them in others (`SequenceMatcher`). Takes how a reading shows them, and how pairs are judged."""

    def __init__(self, shown: Callable[[Reading], Sequence[Shown]], score: Score) -> None:
        self._shown = shown
        self._score = score
        self._index = open_index(None, 32, near=True)
        self._slots: dict[int, int] = {}
        self._banked: list[_Banked | None] = []
        self._owners = np.empty(1024, np.int64)
        self._rows = 0

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, signals: Sequence[tuple[int, str]]) -> None:
        """Take signals as (id, canonical value); an id it already holds is left as it is."""
        taken: list[Hashes] = []
        first = self._rows
        for number, value in signals:
            if number in self._slots:
                continue
            frames = exact(value)
            self._slots[number] = len(self._banked)
            self._own(len(self._banked), len(frames))
            self._banked.append(_Banked(number, frames, self._rows))
            self._rows += len(frames)
            taken.append(frames.hashes)
        if taken:
            self._index.add(np.arange(first, self._rows, dtype=np.uint64), np.concatenate(taken))

    def _own(self, slot: int, count: int) -> None:
        """Say that the next rows belong to a slot. Who looks meanwhile keeps the old array, which is right for the rows it knows."""
        if self._rows + count > len(self._owners):
            larger = np.empty(2 * (self._rows + count), np.int64)
            larger[: self._rows] = self._owners[: self._rows]
            self._owners = larger
        self._owners[self._rows : self._rows + count] = slot

    def remove(self, ids: Sequence[int]) -> None:
        """Forget signals; ids it does not hold are no error."""
        for number in ids:
            slot = self._slots.pop(number, None)
            banked = None if slot is None else self._banked[slot]
            if slot is not None and banked is not None:
                self._banked[slot] = None
                rows = np.arange(banked.row, banked.row + len(banked.frames), dtype=np.uint64)
                self._index.remove(rows, banked.frames.hashes)

    def look(self, reading: Reading) -> Iterator[Hit]:
        """Give the banked sequences that a reading shows, by part, nearest first."""
        for shown in self._shown(reading) if self._slots else ():
            yield from self._met(shown)

    def lookup(self, value: str) -> Iterator[Hit]:
        """Give the banked sequences that a canonical value meets, nearest first."""
        if self._slots:
            frames = exact(value)
            yield from self._met(Shown(BODY, frames, turned(frames.hashes)))

    def _met(self, shown: Shown) -> list[Hit]:
        """Give the hits of one film."""
        hits = []
        value = written(shown.frames)
        for pairs in self._candidates(shown):
            copy = Frames(shown.frames.times, shown.frames.qualities, pairs.hashes)
            overlap = self._score(copy, pairs.banked.frames, pairs.copies, pairs.knowns)
            if overlap is None:
                continue
            equal = pairs.as_kept and written(pairs.banked.frames) == value
            quality = int(np.median(shown.frames.qualities[pairs.copies]))
            distance = 0 if equal else overlap.distance
            evidence = {"frames": overlap.frames, **overlap.evidence}
            hits.append(Hit(pairs.banked.id, shown.part, distance, pairs.variant, quality, evidence=evidence))
        hits.sort(key=lambda hit: (hit.distance, hit.id))
        return hits

    def _candidates(self, shown: Shown) -> Iterator[_Pairs]:
        """Give each banked film that shares frames, in the form in which it shares most, those that share most first."""
        leaders, members = _grouped(shown.frames.hashes)
        if not leaders:
            return
        forms, led, rows = self._search(shown, np.array(leaders))
        if not len(rows):
            return
        keys = self._owners[rows] * len(shown.forms) + forms
        order = np.argsort(keys, kind="stable")
        keys, led, rows = keys[order], led[order], rows[order]
        for key in _best(keys, led, len(leaders), len(shown.forms)):
            slot, form = divmod(key, len(shown.forms))
            banked = self._banked[slot]
            if banked is None:
                continue
            mine = slice(*np.searchsorted(keys, (key, key + 1)).tolist())
            groups = [members[leader] for leader in led[mine].tolist()]
            knowns = np.repeat(rows[mine] - banked.row, [len(group) for group in groups])
            yield _Pairs(banked, form == 0, *shown.forms[form], np.concatenate(groups), knowns)

    def _search(self, shown: Shown, leaders: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """Look frames up: all of them as they are, and changed forms of all where a form meets anything with a few of them.

        Gives form, place among the leaders and row of every pair found.
        """
        few = leaders[
            np.linspace(0, len(leaders) - 1, min(len(leaders), max(_FEW, len(leaders) // 8))).round().astype(int)
        ]
        tried = self._index.search(np.concatenate([hashes[few] for _, hashes in shown.forms]), RADIUS)
        met = [0, *(form for form in np.unique(tried.queries // len(few)).tolist() if form)]
        hits = self._index.search(np.concatenate([shown.forms[form][1][leaders] for form in met]), RADIUS)
        forms, led = np.divmod(hits.queries, len(leaders))
        return np.array(met)[forms], led, hits.ids.astype(np.int64)


def _best(keys: NDArray[np.int64], led: NDArray[np.int64], leaders: int, forms: int) -> list[int]:
    """Give per film the key (film and form) with most different frames, films with most first. `keys` rise."""
    counted = np.unique(keys * leaders + led) // leaders
    found, counts = np.unique(counted, return_counts=True)
    order = np.lexsort((found, -counts))
    _, firsts = np.unique(found[order] // forms, return_index=True)
    chosen: list[int] = found[order][np.sort(firsts)][:MOST_CANDIDATES].tolist()
    return chosen


def _grouped(hashes: Hashes) -> tuple[list[int], list[NDArray[np.int64]]]:
    """Give frames that stand for all that hardly differ from them, and which those are: a picture that stays is looked up once."""
    near = differing(hashes, hashes) <= _SAME_BITS
    free = np.ones(len(hashes), bool)
    leaders: list[int] = []
    members: list[NDArray[np.int64]] = []
    for at in range(len(hashes)):
        if free[at]:
            group = np.flatnonzero(near[at] & free)
            free[group] = False
            leaders.append(at)
            members.append(group)
    return leaders, members
