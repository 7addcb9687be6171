"""Suites: functional tests of a detector, written as templates, read and filled in.

A suite is a folder of YAML files: `functions.yaml` (what is asked, function by function), and per language `fill/xx.yaml` (what stands in
for organisations, leaders, lands …, for each of four creeds), `tune/xx.yaml` and `held/xx.yaml` (the templates). What is in `held` is never
looked at while a detector is worked on. `suites/recruitcheck` is ours; its README says how templates are written.
"""

import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from forestall.insights.disguise import STYLES
from forestall.model.errors import BadInput

PARTS = ("tune", "held")
CREEDS = ("religious", "far-right", "far-left", "ethnic")
"""Whose words fill the slots; a detector must treat them alike."""
RECRUITING, SAFE = "recruiting", "safe"
KINDS = ("news", "counter", "quote", "negation", "religious", "research", "fiction", "personal", "other")
"""Kinds of contrast: nearly the same words, made safe by who says them, or to what end."""
_NAMES = ("org", "leader", "land")
"""Slots that hold names."""
_EACH = 2
"""Creeds that a template with slots is filled for, unless all are asked for."""
_SCRIPTS = {"ar": "arabic", "fa": "arabic", "ur": "arabic", "ru": "cyrillic", "bn": "bengali"}
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Function:
    """One thing a suite asks: its name, whether a person should see it, what it is about, and the family it is counted under."""

    name: str
    meant: bool
    gloss: str
    family: str


@dataclass(frozen=True, slots=True)
class Case:
    """One text with what should come of it. `id` reads `fr/join-fight/held/say2/far-left`, with `~leet` behind where it is disguised.

    `kind` is the kind of contrast (empty for what is meant, `plain` for safe speech in its own right); `pair` the id of what it is a
    contrast or a disguise of; `style` the disguise.
    """

    id: str
    text: str
    meant: bool
    function: str
    family: str
    kind: str
    language: str
    creed: str
    part: str
    pair: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite as read: its functions, and per language its fillings and the templates of each part."""

    folder: Path
    functions: Mapping[str, Function]
    languages: tuple[str, ...]

    def cases(
        self,
        parts: Sequence[str] = PARTS,
        languages: Collection[str] = (),
        *,
        all_creeds: bool = False,
        names: str = "",
    ) -> Iterator[Case]:
        """Give the cases of some parts and languages (all where none is named), always the same ones in the same order.

        `names` is a creed whose organisations, leaders and lands are put into every template, whatever its other words. Raises
        BadInput where a file does not hold together.
        """
        for language in self.languages:
            if languages and language not in languages:
                continue
            fill = _fill(self.folder / "fill" / f"{language}.yaml")
            if names:
                fill = {**fill, "creeds": {creed: _renamed(fill, creed, names) for creed in CREEDS}}
            for part in parts:
                yield from self._part(language, part, fill, len(CREEDS) if all_creeds else _EACH)

    def _part(self, language: str, part: str, fill: Mapping[str, Any], creeds: int) -> Iterator[Case]:
        """Give the cases of one language and part, each meant one with its disguise after it."""
        path = self.folder / part / f"{language}.yaml"
        styles = list(STYLES[_SCRIPTS.get(language, "latin")].items())
        turn = 0
        for entry in document(path).get("cases") or ():
            function = self.functions.get(entry.get("fn"))
            if function is None:
                raise BadInput(f"{path}: the function `{entry.get('fn')}` is not known", "see functions.yaml")
            for kind, name, template in _templates(entry, function, path):
                for creed in _creeds(template, creeds):
                    case_id = f"{language}/{function.name}/{part}/{name}/{creed or 'plain'}"
                    text = _filled(template, fill, creed, path)
                    pair = f"{language}/{function.name}/{part}/say1/{creed or 'plain'}" if kind in KINDS else ""
                    meant = function.meant and not kind
                    family = (
                        function.name if function.meant and not kind else (kind if kind in KINDS else function.family)
                    )
                    case = Case(case_id, text, meant, function.name, family, kind, language, creed, part, pair)
                    yield case
                    if meant:
                        style, change = styles[turn % len(styles)]
                        turn += 1
                        yield _disguised(case, style, change(text))


def read(folder: Path) -> Suite:
    """Read a suite's functions and languages; raises BadInput naming the file, what is wrong and what to do."""
    path = folder / "functions.yaml"
    if not path.is_file():
        raise BadInput(f"{folder} is no suite: it has no functions.yaml", "name a folder such as suites/recruitcheck")
    functions = {}
    for name, value in (document(path).get("functions") or {}).items():
        if not isinstance(value, dict) or value.get("expect") not in {RECRUITING, SAFE}:
            raise BadInput(f"{path}: `{name}` does not say what it expects", "write expect: recruiting or expect: safe")
        meant = value["expect"] == RECRUITING
        functions[name] = Function(
            name, meant, str(value.get("gloss", "")), str(value.get("family") or value.get("step") or "")
        )
    languages = tuple(sorted(found.stem for found in (folder / "fill").glob("*.yaml")))
    return Suite(folder, functions, languages)


