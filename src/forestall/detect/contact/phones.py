"""Telephone numbers in international form (ITU-T E.164): is a run of digits one, and does somebody offer it?

How long a number may be depends on its country. A number counts only where it is offered: beside a word of telephony or the
name of a messenger, or in a tel: link.
"""

import re
from collections.abc import Iterator
from functools import cache

import re2

from forestall.detect.contact.proof import countries
from forestall.detect.contact.views import View
from forestall.detect.contact.words import PHONE, words

_BEFORE, _AFTER = 42, 26
"""Folded characters before and behind a number in which a word of telephony counts."""
_MESSENGERS = re.compile(
    r"(?:(whats\s?app|whatsap|wattsapp|واتساب|واتس اب|واتس|واتساپ|ватсап|вотсап|হোয়াটসঅ্যাপ)"
    r"|(signal|سيجنال|сигнал)|(telegram|تلغرام|تليجرام|телеграм))"
    r"(?:\s(?:me|us|only|at|on|is|number|nr|no|num|numero|nummer|رقم))?\s?[^\w\s+]{0,2}\s?$"
)
_SEPARATORS = re.compile(r"[ ().\-/]+")


@cache
def _lengths() -> dict[str, tuple[int, int]]:
    """Give the least and most digits after each country code."""
    pairs = (entry.partition(":")[::2] for entry in countries()["calling"])
    return {code: (int(span.split("-")[0]), int(span.split("-")[-1])) for code, span in pairs}


def is_number(digits: str) -> bool:
    """True for the digits of a number in international form, country code first, that can exist."""
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    for size in (1, 2, 3):
        known = _lengths().get(digits[:size])
        if known is not None:
            return (known[0] <= len(digits) - size <= known[1] and digits[size] != "0") or digits.startswith("39")
    return False


@cache
def _pattern() -> "re2._Regexp[str]":
    """Compile what may be a number: a plus or 00 and digits in groups, or bare digits behind a messenger's name."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(r"(?:\+\s?|\b00\s?)\(?([1-9](?:[ ().\-/]{0,3}[0-9]){6,14})|\b([1-9][0-9]{9,14})\b", options)


def phones(view: View) -> Iterator[tuple[str, str, int, int]]:
    """Give kind, digits and offsets of the numbers offered in a view; the kind is a messenger's where its name stands before."""
    text = view.text
    for found in _pattern().finditer(text):
        start, end = found.span()
        # `+49 (0) 151`: the zero is for callers at home.
        digits = _SEPARATORS.sub("", (found.group(1) or found.group(2)).replace("(0)", ""))
        if (end < len(text) and (text[end].isalnum() or text[end] in "@_")) or (start and text[start - 1].isalnum()):
            continue
        if not is_number(digits):
            continue
        service = _service(text[max(0, start - 30) : start])
        # Bare digits are a number behind WhatsApp only, where people write them so.
        service = service if found.group(1) or service == "whatsapp:phone" else ""
        if service or (found.group(1) and _offered(text, start, end)):
            yield service or "phone", digits, start, end


def _service(before: str) -> str:
    """Give the kind of a number that stands right behind the name of a messenger."""
    found = _MESSENGERS.search(before)
    if found is None:
        return ""
    return ("whatsapp:phone", "signal:phone", "telegram:phone")[[bool(group) for group in found.groups()].index(True)]


def _offered(text: str, start: int, end: int) -> bool:
    """True where a word of telephony stands near."""
    near = f"{text[max(0, start - _BEFORE) : start]} {text[end : end + _AFTER]}"
    return any(hit.means(PHONE) for hit in words().find(near))
