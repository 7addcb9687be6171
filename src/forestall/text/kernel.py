"""How we mark the few inner loops that touch every character for compiling.

Importing this module loads numba (a third of a second), so modules with kernels are imported where they are first
needed, not at the top of others.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

_ROOT = Path(__file__).parents[1]
_USED = re.compile(rb"^from forestall\.([a-z_.]+) import", re.MULTILINE)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function as a kernel: compiled when first called, run without the interpreter lock.

    The machine code is cached on disk; where numba finds no folder it may write, every process compiles again. Machine code holds
    what it calls from other files, and their constants, so it is thrown away when any of those files changed.
    """
    return _compiled(function)


def lean(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a kernel that makes no arrays of its own: it does not count references to those it is given.

    Counting costs some 10 ns per call of one kernel by another, several times what a short loop takes. One that does make an array
    is refused by the compiler.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: Callable[P, R], **options: bool) -> Callable[P, R]:
    """Compile a function when it is first called.

    `_nrt` and the stamp are inside numba; `tests/text/test_kernel.py` and `test_growth.py` say whether a new numba still has them.
    """
    jit = cast("Callable[..., Any]", njit)
    try:
        compiled = jit(cache=True, nogil=True, **options)(function)
    except RuntimeError:
        return cast("Callable[P, R]", jit(nogil=True, **options)(function))
    # numba itself looks only at the file the kernel stands in.
    compiled._cache._cache_file._source_stamp = _digest(Path(function.__code__.co_filename))
    return cast("Callable[P, R]", compiled)


@cache
def _digest(path: Path) -> str:
    """Give a digest of a file of ours and of all files of ours that it imports, over any number of steps."""
    return hashlib.sha256(b"\0".join(data for _, data in sorted(sources(path).items()))).hexdigest()


def sources(path: Path) -> dict[Path, bytes]:
    """Give a file of ours and all files of ours that it imports, over any number of steps, with what they hold."""
    known: dict[Path, bytes] = {}
    left = [path]
    while left:
        at = left.pop()
        if at not in known and at.is_file():
            known[at] = at.read_bytes()
            left += [_ROOT.joinpath(*name.decode().split(".")).with_suffix(".py") for name in _USED.findall(known[at])]
    return known
