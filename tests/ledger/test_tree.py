"""The Merkle tree: published vectors of Certificate Transparency, and the laws of RFC 9162 §2.1."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.ledger.entry import leaf_hash
from forestall.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency,
    inclusion,
    node_hash,
    root,
    root_from_inclusion,
    verify_consistency,
    verify_inclusion,
)
from forestall.model.errors import LedgerBroken

ENTRIES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [bytes.fromhex(text) for text in (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
"""Entries and roots by size: the test data of the Certificate Transparency reference implementation."""

INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
"""Inclusion paths by leaf and size, from the same test data."""

CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
"""Consistency proofs by old and new size, from the same test data."""

BY_EXAMPLE = settings(max_examples=150, deadline=None, derandomize=True)
SIZES = st.integers(1, 130)


def leaves(size: int) -> list[bytes]:
    """Give that many different leaf hashes."""
    return [leaf_hash(b"%d" % number) for number in range(size)]


def defined_root(of: Sequence[bytes]) -> bytes:
    """Give the root as RFC 9162 §2.1.1 defines it, by recursion."""
    if not of:
        return hashlib.sha256(b"").digest()
    if len(of) == 1:
        return of[0]
    split = max(1 << power for power in range(len(of).bit_length()) if 1 << power < len(of))
    return node_hash(defined_root(of[:split]), defined_root(of[split:]))


def defined_inclusion(index: int, of: Sequence[bytes]) -> list[bytes]:
    """Give the inclusion path as RFC 9162 §2.1.3.1 defines it, by recursion."""
    if len(of) == 1:
        return []
    split = max(1 << power for power in range(len(of).bit_length()) if 1 << power < len(of))
    if index < split:
        return [*defined_inclusion(index, of[:split]), defined_root(of[split:])]
    return [*defined_inclusion(index - split, of[split:]), defined_root(of[:split])]


def defined_consistency(old: int, of: Sequence[bytes], known: bool = True) -> list[bytes]:
    """Give the consistency proof as RFC 9162 §2.1.4.1 defines it, by recursion; `known`: the verifier has this subtree's root."""
    if old == len(of):
        return [] if known else [defined_root(of)]
    split = max(1 << power for power in range(len(of).bit_length()) if 1 << power < len(of))
    if old <= split:
        return [*defined_consistency(old, of[:split], known), defined_root(of[split:])]
    return [*defined_consistency(old - split, of[split:], known=False), defined_root(of[:split])]


