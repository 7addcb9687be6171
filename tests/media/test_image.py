"""Pictures: the same brightness for the same picture, however it was saved; first and spread frames; what is there of a broken one."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from forestall.detect.match.signals.pdq import hash_plane
from forestall.media import Box, image
from forestall.model.errors import BadSetting
from forestall.model.reading import Plane
from forestall.model.settings import Settings
from tests.media.samples import SHARED, causes, difference, huge_png, opened, painting, pixels, saved, shared

PICTURE = painting()
LUMA = PICTURE.convert("L")
SIDEWAYS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""EXIF orientation → the Pillow transposition that undoes what a reader does for it."""


def oriented(orientation: int) -> bytes:
    """Give the picture stored turned, with the EXIF orientation that puts it upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = PICTURE.transpose(Image.Transpose(SIDEWAYS[orientation])) if orientation > 1 else PICTURE
    return saved(stored, "JPEG", quality=95, exif=exif)


def sixteen_bit(form: str) -> bytes:
    """Give the picture as 16-bit grey."""
    return saved(Image.fromarray(np.asarray(LUMA).astype(np.uint16) * 257), form)


def with_alpha(mode: str) -> bytes:
    """Give the picture with an alpha channel that hides nothing."""
    return saved(PICTURE.convert(mode), "PNG")


COPIES: dict[str, tuple[Callable[[], bytes], float]] = {
    "PNG": (lambda: saved(PICTURE, "PNG"), 0.0),
    "JPEG": (lambda: saved(PICTURE, "JPEG", quality=95), 2.5),
    "progressive JPEG": (lambda: saved(PICTURE, "JPEG", quality=95, progressive=True), 2.5),
    "grey JPEG": (lambda: saved(LUMA, "JPEG", quality=95), 2.5),
    "CMYK JPEG": (lambda: saved(PICTURE.convert("CMYK"), "JPEG", quality=95), 3.0),
    "RGB JPEG": (lambda: saved(PICTURE, "JPEG", quality=95, keep_rgb=True), 2.5),
    "GIF": (lambda: saved(PICTURE, "GIF"), 9.0),
    "palette PNG": (lambda: saved(PICTURE.quantize(256), "PNG"), 9.0),
    "grey PNG": (lambda: saved(LUMA, "PNG"), 0.0),
    "LA PNG": (lambda: with_alpha("LA"), 0.0),
    "RGBA PNG": (lambda: with_alpha("RGBA"), 0.0),
    "1-bit PNG": (lambda: saved(PICTURE.convert("1"), "PNG"), 128.0),
    "16-bit PNG": (lambda: sixteen_bit("PNG"), 0.6),
    "16-bit TIFF": (lambda: sixteen_bit("TIFF"), 0.6),
    "32-bit TIFF": (lambda: saved(LUMA.convert("I").point(lambda value: value * 257), "TIFF"), 0.6),
    "floating-point TIFF": (lambda: saved(LUMA.convert("F"), "TIFF"), 6.0),
    "LAB TIFF": (lambda: saved(Image.merge("LAB", (LUMA, *(Image.new("L", LUMA.size, 128),) * 2)), "TIFF"), 12.0),
    "YCbCr TIFF": (lambda: saved(PICTURE.convert("YCbCr"), "TIFF"), 1.5),
    "packed TIFF": (lambda: saved(PICTURE, "TIFF", compression="tiff_lzw"), 0.0),
    "WebP": (lambda: saved(PICTURE, "WEBP", quality=90), 4.0),
    "lossless WebP": (lambda: saved(PICTURE, "WEBP", lossless=True), 0.0),
    "AVIF": (lambda: saved(PICTURE, "AVIF", quality=90), 4.0),
    "BMP": (lambda: saved(PICTURE, "BMP"), 0.0),
    **{f"orientation {number}": (partial(oriented, number), 2.5) for number in range(1, 9)},
}
"""Way of saving → the file, and how far its brightness may be off in the mean."""


@pytest.fixture(scope="module")
def original(box: Box) -> Plane:
    """Give the plane of the picture itself."""
    return Plane("", LUMA.width, LUMA.height, LUMA.tobytes())


@pytest.mark.parametrize("name", COPIES)
def test_every_way_of_saving_gives_the_same_brightness(box: Box, original: Plane, name: str) -> None:
    """A re-encoding of a picture opens to its plane, close to the original's brightness, without a problem; 16 bits also clipped."""
    make, most = COPIES[name]
    found = opened(box, make(), "copy")
    assert not found.problems
    plane, *others = found.planes
    assert difference(plane, original) <= most
    assert [other.part for other in others] == (["copy#clipped"] if name.startswith("16-bit") else [])


