"""Telephone numbers: only those that can exist, and only where somebody offers one."""

import pytest

from forestall.detect.contact.phones import is_number
from forestall.detect.contact.points import scan
from forestall.text.fold import fold


def found(text: str) -> list[str]:
    """Give the canonical ids in a text."""
    return [point.canonical for point in scan(text, fold(text))]


@pytest.mark.parametrize(
    ("digits", "known"),
    [
        ("491511234567", True),
        ("12025550123", True),
        ("252612345678", True),
        ("1202555012", False),
        ("999123456789", False),
        ("4900000000000", False),
        ("210123456789", False),
        ("77777777777", False),
        ("3906123456", True),
        ("330612345678", False),
    ],
)
def test_lengths_by_country(digits: str, known: bool) -> None:
    """A number has a country's code, as many digits as that country gives out, and no zero for callers at home, but in Italy."""
    assert is_number(digits) is known


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("call me on +49 151 1234567", "phone:491511234567"),
        ("tel:+49-151-1234567", "phone:491511234567"),
        ("اتصل على ٠٠٩٦٦٥٠١٢٣٤٥٦٧", "phone:966501234567"),
        ("Telefon +49 (0)151 / 1234567", "phone:491511234567"),
        ("WhatsApp: +49 151 1234567", "whatsapp:phone:491511234567"),
        ("whatsapp 491511234567", "whatsapp:phone:491511234567"),
        ("ватсап +7 916 123-45-67", "whatsapp:phone:79161234567"),
        ("Signal: +49 151 1234567", "signal:phone:491511234567"),
        ("+49 151 1234567 (only by text)", "phone:491511234567"),
    ],
)
def test_numbers_that_are_offered(text: str, canonical: str) -> None:
    """A number beside a word of telephony counts; right behind a messenger's name it is that messenger's account."""
    assert found(text) == [canonical]


@pytest.mark.parametrize(
    "text",
    [
        "+49 151 1234567",
        "the sum is +491511234567 units",
        "call 112 or 0151 1234567",
        "phone battery 4,911,511,234,567 mAh",
        "order +1 202 555 01",
        "ring 1 2 3 4 5 6 7 8",
        "phone +49 151 1234567abc",
        "WhatsApp 2.24.1.5",
    ],
)
def test_numbers_that_are_not(text: str) -> None:
    """A number that nobody offers, that lacks its country, or that cannot exist is none."""
    assert found(text) == []
