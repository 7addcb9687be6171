"""Pictures: bytes to brightness, the same for the same picture however it was saved.

Canonical: RGB, EXIF orientation applied, ITU-R BT.601 luma. Palettes, CMYK, LAB, 16 bits, 1 bit and alpha all end there; that is
where naive hashing loses copies (a GIF of a known photograph is the classic). JPEGs are decoded straight to their Y channel, which is
that luma but for its rounding. Pictures whose shorter side exceeds 2,048 pixels are halved while it stays above 1,024, JPEGs while
they are decoded: PDQ moves by 2 bits in the median and by 12 at most (textures of brick and grass), where a match may be 31 away.

Rounding brightness to whole levels moves PDQ by a bit or two, by more in pictures that are small or nearly of one colour. So small
pictures come with the colours their brightness was rounded from, and with the setting `picture_hash = "exact"` all do, unreduced.

A picture that is partly transparent is also laid out as `#on-white`: what lies under the transparent parts of a sticker is not what
people see. 16-bit grey is scaled; the common hashing tools clip it at 255, so lists may hold what that leaves: it is laid out as
`#clipped` too.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL import AvifImagePlugin, Image, ImageChops, ImageFile, ImageStat, UnidentifiedImageError

from forestall.media import codes
from forestall.media.tray import MOST_PIXELS, SIDE, Member, OutOfTime, Tray, reduced
from forestall.model.reading import Role

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}
"""Media type → the one Pillow format that may open it."""

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # workers are the unit of parallel work

_ANIMATED = frozenset({"GIF", "PNG", "WEBP", "AVIF", "TIFF"})
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation (CIPA DC-008 §4.6.5) → what puts the picture upright."""

_PICTURE_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT", b"eXIf"})
_VISIBLE = 1.0  # mean difference in brightness from which another view is worth keeping
_SMALL_SIDE = 512
_SMALL_PIXELS = 1024 * 1024


class TooManyPixels(Exception):
    """The picture says it is larger than we decode."""


