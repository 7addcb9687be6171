"""Patterns: the forms of phrases, compiled into arrays for one walk over a text (`match_kernels`)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold import code_points


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Patterns in order, the tree of their letters, and the parts of phrases that each fills: `filled` says where in `parts_of` they begin.

    A part is twice its number, plus one where any ending may follow the pattern.
    """

    patterns: tuple[str, ...]
    tree: NDArray[np.int32] = field(repr=False)
    filled: NDArray[np.int32] = field(repr=False)
    parts_of: NDArray[np.int32] = field(repr=False)

    def without(self, parts: Collection[int]) -> "Patterns":
        """Give the same patterns, which fill none of these parts any more."""
        kept = ~np.isin(self.parts_of >> 1, list(parts))
        before = np.concatenate([[0], np.cumsum(kept)])
        return replace(self, filled=before[self.filled].astype(np.int32), parts_of=self.parts_of[kept])


def compiled(table: Mapping[str, Collection[int]]) -> Patterns:
    """Compile patterns with the parts that each fills, in a stable order."""
    kernels = _kernels()
    patterns = tuple(sorted(table))
    held = code_points("".join(patterns))
    starts = _counted(map(len, patterns), len(patterns))
    states = kernels.count_states(held, starts)
    tree = np.empty((3, states + 1), np.int32)
    kernels.plant(held, starts, np.empty((3, states), np.int32), tree)
    parts = [part for pattern in patterns for part in table[pattern]]
    filled = _counted((len(table[pattern]) for pattern in patterns), len(patterns))
    return Patterns(patterns, tree, filled, np.array(parts, np.int32))


def _counted(sizes: Iterable[int], count: int) -> NDArray[np.int32]:
    """Give where each of so many things begins that stand one after another, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.fromiter(sizes, np.int32, count))]).astype(np.int32)


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first tongue is compiled."""
    from forestall.detect.recruit import match_kernels  # noqa: PLC0415 - loading numba is dear

    return match_kernels
