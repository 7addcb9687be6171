"""Marks: cut hostile text into runs that a page can show safely, with what was noticed marked and what is invisible named.

Pure. Linear in the text and in the number of spans, whatever they are; templates escape every run.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forestall.model.finding import Span
from forestall.text.invisible import ABBREVIATIONS

MAX_SPANS = 2_000
"""Most spans marked in one text; a moderator reads the first ones, and the page stays small."""
MAX_NAMED = 4
"""Most findings named at one place of the text."""

_BLANK = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0, *range(0xFFF0, 0xFFF9)}
"""Characters that show nothing although their category does not say so (Default_Ignorable_Code_Point, Braille blank)."""
_SIGNS = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}
"""Format characters that do show (Prepended_Concatenation_Mark): Arabic number and verse signs."""
_JOINERS = {0x200C, 0x200D}
_SELECTORS = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x180E), 0x180F}
_JOINING = (
    (0x0600, 0x077F),
    (0x07C0, 0x08FF),
    (0x0900, 0x0DFF),
    (0x1000, 0x109F),
    (0x1780, 0x18AF),
    (0xA840, 0xA87F),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFC),
    (0x1E900, 0x1E95F),
)
"""Blocks of scripts in which joiners spell words: Arabic, Syriac, N'Ko, Indic, Burmese, Khmer, Mongolian, Adlam."""
_LAST_SCATTERED = 0x1D200
"""Above it every character that shows nothing is in the planes of tags, selectors and private use."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text under the same findings.

    `findings` are the indexes of the findings that cover it, `ends` those whose span ends with it. Where `symbol` is set,
    `text` is its long name and the original character showed nothing. `gap` counts characters left out in its place.
    """

    text: str
    findings: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    symbol: str = ""
    gap: int = 0


def runs(text: str, spans: Sequence[tuple[int, Span]], windows: Sequence[Span] | None = None) -> list[Run]:
    """Cut a text at the borders of spans, of windows and of characters that show nothing.

    Takes:
        spans: (index of the finding, span) in any order; what lies outside the text is ignored.
        windows: the parts of the text to show, sorted and apart; None shows all.
    """
    shown = [(0, len(text))] if windows is None else list(windows)
    cut = []
    position = 0
    for start, stop in shown:
        if start > position:
            cut.append(Run("", gap=start - position))
        for left, right, covering, ends in _cells(start, stop, spans):
            cut += _visible(text, left, right, covering, ends)
        position = stop
    if position < len(text):
        cut.append(Run("", gap=len(text) - position))
    return cut


def windows(
    length: int, spans: Sequence[tuple[int, Span]], head: int = 4_000, around: int = 400, most: int = 40_000
) -> list[Span]:
    """Choose what to show of a long text: its beginning and the surroundings of what was noticed, `most` characters at most."""
    wanted = [(0, min(head, length))]
    wanted += sorted(
        (max(0, start - around), min(length, stop + around)) for _, (start, stop) in spans[:MAX_SPANS] if start < length
    )
    chosen: list[Span] = []
    left = most
    for start, stop in wanted:
        if chosen and start <= chosen[-1][1]:
            start = chosen[-1][1]  # noqa: PLW2901 - the window goes on where the last one ended
        stop = min(stop, start + left)  # noqa: PLW2901
        if stop <= start:
            continue
        left -= stop - start
        if chosen and start == chosen[-1][1]:
            chosen[-1] = (chosen[-1][0], stop)
        else:
            chosen.append((start, stop))
    return chosen


