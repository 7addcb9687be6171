"""The rulebook: nothing decides without a second person and a backtest, and the version before is one step away."""

from collections.abc import Mapping

import pytest

from forestall.flow.rulebook import Rulebook
from forestall.model.errors import BadInput, Conflict, NotFound, Refused
from forestall.model.ids import new_id
from forestall.model.ports import Store
from forestall.model.rulebook import RulesetState, RulesetVersion
from forestall.policy.engine import Ruleset
from forestall.policy.ruleset import default_files, load
from forestall.store import MemoryStore
from tests.store.samples import SIGNER, at
from tests.support import LABELS

PROOF = {"looked": 10, "caught": 1}


def ruleset(threshold: float) -> Ruleset:
    """Give the packaged ruleset with another threshold."""
    return load(changed(threshold), LABELS)


def changed(threshold: float) -> Mapping[str, str]:
    """Give the packaged files with another threshold."""
    files = default_files()
    name = "20-recruiting.yaml"
    return {**files, name: files[name].replace('score("recruiting") >= 0.5', f'score("recruiting") >= {threshold}')}


@pytest.fixture
def store() -> Store:
    """Give a store."""
    return MemoryStore(SIGNER, at)


def rulebook(store: Store | None) -> Rulebook:
    """Give a rulebook over a store, as each process makes one."""
    return Rulebook(ruleset(0.5), LABELS, store, at, new_id)


def promoted(book: Rulebook, threshold: float) -> RulesetVersion:
    """Promote a version with two people."""
    made = book.propose(ruleset(threshold), "ada", "fewer alarms", PROOF)
    return book.approve(made.id, "ben", "I read the changes")


def test_the_folder_decides_until_a_version_is_promoted(store: Store) -> None:
    """Without a promoted version the folder's ruleset decides; a proposed one does not."""
    book = rulebook(store)
    book.propose(ruleset(0.6), "ada", "fewer alarms", PROOF)
    assert not book.follow()
    assert book.ruleset.version == ruleset(0.5).version
    assert book.standing.version is None


def test_a_second_person_makes_it_decide_everywhere(store: Store) -> None:
    """Once a second person agrees, the version decides here, in other processes, and after a restart."""
    book, other = rulebook(store), rulebook(store)
    version = promoted(book, 0.6)
    assert version.state is RulesetState.LIVE
    assert (version.author, version.second) == ("ada", "ben")
    assert book.ruleset.version == ruleset(0.6).version
    assert book.overruled
    assert not other.overruled
    assert other.follow()
    assert not other.follow()
    assert other.ruleset.version == rulebook(store).ruleset.version == ruleset(0.6).version
    assert other.standing.names["ruleset"].endswith(ruleset(0.6).version[:12])


@pytest.mark.parametrize("by", ["ada", " ADA ", "Ada"])
def test_nobody_agrees_with_themselves(store: Store, by: str) -> None:
    """Who proposed a version cannot agree to it, however they write their name."""
    book = rulebook(store)
    made = book.propose(ruleset(0.6), "ada", "fewer alarms", PROOF)
    with pytest.raises(Refused, match="cannot be the one"):
        book.approve(made.id, by, "me again")
    assert book.ruleset.version == ruleset(0.5).version


def test_without_backtest_reason_or_change_nothing_is_proposed(store: Store) -> None:
    """A proposal needs a backtest, a reason, a name, and something that differs from what decides."""
    book = rulebook(store)
    with pytest.raises(BadInput, match="not backtested"):
        book.propose(ruleset(0.6), "ada", "fewer alarms", {})
    with pytest.raises(BadInput, match="why it is wanted"):
        book.propose(ruleset(0.6), "ada", "  ", PROOF)
    with pytest.raises(BadInput, match="who does this"):
        book.propose(ruleset(0.6), " ", "fewer alarms", PROOF)
    with pytest.raises(BadInput, match="decides already"):
        book.propose(ruleset(0.5), "ada", "fewer alarms", PROOF)
    assert not store.rulesets()


def test_a_proposal_that_was_overtaken_must_be_tried_anew(store: Store) -> None:
    """A version that was tried against other rules than those that decide now is not promoted."""
    book = rulebook(store)
    late = book.propose(ruleset(0.7), "ada", "fewer alarms", PROOF)
    promoted(rulebook(store), 0.6)
    with pytest.raises(Conflict, match="since this one"):
        book.approve(late.id, "ben", "fine")
    assert book.ruleset.version == ruleset(0.6).version


def test_an_answer_is_given_once(store: Store) -> None:
    """What was refused or promoted cannot be answered again; what was never proposed cannot be answered."""
    book = rulebook(store)
    made = book.propose(ruleset(0.6), "ada", "fewer alarms", PROOF)
    assert book.refuse(made.id[:-1], "ben", "it misses too much").state is RulesetState.REFUSED
    with pytest.raises(Conflict, match="refused"):
        book.approve(made.id, "ben", "on second thoughts")
    with pytest.raises(NotFound, match="nothing-like-it"):
        book.approve("nothing-like-it", "ben", "fine")


def test_one_step_back_and_another(store: Store) -> None:
    """One person takes the version before back in one step, and again the one before that, down to the folder's rules."""
    book = rulebook(store)
    promoted(book, 0.6)
    promoted(book, 0.7)
    assert book.roll_back("cleo", "too many misses").digest == book.ruleset.version == ruleset(0.6).version
    assert book.roll_back("cleo", "still too many").digest == book.ruleset.version == ruleset(0.5).version
    with pytest.raises(Conflict, match="nothing was promoted before"):
        book.roll_back("cleo", "further")
    states = [one.state for one in store.rulesets()]
    assert states.count(RulesetState.LIVE) == 1
    assert [row.tag for row in store.ledger_rows()] == [
        *("policy:proposed", "policy:promoted") * 2,
        "policy:rolled-back",
        "policy:rolled-back",
    ]


def test_there_is_nothing_to_go_back_to(store: Store) -> None:
    """Where nothing was promoted, or nothing is stored, going back says so."""
    with pytest.raises(Conflict, match="nothing was promoted"):
        rulebook(store).roll_back("cleo", "because")
    with pytest.raises(Refused, match="nothing is stored"):
        rulebook(None).propose(ruleset(0.6), "ada", "fewer alarms", PROOF)


def test_what_is_kept_is_what_decides(store: Store) -> None:
    """A kept version gives its ruleset back to the letter, years later."""
    book = rulebook(store)
    version = promoted(book, 0.6)
    kept = store.ruleset(version.id)
    assert kept is not None
    assert kept.proof == PROOF
    assert dict(book.loaded(kept).files) == dict(ruleset(0.6).files)
