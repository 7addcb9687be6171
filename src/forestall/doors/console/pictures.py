"""Pictures: from the brightness the box read to a small grey PNG. No byte of the original file reaches a browser."""

import io

from PIL import Image

from forestall.model.reading import Plane

OUTLINE_SIDE = 36
"""Longest side of the outline in pixels: shapes, no faces; the page enlarges it softly."""
GREY_SIDE = 1_000
"""Longest side of the grey picture in pixels."""
SIDES = {"outline": OUTLINE_SIDE, "grey": GREY_SIDE}
"""How much a picture shows: its longest side by the name of the step."""


def png(plane: Plane, detail: str) -> bytes:
    """Give a plane as a greyscale PNG within the size of a step of `SIDES`; an unknown step gives the outline."""
    side = SIDES.get(detail, OUTLINE_SIDE)
    picture = Image.frombytes("L", (plane.width, plane.height), plane.luma)
    picture.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2.0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
