"""Exact digests and PDQ: the contract for each, and what is particular to PDQ."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from forestall.detect.match.signals.digest import MD5, SHA1, SHA256, SHA512
from forestall.detect.match.signals.pdq import ENLARGED, PDQ, QUALITY_FLOOR, VARIANTS, hash_plane
from forestall.detect.match.signals.pdq_trim import windows
from forestall.model.errors import BadInput
from forestall.model.reading import FileFacts, Plane, Reading
from tests.contracts.signal import KeyedContract

PICTURES = Path(__file__).parents[3].parent / "shared" / "data" / "images" / "pdq"
shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not PICTURES.is_dir(), reason="the pictures in ../shared/data/images/pdq are absent"),
]


def painting(width: int, height: int, seed: int = 7) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Give a picture with detail at many scales: smooth noise, stretched to 0..255."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width))
    for cells in (3, 7, 16, 40):
        coarse = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)) / cells**0.5
    low, high = total.min(), total.max()
    scaled: np.ndarray[tuple[int, int], np.dtype[np.uint8]] = ((total - low) / (high - low) * 255).astype(np.uint8)
    return scaled


DIGESTS = FileFacts("a.zip/b.png", "image/png", 1, "0" * 32, "1" * 40, "2" * 64, "3" * 128)


class TestMd5(KeyedContract):
    """MD5 keeps the contract."""

    kind = MD5
    met = ("0" * 32, Reading("1", files=(DIGESTS,)))


class TestSha1(KeyedContract):
    """SHA-1 keeps the contract."""

    kind = SHA1
    met = ("1" * 40, Reading("1", files=(DIGESTS,)))


class TestSha256(KeyedContract):
    """SHA-256 keeps the contract."""

    kind = SHA256
    met = ("2" * 64, Reading("1", files=(DIGESTS,)))


class TestSha512(KeyedContract):
    """SHA-512 keeps the contract."""

    kind = SHA512
    met = ("3" * 128, Reading("1", files=(DIGESTS,)))


def test_every_file_gives_its_digests() -> None:
    """The digests of a file and of every member inside it are looked up, each under its own part."""
    files = [FileFacts(part, "image/png", 1, "0" * 32, "1" * 40, "2" * 64) for part in ("a.zip", "a.zip/b.png")]
    reading = Reading("1", files=tuple(files))
    assert [(query.part, query.key.hex()) for query in MD5.queries(reading)] == [
        ("a.zip", "0" * 32),
        ("a.zip/b.png", "0" * 32),
    ]
    assert [query.key.hex() for query in SHA256.queries(reading)] == ["2" * 64] * 2


def test_a_file_without_digest_is_passed_over() -> None:
    """A file whose digest was not taken asks nothing and raises nothing."""
    reading = Reading("1", files=(FileFacts("a", "", 3, "", "x", ""), FileFacts("b", "", 3, "0" * 32, "", "")))
    assert [query.part for query in MD5.queries(reading)] == ["b"]
    assert list(SHA1.queries(reading)) == []


class TestPdq(KeyedContract):
    """PDQ keeps the contract, for a picture inside a frame at that."""

    kind = PDQ
    met = ("", Reading("1"))

    @classmethod
    def setup_class(cls) -> None:
        """Draw the picture."""
        inner, page = painting(320, 200), np.full((300, 420), 250, np.uint8)
        page[50:250, 50:370] = inner
        forms = hash_plane(Plane("p", 320, 200, inner.tobytes()))
        assert forms is not None
        cls.met = (text(forms.hashes[0]), Reading("1", planes=(Plane("p", 420, 300, page.tobytes()),)))


def text(row: NDArray[np.uint8]) -> str:
    """Give a hash as it is written."""
    return row.tobytes().hex()


def plane(picture: Image.Image, part: str = "p") -> Plane:
    """Give the luma plane of a picture by way of canonical RGB."""
    grey = picture.convert("RGB").convert("L")
    return Plane(part, grey.width, grey.height, grey.tobytes())


def expected() -> Iterator[tuple[str, str, int | None]]:
    """Give file, hash and quality (where stated) of the published hashes whose pictures are here."""
    with (PICTURES / "expected_pdq_hashes.csv").open(encoding="utf-8") as source:
        for row in csv.DictReader(source):
            if (PICTURES / row["file"]).is_file():
                yield row["file"], row["pdq_hash"], int(row["quality"]) if row["quality"] else None


def distances() -> Iterator[tuple[str, int, int, int | None]]:
    """Give file, distance to a published hash, our quality, published quality."""
    for name, value, quality in expected():
        with Image.open(PICTURES / name) as picture:
            forms = hash_plane(plane(picture))
        assert forms is not None
        yield name, PDQ.compare(text(forms.hashes[0]), value), forms.quality, quality


class TestPublishedHashes:
    """The published hashes of the reference implementations."""

    pytestmark = shared

    def test_ours_are_the_published_ones(self) -> None:
        """Every picture good enough to match hashes within 16 bits of every published hash, and within 2 of one in the median.

        The published implementations differ by up to 10 bits among themselves. Below the quality floor eight bits of
        brightness do not decide all signs (36 bits on a picture of quality 3), and such hashes are never compared.
        """
        nearest: dict[str, int] = {}
        for name, distance, quality, _ in distances():
            if quality >= QUALITY_FLOOR:
                assert distance <= 16, name
            nearest[name] = min(nearest.get(name, 256), distance)
        assert len(nearest) > 20
        assert np.median(list(nearest.values())) <= 2

    def test_quality_is_the_published_one(self) -> None:
        """Where a quality is published, ours equals it."""
        stated = [(name, ours, theirs) for name, _, ours, theirs in distances() if theirs is not None]
        assert stated
        assert all(ours == theirs for _, ours, theirs in stated)

    def test_turned_copies_meet_the_original(self) -> None:
        """Each of the eight turned and mirrored copies has one form within 10 bits of the original, and its name is right."""
        turned = {
            "bridge-1-original": "",
            "bridge-2-rotate-90": "rotated-left",
            "bridge-3-rotate-180": "rotated-180",
            "bridge-4-rotate-270": "rotated-right",
            "bridge-5-flipx": "upside-down",
            "bridge-6-flipy": "mirrored",
            "bridge-7-flip-plus-1": "transposed",
            "bridge-8-flip-minus-1": "transposed-180",
        }
        with Image.open(PICTURES / "dih" / "bridge-1-original.jpg") as picture:
            original = hash_plane(plane(picture))
        assert original is not None
        for name, variant in turned.items():
            with Image.open(PICTURES / "dih" / f"{name}.jpg") as picture:
                forms = hash_plane(plane(picture))
            assert forms is not None
            apart = [PDQ.compare(text(original.hashes[0]), text(row)) for row in forms.hashes]
            assert min(apart) <= 10
            assert VARIANTS[int(np.argmin(apart))] == variant


def reference(luma: NDArray[Any]) -> bytes:
    """Give the hash the way the paper writes it down: running boxes twice along both axes, sampling, DCT, median."""
    blurred = luma.astype(np.float64)
    for _ in range(2):
        for axis in (1, 0):
            blurred = np.apply_along_axis(box, axis, blurred)
    rows = [int((i + 0.5) * luma.shape[0] / 64) for i in range(64)]
    columns = [int((j + 0.5) * luma.shape[1] / 64) for j in range(64)]
    small = blurred[np.ix_(rows, columns)]
    basis = [[np.sqrt(2 / 64) * np.cos(np.pi / 128 * (i + 1) * (2 * j + 1)) for j in range(64)] for i in range(16)]
    found = np.array(basis) @ small @ np.array(basis).T
    middle = np.sort(found.ravel())[127]
    return np.packbits((found.ravel() > middle)[::-1]).tobytes()


def box(line: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    """Give the running mean of a line over ceil(length / 128) values, fewer at the ends."""
    window = -(-len(line) // 128)
    ahead = (window + 2) // 2 - 1
    return [float(line[max(0, at - (window - 1 - ahead)) : at + ahead + 1].mean()) for at in range(len(line))]


@pytest.mark.parametrize(
    ("width", "height"), [(64, 64), (5, 5), (5, 300), (127, 129), (128, 256), (257, 61), (640, 385)]
)
def test_folded_filter_equals_the_written_one(width: int, height: int) -> None:
    """Reading each pixel once gives the hash of the filter as the paper describes it, for odd, even and tiny sizes."""
    luma = painting(width, height)
    forms = hash_plane(Plane("p", width, height, luma.tobytes()))
    assert forms is not None
    assert PDQ.compare(text(forms.hashes[0]), reference(luma).hex()) <= 2


def test_each_variant_names_what_was_done_to_the_copy() -> None:
    """A copy turned or mirrored in one of the seven ways meets the original in the form of that name."""
    original = painting(512, 384)
    done = {
        "mirrored": original[:, ::-1],
        "upside-down": original[::-1],
        "rotated-180": original[::-1, ::-1],
        "transposed": original.T,
        "rotated-right": np.rot90(original, -1),
        "rotated-left": np.rot90(original, 1),
        "transposed-180": original[::-1, ::-1].T,
    }
    banked = hash_plane(Plane("p", 512, 384, original.tobytes()))
    assert banked is not None
    for variant, copy in done.items():
        forms = hash_plane(Plane("p", copy.shape[1], copy.shape[0], np.ascontiguousarray(copy).tobytes()))
        assert forms is not None
        apart = [PDQ.compare(text(banked.hashes[0]), text(row)) for row in forms.hashes]
        assert VARIANTS[int(np.argmin(apart))] == variant
        assert min(apart) <= 2


@pytest.mark.parametrize(("width", "height"), [(255, 256), (300, 200), (513, 129)])
def test_turned_back_means_turned_back(width: int, height: int) -> None:
    """A copy's form is the original's hash itself, though the filter is lopsided, for colours as for brightness, odd or even sizes."""
    rgb = np.stack([painting(width, height, seed) for seed in (1, 2, 3)], axis=2)
    for pixels in (rgb, rgb[:, ::-1], rgb[::-1, ::-1], np.rot90(rgb)):
        copy = np.ascontiguousarray(pixels)
        luma = np.asarray(Image.fromarray(copy).convert("L")).tobytes()
        forms = hash_plane(Plane("p", copy.shape[1], copy.shape[0], luma, 0, copy.tobytes()))
        whole = np.asarray(Image.fromarray(rgb).convert("L")).tobytes()
        original = hash_plane(Plane("p", width, height, whole, 0, rgb.tobytes()))
        assert forms is not None
        assert original is not None
        assert min(PDQ.compare(text(original.hashes[0]), text(row)) for row in forms.hashes) <= 2


def test_colours_are_not_rounded() -> None:
    """With colours at hand the hash is that of unrounded brightness, whatever the rounded one says."""
    rgb = np.stack([painting(301, 203, seed) for seed in (1, 2, 3)], axis=2)
    exact = rgb @ np.array([0.299, 0.587, 0.114])
    forms = hash_plane(Plane("p", 301, 203, bytes(301 * 203), 0, rgb.tobytes()))
    assert forms is not None
    assert text(forms.hashes[0]) == reference(exact).hex()


def test_a_hash_alone_is_turned() -> None:
    """Of a hash alone all eight forms are asked for: its own and the transposed to the bit, the others within 24 bits of the copy's."""
    original = painting(1200, 800)
    forms = hash_plane(Plane("p", 1200, 800, original.tobytes()))
    assert forms is not None
    queries = list(PDQ.asked(text(forms.hashes[0])))
    assert tuple(query.variant for query in queries) == VARIANTS
    apart = [PDQ.compare(query.key.hex(), text(row)) for query, row in zip(queries, forms.hashes, strict=True)]
    assert apart[0] == apart[VARIANTS.index("transposed")] == 0
    assert max(apart) <= 24


