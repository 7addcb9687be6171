"""Rulesets: what they are made of, how they are named, and that a kept bundle is the ruleset again."""

import pytest

from forestall.model.errors import BadPolicy
from forestall.policy.ruleset import default_files, load
from tests.policy.samples import LABELS

RULE = """\
rules:
  - id: one
    version: 1
    title: One
    clause: C
    outcome: review
    when:
      - finding("pledge")
    reason: Because.
"""


def test_a_kept_bundle_loads_again() -> None:
    """`Ruleset.files` given back to `load` makes the same ruleset with the same version."""
    ruleset = load(default_files(), LABELS)
    again = load(ruleset.files, LABELS)
    assert again == ruleset
    assert again.version == ruleset.version


def test_the_version_is_of_what_is_said() -> None:
    """Order of files, line ends and a byte order mark do not change the version; any text and any file name does."""
    version = load({"a.yaml": RULE, "b.yaml": "name: mine"}, LABELS).version
    assert (
        load({"b.yaml": "name: mine\n\n", "a.yaml": "\ufeff" + RULE.replace("\n", "\r\n")}, LABELS).version == version
    )
    assert load({"a.yaml": RULE, "c.yaml": "name: mine"}, LABELS).version != version
    assert load({"a.yaml": RULE.replace("Because", "Since"), "b.yaml": "name: mine"}, LABELS).version != version
    assert len(version) == 64


@pytest.mark.parametrize(
    "files",
    [{}, {f"{number}.yaml": "" for number in range(201)}, {"a.yaml": "#" * 600_000, "b.yaml": "#" * 600_000}],
    ids=["none", "many", "large"],
)
def test_bundles_have_a_size(files: dict[str, str]) -> None:
    """No files, too many and too large ones are refused at once."""
    with pytest.raises(BadPolicy):
        load(files, LABELS)


def test_an_empty_file_is_no_fault() -> None:
    """A file of comments only says nothing."""
    assert load({"a.yaml": RULE, "notes.yaml": "# nothing yet\n"}, LABELS).rules[0].id == "one"
    assert load({"notes.yaml": "# nothing yet\n"}, LABELS).name == "policy"


def test_all_faults_are_told_at_once() -> None:
    """An analyst sees every rule that is wrong, with file, line, column, the line and a caret."""
    files = {
        "a.yaml": RULE.replace('"pledge"', '"plegde"'),
        "b.yaml": RULE.replace("id: one", "id: two").replace("review", "reviw"),
    }
    with pytest.raises(BadPolicy) as caught:
        load(files, LABELS)
    assert caught.value.what.split("\n")[1:] == [
        "a.yaml:8:18: there is no label `plegde`",
        '          - finding("plegde")',
        "                     ^",
        "    did you mean `pledge`?",
        "b.yaml:6:14: `reviw` is not an outcome that can stand here",
        "        outcome: reviw",
        "                 ^",
        "    did you mean `review`?",
    ]


def test_many_faults_are_counted() -> None:
    """Of very many faults the first twenty are told and the rest counted."""
    rules = "".join(f"  - id: r{number}\n" for number in range(50))
    with pytest.raises(BadPolicy, match="and 30 more"):
        load({"a.yaml": "rules:\n" + rules}, LABELS)
