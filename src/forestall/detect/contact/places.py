"""The contact points of a reading, found once for everybody who asks, and the one id of a point that somebody wrote down.

`points_of` and `canonical` are what the signal type `contact` is made of (`detect.match.signals.contact.type_of`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from forestall.detect.base import folded
from forestall.detect.contact.appeal import around
from forestall.detect.contact.points import Point, scan
from forestall.model.errors import BadInput
from forestall.model.finding import Span
from forestall.model.reading import Reading, Role, Segment
from forestall.text.fold import Folded, fold

MOST_PER_PART = 50
"""Different points named per part, and spans kept of each; a list of more is noise."""

_LONGEST = 1_000
_WRITTEN = {
    "telegram:name": "t.me/{}",
    "telegram:invite": "t.me/+{}",
    "telegram:phone": "t.me/+{}",
    "telegram:list": "t.me/addlist/{}",
    "telegram:chat": "t.me/c/{}",
    "whatsapp:invite": "chat.whatsapp.com/{}",
    "whatsapp:channel": "whatsapp.com/channel/{}",
    "whatsapp:message": "wa.me/message/{}",
    "whatsapp:phone": "wa.me/{}",
    "signal:group": "signal.group/#{}",
    "signal:user": "signal.me/#eu/{}",
    "signal:phone": "signal.me/#p/+{}",
    "discord:invite": "discord.gg/{}",
    "matrix": "{}",
    "onion": "{}.onion",
    "session": "{}",
    "tox": "{}",
    "email": "{}",
}
"""How a point of each kind is written so that `scan` reads it: a canonical id is checked by reading it again."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place in one part: its first mention, all its spans, and the folded words around the first."""

    point: Point
    spans: tuple[Span, ...]
    words: str


def places(reading: Reading, index: int) -> Sequence[Place]:
    """Give the different places of the segment at `index` with all their spans; found once per reading."""
    key = f"places:{index}"
    found: Sequence[Place] | None = reading.memo.get(key)
    if found is None:
        segment = reading.segments[index]
        try:
            found = tuple(_places(segment, segment.text, folded(reading, index)))
        except UnicodeEncodeError:
            text = _valid(segment.text)
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
    kind = next((kind for kind in _WRITTEN if written.lower().startswith(f"{kind}:")), "")
    text = _WRITTEN[kind].format(written[len(kind) + 1 :]) if kind else written
    text = _valid(text)
    points = {point.canonical: point for point in scan(text, fold(text))}
    if len(points) == 1:
        found, point = next(iter(points.items()))
        if not kind or point.kind == kind:
            return found
    what = "names more than one contact point" if len(points) > 1 else "is no contact point that we know"
    raise BadInput(
        f"`{written[:60]}` {what}",
        "give one link, address or id: t.me/NAME, a WhatsApp, Signal or Discord invite, a Matrix, Session or Tox id, an onion "
        "service, or an e-mail address",
    )


def _valid(text: str) -> str:
    """Give a text whose lone surrogates, which patterns don't take, are question marks one for one."""
    return text.encode("utf-8", "replace").decode()


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
            seen[point.canonical] = Place(point, (span,), around(view.text, point.start, point.end))
        elif len(known.spans) < MOST_PER_PART:
            obfuscated = known.point.obfuscated or point.obfuscated
            seen[point.canonical] = Place(
                replace(known.point, obfuscated=obfuscated), (*known.spans, span), known.words
            )
    yield from seen.values()
