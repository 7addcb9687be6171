"""Sentences and quotations: where one thought ends, and whether the writer says a thing or repeats it.

Both work on folded text (`text.fold`), in which every kind of quotation mark and full stop has one form, and give offsets
into it. Both take linear time.
"""

import re
from dataclasses import dataclass

from forestall.model.finding import Span

_END = re.compile(r"[.!?…]{1,8}[\"')\]]{0,4}(?=\s|$)|\n|[;:](?=\s)|[。！？]")
_LONGEST = 400
"""Characters after which a sentence without an end is cut, so that one sentence cannot be the whole of a long text."""
_OPENS = re.compile(r"\"|(?:(?<=\s)|(?<=^))'(?=\w)|^[ \t]?>", re.MULTILINE)
_LONGEST_QUOTE = 2_000
"""Characters after which a quotation mark without its partner is no quotation."""
_APOSTROPHES = 6
"""Most apostrophes looked past for the single mark that closes."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A stretch of text the writer repeats: offsets without the marks. `line` is True for a line quoted with `>`."""

    start: int
    end: int
    line: bool = False


def sentences(text: str) -> list[Span]:
    """Give the sentences of a folded text in order, without gaps in which a letter stands; an empty text has none."""
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return spans


def quotations(text: str) -> list[Quotation]:
    """Give what stands between quotation marks or in lines that start with `>`, in order, not overlapping.

    A mark that is not closed within the same paragraph opens nothing.
    """
    found: list[Quotation] = []
    at = 0
    while (match := _OPENS.search(text, at)) is not None:
        start = match.end()
        if match[0].endswith(">"):
            end = _until(text, "\n", start, len(text))
            found.append(Quotation(start, end, line=True))
            at = end
            continue
        limit = min(start + _LONGEST_QUOTE, len(text))
        limit = _until(text, "\n", start, limit)
        end = text.find('"', start, limit) if match[0] == '"' else _closing_single(text, start, limit)
        if end < 0:
            at = start
            continue
        if end > start:
            found.append(Quotation(start, end))
        at = end + 1
    return found


def _until(text: str, mark: str, start: int, limit: int) -> int:
    """Give where a mark stands next, or `limit` where it does not before that."""
    at = text.find(mark, start, limit)
    return at if at >= 0 else limit


def _closing_single(text: str, start: int, limit: int) -> int:
    """Give the offset of the single quotation mark that closes, which no letter follows; -1 where there is none."""
    at = start - 1
    for _ in range(_APOSTROPHES):
        at = text.find("'", at + 1, limit)
        if at < 0 or not text[at + 1 : at + 2].isalnum():
            return at
    return -1


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    """Add a sentence, cut where it is too long, without white space around it."""
    while start < end:
        cut = end
        if end - start > _LONGEST:
            space = text.rfind(" ", start + 1, start + _LONGEST)
            cut = space if space > start else start + _LONGEST
        piece = text[start:cut]
        first = start + len(piece) - len(piece.lstrip())
        last = start + len(piece.rstrip())
        if any(character.isalnum() for character in piece):
            spans.append((first, last))
        start = cut
