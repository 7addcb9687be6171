"""The detector `contact`: where does this text lead?

Labels:
    contact-point (context only): a place outside the platform is named.
    contact-invite (asks a person, if policy finds the score high enough): the text calls people to a closed place.

A mention is no invitation: that takes an act, a channel and an addressee, in words that nothing denies or reports of others. An
invitation alone is ordinary life. Its score is the pull of the kind of place (`kinds.py`), at most 0.45 with nothing else; it
rises where the address is disguised or the words around it ask for secrecy. One to an open place is advertising, and stays a
`contact-point` whose evidence says so.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from forestall.detect.base import Declared, folded
from forestall.detect.contact.appeal import Appeal, appeal
from forestall.detect.contact.joined import continued, may_continue
from forestall.detect.contact.kinds import KINDS, PGP_PULL
from forestall.detect.contact.places import MOST_PER_PART, Place, places
from forestall.detect.contact.views import valid
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import BODY, Reading, Role, Segment
from forestall.text import fold as folding
from forestall.text.fold import fold

LABELS: Mapping[str, Outcome] = MappingProxyType({"contact-point": Outcome.PASS, "contact-invite": Outcome.REVIEW})

_VERSION = "2"

_CODE_PULL = 0.25
"""Any point in a QR code is closed to filters that read text only."""
_DISGUISED, _SECRET = 0.20, 0.20
_MENTION, _CLOSED_MENTION = 0.05, 0.10
_PGP = re.compile(r"\b(?:pgp|gpg|openpgp)\b|\b[0-9a-f]{4}(?:\s[0-9a-f]{4}){9}\b")
_HEAD = 4_000
_WHERE = {Role.BODY: "text", Role.PAGE: "page", Role.LINK: "link", Role.CODE: "code"}


class ContactDetector(Declared):
    """Finds contact points in texts, link targets and QR codes."""

    def __init__(self) -> None:
        super().__init__("contact", f"{_VERSION}+fold{folding.VERSION}", LABELS)

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give one finding per place and part: by segment, then where it first stands."""
        post: Appeal | None = None
        for index, segment in enumerate(reading.segments):
            seen = places(reading, index)
            if seen and post is None and segment.role in (Role.LINK, Role.CODE):
                post = appeal(_words_of(reading), reading.language)
            own = segment.role in (Role.BODY, Role.PAGE)
            for place, item in enumerate(seen[:MOST_PER_PART]):
                others = len(seen) - MOST_PER_PART if place == MOST_PER_PART - 1 else 0
                said = appeal(item.words, reading.language, pointed=item.pointed) if own or post is None else post
                pgp = item.point.kind == "email" and _PGP.search(folded(reading, index).text) is not None
                yield self._finding(segment, item, said, others, pgp=pgp)

    def _finding(self, segment: Segment, seen: Place, said: Appeal, others: int, *, pgp: bool) -> Finding:
        """Say what one place is, and whether the words invite to it."""
        point = seen.point
        evidence: dict[str, Any] = {
            "kind": point.kind,
            "id": point.id,
            "canonical": point.canonical,
            "where": _WHERE[segment.role],
            "obfuscated": point.obfuscated,
        }
        if point.how:
            evidence["how"] = point.how
        if point.checked is not None:
            evidence["valid_checksum"] = point.checked
        if others > 0:
            evidence["others"] = others
        if pgp:
            evidence["pgp"] = True
        pull = max(KINDS[point.kind].pull, PGP_PULL if pgp else 0.0)
        if segment.role is Role.CODE:
            pull = max(pull, _CODE_PULL)
        if said.invites:
            evidence |= {
                "act": said.act, "addressee": said.addressee, "invites": said.invites, "language": said.language
            }  # fmt: skip
        elif said.turned:
            evidence["mention"] = said.turned
        elif said.owner:
            evidence["mention"] = "possession"
        if not (pull and said.invites):
            score = _CLOSED_MENTION if pull else _MENTION
            return self.finding("contact-point", score, segment.part, seen.spans, evidence)
        score = pull + (_DISGUISED if point.obfuscated else 0.0)
        if said.secrecy:
            evidence["secrecy"] = said.secrecy
            score += _SECRET
        return self.finding("contact-invite", round(score, 4), segment.part, seen.spans, evidence)

    def across(self, earlier: str, later: str, language: str = "") -> tuple[Finding, ...]:
        """Give findings on places that only two messages together name, given in order; their spans lie in `later`."""
        if not may_continue(earlier, later):
            return ()
        words = fold(f"{earlier[-_HEAD:]} {later[:_HEAD]}").text
        said = appeal(valid(words), language)
        segment, view = Segment(BODY, Role.BODY, later), fold(later)
        return tuple(
            self._finding(segment, Place(point, (view.span(0, point.end),), words), said, 0, pgp=False)
            for point in continued(earlier, later)
        )


def detector() -> ContactDetector:
    """Give the detector."""
    return ContactDetector()


def _words_of(reading: Reading) -> str:
    """Give the folded beginnings of the texts a link or code came with: its words of inviting stand there."""
    texts = [index for index, segment in enumerate(reading.segments) if segment.role in (Role.BODY, Role.PAGE)]
    return valid(" \n ".join(folded(reading, index).text[:_HEAD] for index in texts[:4]))
