"""No text makes reading slower than linear: steps are counted, not timed."""

from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest

from forestall.text.fold import code_points
from forestall.text.ngrams import BUCKETS
from forestall.text.sketch import BYTES
from forestall.text.tables import tables
from forestall.text.terms import built
from tests.text.twin import steps, twins

PHRASES = ("a a a a a a a b", "a.a.a.a.a.a.a.b", "क्क", "join", "1 1 1 1 1 1 1 2", "orvan orvan")
FAMILIES = {
    "all spaces": " ",
    "line ends": "\n \n",
    "one long word": "a",
    "alternating accents": "a\u0301\u0323",
    "vowel signs": "ক\u09be\u09bc",
    "viramas": "क्",
    "spaced letters": "a b c ",
    "spaced digits": "1 2 3 ",
    "spaced letters, two signs": "a. b- ",
    "nested quotes": "\"'«“",
    "brackets": "((a",
    "repeated beginnings of terms": "a ",
    "repeated beginnings with stops": "a.",
    "hyphens": "ab-",
    "slashes": "a.b/",
    "numbers": "1,",
    "numbers apart": "1 ",
    "handles": "@a",
    "addresses": "a@a.",
    "schemes": "http://",
    "schemes, apart": "http:// ",
    "www": "www.",
    "zero width": "\u200b\u202e",
    "zero width inside": "a\u200b",
    "regional letters": "🇦",
    "ligatures": "ﷺ",
    "look-alikes": "аo ",
    "words of look-alikes": "осе ",
    "leet": "a1$!",
    "stretched": "aaab ",
    "hashtags": "#a1",
    "masked": "orvan ",
    "letters that are words": "天",
}
LENGTHS = (150, 300, 600)
MOST_STEPS = 400
"""Lines of the loops run per folded character: more than any family needs, and twice what the dearest does."""


@pytest.fixture(scope="module")
def kernels() -> dict[str, ModuleType]:
    """Give the kernels as plain Python."""
    return twins()


def cost(kernels: dict[str, ModuleType], text: str) -> tuple[int, int]:
    """Give the steps of reading a text whole, and its folded characters."""
    whole, table, codes = kernels["whole"], tables(), code_points(text)
    room = len(codes) * 20 + 64
    facts = np.zeros(whole.FACTS + BYTES, np.int32)
    given = (
        *(codes, table.page, table.entry, table.spread, table.leet),
        *(*built(PHRASES), len(PHRASES) - 1, np.ones(BUCKETS, np.float32)),
        *(np.zeros((whole.ROWS, room + 1), np.int32), np.zeros((2, room), np.uint64), np.zeros((room, 3), np.int32)),
        *(np.zeros(BUCKETS // 64, np.uint64), np.zeros(BUCKETS + 1, np.uint32), facts, np.zeros(BYTES, np.uint8)),
    )
    return steps(whole.read, *given), max(len(codes), int(facts[whole.FOLDED]))


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_grow_with_the_length_only(kernels: dict[str, ModuleType], family: str) -> None:
    """Twice the text takes at most some twice the steps, and every character a bounded number of them."""
    part = FAMILIES[family]
    counts = [cost(kernels, (part * length)[:length]) for length in LENGTHS]
    for (fewer, _), (more, size) in pairwise(counts):
        assert more <= 2.2 * fewer + 200, f"{family}: {counts}"
        assert more <= MOST_STEPS * size + 5_000, f"{family}: {counts}"


def test_the_count_would_notice(kernels: dict[str, ModuleType]) -> None:
    """A loop that looks at everything again for every character fails the same comparison."""
    find, table = kernels["terms"].find, tables()
    counts = []
    for length in LENGTHS:
        codes = code_points("a " * length)
        words, hashes = np.zeros((3, length), np.int32), np.zeros((2, length), np.uint64)
        with np.errstate(over="ignore"):
            count = kernels["terms"].split(codes, table.page, table.entry, words, hashes)
        given = (*built(PHRASES), np.zeros((0, 3), np.int32))
        counts.append(sum(steps(find, codes, words, hashes, min(n, count), *given) for n in range(0, length, 8)))
    assert counts[1] > 2.2 * counts[0] + 200
