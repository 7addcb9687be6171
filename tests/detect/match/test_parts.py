"""Recognising a picture by its parts: the contract, what is met, and what is not."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from forestall.detect.match.signals import parts_matcher
from forestall.detect.match.signals.base import Hit
from forestall.detect.match.signals.parts import PARTS
from forestall.detect.match.signals.parts_matcher import Matcher
from forestall.detect.match.signals.parts_points import LEAST, MOST, points_of, read, written
from forestall.model.errors import BadInput
from forestall.model.reading import Plane, Reading
from tests.contracts.signal import SequenceContract

ID = 5


def scene(seed: int, width: int = 480, height: int = 360) -> Image.Image:
    """Give a picture with things of many sizes in it."""
    rng = random.Random(seed)
    page = Image.new("L", (width, height), rng.randrange(256))
    draw = ImageDraw.Draw(page)
    for _ in range(160):
        x, y, wide, high = rng.randrange(width), rng.randrange(height), rng.randrange(4, 70), rng.randrange(4, 70)
        shape = draw.ellipse if rng.random() < 0.6 else draw.rectangle
        shape((x, y, x + wide, y + high), fill=rng.randrange(256))
    return page


def reading(picture: Image.Image, part: str = "p") -> Reading:
    """Give a reading of one picture."""
    return Reading("1", planes=(Plane(part, picture.width, picture.height, picture.tobytes()),))


def value(picture: Image.Image) -> str:
    """Give a picture's parts as they are written."""
    (trace,) = PARTS.traces(reading(picture))
    return trace.value


def crowded(count: int = 80) -> Matcher:
    """Give a matcher that holds many pictures beside number 5."""
    matcher = PARTS.matcher()
    matcher.add([(ID, value(scene(ID)))])
    matcher.add([(100 + seed, value(scene(100 + seed, 240, 180))) for seed in range(count)])
    return matcher


def met(matcher: Matcher, picture: Image.Image) -> dict[int, Hit]:
    """Give what a picture meets by default, by id."""
    return {hit.id: hit for hit in matcher.look(reading(picture)) if hit.distance <= PARTS.radius}


class TestParts(SequenceContract):
    """Picture parts keep the contract, met in a crop."""

    kind = PARTS
    met = (value(scene(ID)), reading(scene(ID).crop((40, 30, 440, 330))))


def covered(picture: Image.Image) -> Image.Image:
    """Put a disc over a corner and a banner along the bottom."""
    copy = picture.copy()
    draw = ImageDraw.Draw(copy)
    draw.ellipse((10, 10, 150, 120), fill=250)
    draw.rectangle((0, 300, 480, 360), fill=20)
    return copy


def mirrored(picture: Image.Image) -> Image.Image:
    """Mirror a picture."""
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def pasted(picture: Image.Image) -> Image.Image:
    """Set a picture, a little smaller, into a larger one."""
    page = scene(77, 700, 500)
    page.paste(picture.resize((400, 300)), (250, 150))
    return page


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "cropped": lambda picture: picture.crop((60, 40, 430, 320)),
    "cropped to a third": lambda picture: picture.crop((150, 90, 430, 320)),
    "covered": covered,
    "smaller": lambda picture: picture.resize((240, 180)),
    "larger": lambda picture: picture.resize((1200, 900)),
    "rotated by 8 degrees": lambda picture: picture.rotate(8),
    "mirrored and cropped": lambda picture: mirrored(picture).crop((60, 40, 430, 320)),
    "inside another picture": pasted,
    "darker": lambda picture: picture.point(lambda level: level * 0.6),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_meet_the_picture_alone(name: str) -> None:
    """A copy that shows a part of a picture, changed, meets that picture and none of eighty others, and says how many points agree."""
    found = met(crowded(), COPIES[name](scene(ID)))
    assert list(found) == [ID]
    assert LEAST <= found[ID].evidence["points"] <= MOST
    assert found[ID].variant == ("part+mirrored" if "mirrored" in name else "part")


def test_strangers_do_not_meet() -> None:
    """Of a hundred scenes drawn in the same manner none meets another."""
    matcher = crowded(100)
    assert all(not met(matcher, scene(seed)) for seed in range(300, 400))


def test_a_shared_emblem_is_not_a_copy() -> None:
    """Two pictures that both show one emblem in a corner do not meet: what agrees must be spread over one of them."""
    emblem = scene(9, 110, 90)
    pages = [scene(20), scene(21)]
    for page in pages:
        page.paste(emblem, (350, 20))
    matcher = PARTS.matcher()
    matcher.add([(1, value(pages[0]))])
    assert met(matcher, pages[1]) == {}


