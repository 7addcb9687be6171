"""All layers, in the one order in which they can be put on; and a trial of what they should refuse."""

import mmap
import os
import socket
from collections.abc import Callable

from forestall.media.sandbox import kernel, landlock, limits, privileges, seccomp


def confine(memory_bytes: int) -> dict[str, str]:
    """Confine this process for good. Gives each layer with `on`, `on: detail` or `off: why`.

    Everything the process will ever import or read from disk must be loaded before. Order: the namespace needs privileges, the
    rest takes them away; the filter on system calls comes last, because it forbids what the others need.
    """
    privileges.close_files()
    ceiling = limits.address_space() + memory_bytes
    layers = {
        "network": privileges.leave_network(),
        "privileges": privileges.drop(),
        "landlock": landlock.apply(),
        "limits": limits.apply(ceiling),
        "seccomp": seccomp.apply(),
    }
    if layers["seccomp"] != kernel.ON:
        layers["processes"] = limits.forbid_processes()
    return layers


def probe() -> dict[str, str]:
    """Try what the box should refuse, without harm where it does not. Gives each attempt with `on` (refused) or `off: it was allowed`."""
    attempts: dict[str, Callable[[], object]] = {
        "refuses sockets": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "refuses new processes": _fork,
        "refuses reading files": lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
        "refuses listing folders": lambda: os.listdir("/"),
        "refuses writing files": lambda: os.close(os.open("/tmp", os.O_WRONLY | os.O_TMPFILE)),  # noqa: S108 - nameless
        "refuses new code": lambda: mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_EXEC).close(),
        "refuses signals to the parent": lambda: os.kill(os.getppid(), 0),
    }
    return {name: _tried(attempt) for name, attempt in attempts.items()}


def _tried(attempt: Callable[[], object]) -> str:
    """Give `on` if the attempt fails, else say that it worked."""
    try:
        attempt()
    except OSError:
        return kernel.ON
    return kernel.off("it was allowed")


def _fork() -> None:
    """Fork; a child that comes into being leaves at once."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
