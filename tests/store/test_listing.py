"""How listings of signals find what begins so, and who has an opinion."""

from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.model.bank import Opinion
from forestall.store.cursor import behind
from forestall.store.rows import SIGNAL, source_mark
from tests.store.samples import signal

NEAR = st.text(st.sampled_from("aAb\0\ud7ff\ue000\U0010fffe\U0010ffff"), max_size=4)
"""Short texts of characters where orders go wrong."""

NAMES = st.text(st.sampled_from('a",\\]\u00e9\n'), max_size=4)
"""Short names of characters that could end one JSON string and begin another."""


@settings(derandomize=True, max_examples=400)
@given(NEAR, NEAR)
def test_a_range_holds_exactly_what_begins_so(text: str, prefix: str) -> None:
    """A text begins with a prefix exactly where it lies between the prefix and what is first behind all such texts."""
    end = behind(prefix)
    assert text.startswith(prefix) == (prefix <= text and (not end or text < end))
    assert end.encode().decode() == end


@settings(derandomize=True, max_examples=400)
@given(st.lists(NAMES, max_size=4), NAMES)
def test_a_source_is_found_where_it_stands_only(names: list[str], asked: str) -> None:
    """The mark of a source is in the row of a signal exactly where that very source has an opinion on it."""
    row = SIGNAL.row(signal("b", opinions=tuple(Opinion(name) for name in names)))
    assert (source_mark(asked) in row[SIGNAL.columns.index("sources")]) == (asked in names)
