"""The lexicon: what the cue files say, checked and compiled into automata.

A phrase is written as in `cues/en.yaml`: `{a|b}` either, `{a|}` may be missing, a trailing `*` any ending, `~` a gap of up
to `GAP` characters within a sentence. Phrases are folded like the text they are looked for in.
"""

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from forestall.model.errors import BadList
from forestall.text import fold as folding

GAP = 40
"""Most characters between two parts of a phrase."""
_SHORTEST_GLUED = 7
"""Fewest letters of a phrase that is also looked for without its spaces."""
_SHORTEST_CONTEXT = 6
"""Fewest letters of a phrase of a safe context that is looked for in the squeezed view."""
_SHORTEST_SQUEEZED = 3
"""Fewest letters of a phrase that is looked for in the squeezed view."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One small piece of evidence. `degree` says how far it shows its signs of recruiting (0..1).

    `strength` says how far it settles a safe context (0..1); it is 0 for cues of recruiting.
    """

    id: str
    signs: tuple[str, ...]
    gloss: str
    degree: float = 1.0
    strength: float = 0.0


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of evidence: its weight, the step it belongs to (or none), whether it asks something of the reader."""

    weight: float
    gloss: str
    step: str = ""
    share: float = 1.0
    """How far it shows its step where it is shown fully."""
    ask: bool = False
    slight: bool = False
    """Whether it means nothing where no other kind of sign is present."""
    core: bool = False
    """Whether it speaks of violence, a cause or obedience, which clubs and shops do not."""


@dataclass(frozen=True, slots=True)
class Context:
    """A kind of safe speech: how much it takes away where certain, and the label it is shown under (or none)."""

    weight: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a phrase that any of several patterns fills: which cue and phrase, which part of how many."""

    cue: int
    phrase: int
    part: int
    parts: int
    open_end: bool
    """Whether any ending may follow the pattern."""


@dataclass(frozen=True)
class Automaton:
    """Patterns compiled for one pass over a text, with the slots (by index) that each fills."""

    patterns: tuple[str, ...]
    slots: tuple[tuple[int, ...], ...]
    _machine: AhoCorasick = field(repr=False)

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """Give all occurrences, overlapping ones too: pattern index, start and end offset."""
        found: list[tuple[int, int, int]] = self._machine.find_matches_as_indexes(text, overlapping=True)
        return found


@dataclass(frozen=True)
class Lexicon:
    """Cues, how they add up, and the automata that find them in the folded and in the squeezed view."""

    cues: tuple[Cue, ...]
    speaks: tuple[bool, ...]
    """For each cue, whether it is evidence by itself, and not only beside others."""
    slots: tuple[Slot, ...]
    plain: Automaton
    squeezed: Automaton
    signs: Mapping[str, Sign]
    pairs: Mapping[tuple[str, str], float]
    contexts: Mapping[str, Context]
    base: float
    most_taken: float
    most_without_ask: float
    without_core: float
    only_weak: float
    version: str


@cache
def lexicon() -> Lexicon:
    """Load the lexicon that comes with Forestall, once per process; raises BadList where a file does not hold together."""
    return _compile({name: _yaml(name, data) for name, data in _sources().items()}, version())


@cache
def version() -> str:
    """Give a digest of the cue data and of everything that decides how text is folded before it is compared; loads nothing."""
    digest = hashlib.sha256(f"{folding.VERSION} {unicodedata.unidata_version}".encode())
    for name, data in _sources().items():
        digest.update(name.encode() + b"\0" + data)
    return digest.hexdigest()[:16]


def _sources() -> dict[str, bytes]:
    """Read the files that come with Forestall, in the order of their names."""
    folder = files(__package__)
    sources = {"signs.yaml": folder / "signs.yaml"}
    sources |= {entry.name: entry for entry in (folder / "cues").iterdir() if entry.name.endswith(".yaml")}
    return {name: sources[name].read_bytes() for name in sorted(sources)}


def _yaml(name: str, data: bytes) -> Mapping[str, Any]:
    """Read one file."""
    loaded = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    if not isinstance(loaded, dict):
        raise BadList(f"the cue file {name} is not a mapping", "restore it from the package")
    return loaded


