"""Films and sound files: containers with moving pictures, sound and subtitles, by FFmpeg through PyAV (the `video` extra).

Everything is read from memory, in the box, on one thread. The packets are walked through twice: first without decoding pictures,
to learn how long the film really is (what its header says is never trusted), to hear its sound and to read its subtitles; then its
pictures are decoded and sampled at even distances: four a second (more in clips of a few seconds), at most `film_frames`. Decoding
is what costs, so what is decoded follows from how much there is, measured in pixels: every frame, or none that no other frame
needs, or key frames alone. The same film is thus sampled the same way each time; only where time runs short all the same does
the rest go on by key frames.

A sampled frame becomes brightness of 256 pixels on its shorter side, which moves the hash that `detect` takes of it by 0 to 3 bits in
the median and by 6 at most, where a match may be 31 away. Frames stay as the film shows them, bars and all; `detect` takes bars off
when it has seen the whole film. Every two seconds a larger copy is searched for square codes.
"""

import contextlib
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image

try:
    import av
    import av.subtitles.codeccontext  # PyAV loads these when it first meets subtitles, which is too late in the box
    import av.subtitles.stream
    import av.subtitles.subtitle
    from av.error import FFmpegError
except ModuleNotFoundError:  # the extra is not installed
    av = None  # type: ignore[assignment]

from forestall.media import audio, codes
from forestall.media.tray import Member, Tray
from forestall.model.reading import Role

FORMATS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
    "video/x-flv": "flv",
    "video/x-ms-asf": "asf",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/aiff": "aiff",
    "audio/amr": "amr",
}
"""Media type → the one FFmpeg demuxer that may open it."""

_DECODERS = (
    "dvvideo ffv1 flv h263 h264 hevc libdav1d libvpx libvpx-vp9 mjpeg mpeg1video mpeg2video mpeg4 msmpeg4"
    " msmpeg4v1 msmpeg4v2 prores theora vc1 vp6 vp6a vp6f vp8 vp9 wmv1 wmv2 wmv3"
)
CODECS = frozenset(_DECODERS.split())
"""The decoders of moving pictures that may run."""

_WORDS = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt"})
_SLOW = {"hevc": 2, "libdav1d": 2, "prores": 2, "vp9": 2, "libvpx-vp9": 2, "vc1": 2, "ffv1": 4}

SIDE = 256
"""Shorter side of a sampled frame in pixels."""

_NONE, _REFUSED = -1, -2
_LONGEST_SIDE = 1024
_CODE_SIDE, _CODE_EVERY = 720, 2.0
_STEP, _SHORTEST_STEP, _LEAST_FRAMES = 0.25, 0.1, 32
_PIXELS_A_SECOND = 150_000_000  # decoded per second of `max_seconds`; modern processors do three times that
_UNNEEDED_SHARE = 1.6  # how much more may be decoded where frames that no other needs are left out
_HURRY = 0.35  # of the time: from here on key frames only
_LONGEST = 1e6  # seconds; time stamps beyond are nonsense
_CHECK_EVERY = 64  # packets
_MOST_WORDS = 20_000
_LIMITED = bytes(max(0, min(255, round((value - 16) * 255 / 219))) for value in range(256))
_PLANAR = ("yuv4", "yuvj4", "yuva4", "nv12", "nv21", "gray")
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_TURNS = {90: Image.Transpose.ROTATE_90, -90: Image.Transpose.ROTATE_270}
_TURNS |= {180: Image.Transpose.ROTATE_180, -180: Image.Transpose.ROTATE_180}


def available() -> bool:
    """True where films and sound can be read at all."""
    return av is not None


def samples() -> Iterator[bytes]:
    """Give a film of a few frames with sound, where films can be read."""
    if av is None:
        return
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as container:
        film, sound = container.add_stream("mpeg4", rate=4), container.add_stream("aac", rate=8_000, layout="mono")
        film.width, film.height, film.pix_fmt = 32, 32, "yuv420p"
        for number in range(4):
            shown = av.VideoFrame(32, 32, "yuv420p")
            for plane in shown.planes:
                plane.update(bytes((60 * number,)) * plane.buffer_size)
            container.mux(film.encode(shown))
        heard = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        heard.rate = 8_000
        heard.planes[0].update(bytes(heard.planes[0].buffer_size))
        container.mux(sound.encode(heard))
        container.mux(film.encode(None))
        container.mux(sound.encode(None))
    yield sink.getvalue()


