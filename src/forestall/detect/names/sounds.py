"""Names as they sound: one key for the ways in which Arabic and Cyrillic names are written in Latin letters, and back.

A text may say Husayn, Hussein or Hossain, in Latin or Cyrillic letters; all have one `sound`. Arabic writing leaves short vowels out, so
between it and other scripts only the consonants are compared (`bones`), and only in names of several words. Articles (al-, el-, ul-)
and doubled letters say nothing. Both keys are coarse on purpose and are used for context only; false alarms are measured.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from forestall.model.lists import ListEntry
from forestall.text.fold import Folded, fold

_WORD = re.compile(r"(?<![^\W_])[^\W\d_]++(?:['’ʿʾ][^\W\d_]++)*+(?![^\W_])")
_ARTICLES = frozenset({"al", "el", "ul", "аль", "эль", "уль", "ال"})
_SPOKEN = "ar as ash ad at az an ur us ush ud ut uz un er es esh ed et ez en ар ас аш ад ат аз ан"
_BEFORE_HYPHEN = frozenset(_SPOKEN.split(" "))
"""The article as it is spoken before some letters; a word of its own in many languages, so only where a hyphen follows."""
_GLUED = re.compile(r"(?:al|el|ul)(?=[a-z]{4})")
_ARABIC_PREFIX = re.compile(r"(?:[وف]?(?:[بك]?ال|لل)|ال)(?=\w{2})")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_MOST_WORDS = 8
_REMEMBERED = 50_000
"""Words of which it is remembered what they may begin."""
_SOUND_LETTERS, _BONES_LETTERS = 7, 6
"""Letters of a key over all words of a name; a shorter one sounds like too much else. Names of one word are left to the letter."""

_LATIN = re.compile(r"tsch|sch|dzh|tch|sh|ch|kh|gh|th|dh|ph|dj|zh|ck|ts|[a-z]")
_SOUNDS = {
    **dict.fromkeys("aeiy", "a"),
    **dict.fromkeys("ouwv", "u"),
    **dict.fromkeys(("tsch", "sch", "tch", "sh", "ch"), "x"),
    **dict.fromkeys(("dzh", "dj", "zh", "j"), "j"),
    **dict.fromkeys(("kh", "h"), "h"),
    **dict.fromkeys(("q", "k", "c", "ck"), "k"),
    "gh": "g",
    "th": "t",
    "dh": "d",
    "ph": "f",
    "ts": "s",
    "x": "ks",
}
_LETTERS = (
    "а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:sh"
)
_MORE = "ы:i э:e ю:u я:a ъ: ь: қ:k ғ:gh ҳ:h ӯ:u ҷ:j ө:o ү:u ң:n"
_CYRILLIC = str.maketrans({pair[0]: pair[2:] for pair in f"{_LETTERS} {_MORE}".split(" ")})
_CONSONANTS = dict(zip("بتثجحخدذرزسشصضطظغفقكلمنهپچژگک", "bttjhhddrzsxsdtzgfkklmnhpxjgk", strict=True))


Key = Callable[[str], str]
"""Gives what two spellings of one word have in common."""

Rest = tuple[tuple[str, ...], int, str]
"""What is left of a name behind its first word: the keys of the other words, the number of its entry, how it is listed."""
Begun = tuple[tuple[Key, Sequence[Rest]], ...]
"""The names that a word may begin, by each key."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A name that was heard: the number of its entry, how it is listed, and the folded offsets of where it stands."""

    entry: int
    written: str
    start: int
    end: int


