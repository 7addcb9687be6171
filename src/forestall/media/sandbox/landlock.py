"""Landlock: no file system and no TCP for this process, whatever rights its user has. Source: kernel.org `userspace-api/landlock.rst`.

A ruleset that handles every access the kernel knows and grants none. Kernels learn rights version by version (ABI), and refuse a
ruleset that names one they do not know, so we ask first.
"""

import ctypes
import os
import struct

from forestall.media.sandbox import kernel

_CREATE, _RESTRICT = 444, 446  # the same numbers on every architecture
_ASK_VERSION = 1

_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""ABI → how many file-system rights there are from it on (the rights are the lowest bits)."""
_TCP_RIGHTS_FROM, _TCP_RIGHTS = 4, 0b11
_SCOPES_FROM, _SCOPES = 6, 0b11
"""Scopes: abstract Unix sockets and signals, each only within the box."""


def ruleset(abi: int) -> bytes:
    """Give `struct landlock_ruleset_attr` for an ABI: every right handled, so that none is granted."""
    files = max(count for since, count in _FILE_RIGHTS.items() if since <= abi)
    fields = [(1 << files) - 1]
    if abi >= _TCP_RIGHTS_FROM:
        fields.append(_TCP_RIGHTS)
    if abi >= _SCOPES_FROM:
        fields.append(_SCOPES)
    return struct.pack(f"={len(fields)}Q", *fields)


def apply() -> str:
    """Confine this process, for good. Gives `on: ABI n` or `off: why`; needs no-new-privileges first."""
    if not kernel.is_linux():
        return kernel.off("not Linux")
    call = kernel.library().syscall
    abi = call(_CREATE, None, ctypes.c_size_t(0), _ASK_VERSION)
    if abi < 1:
        return kernel.off(f"the kernel has no Landlock ({kernel.failure().removeprefix('off: ')})")
    attribute = ruleset(abi)
    handle = call(_CREATE, attribute, ctypes.c_size_t(len(attribute)), 0)
    if handle < 0:
        return kernel.failure()
    result = f"{kernel.ON}: ABI {abi}" if call(_RESTRICT, handle, 0) == 0 else kernel.failure()
    os.close(handle)
    return result
