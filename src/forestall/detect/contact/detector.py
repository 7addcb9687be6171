"""The detector `contact`: where does this text lead?

Labels:
    contact-point (context only): a place outside the platform is named.
    contact-invite (asks a person, if policy finds the score high enough): the text calls people to a closed place.

An invitation alone is ordinary life. Its score is the pull of the kind of place, at most 0.45 with nothing else; it
rises where the address is disguised or the words around it ask for secrecy.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from forestall.detect.base import Declared, folded
from forestall.detect.contact.appeal import inviting, secretive
from forestall.detect.contact.places import MOST_PER_PART, Place, places
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role, Segment
from forestall.text import fold as folding

LABELS: Mapping[str, Outcome] = MappingProxyType({"contact-point": Outcome.PASS, "contact-invite": Outcome.REVIEW})

_VERSION = "1"

_PULL: Mapping[str, float] = MappingProxyType(
    {
        "session": 0.45,
        "tox": 0.45,
        "onion": 0.35,
        "signal:group": 0.35,
        "telegram:invite": 0.30,
        "telegram:chat": 0.30,
        "telegram:list": 0.25,
        "whatsapp:invite": 0.25,
        "discord:invite": 0.15,
    }
)
"""Closed places: nobody sees what is said there, and only those who are given the address come in. The score of an
invitation to one; other kinds are open places, and an invitation there is advertising."""
_CODE_PULL = 0.25
"""Any point in a QR code is closed to filters that read text only."""
_DISGUISED, _SECRET = 0.20, 0.20
_MENTION, _CLOSED_MENTION = 0.05, 0.10
_HEAD = 4_000
_WHERE = {Role.BODY: "text", Role.PAGE: "page", Role.LINK: "link", Role.CODE: "code"}


class ContactDetector(Declared):
    """Finds contact points in texts, link targets and QR codes."""

    def __init__(self) -> None:
        super().__init__("contact", f"{_VERSION}+fold{folding.VERSION}", LABELS)

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give one finding per place and part: by segment, then where it first stands."""
        post = ""
        for index, segment in enumerate(reading.segments):
            seen = places(reading, index)
            if seen and segment.role in (Role.LINK, Role.CODE):
                post = post or _words_of(reading)
            for place, item in enumerate(seen[:MOST_PER_PART]):
                others = len(seen) - MOST_PER_PART if place == MOST_PER_PART - 1 else 0
                words = item.words if segment.role in (Role.BODY, Role.PAGE) else post
                yield self._finding(segment, item, words, others)

    def _finding(self, segment: Segment, seen: Place, words: str, others: int) -> Finding:
        """Say what one place is, and whether the words invite to it."""
        point = seen.point
        evidence: dict[str, Any] = {
            "kind": point.kind,
            "id": point.id,
            "canonical": point.canonical,
            "where": _WHERE[segment.role],
            "obfuscated": point.obfuscated,
        }
        if point.checked is not None:
            evidence["valid_checksum"] = point.checked
        if others > 0:
            evidence["others"] = others
        pull = _PULL.get(point.kind, 0.0)
        if segment.role is Role.CODE:
            pull = max(pull, _CODE_PULL)
        cue = inviting(words) if pull else ""
        if not cue:
            score = _CLOSED_MENTION if pull else _MENTION
            return self.finding("contact-point", score, segment.part, seen.spans, evidence)
        evidence["invites"] = cue.strip()
        score = pull + (_DISGUISED if point.obfuscated else 0.0)
        if secret := secretive(words):
            evidence["secrecy"] = secret.strip()
            score += _SECRET
        return self.finding("contact-invite", round(score, 4), segment.part, seen.spans, evidence)


def detector() -> ContactDetector:
    """Give the detector."""
    return ContactDetector()


def _words_of(reading: Reading) -> str:
    """Give the folded beginnings of the texts a link or code came with: its words of inviting stand there."""
    texts = [index for index, segment in enumerate(reading.segments) if segment.role in (Role.BODY, Role.PAGE)]
    return " \n ".join(folded(reading, index).text[:_HEAD] for index in texts[:4])
