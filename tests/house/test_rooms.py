"""The house keeps its shape: who may import whom, proven by planting violations."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = [
    ("model/planted.py", "import numpy"),
    ("model/planted.py", "from forestall import text"),
    ("text/planted.py", "from forestall import policy"),
    ("policy/planted.py", "import sqlite3"),
    ("policy/planted.py", "from forestall import detect"),
    ("policy/planted.py", "from forestall import ledger"),
    ("ledger/planted.py", "import socket"),
    ("flow/planted.py", "from forestall import store"),
    ("flow/planted.py", "from forestall import review"),
    ("review/planted.py", "from forestall import media"),
    ("review/planted.py", "from forestall import insights"),
    ("insights/planted.py", "from forestall import detect"),
    ("detect/planted.py", "from forestall import policy"),
    ("detect/contact/planted.py", "from forestall.detect import match"),
    ("media/planted.py", "from forestall import text"),
    ("store/planted.py", "from forestall import exchange"),
    ("store/planted.py", "from forestall import text"),
    ("exchange/planted.py", "from forestall import flow"),
    ("assembly.py", "from forestall import doors"),
    ("doors/api/planted.py", "from forestall import detect"),
    ("doors/api/planted.py", "from forestall.doors import console"),
    ("doors/console/planted.py", "from forestall.doors import server"),
    ("helpers/__init__.py", "from forestall import model"),
]
"""One import that must be refused for every rule of the house."""


def test_contracts_hold() -> None:
    """The code as it is keeps every import contract."""
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the sources in which violations can be planted."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


@pytest.mark.parametrize(("file", "line"), PLANTED, ids=[f"{file}: {line}" for file, line in PLANTED])
def test_a_planted_import_is_refused(copy: Path, file: str, line: str) -> None:
    """An import against the house's direction breaks a contract."""
    path = copy / "src" / "forestall" / file
    before = path.read_text("utf-8") if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text((before or '"""Planted."""\n\n') + f"\n{line}\n", "utf-8")
    try:
        result = _lint(copy)
    finally:
        if before is not None:
            path.write_text(before, "utf-8")
        elif file.endswith("__init__.py"):
            shutil.rmtree(path.parent)
        else:
            path.unlink()
    assert result.returncode == 1
    assert "BROKEN" in result.stdout or "helpers" in result.stdout, result.stdout


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the sources in a folder."""
    code = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
