"""The inner loops of matching: from a folded text to the cues whose phrases stand in it.

Patterns are a tree of letters in one hash table (`plant`): a row of `steps` is a state, a code point and the state it leads to, 21 bits
each; 0 is a free row, and state 0 the root, to which nothing leads. `ends` says of each state which pattern ends there. A pattern
begins only where a word does (or where one may, see `_plain_pieces` and `_hidden_pieces`), so the tree is entered once a word and
seldom followed far. No pattern is long, so time is linear in the text.
"""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold_kernels import LOW_LINE, NEWLINE, SPACE, Bytes, Codes
from forestall.text.kernel import lean
from forestall.text.tables import CHANGED, LOOSE

Steps = NDArray[np.uint64]

PATTERN, FROM, TO, CLOSED = range(4)
"""Columns of pieces: which pattern, its offsets in the folded text, whether it ends where the word does."""
CUE, PART, PARTS, TIGHT = range(4)
"""Columns of the parts of phrases, which stand one after another: their cue's number, which part of how many, and whether it follows the
one before as the next word."""
FIRST, LAST, HIDDEN, WHOLE = range(1, 5)
"""Columns of what is found, behind `CUE`: folded offsets, whether the words were obfuscated, whether they stand together."""
MOST_STATES = 1 << 21

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HALF, _BITS, _ONE = np.uint64(32), np.uint64(21), np.uint64(1)
_LOW = np.uint64(MOST_STATES - 1)
_HAMZA, _YEH = 0x0621, 0x064A
"""The first and the last Arabic letter."""
_LONGEST_PROCLITIC = 4
_LONGEST_ENCLITIC = 2
_SHORTEST_STEM = 4
"""Fewest letters of a pattern that may be followed by what Arabic writes together with it."""
_LONGEST_ENDING = 8
"""Most letters that may follow a pattern with an open end."""
_SHORTEST_INSIDE = 5
"""Fewest letters of a match that may begin or end inside words glued together; shorter ones stand there by chance."""
_NOWHERE = -1


@lean
def count_states(held: Codes, starts: Codes) -> int:
    """Give how many states the tree of sorted patterns has, the root included; `starts` says where in `held` each begins, and the end."""
    states = 1
    for number in range(len(starts) - 1):
        states += starts[number + 1] - starts[number] - _shared(held, starts, number)
    return states


@lean
def plant(held: Codes, starts: Codes, path: Codes, steps: Steps, ends: Codes) -> None:
    """Build the tree of sorted patterns. `path` is scratch, as long as the longest.

    `steps` comes all 0, a power of two long and at most half full, `ends` all -1, a row for each state.
    """
    states = 0
    for number in range(len(starts) - 1):
        shared = _shared(held, starts, number)
        state = path[shared - 1] if shared > 0 else 0
        for k in range(shared, starts[number + 1] - starts[number]):
            states += 1
            _put(state, held[starts[number] + k], states, steps)
            path[k] = state = states
        ends[state] = number


@lean
def _shared(held: Codes, starts: Codes, number: int) -> int:
    """Give how many letters a pattern begins with that the one before it begins with too."""
    if number == 0:
        return 0
    before, at, k = starts[number - 1], starts[number], 0
    while before + k < at and at + k < starts[number + 1] and held[before + k] == held[at + k]:
        k += 1
    return k


@lean
def _put(state: int, code: int, child: int, steps: Steps) -> None:
    """Write a step of the tree."""
    key = (np.uint64(state) << _BITS) | np.uint64(code)
    most = np.uint64(len(steps) - 1)
    at = ((key * _GOLDEN) >> _HALF) & most
    while steps[at] != 0:
        at = (at + _ONE) & most
    steps[at] = (key << _BITS) | np.uint64(child)


@lean
def _step(state: int, code: int, steps: Steps) -> int:
    """Give the state that a letter leads to, 0 where no pattern goes on like that."""
    key = (np.uint64(state) << _BITS) | np.uint64(code)
    most = np.uint64(len(steps) - 1)
    at = ((key * _GOLDEN) >> _HALF) & most
    while True:
        row = steps[at]
        if row == 0:
            return 0
        if row >> _BITS == key:
            return int(np.int64(row & _LOW))
        at = (at + _ONE) & most