def test_wide_grey_is_also_laid_out_as_others_read_it(box: Box) -> None:
    """The `#clipped` view of 16-bit grey is what clipping at 255 leaves; where the picture has no more than that, there is none."""
    found = opened(box, sixteen_bit("PNG"), "wide")
    assert [plane.part for plane in found.planes] == ["wide", "wide#clipped"]
    assert np.array_equal(pixels(found.planes[1]), np.where(np.asarray(LUMA) > 0, 255, 0))


def colours(plane: Plane) -> NDArray[np.uint8]:
    """Give a plane's colours."""
    return np.frombuffer(plane.rgb, np.uint8).reshape(plane.height, plane.width, 3)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "CMYK JPEG", "GIF", "palette PNG", "WebP", "AVIF", "orientation 6"])
def test_small_pictures_come_with_their_colours(box: Box, name: str) -> None:
    """A small picture comes with exactly the RGB that Pillow gives, upright, and brightness that is its rounding."""
    data = COPIES[name][0]()
    (plane,) = opened(box, data).planes
    with Image.open(io.BytesIO(data)) as loaded:
        rgb = ImageOps.exif_transpose(loaded).convert("RGB")
    assert np.array_equal(colours(plane), np.asarray(rgb))
    assert np.array_equal(pixels(plane), np.asarray(rgb.convert("L")))


@pytest.mark.parametrize("name", ["grey JPEG", "grey PNG", "LA PNG", "1-bit PNG", "16-bit PNG"])
def test_grey_pictures_have_no_colours_to_send(box: Box, name: str) -> None:
    """Grey is its own brightness: nothing more is sent, unless the file says it in a colour mode."""
    planes = opened(box, COPIES[name][0]()).planes
    for plane in planes:
        assert not plane.rgb or (colours(plane) == pixels(plane)[:, :, None]).all()


def test_larger_pictures_come_without_colours_unless_hashes_are_to_be_exact(box: Box) -> None:
    """Above 512 pixels the brightness alone is sent; with `picture_hash` set to `exact` the colours too, however large."""
    photo = painting(1400, 1100)
    data = saved(photo.resize((2800, 2200)), "JPEG", quality=90)
    (plane,) = opened(box, data).planes
    assert (plane.width, plane.height, plane.rgb) == (1400, 1100, b"")
    exact = Box(Settings(box_workers=1, picture_hash="exact"))
    (plane,) = opened(exact, data).planes
    exact.close()
    with Image.open(io.BytesIO(data)) as loaded:
        assert np.array_equal(colours(plane), np.asarray(loaded.convert("RGB")))


def test_colours_do_not_fill_the_box() -> None:
    """Where many pictures come in one file, later ones come smaller and without colours, and none is lost."""
    exact = Box(Settings(box_workers=1, picture_hash="exact"))
    frames = [painting(2400, 1700, seed) for seed in range(8)]
    found = opened(exact, saved(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="jpeg"))
    exact.close()
    assert not found.problems
    assert len(found.planes) == 8
    assert found.planes[0].rgb
    assert sum(len(plane.luma) + len(plane.rgb) for plane in found.planes) < 128 * 1024 * 1024


def test_an_unknown_way_of_hashing_is_refused() -> None:
    """A setting that names no way of hashing is an error with the next step, not silently the default."""
    with pytest.raises(BadSetting, match="picture_hash"):
        Box(Settings(picture_hash="Exact"))


def test_what_is_under_transparency_and_what_is_seen(box: Box) -> None:
    """A sticker opens to the picture under its transparency first, then to what is seen on white."""
    sticker = PICTURE.convert("RGBA")
    alpha = Image.new("L", PICTURE.size, 0)
    alpha.paste(255, (0, 0, 160, 200))
    sticker.putalpha(alpha)
    for form in ("PNG", "WEBP"):
        found = opened(
            box, saved(sticker, form, **({"lossless": True, "exact": True} if form == "WEBP" else {})), "sticker"
        )
        assert [plane.part for plane in found.planes] == ["sticker", "sticker#on-white"]
        under, seen = (pixels(plane) for plane in found.planes)
        assert np.array_equal(under, np.asarray(LUMA))
        assert np.array_equal(seen[:, :160], under[:, :160])
        assert (seen[:, 160:] == 255).all()


