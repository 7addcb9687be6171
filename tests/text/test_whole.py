"""Reading a post whole gives, part by part, what reading it step by step gives."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.text.fold import fold
from forestall.text.ngrams import BUCKETS, Linear, Mask
from forestall.text.sketch import sketch, words
from forestall.text.terms import Terms
from forestall.text.whole import Reader, Whole

TERMS = Terms(["join us", "join", "harbour", "الميناء", "7abibi", "us"])
MODEL = Linear(
    np.random.default_rng(2).standard_normal(BUCKETS).astype(np.float32),
    0.5,
    scale=2.0,
    mask=Mask(["Orvans", "join the tidefolk"]),
)
READERS = (Reader(TERMS, MODEL), Reader(TERMS), Reader(linear=MODEL), Reader())
MIXED = st.lists(
    st.sampled_from(
        [
            "Join",
            "us",
            "j o i n",
            "jоin",
            "ﷺ",
            "الميناء",
            "7abibi",
            "Orvans",
            "join the tidefolk",
            "天地",
            "1️⃣",
            "soooo",
            "\n",
            "!",
        ]
    ),
    max_size=40,
).map(" ".join)


def check(text: str, reader: Reader) -> Whole:
    """Compare a reading with its parts."""
    whole, folded = reader.read(text), fold(text)
    assert whole.folded.text == folded.text
    size = len(folded.text)
    ends = range(size + 1) if size < 300 else (0, 1, size // 2, size)
    assert [whole.folded.span(0, end) for end in ends] == [folded.span(0, end) for end in ends]
    assert [whole.folded.span(end, size) for end in ends] == [folded.span(end, size) for end in ends]
    one, other = whole.folded.squeezed, folded.squeezed
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.text == other.text
        assert np.array_equal(one.starts, other.starts)
        assert np.array_equal(one.marks, other.marks)
    found = words(folded)
    assert np.array_equal(whole.words.hashes, found.hashes)
    assert [whole.words.span(n, n + 1) for n in range(len(found))][:50] == [
        found.span(n, n + 1) for n in range(len(found))
    ][:50]
    assert whole.sketch == sketch(found)
    assert list(whole.terms) == (list(reader.terms.find(folded)) if reader.terms is not None else [])
    assert whole.score == pytest.approx(reader.linear.score(folded) if reader.linear is not None else 0.0, abs=1e-12)
    return whole


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.one_of(MIXED, st.text(max_size=80)), st.sampled_from(READERS))
def test_the_whole_is_its_parts(text: str, reader: Reader) -> None:
    """Folded text, offsets, second view, terms, score, words and sketch equal those made one by one."""
    check(text, reader)


@pytest.mark.parametrize("text", ["ﷺ" * 3_000, "join us " * 20_000, "天" * 70_000, "a" * 200_000, " " * 100_000])
def test_room_is_made_for_any_text(text: str) -> None:
    """Ligatures that grow, very many terms and very long texts are read in full, and what is read after them too."""
    for reader in READERS[:2]:
        check(text, reader)
        check("Join us at the harbour", reader)


def test_a_reading_does_not_change_later() -> None:
    """What was given stays as it is when the same reader reads on."""
    reader = READERS[0]
    first = reader.read("Jоin us at the h a r b o u r")
    kept = (first.folded.text, first.folded.span(5, 9), first.words.hashes.tolist(), list(first.terms), first.sketch)
    reader.read("something else altogether, and longer than the first one was " * 5)
    assert kept == (
        first.folded.text,
        first.folded.span(5, 9),
        first.words.hashes.tolist(),
        list(first.terms),
        first.sketch,
    )


def test_threads_do_not_disturb_each_other() -> None:
    """One reader serves several threads at once."""
    texts = [f"join us {n} at the harbour " * (n % 7 + 1) for n in range(200)]
    expected = [READERS[0].read(text).score for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert [whole.score for whole in pool.map(READERS[0].read, texts)] == expected
