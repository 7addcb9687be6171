"""Sound: one channel at one rate, whatever the file, and never more of it than we listen to."""

from io import BytesIO

import av
import msgspec
import numpy as np
import pytest

from forestall.media import Box, limits, opening, wire
from forestall.media.audio import RATE
from forestall.media.tray import Tray
from forestall.media.warmup import zipped
from forestall.model.settings import Settings
from tests.media.films import melody, recording
from tests.media.samples import causes, opened

LIMITS = limits.from_settings(Settings())
TUNE = melody(6, 1)


def samples(raw: bytes) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Give samples as numbers from -1 to 1."""
    return np.frombuffer(raw, "<i2").astype(float) / 32768


@pytest.mark.parametrize(
    ("container", "codec", "rate", "kind"),
    [
        ("mp3", "libmp3lame", 22_050, "audio/mpeg"),
        ("ogg", "libopus", 48_000, "audio/ogg"),
        ("ipod", "aac", 44_100, "audio/mp4"),
        ("adts", "aac", 44_100, "audio/aac"),
        ("flac", "flac", 48_000, "audio/flac"),
        ("wav", "pcm_s16le", 8_000, "audio/wav"),
        ("aiff", "pcm_s16be", 44_100, "audio/aiff"),
        ("webm", "libopus", 48_000, "video/x-matroska"),
        ("asf", "wmav2", 44_100, "video/x-ms-asf"),
    ],
)
def test_kinds_of_sound(box: Box, container: str, codec: str, rate: int, kind: str) -> None:
    """What people post is heard: each kind is told by its bytes and comes out as the same samples."""
    found = opened(box, recording(TUNE, container, codec, rate))
    assert [file.media_type for file in found.files] == [kind]
    assert not found.problems
    (sound,) = found.sounds
    assert sound.rate == RATE
    heard = samples(sound.samples)
    assert abs(len(heard) / RATE - 6) < 0.3
    assert 0.05 < np.sqrt((heard**2).mean()) < 0.5


def test_sound_comes_out_as_it_went_in(box: Box) -> None:
    """A tone of 440 Hz is a tone of 440 Hz, at its loudness."""
    time = np.arange(5 * 22_050) / 22_050
    (sound,) = opened(box, recording(0.5 * np.sin(2 * np.pi * 440 * time), "flac", "flac")).sounds
    heard = samples(sound.samples)
    spectrum = np.abs(np.fft.rfft(heard))
    assert abs(spectrum.argmax() * RATE / len(heard) - 440) < 1
    assert abs(np.sqrt((heard**2).mean()) - 0.5 / np.sqrt(2)) < 0.02


def said(data: bytes, within: limits.Limits) -> tuple[list[int], list[str]]:
    """Open a file in this process: bytes of each sound laid out, causes named."""
    lengths: list[int] = []
    named: list[str] = []

    def send(message: wire.Reply, raw: bytes) -> None:
        if isinstance(message, wire.Noise):
            lengths.append(len(raw))
        if isinstance(message, wire.Trouble):
            named.append(message.cause)

    opening.look_into(Tray(within, len(data), send), "", data)
    return lengths, named


def test_a_long_sound_is_cut_and_named() -> None:
    """More sound than we listen to is cut at the limit, and that is said."""
    data = recording(TUNE)
    assert said(data, msgspec.structs.replace(LIMITS, sound_seconds=2)) == ([2 * 2 * RATE], ["too-much-sound"])


def test_many_sounds_share_one_limit() -> None:
    """All sounds of one file together take no more room than one file may."""
    pack = zipped({f"{number}.mp3": recording(TUNE) for number in range(4)})
    lengths, named = said(pack, msgspec.structs.replace(LIMITS, sound_bytes=200_000))
    assert sum(lengths) == 200_000
    assert "too-much-sound" in named


def test_a_broken_packet_costs_only_itself(box: Box) -> None:
    """A sound with damage in the middle is heard before and after it."""
    data = bytearray(recording(TUNE))
    data[len(data) // 2 : len(data) // 2 + 600] = bytes(600)
    (sound,) = opened(box, bytes(data)).sounds
    assert len(sound.samples) / 2 / RATE > 5


def test_a_sound_without_sound_is_damaged(box: Box) -> None:
    """A file that only begins like a sound is named."""
    assert causes(opened(box, b"fLaC" + bytes(400))) == ["damaged"]
    assert causes(opened(box, recording(TUNE, "wav", "pcm_s16le")[:44])) == ["damaged"]


def test_an_unusual_codec_is_not_run(box: Box) -> None:
    """Sound in a codec that hardly anyone uses is named and not decoded."""
    found = opened(box, recording(TUNE, "wav", "adpcm_yamaha"))
    assert causes(found) == ["unsupported"]
    assert "adpcm_yamaha" in found.problems[0].what


def test_several_channels_become_one(box: Box) -> None:
    """Stereo sound is heard as the mean of its channels."""
    pcm = (np.stack([TUNE, -TUNE]) * 20_000).astype(np.int16).T.reshape(1, -1)
    sink = BytesIO()
    with av.open(sink, "w", format="wav") as made:
        track = made.add_stream("pcm_s16le", rate=22_050, layout="stereo")
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="stereo")
        frame.rate = 22_050
        made.mux(track.encode(frame))
        made.mux(track.encode(None))
    (sound,) = opened(box, sink.getvalue()).sounds
    assert np.abs(samples(sound.samples)).max() < 0.01
