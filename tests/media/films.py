"""Films and sounds to open: made up, encoded by PyAV in the container and codec a test wants."""

import io
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pcm = NDArray[np.float64]
"""One channel of sound, -1 to 1."""

RATE = 22_050
FRAMES_A_SECOND = 12


def scene(seed: int, width: int = 320, height: int = 180) -> Image.Image:
    """Give a picture of many overlapping shapes."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), tuple(int(level) for level in random.integers(0, 256, 3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(40):
        x, y = random.uniform(-0.1, 0.9, 2)
        wide, high = random.uniform(0.05, 0.4, 2)
        box = (x * width, y * height, (x + wide) * width, (y + high) * height)
        colour = tuple(int(level) for level in random.integers(0, 256, 3))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return picture


def shots(seconds: float, seed: int, width: int = 320, height: int = 180, each: float = 2.0) -> Iterator[Image.Image]:
    """Give the frames of a film of slow pans, a new scene every `each` seconds."""
    for number in range(round(seconds * FRAMES_A_SECOND)):
        shot, step = divmod(number, round(each * FRAMES_A_SECOND))
        wide = scene(1000 * seed + shot, width * 5 // 4, height)
        left = step * width // 4 // round(each * FRAMES_A_SECOND)
        yield wide.crop((left, 0, left + width, height))


def film(
    frames: Sequence[Image.Image] | Iterator[Image.Image],
    container: str = "mp4",
    codec: str = "mpeg4",
    *,
    sound: Pcm | None = None,
    sound_codec: str = "aac",
    title: str = "",
    options: Mapping[str, str] | None = None,
) -> bytes:
    """Give pictures as a film, twelve a second, with sound if wanted."""
    sink = io.BytesIO()
    frames = list(frames)
    with av.open(sink, "w", format=container) as made:
        if title:
            made.metadata["title"] = title
        stream: Any = made.add_stream(codec, rate=FRAMES_A_SECOND, options=dict(options or {}))
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = 1_500_000
        track: Any = None if sound is None else made.add_stream(sound_codec, rate=RATE, layout="mono")
        for number, frame in enumerate(frames):
            shown = av.VideoFrame.from_ndarray(np.asarray(frame), format="rgb24")
            shown.pts, shown.time_base = number, Fraction(1, FRAMES_A_SECOND)
            made.mux(stream.encode(shown))
        made.mux(stream.encode(None))
        if track is not None and sound is not None:
            _speak(made, track, sound)
    return sink.getvalue()


def recording(
    sound: Pcm,
    container: str = "mp3",
    codec: str = "libmp3lame",
    rate: int = RATE,
    bit_rate: int = 64_000,
) -> bytes:
    """Give sound as a file."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as made:
        track: Any = made.add_stream(codec, rate=rate, layout="mono")
        track.bit_rate = bit_rate
        _speak(made, track, sound)
    return sink.getvalue()


def _speak(made: Any, track: Any, sound: Pcm) -> None:
    """Encode sound onto a track."""
    pcm = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    resampler = av.AudioResampler(
        format=track.codec_context.format.name,
        layout="mono",
        rate=track.codec_context.sample_rate,
        frame_size=track.codec_context.frame_size or 1024,
    )
    frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
    frame.rate = RATE
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        made.mux(track.encode(piece))
    made.mux(track.encode(None))


def melody(seconds: float, seed: int, beat: float = 0.25) -> Pcm:
    """Give a made-up tune: notes with overtones over a slow bass."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    time = np.arange(count) / RATE
    sound: Pcm = np.zeros(count)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])
    for voice, (low, length, loud) in enumerate(((220.0, beat, 0.5), (110.0, 4 * beat, 0.35))):
        notes = random.choice(scale, round(seconds / length) + 1)
        pitch = low * 2 ** (notes / 12)
        at = np.minimum((time / length).astype(int), len(pitch) - 1)
        phase = 2 * np.pi * np.cumsum(pitch[at]) / RATE
        fade = np.exp(-2.0 * (time % length) / length)
        for overtone in range(1, 5):
            sound += loud * fade * np.sin(overtone * phase + voice) / overtone
    sound *= 0.5 / np.abs(sound).max()
    return sound


def noisy(sound: Pcm, decibels: float, seed: int = 1) -> Pcm:
    """Give sound with white noise that many decibels below it."""
    noise = np.random.default_rng(seed).standard_normal(len(sound))
    level = np.sqrt((sound**2).mean()) * 10 ** (-decibels / 20)
    mixed: Pcm = sound + level * noise
    return mixed
