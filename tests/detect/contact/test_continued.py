"""Points split over two messages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.contact import continued

CODE = "AbCdEfGh12_-xyzQ"


def joined(earlier: str, later: str) -> list[str]:
    """Give the canonical ids that run over the border of two messages."""
    return [point.canonical for point in continued(earlier, later)]


@pytest.mark.parametrize(
    ("earlier", "later", "canonical"),
    [
        ("come to t.me/", f"+{CODE}", f"telegram:invite:{CODE}"),
        ("come to t.me", f"/+{CODE} tonight", f"telegram:invite:{CODE}"),
        ("first half: https://t.", f"me/+{CODE}", f"telegram:invite:{CODE}"),
        (f"t.me/+{CODE[:9]}", CODE[9:], f"telegram:invite:{CODE}"),
        (f"(1/2) t.me/+{CODE[:5]}…", f"(2/2) {CODE[5:]}", f"telegram:invite:{CODE}"),
        ("chat.whatsapp.com/AbCdEfGhIjK", "LmNoPqRsTuV ok", "whatsapp:invite:AbCdEfGhIjKLmNoPqRsTuV"),
        ("write to anna@", "example.org please", "email:anna@example.org"),
        ("Session 05" + "0123456789abcdef" * 2, "0123456789abcdef" * 2, "session:05" + "0123456789abcdef" * 4),
    ],
)
def test_what_runs_over_the_border(earlier: str, later: str, canonical: str) -> None:
    """An address cut in two is read whole, and is said to be disguised."""
    (point,) = continued(earlier, later)
    assert point.canonical == canonical
    assert point.start < 0 < point.end
    assert (point.obfuscated, point.how) == (True, "messages")


def test_a_name_behind_the_word_for_a_messenger() -> None:
    """A name counts where the message before ends with the word for a messenger and a colon, and not where it only ends so."""
    assert joined("find me on telegram:", "@pale_dawn") == ["telegram:name:pale_dawn"]
    assert joined("we are on telegram", "@pale_dawn hi") == []


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("", "t.me/pale_dawn"),
        ("t.me/pale_dawn", "hello everyone"),
        ("see t.me/pale_dawn", "see t.me/pale_dawn"),
        ("good morning", "and to you"),
        ("that is me", "/ you know"),
        ("at 10", "30 then"),
        ("write to anna@example.org", "thanks"),
        ("+49", "151 1234567"),
        ("", ""),
    ],
)
def test_what_does_not(earlier: str, later: str) -> None:
    """Whole addresses on either side, and messages that only stand one behind the other, give nothing."""
    assert joined(earlier, later) == []


def test_broken_characters_are_survived() -> None:
    """Lone surrogates in either message raise nothing and hide nothing."""
    assert joined("\ud800 t.me/", "pale_dawn \udfff") == ["telegram:name:pale_dawn"]


def test_long_messages_cost_no_more() -> None:
    """Only the neighbourhood of the border is read."""
    assert joined("t.me/pale_one " * 50_000 + "t.me/", "pale_dawn" + " t.me/pale_two" * 50_000) == [
        "telegram:name:pale_dawn"
    ]


@settings(derandomize=True, max_examples=80, deadline=None)
@given(at=st.integers(1, 35))
def test_any_cut(at: int) -> None:
    """Wherever an invite is cut, what either message does not show whole by itself is found across the border."""
    link = f"https://t.me/joinchat/{CODE}"[-36:]
    earlier, later = link[:at], link[at:]
    assert joined(earlier, later) in ([f"telegram:invite:{CODE}"], [])
    if at <= link.index(CODE):
        assert joined(earlier, later) == [f"telegram:invite:{CODE}"] or f"t.me/joinchat/{CODE}" in later
