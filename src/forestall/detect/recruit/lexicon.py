"""The lexicon: what the cue files say, checked and compiled into patterns, one tongue at a time.

A phrase is written as in `cues/en.yaml`: `{a|b}` either, `{a|}` may be missing, `<name>` one of the words of a list, a trailing `*`
any ending, `~` a gap of up to `GAP` characters within a sentence. Phrases are folded like the text they are looked for in.

A tongue is a language as people write it: `ar-Latn` is Arabic in Latin letters. Its cues stand in files named for it, and are read
and compiled when the first text comes that may be in it.
"""

import hashlib
import itertools
import math
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from forestall.detect.recruit.patterns import Patterns, compiled
from forestall.model.errors import BadList
from forestall.text import fold as folding

_MOST_FORMS = 40
"""Forms of a part from which it is cut between words."""
NEXT = 3
"""Most characters between a part and the next word after it; more than one where letters are spaced out."""
GAP = 40
"""Most characters between two parts of a phrase."""
_SHORTEST_GLUED = 7
"""Fewest letters of a phrase that is also looked for without its spaces."""
_SHORTEST_CONTEXT = 6
"""Fewest letters of a phrase of a safe context that is looked for in the squeezed view."""
_SHORTEST_SQUEEZED = 3
"""Fewest letters of a phrase that is looked for in the squeezed view."""


@dataclass(frozen=True, slots=True, eq=False)
class Cue:
    """One small piece of evidence. `degree` says how far it shows its signs of recruiting (0..1).

    `strength` says how far it settles a safe context (0..1); it is 0 for cues of recruiting. `order` is its place in the lexicon.
    `speaks`: it is evidence by itself, and not only beside others.
    """

    id: str
    signs: tuple[str, ...]
    gloss: str
    degree: float = 1.0
    strength: float = 0.0
    order: int = 0
    speaks: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of evidence: what it is, the step it belongs to (or none), whether it asks something of the reader."""

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
    """A kind of safe speech, and the label it is shown under (or none)."""

    label: str = ""


class Part(NamedTuple):
    """A part of a phrase, which any of several patterns fills: its cue's number, which part of how many.

    `tight`: it follows the part before it as the next word, and not after a gap.
    """

    cue: int
    part: int
    parts: int
    tight: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Tongue:
    """The cues of one tongue, and the patterns that find them in the folded and in the squeezed view.

    `parts` are the parts of its phrases, a row each (`Part`), phrase by phrase.
    """

    name: str
    cues: tuple[Cue, ...]
    parts: NDArray[np.int32] = field(repr=False)
    plain: Patterns
    squeezed: Patterns

    def beside(self) -> "Tongue":
        """Give the tongue as it is read where it only comes along: its cues of safe speech do not count."""
        safe = _of_contexts(self.parts[:, 0].tolist(), self.cues)
        return replace(self, plain=self.plain.without(safe), squeezed=self.squeezed.without(safe))


@dataclass(frozen=True)
class Meanings:
    """What signs and contexts there are, and what they mean; the same for all tongues (`signs.yaml`)."""

    signs: Mapping[str, Sign]
    contexts: Mapping[str, Context]


class Lexicon:
    """What signs mean, and the tongues, each compiled when it is first asked for.

    `documents` are parsed or raw files by name; a file is parsed when its tongue is asked for. Raises BadList where one does not hold
    together. Safe to use from several threads.
    """

    def __init__(self, documents: Mapping[str, bytes], version: str) -> None:
        self.version = version
        self.meanings = _meanings(_yaml(_MEANINGS, documents[_MEANINGS]))
        self._files: dict[str, list[str]] = {}
        for name in documents:
            if name != _MEANINGS:
                self._files.setdefault(_tongue_of(name), []).append(name)
        self._documents = documents
        self._compiled: dict[str, Tongue] = {}
        self._beside: dict[str, Tongue] = {}
        self._turn = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The tongues there are cues for, in order."""
        return tuple(sorted(self._files))

    def tongue(self, name: str) -> Tongue:
        """Give a tongue; KeyError where there are no cues for it."""
        found = self._compiled.get(name)
        if found is None:
            with self._turn:
                found = self._compiled.get(name) or self._compile(name)
                self._compiled[name] = found
        return found

    def beside(self, name: str) -> Tongue:
        """Give a tongue as it is read where it only comes along; KeyError where there are no cues for it."""
        found = self._beside.get(name)
        if found is None:
            found = self._beside[name] = self.tongue(name).beside()
        return found

    def _compile(self, name: str) -> Tongue:
        """Read the files of a tongue and build its trees of patterns."""
        cues: list[Cue] = []
        parts: list[Part] = []
        plain: dict[str, list[int]] = {}
        for file in self._files[name]:
            document = _yaml(file, self._documents[file])
            lists = document.get("lists") or {}
            for entry in document.get("cues", ()):
                cue = self._cue(entry, file, len(cues))
                for phrase in entry["say"]:
                    _add_phrase(_listed(phrase, lists, f"{cue.id} in {file}"), cue, (parts, plain))
                cues.append(cue)
        of_contexts = _of_contexts([part.cue for part in parts], cues)
        table = np.array(parts, np.int32).reshape(-1, len(Part._fields))
        return Tongue(name, tuple(cues), table, compiled(plain), compiled(_squeezed(plain, of_contexts)))

    def _cue(self, entry: Mapping[str, Any], file: str, order: int) -> Cue:
        """Read one cue."""
        signs, contexts = self.meanings.signs, self.meanings.contexts
        unknown = set(entry["signs"]) - set(signs) - set(contexts)
        if unknown:
            raise BadList(f"the cue {entry['cue']} in {file} has the unknown sign {min(unknown)}", "see signs.yaml")
        return Cue(
            id=entry["cue"],
            signs=tuple(entry["signs"]),
            gloss=entry["gloss"],
            degree=entry.get("degree", 1.0),
            strength=entry.get("strength", 0.0),
            order=order,
            speaks=any(sign in signs and not signs[sign].slight for sign in entry["signs"]),
        )


