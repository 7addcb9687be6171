"""Which reader opens which kind of file, and what happens when one fails.

A reader takes the tray, the part name, the bytes and the sniffed media type; it lays out what it finds and gives, lazily, the files
inside. It may raise anything: a reader that fails costs its own file, never the ones beside it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from forestall.media.tray import Tray
from forestall.media import sniff


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a file: its part name (already made safe and unique) and its bytes."""

    part: str
    data: bytes = field(repr=False)


Reader = Callable[[Tray, str, bytes, str], Iterable[Member]]
