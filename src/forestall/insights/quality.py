"""Quality: judged items in, what a quality lead wants to know out. No text is needed; rows are named, not shown.

An item is *meant* where a person should look at it, and *asked* where Forestall would put it in front of one. Recall is the share of
meant items that are asked; a false alarm is an item that is asked and not meant.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from forestall.insights.rates import Rate, precision

FALSE_SHARES = (0.001, 0.005, 0.01, 0.02, 0.05)
"""Shares of false alarms at which recall is given."""
_BINS = 10
_WORST = 20
"""Most false alarms, and most misses, that are listed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One item with what it was (`meant`) and what came of it: `score` 0..1, `asked`. `why` says what it rests on, in words.

    `family` is the kind of speech, `group` what is compared for parity (a creed, a dialect, a source). `pair` names the item of which
    it is a contrast or a variant.
    """

    id: str
    meant: bool
    score: float
    asked: bool
    family: str = ""
    language: str = ""
    group: str = ""
    pair: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """Recall and false alarms of one part of the items."""

    name: str
    recall: Rate
    false: Rate


@dataclass(frozen=True, slots=True)
class AtFalse:
    """Recall where at most `share` of what is not meant scores as high: from `threshold` on."""

    share: float
    threshold: float
    recall: Rate


@dataclass(frozen=True, slots=True)
class Bin:
    """Items of like score: how they score in the mean, and how many of them are meant."""

    score: float
    meant: Rate


@dataclass(frozen=True, slots=True)
class Quality:
    """All that is measured of one set of items. Slices are in the order of their names."""

    all: Slice
    families: tuple[Slice, ...]
    languages: tuple[Slice, ...]
    groups: tuple[Slice, ...]
    at_false: tuple[AtFalse, ...]
    calibration: tuple[Bin, ...]
    calibration_error: float
    base: float
    precision: float
    false_alarms: tuple[Judged, ...] = field(repr=False)
    misses: tuple[Judged, ...] = field(repr=False)

    def least_recall(self) -> Slice | None:
        """The language in which least is found, of those with something to find."""
        return min((one for one in self.languages if one.recall.total), key=lambda one: one.recall.share, default=None)


def measure(items: Iterable[Judged], base: float = 0.001) -> Quality:
    """Measure judged items; `base` is the share of items that are meant where the service runs."""
    rows = list(items)
    whole = _slice("all", rows)
    calibration = _calibration(rows)
    return Quality(
        all=whole,
        families=_slices(rows, lambda row: row.family),
        languages=_slices(rows, lambda row: row.language),
        groups=_slices(rows, lambda row: row.group),
        at_false=tuple(_at_false(rows, share) for share in FALSE_SHARES),
        calibration=calibration,
        calibration_error=sum(abs(one.score - one.meant.share) * one.meant.total for one in calibration)
        / max(len(rows), 1),
        base=base,
        precision=precision(whole.recall.share, whole.false.share, base),
        false_alarms=_worst([row for row in rows if row.asked and not row.meant], highest=True),
        misses=_worst([row for row in rows if row.meant and not row.asked], highest=False),
    )


def parity(slices: Sequence[Slice], of: Callable[[Slice], Rate]) -> Mapping[str, float]:
    """Give each slice's share against the median of all: 1 is like the others. Slices without items are left out."""
    shares = {one.name: of(one).share for one in slices if of(one).total}
    middle = median(shares.values()) if shares else 0.0
    return {
        name: (share / middle if middle else (1.0 if not share else float("inf"))) for name, share in shares.items()
    }


def _slice(name: str, rows: Sequence[Judged]) -> Slice:
    """Count one part."""
    meant = [row for row in rows if row.meant]
    safe = [row for row in rows if not row.meant]
    return Slice(
        name, Rate(sum(row.asked for row in meant), len(meant)), Rate(sum(row.asked for row in safe), len(safe))
    )


def _slices(rows: Sequence[Judged], key: Callable[[Judged], str]) -> tuple[Slice, ...]:
    """Count the parts that a key makes; items without it belong to none."""
    parts: dict[str, list[Judged]] = {}
    for row in rows:
        if key(row):
            parts.setdefault(key(row), []).append(row)
    return tuple(_slice(name, parts[name]) for name in sorted(parts))


def _at_false(rows: Sequence[Judged], share: float) -> AtFalse:
    """Find the least threshold that keeps false alarms at or below a share, and the recall there; ties go against us."""
    safe = sorted((row.score for row in rows if not row.meant), reverse=True)
    allowed = int(share * len(safe))
    # An item is asked where it scores more than the threshold, so equal scores fall together.
    threshold = safe[allowed] if allowed < len(safe) else -1.0
    meant = [row.score for row in rows if row.meant]
    return AtFalse(share, threshold, Rate(sum(score > threshold for score in meant), len(meant)))


def _calibration(rows: Sequence[Judged]) -> tuple[Bin, ...]:
    """Part the items by score into bins of equal count; equal scores stay together."""
    ordered = sorted(rows, key=lambda row: row.score)
    bins: list[Bin] = []
    start = 0
    for number in range(1, _BINS + 1):
        end = max(len(ordered) * number // _BINS, start)
        while start < end < len(ordered) and ordered[end].score == ordered[end - 1].score:
            end += 1
        part = ordered[start:end]
        if part:
            bins.append(
                Bin(sum(row.score for row in part) / len(part), Rate(sum(row.meant for row in part), len(part)))
            )
        start = end
    return tuple(bins)


def _worst(rows: list[Judged], *, highest: bool) -> tuple[Judged, ...]:
    """Give the rows that are wrong by most: false alarms from the highest score down, misses from the lowest up."""
    return tuple(sorted(rows, key=lambda row: (-row.score if highest else row.score, row.id))[:_WORST])
