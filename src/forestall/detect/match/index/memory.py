"""An index that is kept nowhere but in this process."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from forestall.detect.match.index import keeping, log
from forestall.detect.match.index.holding import Holding
from forestall.detect.match.index.table import Table, merged
from forestall.model.errors import StoreFailed


class MemoryIndex(keeping.Keeping):
    """What was added since the cut is remembered while a table is being made, and then follows it."""

    def __init__(self, size: int, *, near: bool) -> None:
        super().__init__(size, near=near)
        self._compacting = threading.Lock()
        self._since: list[log.Record] | None = None

    def refresh(self) -> bool:
        """There is nobody else."""
        return False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._guard:
            yield

    def _alone(self) -> AbstractContextManager[None]:
        return _held(self._compacting)

    def _logged(self, record: log.Record) -> None:
        if self._since is not None:
            self._since.append(record)

    def _cut(self) -> None:
        self._since = []

    def _made(self, sources: Sequence[Table]) -> Table:
        return merged(sources, keeping.shape_of(sources, self._size, near=self._near))

    def _install(self, kept: Sequence[Table], made: Table | None, position: str) -> None:
        holding = Holding(self._size, [*kept, made] if made else kept, near=self._near)
        self._position = keeping.followed(holding, self._since or [], position)
        self._holding, self._since = holding, None

    def _due(self, times: int) -> bool:
        return self._holding.unsettled >= times * keeping.COMPACT_FROM

    @property
    def _pending(self) -> bool:
        return False

    def _stands(self) -> object:
        return None

    def _failed(self, error: OSError) -> StoreFailed:
        return StoreFailed(f"the index in memory failed ({error.strerror})")


@contextmanager
def _held(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock."""
    with lock:
        yield
