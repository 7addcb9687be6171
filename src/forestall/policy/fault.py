"""What is wrong with a ruleset, pointed at: file, line, column, the line itself with a caret, and a hint."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from forestall.model.errors import BadPolicy

_MOST_SHOWN = 20
_WIDEST_LINE = 120


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a rule file; `line` and `column` count from 1."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that does not hold together: where, what, and what to write instead."""

    place: Place
    what: str
    hint: str = ""


class Faulty(Exception):
    """Carries a fault from deep inside reading to whoever collects the faults of a ruleset; never leaves `policy`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


def nearest(word: str, known: Iterable[str]) -> str:
    """Give a hint that names the known word closest to a misspelt one, or lists what is known."""
    words = sorted(known)
    folded = {name.lower(): name for name in words}
    close = difflib.get_close_matches(word.lower()[:64], folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{folded[close[0]]}`?"
    return f"known are {', '.join(f'`{name}`' for name in words)}" if words else ""


def render(fault: Fault, files: Mapping[str, str]) -> str:
    """Write a fault out as `file:line:column: what`, the line with a caret below it, and the hint."""
    place = fault.place
    head = f"{place.file}:{place.line}:{place.column}: {fault.what}"
    lines = files.get(place.file, "").split("\n")
    shown = lines[place.line - 1] if place.line <= len(lines) else ""
    start = max(0, place.column - 1 - _WIDEST_LINE // 2)
    window = "".join(char if char.isprintable() else " " for char in shown[start : start + _WIDEST_LINE])
    pointed = f"\n    {window}\n    {' ' * (place.column - 1 - start)}^" if window.strip() else ""
    return head + pointed + (f"\n    {fault.hint}" if fault.hint else "")


def refuse(faults: Sequence[Fault], files: Mapping[str, str]) -> BadPolicy:
    """Make the error that tells all faults of a ruleset at once (the first twenty, and how many more)."""
    ordered = sorted(set(faults))
    told = [render(fault, files) for fault in ordered[:_MOST_SHOWN]]
    more = len(ordered) - len(told)
    if more > 0:
        told.append(f"and {more} more")
    return BadPolicy("the ruleset does not hold together\n" + "\n".join(told), "correct this and load it again")
