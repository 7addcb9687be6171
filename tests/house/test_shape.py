"""The house stays readable: sizes, docstrings, and no word that does not belong."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "examples", "docs")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
MAX_FUNCTION, MAX_FILE, MAX_ASSEMBLY = 60, 500, 150

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _length(node: Function) -> int:
    """Count the lines of a function without its docstring."""
    doc = node.body[0] if ast.get_docstring(node) else None
    doc_lines = (doc.end_lineno or doc.lineno) - doc.lineno + 1 if doc else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - doc_lines


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_sizes(path: Path) -> None:
    """No file over 500 lines, no function over 60, `assembly.py` at most 150."""
    text = path.read_text("utf-8")
    limit = MAX_ASSEMBLY if path.name == "assembly.py" else MAX_FILE
    assert len(text.splitlines()) <= limit, f"{_name(path)} is too long: split it by its words"
    long = [f"{node.name} ({_length(node)})" for node in _functions(ast.parse(text)) if _length(node) > MAX_FUNCTION]
    assert not long, f"{_name(path)} has functions over {MAX_FUNCTION} lines: {', '.join(long)}"


@pytest.mark.parametrize("path", [path for path in SOURCES if "src" in path.parts], ids=_name)
def test_docstrings(path: Path) -> None:
    """Every module, public class and public function says what it is for."""
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), f"{_name(path)} has no docstring"
    missing = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and _is_public(node, tree)
    ]
    assert not missing, f"{_name(path)} has no docstring for {', '.join(missing)}"


def _is_public(node: ast.AST, tree: ast.Module) -> bool:
    """Tell whether a definition is at the top or in a public class; methods that a base documents count as documented."""
    if node in tree.body:
        return True
    return any(
        isinstance(parent, ast.ClassDef)
        and not parent.name.startswith("_")
        and not parent.bases
        and node in parent.body
        for parent in tree.body
    )


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name.startswith("test_")], ids=_name)
def test_every_test_states_its_promise(path: Path) -> None:
    """A test's docstring is the promise it keeps."""
    tree = ast.parse(path.read_text("utf-8"))
    missing = [node.name for node in _functions(tree) if node.name.startswith("test_") and not ast.get_docstring(node)]
    assert not missing, f"{_name(path)}: {', '.join(missing)}"


def test_requirements_name_no_registry() -> None:
    """The pinned requirements carry hashes and no address."""
    for path in sorted((ROOT / "requirements").iterdir()):
        text = path.read_text("utf-8")
        assert "://" not in text, f"{path.name} names an address"
        pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*$", text, re.MULTILINE)
        assert pins, f"{path.name} pins nothing"
        assert len(re.findall(r"--hash=sha256:", text)) >= len(pins), f"{path.name} has pins without hashes"


def test_no_path_of_a_machine() -> None:
    """Neither code nor documents name a folder of somebody's machine or put work off."""
    forbidden = re.compile(r"/(?:work|root|home)/\w|\bTODO\b|\bFIXME\b")
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.suffix not in {".py", ".md", ".yaml", ".toml", ".html", ".js", ".css"} or parts[0].startswith("."):
            continue
        found = forbidden.search(path.read_text("utf-8"))
        assert not found, f"{_name(path)} holds {found.group()!r}" if found else ""