def _disguised(case: Case, style: str, text: str) -> Case:
    """Give a case in disguise: a function of its own, counted apart from the plain one."""
    return Case(
        id=f"{case.id}~{style}",
        text=text,
        meant=True,
        function=f"disguise-{style}",
        family=f"disguise-{style}",
        kind="",
        language=case.language,
        creed=case.creed,
        part=case.part,
        pair=case.id,
        style=style,
    )


def _templates(entry: Mapping[str, Any], function: Function, path: Path) -> Iterator[tuple[str, str, str]]:
    """Give the templates of an entry: kind of contrast (empty for what is meant), a name within the function, the template."""
    if not function.meant:
        texts = entry.get("safe") or ()
        yield from (("plain", f"safe{number}", text) for number, text in enumerate(texts, 1))
        return
    yield from (("", f"say{number}", text) for number, text in enumerate(entry.get("say") or (), 1))
    for kind, text in (entry.get("not") or {}).items():
        if kind not in KINDS:
            raise BadInput(
                f"{path}: `{function.name}` has a contrast of the unknown kind `{kind}`", f"use {', '.join(KINDS)}"
            )
        yield kind, kind, text


def _creeds(template: str, most: int) -> Sequence[str]:
    """Give the creeds a template is filled for: none where it has no slot, else some by chance that is always the same."""
    if not _SLOT.search(template):
        return ("",)
    return CREEDS if most >= len(CREEDS) else sorted(random.Random(template).sample(CREEDS, most))  # noqa: S311 - no secret


def _filled(template: str, fill: Mapping[str, Any], creed: str, path: Path) -> str:
    """Fill the slots of a template; a slot that occurs twice has one filling."""
    chance = random.Random(template + creed)  # noqa: S311 - no secret
    chosen: dict[str, str] = {}

    def word(found: re.Match[str]) -> str:
        slot = found[1]
        words = fill["creeds"][creed].get(slot) or fill.get(slot)
        if not words:
            raise BadInput(f"{path}: nothing fills the slot `{{{slot}}}`", f"add it to fill/{path.name}")
        return chosen.setdefault(slot, chance.choice(words))

    return _SLOT.sub(word, template)


def _renamed(fill: Mapping[str, Any], creed: str, names: str) -> Mapping[str, Any]:
    """Give the fillings of a creed with the names of another's organisations, leaders and lands."""
    return {**fill["creeds"][creed], **{slot: fill["creeds"][names].get(slot) for slot in _NAMES}}


def _fill(path: Path) -> Mapping[str, Any]:
    """Read what fills the slots of a language."""
    fill = document(path)
    missing = set(CREEDS) - set(fill.get("creeds") or ())
    if missing:
        raise BadInput(
            f"{path}: there is nothing for {', '.join(sorted(missing))}", "fill the slots for all four creeds"
        )
    return fill


def document(path: Path) -> Mapping[str, Any]:
    """Read one file."""
    try:
        loaded = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise BadInput(f"{path} is missing", "every language has a file in fill, tune and held") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is no YAML ({error})", "mend it") from None
    if not isinstance(loaded, dict):
        raise BadInput(f"{path} is not a mapping", "see the suite's README")
    return loaded
