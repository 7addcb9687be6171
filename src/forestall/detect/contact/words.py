"""The words of `words/*.yaml`, read once: what calls a reader somewhere, what denies or reports it, what asks for secrecy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from ahocorasick_rs import AhoCorasick, MatchKind

from forestall.text.fold import fold

ACT, BEFORE, AFTER, REPORT, ADDRESSEE, OWNER, SECRET, PHONE = range(8)
"""What a phrase is: an act, a negation before or after it, reporting, who is addressed, possession, secrecy, telephony."""
_PLAIN = {"reporting": REPORT, "addressees": ADDRESSEE, "possession": OWNER, "secrecy": SECRET, "phone": PHONE}
_STUCK = "وفبلك"
"""Arabic conjunctions and prepositions that are written as part of the next word."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase means: its `role`, the language it is in, and for acts which act. `open`: any ending may follow."""

    role: int
    language: str
    act: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a folded text, at folded offsets."""

    start: int
    end: int
    text: str
    meanings: tuple[Meaning, ...]

    def means(self, role: int, language: str = "") -> Meaning | None:
        """Give its meaning in a role, in a language where one is asked for."""
        return next((m for m in self.meanings if m.role == role and language in ("", m.language)), None)


@dataclass(frozen=True)
class Words:
    """All phrases in one automaton; `not_after` are single words by language that turn an act into a statement."""

    automaton: Any
    phrases: tuple[tuple[str, tuple[Meaning, ...]], ...]
    not_after: Mapping[str, frozenset[str]]

    def find(self, text: str) -> Iterator[Hit]:
        """Give every phrase that stands in a folded text as whole words, also within longer ones."""
        size = len(text)
        for index, start, end in self.automaton.find_matches_as_indexes(text, overlapping=True):
            if not (start == 0 or not text[start - 1].isalnum() or _stuck(text, start)):
                continue
            phrase, meanings = self.phrases[index]
            if end < size and text[end].isalnum():
                meanings = tuple(meaning for meaning in meanings if meaning.open)
            if meanings:
                yield Hit(start, end, phrase, meanings)


def _stuck(text: str, start: int) -> bool:
    """True where one Arabic letter that is written together with the next word stands before `start`, and nothing else."""
    return text[start - 1] in _STUCK and (start == 1 or not text[start - 2].isalnum())


@cache
def files_of_words() -> Mapping[str, Mapping[str, Any]]:
    """Give what each file says, by language."""
    folder = files(__package__).joinpath("words")
    read = (yaml.safe_load(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {data["language"]: data for data in sorted(read, key=lambda data: str(data["language"]))}


@cache
def words() -> Words:
    """Read the files and build the automaton; some milliseconds, once per process."""
    found: dict[str, list[Meaning]] = {}
    for language, data in files_of_words().items():
        for act, entry in data["acts"].items():
            _add(found, entry["say"], ACT, language, act)
        for side, role in (("before", BEFORE), ("after", AFTER)):
            _add(found, data["negations"][side], role, language)
        for key, role in _PLAIN.items():
            _add(found, data[key], role, language)
    phrases = tuple((phrase, tuple(meanings)) for phrase, meanings in found.items())
    automaton = AhoCorasick([phrase for phrase, _ in phrases], matchkind=MatchKind.Standard)
    barred = {
        language: frozenset(fold(word).text for word in data["not_after"])
        for language, data in files_of_words().items()
    }
    return Words(automaton, phrases, barred)


def _add(found: dict[str, list[Meaning]], phrases: list[str], role: int, language: str, act: str = "") -> None:
    """Add phrases of one role, folded as the texts are."""
    for phrase in phrases:
        key = fold(phrase.removesuffix("*")).text
        found.setdefault(key, []).append(Meaning(role, language, act, phrase.endswith("*")))


@cache
def signs() -> Mapping[str, tuple[str, ...]]:
    """Give the words for the signs of an address, folded, longest first: `dot`, `slash`, `at`."""
    named: dict[str, set[str]] = {"dot": set(), "slash": set(), "at": set()}
    for data in files_of_words().values():
        for sign, spoken in data["signs"].items():
            named[sign] |= {fold(word).text for word in spoken}
    return {sign: tuple(sorted(spoken, key=lambda word: (-len(word), word))) for sign, spoken in named.items()}