def excerpt(text: str, spans: Sequence[tuple[int, Span]], width: int = 180) -> list[Run]:
    """Give about `width` characters around the first of the spans, which stand in order of importance."""
    start = spans[0][1][0] if spans else 0
    start = max(0, min(start - width // 3, len(text) - width))
    if start:
        space = text.find(" ", start, start + 24)
        start = space + 1 if space >= 0 else start
    return runs(text, spans, [(start, min(len(text), start + width))] if text else [])


def disguised(text: str) -> bool:
    """Tell whether a text is written so that it looks like other characters: drawn letters, mixed alphabets, hidden characters."""
    return bool(_DRAWN.search(text) or _MIXED.search(text)) or any(
        not _belongs(text, hit.start()) for hit in _HIDDEN.finditer(text)
    )


def named(char: str) -> tuple[str, str]:
    """Give a character that shows nothing its short label and its long name."""
    code = ord(char)
    short = ABBREVIATIONS.get(code, f"U+{code:04X}")
    return short, f"{unicodedata.name(char, 'control character').lower()} (U+{code:04X})"


def _cells(
    start: int, stop: int, spans: Sequence[tuple[int, Span]]
) -> Iterator[tuple[int, int, tuple[int, ...], tuple[int, ...]]]:
    """Sweep over the borders of spans within a window: give (left, right, covering findings, findings that end here)."""
    opening: dict[int, list[int]] = {}
    closing: dict[int, list[int]] = {}
    for index, (left, right) in spans[:MAX_SPANS]:
        if left < right and left < stop and right > start and left >= 0:
            opening.setdefault(max(left, start), []).append(index)
            closing.setdefault(min(right, stop), []).append(index)
    borders = sorted({start, stop, *opening, *closing})
    active: dict[int, int] = {}
    for left, right in pairwise(borders):
        for index in closing.get(left, ()):
            active[index] -= 1
            if not active[index]:
                del active[index]
        for index in opening.get(left, ()):
            active[index] = active.get(index, 0) + 1
        covering = tuple(sorted(_first(active, MAX_NAMED)))
        yield left, right, covering, tuple(dict.fromkeys(closing.get(right, ())))[:MAX_NAMED]


def _first(active: dict[int, int], count: int) -> Iterator[int]:
    """Give the first few of the open findings without walking over all of them."""
    for index, _ in zip(active, range(count), strict=False):
        yield index


def _visible(text: str, left: int, right: int, covering: tuple[int, ...], ends: tuple[int, ...]) -> Iterator[Run]:
    """Cut one cell at characters that show nothing and must not be passed through."""
    pieces: list[Run] = []
    position = left
    for found in _HIDDEN.finditer(text, left, right):
        at = found.start()
        if _belongs(text, at):
            continue
        if at > position:
            pieces.append(Run(text[position:at], covering))
        if not (text[at] == "\r" and text[at + 1 : at + 2] == "\n"):
            short, name = named(text[at])
            pieces.append(Run(name, covering, symbol=short))
        position = at + 1
    if position < right:
        pieces.append(Run(text[position:right], covering))
    if pieces and ends:
        last = pieces[-1]
        pieces[-1] = Run(last.text, last.findings, ends, last.symbol)
    yield from pieces


def _belongs(text: str, at: int) -> bool:
    """Tell whether a joiner or selector does its ordinary work here: in joining scripts and in emoji it must stay."""
    code = ord(text[at])
    before = text[at - 1] if at else ""
    if code in _JOINERS:
        after = text[at + 1 : at + 2]
        return _joins(before) and (_joins(after) or code == 0x200D)
    if code in _SELECTORS:
        return bool(before) and (before in "0123456789#*" or unicodedata.category(before) in {"So", "Sm", "Po", "Lo"})
    return False


def _joins(char: str) -> bool:
    """Tell whether joiners are ordinarily written next to this character."""
    if not char:
        return False
    code = ord(char)
    return (
        code in _SELECTORS
        or unicodedata.category(char) in {"So", "Sk"}
        or any(first <= code <= last for first, last in _JOINING)
    )


def _hidden() -> str:
    """Build the character class of everything that shows nothing or steers how other characters show."""
    ranges: list[list[int]] = [[0xE0000, 0x10FFFF]]
    for code in range(_LAST_SCATTERED):
        if not _hides(code):
            continue
        if ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _hides(code: int) -> bool:
    """Tell whether a code point shows nothing: a control, format character, separator, surrogate or private one."""
    if code in {0x09, 0x0A} or code in _SIGNS:
        return False
    return (
        code in _BLANK or code in _SELECTORS or unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )


_HIDDEN = re.compile(f"[{_hidden()}]")
_DRAWN = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a\u249c-\u24e9\U0001f130-\U0001f189]")
"""Mathematical, full-width and enclosed Latin letters."""
_MIXED = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
"""A Latin letter next to a Greek or Cyrillic one: no language spells so."""
