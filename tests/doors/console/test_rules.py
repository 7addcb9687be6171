"""Rules at the console: everybody signed in sees how they do and may try changes; two admins let a version decide."""

import json
import re
from collections.abc import Callable

import pytest

from forestall.assembly import House
from forestall.doors.console import rulepage
from forestall.doors.console.words import catalogue
from forestall.insights.backtest.impact import Impact
from forestall.insights.rulestats import RuleStats
from forestall.model.content import Content
from forestall.model.outcome import Outcome
from forestall.model.records import Case
from forestall.model.rulebook import RulesetState
from forestall.policy.ruleset import default_files
from forestall.review.cases import Answer, conclude
from tests.doors.console.conftest import Visitor
from tests.support import PERSON

FILE = "20-recruiting.yaml"
TEXT = default_files()[FILE]
MORE = """
  - id: material-alone
    version: 1
    title: Hands out material
    clause: Terrorist content
    outcome: review
    when:
      - score("propaganda") >= 0.2
    reason: It hands out material (score {propaganda.score}).
"""
FAINT = TEXT.rstrip("\n") + MORE
"""The packaged rules with one more."""
NOW = "2026-02-01T00:00:00.000Z"


@pytest.fixture
def other_admin(house: House, visit: Callable[[], Visitor]) -> Visitor:
    """Another admin."""
    return visit().join(house, "admin", "heidi")


def test_the_list_says_how_rules_do(moderator: Visitor, house: House, make_case: Callable[..., Case]) -> None:
    """Each rule is listed with how often it spoke and how many of people's answers agreed, those that speak most first."""
    for number in range(3):
        case = make_case("!pledge", id=f"p{number}")
        outcome = Outcome.PASS if number else Outcome.REMOVE
        conclude(house.store, Answer(case.id, 1, PERSON, outcome, "seen"), house.clock, house.new_id, house.outbox)
    page = moderator.get("/console/rules")
    first = page[page.index('id="rows"') : page.index("</li>\n  <li", page.index('id="rows"'))]
    assert "Binds somebody to a violent group" in first
    assert "spoke 3 times" in first
    assert "33 %" in first
    assert "overturned 2 times" in first
    assert first.count("<rect") == 30


def test_a_file_is_checked_while_typing(moderator: Visitor) -> None:
    """The editor is told at once whether the rules hold together, and where not, with line, caret and the nearest name."""
    moderator.get(f"/console/rules/files/{FILE}")
    told = json.loads(moderator.post(f"/console/rules/files/{FILE}/check", 200, text=FAINT))
    assert told == {"holds": True}
    told = json.loads(moderator.post(f"/console/rules/files/{FILE}/check", 200, text=TEXT.replace("pledge", "pledg")))
    assert not told["holds"]
    assert "did you mean `pledge`?" in told["what"]


@pytest.mark.parametrize(
    "text", ["", "rules: [", "rules:\n  - <script>", "\x00", "rules: " + "[" * 60, "a" * 60_000], ids=range(6)
)
def test_what_does_not_hold_is_shown_and_kept(moderator: Visitor, text: str) -> None:
    """Whatever is sent, the page says what is wrong and keeps what was typed, as text."""
    moderator.get(f"/console/rules/files/{FILE}")
    page = moderator.post(f"/console/rules/files/{FILE}", 400, text=text or "rules: 1")
    assert "These rules do not hold together" in page
    assert "<script>" not in page.replace('<script type="module"', "")


def test_a_trial_shows_what_would_change(moderator: Visitor, house: House) -> None:
    """Trying a lower threshold shows the decisions that would ask a person, with their texts, and writes down who saw them."""
    house.screen([Content("quiet", "!propaganda <b>the magazine</b>")])
    moderator.get(f"/console/rules/files/{FILE}")
    page = moderator.post(f"/console/rules/files/{FILE}", 200, text=FAINT)
    assert "new rule `material-alone` can ask for `review`" in page
    assert "&lt;b&gt;the magazine&lt;/b&gt;" in page
    assert re.search(r"Passed → Review</bdi></th><td>1</td>", page)
    assert 'action="/console/rules/propose' not in page
    bodies = [json.loads(row.entry)["body"] for row in house.store.ledger_rows() if row.tag == "policy:tried"]
    assert bodies == [{"by": house.store.people()[0].id, "contents": ["quiet"]}]
    back = moderator.post(f"/console/rules/files/{FILE}/edit", 200, text=FAINT)
    assert "score(&#34;propaganda&#34;) &gt;= 0.2" in back


