"""The inner loops of language identification. Imported when the first text is identified."""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import kernel, lean

Codes = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Moves = NDArray[np.uint32] | NDArray[np.uint64]

WALKS = 4
"""Stretches of a text that are walked side by side: a step waits for memory, and four wait no longer than one."""
LONGEST = 6
"""Bytes of the model's longest feature: from the root of its automaton, so many bytes lead to the state that the whole text leads to."""
KEY, COUNT, ORDER = range(3)
"""Columns of the table of features met: the feature, plus one, of a free row 0; how often it was met; and, from the first row on, the rows
in the order in which they were taken."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_SMALLEST = 256


@lean
def shelf_size(size: int) -> int:
    """Give how many rows the table of features takes for a text of so many bytes."""
    rows = _SMALLEST
    while rows < 2 * size:
        rows *= 2
    return rows


@kernel
def count_scripts(codes: NDArray[np.int32], table: NDArray[np.uint8], counts: NDArray[np.int64]) -> None:
    """Add to `counts`, per script index of `table`, the letters among the code points; those above the table are 0."""
    for code in codes:
        if code < len(table):
            counts[table[code]] += 1


@lean
def most_letters(codes: Codes, table: Bytes, counts: NDArray[np.int64]) -> int:
    """Write the letters of each script to `counts`; give the script with most, the first of several, or 0 where there are none."""
    for script in range(len(counts)):
        counts[script] = 0
    for code in codes:
        if code < len(table):
            counts[table[code]] += 1
    counts[0] = 0
    main = 0
    for script in range(1, len(counts)):
        if counts[script] > counts[main]:
            main = script
    return main


@lean
def ascii_letters(text: Bytes) -> int:
    """Count the letters of a text in ASCII."""
    count = 0
    for byte in text:
        count += 97 <= byte | 32 <= 122
    return count


@lean
def choose(
    text: Bytes,
    moves: Moves,
    root: int,
    features: int,
    penalties: NDArray[np.uint8],
    start: NDArray[np.float32],
    weights: NDArray[np.float32],
    favoured: NDArray[np.float32],
    step: float,
    met: Codes,
    shelf: Codes,
    scores: NDArray[np.float32],
) -> tuple[int, float]:
    """Give the likeliest language for a text in UTF-8 (its column, and how likely it is); 0.0 where the text has no features.

    `moves` has 256 entries per row of the automaton, of which `root` is the first: the next row times `features`, plus the feature met
    there plus one, or 0 for none. `penalties` has a row per feature and a column per language, `start` what each language begins with;
    `weights` says for how often a feature was met what it counts; `favoured` is added in the end, in natural logarithms, of which the
    others are `step` each.
    `met` (a row for each byte), `shelf` (`shelf_size` rows of three; all 0, and keys again afterwards) and `scores` are scratch.
    """
    _walk(text, moves, root, features, met)
    count = _gather(met[: len(text)], shelf)
    if count == 0:
        return 0, 0.0
    size = len(scores)
    for column in range(size):
        scores[column] = start[column]
    for k in range(count):
        row = shelf[k, ORDER]
        feature, weight = shelf[row, KEY] - 1, weights[shelf[row, COUNT]]
        shelf[row, KEY] = 0
        for column in range(size):
            scores[column] -= weight * penalties[feature, column]
    best = 0
    for column in range(size):
        scores[column] = scores[column] * np.float32(step) + favoured[column]
        if scores[column] > scores[best]:
            best = column
    total, root = 0.0, np.sqrt(len(text))
    for column in range(size):
        total += np.exp((scores[column] - scores[best]) / root)
    return best, 1.0 / total


@lean
def _walk(text: Bytes, moves: Moves, root: int, features: int, met: Codes) -> None:
    """Write for each byte the feature met there, plus one, 0 for none."""
    size, quarter, a = len(text), len(text) // WALKS, root
    if quarter < LONGEST:
        for k in range(size):
            a = _move(text, k, a, moves, features, met)
        return
    b, c, d = root, root, root
    # All but the first begin early, so that they are on the way that the whole text leads to when their stretch begins.
    for k in range(-LONGEST, 0):
        b = _move(text, quarter + k, b, moves, features, met)
        c = _move(text, 2 * quarter + k, c, moves, features, met)
        d = _move(text, 3 * quarter + k, d, moves, features, met)
    for k in range(quarter):
        a = _move(text, k, a, moves, features, met)
        b = _move(text, quarter + k, b, moves, features, met)
        c = _move(text, 2 * quarter + k, c, moves, features, met)
        d = _move(text, 3 * quarter + k, d, moves, features, met)
    for k in range(4 * quarter, size):
        d = _move(text, k, d, moves, features, met)


@lean
def _move(text: Bytes, at: int, row: int, moves: Moves, features: int, met: Codes) -> int:
    """Take one step and write what is met there; give the row it leads to."""
    packed = np.int64(moves[row * 256 + text[at]])
    after = packed // features
    met[at] = packed - after * features
    return int(after)


@lean
def _gather(met: Codes, shelf: Codes) -> int:
    """Count how often each feature was met, in the order in which they were met first; give how many there are."""
    count, most = 0, shelf_size(len(met)) - 1
    for one in met:
        if one > 0:
            row = np.int64((np.uint64(one) * _SPREAD) >> _HALF) & most
            while shelf[row, KEY] != 0 and shelf[row, KEY] != one:
                row = (row + 1) & most
            if shelf[row, KEY] == 0:
                shelf[row, KEY], shelf[row, COUNT], shelf[count, ORDER] = one, 0, row
                count += 1
            shelf[row, COUNT] += 1
    return count


@lean
def count_words(
    text: Bytes, longest: int, table: NDArray[np.uint64], groups: Bytes, rows: Codes, counts: NDArray[np.int64]
) -> None:
    """Count the words of a text in UTF-8: runs of ASCII letters, digits and apostrophes, cut after `longest` of them.

    `table` is a hash table of word hashes (`word_hash`), 0 for a free row; `groups` says in bits which groups each belongs to. All
    words come to `counts[0]`; of the group with bit n those in it to `counts[1 + 2 n]`, the different ones among them to the next.
    `rows` is scratch, a row for each byte.
    """
    counts[:] = 0
    at, size, found, most = 0, len(text), 0, len(table) - 1
    while at < size:
        start, mixed = at, _BASIS
        while at < size and at - start < longest:
            byte = _lower(text[at])
            if byte == 0:
                break
            mixed = (mixed ^ np.uint64(byte)) * _PRIME
            at += 1
        if at == start:
            at += 1
            continue
        counts[0] += 1
        row = np.int64(mixed >> _HALF) & most
        while table[row] != 0 and table[row] != mixed:
            row = (row + 1) & most
        if table[row] == mixed:
            rows[found] = row
            found += 1
    for k in range(found):
        first = True
        for before in range(k):
            first = first and rows[before] != rows[k]
        for group in range((len(counts) - 1) // 2):
            if groups[rows[k]] >> group & 1:
                counts[1 + 2 * group] += 1
                counts[2 + 2 * group] += first


@lean
def word_hash(word: Bytes) -> np.uint64:
    """Give the hash of a word."""
    mixed = _BASIS
    for byte in word:
        mixed = (mixed ^ np.uint64(byte)) * _PRIME
    return mixed


@lean
def _lower(byte: int) -> int:
    """Give a letter, digit or apostrophe in lower case, 0 for any other byte."""
    if 97 <= byte <= 122 or 48 <= byte <= 57 or byte == 39:
        return int(byte)
    return byte + 32 if 65 <= byte <= 90 else 0
