"""Square codes in pictures: read wherever people would point a telephone at them."""

from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image, ImageOps

from forestall.media import Box, codes
from forestall.model.reading import Role
from tests.media.samples import INVITE, coded, opened, poster, saved, texts

KINDS = zxingcpp.BarcodeFormat


@pytest.mark.parametrize("kind", [KINDS.QRCode, KINDS.DataMatrix, KINDS.Aztec], ids=lambda kind: kind.name)
@pytest.mark.parametrize("size", [(500, 400), (1600, 1004), (3200, 2100)], ids=str)
def test_a_code_on_a_poster_is_read(box: Box, kind: zxingcpp.BarcodeFormat, size: tuple[int, int]) -> None:
    """A code of each kind, saved in a JPEG photograph of any size, is a segment of role code under the picture's name."""
    scale = 3 if size[0] < 1000 else 8
    found = opened(box, saved(poster(coded(kind=kind, scale=scale), size), "JPEG", quality=70), "poster.jpg")
    assert [(segment.part, segment.text) for segment in found.segments if segment.role is Role.CODE] == [
        ("poster.jpg#code1", INVITE)
    ]


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "light on dark": ImageOps.invert,
    "upside down": lambda picture: picture.rotate(180),
    "on its side": lambda picture: picture.rotate(90, expand=True),
    "askew": lambda picture: picture.rotate(11, expand=True, fillcolor=(255, 255, 255)),
    "mirrored": ImageOps.mirror,
    "small": lambda picture: picture.resize((picture.width // 2, picture.height // 2)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_code_is_read(box: Box, change: str) -> None:
    """A QR code is read light on dark, turned, askew, mirrored and small."""
    picture = CHANGES[change](poster(coded(scale=6)))
    assert texts(opened(box, saved(picture, "JPEG", quality=80)), Role.CODE) == [INVITE]


def test_every_code_is_read_once(box: Box) -> None:
    """Several codes in one picture are all read, and one that stands there twice is said once."""
    picture = painting_with([coded("first"), coded("second"), coded("first")])
    assert sorted(texts(opened(box, saved(picture, "PNG")), Role.CODE)) == ["first", "second"]


def painting_with(found: list[Image.Image]) -> Image.Image:
    """Give a white picture with codes in a row."""
    row = Image.new("L", (sum(code.width for code in found) + 40, max(code.height for code in found) + 40), 255)
    at = 20
    for code in found:
        row.paste(code, (at, 20))
        at += code.width
    return row


def test_a_code_in_any_frame_is_read(box: Box) -> None:
    """A code that an animation shows in a later frame is read, once for all frames."""
    frames = [
        Image.new("L", (200, 200), 90),
        painting_with([coded(scale=3)]).resize((200, 200)),
        Image.new("L", (200, 200), 80),
    ]
    found = opened(box, saved(frames[0], "GIF", save_all=True, append_images=[*frames[1:], frames[1]]))
    assert texts(found, Role.CODE) == [INVITE]


def test_a_code_drawn_in_transparency_is_read(box: Box) -> None:
    """A code that is only to be seen on a light page, black everywhere under its transparency, is read."""
    code = coded()
    sticker = Image.merge("LA", (Image.new("L", code.size, 0), ImageOps.invert(code)))
    assert texts(opened(box, saved(sticker, "PNG")), Role.CODE) == [INVITE]


@pytest.mark.parametrize("turned", [False, True])
def test_a_code_on_a_long_strip_is_read(box: Box, turned: bool) -> None:
    """A picture of extreme length, as screens joined to one are, is read to its end."""
    strip = Image.new("L", (300, 90_000), 255)
    strip.paste(coded(), (20, 89_000))
    found = opened(box, saved(strip.rotate(90, expand=True) if turned else strip, "PNG"))
    assert not found.problems
    assert texts(found, Role.CODE) == [INVITE]


def test_codes_are_bounded() -> None:
    """No picture says more than 32 texts, a picture of a few pixels says nothing."""
    tiny = [coded(str(number), scale=2) for number in range(40)]
    sheet = Image.new("L", (8 * 70, 5 * 70), 255)
    for number, code in enumerate(tiny):
        sheet.paste(code, (number % 8 * 70, number // 8 * 70))
    assert 10 < len(codes.scan(sheet)) <= 32
    assert codes.scan(Image.new("L", (3, 3))) == []
