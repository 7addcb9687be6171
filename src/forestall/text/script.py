"""Scripts: which writing systems a text uses, and by how many letters."""

from collections.abc import Mapping
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

SCRIPTS = (
    *(
        "none",
        "latin",
        "cyrillic",
        "greek",
        "arabic",
        "hebrew",
        "devanagari",
        "bengali",
        "han",
        "kana",
        "hangul",
        "thai",
    ),
    *("armenian", "georgian", "ethiopic", "tamil", "telugu", "kannada", "malayalam", "gujarati", "gurmukhi", "odia"),
    *("sinhala", "burmese", "khmer", "lao", "tibetan", "other"),
)
"""The scripts told apart; `none` is what is no letter, `other` a letter of any script not named."""

_BLOCKS = """
    0041-005a latin  0061-007a latin  00aa latin  00b5 greek  00ba latin  00c0-00d6 latin  00d8-00f6 latin  00f8-02af latin
    0370-0373 greek  0376-0377 greek  037b-037d greek  0386-03ff greek  0400-052f cyrillic  0531-0587 armenian
    05d0-05f2 hebrew  0620-064a arabic  066e-06d3 arabic  06ee-06ef arabic  06fa-06ff arabic  0750-077f arabic
    08a0-08c7 arabic  0900-0963 devanagari  0971-097f devanagari  0980-09e3 bengali  0a00-0a65 gurmukhi  0a70-0a76 gurmukhi
    0a80-0ae5 gujarati  0b00-0b65 odia  0b80-0be5 tamil  0c00-0c65 telugu  0c80-0ce5 kannada  0d00-0d65 malayalam
    0d80-0de5 sinhala  0e00-0e3a thai  0e40-0e4e thai  0e80-0ece lao  0f40-0fbc tibetan  1000-103f burmese
    10a0-10ff georgian  1100-11ff hangul  1200-135a ethiopic  13a0-13ff other  1780-17d3 khmer  1c80-1c8f cyrillic
    1c90-1cbf georgian  1e00-1eff latin  1f00-1fff greek  3041-30fa kana  3105-312f other  3131-318e hangul  31f0-31ff kana
    3400-4dbf han  4e00-9fff han  a000-a48c other  a500-a62b other  a640-a66e cyrillic  a680-a69b cyrillic
    a722-a788 latin  a78b-a7ca latin  a8e0-a8ff devanagari  ac00-d7a3 hangul  f900-faff han  fb1d-fb4f hebrew
    fb50-fdc7 arabic  fe70-fefc arabic  ff21-ff3a latin  ff41-ff5a latin  ff66-ff9d kana  ffa1-ffdc hangul
"""
"""Letters of the Basic Multilingual Plane: first and last code point, script."""


@cache
def script_table() -> NDArray[np.uint8]:
    """Give, for each code point below 65,536, the index of its script in `SCRIPTS`."""
    table = np.zeros(0x10000, np.uint8)
    words = _BLOCKS.split()
    for block, script in zip(words[::2], words[1::2], strict=True):
        first, _, last = block.partition("-")
        table[int(first, 16) : int(last or first, 16) + 1] = SCRIPTS.index(script)
    return table


def letters(text: str) -> Mapping[str, int]:
    """Count the letters of each script in a text; scripts without letters are absent. Marks and digits do not count."""
    if text.isascii():
        count = len(text) - len(text.translate(_ASCII_LETTERS))
        return {"latin": count} if count else {}
    counts = np.zeros(len(SCRIPTS), np.int64)
    _kernels().count_scripts(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32), script_table(), counts)
    return {SCRIPTS[index]: int(counts[index]) for index in counts.nonzero()[0] if index}


_ASCII_LETTERS = {code: None for code in range(128) if chr(code).isalpha()}


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first text needs them."""
    from forestall.text import language_kernels  # noqa: PLC0415 - loading numba is dear, and plain ASCII needs none

    return language_kernels
