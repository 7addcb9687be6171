"""Others' indexes behind the loop of `serve.py`; runs in an environment of its own (README.md).

.peers/bin/python benchmarks/peers/worker.py multihash|flat|pdqindex
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.peers.serve import Found, Hashes, serve

RADIUS = 31


class Faiss:
    """FAISS' indexes of binary vectors, one thread."""

    def __init__(self, kind: str) -> None:
        import faiss  # type: ignore[import-not-found]  # noqa: PLC0415 - only the peers' environment has it

        faiss.omp_set_num_threads(1)
        if kind == "flat":
            self._index = faiss.IndexBinaryFlat(256)
        else:
            self._index = faiss.IndexBinaryMultiHash(256, 16, 16)
            self._index.nflip = 1

    def build(self, hashes: Hashes) -> None:
        """Add all."""
        self._index.add(hashes)

    def prepared(self, queries: Hashes) -> list[Hashes]:
        """Give arrays of one row."""
        return [queries[n : n + 1] for n in range(len(queries))]

    def ask(self, query: Hashes) -> Any:
        """Search; FAISS means nearer than the radius it is given."""
        return self._index.range_search(query, RADIUS + 1)

    def told(self, answer: Any) -> Found:
        """Give ids and distances."""
        _, distances, ids = answer
        return [(int(number), int(apart)) for number, apart in zip(ids, distances, strict=True)]

    def add(self, number: int, one: Hashes) -> None:  # noqa: ARG002 - the seam all share
        """Add one; its id is its row."""
        self._index.add(one)


class PdqIndex:
    """The index that python-threatexchange uses for PDQ by default."""

    def __init__(self) -> None:
        from threatexchange.signal_type.pdq import pdq_index  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

        self._kind = pdq_index.PDQIndex
        self._index: Any = None

    def build(self, hashes: Hashes) -> None:
        """Build from hex and ids."""
        self._index = self._kind.build((one.tobytes().hex(), n) for n, one in enumerate(hashes))

    def prepared(self, queries: Hashes) -> list[str]:
        """Give hex."""
        return [query.tobytes().hex() for query in queries]

    def ask(self, query: str) -> Any:
        """Search."""
        return self._index.query(query)

    def told(self, answer: Any) -> Found:
        """Give ids and distances."""
        return [(match.metadata, int(match.similarity_info.distance)) for match in answer]

    def add(self, number: int, one: Hashes) -> None:
        """Add one."""
        self._index.add(one.tobytes().hex(), number)


def main() -> None:
    """Serve the index that is named."""
    np.seterr(all="ignore")
    serve(PdqIndex() if sys.argv[1] == "pdqindex" else Faiss(sys.argv[1]))


if __name__ == "__main__":
    main()