def test_only_hex_is_a_hash() -> None:
    """D13: capitals are accepted and become the one canonical form; anything after the hash, or missing of it, is refused."""
    value = PDQ.examples()[0]
    assert PDQ.normalise(value.upper()) == value
    for broken in (
        value + "0",
        value + " 0",
        value[:-1],
        value[:-1] + "\n0",
        value.replace("d", "g"),
        "0x" + value[2:],
    ):
        with pytest.raises(BadInput):
            PDQ.normalise(broken)


def inside(page: NDArray[np.uint8], left: int, top: int) -> Reading:
    """Give a reading of a page with the painting of 400 x 300 set into it."""
    page[top : top + 300, left : left + 400] = painting(400, 300)
    return Reading("1", planes=(Plane("p", page.shape[1], page.shape[0], page.tobytes()),))


def busy(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Write lines of words on a page, 50 pixels high at the top and at the bottom."""
    picture = Image.fromarray(page)
    for top in (10, page.shape[0] - 40):
        ImageDraw.Draw(picture).text(
            (20, top), "words that somebody wrote about it, and more", 20, ImageFont.load_default(20)
        )
    return np.array(picture)


INSIDE: dict[str, tuple[str, Callable[[], Reading]]] = {
    "letterbox": ("trimmed", lambda: inside(np.full((420, 400), 4, np.uint8), 0, 60)),
    "pillarbox": ("trimmed", lambda: inside(np.full((300, 600), 0, np.uint8), 100, 0)),
    "frame": ("trimmed", lambda: inside(np.full((360, 460), 200, np.uint8), 30, 30)),
    "bars of two colours": (
        "trimmed",
        lambda: inside(np.repeat(np.array([[0], [255]], np.uint8), 200, axis=0).repeat(400, axis=1), 0, 50),
    ),
    "frame in a frame": (
        "trimmed",
        lambda: inside(np.pad(np.full((340, 440), 9, np.uint8), 20, constant_values=240), 40, 40),
    ),
    "screenshot": ("inset", lambda: inside(busy(np.full((520, 500), 250, np.uint8)), 50, 110)),
}
"""What was put around the painting → the view in which it is found, and the reading."""


@pytest.mark.parametrize("name", INSIDE)
def test_what_is_around_a_picture_hides_nothing(name: str) -> None:
    """Bars, frames and pages around a picture are taken off: it is found inside, under a name that says so, mirrored too."""
    view, make = INSIDE[name]
    original = hash_plane(Plane("p", 400, 300, painting(400, 300).tobytes()))
    assert original is not None
    found = {query.variant: PDQ.compare(query.key.hex(), text(original.hashes[0])) for query in PDQ.queries(make())}
    best = min(found, key=lambda variant: found[variant])
    assert (best, found[best] <= 16) == (view, True)
    assert f"{view}+mirrored" in found
    assert found[""] > PDQ.radius


def test_what_is_inside_is_kept_only_where_it_differs() -> None:
    """A picture without borders leaves one trace; one with borders also what is inside, one in a page what is inside the margin too."""
    plain = Reading("1", planes=(Plane("p", 400, 300, painting(400, 300).tobytes()),))
    assert len(list(PDQ.traces(plain))) == 1
    assert len(list(PDQ.traces(INSIDE["letterbox"][1]()))) == 2
    assert len(list(PDQ.traces(INSIDE["screenshot"][1]()))) == 3


def test_a_small_copy_meets_the_large_original() -> None:
    """A picture banked at its full size is met by a copy at a tenth of it, which is also looked up as if enlarged."""
    large = painting(2000, 1500)
    original = hash_plane(Plane("p", 2000, 1500, large.tobytes()))
    small = Image.fromarray(large).resize((200, 150), Image.Resampling.LANCZOS)
    queries = list(PDQ.queries(Reading("1", planes=(Plane("p", 200, 150, small.tobytes()),))))
    assert original is not None
    best = min(queries, key=lambda query: PDQ.compare(query.key.hex(), text(original.hashes[0])))
    assert best.variant == "enlarged"
    assert PDQ.compare(best.key.hex(), text(original.hashes[0])) <= 16


@pytest.mark.parametrize("shape", [(32, 32), (33, 4000), (40, 40), (300, 200)])
def test_flat_and_noisy_pictures_are_looked_into(shape: tuple[int, int]) -> None:
    """Looking for borders raises nothing on pictures of one colour, of noise, of one line, or of stripes, and stays inside."""
    width, height = shape
    noise = np.random.default_rng(3).integers(0, 256, (height, width)).astype(np.uint8)
    striped = np.where(np.arange(height) % 2, 255, 0).astype(np.uint8)[:, None] * np.ones((1, width), np.uint8)
    line = np.zeros((height, width), np.uint8)
    line[height // 2] = 255
    for luma in (np.zeros((height, width), np.uint8), noise, striped, line, line.T.copy().reshape(height, width)):
        for _, window in windows(Plane("p", width, height, luma.tobytes())):
            assert 0 <= window.left < window.left + window.width <= width
            assert 0 <= window.top < window.top + window.height <= height


def test_pictures_without_detail_are_never_looked_up() -> None:
    """A flat picture and a plain gradient stay below the quality floor, so they match nothing."""
    flat = Plane("flat", 300, 200, bytes([90]) * 60_000)
    ramp = Plane("ramp", 256, 256, bytes(range(256)) * 256)
    assert list(PDQ.queries(Reading("1", planes=(flat, ramp)))) == []


def test_every_frame_is_hashed() -> None:
    """Each picture and frame of a reading gives its eight forms under its own part."""
    luma = painting(200, 100).tobytes()
    planes = tuple(Plane(f"a.gif#frame{n}", 200, 100, luma, n) for n in (1, 2))
    queries = list(PDQ.queries(Reading("1", planes=planes)))
    plain = [query for query in queries if not query.variant.startswith(ENLARGED)]
    assert [query.part for query in plain] == ["a.gif#frame1"] * 8 + ["a.gif#frame2"] * 8
    assert tuple(query.variant for query in plain[:8]) == VARIANTS
    assert all(query.quality >= QUALITY_FLOOR for query in queries)


@pytest.mark.parametrize(("width", "height", "size"), [(4, 100, 400), (100, 4, 400), (0, 0, 0), (10, 10, 99)])
def test_what_has_no_hash_gives_none(width: int, height: int, size: int) -> None:
    """A picture under five pixels a side, or one whose bytes do not fit its sides, has no hash and raises nothing."""
    assert hash_plane(Plane("p", width, height, bytes(size))) is None
