"""How we mark the few inner loops that touch every character for compiling.

Importing this module loads numba (a third of a second), so modules with kernels are imported where they are first
needed, not at the top of others.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function as a kernel: compiled when first called, run without the interpreter lock.

    The machine code is cached on disk; where numba finds no folder it may write, every process compiles again.
    """
    jit = cast("Callable[..., Any]", njit)
    try:
        return cast("Callable[P, R]", jit(cache=True, nogil=True)(function))
    except RuntimeError:
        return cast("Callable[P, R]", jit(nogil=True)(function))
