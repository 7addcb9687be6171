"""From the bytes of a picture to a match: every form a copy comes back in, opened in the box, hashed and looked up."""

import csv
import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from forestall.detect.match.signals.pdq import PDQ, Forms, hash_plane
from forestall.media import Box
from forestall.model.content import Attachment
from forestall.model.reading import Opened, Reading
from forestall.model.settings import Settings
from tests.detect.match.test_signals import PICTURES, painting, shared


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """Give an open box."""
    made = Box(Settings(box_workers=1))
    yield made
    made.close()


def forms(box: Box, name: str, data: bytes) -> Forms:
    """Give the hashes of a picture file's first plane."""
    opened = box.open(Attachment(name, data))
    assert not opened.problems
    found = hash_plane(opened.planes[0])
    assert found is not None
    return found


def coloured() -> Image.Image:
    """Give a colour picture with detail."""
    return Image.fromarray(np.stack([painting(640, 400, seed) for seed in (1, 2, 3)], axis=2))


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    """Give a picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def turned() -> bytes:
    """Give a JPEG stored on its side with an EXIF orientation that puts it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(coloured().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=92, exif=exif)


def sixteen_bit() -> bytes:
    """Give a grey PNG with 16 bits per pixel."""
    wide = np.asarray(coloured().convert("L")).astype(np.uint16) * 257
    return saved(Image.fromarray(wide), "PNG")


COPIES: dict[str, Callable[[], bytes]] = {
    "copy.jpg": lambda: saved(coloured(), "JPEG", quality=60),
    "grey.jpg": lambda: saved(coloured().convert("L"), "JPEG"),
    "cmyk.jpg": lambda: saved(coloured().convert("CMYK"), "JPEG"),
    "turned.jpg": turned,
    "copy.gif": lambda: saved(coloured(), "GIF"),
    "copy.png": lambda: saved(coloured(), "PNG"),
    "palette.png": lambda: saved(coloured().quantize(256), "PNG"),
    "alpha.png": lambda: saved(coloured().convert("LA"), "PNG"),
    "wide.png": sixteen_bit,
    "copy.webp": lambda: saved(coloured(), "WEBP", quality=70),
    "copy.avif": lambda: saved(coloured(), "AVIF", quality=60),
    "copy.bmp": lambda: saved(coloured(), "BMP"),
    "copy.tiff": lambda: saved(coloured(), "TIFF"),
    "small.jpg": lambda: saved(coloured().resize((320, 200)), "JPEG"),
}


@pytest.fixture(scope="module")
def known(box: Box) -> str:
    """Give the one PDQ hash that a bank holds of the original picture."""
    return written(forms(box, "original.png", saved(coloured(), "PNG")))


def written(found: Forms) -> str:
    """Give a picture's hash as it is written."""
    return bytes(found.hashes[0]).hex()


def nearest(opened: Opened, known: str) -> tuple[int, str, str]:
    """Give distance, variant and part of the query that comes nearest to a known hash."""
    queries = PDQ.queries(Reading("1", planes=opened.planes, files=opened.files))
    return min((PDQ.compare(query.key.hex(), known), query.variant, query.part) for query in queries)


@pytest.mark.parametrize("name", COPIES)
def test_every_re_encoding_is_known(box: Box, known: str, name: str) -> None:
    """D1, D13: a picture saved in any format, colour mode, size or orientation is near; palettes, CMYK and EXIF hide nothing."""
    distance, variant, part = nearest(box.open(Attachment(name, COPIES[name]())), known)
    assert (distance <= 16, part) == (True, name)
    assert variant in {"", "enlarged"}


def test_black_and_white_is_near(box: Box, known: str) -> None:
    """A dithered one-bit copy, which keeps the shapes only, is still within reach."""
    opened = box.open(Attachment("bits.png", saved(coloured().convert("1"), "PNG")))
    assert nearest(opened, known)[0] <= PDQ.radius


