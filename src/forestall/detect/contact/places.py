"""The contact points of a reading, found once for everybody who asks, and the one id of a point that somebody wrote down.

`points_of` and `canonical` are what the signal type `contact` is made of (`detect.match.signals.contact.type_of`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from forestall.detect.base import folded
from forestall.detect.contact.appeal import around, points_at
from forestall.detect.contact.kinds import KINDS
from forestall.detect.contact.points import Point, scan
from forestall.detect.contact.views import valid
from forestall.model.errors import BadInput
from forestall.model.finding import Span
from forestall.model.reading import Reading, Role, Segment
from forestall.text.fold import Folded, fold

MOST_PER_PART = 50
"""Different points named per part, and spans kept of each; a list of more is noise."""

_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """One place in one part: its first mention, all its spans, the folded words around the first, and whether a sign points at it."""

    point: Point
    spans: tuple[Span, ...]
    words: str
    pointed: bool = False


def places(reading: Reading, index: int) -> Sequence[Place]:
    """Give the different places of the segment at `index` with all their spans; found once per reading."""
    key = f"places:{index}"
    found: Sequence[Place] | None = reading.memo.get(key)
    if found is None:
        segment = reading.segments[index]
        try:
            found = tuple(_places(segment, segment.text, folded(reading, index)))
        except UnicodeEncodeError:
            text = valid(segment.text)
            found = tuple(_places(segment, text, fold(text)))
        reading.memo[key] = found
    return found


def points_of(reading: Reading) -> Iterator[tuple[str, str, tuple[Span, ...]]]:
    """Give the contact points of a reading: the part, the canonical id, and where it stands in the part's text."""
    for index, segment in enumerate(reading.segments):
        for place in places(reading, index)[:MOST_PER_PART]:
            yield segment.part, place.point.canonical, place.spans


def canonical(value: str) -> str:
    """Give the one id of a written contact point: `telegram:name:pale_dawn7`, or a link, address or id; raises BadInput."""
    written = value.strip()
    if not 0 < len(written) <= _LONGEST:
        raise BadInput(f"a contact point has {len(written)} characters", f"give one of 1 to {_LONGEST}")
    # `session:name:x` is of the kind `session:name`, not of `session`: the longest name counts.
    kind = max((kind for kind in KINDS if written.lower().startswith(f"{kind}:")), key=len, default="")
    rest = written[len(kind) + 1 :]
    tries = [KINDS[kind].written.format(rest), f"https://{rest}"] if kind else []
    points: dict[str, Point] = {}
    for text in map(valid, [*tries, written]):
        points = {point.canonical: point for point in scan(text, fold(text))}
        if len(points) == 1:
            found, point = next(iter(points.items()))
            # A bot is a name too; ids from before bots were told apart say so.
            if kind in ("", point.kind) or (kind, point.kind) == ("telegram:name", "telegram:bot"):
                return found
    what = "names more than one contact point" if len(points) > 1 else "is no contact point that we know"
    raise BadInput(
        f"`{written[:60]}` {what}",
        "give one link, address or id: t.me/NAME, a WhatsApp, Signal or Discord invite, a Matrix, Session or Tox id, an onion "
        "service, an e-mail address, or any other kind in docs/how-to/channels.md",
    )


def _places(segment: Segment, text: str, view: Folded) -> Iterator[Place]:
    """Find the places of a segment."""
    whole: Span | None = None
    if segment.role in (Role.LINK, Role.CODE) and "%" in text:
        # A redirect carries the real target percent-encoded inside; the span is then the whole link.
        whole, text = (0, len(text)), unquote(text)
        view = fold(text)
    seen: dict[str, Place] = {}
    for point in scan(text, view):
        span = whole or view.span(point.start, point.end)
        known = seen.get(point.canonical)
        if known is None:
            seen[point.canonical] = Place(
                point, (span,), around(view.text, point.start, point.end), points_at(view.text, point.start)
            )
        elif len(known.spans) < MOST_PER_PART:
            obfuscated = known.point.obfuscated or point.obfuscated
            seen[point.canonical] = Place(
                replace(known.point, obfuscated=obfuscated), (*known.spans, span), known.words, known.pointed
            )
    yield from seen.values()
