"""One page of a feed: its entries in groups as they arrive, then whether it was all of it."""

from collections.abc import Callable, Iterator

import msgspec

from forestall.exchange.elements import Elements
from forestall.exchange.wire import Answer
from forestall.model.bank import Entry
from forestall.model.content import Problem
from forestall.model.errors import ExchangeFailed

GROUP = 5_000
"""Most entries held at a time."""

Row = Callable[[bytes, str], list[Entry | Problem]]
"""Makes the entries of one row from its JSON and the name of its place."""


class Page:
    """Reads one answer. Iterating gives groups of entries; `members` and `last` are complete afterwards.

    What came is given even where the answer breaks off; then `ended` raises ExchangeFailed.
    """

    def __init__(self, answer: Answer, lists: frozenset[bytes], who: str) -> None:
        self._answer = answer
        self._elements = Elements(answer.body, lists)
        self._who = who
        self.count = 0
        self.last = b""

    def groups(self, row: Row) -> Iterator[tuple[Entry | Problem, ...]]:
        """Give the entries of all rows, at most about `GROUP` at a time."""
        group: list[Entry | Problem] = []
        for element in self._elements:
            if isinstance(element, Problem):
                # That it breaks off is said by `ended`.
                group += [element] if element.cause != "truncated" else []
                continue
            self.count, self.last = element[0], element[1]
            group += row(element[1], f"record {element[0]}")
            if len(group) >= GROUP:
                yield tuple(group)
                group = []
        yield tuple(group)

    def ended(self) -> None:
        """Raise ExchangeFailed unless the whole page came and was a page."""
        if self._answer.cut:
            raise ExchangeFailed(f"{self._who} answered, but {self._answer.cut}", "nothing to do; what came is kept")
        if not self._elements.listed:
            raise ExchangeFailed(f"{self._who} answered without a list of signals", "check address and options")
        if not self._elements.whole:
            raise ExchangeFailed(f"{self._who} answered with JSON that breaks off", "nothing to do; what came is kept")

    def text(self, name: str) -> str:
        """Give a small text or number that stands beside the list; empty where there is none."""
        value = self.value(name)
        return value if isinstance(value, str) else ""

    def value(self, name: str) -> object:
        """Give a small value that stands beside the list; None where there is none."""
        try:
            return msgspec.json.decode(self._elements.members.get(name, b"null"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
