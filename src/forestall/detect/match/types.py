"""The list of signal types, and what rooms that must not know how each works may ask of them all."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from forestall.detect.match.signals.audio import AUDIO
from forestall.detect.match.signals.base import KeyedType, SequenceType
from forestall.detect.match.signals.digest import MD5, SHA1, SHA256, SHA512
from forestall.detect.match.signals.domain import DOMAIN
from forestall.detect.match.signals.parts import PARTS
from forestall.detect.match.signals.passage import PASSAGE
from forestall.detect.match.signals.pdq import PDQ
from forestall.detect.match.signals.storyboard import STORYBOARD
from forestall.detect.match.signals.text import TEXT
from forestall.detect.match.signals.url import URL, URL_MD5
from forestall.detect.match.signals.vpdq import VPDQ
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.reading import Reading

AnyType = KeyedType | SequenceType

OF_FILES: tuple[AnyType, ...] = (MD5, SHA1, SHA256, SHA512, PDQ, PARTS, VPDQ, STORYBOARD, AUDIO)
"""The types that look at files and what is seen and heard in them; a reading without files has none of their values."""
OF_TEXTS: tuple[AnyType, ...] = (TEXT, PASSAGE, URL, URL_MD5, DOMAIN)
"""The types that look at texts and links. None of either needs anything from outside this family."""

MOST_TRACES = 4_096
"""Traces kept of one piece of content; what comes after them is not searched by retro-hunts."""


def is_keyed(kind: AnyType) -> TypeGuard[KeyedType]:
    """Tell whether a type's values are keys of one size, which the index holds."""
    return hasattr(kind, "key")


def is_sequence(kind: AnyType) -> TypeGuard[SequenceType]:
    """Tell whether a type's values are sequences, which its own matcher holds."""
    return hasattr(kind, "matcher")


class SignalTypes:
    """All signal types by name (`ports.Types`, `ports.Tracer`). Takes types that need something from outside, such as contact points."""

    def __init__(self, more: Sequence[AnyType] = ()) -> None:
        self._kinds: Mapping[str, AnyType] = {kind.name: kind for kind in (*OF_FILES, *OF_TEXTS, *more)}
        self._of_texts = (*OF_TEXTS, *more)
        self.all: tuple[AnyType, ...] = (*self._kinds.values(),)
        self.keyed: tuple[KeyedType, ...] = tuple(kind for kind in self._kinds.values() if is_keyed(kind))
        self.sequences: tuple[SequenceType, ...] = tuple(kind for kind in self._kinds.values() if is_sequence(kind))

    @property
    def names(self) -> Sequence[str]:
        """Names of all types."""
        return tuple(self._kinds)

    def kind(self, name: str) -> AnyType:
        """Give a type by its name; raises BadInput."""
        found = self._kinds.get(name)
        if found is None:
            raise BadInput(f"unknown type of signal `{name[:40]}`", f"known types are {', '.join(self._kinds)}")
        return found

    def normalise(self, kind: str, value: str) -> str:
        """Give a value as its type writes it; raises BadInput naming what is wrong with type or value."""
        return self.kind(kind).normalise(value)

    def largest_distance(self, kind: str) -> int:
        """Give the largest distance a bank may set for a type; 0 for types without nearness."""
        return self.kind(kind).largest

    def radius(self, kind: str) -> int:
        """Give the largest distance at which values of a type match where a bank says nothing else."""
        return self.kind(kind).radius

    def compare(self, kind: str, first: str, second: str) -> int:
        """Give the distance of two canonical values of a type."""
        return self.kind(kind).compare(first, second)

    def floor(self, kind: str) -> int:
        """Give the least quality that is matched where a bank does not ask for more; raises BadInput."""
        return self.kind(kind).floor

    def traces(self, reading: Reading) -> Sequence[Trace]:
        """Give the signals of a reading by type, each once per part, at most `MOST_TRACES`."""
        found: dict[Trace, None] = {}
        with_files = reading.files or reading.planes or reading.sounds
        for kind in self.all if with_files else self._of_texts:
            found.update(dict.fromkeys(kind.traces(reading)))
            if len(found) >= MOST_TRACES:
                return tuple(found)[:MOST_TRACES]
        return tuple(found)
