"""What an index does, whatever it is kept in."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.index.hits import Hits


class Index(ABC):
    """Keys of one size and their ids; an entry is a pair of both. Opened by `open_index`.

    Any number of threads may search while one adds, and any number of processes share a folder.
    """

    @abstractmethod
    def __len__(self) -> int:
        """Count the entries."""

    @property
    @abstractmethod
    def position(self) -> str:
        """What the last `add` or `remove` that named a position named; empty where all must be added anew."""

    @abstractmethod
    def refresh(self) -> bool:
        """Take in what other processes did; tells whether there was anything. A few microseconds where there was not."""

    @abstractmethod
    def search(self, queries: NDArray[np.uint8], radius: int = 0) -> Hits:
        """Give every entry within `radius` bits (0..256; without nearness 0) of each key asked for, uint8 (Q, size)."""

    @abstractmethod
    def join(self, keys: NDArray[np.uint8], radius: int) -> Hits:
        """Do as `search` for a large batch of keys, on all processors."""

    @abstractmethod
    def add(self, ids: NDArray[np.uint64], keys: NDArray[np.uint8], position: str = "") -> None:
        """Take entries in: ids (N,) and keys (N, size); those held already change nothing. An empty position leaves the last one.

        When it returns they are durable, and every process sees them at its next `refresh`.
        Raises StoreFailed where the files cannot be written; then nothing was added.
        """

    @abstractmethod
    def remove(self, ids: NDArray[np.uint64], keys: NDArray[np.uint8], position: str = "") -> None:
        """Let entries go; those not held change nothing. As `add` otherwise."""

    @abstractmethod
    def compact(self) -> None:
        """Make one table of everything, without what was removed. Searches and adds go on meanwhile; raises StoreFailed."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything, once compacting has come to an end. Closing again does nothing."""
