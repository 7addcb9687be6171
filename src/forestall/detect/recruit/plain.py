"""Plain: a text with its disguised words written out, for n-grams to read.

Where words are leet, spaced out, stretched or cut by punctuation (`Folded.squeezed` marks them), they are replaced by what they read
as; all other words stay as they are. The squeezed reading is lossy (`l` reads `i`, doubled letters are single), so models learn words
both ways. Linear time.
"""

import re

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold import Folded, squeezed_patterns
from forestall.text.tables import CHANGED

_BETWEEN = re.compile(r"(?<=\w{4}) (?=\w{4})")
"""Spaces between words of four letters and more, which are lost where letters are spaced out."""


def undisguised(view: Folded) -> Folded | None:
    """Give the text with its disguised words written out, whose `span` gives offsets into `view`; None where there are none."""
    squeezed = view.squeezed
    if squeezed is None:
        return None
    marked = np.concatenate([[False], (squeezed.marks & CHANGED) != 0, [False]])
    edges = np.flatnonzero(marked[1:] != marked[:-1]).tolist()
    if not edges:
        return None
    starts = squeezed.starts
    pieces: list[str] = []
    offsets: list[NDArray[np.int32]] = []
    at = 0
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        begin = int(starts[first])
        end = int(starts[last]) if last < len(starts) else len(view.text)
        pieces += [view.text[at:begin], squeezed.text[first:last]]
        offsets += [np.arange(at, begin, dtype=np.int32), starts[first:last]]
        at = end
    pieces.append(view.text[at:])
    offsets.append(np.arange(at, len(view.text) + 1, dtype=np.int32))
    return Folded("".join(pieces), len(view.text), np.concatenate(offsets), None)


def all_disguised(view: Folded, *, glued: bool) -> Folded:
    """Give the text as it read if every word of it were disguised; `glued`, long words without the space between them, as spaced ones."""
    text = squeezed_patterns([view.text])[0]
    if glued:
        text = _BETWEEN.sub("", text)
    return Folded(text, len(text))
