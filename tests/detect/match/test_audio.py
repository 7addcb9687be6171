"""Sound: recordings are recognised in other codecs, with noise, in pieces and inside others; other recordings are not."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from forestall.detect.match.signals.audio import AUDIO, RATE, STEP, written
from forestall.media import Box
from forestall.model.content import Attachment
from forestall.model.reading import Reading, Sound
from forestall.model.settings import Settings
from tests.contracts.signal import SequenceContract
from tests.media import films
from tests.media.films import Pcm, melody, noisy, recording
from tests.media.samples import SHARED, shared

TUNE = melody(30, 1)
START = 11 * films.RATE + 777


def sounded(tune: Pcm) -> Reading:
    """Give a reading that holds a tune as the box would lay it out."""
    slower = np.interp(np.arange(round(len(tune) * RATE / films.RATE)) * films.RATE / RATE, np.arange(len(tune)), tune)
    samples = (np.clip(slower, -1, 1) * 32767).astype("<i2").tobytes()
    return Reading("1", sounds=(Sound("anthem.mp3", RATE, samples),))


@cache
def value(seed: int, seconds: float = 30) -> str:
    """Give what a tune is written as."""
    (trace,) = AUDIO.traces(sounded(melody(seconds, seed)))
    return trace.value


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """Give a box with one worker."""
    made = Box(Settings(box_workers=1))
    yield made
    made.close()


def heard(box: Box, data: bytes) -> Reading:
    """Give a reading of a sound file."""
    return Reading("1", sounds=box.open(Attachment("clip", data)).sounds)


class TestAudio(SequenceContract):
    """The type keeps the contract."""

    kind = AUDIO
    case_matters = True
    met = (value(1), sounded(TUNE))


FORMS = {
    "as MP3": lambda: recording(TUNE),
    "as Opus": lambda: recording(TUNE, "ogg", "libopus", 48_000),
    "as AAC": lambda: recording(TUNE, "mp4", "aac", 44_100),
    "as FLAC": lambda: recording(TUNE, "flac", "flac"),
    "with noise": lambda: recording(noisy(TUNE, 10)),
    "with loud noise, badly coded": lambda: recording(noisy(TUNE, 3), bit_rate=32_000),
    "quiet, after silence": lambda: recording(np.concatenate([np.zeros(3 * films.RATE), 0.05 * TUNE])),
    "as the sound of a film": lambda: films.film(films.shots(30, 1, 64, 48), sound=TUNE),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_recording_is_recognised_in_every_form(box: Box, form: str) -> None:
    """A tune saved anew, in whatever codec, with noise, quieter or under a film, is recognised from end to end."""
    matcher = AUDIO.matcher()
    matcher.add([(7, value(1)), *((seed, value(seed)) for seed in range(20, 25))])
    (hit,) = matcher.look(heard(box, FORMS[form]()))
    assert (hit.id, hit.part) == (7, "clip")
    assert hit.distance <= 10
    assert hit.evidence["share_of_known"] >= 90


def test_a_piece_is_found_with_its_place(box: Box) -> None:
    """Five seconds cut out of a known tune are found, and where in it they stand is said to within a second."""
    matcher = AUDIO.matcher()
    matcher.add([(7, value(1))])
    piece = TUNE[START : START + 5 * films.RATE]
    (hit,) = matcher.look(heard(box, recording(piece)))
    assert hit.distance <= 5
    ((start, end),) = hit.evidence["known_seconds"]
    assert abs(start - 11) <= 1
    assert abs(end - 16) <= 1


def test_a_piece_inside_another_recording_is_found_with_its_place(box: Box) -> None:
    """A known clip of six seconds inside a minute of other music is found, and where it is played is said."""
    clip = TUNE[START : START + 6 * films.RATE]
    other = melody(54, 99)
    cut = 20 * films.RATE + 123
    matcher = AUDIO.matcher()
    (trace,) = AUDIO.traces(sounded(clip))
    matcher.add([(7, trace.value)])
    (hit,) = matcher.look(heard(box, recording(np.concatenate([other[:cut], clip, other[cut:]]))))
    assert hit.distance <= 15
    ((start, end),) = hit.evidence["copy_seconds"]
    assert abs(start - 20) <= 1
    assert abs(end - 26) <= 1


def test_other_tunes_are_not_taken_for_known_ones() -> None:
    """Of forty tunes from the same notes none is taken for another."""
    matcher = AUDIO.matcher()
    matcher.add([(seed, value(seed, 20)) for seed in range(100, 140)])
    for seed in range(100, 140):
        assert [hit.id for hit in matcher.lookup(value(seed, 20))] == [seed]


def test_silence_and_scraps_have_no_value() -> None:
    """Silence, less than three seconds, and sound at a rate we do not listen at are no signal."""
    assert list(AUDIO.traces(sounded(np.zeros(10 * films.RATE)))) == []
    assert list(AUDIO.traces(sounded(TUNE[: 2 * films.RATE]))) == []
    assert list(AUDIO.traces(Reading("1", sounds=(Sound("a", 8_000, bytes(200_000)), Sound("b", RATE, b"x"))))) == []


def test_many_recordings_come_and_go() -> None:
    """A bank that is filled and emptied again and again still finds exactly what it holds."""
    matcher = AUDIO.matcher()
    random = np.random.default_rng(5)
    values = [written(random.integers(1, 1 << 32, 1_500, dtype=np.uint32)) for _ in range(120)]
    matcher.add(list(enumerate(values)))
    matcher.remove(range(0, 120, 2))
    matcher.remove(range(100))
    matcher.add([(500, values[0])])
    assert len(matcher) == 11
    for number, text in enumerate(values):
        met = [hit.id for hit in matcher.lookup(text)]
        assert met == ([500] if number == 0 else [number] if number > 100 and number % 2 else [])


def test_a_step_is_an_eighth_of_a_second() -> None:
    """Half an hour of sound is at most 16,384 words."""
    assert 1800 * RATE / STEP < 16_384


class TestSpeech:
    """Three clips of three speakers, each in two encodings."""

    pytestmark = shared

    def test_speech_is_recognised_in_another_encoding(self, box: Box) -> None:
        """A clip is taken for itself in both encodings, and for no other speaker's."""
        paths = sorted((SHARED / "audio" / "librispeech").glob("*.ogg"))
        readings = [heard(box, path.read_bytes()) for path in paths]
        matcher = AUDIO.matcher()
        matcher.add([(at, next(iter(AUDIO.traces(reading))).value) for at, reading in enumerate(readings)])
        for at, reading in enumerate(readings):
            hits = list(matcher.look(reading))
            assert {hit.id for hit in hits} == {at, at ^ 1}
            assert all(hit.distance <= 2 for hit in hits)
