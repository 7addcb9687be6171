"""The Merkle tree of RFC 9162 §2.1 (the same as RFC 6962 §2.1): root, proofs, their verification, appending.

Leaves are leaf hashes (`entry.leaf_hash`), 32 bytes each. Everything streams: a proof over n leaves reads them once and keeps
O(log n) hashes; `Frontier` appends in O(log n) without reading any.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice

from forestall.model.errors import LedgerBroken

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 9162 §2.1.1)."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give an inner node's hash: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees that cover the first `size` leaves, largest first: enough to append and to give the root.

    Takes `hashes` of an earlier frontier of that size; raises LedgerBroken unless there is one hash per set bit of `size`.
    """

    __slots__ = ("_hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self._hashes = list(hashes)
        if len(self._hashes) != size.bit_count() or any(len(item) != HASH_BYTES for item in self._hashes):
            raise LedgerBroken(f"the frontier kept for {size} ledger entries does not fit that size")

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The subtree roots, largest subtree first."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash at position `size`."""
        hashes = self._hashes
        remaining = self.size
        while remaining & 1:
            leaf = hashlib.sha256(b"\x01" + hashes.pop() + leaf).digest()
            remaining >>= 1
        hashes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Give the root over the leaves so far."""
        if not self._hashes:
            return EMPTY_ROOT
        result = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            result = node_hash(left, result)
        return result

    def copy(self) -> "Frontier":
        """Give an independent frontier of the same leaves."""
        return Frontier(self.size, self._hashes)


def root(leaves: Iterable[bytes]) -> bytes:
    """Give the root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def inclusion(leaves: Iterable[bytes], index: int, size: int) -> tuple[bytes, ...]:
    """Give the inclusion path of leaf `index` in the tree of the first `size` leaves (RFC 9162 §2.1.3.1).

    Raises LedgerBroken where there are fewer leaves than `size`, ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    ranges: list[tuple[int, int]] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return _roots(leaves, ranges[::-1])


def consistency(leaves: Iterable[bytes], old: int, new: int) -> tuple[bytes, ...]:
    """Give the proof that the tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 9162 §2.1.4.1).

    Empty for `old` 0 and for `old == new`. Raises LedgerBroken where there are fewer leaves than `new`, ValueError unless
    0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves is no prefix of one of {new}")
    if old in (0, new):
        return ()
    ranges: list[tuple[int, int]] = []
    low, high = 0, new
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:  # the old tree's last perfect subtree; where it is the whole old tree the verifier has it as its root
        ranges.append((low, high))
    return _roots(leaves, ranges[::-1])


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Give the root that an inclusion path leads to (RFC 9162 §2.1.3.2); raises LedgerBroken where its length is wrong."""
    if not 0 <= index < size:
        raise LedgerBroken(f"entry {index} cannot be in a tree of {size} entries")
    node, last, result = index, size - 1, leaf
    for item in path:
        if last == 0:
            raise LedgerBroken(f"the inclusion path of entry {index} is too long")
        if node & 1 or node == last:
            result = node_hash(item, result)
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(result, item)
        node >>= 1
        last >>= 1
    if last:
        raise LedgerBroken(f"the inclusion path of entry {index} is too short")
    return result


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Tell whether a path proves that the leaf at `index` is under the root `expected` of a tree of `size` leaves."""
    try:
        return root_from_inclusion(leaf, index, size, path) == expected
    except LedgerBroken:
        return False


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether a path proves that the tree of `old` leaves is a prefix of that of `new` leaves (RFC 9162 §2.1.4.2)."""
    if old in (0, new):
        return not path and 0 <= old <= new and old_root == (new_root if old == new else EMPTY_ROOT)
    if not 0 < old < new:
        return False
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node >>= 1
        last >>= 1
    before = after = steps[0]
    for item in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before = node_hash(item, before)
            after = node_hash(item, after)
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            after = node_hash(after, item)
        node >>= 1
        last >>= 1
    return last == 0 and before == old_root and after == new_root


def _split(size: int) -> int:
    """Give the largest power of two below `size` (RFC 9162 §2.1.1, the k of a tree of `size` > 1 leaves)."""
    return 1 << (size - 1).bit_length() - 1


def _roots(leaves: Iterable[bytes], ranges: Sequence[tuple[int, int]]) -> tuple[bytes, ...]:
    """Give the root of each range of leaves, reading the leaves once. Ranges do not overlap."""
    found: dict[tuple[int, int], bytes] = {}
    source = iter(leaves)
    position = 0
    for low, high in sorted(ranges):
        frontier = Frontier()
        for leaf in islice(source, low - position, high - position):
            frontier.append(leaf)
        if frontier.size != high - low:
            raise LedgerBroken(f"the ledger ends before entry {high - 1}")
        position = high
        found[low, high] = frontier.root()
    return tuple(found[item] for item in ranges)