class Ear:
    """Finds names by their sound. Linear in the text: from each word on, at most as many words as a name has."""

    def __init__(self, entries: Sequence[ListEntry]) -> None:
        self._sounds: dict[str, list[Rest]] = {}
        self._bones: dict[tuple[bool, str], list[Rest]] = {}
        self._known: dict[str, Begun] = {}
        for number, entry in enumerate(entries):
            for written in (entry.value, *entry.aliases):
                self._take(number, written)

    def _take(self, number: int, written: str) -> None:
        """Take in one spelling; names too short to be told by their sound are left to the letter."""
        words = [word for word, _, _ in _words(fold(written.partition("(")[0]).text)]
        words = words[1:] if words[:1] == ["the"] else words
        if not 0 < len(words) <= _MOST_WORDS:
            return
        arabic = {_is_arabic(word) for word in words}
        if len(arabic) > 1:
            return
        sounds, bones = tuple(map(sound, words)), tuple(map(bones_of, words))
        if arabic == {False} and all(sounds) and len("".join(sounds)) >= _SOUND_LETTERS and len(words) > 1:
            self._sounds.setdefault(sounds[0], []).append((sounds[1:], number, written))
        if len(words) > 1 and all(bones) and len("".join(bones)) >= _BONES_LETTERS:
            self._bones.setdefault((arabic == {True}, bones[0]), []).append((bones[1:], number, written))

    def find(self, view: Folded) -> Iterator[Heard]:
        """Give every name that is heard, by where it begins."""
        if not (self._sounds or self._bones):
            return
        words = list(_words(view.text))
        for place, (word, start, _) in enumerate(words):
            for key, names in self._begun(word):
                for rest, number, written in names:
                    if self._goes_on(words, place, rest, key):
                        yield Heard(number, written, start, words[place + len(rest)][2])

    def _begun(self, word: str) -> Begun:
        """Give the names that a word may begin, by each key; remembered, as most words begin none."""
        begun = self._known.get(word)
        if begun is None:
            arabic = _is_arabic(word)
            keyed = [(bones_of, self._bones.get((not arabic, bones_of(word)), []))]
            if not arabic:
                keyed.append((sound, self._sounds.get(sound(word), [])))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            begun = self._known[word] = tuple([(key, names) for key, names in keyed if names])
        return begun

    def _goes_on(self, words: Sequence[tuple[str, int, int]], place: int, rest: tuple[str, ...], key: Key) -> bool:
        """Tell whether the words after a place have the rest of a name's keys, in the same script."""
        following, arabic = words[place + 1 : place + 1 + len(rest)], _is_arabic(words[place][0])
        return len(following) == len(rest) and all(
            key(word) == wanted and _is_arabic(word) is arabic
            for (word, _, _), wanted in zip(following, rest, strict=True)
        )


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """Give the sound of a folded word in Latin or Cyrillic letters; empty for other scripts."""
    latin = _GLUED.sub("", word.translate(_CYRILLIC), count=1) if not _is_arabic(word) else ""
    key: list[str] = []
    for match in _LATIN.finditer(latin):
        letters = _SOUNDS.get(match[0], match[0])
        if not key or key[-1] != letters:
            key.append(letters)
    heard = "".join(key)
    return heard.removesuffix("h") if heard.endswith("ah") else heard


@lru_cache(maxsize=20_000)
def bones_of(word: str) -> str:
    """Give the consonants of a folded word in Arabic, Latin or Cyrillic letters, without the `t` or `h` of its feminine ending."""
    if _is_arabic(word):
        bones = "".join(_CONSONANTS.get(letter, "") for letter in _ARABIC_PREFIX.sub("", word, count=1))
    else:
        bones = sound(word).replace("a", "").replace("u", "")
    return bones[:-1] if len(bones) > 2 and bones[-1] in "ht" else bones


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Give the words of a folded text with their offsets, articles left out; a space after `al` or a hyphen makes no difference."""
    for match in _WORD.finditer(text):
        spoken = match[0] in _BEFORE_HYPHEN and text[match.end() : match.end() + 1] == "-"
        if match[0] not in _ARTICLES and not spoken:
            yield match[0], match.start(), match.end()


def _is_arabic(word: str) -> bool:
    """Tell whether a word is in Arabic letters."""
    return _ARABIC.match(word) is not None