def read(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:
    """Lay out a film or sound file: sound, subtitles, title, sampled frames, codes in them; gives its cover picture, if any."""
    if av is None:
        tray.trouble(
            "unsupported",
            part,
            f"{media_type}: install forestall[video] to read films and sound (in a checkout: python3 run.py full)",
        )
        return
    try:
        with _opened(data, media_type) as container:
            film = _choose(tray, part, container.streams.video, CODECS)
            track = _choose(tray, part, container.streams.audio, audio.CODECS)
            heard = _first_pass(tray, part, container, film, track)
            covers = _covers(container)
        if film >= 0 and heard.packets:
            with _opened(data, media_type) as container:
                _Second(tray, part, heard, container.streams[film]).walk(container)
        elif not heard.sound and _REFUSED not in {film, track}:
            tray.trouble("damaged", part, "neither pictures nor sound")
    except FFmpegError as error:
        tray.trouble("damaged", part, str(error.strerror)[:200])
        return
    for cover in covers:
        yield Member(tray.name(part, "cover"), cover)


def _opened(data: bytes, media_type: str) -> Any:
    """Open the container with nothing but its own demuxer and our decoders."""
    allowed = ",".join(sorted(CODECS | audio.CODECS | _WORDS))
    return av.open(
        io.BytesIO(data),
        format=FORMATS[media_type],
        metadata_errors="replace",
        container_options={"codec_whitelist": allowed, "protocol_whitelist": "none"},
    )


def _choose(tray: Tray, part: str, streams: Iterable[Any], allowed: frozenset[str]) -> int:
    """Give the index of the first stream that we decode; `_NONE` where there are none, `_REFUSED` (and said) where we decode none."""
    refused = ""
    for stream in streams:
        if _is_cover(stream):
            continue
        context = stream.codec_context
        if context is not None and context.codec is not None and context.codec.name in allowed:
            return int(stream.index)
        refused = refused or (context.name if context is not None else "unknown")
    if not refused:
        return _NONE
    tray.trouble("unsupported", part, f"coded as {refused}")
    return _REFUSED


def _is_cover(stream: Any) -> bool:
    """True for a picture that goes with a sound file."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _covers(container: Any) -> list[bytes]:
    """Give the first picture that goes with a sound file."""
    if not any(_is_cover(stream) for stream in container.streams.video):
        return []
    container.seek(0)
    for packet in container.demux(container.streams.video):
        if _is_cover(packet.stream) and packet.size:
            return [bytes(packet)]
    return []


@dataclass(slots=True)
class _Heard:
    """What the first pass learnt: packets of pictures shown, seconds of the first and last, whether there was sound, packets that broke."""

    packets: int = 0
    first: float = math.inf
    last: float = -math.inf
    sound: bool = False
    broken: int = 0

    @property
    def seconds(self) -> float:
        """How long the film is, as far as its packets can be believed."""
        return self.last - self.first if self.last > self.first else 0.0


def _first_pass(tray: Tray, part: str, container: Any, film: int, track: int) -> _Heard:
    """Walk through all packets: hear the sound, read the words, measure the film."""
    heard = _Heard()
    listener = None if track < 0 else audio.Listener(tray, part)
    words = dict.fromkeys(_titles(container))
    wanted = [container.streams[index] for index in (film, track) if index >= 0]
    wanted += [stream for stream in container.streams.subtitles if stream.codec_context.name in _WORDS][:4]
    for number, packet in enumerate(_packets(container, wanted, heard)):
        if number % _CHECK_EVERY == 0:
            tray.check_time()
        index = packet.stream.index
        if index == film:
            _measure(heard, packet)
        elif index == track and listener is not None:
            listener.hear(packet)
        elif len(words) < _MOST_WORDS:
            words.update(dict.fromkeys(_said(packet)))
    if listener is not None:
        heard.sound = listener.finish()
        heard.broken += listener.broken
    tray.text(f"{part}#words", Role.PAGE, "\n".join(words))
    return heard


def _packets(container: Any, streams: list[Any], heard: _Heard) -> Iterator[Any]:
    """Give packets until the container ends or breaks."""
    if not streams:
        return
    try:
        yield from container.demux(streams)
    except FFmpegError:
        heard.broken += 1


def _measure(heard: _Heard, packet: Any) -> None:
    """Count a packet of pictures and when it is shown."""
    if not packet.size or packet.is_discard:
        return
    heard.packets += 1
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is not None and packet.time_base:
        second = float(stamp * packet.time_base)
        if abs(second) < _LONGEST:
            heard.first, heard.last = min(heard.first, second), max(heard.last, second)


def _titles(container: Any) -> Iterator[str]:
    """Give what the container says about itself in words: title, artist, comment, lyrics."""
    for kept in (container.metadata, *(stream.metadata for stream in container.streams)):
        for key, value in kept.items():
            if key.lower().partition("-")[0] in {
                "title",
                "artist",
                "album",
                "comment",
                "description",
                "synopsis",
                "lyrics",
            }:
                yield value


def _said(packet: Any) -> Iterator[str]:
    """Give the lines of a packet of subtitles."""
    try:
        for line in packet.decode():
            said = line.dialogue
            yield (said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)).strip()
    except (FFmpegError, AttributeError, ValueError):
        return


class _Second:
    """The second pass: decodes as much of the film as can be afforded, and lays out frames at even distances."""

    def __init__(self, tray: Tray, part: str, heard: _Heard, stream: Any) -> None:
        self._tray = tray
        self._part = part
        self._heard = heard
        self._stream = stream
        self._most = tray.limits.film_frames
        self._step = step(heard.seconds, self._most)
        self._next = -math.inf
        self._next_code = -math.inf
        self._first: float | None = None
        self._seen = 0
        self._kept = 0
        self._texts: dict[str, None] = {}
        context = stream.codec_context
        context.thread_count = 1
        context.options = {"max_pixels": str(tray.limits.pixels)}
        self._skip = _skipped(context, heard.packets, tray.limits.seconds)
        if self._skip:
            context.skip_frame = self._skip

    def walk(self, container: Any) -> None:
        """Decode and lay out; names what broke and what was left out."""
        context = self._stream.codec_context
        if context.width * context.height > self._tray.limits.pixels:
            self._tray.trouble("too-many-pixels", self._part, f"{context.width} × {context.height} pixels")
            return
        for number, packet in enumerate(_packets(container, [self._stream], self._heard)):
            if number % _CHECK_EVERY == 0:
                self._hurry()
            if (self._skip == "NONKEY" and packet.size and not packet.is_keyframe) or not self._decode(packet):
                continue
            if self._kept >= self._most:
                break
        for number, text in enumerate(self._texts, start=1):
            self._tray.text(f"{self._part}#code{number}", Role.CODE, text)
        if self._kept == 0:
            self._tray.trouble("damaged", self._part, "no picture of the film could be decoded")
        elif self._heard.broken:
            self._tray.trouble("truncated", self._part, f"{self._heard.broken} packets are damaged")

    def _hurry(self) -> None:
        """Go on by key frames where time runs short; raises OutOfTime when it is up."""
        self._tray.check_time()
        if self._tray.time_left() < _HURRY:
            self._skip = "NONKEY"

    def _decode(self, packet: Any) -> bool:
        """Decode a packet and take what is due; tells whether anything was taken."""
        before = self._kept
        try:
            for frame in packet.decode():
                self._look(frame)
        except (FFmpegError, ValueError):
            self._heard.broken += 1
        return self._kept > before

    def _look(self, frame: Any) -> None:
        """Lay out a frame if one is due."""
        at = self._second(frame)
        self._seen += 1
        if at < self._next or self._kept >= self._most:
            return
        self._next = (math.floor(at / self._step + 1e-6) + 1) * self._step
        if at >= self._next_code:
            self._next_code = at + max(_CODE_EVERY, 2 * self._step)
            self._texts.update(dict.fromkeys(codes.scan(_luma(frame, _CODE_SIDE))))
        if self._tray.still(self._part, _luma(frame, SIDE), self._seen - 1, round(max(0.0, at), 2)):
            self._kept += 1
        else:
            self._most = self._kept

    def _second(self, frame: Any) -> float:
        """Give the second at which a frame is shown, counted from the first; by its number where the film does not say."""
        if frame.time is not None and abs(frame.time) < _LONGEST and self._heard.seconds:
            self._first = float(frame.time) if self._first is None else self._first
            return float(frame.time) - self._first
        return self._seen / float(self._stream.average_rate or 25)


def step(seconds: float, most: int) -> float:
    """Give the distance in seconds between sampled frames of a film of that length, of which `most` may be kept."""
    usual = min(_STEP, max(seconds / _LEAST_FRAMES, _SHORTEST_STEP))
    return max(usual, seconds / max(1, most))


def _skipped(context: Any, packets: int, seconds: float) -> str:
    """Say which frames are left out: none, those that no other needs, or all but key frames."""
    work = packets * context.width * context.height * _SLOW.get(context.codec.name, 1)
    room = _PIXELS_A_SECOND * seconds
    if work <= room:
        return ""
    return "NONREF" if work <= room * _UNNEEDED_SHARE else "NONKEY"


def _luma(frame: Any, side: int) -> Image.Image:
    """Give the brightness of a decoded frame, 0 black to 255 white, upright, with its shorter side reduced to `side` pixels."""
    kind = frame.format.name
    if kind.startswith(_PLANAR) and not kind.endswith(("le", "be")):
        plane = frame.planes[0]
        luma = Image.frombuffer("L", (plane.line_size, frame.height), bytes(plane), "raw", "L", 0, 1)
        luma = _fitted(luma.crop((0, 0, frame.width, frame.height)), side)
        if not kind.startswith(("yuvj", "gray")) and frame.color_range != _FULL_RANGE:
            luma = luma.point(_LIMITED)
    else:
        luma = _fitted(frame.to_image().convert("L"), side)
    with contextlib.suppress(AttributeError, ValueError):
        turn = _TURNS.get(round(frame.rotation))
        luma = luma if turn is None else luma.transpose(turn)
    return luma


def _fitted(luma: Image.Image, side: int) -> Image.Image:
    """Give the picture reduced until its shorter side has `side` pixels and its longer at most 1,024 (or twice `side`), by area."""
    width, height = luma.size
    scale = min(1.0, side / min(width, height), max(_LONGEST_SIDE, 2 * side) / max(width, height))
    if scale == 1.0:
        return luma
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return luma.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
