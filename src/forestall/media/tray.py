"""The tray on which a worker lays out what it finds in one file, and the only place where limits are counted.

Readers call `text`, `picture`, `trouble`; what goes past a limit is named once and left. Everything laid out is sent at once, so a
worker that dies later has still said it.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from forestall.media import wire
from forestall.media.digests import digests
from forestall.media.limits import FREE_BYTES, Limits
from forestall.model.content import Markup
from forestall.model.reading import Role

Send = Callable[[wire.Reply, bytes], None]

SIDE = 1024
"""Shorter side in pixels to which large pictures are reduced (what that does to hashes: see `image`)."""

_SIDES = (SIDE, SIDE // 2, SIDE // 4, SIDE // 4)
"""Shorter side of the next picture, by quarters of the room for pictures that are full; PDQ moves by 1 and by 8 bits in the median."""

_SOFT_SHARE = 0.8  # of max_seconds: past it a worker stops by itself and tells what it has
_MOST_OF_A_CAUSE = 25
_MOST_OF_A_PART = 1000
MOST_PIXELS = 16 * 1024 * 1024
"""Most pixels of one picture laid out."""
_CONTROLS = dict.fromkeys((*range(32), 127), "�")


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a file: its part name, already made safe and unique, and its bytes."""

    part: str
    data: bytes = field(repr=False)


class OutOfTime(Exception):
    """The file's time is up; what was found until now has been sent."""


