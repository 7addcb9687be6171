"""Words: what the console says, in each language it speaks. A catalogue is a TOML file in `words/`; adding one adds a language.

A message may name values as `{name}`; a table of CLDR plural categories (`one`, `few`, …) is chosen by the value `n`.
Texts put into a message are isolated (U+2068 … U+2069), so that a name in another script cannot turn the sentence round.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

DEFAULT = "en"
_FSI, _PDI = "\u2068", "\u2069"
_RLI, _LRI = "\u2067", "\u2066"
_STEERING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that turn the direction of text: taken out of what is put into a message."""


class Said(str):
    """A finished message, which may be put into another one and keeps its own direction there."""

    __slots__ = ()


def _english(n: int) -> str:
    """Choose the plural category of English (CLDR)."""
    return "one" if n == 1 else "other"


def _arabic(n: int) -> str:
    """Choose the plural category of Arabic (CLDR)."""
    if n in (0, 1, 2):
        return ("zero", "one", "two")[n]
    if 3 <= n % 100 <= 10:
        return "few"
    return "many" if n % 100 >= 11 else "other"


_PLURALS: Mapping[str, Callable[[int], str]] = {"en": _english, "ar": _arabic}
_STEPS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class Words:
    """One language of the console. `language` is its code, `direction` is `ltr` or `rtl`.

    `titles` are those of the rules in force, by rule id, as written.
    """

    language: str
    direction: str
    messages: Mapping[str, str | Mapping[str, str]]
    titles: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **values: object) -> Said:
        """Give a message; raises KeyError where the catalogue lacks it (a test finds every such place)."""
        message = self.messages[key]
        if not isinstance(message, str):
            number = values["n"]
            assert isinstance(number, int)  # noqa: S101 - a fault in a template, not in input
            category = _PLURALS[self.language](number)
            message = message.get(category, message["other"])
        if not values:
            return Said(message)
        return Said(message.format(**{name: self._isolated(value) for name, value in values.items()}))

    def _isolated(self, value: object) -> object:
        """Wrap a text in bidirectional isolates, so that it can neither be turned by the message nor turn it; numbers pass."""
        if isinstance(value, Said):
            return f"{_RLI if self.direction == 'rtl' else _LRI}{value}{_PDI}"
        return f"{_FSI}{value.translate(_STEERING)}{_PDI}" if isinstance(value, str) else value

    def or_text(self, key: str, text: str) -> str:
        """Give a message, or the text where the catalogue has none."""
        message = self.messages.get(key)
        return Said(message) if isinstance(message, str) else text

    def rule(self, rule: str) -> str:
        """Give a rule's title, or an empty text where the ruleset has no such rule any more."""
        return self.translated(self.titles.get(rule, ""))

    def translated(self, text: str) -> str:
        """Give a sentence of the packaged rules in this language, or the sentence itself where nobody translated it."""
        return self.or_text(f"sentences.{text}", text)

    def ago(self, at: str, now: str) -> str:
        """Say how long ago an instant was, or repeat what is no instant."""
        seconds = _seconds_between(at, now)
        if seconds is None:
            return at
        for unit, size in _STEPS:
            if seconds >= size:
                return self(f"ago.{unit}", n=int(seconds // size))
        return self("ago.now")

    def due(self, at: str, now: str) -> str:
        """Say how long there is until an instant, or since when it is over."""
        left = _seconds_between(now, at)
        if left is None:
            return at
        if at < now:
            return self("due.over", ago=self.ago(at, now))
        for unit, size in _STEPS:
            if left >= size:
                return self(f"due.{unit}", n=int(left // size))
        return self("due.now")


@cache
def catalogue(language: str) -> Words:
    """Load the words of a language; KeyError where the console does not speak it."""
    if language not in languages():
        raise KeyError(language)
    folder = resources.files("forestall.doors.console") / "words"
    tree = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
    flat: dict[str, str | Mapping[str, str]] = {}
    _flatten(tree, "", flat)
    return Words(language, str(tree["direction"]), flat)


@cache
def languages() -> tuple[str, ...]:
    """Give the codes of all languages the console speaks, English first."""
    folder = resources.files("forestall.doors.console") / "words"
    found = {item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")}
    return (DEFAULT, *sorted(found - {DEFAULT}))


def preferred(accept_language: str) -> str:
    """Choose a language by an `Accept-Language` header (RFC 9110 §12.5.4), English where none fits."""
    best, best_weight = DEFAULT, 0.0
    for item in accept_language.split(",")[:32]:
        tag, _, parameter = item.partition(";")
        code = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if code in languages() and weight > best_weight:
            best, best_weight = code, weight
    return best


def _weight(parameter: str) -> float:
    """Read `q=0.5`; 1 where it is absent, 0 where it cannot be read."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


def _flatten(tree: Mapping[str, Any], prefix: str, flat: dict[str, str | Mapping[str, str]]) -> None:
    """Turn nested tables into dotted keys; a table with `other` is one message with plural forms."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and "other" not in value:
            _flatten(value, f"{prefix}{name}.", flat)
        else:
            flat[f"{prefix}{name}"] = value


def _seconds_between(at: str, now: str) -> float | None:
    """Give the seconds from one instant to another, or None where one is no instant with a time zone."""
    try:
        return (datetime.fromisoformat(now) - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return None
