"""No privileges: none of root's capabilities, none to be gained by running a program, no debugger, no network of the host."""

import ctypes
import os

from forestall.media.sandbox import kernel

_SET_DUMPABLE, _SET_NO_NEW_PRIVS = 4, 38
_CAPABILITY_VERSION = 0x20080522
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000


def leave_network() -> str:
    """Move into an empty network namespace (not even loopback is up). Gives `on` or `off: why`.

    Root may do so directly; another user only from inside a user namespace of its own, which many distributions forbid.
    Must come before threads exist and before capabilities are dropped.
    """
    if not kernel.is_linux():
        return kernel.off("not Linux")
    unshare = kernel.library().unshare
    if unshare(_NEW_NET) == 0 or unshare(_NEW_USER | _NEW_NET) == 0:
        return kernel.ON
    return kernel.failure()


def drop() -> str:
    """Drop every capability, forbid new ones, and keep other processes from reading this one's memory. Gives `on` or `off: why`."""
    if not kernel.is_linux():
        return kernel.off("not Linux")
    libc = kernel.library()
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.capset(header, nothing) != 0:
        return kernel.failure()
    return kernel.ON if libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0) == 0 else kernel.failure()


def close_files() -> None:
    """Close every file but the three standard ones; errors of what was never open do not matter."""
    os.closerange(3, 4096)
