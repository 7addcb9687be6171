"""Where a reading's texts, link targets and codes lead: every web address in them, read once for all types that ask.

In texts an address is found with a scheme or without (`example.org/page`), and where it was written so that filters miss it:
`hxxp`, `example[.]org`, `example (dot) org`. What an address carries inside it as the target of a redirect is found too. Linear time.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import re2

from forestall.detect.base import folded
from forestall.detect.match.signals.addresses import LONGEST, Address, read
from forestall.model.finding import Span
from forestall.model.reading import Reading, Role, Segment
from forestall.text.fold import Folded

MOST_PER_PART = 500
"""Different addresses read in one part; a text with more is a list, and the first ones stand for it."""
_MOST_SPANS = 16

REDIRECT = "target of a redirect"
"""The variant of an address that stands inside another."""

_DOT = r"(?:\.|\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?)"
_LABEL = r"[\pL\pN\pM_](?:[\pL\pN\pM_\-]*[\pL\pN\pM_])?"
_HOST = rf"(?:{_LABEL}(?:{_DOT}{_LABEL})+|\[[0-9a-f:.]+\]|[0-9][0-9a-fx]+)"
_TARGET = re.compile(r"(?<=[=/?&:])(?:h(?:tt|xx)ps?)(?::|%3a)(?:/|%2f){1,2}", re.IGNORECASE)
_ENDS = ".,;:!?'\"*_~`…"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_OPENING, _CLOSING = frozenset("[({"), frozenset("])}")


class Link(NamedTuple):
    """An address in a part of a reading, how it stood there (`variant`, empty for openly), and where."""

    part: str
    address: Address
    variant: str
    spans: tuple[Span, ...]


def links(reading: Reading) -> Sequence[Link]:
    """Give the different addresses of every part in order of appearance; made once per reading."""
    found: Sequence[Link] | None = reading.memo.get("links")
    if found is None:
        found = reading.memo["links"] = tuple(_links(reading))
    return found


def _links(reading: Reading) -> Iterator[Link]:
    """Find them."""
    for index, segment in enumerate(reading.segments):
        seen: dict[tuple[str, str], Link] = {}
        for address, span in _addresses(reading, index, segment):
            for variant, place in (("", address), *((REDIRECT, target) for target in _targets(address))):
                key = (place.url, variant)
                if key not in seen:
                    seen[key] = Link(segment.part, place, variant, (span,))
                elif len(seen[key].spans) < _MOST_SPANS:
                    seen[key] = seen[key]._replace(spans=(*seen[key].spans, span))
            if len(seen) >= MOST_PER_PART:
                break
        yield from seen.values()


def _addresses(reading: Reading, index: int, segment: Segment) -> Iterator[tuple[Address, Span]]:
    """Give the addresses of a segment and where they stand: the whole of a link or code where it is one, else those in the text."""
    text = segment.text
    if segment.role in (Role.LINK, Role.CODE) and len(text) <= LONGEST and not any(map(str.isspace, text.strip())):
        whole = read(text.strip())
        if whole is not None:
            yield whole, (0, len(text))
            return
    if segment.role is Role.LINK:
        return
    view = folded(reading, index)
    if not _may_hold(view.text):
        return
    valid = view.text if view.text.isascii() else view.text.encode("utf-8", "replace").decode()
    for match in _pattern().finditer(valid):
        if match.end(1) - match.start(1) > LONGEST:
            continue
        span = _span(text, view, *match.span(1))
        place = read(text[slice(*span)]) or read(match.group(1).rstrip(_ENDS))
        if place is not None:
            yield place, span


def _may_hold(text: str) -> bool:
    """True for folded texts that have what every address has: a full stop with something right behind it, however disguised."""
    if "://" in text or "dot" in text or "[:]" in text:
        return True
    at = text.find(".")
    while at >= 0:
        behind = text[at + 1 : at + 2]
        if behind.isalnum() or behind in _CLOSING or text[at - 1 : at] in _OPENING:
            return True
        at = text.find(".", at + 1)
    return False


def _span(text: str, view: Folded, start: int, end: int) -> Span:
    """Give the original offsets of an address without the punctuation that ends the sentence or bracket around it."""
    first, last = view.span(start, end)
    excess = {
        close: text.count(close, first, last) - text.count(opened, first, last) for close, opened in _PAIRS.items()
    }
    while last > first + 1:
        letter = text[last - 1]
        if letter in excess:
            if excess[letter] <= 0:
                break
            excess[letter] -= 1
        elif letter not in _ENDS:
            break
        last -= 1
    return first, last


def _targets(address: Address) -> Iterator[Address]:
    """Give the addresses inside an address."""
    found = _TARGET.search(address.written, 8)
    if found is None:
        return
    inner = address.written[found.start() :]
    if "%" in found[0]:
        inner = unquote(inner.partition("&")[0])
    elif address.written[found.start() - 1] == "=":
        inner = unquote(inner.partition("&")[0]) if "%3f" in inner.lower() else inner.partition("&")[0]
    place = read(inner)
    if place is not None and place.url != address.url:
        yield place


@cache
def _pattern() -> Any:
    """Compile the pattern, once per process."""
    options = re2.Options()
    options.max_mem = 32 << 20
    options.log_errors = False
    scheme = r"(?:h(?:tt|xx|\*\*)ps?|ftp)\s?(?:\[:\]|\(:\)|:)\s?(?://|\[//\])\s?(?:[^\s/?#@<>\"]*@)?"
    bare = rf"{_LABEL}(?:{_DOT}{_LABEL})*{_DOT}(?:\pL[\pL\pM]+|xn--[a-z0-9\-]+)|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+"
    rest = r"(?::[0-9]+)?(?:[/?#\\][^\s<>\"]*)?"
    return re2.compile(rf"(?:^|[^\pL\pN@_.\-])((?:{scheme}{_HOST}|{bare}){rest})", options)
