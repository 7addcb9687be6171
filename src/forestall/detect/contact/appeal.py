"""Does a text call its reader to a place? An act, an addressee, and nothing that denies it or tells of somebody else's.

The words stand in `words/*.yaml` and say how a text speaks, nothing about who speaks: they are the ones a shop or a football
club uses too. What makes an invitation worth a look is a closed place, and secrecy or disguise on top.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from forestall.detect.contact.words import ACT, ADDRESSEE, AFTER, BEFORE, OWNER, REPORT, SECRET, Hit, words

ACTS = frozenset({"join", "write", "add", "follow", "fetch", "purpose"})
"""What a text may ask of its reader."""
_MEETING = frozenset({"join", "write", "add"})
_AROUND = 220
"""Folded characters on each side of a point in which its words may stand: two or three sentences."""
_DENIED = 28
"""Most characters between a negation and the act it denies; behind the act, half of it."""
_SIGNS = ":→➡⇒>👉👇⬇⤵↓▶►🔗📲👈⏩-–—="
"""Signs that point at what follows."""
_STOP = re.compile(r"[.!?;](?=[\s\"')]|$)|\n")
_WORD = re.compile(r"([^\W_]+(?:'[^\W_]+)?)\W{0,3}$")


@dataclass(frozen=True, slots=True)
class Appeal:
    """What the words around a place say.

    `invites` are the words that call the reader there, empty where none do; `act` says what is asked (join, write, add,
    follow, fetch, purpose, offer), `addressee` whom (`reader`, or the word used), `language` in which language. `turned` says why
    words of calling do not count: `negation`, `reporting`, `statement`. `secrecy` are words that ask for secrecy.
    `owner` is a word of possession where the place is only somebody's own.
    """

    invites: str = ""
    act: str = ""
    addressee: str = ""
    language: str = ""
    turned: str = ""
    secrecy: str = ""
    owner: str = ""


def appeal(text: str, language: str = "", *, pointed: bool = False, acts: frozenset[str] = ACTS) -> Appeal:
    """Read the folded words around a place. `language` is preferred where a word is the same in several.

    `acts`: only these count. `pointed`: a sign such as a colon or a hand points at the place. Together with somebody
    addressed that holds it out to them, also without a word of calling (act `offer`).
    """
    known = words()
    hits = sorted(known.find(text), key=lambda hit: (hit.start, -hit.end))
    secret = next((hit for hit in hits if hit.means(SECRET)), None)
    secrecy = secret.text if secret else ""
    turned = ""
    for hit in hits:
        meaning = hit.means(ACT, language) or hit.means(ACT)
        if meaning is None or meaning.act not in acts:
            continue
        reason = _turned(text, hits, hit, meaning.language)
        if not reason:
            vocative = next((other.text for other in hits if other.means(ADDRESSEE, meaning.language)), "reader")
            return Appeal(hit.text, meaning.act, vocative, meaning.language, "", secrecy)
        turned = turned or reason
    if pointed and not turned and not any(hit.means(REPORT) for hit in hits):
        for hit in hits:
            if meaning := hit.means(ADDRESSEE, language) or hit.means(ADDRESSEE):
                return Appeal(hit.text, "offer", hit.text, meaning.language, "", secrecy)
    owner = next((hit.text for hit in hits if hit.means(OWNER)), "")
    return Appeal(turned=turned, secrecy=secrecy, owner=owner)


def points_at(text: str, start: int) -> bool:
    """True where a sign right before a place points at it: a colon, an arrow, a hand, the end of a line."""
    before = text[max(0, start - 14) : start].rstrip()
    for scheme in ("https://", "http://", "//"):
        before = before.removesuffix(scheme).rstrip()
    return bool(before) and (before[-1] in _SIGNS or "\n" in text[max(0, start - 3) : start])


def calls(text: str) -> bool:
    """True where a folded text asks its reader to write, to add somebody or to come in, not only to look."""
    return bool(appeal(text, acts=_MEETING).invites)


def around(text: str, start: int, end: int) -> str:
    """Give the folded text around a point without the point itself, which may hold such words by chance."""
    return f"{text[max(0, start - _AROUND) : start]} {text[end : end + _AROUND]}"


def _turned(text: str, hits: Sequence[Hit], act: Hit, language: str) -> str:
    """Say why an act calls nobody: it is denied, it is reported, or it says what somebody else does; else nothing."""
    first, last = _sentence(text, act.start, act.end)
    for hit in hits[bisect_left(hits, first, key=_start) : bisect_left(hits, last, key=_start)]:
        if hit.end > last or (hit.start <= act.start and hit.end >= act.end):
            continue
        if hit.means(REPORT):
            return "reporting"
        if _denies(text, hit, act, language):
            return "negation"
    before = _WORD.search(text[max(first, act.start - 40) : act.start])
    if before and text[act.start - 1] in " \n" and before.group(1) in words().not_after[language]:
        return "statement"
    return ""


def _denies(text: str, hit: Hit, act: Hit, language: str) -> bool:
    """True where a word of negation stands so near an act, on the side its language puts it, that it denies it."""
    # Words are borrowed between languages; what stands right beside one denies it in any of them.
    if len(hit.text) > 2 and 1 in (act.start - hit.end, hit.start - act.end):
        return hit.means(BEFORE if hit.end < act.start else AFTER) is not None
    if 0 <= act.start - hit.end <= _DENIED and hit.means(BEFORE, language):
        return "," not in text[hit.end : act.start]
    return 0 <= hit.start - act.end <= _DENIED // 2 and hit.means(AFTER, language) is not None


def _start(hit: Hit) -> int:
    """Give where a phrase begins."""
    return hit.start


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Give the bounds of the sentence around a stretch of text, within reach."""
    first = max(0, start - _AROUND)
    for stop in _STOP.finditer(text, first, start):
        first = stop.end()
    after = _STOP.search(text, end, end + _AROUND)
    return first, after.start() if after else min(len(text), end + _AROUND)
