"""How much of a file we open. Made from settings on the outside, obeyed inside the box."""

import msgspec

from forestall.model.errors import BadSetting
from forestall.model.settings import Settings

_MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """Every limit the worker keeps; the first eleven are settings, the rest follow from them."""

    file_bytes: int
    pixels: int
    pages: int
    frames: int
    entries: int
    ratio: int
    depth: int
    seconds: float
    text: int
    """Most characters of one text."""
    total_text: int
    """Most characters of all texts of one file."""
    total_bytes: int
    """Most bytes unpacked out of one file, all levels together."""
    plane_bytes: int = 256 * _MIB
    """Most bytes of all planes of one file; as it fills up, later pictures are kept smaller."""
    memory_bytes: int = 1536 * _MIB
    """Address space a worker may take on top of what it has when it starts."""
    film_frames: int = 600
    """Most frames of a film looked at, spread evenly."""
    sound_seconds: int = 1800
    """Longest sound listened to, from its beginning."""
    sound_bytes: int = 64 * _MIB
    """Most bytes of all sounds of one file."""
    exact: bool = False
    """Whether every picture comes with its colours, so that its hash is exact to the bit."""


FREE_BYTES = 8 * _MIB
"""What any archive may unpack to, whatever its ratio: a small file of zeros is no bomb."""


def from_settings(settings: Settings) -> Limits:
    """Give the limits an operator's settings ask for; raises BadSetting for a way of hashing pictures that there is not."""
    if settings.picture_hash not in {"luma", "exact"}:
        raise BadSetting(f"`picture_hash` is {settings.picture_hash!r}", "set it to `luma` or `exact`")
    return Limits(
        file_bytes=settings.max_file_bytes,
        pixels=settings.max_pixels,
        pages=settings.max_pages,
        frames=max(1, settings.max_frames),
        entries=settings.max_entries,
        ratio=settings.max_ratio,
        depth=settings.max_depth,
        seconds=settings.max_seconds,
        text=settings.max_text,
        total_text=8 * settings.max_text,
        total_bytes=16 * settings.max_file_bytes,
        exact=settings.picture_hash == "exact",
    )
