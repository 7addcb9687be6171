"""The documentation keeps up with the code, and its links lead somewhere."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from forestall.assembly import build
from forestall.media.problems import CAUSES
from forestall.model.settings import Settings, load

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted(path for path in ROOT.rglob("*.md") if not path.relative_to(ROOT).parts[0].startswith("."))


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def _headings(name: str) -> set[str]:
    return set(re.findall(r"^## `([^`]+)`", (REFERENCE / name).read_text("utf-8"), re.MULTILINE))


def _first_arguments(function: str) -> set[str]:
    """Give the constant first arguments of all calls of a name in the sources; both arms of a conditional count."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == function
                and node.args
            ):
                found |= {
                    leaf.value
                    for leaf in ast.walk(node.args[0])
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                }
    return found


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_generated_pages_are_fresh(name: str) -> None:
    """A generated page is what the code says today; `python docs/reference.py` writes it again."""
    assert (REFERENCE / name).read_text("utf-8") == GENERATOR.page(name)


def test_every_ledger_line_is_documented() -> None:
    """Every event tag in the code has a heading, and no heading is left over."""
    used = {tag for tag in _first_arguments("Event") if ":" in tag and not tag.endswith(":")}
    used |= {"action:delivered", "action:failed", "action:given-up"}
    assert _headings("events.md") == used


def test_every_label_is_documented() -> None:
    """Every finding label has a heading that names its ceiling."""
    with build(Settings(), keep=False) as house:
        labels = house.labels
    assert _headings("labels.md") == set(labels)
    text = (REFERENCE / "labels.md").read_text("utf-8")
    for label, ceiling in labels.items():
        section = text.split(f"## `{label}`", 1)[1].split("\n## ", 1)[0]
        assert f"Ceiling: `{ceiling}`" in section, f"the section of {label} does not name its ceiling"


def test_every_problem_is_documented() -> None:
    """Every cause of `unreadable` has a heading."""
    used = {cause for cause in _first_arguments("Problem") if re.fullmatch(r"[a-z]+(-[a-z]+)*", cause)}
    assert _headings("problems.md") == used | set(CAUSES)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link in a page points at a file that is there."""
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_settings_shown_in_how_to_run_are_real() -> None:
    """The example configuration loads."""
    text = (ROOT / "docs" / "how-to" / "run.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert load(example, {}).webhook_url


def test_commands_shown_in_pages_exist() -> None:
    """Every `python3 run.py …` in the pages names a command that exists, with options it has."""
    helps = (REFERENCE / "commands.md").read_text("utf-8")
    for path in PAGES:
        for line in re.findall(r"python3 run\.py ([^\n`|>#]+)", path.read_text("utf-8")):
            words = line.split()
            if words[0] in {"test", "full"} or "…" in line:
                continue
            assert f"## `forestall {words[0]}" in helps, f"{path.name} shows `{line}`"
            for option in (word for word in words if word.startswith("--")):
                assert option in helps, f"{path.name} shows the option {option}"
