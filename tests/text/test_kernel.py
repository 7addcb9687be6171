"""Kernels: machine code is kept between runs, and thrown away when anything it was made from changed."""

import subprocess
import sys
from pathlib import Path

from forestall.text import kernel

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import forestall
forestall.__path__.append({folder!r} + "/forestall")
import forestall.text.kernel as kernel
from pathlib import Path
kernel._ROOT = Path({folder!r}) / "forestall"
from forestall.planted.outer import outer
print(outer(1))
"""
OUTER = """
from forestall.planted.inner import inner
from forestall.text.kernel import {mark}


@{mark}
def outer(value: int) -> int:
    return inner(value) + 1
"""
INNER = """
from forestall.text.kernel import {mark}
from forestall.planted.numbers import STEP


@{mark}
def inner(value: int) -> int:
    return value + STEP
"""


def run(folder: Path) -> str:
    """Run the planted kernels in a process of their own and give what they print."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(folder=str(folder))],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return done.stdout.strip()


def plant(folder: Path, step: int, mark: str) -> None:
    """Write a kernel that calls one of another file, which uses a constant of a third."""
    planted = folder / "forestall" / "planted"
    planted.mkdir(parents=True, exist_ok=True)
    for name, text in (("__init__", ""), ("outer", OUTER), ("inner", INNER), ("numbers", f"STEP = {step}\n")):
        path = planted / f"{name}.py"
        written = text.format(mark=mark)
        if not path.is_file() or path.read_text("utf-8") != written:
            path.write_text(written, "utf-8")


def test_a_changed_constant_two_files_away_is_seen(tmp_path: Path) -> None:
    """A kernel compiled before gives the new answer once a file changed that it uses only through another."""
    for mark in ("kernel", "lean"):
        folder = tmp_path / mark
        plant(folder, 10, mark)
        assert run(folder) == "12"
        assert list((folder / "forestall" / "planted" / "__pycache__").glob("outer.outer-*.nbi"))
        plant(folder, 20, mark)
        assert run(folder) == "22"


def test_every_kernel_of_ours_says_what_it_was_made_from() -> None:
    """The digest of the kernel that reads a post whole takes in the files of all it calls, and their tables."""
    folder = Path(kernel.__file__).parent
    used = {
        folder / f"{name}.py"
        for name in ("whole_kernels", "fold_kernels", "sketch_kernels", "terms_kernels", "ngrams_kernels")
    }
    assert used | {folder / "tables.py", folder / "lookalikes.py"} <= set(kernel.sources(folder / "whole_kernels.py"))
