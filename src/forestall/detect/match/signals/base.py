"""The seam of a signal type: what a comparable form of known material must be able to do.

A new type is one file here, one line in `signals/__init__.py` and one test class inheriting `SignalContract`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from forestall.model.errors import BadInput
from forestall.model.reading import Reading


@dataclass(frozen=True, slots=True)
class Query:
    """One signal taken from a reading, to be looked up in the banks.

    `part` is where it was taken, `value` its bytes, `variant` how the copy would have been changed against the known
    material for this value to be met (empty: not at all), `quality` 0..100 where the type measures one.
    """

    part: str
    value: bytes
    variant: str = ""
    quality: int | None = None


class SignalType(Protocol):
    """One way of writing material down so that copies of it can be recognised.

    `name` is what bank files say in their `type` column, `size` the length of a value in bytes, `radius` the largest
    distance at which two values are still taken for the same material (0: only equal values are).
    """

    @property
    def name(self) -> str:
        """Stable lower-case name."""
        ...

    @property
    def size(self) -> int:
        """Bytes of one value."""
        ...

    @property
    def radius(self) -> int:
        """Largest distance that still is a match."""
        ...

    def normalise(self, value: str) -> bytes:
        """Give the bytes of a written value, whatever its case and surrounding white space; raises BadInput."""
        ...

    def compare(self, first: bytes, second: bytes) -> int:
        """Give the distance of two values: 0 for equal ones, symmetric."""
        ...

    def examples(self) -> Sequence[str]:
        """Give a few valid values as they stand in bank files."""
        ...

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give every value of this type that a reading holds, in a stable order; raises nothing."""
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
