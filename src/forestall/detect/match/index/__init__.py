"""Finding entries by their keys: all within a Hamming radius, or all equal. Exact, never approximate.

Up to 31 bits of 256, an entry is found through lists (multi-index hashing: Norouzi, Punjani, Fleet 2012) with a ring filter. A hash
is cut into 16 chunks of 16 bits, and per chunk all hashes are listed by that chunk's value, each with its *next* chunk beside it.
If two hashes differ in at most 31 bits, let b[t] be the differing bits in chunk t; the sum of (b[t] - 2) around the ring is
negative, so there is a t from which every running sum is negative (start after the last maximum): b[t] <= 1 and
b[t] + b[t+1] <= 3. So it is enough to walk, for each of the 16 chunks, the lists of the query's chunk and of its 16 one-bit
changes, and to compare in full only where the next chunk fits too. That is 272 short stretches of memory per query, and it
discards 99.7 % of the candidates without touching their hashes. Up to 15 bits the same with one less throughout: 16 stretches.
Beyond 31, and in few entries, everything is compared.

    open_index   open one, in a folder or in memory
    contract     what an index does
    keeping      how: adding, removing, searching, compacting; `memory` and `shared` say where entries are kept
    holding      what a process holds: tables, the newest entries, what was removed
    table        entries that no longer change, in one stretch of memory
    files, log   the files, and the log of what came since the tables were made
    join         many keys at once, on all processors
    kernels, joining, building, machine   the compiled loops
"""

from pathlib import Path

from forestall.detect.match.index.contract import Index
from forestall.detect.match.index.hits import Hits
from forestall.model.errors import StoreFailed

__all__ = ["Hits", "Index", "open_index"]


def open_index(folder: Path | None, size: int, *, near: bool) -> Index:
    """Open the index in a folder, which is made if need be, or one in memory.

    Takes:
        size: bytes of a key, 1 or more; 32 where nearness is asked for.
        near: whether keys are met by Hamming distance, or else only by equality.

    What is damaged, cut off or of another kind is discarded: the index is then empty and has no position.
    Raises StoreFailed where the folder cannot be used.
    """
    if size < 1 or (near and size != 32):
        raise ValueError(f"an index of keys of {size} bytes{' by nearness' if near else ''} is not possible")
    # Loading the compiled loops is dear, and whoever only asks for help opens no index.
    from forestall.detect.match.index.memory import MemoryIndex  # noqa: PLC0415
    from forestall.detect.match.index.shared import SharedIndex  # noqa: PLC0415

    if folder is None:
        return MemoryIndex(size, near=near)
    try:
        return SharedIndex(folder, size, near=near)
    except OSError as error:
        raise StoreFailed(
            f"the index in {folder} cannot be opened ({error.strerror})", "let it be written to"
        ) from error
