"""Storyboards: animations are recognised by the pictures they show and their order."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from forestall.detect.match.signals.storyboard import STORYBOARD
from forestall.model.reading import Plane, Reading
from tests.contracts.signal import SequenceContract
from tests.media.films import scene

SCENES = [scene(seed, 200, 150) for seed in range(40, 52)]


def planes(pictures: Sequence[Image.Image], part: str = "loop.gif") -> tuple[Plane, ...]:
    """Give pictures as the frames of an animation."""
    lumas = [picture.convert("L") for picture in pictures]
    return tuple(Plane(part, luma.width, luma.height, luma.tobytes(), number) for number, luma in enumerate(lumas))


def reading(pictures: Sequence[Image.Image]) -> Reading:
    """Give a reading that holds one animation."""
    return Reading("1", planes=planes(pictures))


def value(pictures: Sequence[Image.Image]) -> str:
    """Give the storyboard of an animation."""
    (trace,) = STORYBOARD.traces(reading(pictures))
    return trace.value


def jpeg(picture: Image.Image, quality: int = 30) -> Image.Image:
    """Give a picture as it comes back from a strongly compressed file."""
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=quality)
    return Image.open(sink).convert("RGB")


def framed(picture: Image.Image) -> Image.Image:
    """Give a picture with black bars above and below."""
    whole = Image.new("RGB", (picture.width, picture.height + 80))
    whole.paste(picture, (0, 40))
    return whole


class TestStoryboard(SequenceContract):
    """The type keeps the contract."""

    kind = STORYBOARD
    case_matters = True
    met = (value(SCENES[:6]), reading(SCENES[:6]))


COPIES = {
    "saved anew": [jpeg(scene) for scene in SCENES[:8]],
    "smaller": [scene.resize((100, 75)) for scene in SCENES[:8]],
    "shortened": SCENES[2:6],
    "every other frame": SCENES[:8:2],
    "slower": [scene for scene in SCENES[:8] for _ in range(2)],
    "mirrored": [scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for scene in SCENES[:8]],
    "with bars": [framed(scene) for scene in SCENES[:8]],
    "within a longer one": [*SCENES[8:12], *SCENES[:8]],
    "from the middle on": [*SCENES[3:8], *SCENES[:3]],
}


@pytest.mark.parametrize("name", COPIES)
def test_a_changed_animation_is_recognised(name: str) -> None:
    """An animation that comes back changed is still the same material."""
    matcher = STORYBOARD.matcher()
    matcher.add([(1, value(SCENES[:8]))])
    (hit,) = matcher.look(reading(COPIES[name]))
    assert hit.distance <= STORYBOARD.radius


def test_order_counts() -> None:
    """The same pictures backwards share no run of more than one frame, and another animation shares nothing."""
    assert STORYBOARD.compare(value(SCENES[:8]), value(SCENES[7::-1])) == 100
    assert STORYBOARD.compare(value(SCENES[:6]), value(SCENES[6:])) == 100


def test_a_picture_is_no_animation() -> None:
    """A single picture, and a picture that stays the same, have no storyboard."""
    assert list(STORYBOARD.traces(reading(SCENES[:1]))) == []
    assert list(STORYBOARD.traces(reading([SCENES[0]] * 5))) == []
    flat = [Image.fromarray(np.full((90, 90), level, np.uint8)) for level in (0, 90, 255)]
    assert list(STORYBOARD.traces(reading(flat))) == []