@lean
def match(
    codes: Codes,
    hidden: Codes,
    origins: Codes,
    marks: Codes,
    in_word: Bytes,
    steps: Steps,
    ends: Codes,
    filled: Codes,
    parts_of: Codes,
    hidden_steps: Steps,
    hidden_ends: Codes,
    hidden_filled: Codes,
    hidden_parts_of: Codes,
    parts: Codes,
    joined: Codes,
    gaps: Codes,
    begun: Codes,
    pieces: Codes,
    found: Codes,
) -> int:
    """Write the cues of one tongue in a folded text, in the order in which they end; give how many, or minus the rows that were missing.

    `hidden`, `origins`, `marks` are the squeezed view, empty where there is none. `parts` are the parts of phrases; `filled` says for each
    pattern where in `parts_of` the parts begin that it fills, each as twice its number, plus one where its end is open. `joined` are
    what Arabic writes together with the word behind and the one before (none for other tongues), `gaps` the most characters between two
    parts that follow as the next word, and otherwise. `begun` and `pieces` are scratch: a row for each part, and two tables.
    """
    room = len(pieces) // 2
    plain = _plain_pieces(codes, in_word, steps, ends, joined, pieces[:room])
    veiled = 0
    if len(hidden):
        veiled = _hidden_pieces(hidden, origins, marks, in_word, hidden_steps, hidden_ends, joined, pieces[room:])
    if max(plain, veiled) > room:
        return -max(plain, veiled)
    for part in range(len(parts)):
        begun[part, 1] = _NOWHERE
    number, i, k = 0, 0, 0
    while i < plain or k < veiled:
        # Of what ends at the same place, words in clear come first.
        if k == veiled or (i < plain and pieces[i, TO] <= pieces[room + k, TO]):
            number = _fill(pieces[i], 0, filled, parts_of, parts, gaps, begun, found, number)
            i += 1
        else:
            number = _fill(
                pieces[room + k], 1, hidden_filled, hidden_parts_of, parts, gaps, begun, found, number
            )
            k += 1
    return number if number <= len(found) else -number


@lean
def _plain_pieces(codes: Codes, in_word: Bytes, steps: Steps, ends: Codes, joined: Codes, pieces: Codes) -> int:
    """Write the patterns that stand in a text as words, by where they end, then where they begin; give how many there are."""
    size, number = len(codes), 0
    for start in range(size):
        inside = start > 0 and in_word[codes[start - 1]] and in_word[codes[start]]
        if inside and not _after_proclitic(codes, start, in_word, joined):
            continue
        state = 0
        for at in range(start, size):
            state = _step(state, _read(codes[at]), steps)
            if state == 0:
                break
            pattern = ends[state]
            if pattern == _NOWHERE:
                continue
            end = at + 1
            closed = end == size or not in_word[codes[end]] or not in_word[codes[at]]
            closed = closed or _before_enclitic(codes, start, end, in_word, joined)
            if closed or _word_ends(codes, end, in_word):
                number = _keep(pattern, start, end, closed, pieces, number)
    return number


@lean
def _hidden_pieces(
    codes: Codes,
    origins: Codes,
    marks: Codes,
    in_word: Bytes,
    steps: Steps,
    ends: Codes,
    joined: Codes,
    pieces: Codes,
) -> int:
    """Write the patterns that stand in obfuscated words, with offsets into the folded text, in the same order; give how many there are."""
    size, number = len(codes), 0
    for start in range(size):
        inside = start > 0 and in_word[codes[start - 1]] != 0
        loose = marks[start] & LOOSE != 0
        inside = inside and not _after_proclitic(codes, start, in_word, joined)
        if inside and not loose:
            continue
        state, changed = 0, False
        for at in range(start, size):
            state = _step(state, codes[at], steps)
            if state == 0:
                break
            changed = changed or marks[at] & CHANGED != 0
            pattern, end = ends[state], at + 1
            if pattern == _NOWHERE or not changed:
                continue
            glued = end - start >= _SHORTEST_INSIDE
            if inside and not glued:
                continue
            closed = end == size or not in_word[codes[end]] or (glued and marks[end] & LOOSE != 0)
            closed = closed or _before_enclitic(codes, start, end, in_word, joined)
            if closed or _word_ends(codes, end, in_word):
                number = _keep(pattern, origins[start], origins[at] + 1, closed, pieces, number)
    return number


