"""The signal type `text`: a whole text, the same but for how it is spelled, by SHA-256 of its folded form.

A value is the version of folding and the digest, so a bank holds nothing that can be read. Texts of fewer than 20 letters and digits
can't be banked: greetings, one name, one emoji row are whole posts of very many people.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forestall.detect.base import folded
from forestall.detect.match.signals.base import Query
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading, Role
from forestall.text import fold as folding
from forestall.text.fold import Folded, fold

FEWEST = 20
"""Letters and digits of the shortest text that can be banked."""

_PREFIX = f"f{folding.VERSION}:"
_HASHED = re.compile(r"f([0-9]{1,9}):([0-9a-f]{64})", re.IGNORECASE | re.ASCII)
_TEXTS = frozenset({Role.BODY, Role.PAGE, Role.CODE})


@dataclass(frozen=True, slots=True)
class Text:
    """The signal type `text`: 256 bits, equal or not."""

    name: str = "text"
    size: int = 32
    radius: int = 0
    largest: int = 0
    floor: int = 0

    def normalise(self, value: str) -> str:
        """Give the hashed form of a text, or of one in plain words; raises BadInput."""
        written = value.strip()
        hashed = _HASHED.fullmatch(written)
        if hashed is None:
            view = fold(written)
            known = sum(map(str.isalnum, view.text))
            if known < FEWEST:
                raise BadInput(
                    f"a text of {known} letters and digits is too short to be told from others",
                    f"give at least {FEWEST}, or the form `{_PREFIX}` and 64 hex digits",
                )
            return _PREFIX + _digest(view).hex()
        if int(hashed[1]) != int(folding.VERSION):
            raise BadInput(
                f"a text was hashed by version {hashed[1]} of folding",
                f"this release folds by version {folding.VERSION}; bank the text again from its words",
            )
        return _PREFIX + hashed[2].lower()

    def compare(self, first: str, second: str) -> int:
        """Give 0 for equal texts, else 1."""
        return int(first != second)

    def examples(self) -> Sequence[str]:
        """Give two texts in plain words and one hashed."""
        return (
            "Bring nothing but bread and a lamp, the ferry leaves at dusk.",
            "لا تحضروا سوى الخبز والمصباح، العبارة تغادر عند الغروب",
            _PREFIX + hashlib.sha256(b"a third text").hexdigest(),
        )

    def key(self, value: str) -> bytes:
        """Give the digest of a canonical value."""
        return bytes.fromhex(value[len(_PREFIX) :])

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give the digest of every text long enough."""
        for index, digest in _digests(reading):
            segment = reading.segments[index]
            yield Query(segment.part, digest, spans=((0, len(segment.text)),))

    def asked(self, value: str) -> Iterable[Query]:
        """Give the digest of a canonical value."""
        yield Query(BODY, self.key(value))

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the hashed form of every text long enough."""
        for index, digest in _digests(reading):
            yield Trace("text", reading.segments[index].part, _PREFIX + digest.hex())


TEXT = Text()


def _digests(reading: Reading) -> Iterator[tuple[int, bytes]]:
    """Give the segments that are texts with their digests; made once per reading.

    What is counted here is cheaper than letters and never less, so that no text is left out that can be banked.
    """
    for index, segment in enumerate(reading.segments):
        if segment.text and segment.role in _TEXTS:
            known = f"text:{index}"
            digest: bytes | None = reading.memo.get(known)
            if digest is None:
                view = folded(reading, index)
                long = len(view.text) - view.text.count(" ") >= FEWEST
                digest = reading.memo[known] = _digest(view) if long else b""
            if digest:
                yield index, digest


def _digest(view: Folded) -> bytes:
    """Give the SHA-256 of a folded text with every run of white space as one space, which folding has merged already."""
    plain = view.text.replace("\n", " ").strip(" ")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()
