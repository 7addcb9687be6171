"""Our index behind the loop of `peers/serve.py`, in a process of its own.

.venv/bin/python benchmarks/matching_ours.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
from benchmarks.peers.serve import Found, Hashes, serve

from forestall.detect.match.index import Hits, open_index

RADIUS = 31


class Ours:
    """The index in a folder."""

    def __init__(self, folder: Path) -> None:
        self._index = open_index(folder, 32, near=True)

    def build(self, hashes: Hashes) -> None:
        """Add all."""
        self._index.add(np.arange(len(hashes), dtype=np.uint64), hashes)

    def prepared(self, queries: Hashes) -> list[Hashes]:
        """Give arrays of one row."""
        return [queries[n : n + 1] for n in range(len(queries))]

    def ask(self, query: Hashes) -> Hits:
        """Search."""
        return self._index.search(query, RADIUS)

    def told(self, answer: Hits) -> Found:
        """Give ids and distances."""
        return list(zip(answer.ids.tolist(), answer.distances.tolist(), strict=True))

    def add(self, number: int, one: Hashes) -> None:
        """Add one, for every process to see."""
        self._index.add(np.array([number], np.uint64), one)


if __name__ == "__main__":
    serve(Ours(Path(sys.argv[1])))