@lean
def _read(code: int) -> int:
    """Give what a pattern has where a text has this: a line end or a low line is a blank."""
    return SPACE if code in (NEWLINE, LOW_LINE) else code


@lean
def _keep(pattern: int, start: int, end: int, closed: bool, pieces: Codes, number: int) -> int:
    """Put a piece behind those that do not end later; give how many there are. It moves no further than a pattern is long."""
    if number < len(pieces):
        at = number
        while at > 0 and pieces[at - 1, TO] > end:
            for column in range(CLOSED + 1):
                pieces[at, column] = pieces[at - 1, column]
            at -= 1
        pieces[at, PATTERN], pieces[at, FROM], pieces[at, TO], pieces[at, CLOSED] = pattern, start, end, closed
    return number + 1


@lean
def _after_proclitic(codes: Codes, start: int, in_word: Bytes, joined: Codes) -> bool:
    """True where what stands before in the same word is only written together with it in Arabic."""
    if len(joined) == 0 or not _HAMZA <= codes[start] <= _YEH:
        return False
    first = start
    while first > 0 and start - first <= _LONGEST_PROCLITIC and in_word[codes[first - 1]]:
        first -= 1
    return start - first <= _LONGEST_PROCLITIC and _is_joined(codes, first, start, joined[0])


@lean
def _before_enclitic(codes: Codes, start: int, end: int, in_word: Bytes, joined: Codes) -> bool:
    """True where what follows in the same word is only written together with it in Arabic."""
    if len(joined) == 0 or end - start < _SHORTEST_STEM or not _HAMZA <= codes[end - 1] <= _YEH:
        return False
    last = end
    while last < len(codes) and last - end <= _LONGEST_ENCLITIC and in_word[codes[last]]:
        last += 1
    return last - end <= _LONGEST_ENCLITIC and _is_joined(codes, end, last, joined[1])


@lean
def _is_joined(codes: Codes, first: int, last: int, packed: Codes) -> bool:
    """True where the letters from `first` to `last` are among those packed."""
    key = pack(codes, first, last)
    for one in packed:
        if one == key:
            return key > 0
    return False


@lean
def pack(codes: Codes, first: int, last: int) -> int:
    """Give up to four Arabic letters as one number, 0 where there is another or none."""
    key = 0
    for at in range(first, last):
        if not _HAMZA <= codes[at] <= _YEH:
            return 0
        key = key << 7 | (codes[at] - _HAMZA + 1)
    return key


@lean
def _word_ends(codes: Codes, end: int, in_word: Bytes) -> bool:
    """True where the word ends within the longest ending."""
    at = end
    while at < len(codes) and in_word[codes[at]]:
        if at - end == _LONGEST_ENDING:
            return False
        at += 1
    return True


@lean
def _fill(
    piece: Codes,
    veiled: int,
    filled: Codes,
    parts_of: Codes,
    parts: Codes,
    gaps: Codes,
    begun: Codes,
    found: Codes,
    number: int,
) -> int:
    """Put a piece into each part of a phrase that it fills, and write the cues of those it completes; give how many are written."""
    start, end = piece[FROM], piece[TO]
    for row in range(filled[piece[PATTERN]], filled[piece[PATTERN] + 1]):
        if not piece[CLOSED] and parts_of[row] & 1 == 0:
            continue
        part = parts_of[row] >> 1
        first, covered = start, veiled
        if parts[part, PART] > 0:
            before = begun[part - 1]
            if before[1] == _NOWHERE or not 0 <= start - before[1] <= gaps[1 - parts[part, TIGHT]]:
                continue
            first, covered = before[0], veiled | before[2]
        if parts[part, PART] + 1 < parts[part, PARTS]:
            begun[part, 0], begun[part, 1], begun[part, 2] = first, end, covered
            continue
        if number < len(found):
            found[number, CUE], found[number, FIRST], found[number, LAST] = parts[part, CUE], first, end
            found[number, HIDDEN], found[number, WHOLE] = covered, parts[part, PARTS] == 1
        number += 1
    return number
