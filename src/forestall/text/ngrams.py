"""N-grams: a text as a point in 2**18 dimensions, for a linear model that can say what moved it.

Features are the letters of each word in threes to fives, with its borders, single words, and words with the one before, each hashed
into one of `BUCKETS`. A feature is there or not: what is repeated counts once, so that nobody drowns a text in harmless words by
repeating them. All features there have the same value, such that their vector is one long. Numbers read alike, and so do links, and
handles. Identity words (religions, peoples, ideologies) and chosen stretches can be masked: they read as one neutral word, so that
swapping them changes nothing. Where a NUL stands something was left out: it is no word, and those around it are neighbours of it and
not of each other. Linear time; raises nothing but for weights of another form.
"""

import math
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forestall.model.errors import BadInput
from forestall.model.finding import Span
from forestall.text import fold as folding
from forestall.text.fold import Folded, fold
from forestall.text.tables import tables
from forestall.text.terms import Terms

VERSION = f"1f{folding.VERSION}"
"""Changes whenever the same text could have other features: weights belong to one version."""
BUCKETS = 1 << 18

_ARTICLE, _SHORTEST_STEM = "ال", 3
_PROCLITICS = ("", "و", "ف", "ب", "ل", "ك", "ال", "وال", "فال", "بال", "كال", "لل", "ولل")
"""What Arabic writes together with the word that follows; `ل` and the article become `لل`."""

_LARGEST = 1 << 16
"""Characters of the longest text whose room a thread keeps for the next."""
_ROOM = 64


class Mask:
    """Words and phrases that read as one neutral word each, in any spelling that folds alike. Raises BadList as `Terms` does.

    Arabic ones also with the article or without it, and with what is written together with them: and, then, with, for, like.
    Other endings and prefixes must be given as words of their own.
    """

    __slots__ = ("terms",)

    def __init__(self, words: Iterable[str]) -> None:
        self.terms = Terms(sorted({form for word in words for form in _forms(fold(word).text.strip())}))


def _forms(word: str) -> Iterable[str]:
    """Give the forms of a folded word that are masked with it."""
    if not "ء" <= word[:1] <= "ي":
        return (word,)
    stem = word.removeprefix(_ARTICLE)
    if len(stem) < _SHORTEST_STEM:
        stem = word
    return (word, *(prefix + stem for prefix in _PROCLITICS))


class Contribution(NamedTuple):
    """What one feature, first met at folded offsets `start` to `end`, adds to the score."""

    start: int
    end: int
    weight: float


