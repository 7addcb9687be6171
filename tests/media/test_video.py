"""Films: sampled frames with their seconds, words and codes in them, within limits, whatever the file claims."""

import random
from collections.abc import Callable
from io import BytesIO

import av
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.media import Box, limits, opening, sniff, video, wire
from forestall.media.box import capabilities
from forestall.media.tray import Tray
from forestall.media.warmup import zipped
from forestall.model.content import Problem
from forestall.model.reading import Role
from forestall.model.settings import Settings
from tests.media.films import FRAMES_A_SECOND, film, melody, recording, scene, shots
from tests.media.samples import INVITE, causes, coded, difference, opened, parts, saved, texts

LIMITS = limits.from_settings(Settings())
KEY_EVERY_SECOND = {"g": str(FRAMES_A_SECOND), "sc_threshold": "0"}


@pytest.fixture(scope="module")
def clip() -> bytes:
    """Give a film of ten seconds with sound and a title."""
    return film(shots(10, 1), sound=melody(10, 1), title="Hymn of the Ninth Tide")


def said(data: bytes, within: limits.Limits = LIMITS) -> list[wire.Reply]:
    """Open a file in this process and give what would be sent."""
    sent: list[wire.Reply] = []
    opening.look_into(Tray(within, len(data), lambda message, _raw: sent.append(message)), "", data)
    return sent


def pictures(sent: list[wire.Reply]) -> list[wire.Picture]:
    """Give the pictures among replies."""
    return [reply for reply in sent if isinstance(reply, wire.Picture)]


def troubles(sent: list[wire.Reply]) -> list[str]:
    """Give the causes among replies."""
    return [reply.cause for reply in sent if isinstance(reply, wire.Trouble)]


def test_a_film_is_laid_out(box: Box, clip: bytes) -> None:
    """Four frames a second with their seconds, the sound, and the title come out of a film."""
    found = opened(box, clip, "clip.mp4")
    assert not found.problems
    assert [file.media_type for file in found.files] == ["video/mp4"]
    seconds = [plane.at for plane in found.planes]
    assert len(seconds) in range(38, 42)
    assert seconds[0] == 0
    assert max(abs(second - number / 4) for number, second in enumerate(seconds)) <= 0.1
    assert {(plane.part, plane.width, plane.height) for plane in found.planes} == {("clip.mp4", 320, 180)}
    (sound,) = found.sounds
    assert (sound.part, sound.rate) == ("clip.mp4", 11_025)
    assert abs(len(sound.samples) / 2 / 11_025 - 10) < 0.2
    assert texts(found) == ["Hymn of the Ninth Tide"]


def test_frames_are_what_the_film_shows(box: Box) -> None:
    """A frame's brightness is that of the picture that was filmed, black to white."""
    shown = scene(1)
    (first, *_) = opened(box, film([shown] * 24)).planes
    (still,) = opened(box, saved(shown, "PNG")).planes
    assert difference(first, still) < 4


def test_opening_again_gives_the_same(box: Box, clip: bytes) -> None:
    """The same film gives the same frames and the same sound."""
    assert opened(box, clip) == opened(box, clip)


@pytest.mark.parametrize(
    ("container", "codec", "kind"),
    [
        ("mp4", "libx264", "video/mp4"),
        ("mov", "libx264", "video/quicktime"),
        ("mp4", "libx265", "video/mp4"),
        ("mp4", "libsvtav1", "video/mp4"),
        ("matroska", "libx264", "video/x-matroska"),
        ("webm", "libvpx-vp9", "video/x-matroska"),
        ("avi", "mjpeg", "video/x-msvideo"),
        ("mpegts", "libx264", "video/mp2t"),
        ("flv", "flv", "video/x-flv"),
        ("asf", "wmv2", "video/x-ms-asf"),
    ],
)
def test_kinds_of_films(box: Box, container: str, codec: str, kind: str) -> None:
    """What people post is read: containers and codecs of this century, each by its own first bytes."""
    data = film([frame.resize((192, 112)) for frame in shots(3, 1)], container, codec)
    found = opened(box, data)
    assert [file.media_type for file in found.files] == [kind]
    assert not found.problems
    assert len(found.planes) >= 12
    assert found.planes[-1].at > 2


def test_large_frames_become_small(box: Box) -> None:
    """A frame is laid out with 256 pixels on its shorter side, and a narrow strip no longer than 1,024."""
    assert {(p.width, p.height) for p in opened(box, film([scene(1, 1280, 720)] * 4)).planes} == {(455, 256)}
    assert {(p.width, p.height) for p in opened(box, film([scene(1, 2000, 100)] * 4)).planes} == {(1024, 51)}