_MEANINGS = "signs.yaml"

Tables = tuple[list[Part], dict[str, list[int]]]
"""What phrases are added to: the parts, and the patterns with the parts that each fills (`Patterns`)."""


def _of_contexts(numbers: Sequence[int], cues: Sequence[Cue]) -> set[int]:
    """Give which parts belong to safe contexts, by the number of each one's cue."""
    return {part for part, number in enumerate(numbers) if cues[number].strength}


def _tongue_of(file: str) -> str:
    """Give the tongue a cue file is for, from its name: `en.yaml`, `weak-en.yaml`, `safe-ar-Latn.yaml`."""
    return file.removesuffix(".yaml").removeprefix("weak-").removeprefix("safe-")


@cache
def lexicon() -> Lexicon:
    """Give the lexicon that comes with Forestall, once per process."""
    return Lexicon(_sources(), version())


@cache
def version() -> str:
    """Give a digest of the cue data and of everything that decides how text is folded before it is compared; loads nothing."""
    digest = hashlib.sha256(f"{folding.VERSION} {unicodedata.unidata_version}".encode())
    digest.update((files(__package__) / "names.yaml").read_bytes())
    for name, data in _sources().items():
        digest.update(name.encode() + b"\0" + data)
    return digest.hexdigest()[:16]


@cache
def _sources() -> dict[str, bytes]:
    """Read the files that come with Forestall, in the order of their names."""
    folder = files(__package__)
    sources = {_MEANINGS: folder / _MEANINGS}
    sources |= {entry.name: entry for entry in (folder / "cues").iterdir() if entry.name.endswith(".yaml")}
    return {name: sources[name].read_bytes() for name in sorted(sources)}


def _yaml(name: str, data: bytes) -> Mapping[str, Any]:
    """Read one file."""
    loaded = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    if not isinstance(loaded, dict):
        raise BadList(f"the cue file {name} is not a mapping", "restore it from the package")
    return loaded


def _meanings(document: Mapping[str, Any]) -> Meanings:
    """Read what signs and contexts mean."""
    return Meanings(
        signs={name: Sign(**value) for name, value in document["signs"].items()},
        contexts={name: Context(**value) for name, value in document["contexts"].items()},
    )


def _listed(phrase: str, lists: Mapping[str, Sequence[str]], where: str) -> str:
    """Put the words of lists in the place of their names: `<people>` becomes `{believers|workers}`, without braces inside of braces."""

    def words(found: re.Match[str]) -> str:
        if found[1] not in lists:
            raise BadList(
                f"the cue {where} names the list {found[1]}, which that file does not have", "add it under `lists`"
            )
        inside = phrase.count("{", 0, found.start()) > phrase.count("}", 0, found.start())
        listed = "|".join(lists[found[1]])
        return listed if inside else f"{{{listed}}}"

    return re.sub(r"<([a-z-]+)>", words, phrase)


