"""What is worth a second look is said, and what is in order is not."""

import pytest

from forestall.policy.ruleset import load, second_looks
from tests.policy.samples import LABELS

DAY = "2026-06-01"


def rule(name: str, *when: str, **more: str) -> str:
    """Write a rule with an example of each kind."""
    fields = {
        "outcome": "review",
        "must_match": "[{pledge: 0.9, recruiting: 0.9}]",
        "must_not_match": "[{grievance: 1}]",
        **more,
    }
    lines = [f"  - id: {name}", "    version: 1", "    title: T", "    clause: C", "    reason: So.", "    when:"]
    lines += [f"      - {line}" for line in when]
    return "\n".join([*lines, *(f"    {key}: {value}" for key, value in fields.items() if value)]) + "\n"


def told(*rules: str, lists: tuple[str, ...] | None = None) -> list[str]:
    """Give the warnings on rules that hold together."""
    files = {"a.yaml": "rules:\n" + "".join(rules)}
    load(files, LABELS)
    return second_looks(files, DAY, lists)


PLEDGE, RECRUITING = 'finding("pledge")', 'score("recruiting") >= 0.5'


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([rule("one", PLEDGE), rule("two", PLEDGE)], "rule `two` asks the same as `one`"),
        ([rule("one", PLEDGE), rule("two", PLEDGE, outcome="pass")], "ask the same and conclude `pass` and `review`"),
        ([rule("one", PLEDGE), rule("two", PLEDGE, RECRUITING)], "whenever rule `two` fires, `one` does"),
        ([rule("one", PLEDGE, RECRUITING), rule("two", PLEDGE)], "whenever rule `one` fires, `two` does"),
        ([rule("one", f"{PLEDGE} and {RECRUITING}"), rule("two", RECRUITING, PLEDGE)], "asks the same as `one`"),
        ([rule("one", PLEDGE, 'not phrase("no")')], "is one short word"),
        ([rule("one", PLEDGE, effective="{until: 2026-05-31}", must_match="")], "ended on 2026-05-31"),
        ([rule("one", PLEDGE, effective="{from: 2026-06-02}", must_match="")], "begins on 2026-06-02"),
        ([rule("one", PLEDGE, must_match="")], "has no `must_match`"),
        ([rule("one", PLEDGE, must_not_match="")], "has no `must_not_match`"),
    ],
)
def test_what_is_odd_is_said(rules: list[str], said: str) -> None:
    """Rules that repeat, contradict or cover each other, stand everywhere, ended, or have no example are pointed at with a hint."""
    warnings = told(*rules)
    assert any(said in line for line in warnings), warnings
    assert all(line.startswith("a.yaml:") and "\n" in line for line in warnings)


def test_a_list_that_is_gone_is_said() -> None:
    """A rule that asks for a list that is not there is pointed at, where it is known which there are."""
    asking = rule("one", 'terms("words")', must_match='[{text-match: {pattern: "terms: words"}}]')
    assert any("there is no list `words`" in line for line in told(asking, lists=("others",)))
    assert told(asking, lists=("words",)) == told(asking) == []


@pytest.mark.parametrize(
    "rules",
    [
        [rule("one", PLEDGE), rule("two", RECRUITING)],
        [rule("one", PLEDGE), rule("two", PLEDGE, RECRUITING, severity="5")],
        [rule("one", PLEDGE, status="shadow"), rule("two", PLEDGE, RECRUITING)],
        [rule("one", PLEDGE), rule("two", PLEDGE, status="draft", must_match="")],
        [
            rule("one", PLEDGE, surfaces="[board]", must_match="[{pledge: 1, surface: board}]"),
            rule("two", PLEDGE, RECRUITING),
        ],
        [rule("one", PLEDGE, effective="{until: 2026-06-01}", must_match='[{pledge: 1, at: "2026-06-01T00:00:00Z"}]')],
    ],
)
def test_what_is_in_order_is_not(rules: list[str]) -> None:
    """Rules that differ in what they ask, how severe they are, or where they apply are left alone."""
    assert told(*rules) == []