def test_posters_with_other_words_are_far() -> None:
    """Two posters that share a layout and some words, and say different things, are at most far matches: less than half agrees."""
    pages = []
    for words in ("river garden winter market", "letter music harbour bread"):
        page = Image.new("L", (600, 800), 240)
        draw = ImageDraw.Draw(page)
        draw.rectangle((30, 30, 570, 770), outline=20, width=5)
        draw.text((60, 60), "community notice", 20, ImageFont.load_default(40))
        for line, word in enumerate(words.split() * 3):
            draw.text(
                (60 + 17 * (line % 3), 150 + 50 * line), f"{word} {line * 37 % 11}", 20, ImageFont.load_default(34)
            )
        pages.append(page)
    matcher = PARTS.matcher()
    matcher.add([(1, value(pages[0]))])
    assert all(hit.distance > 60 for hit in met(matcher, pages[1]).values())
    assert met(matcher, pages[0])[1].distance == 0


def test_lists_give_what_comparing_one_by_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest copies are met alike whether a bank is so small that it is gone through or so large that lists are used."""
    small = crowded()
    assert any(segment.lists for segment in small._segments)
    monkeypatch.setattr(parts_matcher, "_LISTED", 10**9)
    plain = crowded()
    assert not any(segment.lists for segment in plain._segments)
    for change in (COPIES["cropped"], COPIES["covered"], COPIES["darker"]):
        copy = change(scene(ID))
        assert list(met(small, copy)) == list(met(plain, copy)) == [ID]


def held(matcher: Matcher) -> int:
    """Count the points a matcher keeps."""
    return sum(len(segment.owners) for segment in matcher._segments)


def test_signals_that_come_one_by_one_are_joined() -> None:
    """Adding one picture at a time gives what adding all at once gives, in few segments."""
    matcher = PARTS.matcher()
    for seed in range(40):
        matcher.add([(100 + seed, value(scene(100 + seed, 240, 180)))])
    assert len(matcher) == 40
    assert len(matcher._segments) <= 8
    for seed in (0, 17, 39):
        assert list(met(matcher, scene(100 + seed, 240, 180))) == [100 + seed]


def test_many_changes_leave_what_is_there() -> None:
    """After adding and removing many signals, the memory of those removed is given back and the rest is met."""
    matcher = crowded(120)
    rows = held(matcher)
    matcher.remove([100 + seed for seed in range(100)])
    assert len(matcher) == 21
    assert held(matcher) < rows / 2
    assert list(met(matcher, COPIES["cropped"](scene(ID)))) == [ID]
    assert list(met(matcher, scene(205, 240, 180))) == [205]
    matcher.remove([ID, *range(100, 300)])
    assert len(matcher) == 0
    assert met(matcher, scene(ID)) == {}


@pytest.mark.parametrize("shape", [(24, 24), (23, 500), (40, 3000), (4000, 60)])
def test_odd_shapes_are_looked_at(shape: tuple[int, int]) -> None:
    """A tiny or thread-like picture has parts or has none; nothing else happens."""
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (shape[1], shape[0])).astype(np.uint8))
    for trace in PARTS.traces(reading(picture)):
        assert PARTS.normalise(trace.value) == trace.value


def test_plain_pictures_have_no_parts() -> None:
    """A picture of one colour, a gradient, and one whose bytes do not fit its sides have nothing that stands out."""
    ramp: NDArray[np.uint8] = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    for luma in (bytes(40_000), ramp.tobytes(), b"short"):
        assert points_of(Plane("p", 200, 200, luma)) is None


def test_a_value_is_read_as_it_was_written() -> None:
    """Points written down and read again are the same points."""
    points = points_of(reading(scene(3)).planes[0])
    assert points is not None
    again = read(bytes.fromhex(written(points)))
    assert np.array_equal(points.words, again.words)
    assert np.array_equal(points.places, again.places)


def test_too_few_or_too_many_points_are_refused() -> None:
    """A value of fewer points than must agree, or more than are kept, is refused with the next step."""
    one = value(scene(3))[:42]
    for count in (0, LEAST - 1, MOST + 1):
        with pytest.raises(BadInput) as refused:
            PARTS.normalise(one * count)
        assert str(MOST) in refused.value.next_step


def test_a_hostile_value_costs_little() -> None:
    """A banked value that repeats one point, which every point of a like picture meets, takes no agreement and no time."""
    points = value(scene(3))
    matcher = PARTS.matcher()
    matcher.add([(number, points[:42] * MOST) for number in range(300)])
    assert met(matcher, scene(3)) == {}
