"""Views of a text: other ways to read it, each with the way back to where it stands.

People write an address so that filters miss it: `t[.]me`, `t dot me`, `t . m e`, backwards, in base64. Each view undoes one
such habit and is searched like plain text; what is found lies at the offsets of the folded text it was read from.
"""

import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forestall.detect.contact.links import CODE
from forestall.text.fold import Folded

_REACH = 700
"""Characters around a rewritten sign that a view of it holds: more than any address has."""
_MOST_LETTERS = 400_000
_LONGEST = 700
"""Most characters of an address that are read letter by letter."""
KEPT, UNDONE, LOOSE = b"\0", b"\1", b"\2"
"""Whether a character stands as it was typed, was written in disguise, or may be disguise or only loose typing (`. `)."""


def valid(text: str) -> str:
    """Give a text whose lone surrogates, which patterns don't take, are question marks one for one."""
    return text.encode("utf-8", "replace").decode()


@dataclass(slots=True)
class Meter:
    """Counts the letters that all views of one text had to read one by one, which is dear."""

    letters: int = 0

    @property
    def full(self) -> bool:
        """True once a text cost as much as any honest one may; it is noise, and what was found so far stands for it."""
        return self.letters > _MOST_LETTERS


class View:
    """A reading of a folded text. `text` is what is searched; `span` and `typed` lead back.

    `name` says what was undone (empty for the text itself). `starts` and `ends` give the folded offsets of each character;
    without them the view is the folded text. `typed_as` is the text with its case where it was decoded, `cases` the letters
    of a rewritten one that were capitals. `odd` holds a byte for each character that says whether it was undone (`KEPT`,
    `UNDONE`, `LOOSE`); without it, everything was.
    """

    __slots__ = ("_cases", "_ends", "_folded", "_odd", "_original", "_starts", "_typed_as", "meter", "name", "text")

    def __init__(
        self,
        original: str,
        folded: Folded,
        name: str = "",
        text: str | None = None,
        *,
        starts: Sequence[int] | None = None,
        ends: Sequence[int] | None = None,
        typed_as: str | None = None,
        odd: bytes | None = None,
        cases: Mapping[int, str] | None = None,
        meter: "Meter | None" = None,
    ) -> None:
        self._original, self._folded, self.name = original, folded, name
        self.text = folded.text if text is None else text
        self._starts, self._ends, self._typed_as, self._odd = starts, ends, typed_as, odd
        self._cases = cases or {}
        self.meter = meter or Meter()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the folded offsets of a stretch of this view, which must not be empty."""
        if self._starts is None or self._ends is None:
            return start, end
        edges = (self._starts[start], self._starts[end - 1], self._ends[start], self._ends[end - 1])
        return min(edges[:2]), max(edges[2:])

    def offsets(self, start: int, end: int) -> tuple[Sequence[int], Sequence[int]]:
        """Give the folded offsets at which each character of a stretch begins and ends."""
        if self._starts is None or self._ends is None:
            return range(start, end), range(start + 1, end + 1)
        return self._starts[start:end], self._ends[start:end]

    def original_span(self, at: int) -> tuple[int, int]:
        """Give the offsets of one character in the original text."""
        return self._folded.span(*self.span(at, at + 1))

    def over(
        self,
        name: str,
        text: str,
        starts: Sequence[int],
        ends: Sequence[int],
        *,
        odd: bytes | None = None,
        cases: Mapping[int, str] | None = None,
    ) -> "View":
        """Give a view of the same folded text."""
        return View(
            self._original, self._folded, name, text, starts=starts, ends=ends, odd=odd, cases=cases, meter=self.meter
        )

    def pick(self, name: str, places: Sequence[int]) -> "View":
        """Give a view of some characters of this one, by their places in it."""
        if self._starts is None or self._ends is None:
            starts: Sequence[int] = places
            ends: Sequence[int] = [at + 1 for at in places]
        else:
            starts, ends = [self._starts[at] for at in places], [self._ends[at] for at in places]
        return self.over(name, "".join(self.text[at] for at in places), starts, ends)

    def decoded(self, name: str, start: int, end: int, text: str) -> "View":
        """Give a view of what a stretch says once decoded; all of it lies at that stretch."""
        first, last = self.span(start, end)
        size = len(text)
        return View(
            self._original,
            self._folded,
            name,
            text.lower(),
            starts=[first] * size,
            ends=[last] * size,
            typed_as=text,
            meter=self.meter,
        )

    def disguised(self, start: int, end: int) -> bool:
        """True where a stretch was not written the way it reads, case aside."""
        if self._starts is not None:
            return self._odd is None or any(self._odd[start:end]) or self._hidden(*self.span(start, end), view=False)
        return self._hidden(start, end)

    def rewritten(self, start: int, end: int) -> bool:
        """True where a sign of a stretch, written as nobody writes it by chance, was undone by this view."""
        return self._odd is not None and UNDONE in self._odd[start:end]

    def _hidden(self, start: int, end: int, *, view: bool = True) -> bool:
        """True where the original of folded offsets is not what the folded text says."""
        first, last = self._folded.span(start, end)
        typed = self._original[first:last]
        if not view:
            return not typed.isascii()
        return typed != self._folded.text[start:end] and typed.lower() != self._folded.text[start:end]

    def typed(self, start: int, end: int) -> str:
        """Give a stretch as it was typed: case kept, hidden characters left out, look-alikes read as Latin."""
        if self._typed_as is not None:
            return self._typed_as[start:end]
        if self._starts is None:
            first, last = self._folded.span(start, end)
            typed = self._original[first:last]
            if len(typed) == end - start and typed.isascii():
                return typed
        end = min(end, start + _LONGEST)
        self.meter.letters += end - start
        return "".join(self._letter(at) for at in range(start, end))

    def _letter(self, at: int) -> str:
        """Give one character of the view as it was typed."""
        read = self.text[at]
        start = at
        if self._starts is not None and self._ends is not None:
            start = self._starts[at]
            if self._ends[at] - start != 1 or self._folded.text[start] != read:
                return self._cases.get(at, read)
        first, last = self._folded.span(start, start + 1)
        typed = unicodedata.normalize("NFKC", self._original[first:last])
        letter = next((letter for letter in typed if letter in CODE), "")
        if letter:
            return letter
        return read.upper() if typed[:1].isupper() else read


class Rewriter:
    """Builds a view of a view by replacing stretches of it, from left to right."""

    def __init__(self, base: View) -> None:
        self._base = base
        self._at = 0
        self._parts: list[str] = []
        self._starts = array("i")
        self._ends = array("i")
        self._odd = bytearray()
        self._cases: dict[int, str] = {}

    @property
    def touched(self) -> bool:
        """True once something was replaced."""
        return bool(self._parts)

    def put(self, start: int, end: int, text: str, *, odd: bytes = UNDONE) -> None:
        """Read `start`..`end` as `text`; stretches must come in order and not overlap. `odd` says how strange it was."""
        self._keep(start)
        first, last = self._base.span(start, end)
        if text != text.lower():
            self._cases |= {len(self._starts) + at: letter for at, letter in enumerate(text)}
            text = text.lower()
        self._parts.append(text)
        self._starts.extend([first] * len(text))
        self._ends.extend([last] * len(text))
        self._odd += odd * len(text)
        self._at = end

    def view(self, name: str) -> View:
        """Give the view. Over a view that undid something already, all of it is odd."""
        self._take(self._at, min(len(self._base.text), self._at + _REACH))
        odd = None if self._base.name else bytes(self._odd)
        return self._base.over(name, "".join(self._parts), self._starts, self._ends, odd=odd, cases=self._cases)

    def _keep(self, end: int) -> None:
        """Take over the base up to `end`: what is within reach of something replaced, so that a long text makes no long view."""
        if not self._parts:
            self._take(max(self._at, end - _REACH), end)
        elif end - self._at <= 2 * _REACH:
            self._take(self._at, end)
        else:
            middle = self._at + _REACH
            self._take(self._at, middle)
            self._parts.append("\n")
            self._starts.append(middle)
            self._ends.append(middle + 1)
            self._odd += KEPT
            self._take(end - _REACH, end)

    def _take(self, start: int, end: int) -> None:
        """Take over a stretch of the base as it stands."""
        if end > start:
            self._parts.append(self._base.text[start:end])
            starts, ends = self._base.offsets(start, end)
            self._starts.extend(starts)
            self._ends.extend(ends)
            self._odd += KEPT * (end - start)
