"""The inner loops of folding, over arrays of code points. Imported when the first text is folded."""
# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import lean
from forestall.text.tables import (
    ACTION,
    ALIKE,
    CHANGED,
    CYRILLIC,
    DIGIT,
    DROP,
    KIND,
    LATIN_LETTER,
    LETTER,
    LOOSE,
    MARK,
    NONE,
    PUT,
    REGIONAL,
    SPREAD,
    SYLLABIC,
    TARGET,
    WEAKLY,
)

Codes = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Entries = NDArray[np.int64]
Pages = NDArray[np.uint16]

SPACE, NEWLINE = ord(" "), ord("\n")
HASH, DOLLAR, ASTERISK, HYPHEN, FULL_STOP, LOW_LINE, TILDE = (
    ord("#"),
    ord("$"),
    ord("*"),
    ord("-"),
    ord("."),
    ord("_"),
    ord("~"),
)
LOWER_I, LOWER_L = ord("i"), ord("l")
VIRAMAS = (0x094D, 0x09CD)
"""Signs that join the next letter to the one before: Devanagari, Bengali."""
_FOREIGN = tuple(1 << script for script in range(CYRILLIC, SYLLABIC + 1))
"""Words all of one script that has look-alikes, as bits."""
_SHORTEST_SPACED = 3
"""Fewest single letters in a row that count as one spaced-out word."""
_STRETCHED = 3
"""Fewest equal letters in a row that count as stretched."""


@lean
def fold_codes(codes: Codes, page: Pages, entry: Entries, spread: Codes, view: Codes) -> int:  # noqa: PLR0912 - a call per character would cost more than all of this
    """Write the folded code points and the offset each came from to the first two rows of `view`; give the length.

    The row must have room for one more, where the end is written; the third one is scratch. Where it is too short, gives minus the
    room it needs.
    """
    size, room, length, seen = len(codes), view.shape[1] - 1, 0, 0
    out, starts, like = view[0], view[1], view[2]
    blank = False
    for i in range(size):
        code = codes[i]
        what = entry[page[code >> 8] * 256 + (code & 255)]
        act = (what >> ACTION) & 15
        # How many characters come of this one, and where they stand in `spread` but for the first: written out here, as a call for
        # every character costs more than all the rest.
        many, place = 1, 0
        if act == DROP:
            continue
        if act == SPREAD:
            place = what & TARGET
            many = spread[place]
        elif act == PUT or (act == REGIONAL and not _in_flag(codes, i)):
            code = what & TARGET
        for k in range(many):
            if act == SPREAD:
                code = spread[place + 1 + k]
                what = entry[page[code >> 8] * 256 + (code & 255)]
            if code in (SPACE, NEWLINE):
                if blank:
                    if code == NEWLINE and length <= room:
                        out[length - 1] = NEWLINE
                    continue
                blank = True
            else:
                blank = False
            if length < room:
                resembles = (what >> ALIKE) & 255
                out[length], starts[length], like[length] = code, i, resembles
                seen |= resembles
            length += 1
    if length > room:
        return -length
    starts[length] = size
    if seen != 0:
        _read_lookalikes(out[:length], like, page, entry)
    return length


@lean
def _in_flag(codes: Codes, at: int) -> bool:
    """True where the regional letter at `at` has another beside it, so that it shows as a flag."""
    before = at > 0 and 0x1F1E6 <= codes[at - 1] <= 0x1F1FF
    after = at + 1 < len(codes) and 0x1F1E6 <= codes[at + 1] <= 0x1F1FF
    return before or after


@lean
def _read_lookalikes(out: Codes, like: Codes, page: Pages, entry: Entries) -> None:
    """Replace look-alikes by the Latin letters they stand for, in place, where that is safe.

    Safe in a word that mixes Latin with others, if every foreign letter in it resembles a Latin one; and in a word all
    of one foreign script, if the text has Latin letters and every word of that script in it is drawn with look-alikes.
    """
    size, genuine, has_latin = len(out), 0, False
    start = 0
    while start < size:
        end, scripts, strong, _weak = _word(out, like, page, entry, start)
        has_latin |= (scripts & (1 << LATIN_LETTER)) != 0
        if scripts in _FOREIGN and not strong:
            genuine |= scripts
        start = max(end, start + 1)
    if not has_latin:
        return
    start = 0
    while start < size:
        end, scripts, strong, weak = _word(out, like, page, entry, start)
        safe = weak and scripts & (1 << LETTER) == 0
        if scripts in _FOREIGN:
            safe = strong and scripts & genuine == 0
        if safe:
            for i in range(start, end):
                if like[i] != 0:
                    out[i] = like[i] & ~WEAKLY
        start = max(end, start + 1)


@lean
def _word(out: Codes, like: Codes, page: Pages, entry: Entries, start: int) -> tuple[int, int, bool, bool]:
    """Look at the word at `start`: its end, its scripts as bits, whether all foreign letters resemble Latin strongly, at all."""
    scripts, strong, weak = 0, True, True
    end = start
    while end < len(out):
        what = (entry[page[out[end] >> 8] * 256 + (out[end] & 255)] >> KIND) & 15
        if what == NONE:
            break
        if LATIN_LETTER <= what <= LETTER:
            scripts |= 1 << what
        if CYRILLIC <= what <= SYLLABIC:
            strong &= like[end] != 0 and like[end] < WEAKLY
            weak &= like[end] != 0
        end += 1
    return end, scripts, strong, weak