def test_other_pictures_are_not_known(box: Box, known: str) -> None:
    """An unrelated picture with as much detail does not match in any form."""
    other = Image.fromarray(np.stack([painting(640, 400, seed) for seed in (11, 12, 13)], axis=2))
    assert nearest(box.open(Attachment("other.jpg", saved(other, "JPEG"))), known)[0] > 64


@pytest.mark.parametrize("size", [(960, 700), (1400, 900)])
def test_brightness_alone_is_a_bit_or_two_off(size: tuple[int, int]) -> None:
    """Hashing a larger JPEG from its brightness moves the hash of its colours by two bits at most on a picture with detail."""
    picture = Image.fromarray(np.stack([painting(*size, seed) for seed in (4, 5, 6)], axis=2))
    data = saved(picture, "JPEG", quality=80)
    values = []
    for way in ("luma", "exact"):
        opened = Box(Settings(box_workers=1, picture_hash=way))
        values.append(written(forms(opened, "p.jpg", data)))
        opened.close()
    assert PDQ.compare(*values) <= 2


def published() -> list[dict[str, str]]:
    """Give the rows of the published hashes."""
    with (PICTURES / "expected_pdq_hashes.csv").open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


class TestPublished:
    """The published pictures, opened in the box."""

    pytestmark = shared

    def test_hashes_are_the_published_ones(self, box: Box) -> None:
        """Every published hash is within 16 bits of one of our views of its picture, and within 2 in the median over the pictures.

        A picture's views are the planes the box gives of it (16-bit grey also clipped, as its publisher read it). Of the 64 rows, several
        publishers state hashes of one picture that are up to 10 bits apart (4 in the median), so no hash could be within 2 of the
        median row: the median is over the 32 pictures, of the published hash that is nearest.
        """
        rows = published()
        found = {name: self.views(box, name) for name in {row["file"] for row in rows}}
        distances = [
            (row["file"], min(PDQ.compare(own, row["pdq_hash"]) for own in found[row["file"]])) for row in rows
        ]
        assert len(rows) == 64
        assert [name for name, distance in distances if distance > 16] == []
        nearest = {name: min(distance for of, distance in distances if of == name) for name in found}
        assert len(nearest) == 32
        assert np.median(list(nearest.values())) <= 2
        among = [
            PDQ.compare(first["pdq_hash"], second["pdq_hash"])
            for at, first in enumerate(rows)
            for second in rows[at + 1 :]
            if first["file"] == second["file"] and first["implementation"] != second["implementation"]
        ]
        assert np.median(among) > 2

    def test_hashes_of_the_same_library_are_equal(self, box: Box) -> None:
        """The hashes and qualities published from pdqhash itself are ours to the bit, that of clipped 16-bit grey among them."""
        rows = [row for row in published() if "(pdqhash)" in row["implementation"]]
        assert len(rows) == 3
        for row in rows:
            planes = box.open(Attachment(row["file"], (PICTURES / row["file"]).read_bytes())).planes
            stated = [(written(made), made.quality) for plane in planes if (made := hash_plane(plane)) is not None]
            assert (row["pdq_hash"], int(row["quality"])) in stated, row["file"]

    def views(self, box: Box, name: str) -> list[str]:
        """Give the hashes of the planes of a published picture."""
        planes = box.open(Attachment(name, (PICTURES / name).read_bytes())).planes
        return [written(made) for plane in planes if (made := hash_plane(plane)) is not None]

    def test_colour_modes_match_each_other(self, box: Box) -> None:
        """One photograph in several colour modes hashes within reach of itself in each."""
        folder = PICTURES / "misc-images" / "modes"
        hashes = [written(forms(box, path.name, path.read_bytes())) for path in sorted(folder.iterdir())]
        assert len(hashes) >= 4
        assert max(PDQ.compare(first, second) for first in hashes for second in hashes) <= PDQ.radius
