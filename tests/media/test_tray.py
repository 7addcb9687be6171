"""The tray: limits are counted in one place, and what goes past them is named once."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forestall.media import limits, wire
from forestall.media.names import escapes
from forestall.media.tray import Bomb, OutOfTime, Tray, reduced
from forestall.model.reading import Role
from forestall.model.settings import Settings

LIMITS = limits.from_settings(Settings(max_text=100))
Said = list[tuple[wire.Reply, bytes]]


def tray(said: Said, **changes: object) -> Tray:
    """Give a tray that writes down what it is told."""
    return Tray(msgspec.structs.replace(LIMITS, **changes), 1000, lambda message, raw: said.append((message, raw)))


def test_pictures_shrink_as_room_fills_up() -> None:
    """The more pictures a file holds, the smaller they are kept; when there is no room, that is said."""
    said: Said = []
    laid = tray(said, plane_bytes=8 * 1024 * 1024)
    large = Image.new("L", (1500, 1100), 90)
    for _ in range(60):
        laid.picture("", large)
    sides = [message.height for message, _ in said if isinstance(message, wire.Picture)]
    assert sides == sorted(sides, reverse=True)
    assert set(sides) == {1100, 550, 275}
    assert sum(len(raw) for _, raw in said) < 8 * 1024 * 1024 + 1500 * 1100
    assert isinstance(said[-1][0], wire.Trouble)
    assert said[-1][0].cause == "too-much-media"


def test_texts_together_are_bounded() -> None:
    """All texts of a file together are cut at the limit for a file, and that is named."""
    said: Said = []
    laid = tray(said)
    for number in range(20):
        laid.text(f"#{number}", Role.PAGE, "a" * 90)
    assert sum(len(raw) for message, raw in said if isinstance(message, wire.Text)) == LIMITS.total_text
    assert {message.cause for message, _ in said if isinstance(message, wire.Trouble)} == {"text-too-long"}


@given(text=st.text(st.characters(exclude_categories=()), min_size=1, max_size=50))
@settings(max_examples=200, derandomize=True)
def test_any_text_can_be_sent(text: str) -> None:
    """Text with lone surrogates, as decoders may give, goes out as valid UTF-8 of the same length; pairs join."""
    said: Said = []
    tray(said).text("", Role.PAGE, text)
    for _, raw in said:
        assert len(raw.decode()) <= len(text)


@given(names=st.lists(st.text(st.characters(exclude_categories=()), max_size=20), max_size=8))
@settings(max_examples=200, derandomize=True)
def test_part_names_are_safe_and_unique(names: list[str]) -> None:
    """Whatever members are called, their parts stay below the archive, are valid Unicode, bounded, and differ."""
    laid = tray([])
    made = [laid.name("/a.zip", name) for name in names]
    assert len(set(made)) == len(made)
    for name in made:
        assert name.startswith("/a.zip/")
        assert not escapes(name[1:])
        assert name.isprintable() or not any(ord(character) < 32 for character in name)
        name.encode()
    assert len(laid.name("/a.zip", "x" * 100_000)) <= 1000


def test_bombs_are_counted_over_all_levels() -> None:
    """Bytes unpacked on different levels add up against the weight of the whole file."""
    laid = tray([])
    for _ in range(8):
        laid.meter(10**9).add(1024 * 1024)
    with pytest.raises(Bomb) as bomb:
        laid.meter(10**9).add(1)
    assert bomb.value.cause == "archive-ratio"
    with pytest.raises(Bomb) as bomb:
        tray([], total_bytes=100).meter(10**9).add(101)
    assert bomb.value.cause == "too-large"


def test_time_runs_out() -> None:
    """Past its time a file's reading stops; a fresh start of the clock gives the whole time again."""
    laid = tray([], seconds=0.0)
    with pytest.raises(OutOfTime):
        laid.check_time()
    laid = tray([], seconds=1000.0)
    laid.check_time()


@given(width=st.integers(1, 300), height=st.integers(1, 300), side=st.integers(1, 64))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_reducing_keeps_the_side(width: int, height: int, side: int) -> None:
    """A reduced picture's shorter side is at least what was asked, or what it was; and less than twice that."""
    small = reduced(Image.new("L", (width, height)), side)
    assert min(small.size) >= min(side, width, height)
    assert min(small.size) < 2 * side or min(small.size) == min(width, height) < 2 * side