def test_two_admins_let_a_version_decide(admin: Visitor, other_admin: Visitor, house: House) -> None:
    """One admin proposes, cannot agree to it, another does, the rules decide, and one step takes them back."""
    admin.get(f"/console/rules/files/{FILE}")
    page = admin.post(f"/console/rules/propose/{FILE}", text=FAINT, reason="fainter <i>signs</i>")
    (version,) = house.store.rulesets()
    assert version.proof["rules"] == ["material-alone"]
    assert "&lt;i&gt;signs&lt;/i&gt;" in page
    assert "another person has to agree" in page
    admin.post(f"/console/rules/versions/{version.id}/approve", 403, reason="mine")
    assert "Waiting for a second person" in other_admin.get("/console/rules")
    other_admin.get(f"/console/rules/versions/{version.id}")
    assert "decides from now on" in other_admin.post(f"/console/rules/versions/{version.id}/approve", reason="read it")
    assert house.rulebook.ruleset.version == version.digest
    again = other_admin.post(f"/console/rules/versions/{version.id}/approve", 409, reason="twice")
    assert "Decides" in again
    admin.get("/console/rules")
    assert "decides again" in admin.post("/console/rules/rollback", reason="alarms")
    assert house.rulebook.ruleset.version == house.rulebook.folder.version
    admin.post("/console/rules/rollback", 409, reason="further")


def test_a_version_is_refused(admin: Visitor, other_admin: Visitor, house: House) -> None:
    """A proposed version that is refused never decides, and says who refused it and why."""
    admin.get(f"/console/rules/files/{FILE}")
    admin.post(f"/console/rules/propose/{FILE}", text=FAINT, reason="fainter")
    (version,) = house.store.rulesets()
    other_admin.get("/console/rules")
    other_admin.post(f"/console/rules/versions/{version.id}/refuse", reason="it will not do")
    page = other_admin.get(f"/console/rules/versions/{version.id}")
    assert "it will not do" in page
    assert "heidi refused" in page.replace("\u2068", "").replace("\u2069", "")
    assert house.store.rulesets()[0].state is RulesetState.REFUSED
    other_admin.post(f"/console/rules/versions/{version.id}/burn", 404, reason="x")


def test_moderators_only_try(moderator: Visitor, house: House) -> None:
    """A moderator may try rules but neither propose them, answer a version, nor take one back."""
    moderator.get("/console/rules")
    moderator.post(f"/console/rules/propose/{FILE}", 403, text=FAINT, reason="x")
    moderator.post("/console/rules/versions/v/approve", 403, reason="x")
    moderator.post("/console/rules/rollback", 403, reason="x")
    assert not house.store.rulesets()


def test_nothing_is_proposed_without_a_reason(admin: Visitor, house: House) -> None:
    """Proposing needs a reason and something that differs."""
    admin.get(f"/console/rules/files/{FILE}")
    admin.post(f"/console/rules/propose/{FILE}", 400, text=FAINT, reason=" ")
    admin.post(f"/console/rules/propose/{FILE}", 400, text=TEXT, reason="the same")
    assert not house.store.rulesets()


def test_what_is_not_there(admin: Visitor) -> None:
    """A file or version that is not there is said to be missing."""
    admin.get("/console/rules")
    for path in ("files/nothing.yaml", "versions/nothing"):
        assert admin.client.get(f"/console/rules/{path}").status_code == 404
    admin.post("/console/rules/files/nothing.yaml", 404, text=TEXT)


def test_plots_stay_within_their_field() -> None:
    """Bars never leave the plot, whatever the numbers, and days without decisions have none."""
    bars = rulepage.bars({"2026-01-31": 4, "2026-02-01": 8, "1999-01-01": 99}, NOW)
    assert len(bars) == 30
    assert [bar.height for bar in bars[-2:]] == [20.0, 40.0]
    assert all(0 <= bar.top <= 40 and 0 <= bar.x <= rulepage.PLOT_WIDTH for bar in bars)
    assert not any(bar.height for bar in rulepage.bars({}, NOW))
    days = rulepage.days_of(Impact(1, 1, 2, 1, 2, 0, 0, 0, (("2026-01-01", 1, 2),)))
    assert (days[0].before.height, days[0].after.height) == (20.0, 40.0)


def test_a_rule_that_people_overturn_is_marked() -> None:
    """A rule most of whose decisions people overturn is marked once there are enough answers to say so."""
    from forestall.policy.ruleset import load
    from tests.support import LABELS

    rules = load(default_files(), LABELS).rules
    assert rulepage.rows(rules[:1], {}, NOW, catalogue("en"))[0].ended == ""
    few, many = RuleStats(spoke=3, overturned=3), RuleStats(spoke=30, agreed=2, overturned=28)
    rows = rulepage.rows(rules[:2], {rules[0].id: few, rules[1].id: many}, NOW, catalogue("en"))
    assert [row.poor for row in rows] == [True, False]


def test_rules_that_do_not_decide_are_told_apart(admin: Visitor, other_admin: Visitor, house: House) -> None:
    """A rule that is only watched, its owner, and that a rule has ended are said in the list, after those that decide."""
    more = MORE.replace(
        "    when:", "    status: shadow\n    owner: desk one\n    effective: {until: 2020-01-01}\n    when:"
    )
    admin.get(f"/console/rules/files/{FILE}")
    admin.post(f"/console/rules/propose/{FILE}", text=TEXT.rstrip("\n") + more, reason="watch")
    (version,) = house.store.rulesets()
    other_admin.get("/console/rules")
    page = other_admin.post(f"/console/rules/versions/{version.id}/approve", reason="fine")
    last = page[page.index("Hands out material") - 400 :]
    assert "Only watched" in last
    assert "desk one" in last
    assert "It ended on" in last
    assert page.index("Hands out material") > page.index("Reads like recruiting")