def damaged(path: Sequence[bytes]) -> list[list[bytes]]:
    """Give a path with an item added, and with each item dropped or changed in one bit."""
    wrong = [[*path, EMPTY_ROOT], [EMPTY_ROOT, *path]]
    for place, item in enumerate(path):
        flipped = bytes([item[0] ^ 1]) + item[1:]
        wrong += [[*path[:place], *path[place + 1 :]], [*path[:place], flipped, *path[place + 1 :]]]
    return wrong


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    """The roots of the published entries are the published ones."""
    assert root(LEAVES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_published_inclusion_paths(index: int, size: int) -> None:
    """The inclusion paths of the published entries are the published ones, and lead to the published root."""
    path = inclusion(LEAVES, index, size)
    assert [item.hex() for item in path] == INCLUSION[index, size]
    assert root_from_inclusion(LEAVES[index], index, size, path) == ROOTS[size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int) -> None:
    """The consistency proofs of the published entries are the published ones, and hold between the published roots."""
    path = consistency(LEAVES, old, new)
    assert [item.hex() for item in path] == CONSISTENCY[old, new]
    assert verify_consistency(old, new, ROOTS[old], ROOTS[new], path)


@BY_EXAMPLE
@given(st.integers(0, 130))
def test_the_root_is_the_defined_one(size: int) -> None:
    """Appending one by one gives the root that the standard defines by recursion."""
    assert root(leaves(size)) == defined_root(leaves(size))


@BY_EXAMPLE
@given(SIZES, st.data())
def test_inclusion_is_the_defined_path_and_proves(size: int, data: st.DataObject) -> None:
    """The streamed inclusion path is the one defined by recursion, and proves its leaf at its place and no other."""
    index = data.draw(st.integers(0, size - 1))
    of = leaves(size)
    path = inclusion(of, index, size)
    assert list(path) == defined_inclusion(index, of)
    assert verify_inclusion(of[index], index, size, path, root(of))
    other = data.draw(st.integers(0, size))
    assert verify_inclusion(of[index], other, size, path, root(of)) == (other == index)
    assert not verify_inclusion(leaf_hash(b"x"), index, size, path, root(of))


@BY_EXAMPLE
@given(SIZES, st.data())
def test_consistency_is_the_defined_proof_and_proves(size: int, data: st.DataObject) -> None:
    """The streamed consistency proof is the one defined by recursion, and holds between exactly these two roots."""
    old = data.draw(st.integers(1, size))
    of = leaves(size)
    path = consistency(of, old, size)
    assert list(path) == defined_consistency(old, of)
    assert verify_consistency(old, size, root(of[:old]), root(of), path)
    changed = [*of[: old - 1], leaf_hash(b"x"), *of[old:]]
    assert not verify_consistency(old, size, root(changed[:old]), root(of), path)
    assert not verify_consistency(old, size, root(of[:old]), root(changed), path)


@BY_EXAMPLE
@given(SIZES, st.data())
def test_a_damaged_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    """A proof with an item changed, dropped or added does not verify."""
    of = leaves(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    included = inclusion(of, index, size)
    assert not any(verify_inclusion(of[index], index, size, items, root(of)) for items in damaged(included))
    consistent = consistency(of, old, size)
    assert not any(verify_consistency(old, size, root(of[:old]), root(of), items) for items in damaged(consistent))


@BY_EXAMPLE
@given(st.integers(0, 300), st.integers(0, 300))
def test_a_frontier_goes_on_where_it_stopped(first: int, more: int) -> None:
    """A frontier written down and taken up again appends as if it had never stopped."""
    of = leaves(first + more)
    frontier = Frontier()
    for leaf in of[:first]:
        frontier.append(leaf)
    again = Frontier(frontier.size, frontier.hashes)
    for leaf in of[first:]:
        again.append(leaf)
    assert again.root() == root(of)
    assert frontier.size == first
    assert frontier.root() == root(of[:first])


@pytest.mark.parametrize(("size", "hashes"), [(3, [b"x" * 32]), (0, [b"x" * 32]), (2, [b"x" * 31]), (1, [])])
def test_a_frontier_of_another_size_is_refused(size: int, hashes: list[bytes]) -> None:
    """A frontier with the wrong number of hashes, or hashes of the wrong length, is refused."""
    with pytest.raises(LedgerBroken, match="does not fit"):
        Frontier(size, hashes)


def test_a_proof_needs_all_leaves() -> None:
    """A proof over more leaves than there are is refused and names where the ledger ends."""
    with pytest.raises(LedgerBroken, match="ends before entry"):
        inclusion(leaves(5), 0, 8)
    with pytest.raises(LedgerBroken, match="ends before entry"):
        consistency(leaves(5), 4, 8)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_no_proof_of_what_cannot_be(index: int, size: int) -> None:
    """There is no inclusion proof of a leaf outside the tree, nor does one verify."""
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion(leaves(4), index, size)
    assert not verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4)])
def test_no_consistency_with_the_past(old: int, new: int) -> None:
    """A longer or impossible log is no prefix: there is no proof, nor does one verify."""
    with pytest.raises(ValueError, match="no prefix"):
        consistency(leaves(5), old, new)
    assert not verify_consistency(old, new, ROOTS[5], ROOTS[4], [])


def test_the_empty_log_is_a_prefix_of_all() -> None:
    """The empty log is consistent with every log, by an empty proof and the root of nothing."""
    assert consistency(leaves(5), 0, 5) == ()
    assert verify_consistency(0, 5, EMPTY_ROOT, ROOTS[5], [])
    assert not verify_consistency(0, 5, ROOTS[1], ROOTS[5], [])
