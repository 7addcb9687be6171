"""The detector `match`: is something here that somebody has already identified?

Labels:
    known-exact (may remove): a file is, byte for byte, material that a person of ours confirmed.
    known-near (may hold): a picture, film or sound is close to material that a person of ours confirmed.
    known-text (asks a person): a text or an address is one that a person of ours confirmed; words alone convict nobody.
    known-unconfirmed (asks a person): any of these against material that nobody of ours confirmed, or that is disputed.
    known-excused (context only): any of these where an allow bank says that this very part only looks like it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

from forestall.detect.base import Declared
from forestall.model.bank import FILE_DIGESTS, Match, Purpose, Trust, excused_by
from forestall.model.finding import Finding
from forestall.model.ids import now
from forestall.model.outcome import Outcome
from forestall.model.ports import Clock, Library
from forestall.model.reading import Reading

LABELS: Mapping[str, Outcome] = MappingProxyType(
    {
        "known-exact": Outcome.REMOVE,
        "known-near": Outcome.HOLD,
        "known-text": Outcome.REVIEW,
        "known-unconfirmed": Outcome.REVIEW,
        "known-excused": Outcome.PASS,
    }
)

MEDIA = frozenset({"pdq", "picture-parts", "vpdq", "storyboard", "audio"})
"""Types that compare what is seen or heard."""

MOST_PER_PART = 10
"""Signals of one bank named on one part, nearest first; banks hold clusters of near-copies, and one reason is enough.
The first finding's evidence counts the others."""

_UNITS = {
    "picture-parts": "% of the points",
    "vpdq": "% of the film",
    "storyboard": "% of the animation",
    "audio": "% of the sound",
    "passage": "% of the words",
}
_VERSION = 2
_AT_ZERO, _AT_RADIUS = 0.98, 0.60


class MatchDetector(Declared):
    """Looks up everything comparable in a reading in all banks of the library."""

    def __init__(self, library: Library, clock: Clock = now) -> None:
        super().__init__("match", "", LABELS)
        self._library = library
        self._clock = clock
        self._versions: Mapping[str, str] | None = None
        self._named = ""

    @property
    def version(self) -> str:
        """Our version and a digest of the banks' versions."""
        versions = self._library.versions()
        if versions is not self._versions:
            held = hashlib.sha256("\n".join(f"{name}={value}" for name, value in sorted(versions.items())).encode())
            self._versions, self._named = versions, f"{_VERSION}+{held.hexdigest()[:16]}"
        return self._named

    @version.setter
    def version(self, _: str) -> None:
        """Ignore what the base sets: the version follows the banks."""

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give the known material in a reading: by type of signal, part, bank, and nearest first."""
        if not self._library.versions():  # no bank at all: most services begin so
            return []
        return self.findings(self._library.matches(reading, self._clock()))

    def findings(self, matches: Sequence[Match]) -> list[Finding]:
        """Give the findings that matches on one piece of content come to; matches of allow banks only excuse others."""
        allowed = [match for match in matches if match.bank.purpose is Purpose.ALLOW]
        blocked = [match for match in matches if match.bank.purpose is Purpose.BLOCK]
        given = []
        for _, group in groupby(blocked, key=lambda match: (match.signal.type, match.part, match.bank.id)):
            same = list(group)
            for place, match in enumerate(same[:MOST_PER_PART]):
                others = max(0, len(same) - MOST_PER_PART) if place == 0 else 0
                given.append(self._finding(match, excused_by(match, allowed), others))
        return given

    def _finding(self, match: Match, excuse: Match | None, others: int) -> Finding:
        """Give the finding of one match; `others` counts matches of the same part and bank that get none."""
        signal, opinion = match.signal, match.standing.opinion
        evidence: dict[str, Any] = {
            "bank": match.bank.name,
            "bank_version": self._library.versions().get(f"bank:{match.bank.name}", ""),
            "signal": signal.type,
            "signal_id": signal.id,
            "value": signal.value if len(signal.value) <= 200 else f"{signal.value[:200]}…",
            "distance": match.distance,
            "apart": apart(match),
            "trust": match.standing.trust.value,
            "label": opinion.label,
            "source": opinion.source,
        }
        optional: dict[str, Any] = {
            "variant": match.variant,
            "disputed": match.standing.disputed,
            "ideology": opinion.ideology,
            "listing": opinion.listing,
            "confirmed_by": opinion.confirmed_by,
            "expires": signal.expires,
            "note": opinion.note,
            "others": others,
            "excused_by": excuse.bank.name if excuse else "",
        }
        evidence.update((key, value) for key, value in optional.items() if value)
        if match.quality >= 0:
            evidence["quality"] = match.quality
        evidence.update(match.evidence)
        return self.finding(
            _label(match, excuse), score(match.distance, match.radius), match.part, match.spans, evidence
        )


def _label(match: Match, excuse: Match | None) -> str:
    """Give the label of a match."""
    if excuse is not None:
        return "known-excused"
    if match.standing.trust is not Trust.CONFIRMED:
        return "known-unconfirmed"
    if match.signal.type in FILE_DIGESTS:
        return "known-exact"
    return "known-near" if match.signal.type in MEDIA else "known-text"


def apart(match: Match) -> str:
    """Say how far a copy is from the known material, in the unit of its type."""
    if match.radius == 0:
        return "nothing"
    return f"{match.distance} {_UNITS.get(match.signal.type, 'of 256 bits')}"


def score(distance: int, radius: int) -> float:
    """Give how surely a value at this distance is the known material: 1 for exact types, else 0.98 falling to 0.60.

    Unrelated photographs lie some 100 bits apart in their nearest forms, so even the radius is seldom chance; pictures on one layout
    (posters, memes, screenshots), though, come within it while saying different things, and that is what the fall is for.
    """
    if radius == 0:
        return 1.0
    return round(_AT_ZERO - (_AT_ZERO - _AT_RADIUS) * min(distance, radius) / radius, 4)