def test_codes_in_a_film_are_read(box: Box) -> None:
    """An invitation shown as a square code for two seconds is found."""
    plain, marked = scene(1, 640, 480), scene(1, 640, 480)
    marked.paste(coded(scale=6).convert("RGB"), (200, 100))
    found = opened(box, film([plain] * 60 + [marked] * 30 + [plain] * 30), "clip.mp4")
    assert texts(found, Role.CODE) == [INVITE]
    assert [segment.part for segment in found.segments] == ["clip.mp4#code1"]


def test_subtitles_are_read(box: Box) -> None:
    """What the subtitles say is text."""
    lines = ("Brothers, the tide is rising", "Come to the harbour")
    written = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n\n" for n, line in enumerate(lines, start=1))
    sink = BytesIO()
    with av.open(sink, "w", format="matroska") as made, av.open(BytesIO(written.encode()), "r", "srt") as source:
        track = made.add_stream_from_template(source.streams.subtitles[0])
        for packet in source.demux():
            if packet.size:
                packet.stream = track
                made.mux(packet)
    found = opened(box, sink.getvalue())
    assert any("the tide is rising\nCome to the harbour" in text for text in texts(found))


def test_a_cover_picture_is_opened(box: Box) -> None:
    """The picture that goes with a sound file is a picture like any other, codes and all."""
    cover = scene(1, 640, 480)
    cover.paste(coded(scale=6).convert("RGB"), (200, 100))
    sound = recording(melody(4, 1))
    frame = b"\0image/png\0\3\0" + saved(cover, "PNG")
    size = b"APIC" + len(frame).to_bytes(4) + b"\0\0" + frame
    synced = bytes((len(size) >> shift) & 127 for shift in (21, 14, 7, 0))
    found = opened(box, b"ID3\3\0\0" + synced + size + sound[sound.index(b"\xff\xfb") :], "song.mp3")
    assert parts(found) == ["song.mp3", "song.mp3/cover"]
    assert texts(found, Role.CODE) == [INVITE]
    assert len(found.sounds) == 1


def test_a_film_in_an_archive_is_opened(box: Box, clip: bytes) -> None:
    """A film inside an archive is opened like one beside it."""
    found = opened(box, zipped({"a/clip.mp4": clip}), "pack.zip")
    assert parts(found) == ["pack.zip", "pack.zip/a/clip.mp4"]
    assert {plane.part for plane in found.planes} == {"pack.zip/a/clip.mp4"}
    assert found.sounds[0].part == "pack.zip/a/clip.mp4"


def test_frames_are_limited_and_spread() -> None:
    """A film longer than its share of frames allows is sampled evenly from end to end."""
    sent = said(film(shots(20, 1, 64, 48)), msgspec.structs.replace(LIMITS, film_frames=10))
    seconds = [picture.at for picture in pictures(sent)]
    assert len(seconds) == 10
    assert max(abs(second - 2 * number) for number, second in enumerate(seconds)) < 0.3
    assert troubles(sent) == []


@settings(derandomize=True, deadline=None)
@given(st.floats(0, 1e6), st.integers(1, 600))
def test_the_step_keeps_the_limit(seconds: float, most: int) -> None:
    """However long a film, its samples are at most as many as allowed, and at most ten a second."""
    step = video.step(seconds, most)
    assert step >= 0.1
    assert seconds / step <= most + 1e-6


def test_frames_that_no_other_needs_are_left_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where decoding everything would take a little too long, the film is still sampled from beginning to end."""
    data = film(shots(20, 1), codec="libx264", options={"bf": "2"})
    work = 20 * FRAMES_A_SECOND * 320 * 180
    monkeypatch.setattr(video, "_PIXELS_A_SECOND", work / LIMITS.seconds / 1.5)
    seconds = [picture.at for picture in pictures(said(data))]
    assert len(seconds) in range(60, 82)
    assert seconds[-1] > 19


def test_key_frames_reach_from_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A film too large to be decoded whole is seen once a second where it has a key frame a second."""
    data = film(shots(20, 1), codec="libx264", options=KEY_EVERY_SECOND)
    monkeypatch.setattr(video, "_PIXELS_A_SECOND", 1)
    seconds = [picture.at for picture in pictures(said(data))]
    assert max(abs(second - number) for number, second in enumerate(seconds)) < 0.2
    assert len(seconds) == 20


