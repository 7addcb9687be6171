"""Swaps: the same sentence with another organisation, people, religion or idea in it must score the same.

Two kinds: the templates of a suite with the names of all creeds' organisations, leaders and lands in turn, all else unchanged; and the
frames of `identities.yaml`, each with all its words in turn.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forestall.insights.suite import CREEDS, PARTS, Suite, document

BOUND = 0.02
"""Largest change of a score that a swap may cause."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """A sentence in several wordings: its name, and the texts."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the score of one sentence moves with what is swapped in it."""

    name: str
    least: float
    most: float

    @property
    def width(self) -> float:
        """The largest change."""
        return self.most - self.least


def named(suite: Suite, parts: Sequence[str] = PARTS, languages: Collection[str] = ()) -> Iterator[Swapped]:
    """Give every template that names an organisation, a leader or a land, with the names of each creed in turn."""
    for language in suite.languages:
        if languages and language not in languages:
            continue
        wordings: dict[str, list[str]] = {}
        for names in CREEDS:
            for case in suite.cases(parts, [language], names=names):
                if case.creed and not case.style:
                    wordings.setdefault(case.id, []).append(case.text)
        for name, texts in wordings.items():
            different = tuple(dict.fromkeys(texts))
            if len(different) > 1:
                yield Swapped(name, different)


def framed(path: Path, languages: Collection[str] = ()) -> Iterator[Swapped]:
    """Give the frames of a file of identities, each with all its words in turn; raises BadInput where the file is none."""
    for language, given in document(path).items():
        if not languages or language in languages:
            for number, frame in enumerate(given["frames"], 1):
                texts = tuple(frame.replace("{who}", who) for who in given["who"])
                yield Swapped(f"{language}/identity/{number}", texts)


def spreads(swapped: Iterator[Swapped], score: Callable[[str], float]) -> list[Spread]:
    """Give how far each sentence's score moves, widest first."""
    found = []
    for one in swapped:
        scores = [score(text) for text in one.texts]
        found.append(Spread(one.name, min(scores), max(scores)))
    return sorted(found, key=lambda spread: (-spread.width, spread.name))
