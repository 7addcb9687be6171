"""Tongues: with which cues a text is read, from its scripts and its language.

A tongue is a language as people write it (`ar-Latn` is Arabic in Latin letters). Short posts are easily taken for a sister language, and
many mix two, so a text is read with every tongue that is near; English comes along in all of Latin script.
"""

from collections.abc import Iterator

from forestall.detect.recruit.lexicon import Lexicon, Tongue
from forestall.text.language import UNCLEAR, identify
from forestall.text.script import letters

_FEWEST = 8
"""Letters of a script from which its tongues are looked at."""
_SHORT = 60
"""Letters of Arabic script up to which Arabic, Persian and Urdu are not told apart safely."""
_TONGUES = {
    "latin": frozenset(("en", "fr", "de", "tr", "id", "so", "ha", "sw", "es", "ar-Latn", "ur-Latn")),
    "arabic": frozenset(("ar", "fa", "ur")),
    "cyrillic": frozenset(("ru",)),
    "bengali": frozenset(("bn",)),
}
"""The tongues of each script."""
_NEAR = {
    near: tongue
    for tongue, group in {
        "id": "ms jv",
        "sw": "rw xh zu ln lg sn mg st",
        "so": "om",
        "ha": "yo ig",
        "es": "pt gl ca eu it",
        "tr": "az",
        "de": "nl lb af",
        "fr": "br ht",
        "ur-Latn": "hi-Latn",
    }.items()
    for near in group.split()
}
"""Languages that short posts in a tongue are taken for."""
_ROMANISED = ("ar-Latn", "ur-Latn")


def spoken(lexicon: Lexicon, text: str, language: str = "") -> list[Tongue]:
    """Give the tongues to read a folded text with, in a stable order; `language` is what it was found to be in, if it was looked at.

    English that only comes along beside another tongue excuses nothing: many of its words mean something else there.
    """
    named = language or identify(text)
    names = _names(text, named)
    alone = _NEAR.get(named, named) not in names - {"en"}
    return [
        lexicon.tongue(name) if alone or name != "en" else lexicon.beside(name)
        for name in sorted(names)
        if name in lexicon.names
    ]


def _names(text: str, language: str) -> set[str]:
    """Give the names of the tongues to read a text with."""
    if text.isascii():
        return set(_latin(language)) if len(text) >= _FEWEST else set()
    counts = letters(text)
    return {tongue for script, count in counts.items() if count >= _FEWEST for tongue in _of(script, count, language)}


def _of(script: str, count: int, language: str) -> Iterator[str]:
    """Give the tongues of one script of a text."""
    if script == "latin":
        yield from _latin(language)
    elif script == "arabic" and (count <= _SHORT or language not in _TONGUES[script]):
        yield from _TONGUES[script]
    elif script == "arabic":
        yield language
    else:
        yield from _TONGUES.get(script, ())


def _latin(language: str) -> Iterator[str]:
    """Give the tongues of a text in Latin letters."""
    yield "en"
    near = _NEAR.get(language, language)
    if near in _TONGUES["latin"]:
        yield near
    if language == UNCLEAR:
        yield from _ROMANISED
