"""JSON taken apart without building it: the elements of named lists as bytes, one by one, whatever stands around them.

A hostile file can be deeper, longer and more broken than any parser survives. This walk keeps a few counters only; each element is
parsed by itself later. What breaks off is said at the end, after everything before it was given.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Path = tuple[str, ...]
"""Where something stands: keys of objects, `*` for any element of a list."""

_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'  # possessive: no memory of where to go back to
_INSIDE = re.compile(_TEXT + rb"|[{}\[\]]", re.DOTALL)
_ANY = re.compile(_TEXT + rb'|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_CLOSES = {b"{": b"}", b"[": b"]"}
_LONGEST_KEY = 256
_LONGEST_VALUE = 4096


@dataclass(frozen=True, slots=True)
class Piece:
    """Something found at `path`: an element or a plain value as its JSON, or (`opens`) the bracket that begins a container."""

    path: Path
    data: bytes = b""
    opens: bool = False


class Broken(Exception):
    """The JSON does not go on as it must; `at` is the byte."""

    def __init__(self, at: int) -> None:
        super().__init__(f"it breaks off or goes wrong at byte {at}")
        self.at = at


def pieces(data: bytes, elements: Iterable[Path], values: Iterable[Path] = ()) -> Iterator[Piece]:
    """Give what stands at the paths in the order of the file: containers or values at `elements`, plain values at `values`.

    Containers on the way are announced when they open; all others are passed over. Raises Broken where the JSON ends too early, closes
    what is not open, or holds something else after its end.
    """
    return _Walk(data, frozenset(elements), frozenset(values)).run()


class _Walk:
    """One walk. `stack` holds the kinds of the open containers on the way, `path` where we stand."""

    def __init__(self, data: bytes, elements: frozenset[Path], values: frozenset[Path]) -> None:
        self.data = data
        self.elements = elements
        self.values = values
        self.ways = {path[:size] for path in (*elements, *values) for size in range(len(path) + 1)}
        self.stack: list[bytes] = []
        self.path: list[str] = []
        self.key = ""
        self.keyed = False

    def run(self) -> Iterator[Piece]:
        """Walk from the first token to the last."""
        at = 0
        while match := _ANY.search(self.data, at):
            token, at = match[0], match.end()
            first = token[:1]
            if first in {b"{", b"["}:
                piece, at = self._container(first, match.start())
                if piece:
                    yield piece
            elif first in {b"}", b"]"}:
                self._close(first, match.start())
            elif first == b",":
                self.keyed = False
            elif first == b":":
                self.keyed = True
            elif self._is_key():
                self.key = token[1:-1].decode("utf-8", "replace") if len(token) < _LONGEST_KEY else ""
            elif (here := self._here()) in self.elements or (here in self.values and len(token) <= _LONGEST_VALUE):
                yield Piece(here, token)
            if not self.stack:
                break
        rest = _ANY.search(self.data, at)
        if self.stack or rest:
            raise Broken(rest.start() if rest and not self.stack else len(self.data))

    def _is_key(self) -> bool:
        return bool(self.stack) and self.stack[-1] == b"{" and not self.keyed

    def _here(self) -> Path:
        """Give the path of the value that stands here."""
        if not self.stack:
            return ()
        return (*self.path, self.key if self.stack[-1] == b"{" else "*")

    def _container(self, first: bytes, start: int) -> tuple[Piece | None, int]:
        """Take a container: give it whole, go into it, or pass it over; and where to go on."""
        here = self._here()
        if here not in self.elements and here in self.ways:
            if self.stack:
                self.path.append(here[-1])
            self.stack.append(first)
            self.keyed = False
            return Piece(here, first, opens=True), start + 1
        end = self._skipped(start)
        return (Piece(here, self.data[start:end]) if here in self.elements else None), end

    def _close(self, first: bytes, at: int) -> None:
        if not self.stack or _CLOSES[self.stack.pop()] != first:
            raise Broken(at)
        if self.stack:
            self.path.pop()
        self.keyed = False

    def _skipped(self, start: int) -> int:
        """Give where the container that starts here ends, counting brackets outside of texts."""
        depth = 0
        for match in _INSIDE.finditer(self.data, start):
            first = match[0][:1]
            if first in {b"{", b"["}:
                depth += 1
            elif first != b'"':
                depth -= 1
                if not depth:
                    return match.end()
        raise Broken(len(self.data))