def _add_phrase(written: str, cue: Cue, tables: Tables) -> None:
    """Add the parts of a phrase to the parts, and every form of each to the patterns.

    A form with an open end before its last word (`word* next`) is a phrase of its own, in parts.
    """
    if any("~" in piece for piece in re.findall(r"\{([^}]*)\}", written)) or written.count("{") != written.count("}"):
        raise BadList(
            f"the cue {cue.id} has the phrase `{written[:60]}`", "close every brace, and put no ~ inside of one"
        )
    cuts = [list(_cut(part)) for part in folding.fold(written).text.split("~")]
    parts = [list(_forms(piece)) for cut in cuts for piece in cut]
    tight = [number > 0 for cut in cuts for number in range(len(cut))]
    whole = [[form for form in forms if "* " not in form] for forms in parts]
    if all(whole):
        _add_parts(whole, tight, cue, tables)
    for number, forms in enumerate(parts):
        for form in forms:
            if "* " in form:
                inner = [[piece] for piece in form.replace("* ", "*\0").split("\0")]
                apart = [*tight[: number + 1], *[False] * (len(inner) - 1), *tight[number + 1 :]]
                _add_parts([*whole[:number], *inner, *whole[number + 1 :]], apart, cue, tables)


def _cut(part: str) -> Iterator[str]:
    """Cut a part of very many forms between words, so that the forms of the pieces add up instead of multiplying.

    No piece is blank in any of its forms.
    """
    held: list[str] = []
    forms, sure = 1, False
    for word in re.findall(r"(?:\{[^}]*\}|[^\s{])+", part):
        count = math.prod(group.count("|") + 1 for group in re.findall(r"\{[^}]*\}", word))
        filled = all(form.strip("* ") for form in _every_form(word))
        if sure and filled and forms * count > _MOST_FORMS:
            yield " ".join(held)
            held, forms, sure = [], 1, False
        held.append(word)
        forms, sure = forms * count, sure or filled
    if held:
        yield " ".join(held)


def _add_parts(parts: Sequence[Sequence[str]], tight: Sequence[bool], cue: Cue, tables: Tables) -> None:
    """Add the parts of one phrase, each with its forms, to parts and patterns; `tight` ones follow as the next word."""
    known, plain = tables
    for number, forms in enumerate(parts):
        at = len(known)
        known.append(Part(cue.order, number, len(parts), tight[number]))
        for form in forms:
            filled = plain.setdefault(form.rstrip("*").rstrip(), [])
            part = 2 * at + form.endswith("*")
            if part not in filled:
                filled.append(part)


def _squeezed(plain: Mapping[str, Sequence[int]], of_contexts: set[int]) -> dict[str, list[int]]:
    """Give the table of patterns for the squeezed view: as they stand and, where long enough, without their spaces.

    Parts of contexts take longer patterns only: `thee` reads `the` there, and an excuse must not come by accident.
    """
    table: dict[str, list[int]] = {}
    forms = list(plain)
    for shortest, variants in (
        (_SHORTEST_SQUEEZED, forms),
        (_SHORTEST_GLUED, [form.replace(" ", "") for form in forms]),
    ):
        for form, tight in zip(forms, folding.squeezed_patterns(variants), strict=True):
            least = {True: max(shortest, _SHORTEST_CONTEXT), False: shortest}
            filled = [part for part in plain[form] if len(tight) >= least[part // 2 in of_contexts]]
            if filled:
                known = table.setdefault(tight, [])
                known += [part for part in filled if part not in known]
    return table


def _forms(part: str) -> Iterable[str]:
    """Give every form of a part that says anything."""
    return (form for form in _every_form(part) if form.strip("* "))


def _every_form(part: str) -> Iterator[str]:
    """Give every form of a part: one alternative chosen at each pair of braces."""
    pieces = [
        piece.strip("{}").split("|") if piece.startswith("{") else [piece] for piece in re.split(r"(\{[^}]*\})", part)
    ]
    for choice in itertools.product(*pieces):
        yield " ".join("".join(choice).split())
