"""The words a decision rests on, in their context: short passages of the original text with the noticed spans marked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forestall.model.decision import Decision
from forestall.model.reading import Segment

_MOST_PASSAGES = 6
"""Parts of one item shown; an archive may have thousands."""
_MOST_MARKS = 500
"""Marks drawn in one window; hostile text may earn more than a reader can use."""
_WORD = 16
"""How far a window is widened so that it does not cut a word."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of original text. `label` is what was noticed there, empty where nothing was; `counts` is false for excused words."""

    text: str
    label: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """What is shown of one part: pieces in order; `elided` says whether text was left out."""

    part: str
    pieces: tuple[Piece, ...]
    elided: bool = False

    @property
    def marked(self) -> bool:
        """True where something was noticed in this part."""
        return any(piece.label for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    label: str
    counts: bool


def passages(
    decision: Decision, segments: Iterable[Segment], around: int = 120, limit: int = 1_500
) -> tuple[Passage, ...]:
    """Give the parts of an item worth reading: those with marked words first, else the beginning of its text.

    Takes:
        around: characters of context on each side of a mark.
        limit: most characters per part.
    """
    marks = _marks(decision)
    texts = [segment for segment in segments if segment.text]
    marked = [segment for segment in texts if segment.part in marks][:_MOST_PASSAGES]
    return tuple(_passage(segment, marks.get(segment.part, []), around, limit) for segment in marked or texts[:1])


def shortened(passage: Passage, limit: int) -> Passage:
    """Give a passage of at most about `limit` characters, keeping its first counting mark and what stands around it."""
    pieces = passage.pieces
    chosen = [n for n, piece in enumerate(pieces) if piece.label and piece.counts] or [
        n for n, piece in enumerate(pieces) if piece.label
    ]
    first = chosen[0] if chosen else 0
    before = "".join(piece.text for piece in pieces[:first])
    kept: list[Piece] = []
    room = limit
    if before:
        lead = before[-(limit // 4) :]
        kept.append(Piece("…" + lead if len(lead) < len(before) else lead))
        room -= len(lead)
    for piece in pieces[first:]:
        if room <= 0:
            break
        whole = len(piece.text) <= room
        kept.append(piece if whole else Piece(piece.text[:room] + "…", piece.label, piece.counts))
        room -= len(piece.text)
    cut = passage.elided or sum(len(piece.text) for piece in kept) < sum(len(piece.text) for piece in pieces)
    return Passage(passage.part, tuple(kept), cut)


def _marks(decision: Decision) -> dict[str, list[_Mark]]:
    """Give the spans of all findings by part; a finding counts where no excuse sets it aside."""
    excused = {index for excuse in decision.excuses for index in excuse.findings}
    marks: dict[str, list[_Mark]] = {}
    for index, finding in enumerate(decision.findings):
        for start, end in finding.spans:
            marks.setdefault(finding.part, []).append(_Mark(start, end, finding.label, index not in excused))
    return marks


def _passage(segment: Segment, marks: Sequence[_Mark], around: int, limit: int) -> Passage:
    """Give the windows around the marks of one segment, cut into pieces."""
    text = segment.text
    pieces: list[Piece] = []
    shown = 0
    end = 0
    for start, wanted in _windows(text, marks, around, limit):
        if start > end:
            pieces.append(Piece(" … "))
        stop = min(wanted, start + limit - shown)
        pieces += _cut(text, start, stop, marks)
        shown += stop - start
        end = stop
        if shown >= limit:
            break
    if end < len(text):
        pieces.append(Piece(" …"))
    return Passage(segment.part, tuple(pieces), shown < len(text))


def _windows(text: str, marks: Sequence[_Mark], around: int, limit: int) -> Iterator[tuple[int, int]]:
    """Give the stretches to show: the whole text where it is short, else around each mark, merged, in order."""
    if len(text) <= limit or not marks:
        yield 0, min(len(text), limit)
        return
    start, stop = -1, -1
    for mark in sorted(marks, key=lambda mark: mark.start):
        low, high = _to_words(text, max(0, mark.start - around), min(len(text), mark.end + around))
        if start >= 0 and low > stop:
            yield start, stop
            start = low
        start, stop = (low if start < 0 else start), max(stop, high)
    yield start, stop


def _to_words(text: str, start: int, stop: int) -> tuple[int, int]:
    """Widen a window to the nearest spaces, where they are near."""
    space = text.rfind(" ", max(0, start - _WORD), start)
    start = space + 1 if space >= 0 else start
    space = text.find(" ", stop, stop + _WORD)
    return start, space if space >= 0 else stop


def _cut(text: str, start: int, stop: int, marks: Sequence[_Mark]) -> Iterator[Piece]:
    """Cut a window at the edges of marks; where marks overlap, a piece carries all their labels."""
    inside = [mark for mark in marks if max(mark.start, start) < min(mark.end, stop)][:_MOST_MARKS]
    edges = sorted({start, stop, *(max(start, m.start) for m in inside), *(min(stop, m.end) for m in inside)})
    for low, high in pairwise(edges):
        here = [mark for mark in inside if mark.start < high and mark.end > low]
        labels = " ".join(dict.fromkeys(mark.label for mark in here))
        yield Piece(text[low:high], labels, any(mark.counts for mark in here) if here else True)
