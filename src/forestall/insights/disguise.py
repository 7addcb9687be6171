"""How people misspell on purpose: each style turns a text into one that reads the same to a person."""

from collections.abc import Callable, Mapping

Style = Callable[[str], str]

_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"})
_HOMOGLYPHS = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "y": "у", "i": "і", "s": "ѕ"})
_LATIN = {cyrillic: chr(latin) for latin, cyrillic in ((key, ord(value)) for key, value in _HOMOGLYPHS.items())}
_DIACRITICS = "\u064e\u0650\u064f\u0652"
_NEXT_JOINS = set("بتثجحخسشصضطظعغفقكلمنهي")
"""Arabic letters that join the next one, so that a tatweel may follow them."""


def leet(text: str) -> str:
    """Write digits for every second letter that has one, in words of three letters and more."""
    return " ".join(
        _every_second(word) if len(word) > 2 and not word.startswith(("@", "http")) else word
        for word in text.split(" ")
    )


def _every_second(word: str) -> str:
    """Write digits for every second letter that has one."""
    due = True
    out = []
    for letter in word:
        digit = letter.lower().translate(_LEET)
        out.append(digit if due and digit != letter.lower() else letter)
        due = not due if digit != letter.lower() else due
    return "".join(out)


def zero_width(text: str) -> str:
    """Put a zero-width space after every second character."""
    return "".join(letter + ("\u200b" if n % 2 else "") for n, letter in enumerate(text))


def spaced(text: str) -> str:
    """Space out the letters of every word of four letters and more, with two spaces between words."""
    return "  ".join(" ".join(word) if len(word) > 3 and word.isalpha() else word for word in text.split(" "))


def stretched(text: str) -> str:
    """Stretch the last letter of every second word."""
    words = text.split(" ")
    return " ".join(
        word + word[-1] * 3 if n % 2 and word and word[-1].isalpha() else word for n, word in enumerate(words)
    )


def homoglyph(text: str) -> str:
    """Write Cyrillic look-alikes in words of three letters and more."""
    return " ".join(word.translate(_HOMOGLYPHS) if len(word) > 2 else word for word in text.split(" "))


def latin_lookalikes(text: str) -> str:
    """Write Latin look-alikes in Cyrillic words of three letters and more."""
    return " ".join(word.translate(_LATIN) if len(word) > 2 else word for word in text.split(" "))


def full_width(text: str) -> str:
    """Write ASCII in full-width forms, spaces as they are."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def mathematical(text: str) -> str:
    """Write small and capital letters in mathematical bold script."""
    small, capital = 0x1D4EA - ord("a"), 0x1D4D0 - ord("A")
    return "".join(
        chr(ord(letter) + (small if letter >= "a" else capital)) if letter.isascii() and letter.isalpha() else letter
        for letter in text
    )


def tatweel(text: str) -> str:
    """Stretch Arabic words with a tatweel after every letter that joins the next one."""
    return "".join(
        letter + "\u0640" if letter in _NEXT_JOINS and text[n + 1 : n + 2].isalpha() else letter
        for n, letter in enumerate(text)
    )


def vocalised(text: str) -> str:
    """Put a vowel sign on every Arabic letter."""
    return "".join(letter + _DIACRITICS[n % 4] if "ء" <= letter <= "ي" else letter for n, letter in enumerate(text))


def punctuated(text: str) -> str:
    """Put full stops between the letters of every word of four letters and more."""
    return " ".join(".".join(word) if len(word) > 3 and word.isalpha() else word for word in text.split(" "))


def mixed_case(text: str) -> str:
    """Write every second letter as a capital."""
    return "".join(letter.upper() if n % 2 else letter.lower() for n, letter in enumerate(text))


def split(text: str) -> str:
    """Break the line after every second word."""
    words = text.split(" ")
    return "\n".join(" ".join(words[n : n + 2]) for n in range(0, len(words), 2))


STYLES: Mapping[str, Mapping[str, Style]] = {
    "latin": {
        "leet": leet,
        "zero-width": zero_width,
        "spaced": spaced,
        "stretched": stretched,
        "homoglyph": homoglyph,
        "full-width": full_width,
        "mathematical": mathematical,
        "punctuated": punctuated,
        "mixed-case": mixed_case,
        "split": split,
    },
    "arabic": {
        "zero-width": zero_width,
        "spaced": spaced,
        "stretched": stretched,
        "tatweel": tatweel,
        "vocalised": vocalised,
        "punctuated": punctuated,
        "split": split,
    },
    "cyrillic": {
        "zero-width": zero_width,
        "spaced": spaced,
        "stretched": stretched,
        "homoglyph": latin_lookalikes,
        "punctuated": punctuated,
        "mixed-case": mixed_case,
        "split": split,
    },
    "bengali": {"zero-width": zero_width, "split": split},
}
"""The styles by script. Letters of Indic scripts hang together, so few disguises leave them readable."""