class Scratch(threading.local):
    """Room for the features of a text, per thread: a bit per bucket, the buckets met, and what splitting the text takes."""

    def __init__(self) -> None:
        self.seen = np.zeros(BUCKETS // 64, np.uint64)
        self.buckets = np.empty(BUCKETS + 1, np.uint32)
        self._size = 1 << 10
        self._kept = self._room(self._size, _ROOM)

    def room(self, size: int, rows: int = 0) -> tuple[Any, ...]:
        """Give what the kernel needs for a text of `size` characters and `rows` masked phrases; what long texts take is not kept."""
        if rows or size >= _LARGEST:
            return self._room(size, max(rows, size // 8))
        if size > self._size:
            self._size = 1 << size.bit_length()
            self._kept = self._room(self._size, _ROOM)
        return self._kept

    def _room(self, size: int, rows: int) -> tuple[Any, ...]:
        """Make room."""
        hashes, found = np.empty((2, size), np.uint64), np.empty((rows, 3), np.int32)
        return np.empty((5, size), np.int32), hashes, found, self.seen, self.buckets


_NOWHERE = np.empty((0, 2), np.int32)
_WEIGHTLESS = np.empty(0, np.float32)


def features(
    folded: Folded, mask: Mask | None = None, spans: Sequence[Span] = ()
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Give the features of a text: their buckets, each once, in the order in which they are met, and their values.

    `spans` are folded offsets of further stretches to mask.
    """
    count, _ = _measure(folded, mask, spans)
    return SCRATCH.buckets[:count].copy(), np.full(count, 1 / max(count, 1) ** 0.5, np.float32)


class Linear:
    """A linear model over the features: `bias`, plus `scale` times the weight of each, times its value.

    `weights` is float32 or int8 (`BUCKETS`); what `mask` holds does not count. A text of fewer than `least` features has values as if
    it had so many, so that its few do not weigh the more for being few. Raises BadInput where the weights have another form.
    """

    __slots__ = ("bias", "least", "mask", "scale", "weights")

    def __init__(
        self,
        weights: NDArray[np.float32] | NDArray[np.int8],
        bias: float,
        *,
        scale: float = 1.0,
        mask: Mask | None = None,
        least: int = 1,
    ) -> None:
        if weights.shape != (BUCKETS,) or weights.dtype not in (np.float32, np.int8):
            raise BadInput(
                f"weights of {weights.shape} {weights.dtype} are not those of a model",
                f"give {BUCKETS} of float32 or int8",
            )
        self.weights = weights.copy()
        self.bias = bias
        self.scale = scale
        self.mask = mask
        self.least = least

    def score(self, folded: Folded, spans: Sequence[Span] = ()) -> float:
        """Give the score of a folded text, of which also `spans` are masked; some 6 µs for 150 characters."""
        count, total = _measure(folded, self.mask, spans, self.weights)
        return self.bias + self.scale * total * math.sqrt(min(1.0, count / self.least))

    def contributions(self, folded: Folded, most: int | None = 20, spans: Sequence[Span] = ()) -> list[Contribution]:
        """Give what most moves the score, strongest first; all of it (`most` None) adds up to the score without the bias."""
        places = np.empty((min(5 * len(folded.text) + 8, BUCKETS + 1), 2), np.int32)
        count, _ = _measure(folded, self.mask, spans, places=places)
        weights = self.weights[SCRATCH.buckets[:count]].astype(np.float64) * (
            self.scale / max(count, self.least) ** 0.5
        )
        order = np.argsort(-np.abs(weights), kind="stable")[:most]
        rows = zip(places[order].tolist(), weights[order].tolist(), strict=True)
        return [Contribution(start, end, weight) for (start, end), weight in rows]


def _measure(
    folded: Folded,
    mask: Mask | None,
    spans: Sequence[Span],
    weights: NDArray[np.float32] | NDArray[np.int8] = _WEIGHTLESS,
    places: NDArray[np.int32] = _NOWHERE,
) -> tuple[int, float]:
    """Give how many features a text has and their weighted sum; this thread's scratch then holds their buckets."""
    codes, table, mask, given = folded.codes, tables(), mask or _no_mask(), -1
    room = SCRATCH.room(len(codes))
    if spans:
        ranges = np.array(_masked(folded, mask, spans), np.int32).reshape(-1, 2)
        given = len(ranges)
        room[0][3:5].reshape(-1, 2)[:given] = ranges
    while True:
        number, total = _kernels().measure(
            codes, table.page, table.entry, *mask.terms.arrays, given, weights, places, *room
        )
        if number >= 0:
            return number, total
        room = SCRATCH.room(len(codes), -number)


def _masked(folded: Folded, mask: Mask, spans: Sequence[Span]) -> list[Span]:
    """Give the stretches to mask: those given, and the longest of those found that begin together, in order."""
    found = [*spans, *((item.start, item.end) for item in mask.terms.find(folded))]
    ranges: list[Span] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if start < end <= len(folded.text) and (not ranges or start >= ranges[-1][1]):
            ranges.append((start, end))
    return ranges


SCRATCH = Scratch()
"""This thread's."""


@cache
def _no_mask() -> Mask:
    """Give what masks nothing."""
    return Mask(())


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first text is weighed."""
    from forestall.text import ngrams_kernels  # noqa: PLC0415 - loading numba is dear, and not every house has a model

    return ngrams_kernels