@lean
def squeeze_codes(codes: Codes, page: Pages, entry: Entries, leet: Bytes, view: Codes) -> int:
    """Write squeezed characters, origins and marks to the first rows of `view`; give the length, negative if any is marked.

    The other two rows are scratch. `leet` gives the letter a digit or sign below 128 stands for, 0 for none.
    """
    size, length, i, marked = len(codes), 0, 0, False
    out, starts, marks = view[0], view[1], view[2]
    word, spaced = view[3, :size], view[4, :size]
    for k in range(size):
        spaced[k] = 0
        word[k] = (entry[page[codes[k] >> 8] * 256 + (codes[k] & 255)] >> KIND) & 15
    while i < size:
        end = _spaced_end(codes, word, i, spaced)
        if end > i:
            mark = CHANGED | LOOSE
        else:
            end = _token_end(codes, word, leet, i)
            mark = _token_mark(codes, word, leet, i, end)
        if end == i:
            out[length] = SPACE if codes[i] in (NEWLINE, LOW_LINE) else codes[i]
            starts[length], marks[length] = i, 0
            length, i = length + 1, i + 1
            continue
        marked |= mark != 0
        length = _emit(codes, word, leet, i, end, mark, out, starts, marks, length)
        i = end
    return -length if marked else length


@lean
def _emit(
    codes: Codes,
    word: Codes,
    leet: Bytes,
    start: int,
    end: int,
    mark: int,
    out: Codes,
    starts: Codes,
    marks: Codes,
    length: int,
) -> int:
    """Append one token: signs between letters dropped, leet read, `l` as `i`, doubles single; give the new length."""
    first = length
    for k in range(start, end):
        code = codes[k]
        if mark != 0 and code < 128 and leet[code] != 0:
            code = leet[code]
        elif word[k] == NONE:
            continue
        if code == LOWER_L:
            code = LOWER_I
        if length > first and out[length - 1] == code and word[k] != DIGIT:
            continue
        out[length], starts[length], marks[length] = code, k, mark
        length += 1
    return length


@lean
def _spaced_end(codes: Codes, word: Codes, start: int, known: Codes) -> int:
    """Give the end of the run of single letters spaced out from `start`, or `start` where there is none.

    `known` remembers the answer, plus one, for every letter of a run, so that a run which is no word is walked once and not from
    each of its letters again.
    """
    if word[start] == NONE or (start > 0 and word[start - 1] != NONE):
        return start
    if known[start] > 0:
        return int(known[start]) - 1
    end, letters, count, size = start, 0, 0, len(word)
    at = start
    while at < size and word[at] != NONE:
        after = unit_end(codes, word, at)
        if after < size and word[after] != NONE:
            break
        letters += word[at] != DIGIT
        count, end = count + 1, after
        at = _next_unit(word, after)
    at = start
    for left in range(count, 0, -1):
        known[at] = 1 + (end if left >= _SHORTEST_SPACED and letters * 2 > left else at)
        letters -= word[at] != DIGIT
        at = _next_unit(word, unit_end(codes, word, at))
    return int(known[start]) - 1 if count else start


@lean
def unit_end(codes: Codes, word: Codes, at: int) -> int:
    """Give the end of the letter at `at` as a writer counts: with its vowel signs, and with the letters a virama joins to it."""
    at += 1
    while at < len(word) and (word[at] == MARK or (word[at] != NONE and codes[at - 1] in VIRAMAS)):
        at += 1
    return at


@lean
def _next_unit(word: Codes, after: int) -> int:
    """Give where the next letter of a spaced run stands: one or two signs behind the end of the last."""
    after += 1
    return after + 1 if after < len(word) and word[after] == NONE else after


@lean
def _token_end(codes: Codes, word: Codes, leet: Bytes, start: int) -> int:
    """Give the end of the token at `start`: letters and digits, with single signs between them that hide a word."""
    if word[start] == NONE:
        return start
    at = start
    while at < len(word):
        if word[at] == NONE:
            code = codes[at]
            inside = at + 1 < len(word) and word[at + 1] != NONE and word[at + 1] != DIGIT
            hides = code in (FULL_STOP, HYPHEN, ASTERISK, TILDE) or (code < 128 and leet[code] != 0)
            if not (hides and (inside or code == DOLLAR)) or word[at - 1] in (NONE, DIGIT):
                break
        at += 1
    return at


@lean
def _token_mark(codes: Codes, word: Codes, leet: Bytes, start: int, end: int) -> int:
    """Say whether a token hides a word: leet among letters, signs inside, a letter stretched, words glued in a hashtag."""
    letters, read, signs, run, stretched = 0, 0, 0, 0, False
    for k in range(start, end):
        code = codes[k]
        if code < 128 and leet[code] != 0:
            read += 1
        elif word[k] == NONE:
            signs += 1
        elif word[k] != DIGIT:
            letters += 1
        run = run + 1 if k > start and codes[k - 1] == code and word[k] != DIGIT else 1
        stretched |= run >= _STRETCHED
    if start > 0 and codes[start - 1] == HASH:
        return CHANGED | LOOSE
    return CHANGED if letters > 0 and (read > 0 or signs > 0 or stretched) else 0
