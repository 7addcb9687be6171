"""Makes hostile text safe to show on a terminal or a page: nothing in it can move a cursor, hide, or reorder its neighbours."""

import unicodedata

from forestall.text.invisible import ABBREVIATIONS

FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"
_MOST_MARKS = 4
"""Combining marks kept on one letter; vocalised Arabic and pointed Hebrew need three."""
_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiners: needed to write Persian, Indic scripts and emoji, and harmless."""
_SHOWN = {"\n": "↵ ", "\r": "", "\t": " ", "\x7f": "␡", "\u2028": "↵ ", "\u2029": "↵ "}


def safe(text: str, *, lines: bool = False) -> str:
    """Give a text that shows everything in it and obeys nothing.

    Control characters become their pictures (ESC is `␛`), direction and invisible characters become their names (`⟨RLO⟩`),
    letters keep at most four combining marks, and line ends become `↵` unless `lines` keeps them.
    """
    if text.isprintable() and text.isascii():
        return text
    shown: list[str] = []
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if lines and letter == "\n":
            shown.append(letter)
        elif marks <= _MOST_MARKS:
            shown.append(_picture(letter, category))
    return "".join(shown)


def isolated(text: str) -> str:
    """Give a safe line whose direction of writing does not leak into what stands around it (Unicode UAX #9, FSI … PDI)."""
    line = safe(text)
    return line if line.isascii() else f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}"


def _picture(letter: str, category: str) -> str:
    """Give one character as it may be shown."""
    if letter in _SHOWN:
        return _SHOWN[letter]
    if letter in _JOINERS or category[0] in "LMNPS":
        return letter
    if category == "Zs":
        return " "
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    return f"⟨{ABBREVIATIONS.get(code) or f'U+{code:04X}'}⟩"
