"""Folded views of a reading, made once and shared by all who look."""

from forestall.model.reading import Reading
from forestall.text.fold import Folded, fold


def folded(reading: Reading, index: int) -> Folded:
    """Give the folded text of the segment at `index`; made once per reading."""
    key = f"folded:{index}"
    view: Folded | None = reading.memo.get(key)
    if view is None:
        view = reading.memo[key] = fold(reading.segments[index].text)
    return view
