"""Matching: where cues stand in a folded text. One pass over it per tongue, and one over its squeezed view where that differs."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from forestall.detect.recruit.lexicon import GAP, NEXT, Cue, Tongue
from forestall.text.fold import Folded, Squeezed

_ARABIC = "ar"
"""The one tongue whose particles are looked for: Persian and Urdu words begin with the same letters."""
_PROCLITICS = frozenset(
    {"و", "ف", "ب", "ل", "ك", "س", "ه", "ال", "وال", "بال", "فال", "كال", "عال", "هال", "شال", "لل", "ولل"}
    | {"ول", "وب", "وس", "وك", "فل", "فب", "فس", "وبال", "وفال"}
)
"""What Arabic writes together with the word that follows: and, then, with, for, like, will, the, and their combinations."""
_LONGEST_PROCLITIC = 4
_ENCLITICS = frozenset({"ك", "كم", "كن", "نا", "هم", "ها"})
"""What Arabic writes together with the word before: your, our, their, her. Those that could be another word's ending are left out."""
_SHORTEST_STEM = 4
"""Fewest letters of a pattern that may be followed by one of them."""
_LONGEST_ENDING = 8
"""Most letters that may follow a pattern with an open end."""
_SHORTEST_INSIDE = 5
"""Fewest letters of a match that may begin or end inside words glued together; shorter ones stand there by chance."""


class Hit(NamedTuple):
    """A cue found, and its folded offsets.

    `hidden` is True where the words were obfuscated, `whole` where they stand together, without a gap.
    """

    cue: Cue
    start: int
    end: int
    hidden: bool = False
    whole: bool = True


_Piece = tuple[int, int, int, bool]
"""A part of a phrase found: its slot, its folded offsets, and whether its words were obfuscated. Plain, as most lead to nothing."""


def find(view: Folded, tongues: Sequence[Tongue]) -> list[Hit]:
    """Give every cue of the tongues in the text, tongue by tongue in the order in which they end; each cue at most once per place."""
    return [hit for tongue in tongues for hit in _find(view, tongue)]


def _find(view: Folded, tongue: Tongue) -> list[Hit]:
    """Give every cue of one tongue."""
    pieces = _plain_pieces(view, tongue)
    if view.squeezed is not None:
        hidden = _squeezed_pieces(view.squeezed, tongue)
        if hidden:
            pieces = sorted(pieces + hidden, key=itemgetter(2))
    hits = _phrases(pieces, tongue)
    return hits if tongue.contexts else [hit for hit in hits if not hit.cue.strength]


def _plain_pieces(view: Folded, tongue: Tongue) -> list[_Piece]:
    """Give the phrase parts that stand in the text as words."""
    text = view.text.replace("\n", " ").replace("_", " ")
    slots, open_slots, pieces, size = tongue.plain.slots, tongue.plain.open_slots, [], len(text)
    in_word = str.isalnum if text.isascii() else _in_word
    for pattern, start, end in tongue.plain.find(text):
        if start and in_word(text[start - 1]) and in_word(text[start]) and not _after_proclitic(text, start, tongue):
            continue
        if (
            end == size
            or not in_word(text[end])
            or not in_word(text[end - 1])
            or _before_enclitic(text, start, end, tongue)
        ):
            pieces += [(slot, start, end, False) for slot in slots[pattern]]
        elif open_slots[pattern] and _word_ends(text, end):
            pieces += [(slot, start, end, False) for slot in open_slots[pattern]]
    return pieces


def _squeezed_pieces(squeezed: Squeezed, tongue: Tongue) -> list[_Piece]:
    """Give the phrase parts that stand in obfuscated words, with offsets into the folded text."""
    slots, open_slots, text = tongue.squeezed.slots, tongue.squeezed.open_slots, squeezed.text
    pieces: list[_Piece] = []
    for pattern, start, end in tongue.squeezed.find(text):
        if not squeezed.changed(start, end):
            continue
        glued = end - start >= _SHORTEST_INSIDE
        if (
            start
            and _in_word(text[start - 1])
            and not (glued and squeezed.loose(start))
            and not _after_proclitic(text, start, tongue)
        ):
            continue
        closed = end == len(text) or not _in_word(text[end]) or (glued and squeezed.loose(end))
        closed = closed or _before_enclitic(text, start, end, tongue)
        if closed or (open_slots[pattern] and _word_ends(text, end)):
            first, last = squeezed.span(start, end)
            pieces += [(slot, first, last, True) for slot in (slots if closed else open_slots)[pattern]]
    return pieces


def _after_proclitic(text: str, start: int, tongue: Tongue) -> bool:
    """True where what stands before in the same word is only written together with it in Arabic."""
    if tongue.name != _ARABIC or not "ء" <= text[start] <= "ي":
        return False
    first = start
    while first and start - first <= _LONGEST_PROCLITIC and _in_word(text[first - 1]):
        first -= 1
    return text[first:start] in _PROCLITICS


def _before_enclitic(text: str, start: int, end: int, tongue: Tongue) -> bool:
    """True where what follows in the same word is only written together with it in Arabic."""
    if tongue.name != _ARABIC or end - start < _SHORTEST_STEM or not "ء" <= text[end - 1] <= "ي":
        return False
    last = end
    while last < len(text) and last - end < 3 and _in_word(text[last]):
        last += 1
    return text[end:last] in _ENCLITICS


def _word_ends(text: str, end: int) -> bool:
    """True where the word ends within the longest ending."""
    rest = text[end : end + _LONGEST_ENDING + 1]
    return len(rest) <= _LONGEST_ENDING or not all(map(_in_word, rest))


@lru_cache(maxsize=8_192)
def _in_word(character: str) -> bool:
    """True for letters, digits and the vowel signs that Indic scripts write as marks."""
    return character.isalnum() or (character > "\u02ff" and unicodedata.category(character)[0] == "M")


def _phrases(pieces: list[_Piece], tongue: Tongue) -> list[Hit]:
    """Put parts together into phrases, in order, and give the cues they make."""
    hits: dict[tuple[Cue, int, int], Hit] = {}
    begun: dict[tuple[int, int], tuple[int, int, bool]] = {}
    known = tongue.slots
    for index, start, end, hidden in pieces:
        slot = known[index]
        first, covered = start, hidden
        if slot.part:
            before = begun.get((slot.phrase, slot.part - 1))
            if before is None or not 0 <= start - before[1] <= (NEXT if slot.tight else GAP):
                continue
            first, covered = before[0], hidden or before[2]
        if slot.part + 1 < slot.parts:
            begun[slot.phrase, slot.part] = (first, end, covered)
            continue
        key = (slot.cue, first, end)
        if key not in hits:
            hits[key] = Hit(slot.cue, first, end, covered, slot.parts == 1)
    return list(hits.values())