def read(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:
    """Lay out the picture, or the first and evenly spread frames of an animation, and what codes in it say."""
    Image.MAX_IMAGE_PIXELS = max(1, tray.limits.pixels // 2)  # Pillow refuses, frame by frame, at twice this
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    found = _Found(tray, part)
    try:
        _walk(found, data, FORMATS[media_type])
    except (OutOfTime, MemoryError):
        raise
    except (TooManyPixels, Image.DecompressionBombError) as error:
        tray.trouble("too-many-pixels", part, str(error).partition(", ")[0])
    except Exception as error:
        _salvage(found, data, FORMATS[media_type], error)
    found.finish()
    return ()


@dataclass(frozen=True, slots=True)
class View:
    """One view of a picture: its name (empty for the canonical one), its brightness (mode L), and where wanted its colours (mode RGB)."""

    name: str
    luma: Image.Image
    rgb: Image.Image | None = None


def views(image: Image.Image, *, colours: bool = False) -> Iterator[View]:
    """Give the views of a loaded picture, the canonical one first; grey ones never have colours."""
    if image.mode.startswith("I;16"):
        wide = image.convert("I")
        scaled, clipped = wide.point(lambda value: value * (1 / 257) + 0.5).convert("L"), wide.convert("L")
        yield View("", scaled)
        if ImageStat.Stat(ImageChops.difference(scaled, clipped)).mean[0] > _VISIBLE:
            yield View("#clipped", clipped)
        return
    if image.mode in {"I", "F"}:
        yield View("", _stretched(image))
        return
    if image.has_transparency_data:
        image = image.convert("RGBA")
        plain = image.convert("L")
        yield View("", plain, image.convert("RGB") if colours else None)
        shown = Image.new("RGB", image.size, (255, 255, 255))
        shown.paste(image, mask=image.getchannel("A"))
        if ImageStat.Stat(ImageChops.difference(plain, shown.convert("L"))).mean[0] > _VISIBLE:
            yield View("#on-white", shown.convert("L"), shown if colours else None)
        return
    if image.mode not in {"1", "L", "RGB", "YCbCr"}:
        image = image.convert("RGB")
    if image.mode == "L" and image.format == "JPEG":  # of one frame, so that no copy is needed
        yield View("", image)
        return
    yield View("", image.convert("L"), image.convert("RGB") if colours and image.mode not in {"1", "L"} else None)


def _stretched(image: Image.Image) -> Image.Image:
    """Give 32-bit or floating-point grey as 8 bits: 0..255 and 0..65535 keep their meaning, other ranges are stretched."""
    (low, high) = extrema = image.getextrema()
    if isinstance(low, tuple) or isinstance(high, tuple):
        raise ValueError(extrema)  # several bands: not a picture of one
    if image.mode == "F" or low < 0 or high > 65535:
        scale = 255 / ((high - low) or 1)
        return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")
    return image.convert("L") if high <= 255 else image.point(lambda value: value * (1 / 257) + 0.5).convert("L")


class _Found:
    """The frames of one picture kept so far: when there are too many, every other one goes, so they stay evenly spread.

    Walking, and not asking the file how many frames it has: a file may lie about that.
    """

    def __init__(self, tray: Tray, part: str) -> None:
        self.tray = tray
        self.part = part
        self._kept: list[tuple[int, list[View]]] = []
        self._stride = 1
        self._coloured = 0
        self.seen = 0

    def wants(self, frame: int) -> bool:
        """True if the frame is one to keep, as far as can be known yet."""
        return frame % self._stride == 0

    def wants_colours(self, width: int, height: int) -> bool:
        """True if a picture of this size is to come with its colours: all that fit where hashes are to be exact, else small ones."""
        if self._coloured + width * height > MOST_PIXELS:
            return False
        return self.tray.limits.exact or (min(width, height) <= _SMALL_SIDE and width * height <= _SMALL_PIXELS)

    def keep(self, frame: int, image: Image.Image, turn: Image.Transpose | None) -> None:
        """Keep a loaded frame, upright, and at working size unless it has colours."""
        made = []
        for view in views(image, colours=self.wants_colours(*image.size)):
            luma, rgb = view.luma if view.rgb else reduced(view.luma, SIDE), view.rgb
            if turn is not None:
                luma, rgb = luma.transpose(turn), rgb and rgb.transpose(turn)
            self._coloured += luma.width * luma.height if rgb else 0
            made.append(View(view.name, luma, rgb))
        self._kept.append((frame, made))
        self.seen = frame + 1
        if len(self._kept) > self.tray.limits.frames:
            self._kept = self._kept[::2]
            self._stride *= 2

    def finish(self) -> None:
        """Lay out what was kept, and the codes in it, each text once."""
        texts: dict[str, None] = {}
        for frame, made in self._kept:
            for view in made:
                raw = self.tray.picture(self.part + view.name, view.luma, frame, view.rgb)
                texts.update(dict.fromkeys(codes.scan(view.luma, raw)))
        for number, text in enumerate(texts, start=1):
            self.tray.text(f"{self.part}#code{number}", Role.CODE, text)


def _walk(found: _Found, data: bytes, name: str) -> None:
    """Keep the picture or its frames; raises whatever the decoder raises."""
    with Image.open(io.BytesIO(data), formats=[name]) as image:
        image.decodermaxblock = max(
            image.decodermaxblock, len(data)
        )  # all at hand already: no decoder need wait for more
        frame = 0
        while True:
            _check_size(found, image)
            if found.wants(frame):
                if not found.wants_colours(*image.size):
                    _shrink_on_load(image)
                image.load()
                found.keep(frame, image, _turn(image))
            if name not in _ANIMATED or not _advance(found, image, frame + 1):
                return
            frame += 1


def _advance(found: _Found, image: Image.Image, frame: int) -> bool:
    """Go to the next frame; False at the end, or where time is up (which is named)."""
    try:
        image.seek(frame)
        found.tray.check_time()
    except EOFError:
        return False
    except OutOfTime:
        found.tray.trouble("too-many-frames", found.part, f"{frame} were walked through")
        return False
    return True


def _salvage(found: _Found, data: bytes, name: str, error: Exception) -> None:
    """Name what broke; where not even a first picture was had, decode as much of it as there is."""
    if found.seen == 0:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            _walk(found, without_notes(data) if name == "PNG" else data, name)
        except (OutOfTime, MemoryError):
            raise
        except Exception:  # noqa: S110 - what the first attempt said is named below
            pass
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    found.tray.trouble("truncated" if found.seen else "damaged", found.part, _words(error))


def without_notes(data: bytes) -> bytes:
    """Give a PNG with only those chunks that make the picture: Pillow refuses one whose text chunks are too long, viewers do not."""
    kept, at = [data[:8]], 8
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] in _PICTURE_CHUNKS:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _words(error: Exception) -> str:
    """Give what a decoder said; Pillow's "cannot identify" only names an object in memory."""
    return "" if isinstance(error, UnidentifiedImageError) else str(error)[:200]


def _check_size(found: _Found, image: Image.Image) -> None:
    """Raise TooManyPixels before anything of that size is allocated; ValueError where there is none."""
    width, height = image.size
    if width * height > found.tray.limits.pixels:
        raise TooManyPixels(f"{width} × {height} pixels")
    if not width * height:
        raise ValueError("no pixels")


def _shrink_on_load(image: Image.Image) -> None:
    """Have libjpeg decode only brightness, and by halves while the shorter side stays at least `SIDE`; others are left alone."""
    if image.format in {"JPEG", "MPO"} and image.mode in {"L", "RGB"}:
        width, height = image.size
        shorter = min(width, height)
        image.draft("L", (width * SIDE // shorter, height * SIDE // shorter) if shorter > SIDE else (width, height))


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Give what puts a loaded picture upright; None if it is, or if its EXIF cannot be read."""
    try:
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        return None
