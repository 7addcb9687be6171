"""The signal type `contact`: places outside the platform where somebody can be met, known to be used for recruiting.

How contact points are found and written is known to the family `detect.contact`; families don't import each other, so whoever
puts the house together hands both in (`type_of`).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from forestall.detect.match.signals.base import Query
from forestall.model.bank import Trace
from forestall.model.finding import Span
from forestall.model.reading import BODY, Reading

Points = Iterable[tuple[str, str, tuple[Span, ...]]]
"""Contact points of a reading: the part, the canonical id, and where it stands in the part's text."""


@dataclass(frozen=True, slots=True)
class Contact:
    """The signal type `contact`: the first 128 bits of SHA-256 of a canonical contact id, equal or not."""

    find: Callable[[Reading], Points] = field(repr=False)
    canonical: Callable[[str], str] = field(repr=False)
    name: str = "contact"
    size: int = 16
    radius: int = 0
    largest: int = 0
    floor: int = 0

    def normalise(self, value: str) -> str:
        """Give the one id of a contact point, however it is written; raises BadInput."""
        return self.canonical(value)

    def compare(self, first: str, second: str) -> int:
        """Give 0 for equal ids, else 1."""
        return int(first != second)

    def examples(self) -> Sequence[str]:
        """Give three contact points as they stand in bank files."""
        return ("telegram:name:pale_dawn7", "t.me/ninth_tide_news", "matrix:#harbour:example.org")

    def key(self, value: str) -> bytes:
        """Give the key of a canonical id."""
        return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()[: self.size]

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give every contact point of a reading."""
        for part, point, spans in self.find(reading):
            yield Query(part, self.key(point), spans=spans)

    def asked(self, value: str) -> Iterable[Query]:
        """Give the key of one canonical id."""
        yield Query(BODY, self.key(value))

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give every contact point of a reading."""
        for part, point in dict.fromkeys((part, point) for part, point, _ in self.find(reading)):
            yield Trace(self.name, part, point)


def type_of(find: Callable[[Reading], Points], canonical: Callable[[str], str]) -> Contact:
    """Give the type over a finder of contact points and a reader of written ones, which raises BadInput for what is none."""
    return Contact(find, canonical)
