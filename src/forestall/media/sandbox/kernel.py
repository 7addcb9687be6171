"""The C library and the kernel's answers, as far as the standard library does not reach them. Linux only."""

import ctypes
import os
import platform
import sys
from typing import Any

ON = "on"
"""A layer that is in force; anything else a layer reports begins with `off: ` or with `on: ` and a detail."""


def library() -> Any:
    """Give the C library with errno kept per call."""
    return ctypes.CDLL(None, use_errno=True)


def failure() -> str:
    """Say in words why the last call failed, as `off: …`."""
    return off(os.strerror(ctypes.get_errno()))


def off(why: str) -> str:
    """Report a layer that is not in force."""
    return f"off: {why}"


def is_linux() -> bool:
    """True where Linux's own confinement can be asked for at all."""
    return sys.platform == "linux"


def machine() -> str:
    """Name the instruction set this process runs: `x86_64`, `aarch64` or another; empty for a 32-bit process on a 64-bit kernel."""
    return platform.machine() if sys.maxsize > 1 << 32 else ""
