"""Taking in what a feed gives: entries in a stream, and after which of them which checkpoint holds."""

from collections import deque
from collections.abc import Callable, Iterator

from forestall.model.bank import Bank, Entry, Opinion, signal_id
from forestall.model.content import Problem
from forestall.model.errors import BadInput, ForestallError
from forestall.model.feed import Batch
from forestall.model.ports import Clock, Feed, Store, Types

_PAGE = 5_000
_ATTEMPTS = 2
"""Ids looked at for one signal; by chance two signals may share their first."""

_Key = tuple[str, str]


class Taking:
    """One pull. `entries` is handed to the banker, who calls `durable` back.

    `failure`, `done` and `stopped` (by us, in between) say how it ended.
    """

    def __init__(self, store: Store, types: Types, bank: Bank, clock: Clock) -> None:
        self.failure: ForestallError | None = None
        self.done = False
        self.stopped = False
        self._store = store
        self._types = types
        self._bank = bank
        self._clock = clock
        self._given = 0
        self._durable = 0
        self._marks: deque[tuple[int, str]] = deque()
        self._flying: dict[_Key, tuple[int, set[str]]] = {}
        self._order: deque[tuple[int, _Key]] = deque()

    def entries(self, feed: Feed, checkpoint: str, stop: Callable[[], bool]) -> Iterator[Entry | Problem]:
        """Give every entry of a feed from a checkpoint on; a failure of the partner ends the stream and is kept."""
        try:
            for batch in feed.pull(checkpoint):
                if stop():
                    self.stopped = True
                    return
                if batch.anew:
                    yield from self._counted(self._everything(batch.whole))
                given = self._completed(batch) if batch.whole else iter(batch.entries)
                yield from self._counted(given)
                self._marks.append((self._given, batch.checkpoint))
                self.done = batch.done
        except ForestallError as error:
            self.failure = error

    def durable(self, count: int, *, final: bool = False) -> str:
        """Note that so many more entries are kept (with `final` all); gives the newest checkpoint that holds now, or nothing."""
        self._durable = self._given if final else self._durable + count
        checkpoint = ""
        while self._marks and self._marks[0][0] <= self._durable:
            checkpoint = self._marks.popleft()[1]
        while self._order and self._order[0][0] <= self._durable:
            number, key = self._order.popleft()
            if self._flying[key][0] == number:
                del self._flying[key]
        return checkpoint

    def _counted(self, entries: Iterator[Entry | Problem]) -> Iterator[Entry | Problem]:
        """Count entries on their way."""
        for entry in entries:
            self._given += 1
            yield entry

    def _everything(self, prefix: str) -> Iterator[Entry]:
        """Take back everything that sources with these names said in the bank."""
        cursor, now = "", self._clock()
        while True:
            page = self._store.signals_of(self._bank.id, cursor, _PAGE)
            for signal in page.items:
                for said in signal.opinions:
                    if said.source.startswith(prefix) and not said.withdrawn:
                        yield Entry(signal.type, signal.value, Opinion(said.source, withdrawn=now))
            cursor = page.next_cursor
            if not cursor:
                return

    def _completed(self, batch: Batch) -> Iterator[Entry | Problem]:
        """Give a batch with what its sources said earlier and say no more taken back.

        A source belongs with those whose names are the same up to the last colon; an entry whose source names nobody after it only
        takes back.
        """
        now = self._clock()
        keys: list[_Key | None] = []
        said: dict[_Key, dict[str, set[str]]] = {}
        for entry in batch.entries:
            key = self._key(entry)
            keys.append(key)
            if key is not None and isinstance(entry, Entry):
                group = _group(entry.opinion.source)
                said.setdefault(key, {}).setdefault(group, set()).add(entry.opinion.source)
        earlier = self._earlier(list(said))
        for key, groups in said.items():
            for source in sorted(earlier.get(key, ())):
                now_said = groups.get(_group(source))
                if source.startswith(batch.whole) and now_said is not None and source not in now_said:
                    self._fly(key, source)
                    yield Entry(*key, Opinion(source, withdrawn=now))
        for entry, key in zip(batch.entries, keys, strict=True):
            if key is None or not isinstance(entry, Entry):
                yield entry
            elif entry.opinion.source != _group(entry.opinion.source):
                self._fly(key, entry.opinion.source)
                yield entry

    def _key(self, entry: Entry | Problem) -> _Key | None:
        """Give what an entry is about, nothing where the banker will refuse it."""
        if isinstance(entry, Problem):
            return None
        try:
            return entry.type, self._types.normalise(entry.type, entry.value)
        except BadInput:
            return None

    def _earlier(self, keys: list[_Key]) -> dict[_Key, set[str]]:
        """Give who stands by each of some signals: as stored, or on the way into the store."""
        found: dict[_Key, set[str]] = {}
        ids = [signal_id(self._bank.id, *key, attempt) for key in keys for attempt in range(_ATTEMPTS)]
        for signal in self._store.signals(ids) if ids else ():
            if signal.bank == self._bank.id:
                sources = {said.source for said in signal.opinions if not said.withdrawn}
                found.setdefault((signal.type, signal.value), set()).update(sources)
        for key in keys:
            if key in self._flying:
                found.setdefault(key, set()).update(self._flying[key][1])
        return found

    def _fly(self, key: _Key, source: str) -> None:
        """Remember that an entry is on its way."""
        number = self._given + 1
        sources = self._flying[key][1] if key in self._flying else set()
        self._flying[key] = (number, sources | {source})
        self._order.append((number, key))


def _group(source: str) -> str:
    """Give a source's name up to its last colon: the names it belongs with."""
    return source[: source.rfind(":") + 1]
