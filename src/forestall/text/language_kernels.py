"""The inner loops of language identification. Imported when the first text is identified."""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import math

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import kernel


@kernel
def count_scripts(codes: NDArray[np.int32], table: NDArray[np.uint8], counts: NDArray[np.int64]) -> None:
    """Add to `counts`, per script index of `table`, the letters among the code points; those above the table are 0."""
    for code in codes:
        if code < len(table):
            counts[table[code]] += 1


@kernel
def score(
    text: NDArray[np.uint8],
    moves: NDArray[np.uint32],
    rows: NDArray[np.int32],
    features: NDArray[np.int32],
    penalties: NDArray[np.uint8],
    seen: NDArray[np.int32],
    order: NDArray[np.int32],
    scores: NDArray[np.float32],
) -> int:
    """Walk the automaton over UTF-8 bytes and subtract each feature's penalty per language from `scores`.

    `seen` (all zero, one per feature) and `order` (as long as the text) are scratch; `seen` is zero again afterwards.
    Repeated features count by the logarithm of one plus their number. Gives the number of distinct features.
    """
    state, count = 0, 0
    for byte in text:
        state = moves[rows[state] + byte]
        feature = features[state]
        if feature >= 0:
            if seen[feature] == 0:
                order[count] = feature
                count += 1
            seen[feature] += 1
    for k in range(count):
        feature = order[k]
        weight = np.float32(math.log1p(seen[feature]))
        seen[feature] = 0
        for language in range(len(scores)):
            scores[language] -= weight * penalties[feature, language]
    return count
