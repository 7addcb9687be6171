"""Films: recognised saved anew, cut, framed, mirrored, sped up; a piece is found with its place; other films are not."""

import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from forestall.detect.match.signals.film import films, hashed, window
from forestall.detect.match.signals.frames import Frames, exact, example, settled, written
from forestall.detect.match.signals.pdq import PDQ, hash_plane
from forestall.detect.match.signals.pdq_trim import Window, whole
from forestall.detect.match.signals.vpdq import VPDQ
from forestall.media import Box
from forestall.model.content import Attachment
from forestall.model.errors import BadInput
from forestall.model.reading import Plane, Reading
from forestall.model.settings import Settings
from tests.contracts.signal import SequenceContract
from tests.media.films import FRAMES_A_SECOND, film, scene, shots
from tests.media.samples import SHARED, shared

SECONDS = 20
EVERY = FRAMES_A_SECOND // 4


def shown(frames: Iterable[Image.Image], part: str = "film.mp4") -> Reading:
    """Give a reading that holds a film as the box would lay it out: four frames a second."""
    planes = []
    for number, frame in enumerate(frames):
        if number % EVERY == 0:
            luma = frame.convert("L")
            planes.append(Plane(part, *luma.size, luma.tobytes(), number, at=round(number / FRAMES_A_SECOND, 2)))
    return Reading("1", planes=tuple(planes))


@cache
def original(seed: int = 1, seconds: int = SECONDS) -> tuple[Image.Image, ...]:
    """Give the frames of a film."""
    return tuple(shots(seconds, seed))


@cache
def value(seed: int = 1, seconds: int = SECONDS) -> str:
    """Give what a film is written as."""
    (trace,) = VPDQ.traces(shown(original(seed, seconds)))
    return trace.value


def jpeg(frame: Image.Image) -> Image.Image:
    """Give a frame as strong compression leaves it."""
    sink = io.BytesIO()
    frame.save(sink, "JPEG", quality=20)
    return Image.open(sink).convert("RGB")


def boxed(frame: Image.Image) -> Image.Image:
    """Give a frame between black bars."""
    whole_frame = Image.new("RGB", (frame.width, frame.height + 60))
    whole_frame.paste(frame, (0, 30))
    return whole_frame


def logo(frame: Image.Image) -> Image.Image:
    """Give a frame with a station's mark over an eighth of it."""
    marked = frame.copy()
    marked.paste((255, 255, 0), (10, 10, 110, 70))
    return marked


class TestVpdq(SequenceContract):
    """The type keeps the contract."""

    kind = VPDQ
    case_matters = True
    met = (value(), shown(original()))


