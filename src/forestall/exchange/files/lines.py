"""Lines of a signal list, whatever its encoding, in bounded memory."""

import codecs
from collections import deque
from collections.abc import Iterator

from forestall.exchange.elements import Readable, encoding_of
from forestall.model.content import Problem

LONGEST_LINE = 1024 * 1024
"""Most characters of one line; a long film or song is one signal."""

_CHUNK = 256 * 1024


class Lines:
    """The lines of a text with their numbers from 1, without their ends.

    A line that is too long or not in its file's encoding is left out and told in `problems`, which the reader empties.
    """

    def __init__(self, source: Readable) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._waiting: deque[tuple[int, str]] = deque()
        self._lines = self._read()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while True:
            if self._waiting:
                yield self._waiting.popleft()
                continue
            line = next(self._lines, None)
            if line is None:
                return
            yield line

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        """Take back lines that the reader looked at too early; they come next again."""
        self._waiting.extendleft(reversed(lines))

    def _read(self) -> Iterator[tuple[int, str]]:
        """Give line after line from chunks."""
        number = 0
        rest = ""
        skipping = False
        for text in self._texts():
            parts = (rest + text).split("\n")
            rest = parts.pop()
            for part in parts:
                number += 1
                if skipping or len(part) > LONGEST_LINE:
                    skipping = False
                    self._tell("too-long", number, f"longer than {LONGEST_LINE:,} characters", "split it")
                elif part.isascii() or _sound(part):
                    yield number, part.removesuffix("\r")
                else:
                    self._tell("encoding", number, "not in the file's encoding", "save the file as UTF-8")
            if len(rest) > LONGEST_LINE:
                rest, skipping = "", True
        if skipping:
            self._tell("too-long", number + 1, f"longer than {LONGEST_LINE:,} characters", "split it")
        elif rest:
            if rest.isascii() or _sound(rest):
                yield number + 1, rest.removesuffix("\r")
            else:
                self._tell("encoding", number + 1, "not in the file's encoding", "save the file as UTF-8")

    def _texts(self) -> Iterator[str]:
        """Give the text in pieces; bytes that are no text become lone surrogates."""
        head = self._source.read(_CHUNK)
        encoding, mark = encoding_of(head[:4])
        errors = "surrogateescape" if encoding == "utf-8" else "replace"
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        chunk = head[mark:]
        while chunk:
            yield decoder.decode(chunk)
            chunk = self._source.read(_CHUNK)
        yield decoder.decode(b"", final=True)

    def _tell(self, cause: str, number: int, why: str, next_step: str) -> None:
        """Keep a problem of a line."""
        where = f"line {number}"
        self.problems.append(Problem(cause, f"{where} is {why}", next_step, where))


def _sound(line: str) -> bool:
    """Tell whether a line was decoded without a loss."""
    if "\ufffd" in line:
        return False
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
