"""A filter on system calls: what computing needs is allowed, everything else answers "not implemented".

An allow-list, because a list of forbidden calls forgets the ones the next kernel adds (io_uring was one). The answer is ENOSYS
and not death, because the C library tries new calls first and falls back to old ones on ENOSYS; so the same short list serves
every glibc and musl since long ago. Three calls are judged by their arguments:

- `mmap`, `mprotect`: no memory may become executable, so smuggled-in code cannot run;
- `clone`: only threads of this process (the WebP decoder starts one), never a process; `clone3`, whose flags a filter cannot see,
  is not implemented, and the C library then uses `clone`;
- `prlimit64`: only on this process itself (each file gets its own allowance of processor time).

A process of another architecture's calls (32-bit code on x86-64) is killed. Source: seccomp(2), kernel.org
`userspace-api/seccomp_filter.rst`; numbers from `asm/unistd_64.h` and `asm-generic/unistd.h`.
"""

import ctypes
import struct
from dataclasses import dataclass

from forestall.media.sandbox import kernel

ALLOWED = {
    "brk": (12, 214),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "close": (3, 57),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "futex": (202, 98),
    "futex_waitv": (449, 449),
    "getpid": (39, 172),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "lseek": (8, 62),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "nanosleep": (35, 101),
    "ppoll": (271, 73),
    "read": (0, 63),
    "readv": (19, 65),
    "restart_syscall": (219, 128),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "sigaltstack": (131, 132),
    "sysinfo": (99, 179),
    "write": (1, 64),
    "writev": (20, 66),
}
"""Calls that are simply allowed, with their numbers on x86-64 and aarch64: use what is open, tell time, manage memory and threads."""

JUDGED = {"mmap": (9, 222), "mprotect": (10, 226), "clone": (56, 220), "prlimit64": (302, 261)}
"""Calls judged by their arguments, with their numbers on x86-64 and aarch64."""

_INSTALL = (317, 277)  # seccomp(2) itself


@dataclass(frozen=True, slots=True)
class Architecture:
    """An instruction set: its audit number, and its column in the tables of calls."""

    audit: int
    column: int


ARCHITECTURES = {"x86_64": Architecture(0xC000003E, 0), "aarch64": Architecture(0xC00000B7, 1)}

_LOAD, _EQUAL, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x45, 0x54, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 38  # 38 is ENOSYS on both architectures
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_PROT_EXEC = 4
_THREAD = 0x00010100  # CLONE_THREAD | CLONE_VM: set together only for a thread of the same process
_SET_MODE_FILTER, _ALL_THREADS = 1, 1


def program(architecture: Architecture) -> bytes:
    """Give the filter as BPF instructions (8 bytes each: code, jump if true, jump if false, operand)."""
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for numbers in ALLOWED.values():
        lines += [(_EQUAL, 0, 1, numbers[architecture.column]), (_RETURN, 0, 0, _ALLOW)]
    for name in ("mmap", "mprotect"):
        lines += [
            (_EQUAL, 0, 4, JUDGED[name][architecture.column]),
            (_LOAD, 0, 0, _argument(2)),
            (_ANY_BIT, 0, 1, _PROT_EXEC),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    lines += [
        (_EQUAL, 0, 5, JUDGED["clone"][architecture.column]),
        (_LOAD, 0, 0, _argument(0)),
        (_AND, 0, 0, _THREAD),
        (_EQUAL, 0, 1, _THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
        (_EQUAL, 0, 3, JUDGED["prlimit64"][architecture.column]),
        (_LOAD, 0, 0, _argument(0)),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _argument(index: int) -> int:
    """Give the offset of an argument's low 32 bits (both architectures are little-endian)."""
    return _ARGUMENTS + 8 * index


class _Program(ctypes.Structure):
    """`struct sock_fprog`: number of instructions and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def apply() -> str:
    """Put the filter on every thread of this process, for good. Gives `on` or `off: why`; needs no-new-privileges first."""
    architecture = ARCHITECTURES.get(kernel.machine())
    if not kernel.is_linux() or architecture is None:
        return kernel.off(f"no table of system calls for {kernel.machine() or 'this machine'}")
    instructions = program(architecture)
    handle = _Program(len(instructions) // 8, instructions)
    done = kernel.library().syscall(_INSTALL[architecture.column], _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(handle))
    return kernel.ON if done == 0 else kernel.failure()
