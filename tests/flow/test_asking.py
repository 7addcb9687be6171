"""What rules ask for themselves: patterns, lists and counters, looked for once per post and kept in its decision."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from forestall.assembly import build
from forestall.flow.house import House
from forestall.model.content import Content
from forestall.model.decision import Decision
from forestall.model.lists import ListEntry, ListFile, ListKind
from forestall.model.outcome import Outcome
from forestall.model.settings import Settings
from forestall.policy.replay import replay
from forestall.policy.ruleset import default_files

RULES = """rules:
  - id: watched-words
    version: 1
    title: Watched words
    clause: C
    outcome: review
    when:
      - terms("words")
    reason: "It says {text-match.entry}."
  - id: blocked-site
    version: 1
    title: Blocked site
    clause: C
    outcome: review
    when:
      - in_list("sites", "domain")
    reason: "It links to {list-match.entry}."
  - id: many-copies
    version: 1
    title: Many copies
    clause: C
    outcome: review
    surfaces: [board]
    when:
      - phrase("ashen banner")
      - distinct("author", "text", "24h") >= 3
    reason: Many accounts say so.
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Give a house with these rules and nothing in its lists yet."""
    folder = tmp_path / "policy"
    folder.mkdir()
    for name, text in {**default_files(), "90.yaml": RULES}.items():
        (folder / name).write_text(text, "utf-8")
    with build(Settings(data=str(tmp_path / "data"), policy=str(folder))) as house:
        yield house


def fill(house: House, name: str, kind: ListKind, *entries: str) -> None:
    """Put a list into the store."""
    file = ListFile(name, "test", kind, tuple(ListEntry(entry) for entry in entries))
    house.lister.import_(house.lister.plan(name, file, "ada", kind=kind))
    house.follow()


def decide(house: House, number: int, text: str, **more: str) -> Decision:
    """Screen a post and give its decision."""
    return house.screen([Content(f"p{number}", text, author=more.pop("author", f"a{number}"), **more)])[0].decision  # type: ignore[arg-type]


def test_a_list_that_is_not_there_is_unknown_and_then_counts(house: House) -> None:
    """Until its list is imported a rule cannot be answered, and says so; from then on the entry is named, without a restart."""
    before = decide(house, 1, "the grey oak grows, see https://tide.example/x")
    assert set(before.unknowns) >= {"watched-words", "blocked-site"}
    assert before.outcome is Outcome.PASS
    fill(house, "words", ListKind.TERMS, "Grey Oak")
    fill(house, "sites", ListKind.DOMAINS, "tide.example")
    after = decide(house, 2, "the GREY  oak grows, see https://tide.example/y")
    assert after.outcome is Outcome.REVIEW
    assert {reason.text for reason in after.reasons} == {"It says Grey Oak.", "It links to tide.example."}
    assert not {"watched-words", "blocked-site"} & set(after.unknowns)
    assert after.versions["list:words"] == after.facts["list(words)"]
    assert after.key != before.key


def test_counters_stand_among_the_facts(house: House) -> None:
    """The same words from a third account ask a person, on the surface the rule is for; the counter's value is in the snapshot."""
    text = "the ashen banner sails at dawn"
    found = [decide(house, number, text, surface="board") for number in range(3)]
    assert [one.facts["distinct(author, text, 24h)"] for one in found] == [1, 2, 3]
    assert [one.outcome for one in found] == [Outcome.PASS, Outcome.PASS, Outcome.REVIEW]
    elsewhere = decide(house, 9, text, surface="chat")
    assert (elsewhere.facts["distinct(author, text, 24h)"], elsewhere.outcome) == (4, Outcome.PASS)
    nowhere = decide(house, 10, text)
    assert "many-copies" in nowhere.unknowns


def test_a_restart_forgets_no_counter(house: House) -> None:
    """What was counted before the start still counts, read from the store."""
    text = "the ashen banner sails at dawn"
    for number in range(2):
        decide(house, number, text, surface="board")
    with build(house.settings) as again:
        assert decide(again, 3, text, surface="board").facts["distinct(author, text, 24h)"] == 3


def test_what_was_asked_replays(house: House) -> None:
    """A decision with patterns, lists and counters comes to the same when it is played again, and not when it was changed."""
    fill(house, "words", ListKind.TERMS, "Grey Oak")
    decision = decide(house, 1, "under the grey oak")
    ruleset = house.screening.ruleset
    assert decision.outcome is Outcome.REVIEW
    assert replay(decision, ruleset) is None
    assert replay(replace(decision, findings=()), ruleset) is not None
    assert replay(replace(decision, outcome=Outcome.PASS), ruleset) is not None


def test_news_about_watched_words_passes(house: House) -> None:
    """Words that a rule looks for do not count where the text is plainly news, though it shows no sign of recruiting."""
    fill(house, "words", ListKind.TERMS, "Grey Oak")
    news = decide(
        house, 1, "The ministry said on Monday that the Grey Oak was banned. A spokesman declined to comment."
    )
    assert [excuse.name for excuse in news.excuses] == ["news"]
    assert news.outcome is Outcome.PASS
    assert decide(house, 2, "Come to the Grey Oak with us tonight").outcome is Outcome.REVIEW
