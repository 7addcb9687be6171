"""Stored decisions come to the same again."""

import msgspec
import pytest

from forestall.flow.explain import explain
from forestall.flow.replay import replay_all
from forestall.flow.result import json_schema, of
from forestall.model.content import Content
from forestall.model.errors import NotFound
from forestall.model.outcome import Outcome
from tests.support import SmallHouse


def test_every_decision_replays_to_itself() -> None:
    """All kinds of decisions, replayed, show no difference."""
    house = SmallHouse()
    texts = [
        "hello",
        "!recruiting",
        "!recruiting !context-news",
        "!known-near",
        "!known-exact !grievance",
        "!unreadable",
    ]
    house.screen(*(Content(str(n), text) for n, text in enumerate(texts)))
    replayed = list(replay_all(house.store))
    assert len(replayed) == len(texts)
    assert [(item.difference, item.failed) for item in replayed] == [(None, "")] * len(texts)


def test_a_changed_outcome_is_reported() -> None:
    """A stored decision that does not follow from its findings is named."""
    house = SmallHouse()
    (item,), _ = house.screen(Content("1", "!recruiting"))
    object.__setattr__(item.decision, "outcome", Outcome.PASS)
    object.__setattr__(item.decision, "key", "forged")
    object.__setattr__(item.decision, "id", "forged")
    from forestall.flow.decide import keep

    for future in keep(house.store, [item], house.outbox):
        future.result()
    (replayed,) = replay_all(house.store, ["forged"])
    assert replayed.difference is not None


def test_a_lost_ruleset_is_said() -> None:
    """Without the ruleset a decision cannot be replayed, and the report says so instead of passing."""
    house = SmallHouse()
    (item,), _ = house.screen(Content("1", "hello"))
    house.store.blobs.delete(item.decision.versions["ruleset-files"])
    (replayed,) = replay_all(house.store, ["1"])
    assert replayed.failed


def test_unknown_ids_are_refused() -> None:
    """Replaying or explaining an unknown id says so."""
    house = SmallHouse()
    with pytest.raises(NotFound):
        list(replay_all(house.store, ["nope"]))
    with pytest.raises(NotFound):
        explain(house.store, "nope")


def test_explain_finds_everything_from_any_id() -> None:
    """The content's, the decision's and the case's id all lead to the same explanation."""
    house = SmallHouse()
    (item,), _ = house.screen(Content("1", "!recruiting"))
    case = house.store.case_of("1", item.decision.revision)
    assert case is not None
    for asked in ("1", item.decision.id, case.id):
        found = explain(house.store, asked)
        assert found.content == item.stored
        assert [decision.id for decision in found.decisions] == [item.decision.id]
        assert found.case == case
        assert [row.tag for row in found.ledger] == ["content:received", "decision:made", "case:opened"]


def test_results_keep_to_their_schema() -> None:
    """The documented JSON Schema accepts every result we give."""
    import jsonschema

    house = SmallHouse()
    screened, _ = house.screen(Content("1", "!recruiting !context-news"), Content("2", ""))
    validator = jsonschema.Draft202012Validator(json_schema())
    for item in screened:
        validator.validate(msgspec.json.decode(msgspec.json.encode(of(item.decision))))
