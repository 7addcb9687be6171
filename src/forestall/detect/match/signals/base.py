"""The seam of a signal type: what a comparable form of known material must be able to do.

A new type is one file here, one line in `detect/match/types.py` and one test class inheriting `SignalContract`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.finding import Span
from forestall.model.reading import BODY, Reading


@dataclass(frozen=True, slots=True)
class Query:
    """One key taken from a reading or from a written value, to be looked up among the banked ones.

    `part` is where it was taken, `key` its bytes, `variant` how the copy would have been changed against the known
    material for this key to be met (empty: not at all), `quality` 0..100 where the type measures one (else -1),
    `spans` where in the part's text it stood.
    """

    part: str
    key: bytes
    variant: str = ""
    quality: int = -1
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A banked signal that was met: its id, where, how far away (in the type's own unit, 0 is equal), and what shows it.

    `evidence` holds what the type can say beyond that, in plain JSON values: time ranges, the share that matched.
    """

    id: int
    part: str = BODY
    distance: int = 0
    variant: str = ""
    quality: int = -1
    spans: tuple[Span, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


class SignalType(Protocol):
    """One way of writing material down so that copies of it can be recognised.

    `name` is what bank files say in their `type` column. `radius` is the largest distance at which two values are still taken
    for the same material unless a bank says less, `largest` the most a bank may say (both 0: only equal values match).
    `floor` is the least quality that is matched, 0 where the type measures none.
    """

    @property
    def name(self) -> str:
        """Stable lower-case name."""
        ...

    @property
    def radius(self) -> int:
        """Largest distance that is a match by default."""
        ...

    @property
    def largest(self) -> int:
        """Largest distance that a bank may set."""
        ...

    @property
    def floor(self) -> int:
        """Least quality that is matched by default."""
        ...

    def normalise(self, value: str) -> str:
        """Give a written value in its one canonical form, whatever its case and surrounding white space; raises BadInput."""
        ...

    def compare(self, first: str, second: str) -> int:
        """Give the distance of two canonical values: 0 for equal ones; symmetric unless the type says otherwise."""
        ...

    def examples(self) -> Sequence[str]:
        """Give a few valid values as they stand in bank files."""
        ...

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the values of this type that a reading holds, canonical, in a stable order; raises nothing."""
        ...


class KeyedType(SignalType, Protocol):
    """A type whose values are keys of one fixed size, met by equality or (`radius` > 0) by Hamming distance. The index does the rest."""

    @property
    def size(self) -> int:
        """Bytes of a key."""
        ...

    def key(self, value: str) -> bytes:
        """Give the key of a canonical value."""
        ...

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give every key to look up for a reading, changed forms of it included, in a stable order; raises nothing."""
        ...

    def asked(self, value: str) -> Iterable[Query]:
        """Give every key to look up for one canonical value that a caller hands in, changed forms of it included."""
        ...


class SequenceType(SignalType, Protocol):
    """A type whose values are sequences met in part (passages of text, films, sound). It brings its own matcher."""

    def matcher(self) -> "SequenceMatcher":
        """Give an empty matcher."""
        ...


class SequenceMatcher(Protocol):
    """Holds banked sequences in memory and finds them in readings. One thread changes it while others look."""

    def __len__(self) -> int:
        """Count the sequences held."""
        ...

    def add(self, signals: Sequence[tuple[int, str]]) -> None:
        """Take signals as (id, canonical value); an id it already holds is left as it is."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Forget signals; ids it does not hold are no error."""
        ...

    def look(self, reading: Reading) -> Iterable[Hit]:
        """Give what of it a reading holds, up to the type's `largest` distance, in a stable order; raises nothing."""
        ...

    def lookup(self, value: str) -> Iterable[Hit]:
        """Give the signals that one canonical value meets."""
        ...


def from_hex(value: str, size: int, what: str) -> bytes:
    """Give the bytes of a value written in hex; `what` names the type in the error. Raises BadInput."""
    digits = value.strip()
    if len(digits) != 2 * size:
        raise BadInput(f"a value has {len(digits)} characters", f"{what} is written as {2 * size} hex digits")
    try:
        # `fromhex` allows blanks between bytes, which would shorten the value.
        data = bytes.fromhex(digits) if digits.isalnum() else b""
    except ValueError:
        data = b""
    if len(data) != size:
        raise BadInput("a value holds something other than hex digits", f"{what} is written as {2 * size} hex digits")
    return data
