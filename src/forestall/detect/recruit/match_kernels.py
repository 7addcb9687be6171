"""The inner loops of matching: from a folded text to the cues whose phrases stand in it.

Patterns are a tree of letters (`plant`), whose states are numbered level by level from the root, so that those all texts come by lie
together, and the children of a state one after another. A pattern begins only where a word does (or where one may, see `_plain_pieces`
and `_hidden_pieces`), so the tree is entered once a word and seldom followed far. No pattern is long, so time is linear in the text.
"""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

from forestall.text.fold_kernels import LOW_LINE, NEWLINE, SPACE, Bytes, Codes
from forestall.text.kernel import lean
from forestall.text.tables import CHANGED, LOOSE

BEGIN, LETTER, ENDS = range(3)
"""Rows of a tree, with a column for each state and one more: where its children begin, which end where those of the next one begin; the
letter that leads to it; which pattern ends at it, or -1."""
PATTERN, FROM, TO, CLOSED = range(4)
"""Columns of pieces: which pattern, its offsets in the folded text, whether it ends where the word does."""
CUE, PART, PARTS, TIGHT = range(4)
"""Columns of the parts of phrases, which stand one after another: their cue's number, which part of how many, and whether it follows the
one before as the next word."""
FIRST, LAST, HIDDEN, WHOLE = range(1, 5)
"""Columns of what is found, behind `CUE`: folded offsets, whether the words were obfuscated, whether they stand together."""
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
_NONE = -1


@lean
def count_states(held: Codes, starts: Codes) -> int:
    """Give how many states the tree of sorted patterns has, the root included; `starts` says where in `held` each begins, and the end."""
    states = 1
    for number in range(len(starts) - 1):
        shared = 0
        if number > 0:
            before, at = starts[number - 1], starts[number]
            while before + shared < at and held[before + shared] == held[at + shared]:
                shared += 1
        states += starts[number + 1] - starts[number] - shared
    return states


@lean
def plant(held: Codes, starts: Codes, ranges: Codes, tree: Codes) -> None:
    """Build the tree of sorted patterns, each of which is there once. `ranges` is scratch: three rows with a column for each state."""
    states, count = tree.shape[1] - 1, 1
    ranges[0, 0], ranges[1, 0], ranges[2, 0] = 0, len(starts) - 1, 0
    tree[LETTER, 0] = 0
    for state in range(states):
        first, last, depth = ranges[0, state], ranges[1, state], ranges[2, state]
        tree[BEGIN, state], tree[ENDS, state] = count, _NONE
        if first < last and starts[first + 1] - starts[first] == depth:
            tree[ENDS, state] = first
            first += 1
        while first < last:
            code, behind = held[starts[first] + depth], first + 1
            while behind < last and held[starts[behind] + depth] == code:
                behind += 1
            tree[LETTER, count] = code
            ranges[0, count], ranges[1, count], ranges[2, count] = first, behind, depth + 1
            count += 1
            first = behind
    tree[BEGIN, states] = count


@lean
def _child(state: int, code: int, tree: Codes) -> int:
    """Give the state that a letter leads to, 0 where no pattern goes on like that."""
    first, end = tree[BEGIN, state], tree[BEGIN, state + 1]
    last = end
    while first < last:
        middle = (first + last) >> 1
        if tree[LETTER, middle] < code:
            first = middle + 1
        else:
            last = middle
    return first if first < end and tree[LETTER, first] == code else 0


@lean
def match(
    codes: Codes,
    hidden: Codes,
    origins: Codes,
    marks: Codes,
    in_word: Bytes,
    tree: Codes,
    filled: Codes,
    parts_of: Codes,
    hidden_tree: Codes,
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
    plain = _plain_pieces(codes, in_word, tree, joined, pieces[:room])
    veiled = 0
    if len(hidden):
        veiled = _hidden_pieces(hidden, origins, marks, in_word, hidden_tree, joined, pieces[room:])
    if max(plain, veiled) > room:
        return -max(plain, veiled)
    for part in range(len(parts)):
        begun[part, 1] = _NONE
    number, i, k = 0, 0, 0
    while i < plain or k < veiled:
        # Of what ends at the same place, words in clear come first.
        if k == veiled or (i < plain and pieces[i, TO] <= pieces[room + k, TO]):
            number = _fill(pieces[i], 0, filled, parts_of, parts, gaps, begun, found, number)
            i += 1
        else:
            number = _fill(pieces[room + k], 1, hidden_filled, hidden_parts_of, parts, gaps, begun, found, number)
            k += 1
    return number if number <= len(found) else -number


@lean
def _plain_pieces(codes: Codes, in_word: Bytes, tree: Codes, joined: Codes, pieces: Codes) -> int:
    """Write the patterns that stand in a text as words, by where they end, then where they begin; give how many there are."""
    size, number = len(codes), 0
    for start in range(size):
        inside = start > 0 and in_word[codes[start - 1]] and in_word[codes[start]]
        if inside and not _after_proclitic(codes, start, in_word, joined):
            continue
        state = 0
        for at in range(start, size):
            state = _child(state, _read(codes[at]), tree)
            if state == 0:
                break
            pattern = tree[ENDS, state]
            if pattern == _NONE:
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
    tree: Codes,
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
            state = _child(state, codes[at], tree)
            if state == 0:
                break
            changed = changed or marks[at] & CHANGED != 0
            pattern, end = tree[ENDS, state], at + 1
            if pattern == _NONE or not changed:
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
            if before[1] == _NONE or not 0 <= start - before[1] <= gaps[1 - parts[part, TIGHT]]:
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
