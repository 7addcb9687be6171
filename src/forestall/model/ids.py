"""Ids that sort by time (UUIDv7, RFC 9562 §5.7), digests, and the one way we write an instant."""

import hashlib
import os
import threading
import time
from datetime import UTC, datetime


class _Ticks:
    """A clock that never repeats: milliseconds shifted by 12 bits, plus one when called again within the same tick."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            self._last = max(time.time_ns() // 1_000_000 << 12, self._last + 1)
            return self._last


_ticks = _Ticks()


def new_id() -> str:
    """Give a UUIDv7 in hex with hyphens, greater than every earlier one from this process.

    48 bits of milliseconds, then a 12-bit counter that borrows from the clock when it overflows, then 62 random bits.
    """
    tick = _ticks.next()
    high = (tick >> 12) << 16 | 0x7000 | (tick & 0xFFF)
    low = 0x8000_0000_0000_0000 | int.from_bytes(os.urandom(8)) >> 2
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def now() -> str:
    """Give the present instant in UTC as `2026-01-31T12:00:00.000Z`."""
    return instant(time.time())


def instant(seconds: float) -> str:
    """Write seconds since 1970 as an instant."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sha256_hex(data: bytes) -> str:
    """Give the SHA-256 of bytes in lower-case hex."""
    return hashlib.sha256(data).hexdigest()