def animation(form: str, count: int) -> bytes:
    """Give an animation whose frame n has brightness n."""
    frames = [Image.new("L", (40, 30), number) for number in range(count)]
    for number, frame in enumerate(frames):  # no two frames alike, or the writers would merge them
        frame.putpixel((number % 40, number // 40), 255)
    options = {"save_all": True, "append_images": frames[1:], "duration": 100}
    return saved(frames[0], form, **({**options, "lossless": True} if form == "WEBP" else options))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("count", [1, 2, 16, 17, 100])
def test_frames_are_the_first_and_evenly_spread(box: Box, form: str, count: int) -> None:
    """An animation gives its first frame and others at even distances, at most sixteen, each with its own brightness."""
    found = opened(box, animation(form, count))
    assert not found.problems
    frames = [plane.frame for plane in found.planes]
    assert frames[0] == 0
    assert min(count, 8) <= len(frames) <= 16
    assert len(set(np.diff(frames))) <= 1
    assert count - frames[-1] <= max(1, 2 * count / 16)
    for plane in found.planes:
        assert abs(float(np.median(pixels(plane))) - plane.frame) <= 3


def test_avif_sequences_are_walked(box: Box) -> None:
    """An AVIF sequence gives its frames too."""
    found = opened(
        box, saved(painting(64, 64), "AVIF", save_all=True, append_images=[painting(64, 64, 2), painting(64, 64, 3)])
    )
    assert [plane.frame for plane in found.planes] == [0, 1, 2]


def test_frames_a_file_does_not_own_up_to_are_found(box: Box) -> None:
    """An animation that claims two billion frames, so that even spreading would miss its second, shows its second."""
    data = bytearray(animation("PNG", 2))
    at = data.index(b"acTL")
    struct.pack_into(">I", data, at + 4, 0x7FFFFFFF)
    struct.pack_into(">I", data, at + 12, zlib.crc32(data[at : at + 12]))
    found = opened(box, bytes(data))
    assert [plane.frame for plane in found.planes] == [0, 1]


def test_large_pictures_are_reduced(box: Box) -> None:
    """A large picture comes back with its shorter side between 1,024 and 2,048 pixels, upright, and the same picture."""
    large = painting(4100, 2300)
    exif = Image.Exif()
    exif[0x0112] = 6
    flat = opened(box, saved(large, "PNG")).planes[0]
    turned = opened(box, saved(large.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=92, exif=exif)).planes[0]
    assert (flat.width, flat.height) == (turned.width, turned.height) == (2050, 1150)
    assert difference(flat, turned) < 2.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (30_000, 2), (7, 5000)])
def test_odd_shapes_open(box: Box, shape: tuple[int, int]) -> None:
    """A picture of a single pixel, or a thread-like one, opens to a plane of its shape."""
    (plane,) = opened(box, saved(Image.new("L", shape, 9), "PNG")).planes
    assert (plane.width, plane.height) == shape


def test_a_picture_too_large_is_not_decoded(box: Box) -> None:
    """A header of 50,000 × 50,000 pixels is named with its size, and nothing of that size is allocated."""
    found = opened(box, huge_png())
    assert causes(found) == ["too-many-pixels"]
    assert "2500000000 pixels" in found.problems[0].what
    assert not found.planes


