"""Kernels as plain Python, so that their steps can be counted instead of timed."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

import numpy as np

KERNELS = ("fold", "sketch", "terms", "ngrams", "whole")


def twins() -> dict[str, ModuleType]:
    """Give the kernel modules with every kernel left as the Python function it is written as."""
    names = [f"forestall.text.{name}_kernels" for name in KERNELS]
    plain = ModuleType("forestall.text.kernel")
    plain.kernel = plain.lean = lambda function: function  # type: ignore[attr-defined]
    loaded: dict[str, ModuleType] = {}
    with _restored(["forestall.text.kernel", *names]):
        sys.modules["forestall.text.kernel"] = plain
        for name in names:
            spec = importlib.util.find_spec(name)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
            loaded[name.rpartition(".")[2].removesuffix("_kernels")] = module
    return loaded


@contextmanager
def _restored(names: list[str]) -> Iterator[None]:
    """Put the modules of these names back afterwards."""
    before = {name: sys.modules.pop(name, None) for name in names}
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def steps(function: Callable[..., Any], *given: object) -> int:
    """Count the lines of kernels that are run while a twin is called."""
    count = 0

    def line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, _: str, __: object) -> Any:
        return line if frame.f_code.co_filename.endswith("_kernels.py") else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        with np.errstate(over="ignore"):
            function(*given)
    finally:
        sys.settrace(before)
    return count
