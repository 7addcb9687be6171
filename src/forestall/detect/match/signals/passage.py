"""The signal type `passage`: a banked stretch of text, found inside longer ones although up to 15 % of its words were changed.

A value is the row of hashes of its words (`text.sketch`), 8 hex digits each behind the version of the hashing, so a bank holds
nothing that can be read. It is no anonymous form, though: who has a text in mind can check whether it is the one.

Distance is the share of words that were put in, left out or replaced, in per cent, rounded up. Finding is exact: of the n - 2 word
3-grams of a passage, e edits destroy at most 3 e. Even of those that differ from each other enough are left at `largest`, so
counting shared grams by neighbourhood misses no match, and aligning word by word says which of the candidates are one.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.detect.base import folded
from forestall.detect.match.signals.base import Hit
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.finding import Span
from forestall.model.reading import BODY, Reading, Role
from forestall.text.fold import fold
from forestall.text.sketch import VERSION, Words, words

FEWEST_CHARACTERS, FEWEST_WORDS, FEWEST_DIFFERENT = 60, 8, 6
"""What a banked passage must have, so that ordinary sentences don't hold it by chance: folded characters, words, different words."""
MOST_WORDS = 4_000
"""Words of the longest passage, and of what is kept of one part for later: some ten pages."""

_PREFIX = f"p{VERSION}:"
_DIGITS = 8
_TEXTS = frozenset({Role.BODY, Role.PAGE, Role.CODE})
_LATE = 2_048
"""Passages that are indexed apart from the others, so that adding one does not sort them all again."""
_BITS = 4
"""Bits of the filter per row of the table: 6 to 12 per key."""
_ROOM = 64

Hashes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Passage:
    """The signal type `passage`. Distances are per cent of the passage's words."""

    name: str = "passage"
    radius: int = 15
    largest: int = 20
    floor: int = 0

    def normalise(self, value: str) -> str:
        """Give the hashed form of a passage, or of a text in plain words; raises BadInput."""
        written = value.strip()
        if _is_hashed(written):
            return _prefixed(_checked(written))
        return _prefixed(_of_text(written))

    def compare(self, first: str, second: str) -> int:
        """Give how far the shorter passage is from its nearest stretch of the longer one, 0..100."""
        one, other = _hashes(first), _hashes(second)
        if len(one) == len(other):
            return min(_distance(one, other), _distance(other, one))
        return _distance(*sorted((one, other), key=len))

    def examples(self) -> Sequence[str]:
        """Give three unrelated passages in plain words."""
        return (
            "The lamplighters of the old harbour kept a book in which every ship, its cargo and its captain stood in green ink.",
            "Whoever wants to bake this bread must begin the evening before, with rye, warm water and a spoon of last week's dough.",
            "في كل صباح كان البستاني العجوز يفتح باب الحديقة الصغيرة ويسقي أشجار الليمون قبل أن تشرق الشمس على القرية",
        )

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the words of every text, hashed; of a long one the first `MOST_WORDS`."""
        for index, segment in enumerate(reading.segments):
            if segment.role in _TEXTS and len(segment.text) > FEWEST_WORDS:
                hashes = _words(reading, index).hashes
                if len(hashes) >= FEWEST_WORDS:
                    yield Trace(self.name, segment.part, _prefixed(hashes[:MOST_WORDS]))

    def matcher(self) -> "PassageMatcher":
        """Give an empty matcher."""
        return PassageMatcher(self.largest)


PASSAGE = Passage()


class PassageMatcher:
    """Holds passages and finds them in texts. Whoever looks works on shelves that never change but for what is struck off."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._held: dict[int, Hashes] = {}
        self._late: dict[int, Hashes] = {}
        self._shelves: tuple[_Shelf, ...] = ()

    def __len__(self) -> int:
        return len(self._held)

    def add(self, signals: Sequence[tuple[int, str]]) -> None:
        """Take passages as (id, canonical value); an id it already holds is left as it is."""
        new: dict[int, Hashes] = {}
        for number, value in signals:
            if number not in self._held and number not in new:
                new[number] = _hashes(value)
        if not new:
            return
        self._held |= new
        self._late |= new
        if len(self._late) > _LATE or not self._shelves:
            self._late = {}
            self._shelves = (_Shelf(self._held, self._largest),)
        else:
            self._shelves = (self._shelves[0], _Shelf(self._late, self._largest))

    def remove(self, ids: Sequence[int]) -> None:
        """Forget passages; ids it does not hold are no error."""
        for number in ids:
            if self._held.pop(number, None) is not None:
                self._late.pop(number, None)
                for shelf in self._shelves:
                    shelf.strike(number)

    def look(self, reading: Reading) -> Iterable[Hit]:
        """Give the passages in a reading's texts: by part, then nearest first."""
        if not self._held:
            return
        for index, segment in enumerate(reading.segments):
            if segment.role in _TEXTS and len(segment.text) > FEWEST_WORDS:
                text = _words(reading, index)
                for hit in self._hits(text.hashes):
                    yield hit.told(segment.part, _spans(reading, index, text, hit.stretches))

    def lookup(self, value: str) -> Iterable[Hit]:
        """Give the passages that a text given by its hashed words holds, nearest first."""
        for hit in self._hits(_hashes(value)):
            yield hit.told(BODY, ())

    def _hits(self, text: Hashes) -> list["_Found"]:
        """Give what of all shelves a text holds: nearest first, then by id."""
        found = [hit for shelf in self._shelves for hit in shelf.find(text)]
        found.sort(key=lambda hit: (hit.distance, hit.id))
        return found


