"""Pictures: small, grey, and made anew."""

import io

import pytest
from PIL import Image

from forestall.doors.console.pictures import SIDES, png
from forestall.model.reading import Plane


@pytest.mark.parametrize(("detail", "side"), [*SIDES.items(), ("anything", SIDES["outline"])])
def test_size_is_bounded(detail: str, side: int) -> None:
    """A picture is never larger than its step, keeps its proportions, and is grey."""
    plane = Plane("a.png", 3_000, 1_500, bytes(3_000 * 1_500))
    made = Image.open(io.BytesIO(png(plane, detail)))
    assert made.format == "PNG"
    assert made.mode == "L"
    assert made.size == (side, side // 2)


def test_small_pictures_keep_their_pixels() -> None:
    """A small picture is shown as the box read it."""
    plane = Plane("a.png", 2, 2, bytes([0, 64, 128, 255]))
    assert list(Image.open(io.BytesIO(png(plane, "grey"))).get_flattened_data()) == [0, 64, 128, 255]


def test_a_line_of_pixels() -> None:
    """The flattest picture still gives one."""
    made = Image.open(io.BytesIO(png(Plane("a.png", 5_000, 1, bytes(5_000)), "outline")))
    assert made.size == (SIDES["outline"], 1)