def test_a_slow_machine_goes_on_by_key_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where time runs short, the rest of a film is seen by its key frames, and nothing is called too slow."""
    monkeypatch.setattr(video, "_HURRY", 2.0)
    sent = said(film(shots(10, 1), codec="libx264", options=KEY_EVERY_SECOND))
    assert len(pictures(sent)) in range(10, 14)
    assert troubles(sent) == []


def test_too_many_pixels_are_refused(box: Box) -> None:
    """A film that says it is larger than we decode is named, before anything of that size is made."""
    with_limit = msgspec.structs.replace(LIMITS, pixels=10_000)
    assert troubles(said(film([scene(1)] * 4), with_limit)) == ["too-many-pixels"]


def test_an_unusual_codec_is_not_run(box: Box) -> None:
    """A film in a codec that hardly anyone uses is named and not decoded."""
    found = opened(box, film(shots(1, 1), "avi", "asv2"))
    assert causes(found) == ["unsupported"]
    assert "asv2" in found.problems[0].what
    assert not found.planes


def test_without_the_extra_a_film_says_what_to_install(monkeypatch: pytest.MonkeyPatch, clip: bytes) -> None:
    """Where PyAV is not installed a film is an unsupported file, and the problem says what to install."""
    monkeypatch.setattr(video, "av", None)
    (facts, trouble) = said(clip)
    assert isinstance(facts, wire.Facts)
    assert isinstance(trouble, wire.Trouble)
    assert trouble.cause == "unsupported"
    assert "forestall[video]" in trouble.detail
    assert not video.available()
    assert list(video.samples()) == []


def test_the_doctor_says_whether_films_can_be_read() -> None:
    """Whether films can be read is one of the box's capabilities."""
    assert capabilities()["video"] == "on"


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "half": lambda data: data[: len(data) // 2],
    "a tenth": lambda data: data[: len(data) // 10],
    "only the head": lambda data: data[:64],
    "without its head": lambda data: data[:40] + data[4_000:],
    "zeros in the middle": lambda data: data[:60_000] + bytes(60_000) + data[120_000:],
    "all sizes huge": lambda data: data.replace(b"stsz\0\0\0\0", b"stsz\x7f\xff\xff\xff"),
    "a million samples": lambda data: data.replace(b"stts\0\0\0\0\0\0\0\1", b"stts\0\0\0\0\0\x0f\xff\xff"),
    "a clock without ticks": lambda data: data.replace(b"mdhd\0\0\0\0", b"mdhd\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("container", ["mp4", "matroska", "avi", "mpegts"])
def test_damaged_films_are_problems(box: Box, name: str, container: str) -> None:
    """A damaged film gives what can be had of it and a problem or nothing; the worker lives on."""
    found = opened(box, DAMAGE[name](film(shots(4, 1), container)))
    assert "crashed" not in causes(found)
    assert len(found.planes) <= 100
    assert not opened(box, b"a text").problems


def test_noise_in_films_never_kills_the_worker(box: Box, clip: bytes) -> None:
    """Bytes changed at random anywhere in a film, a hundred times, cost that film only."""
    dice = random.Random(7)
    for _ in range(100):
        data = bytearray(clip[:150_000])
        for _ in range(dice.choice((1, 10, 1_000))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        assert "crashed" not in causes(opened(box, bytes(data)))


HEADS = (
    b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    b"\x1aE\xdf\xa3",
    b"RIFF\xff\xff\xff\xffAVI LIST",
    b"\0\0\x01\xba",
    b"FLV\x01\5\0\0\0\t",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    b"OggS\0\2",
    b"ID3\4\0\0\0\0\0\0\xff\xfb",
    b"fLaC",
    b"RIFF\xff\xff\xff\xffWAVEfmt ",
    b"FORM\0\0\0\0AIFFCOMM",
    b"#!AMR\n",
    b"\xff\xf1",
)


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_noise_with_a_film_s_head_is_a_problem(box: Box, head: bytes) -> None:
    """What only begins like a film or a sound is named and costs nothing."""
    dice = np.random.default_rng(3)
    for size in (0, 100, 100_000):
        found = opened(box, head + dice.integers(0, 256, size, dtype=np.uint8).tobytes())
        assert "crashed" not in causes(found)
        assert all(isinstance(problem, Problem) and problem.next_step for problem in found.problems)
        assert not found.planes


def test_a_film_cannot_name_other_files(box: Box) -> None:
    """Play lists, which make players fetch other files, are texts here and nothing else."""
    for text in (
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n",
        "ffconcat version 1.0\nfile a.mp4\n",
    ):
        found = opened(box, text.encode())
        assert [file.media_type for file in found.files] == ["text/plain"]
        assert not found.planes


def test_kinds_are_told_by_their_first_bytes() -> None:
    """Films and sounds are told by fixed marks, and a text that happens to begin like one stays a text."""
    assert sniff.media_type(b"G" + bytes(187) + b"G" + bytes(187) + b"G") == "video/mp2t"
    assert sniff.media_type(b"Go to the harbour. " * 40) == "text/plain"
    assert sniff.media_type(b"FORM\0\0\0\1AIFC") == "audio/aiff"
    assert sniff.media_type(b"FORM of a letter AIFF") == "text/plain"