def _compile(documents: Mapping[str, Mapping[str, Any]], version: str) -> Lexicon:
    """Build the lexicon from parsed files."""
    weights = documents["signs.yaml"]
    signs = {name: Sign(**value) for name, value in weights["signs"].items()}
    contexts = {name: Context(**value) for name, value in weights["contexts"].items()}
    cues: list[Cue] = []
    slots: list[Slot] = []
    plain: dict[str, list[int]] = {}
    phrases = itertools.count()
    for name, document in documents.items():
        for entry in document.get("cues", ()):
            unknown = set(entry["signs"]) - set(signs) - set(contexts)
            if unknown:
                raise BadList(f"the cue {entry['cue']} in {name} has the unknown sign {min(unknown)}", "see signs.yaml")
            for phrase in entry["say"]:
                _add_phrase(phrase, len(cues), next(phrases), slots, plain)
            cues.append(
                Cue(
                    entry["cue"],
                    tuple(entry["signs"]),
                    entry["gloss"],
                    entry.get("degree", 1.0),
                    entry.get("strength", 0.0),
                )
            )
    return Lexicon(
        cues=tuple(cues),
        speaks=tuple(any(sign in signs and not signs[sign].slight for sign in cue.signs) for cue in cues),
        slots=tuple(slots),
        plain=_automaton(plain),
        squeezed=_automaton(_squeezed(plain, {n for n, slot in enumerate(slots) if cues[slot.cue].strength})),
        signs=signs,
        pairs={(min(pair["of"]), max(pair["of"])): pair["weight"] for pair in weights["pairs"]},
        contexts=contexts,
        base=weights["base"],
        most_taken=weights["most_taken"],
        most_without_ask=weights["most_without_ask"],
        without_core=weights["without_core"],
        only_weak=weights["only_weak"],
        version=version,
    )


def _add_phrase(written: str, cue: int, phrase: int, slots: list[Slot], plain: dict[str, list[int]]) -> None:
    """Add every form of every part of a phrase to the table of patterns, and its slots to the slots."""
    parts = folding.fold(written).text.split("~")
    for number, part in enumerate(parts):
        closed = len(slots)
        slots += [Slot(cue, phrase, number, len(parts), open_end) for open_end in (False, True)]
        for form in _forms(part):
            filled = plain.setdefault(form.rstrip("*").rstrip(), [])
            slot = closed + form.endswith("*")
            if slot not in filled:
                filled.append(slot)


def _squeezed(plain: Mapping[str, Sequence[int]], of_contexts: set[int]) -> dict[str, list[int]]:
    """Give the table of patterns for the squeezed view: as they stand and, where long enough, without their spaces.

    Slots of contexts take longer patterns only: `thee` reads `the` there, and an excuse must not come by accident.
    """
    table: dict[str, list[int]] = {}
    forms = list(plain)
    for shortest, variants in (
        (_SHORTEST_SQUEEZED, forms),
        (_SHORTEST_GLUED, [form.replace(" ", "") for form in forms]),
    ):
        for form, tight in zip(forms, folding.squeezed_patterns(variants), strict=True):
            least = {True: max(shortest, _SHORTEST_CONTEXT), False: shortest}
            filled = [slot for slot in plain[form] if len(tight) >= least[slot in of_contexts]]
            if filled:
                known = table.setdefault(tight, [])
                known += [slot for slot in filled if slot not in known]
    return table


def _forms(part: str) -> Iterable[str]:
    """Give every form of a part: one alternative chosen at each pair of braces."""
    pieces = [
        piece.strip("{}").split("|") if piece.startswith("{") else [piece] for piece in re.split(r"(\{[^}]*\})", part)
    ]
    for choice in itertools.product(*pieces):
        form = " ".join("".join(choice).split())
        if form.strip("* "):
            yield form


def _automaton(table: Mapping[str, Sequence[int]]) -> Automaton:
    """Compile patterns, in a stable order."""
    patterns = tuple(sorted(table))
    machine = AhoCorasick(
        list(patterns), matchkind=MatchKind.Standard, store_patterns=False, implementation=Implementation.ContiguousNFA
    )
    return Automaton(patterns, tuple(tuple(table[pattern]) for pattern in patterns), machine)
