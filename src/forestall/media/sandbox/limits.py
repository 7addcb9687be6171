"""Resource limits (setrlimit(2)): memory, processor time, no files, no core dumps, no processes."""

import resource
from pathlib import Path

from forestall.media.sandbox import kernel


def apply(address_space: int) -> str:
    """Limit this process for good; `address_space` is the bytes it may take altogether.

    Gives `on` or `off: why`. Files already open stay usable: no new ones can be opened or written.
    """
    limits = {
        resource.RLIMIT_AS: address_space,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 3,
    }
    try:
        for limit, value in limits.items():
            resource.setrlimit(limit, (value, value))
    except (OSError, ValueError) as error:
        return kernel.off(str(error))
    return kernel.ON


def forbid_processes() -> str:
    """Let this user's process start nothing more, threads included; for kernels without seccomp. Root is above this limit."""
    try:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    except (OSError, ValueError) as error:
        return kernel.off(str(error))
    return kernel.ON


def allow_seconds(seconds: float) -> None:
    """Give this process so many more seconds of processor time; past them the kernel kills it, should the parent have forgotten it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowance = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or allowance < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (allowance, hard))


def address_space() -> int:
    """Give the bytes of address space this process has now; a generous guess where the kernel does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 512 * 1024 * 1024