@dataclass(frozen=True, slots=True)
class _Found:
    """A passage that a text holds: its length in words, the fewest edits, and its stretches of words in the text."""

    id: int
    size: int
    edits: int
    stretches: tuple[Span, ...]

    @property
    def distance(self) -> int:
        """Edited words in per cent of the passage."""
        return _percent(self.edits, self.size)

    def told(self, part: str, spans: tuple[Span, ...]) -> Hit:
        """Give the hit."""
        return Hit(self.id, part, self.distance, spans=spans, evidence={"words": self.size, "edited_words": self.edits})


class _Shelf:
    """An index over passages (`passage_kernels` says how); fixed but for the column that says which still count."""

    def __init__(self, passages: dict[int, Hashes], largest: int) -> None:
        kernels = _kernels()
        self._ids = list(passages)
        self._numbers = {number: row for row, number in enumerate(self._ids)}
        sizes = np.array([len(hashes) for hashes in passages.values()], np.int64)
        self._held = np.concatenate(list(passages.values()))
        facts = np.empty((len(sizes), 5), np.int64)
        facts[:, kernels.AT] = np.cumsum(sizes) - sizes
        facts[:, kernels.SIZE] = sizes
        facts[:, kernels.MOST] = most = sizes * largest // 100
        facts[:, kernels.LIVE] = 1
        keys = np.empty(int(np.maximum(sizes - kernels.GRAM + 1, 0).sum()), np.uint64)
        owners = np.empty(len(keys), np.int32)
        kernels.grams(self._held, facts, keys, owners)
        order = np.lexsort((owners, keys))
        keys, owners = keys[order], owners[order]
        first = np.ones(len(keys), bool)
        first[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
        keys, self._postings = keys[first], owners[first]
        different = np.bincount(self._postings, minlength=len(sizes))
        facts[:, kernels.NEED] = np.maximum(different - kernels.GRAM * most, 1)
        keys, starts = np.unique(keys, return_index=True)
        room = 1 << (len(keys) * 3 // 2).bit_length()
        self._table = np.zeros((room, 2), np.uint64)
        self._sieve = np.zeros(max(1, room * _BITS // 64), np.uint64)
        kernels.fill(self._table, self._sieve, keys, np.append(starts, len(self._postings)).astype(np.int64))
        self._facts = facts

    def strike(self, number: int) -> None:
        """Let a passage count no more; of ids that are not here nothing happens."""
        row = self._numbers.get(number)
        if row is not None:
            self._facts[row, _kernels().LIVE] = 0

    def find(self, text: Hashes) -> list[_Found]:
        """Give what a text holds, by passage."""
        kernels = _kernels()
        regions = np.empty((_ROOM, 3), np.int64)
        given = (text, self._sieve, self._table, self._postings, self._facts)
        count = kernels.regions(*given, regions)
        if not count:
            return []
        if count > _ROOM:
            regions = np.empty((count, 3), np.int64)
            count = kernels.regions(*given, regions)  # fewer where a passage was struck off meanwhile
        regions = regions[:count]
        regions = regions[np.lexsort((regions[:, 1], regions[:, 0]))]
        passages = 1 + np.count_nonzero(np.diff(regions[:, 0]))
        out = np.empty((passages * kernels.MOST_MATCHES, 4), np.int32)
        rows = out[: kernels.verify(text, regions, self._facts, self._held, out)].tolist()
        return [self._found(number, list(group)) for number, group in groupby(rows, key=lambda row: row[0])]

    def _found(self, number: int, rows: list[list[int]]) -> _Found:
        """Give a passage with the stretches that hold it: those as near as the nearest, and all within the usual radius."""
        size, fewest = int(self._facts[number, _kernels().SIZE]), min(row[1] for row in rows)
        near = [(row[2], row[3]) for row in rows if row[1] == fewest or _percent(row[1], size) <= PASSAGE.radius]
        return _Found(self._ids[number], size, fewest, tuple(near))


def _words(reading: Reading, index: int) -> Words:
    """Give the words of a segment; made once per reading."""
    key = f"words:{index}"
    found: Words | None = reading.memo.get(key)
    if found is None:
        found = reading.memo[key] = words(folded(reading, index))
    return found


def _spans(reading: Reading, index: int, text: Words, stretches: tuple[Span, ...]) -> tuple[Span, ...]:
    """Give stretches of words as offsets into the original text."""
    view = folded(reading, index)
    return tuple(view.span(*text.span(first, end)) for first, end in stretches)


def _of_text(text: str) -> Hashes:
    """Give the word hashes of a passage in plain words; raises BadInput where it is too short or too long to be one."""
    view = fold(text)
    hashes = words(view).hashes
    characters = len(view.text.strip())
    if characters < FEWEST_CHARACTERS or len(hashes) < FEWEST_WORDS:
        raise BadInput(
            f"a passage of {characters} characters in {len(hashes)} words is too short",
            f"give at least {FEWEST_CHARACTERS} characters in {FEWEST_WORDS} words, or bank it as `text`, which matches it whole",
        )
    if len(set(hashes.tolist())) < FEWEST_DIFFERENT:
        raise BadInput(
            "a passage says the same few words again and again",
            f"give one with at least {FEWEST_DIFFERENT} different words, or bank it as `text`, which matches it whole",
        )
    return _fitting(hashes)


def _fitting(hashes: Hashes) -> Hashes:
    """Refuse what is too long; raises BadInput."""
    if len(hashes) > MOST_WORDS:
        raise BadInput(
            f"a passage has {len(hashes)} words",
            f"bank its telling paragraphs one by one, each at most {MOST_WORDS} words",
        )
    return hashes


def _is_hashed(written: str) -> bool:
    """True for what is meant as the hashed form, of this version or another."""
    head, colon, rest = written[:16].lower().partition(":")
    return bool(colon) and head[:1] == "p" and head[1:].replace("f", "", 1).isdigit() and " " not in rest


def _checked(written: str) -> Hashes:
    """Read the hashed form; raises BadInput."""
    head, _, digits = written.lower().partition(":")
    if f"{head}:" != _PREFIX:
        raise BadInput(
            f"a passage was hashed by version `{head[:15]}`",
            f"this release hashes words as `{_PREFIX[:-1]}`; bank the passage again from its text",
        )
    count, rest = divmod(len(digits), _DIGITS)
    if rest or count < FEWEST_WORDS or not digits.isalnum():
        raise BadInput(
            "a hashed passage is cut off or damaged",
            f"write it as `{_PREFIX}` and {_DIGITS} hex digits for each of at least {FEWEST_WORDS} words",
        )
    try:
        return _fitting(_hashes(written))
    except ValueError:
        raise BadInput(
            "a hashed passage holds something other than hex digits", f"write {_DIGITS} hex digits for each word"
        ) from None


def _hashes(value: str) -> Hashes:
    """Give the word hashes of a hashed passage."""
    return np.frombuffer(bytes.fromhex(value.partition(":")[2]), ">u4").astype(np.uint32)


def _prefixed(hashes: Hashes) -> str:
    """Write word hashes down."""
    return _PREFIX + hashes.astype(">u4").tobytes().hex()


def _distance(passage: Hashes, text: Hashes) -> int:
    """Give the edits between a passage and its nearest stretch of a text, in per cent of the passage."""
    cost = np.arange(len(passage) + 1)
    steps = np.arange(1, len(passage) + 1)
    least = len(passage)
    for word in text.tolist():
        changed = np.minimum(cost[:-1] + (passage != word), cost[1:] + 1)
        # What leaving words out costs is the running minimum along the column.
        cost[1:] = steps + np.minimum(np.minimum.accumulate(changed - steps), 0)
        least = min(least, int(cost[-1]))
    return _percent(least, len(passage))


def _percent(edits: int, size: int) -> int:
    """Give edits in per cent of the passage's words, rounded up, so that 15 means at most 15."""
    return math.ceil(100 * edits / size)


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first passage is banked."""
    from forestall.detect.match.signals import passage_kernels  # noqa: PLC0415 - loading numba is dear, and not every house banks passages

    return passage_kernels
