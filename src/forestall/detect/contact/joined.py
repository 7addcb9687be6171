"""Points split over messages: what can only be read when the end of one message is joined with the beginning of the next."""

import re
from collections.abc import Iterator
from dataclasses import replace

from forestall.detect.contact.points import Point, scan
from forestall.detect.contact.views import valid
from forestall.text.fold import fold

REACH = 300
"""Characters of each message, next to the border, that are joined."""
_MOST = 5
_LONG = 16
"""Characters of a word that may be a piece of an id."""
_SIGNS = frozenset("./:@+=#_")
_TRAILS = re.compile(
    r"[\s.…>→➡\-]*(?:\(?\d{1,2}\s?/\s?\d{1,2}\)?|\(?cont(?:inued|'d|d)?\.?\)?)?[\s…>→➡]*$", re.IGNORECASE
)
_LEADS = re.compile(r"^[\s…>→➡]*(?:\(?\d{1,2}\s?/\s?\d{1,2}\)?\s)?[\s…>→➡]*", re.IGNORECASE)
_POINTS = ":=>→-@"
"""Signs at the end of a message that show a name follows."""
_OPEN = "/.+#=@:-_"
"""Signs at the end or beginning of a part that show an address goes on."""


def continued(earlier: str, later: str) -> tuple[Point, ...]:
    """Give the points that run over the border of two messages, given in order; none that either message shows alone.

    Offsets count from the border, in folded characters: `start` is negative where it lies in `earlier`, `end` is positive and lies
    in `later`. A name in `later` counts where `earlier` ends with the word for a messenger and a colon. Both messages may be of
    any length; only `REACH` characters on each side are read, so the time is bounded.
    """
    tail, head = valid(earlier[-REACH:]), valid(later[:REACH])
    if not tail.strip() or not head.strip():
        return ()
    alone = {point.canonical for text in (tail, head) for point in scan(text, fold(text))}
    found: dict[str, Point] = {}
    for first, second, glue in _joints(tail, head):
        border = len(fold(first).text)
        whole = fold(first + glue + second)
        ended = fold(first)
        closed = any(point.end >= border - 1 for point in scan(first, ended))
        for point in scan(first + glue + second, whole):
            across = point.start < border or (glue and tail.rstrip()[-1] in _POINTS)
            if not across or point.end <= border + len(glue) or point.canonical in alone:
                continue
            if closed and not _usual(point):
                continue
            start, end = point.start - border, point.end - border - len(glue)
            split = replace(point, start=start, end=end, obfuscated=True, how="messages")
            found.setdefault(point.canonical, split)
    return tuple(found.values())[:_MOST]


def may_continue(earlier: str, later: str) -> bool:
    """Tell quickly whether the border of two messages may lie inside of an address: most do not, and need no closer look."""
    before, after = earlier[-REACH:].split(), later[:REACH].split()
    if not before or not after:
        return False
    last, first = before[-1], after[0]
    return not _SIGNS.isdisjoint(last[:-1] + first[:-1]) or len(last) >= _LONG or len(first) >= _LONG


def _joints(tail: str, head: str) -> Iterator[tuple[str, str, str]]:
    """Give the ways two messages may belong together: end to end, without the marks of going on, with a space between."""
    yield tail.rstrip(), head.lstrip(), ""
    bare = tail.rstrip() if tail.rstrip()[-1] in _OPEN else _TRAILS.sub("", tail)
    led = _LEADS.sub("", head)
    if bare and led and (bare, led) != (tail.rstrip(), head.lstrip()):
        yield bare, led, ""
    yield tail.rstrip(), head.lstrip(), " "


def _usual(point: Point) -> bool:
    """True for invites whose code has the usual length only now: the part before it was an invite cut short."""
    return point.kind == "telegram:invite" and len(point.id) in (16, 22)