class Bomb(Exception):
    """An archive unpacks to more than it may. `cause` is `archive-ratio` or `too-large`, `detail` says the figures."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


class Tray:
    """Collects what is in one file. Parts are relative to the file: empty for itself, `/inner.txt` for a member, `#page1` for a piece.

    Takes the limits, the size of the file, and where to send what is found.
    """

    def __init__(self, limits: Limits, size: int, send: Send) -> None:
        self.limits = limits
        self._size = size
        self._send = send
        self.start_clock()
        self._parts: set[str] = set()
        self._troubles: Counter[str] = Counter()
        self._entries = 0
        self._unpacked = 0
        self._plane_bytes = 0
        self._sound_bytes = 0
        self._characters = 0

    def start_clock(self) -> None:
        """Give the file its whole time from now on."""
        self._deadline = time.monotonic() + self.limits.seconds * _SOFT_SHARE

    def check_time(self) -> None:
        """Raise OutOfTime when the file's time is up."""
        if time.monotonic() > self._deadline:
            raise OutOfTime

    def time_left(self) -> float:
        """Give the share of the file's time that is left, 0..1."""
        return max(0.0, (self._deadline - time.monotonic()) / (self.limits.seconds * _SOFT_SHARE))

    def facts(self, part: str, media_type: str, data: bytes) -> None:
        """Say that there is a file: its kind, size and digests."""
        self._send(wire.Facts(part, media_type, len(data), *digests(data)), b"")

    def text(self, part: str, role: Role, text: str, markup: Markup = Markup.PLAIN) -> None:
        """Lay out a text, cut to what may be read; blank texts are left out."""
        room = min(self.limits.text, self.limits.total_text - self._characters)
        if len(text) > room:
            self.trouble("text-too-long", part, f"{len(text)} characters")
            text = text[:room]
        if not text or text.isspace():
            return
        self._characters += len(text)
        self._send(wire.Text(part, role.value, markup.value), _encodable(text).encode())

    def picture(self, part: str, luma: Image.Image, frame: int = 0, rgb: Image.Image | None = None) -> bytes:
        """Lay out a brightness picture (mode L), reduced as the room for pictures fills up. Gives the brightness laid out, if any.

        With its colours (mode RGB, of the same size) it is laid out unreduced, or without them.
        """
        side = self.plane_side
        if side == 0:
            self.trouble("too-much-media", part)
            return b""
        if side < SIDE or luma.width * luma.height > MOST_PIXELS:
            rgb = None
        if rgb is None:
            luma = reduced(luma, side)
        raw, colours = luma.tobytes(), rgb.tobytes() if rgb else b""
        self._plane_bytes += len(raw) + len(colours)
        self._send(wire.Picture(part, luma.width, luma.height, frame, colours=bool(colours)), raw + colours)
        return raw

    def still(self, part: str, luma: Image.Image, frame: int, at: float) -> bool:
        """Lay out a frame of a film (mode L), seen at a second; False, and said once for the film, when there is no room for more."""
        if self.plane_side == 0:
            self.trouble("too-much-media", part)
            return False
        raw = luma.tobytes()
        self._plane_bytes += len(raw)
        self._send(wire.Picture(part, luma.width, luma.height, frame, at=at), raw)
        return True

    def sound(self, part: str, rate: int, samples: bytes) -> None:
        """Lay out the sound of a file: one channel of signed 16-bit samples, `rate` a second, no more than `sound_room` bytes."""
        self._sound_bytes += len(samples)
        self._send(wire.Noise(part, rate), samples)

    def sound_room(self, rate: int) -> int:
        """Give the most bytes that the next sound may have."""
        return max(0, min(2 * rate * self.limits.sound_seconds, self.limits.sound_bytes - self._sound_bytes))

    @property
    def plane_side(self) -> int:
        """Shorter side to which the next picture is reduced; 0 when there is no room for any more."""
        quarters = 4 * self._plane_bytes // self.limits.plane_bytes
        return _SIDES[quarters] if quarters < len(_SIDES) else 0

    def trouble(self, cause: str, part: str, detail: str = "") -> None:
        """Name something that could not be read; the same cause is named 25 times at most."""
        self._troubles[cause] += 1
        count = self._troubles[cause]
        if count == _MOST_OF_A_CAUSE:
            detail = f"{detail}; there are more like this".removeprefix("; ")
        if count <= _MOST_OF_A_CAUSE:
            self._send(wire.Trouble(cause, part, _encodable(detail[:500])), b"")

    def name(self, part: str, inner: str) -> str:
        """Give the part name of a member: separators unified, no way out of the archive, unique, bounded in length."""
        steps = [
            step
            for step in _encodable(inner).replace("\\", "/").translate(_CONTROLS).split("/")
            if step not in {"", ".", ".."}
        ]
        wanted = f"{part}/{'/'.join(steps) or 'unnamed'}"[:_MOST_OF_A_PART]
        found, number = wanted, 1
        while found in self._parts:
            number += 1
            found = f"{wanted}~{number}"
        self._parts.add(found)
        return found

    def admit(self, part: str) -> bool:
        """Count one more member; False, and said once, when there are too many."""
        self._entries += 1
        if self._entries <= self.limits.entries:
            return True
        if self._entries == self.limits.entries + 1:
            self.trouble("too-many-entries", part, f"more than {self.limits.entries}")
        return False

    def meter(self, packed: int) -> "Meter":
        """Give a meter for one archive that weighs `packed` bytes."""
        return Meter(self, packed)

    def unpacked(self, count: int) -> None:
        """Count unpacked bytes of all levels; raises Bomb past what the whole file may unpack to."""
        self._unpacked += count
        if self._unpacked > max(FREE_BYTES, self.limits.ratio * self._size):
            raise Bomb("archive-ratio", f"{self._size} bytes become {self._unpacked} or more")
        if self._unpacked > self.limits.total_bytes:
            raise Bomb("too-large", f"more than {self.limits.total_bytes} bytes unpacked")


class Meter:
    """Counts what one archive unpacks to, against its own weight and against the file it came in."""

    def __init__(self, tray: Tray, packed: int) -> None:
        self._tray = tray
        self._packed = packed
        self._most = max(FREE_BYTES, tray.limits.ratio * packed)
        self._count = 0

    def add(self, count: int) -> None:
        """Count unpacked bytes; raises Bomb or OutOfTime."""
        self._tray.check_time()
        self.claim(count)
        self._count += count
        self._tray.unpacked(count)

    def claim(self, count: int) -> None:
        """Raise Bomb if that many more bytes, which need not come, would be too many for the archive's weight."""
        if self._count + count > self._most:
            raise Bomb("archive-ratio", f"{self._packed} bytes become {self._count + count} or more")


def reduced(luma: Image.Image, side: int) -> Image.Image:
    """Give the picture with its shorter side between `side` and twice that, and no more than 16 MP, by averaging whole blocks."""
    factor = max(1, min(luma.size) // side)
    width, height = luma.size
    extra = -(-(width // factor) * (height // factor) // MOST_PIXELS)
    across, down = (factor * extra, factor) if width >= height else (factor, factor * extra)
    return luma if across == down == 1 else luma.reduce((across, down))


def _encodable(text: str) -> str:
    """Give text that has a UTF-8 form: pairs of surrogates join, lone ones become U+FFFD. Decoders may hand out either."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
