"""Signal types: the contract for each, and what is particular to PDQ."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from forestall.detect.match.signals.digest import MD5, SHA1, SHA256
from forestall.detect.match.signals.pdq import PDQ, QUALITY_FLOOR, VARIANTS, hash_plane
from forestall.model.reading import FileFacts, Plane, Reading
from tests.contracts.signal import SignalContract

PICTURES = Path(__file__).parents[3].parent / "shared" / "data" / "images" / "pdq"
shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not PICTURES.is_dir(), reason="the pictures in ../shared/data/images/pdq are absent"),
]


class TestMd5(SignalContract):
    """MD5 keeps the contract."""

    kind = MD5


class TestSha1(SignalContract):
    """SHA-1 keeps the contract."""

    kind = SHA1


class TestSha256(SignalContract):
    """SHA-256 keeps the contract."""

    kind = SHA256


class TestPdq(SignalContract):
    """PDQ keeps the contract."""

    kind = PDQ


def test_every_file_gives_its_digests() -> None:
    """The digests of a file and of every member inside it are looked up, each under its own part."""
    files = [FileFacts(part, "image/png", 1, "0" * 32, "1" * 40, "2" * 64) for part in ("a.zip", "a.zip/b.png")]
    reading = Reading("1", files=tuple(files))
    assert [(query.part, query.value.hex()) for query in MD5.queries(reading)] == [
        ("a.zip", "0" * 32),
        ("a.zip/b.png", "0" * 32),
    ]
    assert [query.value.hex() for query in SHA256.queries(reading)] == ["2" * 64] * 2


def test_a_file_without_digest_is_passed_over() -> None:
    """A file whose digest was not taken asks nothing and raises nothing."""
    reading = Reading("1", files=(FileFacts("a", "", 0, "", "x", ""), FileFacts("b", "", 0, "0" * 32, "", "")))
    assert [query.part for query in MD5.queries(reading)] == ["b"]
    assert list(SHA1.queries(reading)) == []


def plane(picture: Image.Image, part: str = "p") -> Plane:
    """Give the luma plane of a picture by way of canonical RGB."""
    grey = picture.convert("RGB").convert("L")
    return Plane(part, grey.width, grey.height, grey.tobytes())


def expected() -> Iterator[tuple[str, bytes, int | None]]:
    """Give file, hash and quality (where stated) of the published hashes whose pictures are here."""
    with (PICTURES / "expected_pdq_hashes.csv").open(encoding="utf-8") as source:
        for row in csv.DictReader(source):
            if (PICTURES / row["file"]).is_file():
                yield row["file"], bytes.fromhex(row["pdq_hash"]), int(row["quality"]) if row["quality"] else None


def distances() -> Iterator[tuple[str, int, int, int | None]]:
    """Give file, distance to a published hash, our quality, published quality."""
    for name, value, quality in expected():
        with Image.open(PICTURES / name) as picture:
            forms = hash_plane(plane(picture))
        assert forms is not None
        yield name, PDQ.compare(forms.hashes[0].tobytes(), value), forms.quality, quality


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
            apart = [PDQ.compare(original.hashes[0].tobytes(), row.tobytes()) for row in forms.hashes]
            assert min(apart) <= 10
            assert VARIANTS[int(np.argmin(apart))] == variant


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


def reference(luma: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> bytes:
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
    assert PDQ.compare(forms.hashes[0].tobytes(), reference(luma)) <= 2


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
        apart = [PDQ.compare(banked.hashes[0].tobytes(), row.tobytes()) for row in forms.hashes]
        assert VARIANTS[int(np.argmin(apart))] == variant
        assert min(apart) <= PDQ.radius


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
    assert [query.part for query in queries] == ["a.gif#frame1"] * 8 + ["a.gif#frame2"] * 8
    assert tuple(query.variant for query in queries[:8]) == VARIANTS
    assert all(query.quality is not None and query.quality >= QUALITY_FLOOR for query in queries)


@pytest.mark.parametrize(("width", "height", "size"), [(4, 100, 400), (100, 4, 400), (0, 0, 0), (10, 10, 99)])
def test_what_has_no_hash_gives_none(width: int, height: int, size: int) -> None:
    """A picture under five pixels a side, or one whose bytes do not fit its sides, has no hash and raises nothing."""
    assert hash_plane(Plane("p", width, height, bytes(size))) is None
