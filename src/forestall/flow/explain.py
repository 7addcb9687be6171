"""Explain: everything that is known about one decision or one piece of content, gathered for a reader."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from forestall.flow.replay import Rulesets
from forestall.model.decision import MACHINE, Decision
from forestall.model.errors import ForestallError, NotFound
from forestall.model.ports import Store
from forestall.model.records import Case, LedgerRow, StoredContent
from forestall.policy.derive import Derived, derivation


@dataclass(frozen=True, slots=True)
class Explanation:
    """The content, all decisions on the asked revision (oldest first), its case, and the ledger lines about all of them.

    `derived` says by decision how each rule came to what it said, as far as the ruleset is kept.
    """

    content: StoredContent | None
    decisions: Sequence[Decision]
    case: Case | None
    ledger: Sequence[LedgerRow]
    derived: Mapping[str, Sequence[Derived]] = field(default_factory=dict)


def explain(store: Store, asked: str) -> Explanation:
    """Explain a decision id, a content id or a case id; raises NotFound."""
    decision, case = store.decision(asked), store.case(asked)
    if decision is not None:
        content_id, revision = decision.content, decision.revision
    elif case is not None:
        content_id, revision = case.content, case.revision
    else:
        newest = store.content(asked)
        if newest is None:
            raise NotFound(
                f"nothing is known under `{asked}`", "give the id of a decision, a case or a piece of content"
            )
        content_id, revision = newest.id, newest.revision
    decisions = [item for item in store.decisions_of(content_id) if item.revision == revision]
    if decision is not None:
        decisions = [item for item in decisions if item.id == asked]
    case = case or store.case_of(content_id, revision)
    subjects = [content_id, *(item.id for item in decisions), *([case.id] if case else [])]
    rows = sorted((row for subject in subjects for row in store.ledger_of(subject)), key=lambda row: row.seq)
    return Explanation(store.content(content_id, revision), decisions, case, rows, _derived(store, decisions))


def _derived(store: Store, decisions: Sequence[Decision]) -> dict[str, Sequence[Derived]]:
    """Give how the machine's decisions came about."""
    rulesets = Rulesets(store.blobs)
    found: dict[str, Sequence[Derived]] = {}
    for decision in decisions:
        if decision.by == MACHINE:
            with suppress(ForestallError):  # an old ruleset that no longer loads explains nothing; the reasons stand
                found[decision.id] = derivation(decision.facts, decision.findings, rulesets(decision))
    return found
