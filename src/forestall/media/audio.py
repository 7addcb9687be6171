"""Sound: any sound a film or sound file holds, to one channel of samples at one rate (`RATE`), the same however it was saved.

Decoded by FFmpeg through PyAV (the `video` extra), from memory, in the box. The first sound track is what players play.
"""

from collections.abc import Iterator
from typing import Any

try:
    import av
    from av.error import FFmpegError
except ModuleNotFoundError:  # the extra is not installed
    av = None  # type: ignore[assignment]

from forestall.media.tray import Tray

RATE = 11_025
"""Samples a second: what lies below 5.5 kHz says which melody, anthem or speech it is."""

_DECODERS = (
    "aac ac3 adpcm_ima_wav adpcm_ms alac amrnb amrwb eac3 flac gsm gsm_ms libopus libvorbis mp1 mp1float mp2"
    " mp2float mp3 mp3float opus pcm_alaw pcm_f32be pcm_f32le pcm_f64le pcm_mulaw pcm_s16be pcm_s16le pcm_s24be"
    " pcm_s24le pcm_s32le pcm_s8 pcm_u8 speex vorbis wmav1 wmav2"
)
CODECS = frozenset(_DECODERS.split())
"""The decoders of sound that may run: what people's files use, not the hundreds a hostile file could pick from."""

_RATES = range(4_000, 400_001)


class Listener:
    """Takes the packets of one sound track and collects its samples, within limits. Raises nothing that FFmpeg says."""

    def __init__(self, tray: Tray, part: str) -> None:
        self._tray = tray
        self._part = part
        self._room = tray.sound_room(RATE)
        self._samples = bytearray()
        self._resampler: Any = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        self.broken = 0
        self.full = self._room == 0

    def hear(self, packet: Any) -> None:
        """Decode a packet."""
        if self.full:
            return
        try:
            for frame in packet.decode():
                if frame.sample_rate in _RATES:
                    self._take(self._resampler.resample(frame))
        except (FFmpegError, ValueError):
            self.broken += 1  # one damaged packet is no reason to miss the rest

    def finish(self) -> bool:
        """Lay out what was heard, and say if there was more than we listen to; tells whether there was anything."""
        try:
            if not self.full:
                self._take(self._resampler.resample(None))
        except (FFmpegError, ValueError):
            self.broken += 1
        if self.full:
            self._tray.trouble("too-much-sound", self._part, f"{len(self._samples) // (2 * RATE)} s were listened to")
        if self._samples:
            self._tray.sound(self._part, RATE, bytes(self._samples))
        return bool(self._samples)

    def _take(self, frames: Iterator[Any] | list[Any]) -> None:
        """Keep samples while there is room."""
        for frame in frames:
            self._samples += memoryview(frame.planes[0])[: 2 * frame.samples]
        if len(self._samples) > self._room:
            del self._samples[self._room :]
            self.full = True
