"""JSON that others send, taken apart while it arrives: the elements of one long list as bytes, one by one, in bounded memory.

A hostile document can be longer, deeper and more broken than any parser survives. This walk holds one element and a few small
values; each element is parsed by itself later. What breaks off is said at the end, after everything before it was given.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from forestall.model.content import Problem

LONGEST_ELEMENT = 4 * 1024 * 1024
"""Most bytes of one element of a list."""
LONGEST_MEMBER = 64 * 1024
"""Most bytes of a value beside the list that is kept."""

MOST_DEPTH = 100_000
"""Deepest nesting that is walked; a document that is deeper ends there."""

_CHUNK = 256 * 1024
_FLAT = re.compile(rb'\{[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+\}', re.DOTALL)
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(")?|[{}\[\]]', re.DOTALL)
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_PLAIN = re.compile(rb'[^\s,{}\[\]":]++')
_SPACE = re.compile(rb"[\s,]*+")
_COLON = re.compile(rb"\s*+:\s*+")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes; none at the end."""
        ...


def encoding_of(head: bytes) -> tuple[str, int]:
    """Tell the encoding of a text from its first bytes, and how many of them are a mark to be passed over."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    # UTF-16 without a mark: every other byte of plain JSON or CSV is zero.
    if len(head) > 3 and 0 in (head[0], head[1]) and 0 not in (head[0] | head[1], head[2] | head[3]):
        return ("utf-16-le" if head[1] == 0 else "utf-16-be"), 0
    return "utf-8", 0


class Elements:
    """The elements of a JSON list, or of the first list under one of the names `lists` in a JSON object.

    Iterating gives `(number from 1, bytes)` per element and a Problem for what can't be given. Afterwards `members` holds the
    small values beside the list as JSON, and `whole` says whether the document ended as it must.
    """

    def __init__(self, source: Readable, lists: frozenset[bytes] = frozenset()) -> None:
        self.members: dict[str, bytes] = {}
        self.whole = False
        self.listed = False
        self._source = source
        self._lists = lists
        self._decoder: codecs.IncrementalDecoder | None = None
        self._data = b""
        self._at = 0
        self._ended = False
        self._number = 0
        self._closed = False

    def __iter__(self) -> Iterator[tuple[int, bytes] | Problem]:
        self._begin()
        first = self._peek()
        if first == b"[":
            self._at += 1
            yield from self._list()
            self.whole = self._closed
        elif first == b"{":
            self._at += 1
            yield from self._object()
        if self.listed and not self.whole:
            what = f"the document breaks off or goes wrong after record {self._number}"
            yield Problem("truncated", what, "get it again", f"record {self._number + 1}")

    def _begin(self) -> None:
        """Read the first bytes and tell the encoding."""
        head = self._source.read(_CHUNK)
        encoding, mark = encoding_of(head[:4])
        self._data = head[mark:]
        if encoding != "utf-8":
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            self._data = self._decoder.decode(self._data).encode("utf-8", "replace")
        self._ended = not head

    def _more(self) -> bool:
        """Read on, forgetting what was passed; tells whether there was anything."""
        if self._ended:
            return False
        chunk = self._source.read(_CHUNK)
        self._ended = not chunk
        if self._decoder:
            chunk = self._decoder.decode(chunk, final=self._ended).encode("utf-8", "replace")
        self._data = self._data[self._at :] + chunk
        self._at = 0
        return not self._ended

    def _peek(self) -> bytes:
        """Go to the next byte that is neither white space nor a comma and give it; empty at the end."""
        while True:
            space = _SPACE.match(self._data, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._more():
                return b""

    def _object(self) -> Iterator[tuple[int, bytes] | Problem]:
        """Walk the members of the outermost object."""
        while (first := self._peek()) == b'"':
            key = self._value(LONGEST_MEMBER)
            if key is None or not self._colon():
                return
            if self._peek() == b"[" and not self.listed and key[1:-1] in self._lists:
                self._at += 1
                yield from self._list()
                if not self._closed:
                    return
                continue
            value = self._value(LONGEST_MEMBER)
            if value is None:
                return
            if value:
                self.members[key[1:-1].decode("utf-8", "replace")] = value
        self.whole = first == b"}"

    def _colon(self) -> bool:
        """Pass over the colon after a key."""
        while self._at >= len(self._data) and self._more():
            pass
        colon = _COLON.match(self._data, self._at)
        if colon is None:
            return False
        self._at = colon.end()
        return True

    def _list(self) -> Iterator[tuple[int, bytes] | Problem]:
        """Give the elements of a list whose bracket was passed; `_closed` says whether it ended."""
        self.listed = True
        while True:
            flat = _FLAT.match(self._data, self._at)
            if flat:
                self._at = flat.end()
                # The separator in one step where it is the usual one.
                if self._data[self._at : self._at + 1] == b",":
                    self._at += 1
                self._number += 1
                yield self._number, flat[0]
                continue
            before = self._at
            first = self._peek()
            if first == b"]":
                self._at += 1
                self._closed = True
                return
            if first == b"{" and self._at != before and _FLAT.match(self._data, self._at):
                continue
            if first in {b"", b"}", b":"}:
                return
            self._number += 1
            value = self._value(LONGEST_ELEMENT)
            if value is None:
                self._number -= 1
                return
            if value:
                yield self._number, value
            else:
                what = f"record {self._number} is longer than {LONGEST_ELEMENT:,} bytes and was not read"
                yield Problem("too-long", what, "get it again", f"record {self._number}")

    def _value(self, longest: int) -> bytes | None:
        """Give the value that stands here; nothing where it is longer than `longest`, None where it does not end."""
        first = self._data[self._at : self._at + 1]
        if first in {b"{", b"["}:
            return self._container(longest)
        pattern = _TEXT if first == b'"' else _PLAIN
        while True:
            found = pattern.match(self._data, self._at)
            if found and (found.end() < len(self._data) or self._ended or first == b'"'):
                self._at = found.end()
                return found[0] if len(found[0]) <= longest else b""
            if len(self._data) - self._at > LONGEST_ELEMENT or not self._more():
                return None if not found or not self._ended else self._taken(found.end())

    def _taken(self, end: int) -> bytes:
        """Give what stands from here to `end` and pass over it."""
        start, self._at = self._at, end
        return self._data[start:end]

    def _container(self, longest: int) -> bytes | None:
        """Give the object or list that starts here, counting brackets outside of texts; forget it where it grows too long."""
        depth, seen, forgotten = 0, self._at, False
        while True:
            for token in _TOKEN.finditer(self._data, seen):
                first = token[0][:1]
                if first == b'"':
                    if token[1] is None:
                        break  # the text goes on in what was not read yet
                elif first in {b"{", b"["}:
                    depth += 1
                    if depth > MOST_DEPTH:
                        return None
                else:
                    depth -= 1
                seen = token.end()
                if not depth:
                    value = b"" if forgotten or seen - self._at > longest else self._data[self._at : seen]
                    self._at = seen
                    return value
            if len(self._data) - self._at > longest:
                if len(self._data) - seen > LONGEST_ELEMENT:
                    return None
                forgotten, self._at = True, seen
            kept = seen - self._at
            if not self._more():
                return None
            seen = self._at + kept