Changed = Callable[[Image.Image], Image.Image]
CHANGES: dict[str, Changed] = {
    "compressed": jpeg,
    "half size": lambda frame: frame.resize((160, 90)),
    "grey": lambda frame: frame.convert("L").convert("RGB"),
    "blurred": lambda frame: frame.filter(ImageFilter.GaussianBlur(2)),
    "brighter": lambda frame: frame.point(lambda level: min(255, level + 30)),
    "between bars": boxed,
    "with a mark": logo,
    "mirrored": lambda frame: frame.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "upside down": lambda frame: frame.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    "turned": lambda frame: frame.transpose(Image.Transpose.ROTATE_90),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_film_is_recognised(name: str) -> None:
    """A film whose every frame was changed is still the same film, nearly all of it."""
    matcher = VPDQ.matcher()
    matcher.add([(1, value()), (2, value(2))])
    (hit,) = matcher.look(shown(CHANGES[name](frame) for frame in original()))
    assert hit.id == 1
    assert hit.distance <= 10
    assert hit.evidence["share_of_known"] >= 90


PACES = {
    "a quarter faster": lambda frames: [frame for at, frame in enumerate(frames) if at % 5],
    "a quarter slower": lambda frames: [frame for at, frame in enumerate(frames) for _ in range(1 + (at % 4 == 0))],
    "with its halves swapped": lambda frames: [*frames[len(frames) // 2 :], *frames[: len(frames) // 2]],
    "with a fade at the beginning": lambda frames: [Image.new("RGB", frames[0].size)] * 24 + list(frames),
}


@pytest.mark.parametrize("name", PACES)
def test_a_film_at_another_pace_is_recognised(name: str) -> None:
    """A film that was sped up, slowed down, cut anew or given a black beginning is still the same film."""
    matcher = VPDQ.matcher()
    matcher.add([(1, value())])
    (hit,) = matcher.look(shown(PACES[name](original())))
    assert hit.distance <= 15


def test_five_seconds_inside_a_minute_are_found_with_their_place() -> None:
    """A known clip of five seconds inside a film of a minute is found, and where it is shown is said to within a second."""
    clip = original(7, 6)[6:66]
    other = original(8, 55)
    cut = 30 * FRAMES_A_SECOND
    (trace,) = VPDQ.traces(shown(clip))
    matcher = VPDQ.matcher()
    matcher.add([(1, trace.value)])
    (hit,) = matcher.look(shown([*other[:cut], *clip, *other[cut:]]))
    assert hit.distance <= 5
    assert hit.evidence["share_of_copy"] in range(5, 12)
    ((start, end),) = hit.evidence["copy_seconds"]
    assert abs(start - 30) <= 1
    assert abs(end - 35) <= 1


def test_a_piece_of_a_known_film_is_found_with_its_place() -> None:
    """Five seconds cut out of a known film of a minute are found, and where they come from is said; also amid another film."""
    known, other = original(8, 60), original(9, 30)
    piece = known[23 * FRAMES_A_SECOND + 5 : 28 * FRAMES_A_SECOND + 5]
    (trace,) = VPDQ.traces(shown(known))
    matcher = VPDQ.matcher()
    matcher.add([(1, trace.value)])
    for frames in (piece, [*other[:120], *piece, *other[120:]]):
        (hit,) = matcher.look(shown(frames))
        assert hit.distance <= VPDQ.radius
        ((start, end),) = hit.evidence["known_seconds"]
        assert abs(start - 23.4) <= 1
        assert abs(end - 28.4) <= 1


def test_one_picture_in_common_is_no_match() -> None:
    """Two films that share a title card, or flash one frame of each other, are different films."""
    card = [scene(5)] * 24
    matcher = VPDQ.matcher()
    (trace,) = VPDQ.traces(shown([*card, *original(3, 10)]))
    matcher.add([(1, trace.value)])
    assert list(matcher.look(shown([*card, *original(4, 10)]))) == []
    assert list(matcher.look(shown([*original(4, 10), original(3, 10)[50]]))) == []


def test_a_film_of_one_picture_is_met_as_a_whole() -> None:
    """A speech over a single picture is met by the same, and not by a film that shows the picture once."""
    still = [scene(5)] * 120
    matcher = VPDQ.matcher()
    (trace,) = VPDQ.traces(shown(still))
    matcher.add([(1, trace.value)])
    assert [hit.id for hit in matcher.look(shown(map(jpeg, still)))] == [1]
    assert list(matcher.look(shown([*original(4, 10), *still[:36], *original(3, 10)]))) == []


def test_unrelated_films_share_nothing() -> None:
    """Of ten films no two are taken for each other."""
    values = [value(seed, 10) for seed in range(20, 30)]
    for first, second in itertools.combinations(values, 2):
        assert VPDQ.compare(first, second) == 100


def test_the_reference_form_is_read() -> None:
    """A list of hashes is the same value as lines of frame, quality, hash and second, without seconds at 30 frames a second, as JSON."""
    frames = example(3)
    rows = [row.tobytes().hex() for row in frames.hashes]
    expected = written(frames)
    lines = [f"{at},100,{row},{at / 2:.3f}" for at, row in enumerate(rows)]
    assert VPDQ.normalise("\n".join(lines)) == expected
    assert VPDQ.normalise("\n".join(f"{15 * at},100,{row}" for at, row in enumerate(rows))) == expected
    assert VPDQ.normalise(str([f"{row},100,{at / 2}" for at, row in enumerate(rows)]).replace("'", '"')) == expected
    with pytest.raises(BadInput, match="row 2"):
        VPDQ.normalise(f"{lines[0]}\n{lines[1]},1,2,3")
    with pytest.raises(BadInput, match="enough detail"):
        VPDQ.normalise("\n".join(line.replace(",100,", ",20,") for line in lines))


def test_a_value_is_bounded() -> None:
    """An hour of frames, thirty a second, becomes at most 600 frames, evenly spread, and stays that when written again."""
    random = np.random.default_rng(1)
    count = 36_000
    frames, _ = settled(list(range(count)), [100] * count, random.integers(0, 256, (count, 32), dtype=np.uint8))
    assert len(frames) == 600
    assert np.diff(frames.times).max() <= 62
    again = exact(VPDQ.normalise(written(frames)))
    assert np.array_equal(again.times, frames.times)
    assert np.array_equal(again.hashes, frames.hashes)


def test_what_stands_still_is_kept_once_in_two_seconds() -> None:
    """A shot that hardly moves costs one frame in two seconds, and its length is known all the same."""
    still = np.repeat(example(1).hashes[:1], 100, axis=0)
    frames, kept = settled([2 * at for at in range(100)], [100] * 100, still)
    assert kept == list(range(0, 100, 10))
    assert frames.times.tolist() == list(range(0, 200, 20))
    assert isinstance(frames, Frames)


def test_frames_of_every_size_hash_alike() -> None:
    """The same frame at 96 to 1,080 lines has nearly the same hash, and nearly the one PDQ gives of it at full size."""
    large = scene(3, 1920, 1080).convert("L")
    (full, *_), _ = hashed([plane_of(large)], whole(plane_of(large)))
    reference = hash_plane(plane_of(large))
    assert reference is not None
    assert PDQ.compare(full[0].tobytes().hex(), reference.hashes[0].tobytes().hex()) <= 8
    for lines in (96, 144, 256, 360, 720):
        small = plane_of(large.resize((lines * 16 // 9, lines), Image.Resampling.BOX))
        (found, *_), _ = hashed([small], whole(small))
        assert PDQ.compare(found[0].tobytes().hex(), full[0].tobytes().hex()) <= 14


def plane_of(luma: Image.Image) -> Plane:
    """Give a brightness picture as a frame."""
    return Plane("a", *luma.size, luma.tobytes(), at=0.0)


def test_bars_are_what_stays_of_one_colour() -> None:
    """Bars are found where they are, a film without bars is left whole, and one black frame hides nothing."""
    bare, framed = (shown(map(change, original(1, 4))).planes for change in (Image.Image.copy, boxed))
    assert window(bare) == whole(bare[0])
    inner = window(framed)
    assert inner.top in range(28, 32)
    assert inner.height in range(178, 184)
    assert (inner.left, inner.width) == (0, 320)
    dark = Plane("film.mp4", 320, 240, bytes(320 * 240), at=9.0)
    assert window([*framed, dark]) == inner
    assert window([dark]) == Window(0, 0, 320, 240)


def test_hostile_frames_cost_nothing() -> None:
    """Frames that change size, lie about it or go back in time neither raise nor give two values for a part."""
    planes = [*shown(original(1, 4)).planes]
    planes.insert(3, Plane("film.mp4", 8, 8, bytes(64), at=0.6))
    planes.insert(5, Plane("film.mp4", 500, 500, b"short", at=0.7))
    planes.append(Plane("film.mp4", 320, 180, bytes(320 * 180), at=0.1))
    planes.append(Plane("film.mp4", 320, 180, bytes(320 * 180), at=1e300))
    assert len(list(VPDQ.traces(Reading("1", planes=tuple(planes))))) == 1
    assert len(films(Reading("2", planes=tuple(planes[::-1])))) == 1


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """Give a box with one worker."""
    made = Box(Settings(box_workers=1))
    yield made
    made.close()


def opened(box: Box, data: bytes) -> Reading:
    """Give a reading of a film."""
    return Reading("1", planes=box.open(Attachment("film", data)).planes)


CODECS = {
    "MPEG-4": ("mp4", "mpeg4"),
    "H.264": ("mov", "libx264"),
    "VP8 in WebM": ("webm", "libvpx"),
    "MPEG-4 in a transport stream": ("mpegts", "mpeg4"),
    "MS-MPEG-4 in AVI": ("avi", "msmpeg4v2"),
}


@pytest.mark.parametrize("name", CODECS)
def test_a_film_is_recognised_in_every_codec(box: Box, name: str) -> None:
    """A film encoded by other programs, opened in the box, is the known film from end to end."""
    matcher = VPDQ.matcher()
    matcher.add([(1, value(1, 10)), (2, value(2))])
    (hit,) = matcher.look(opened(box, film(original(1, 10), *CODECS[name])))
    assert (hit.id, hit.part) == (1, "film")
    assert hit.distance <= 10


class TestSharedFilms:
    """Clips of the TMK family, and hashes that the reference tools made of them."""

    pytestmark = shared

    def test_the_family_matches_and_nothing_else_does(self, box: Box) -> None:
        """Three edits of one clip (original, grey, with a large logo) match each other; four others match only themselves."""
        paths = sorted(Path(SHARED / "video").glob("*/*.m*4*"))
        readings = [opened(box, path.read_bytes()) for path in paths]
        matcher = VPDQ.matcher()
        matcher.add([(at, next(iter(VPDQ.traces(reading))).value) for at, reading in enumerate(readings)])
        family = {at for at, path in enumerate(paths) if path.name.startswith("chair")}
        assert len(family) == 3
        for at, reading in enumerate(readings):
            met = {hit.id for hit in matcher.look(reading) if hit.distance <= 50}
            assert met == (family if at in family else {at})

    def test_films_meet_what_the_reference_made_of_them(self, box: Box) -> None:
        """Each of the five clips meets the hashes that the reference tools made of it, at full size and at 128 x 128."""
        folder = SHARED / "video"
        for path in sorted(folder.glob("tmk/*.mp4")):
            listed = sorted((folder / "vpdq-sample-hashes").glob(f"{path.stem}*.txt"))
            assert listed
            matcher = VPDQ.matcher()
            matcher.add([(at, VPDQ.normalise(file.read_text("ascii"))) for at, file in enumerate(listed)])
            hits = list(matcher.look(opened(box, path.read_bytes())))
            assert {hit.id for hit in hits} == set(range(len(listed)))
            assert all(hit.distance <= 60 for hit in hits)

    def test_reference_hashes_of_one_clip_match(self) -> None:
        """The reference's hashes of a clip and of the same clip at 128 x 128 match; those of different scenes never do."""
        files = sorted((SHARED / "video" / "vpdq-sample-hashes").glob("[cdpt]*.txt"))
        values = {file.stem: VPDQ.normalise(file.read_text("ascii")) for file in files}
        for first, second in itertools.combinations(values, 2):
            distance = VPDQ.compare(values[first], values[second])
            if first.removesuffix("-128x128") == second.removesuffix("-128x128"):
                assert distance <= 25
            elif first.partition("-")[0] != second.partition("-")[0]:
                assert distance == 100