def test_a_frame_too_large_is_not_decoded() -> None:
    """The limit on pixels holds for later pages too: the first one is laid out, the large one is named."""
    pages = [Image.new("L", (10, 10)), Image.new("L", (200, 200))]
    small = Box(Settings(box_workers=1, max_pixels=10_000))
    found = opened(small, saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    small.close()
    assert causes(found) == ["too-many-pixels"]
    assert len(found.planes) == 1


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP"])
def test_what_is_there_of_a_truncated_picture_is_seen(box: Box, form: str) -> None:
    """The first part of a picture that ends early is laid out as it is, and the picture says that it ends early."""
    data = saved(PICTURE, form, **({"quality": 95} if form == "JPEG" else {}))
    found = opened(box, data[: len(data) * 3 // 4])
    assert causes(found) == ["truncated"]
    (plane,) = found.planes
    rows = slice(120, 200) if form == "BMP" else slice(0, 80)  # a bitmap begins at the bottom
    assert np.abs(pixels(plane)[rows] - np.asarray(LUMA).astype(int)[rows]).mean() < 9


def test_long_notes_do_not_hide_a_picture(box: Box, original: Plane) -> None:
    """A PNG with more notes in it than Pillow accepts, which every viewer shows, is seen all the same."""
    data = saved(PICTURE, "PNG")
    body = b"note\0\0" + zlib.compress(b"a" * 5_000_000)
    note = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    (plane,) = opened(box, data[:33] + note * 20 + data[33:]).planes
    assert difference(plane, original) == 0


def test_an_animation_that_breaks_off_keeps_its_frames(box: Box) -> None:
    """Frames before the break are laid out, and the break is named."""
    data = animation("GIF", 12)
    found = opened(box, data[: len(data) * 2 // 3])
    assert len(found.planes) >= 4
    assert causes(found) in ([], ["truncated"])


@pytest.mark.parametrize("name", image.FORMATS.values())
def test_a_picture_that_is_none_is_named(box: Box, name: str) -> None:
    """A file that begins like a picture and goes on as nonsense is damaged, with its digests, whatever the format."""
    head = saved(PICTURE, name)[:32]
    found = opened(box, head + bytes(range(256)))
    assert len(found.files) == 1
    assert set(causes(found)) <= {"damaged", "truncated", "too-many-pixels"}
    assert causes(found)


def test_broken_exif_leaves_the_picture(box: Box) -> None:
    """A picture whose EXIF cannot be read is laid out as it is stored."""
    data = saved(PICTURE, "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40)
    found = opened(box, data)
    assert (found.planes[0].width, found.planes[0].height) == PICTURE.size


def test_views_are_brightness_of_the_same_size() -> None:
    """Every view of every mode Pillow knows is 8-bit grey of the picture's size."""
    for mode in (
        "1",
        "L",
        "P",
        "RGB",
        "RGBA",
        "CMYK",
        "YCbCr",
        "LAB",
        "HSV",
        "I",
        "F",
        "LA",
        "PA",
        "RGBX",
        "RGBa",
        "I;16",
        "I;16B",
    ):
        base = Image.new(mode, (6, 4))
        for view in image.views(base, colours=True):
            assert (view.luma.mode, view.luma.size) == ("L", (6, 4)), mode
            assert view.rgb is None or (view.rgb.mode, view.rgb.size) == ("RGB", (6, 4)), mode


def test_stretched_grey_uses_its_range() -> None:
    """Grey outside 16 bits, or below zero, is stretched to black and white."""
    rows = np.array([[-5.0, 0.0], [2.5, 5.0]], dtype=np.float32)
    (view,) = image.views(Image.fromarray(rows))
    assert list(view.luma.tobytes()) == [0, 127, 191, 255]
    wide = Image.fromarray(np.array([[0, 1_000_000]], dtype=np.int32))
    (view,) = image.views(wide)
    assert list(view.luma.tobytes()) == [0, 255]


class TestPublished:
    """The published pictures."""

    pytestmark = shared

    def test_every_published_picture_opens(self, box: Box) -> None:
        """Every picture of the evaluation data opens to a first plane without a problem."""
        folders = ("images/pdq/formats", "images/pdq/misc-images", "images/photos")
        paths = [
            path
            for folder in folders
            for path in sorted((SHARED / folder).rglob("*"))
            if path.suffix in {".jpg", ".jpeg", ".png", ".webp"}
        ]
        assert len(paths) >= 25
        for path in paths:
            found = opened(box, path.read_bytes(), path.name)
            assert not found.problems, path.name
            assert found.planes[0].part == path.name

    def test_reducing_hardly_moves_the_hash(self, box: Box) -> None:
        """Decoding a large photograph by halves moves its PDQ hash by two bits in the median and by twelve at most."""
        moved = []
        for path in sorted((SHARED / "images" / "photos" / "perception").glob("*.jpg")):
            with Image.open(path) as photo:
                factor = 2100 / min(photo.size)
                large = photo.convert("RGB").resize((round(photo.width * factor), round(photo.height * factor)))
            data = saved(large, "JPEG", quality=90)
            with Image.open(io.BytesIO(data)) as again:
                luma = again.convert("L")
            planes = opened(box, data).planes[0], Plane("", luma.width, luma.height, luma.tobytes())
            assert planes[0].width < planes[1].width
            first, second = (found.hashes[0] for found in map(hash_plane, planes) if found is not None)
            moved.append(int(np.unpackbits(first ^ second).sum()))
        assert np.median(moved) <= 2
        assert max(moved) <= 12

    def test_the_fast_way_gives_the_same(self, box: Box) -> None:
        """Decoding a photograph straight to brightness differs from going through RGB by less than half a level in the mean."""
        for path in sorted((SHARED / "images" / "pdq" / "bridge-mods").glob("*.jpg")):
            (plane,) = opened(box, path.read_bytes()).planes
            with Image.open(io.BytesIO(path.read_bytes())) as picture:
                rgb = next(iter(ImageSequence.Iterator(picture))).convert("RGB").convert("L")
            assert difference(plane, Plane("", rgb.width, rgb.height, rgb.tobytes())) < 0.5, path.name
