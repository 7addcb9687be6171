"""The table of causes: documented, in plain words, and complete."""

import ast
import re
from pathlib import Path

import pytest

from forestall.media import problems

MEDIA = Path(problems.__file__).parent


def named_in_code() -> set[str]:
    """Give every cause the code of the box can name."""
    calls = {"trouble", "Lost", "Bomb", "Trouble", "problem"}
    found: set[str] = set()
    for path in MEDIA.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) in calls
                and node.args
            ):
                leaves = [leaf.value for leaf in ast.walk(node.args[0]) if isinstance(leaf, ast.Constant)]
                found |= {leaf for leaf in leaves if isinstance(leaf, str) and re.fullmatch(r"[a-z]+(-[a-z]+)*", leaf)}
    return found


def test_every_cause_is_in_the_table_and_used() -> None:
    """What the code names is in the table, and the table holds nothing that no code names."""
    used = named_in_code()
    assert {cause for cause in problems.CAUSES if cause not in used} == set()
    assert used - set(problems.CAUSES) == set()


def test_the_table_is_documented() -> None:
    """The module's page lists every cause, and marks those that deserve a person."""
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|.*\| (yes|) ?\|$", problems.__doc__ or "", re.MULTILINE))
    assert set(rows) == set(problems.CAUSES)
    assert {cause for cause, mark in rows.items() if mark} == problems.DESERVE_A_PERSON


@pytest.mark.parametrize("cause", problems.CAUSES)
def test_a_problem_says_what_and_what_next(cause: str) -> None:
    """Each cause becomes a problem in plain words, with a next step and the particulars in brackets."""
    made = problems.problem(cause, "a/b", "the particulars")
    assert (made.cause, made.part) == (cause, "a/b")
    assert made.what.endswith("(the particulars)")
    assert made.next_step
    assert made.what[0].islower()
