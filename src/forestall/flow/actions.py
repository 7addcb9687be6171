"""Actions on the platform beside hiding and removing: ordered at once or when people agree, undone when a decision is overturned.

An action and the message that orders it are committed with the decision they follow from, under one id, so that the platform sees
each once in effect. What is undone is told by a message of its own.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from forestall.model.action import KINDS, Action, ActionState, Approval
from forestall.model.decision import Decision
from forestall.model.errors import Conflict, NotFound, Refused
from forestall.model.ids import instant
from forestall.model.ports import Clock, NewId, Store
from forestall.model.records import Change, Delivery, Event, Record
from forestall.policy.consequence import Planned

PLATFORM = "platform"
"""The delivery target that stands for the operator's own service."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What becomes of actions: the records to keep, deliveries among them, and their ledger lines."""

    events: tuple[Event, ...] = ()
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Actions:
    """Makes and moves actions; `on` is false where the platform reads decisions itself and is sent nothing."""

    on: bool
    new_id: NewId

    def begun(self, decision: Decision, planned: Sequence[Planned], before: Sequence[Action]) -> Moves:
        """Give the actions that follow from a machine's decision; what was ordered or waits on this revision already is not repeated."""
        standing = {
            (one.kind, one.note)
            for one in before
            if one.revision == decision.revision and one.state in {ActionState.WAITING, ActionState.ORDERED}
        }
        moves = []
        for plan in planned:
            wanted = plan.consequence
            if (wanted.kind, wanted.note) in standing:
                continue
            free = wanted.approval is Approval.NONE
            if not free and not decision.outcome.asks_a_person:
                continue  # nobody will look who could agree
            made = Action(
                id=self.new_id(),
                content=decision.content,
                revision=decision.revision,
                decision=decision.id,
                rule=plan.rule,
                kind=wanted.kind,
                approval=wanted.approval,
                state=ActionState.ORDERED if free else ActionState.WAITING,
                at=decision.at,
                note=wanted.note,
                jitter=wanted.jitter,
            )
            moves.append(self._order(made, decision.at) if free else _waits(made, decision.at))
        return _joined(moves)

    def answered(self, decision: Decision, standing: Sequence[Action]) -> Moves:
        """Give what a person's answer does to the actions on a revision: an overturned decision takes all back, another lets them go."""
        by, at = decision.by.removeprefix("person:"), decision.at
        moves = []
        for one in standing:
            if one.revision != decision.revision:
                continue
            if not decision.outcome.asks_a_person:
                moves.append(self._back(one, by, at))
            elif one.state is ActionState.WAITING and by not in one.approvals:
                moves.append(self._agreed(one, by, at))
        return _joined([move for move in moves if move is not None])

    def approve(self, store: Store, action_id: str, by: str, clock: Clock) -> Action:
        """Let the second person agree. Raises NotFound, Conflict where nobody need agree, Refused where the same person did."""
        one = _found(store, action_id)
        if one.state is not ActionState.WAITING or not one.approvals:
            hint = "answer its case first" if one.state is ActionState.WAITING else "look at what became of it"
            raise Conflict(f"the action `{one.id}` is {one.state.value} and waits for no second person", hint)
        if by in one.approvals:
            raise Refused(f"`{by}` agreed already", "ask a second person")
        return self._commit(store, self._agreed(one, by, clock()))

    def undo(self, store: Store, action_id: str, by: str, clock: Clock) -> Action:
        """Take an action back, ordered or waiting. Raises NotFound, and Conflict where it was taken back already."""
        one = _found(store, action_id)
        move = self._back(one, by, clock())
        if move is None:
            raise Conflict(f"the action `{one.id}` is {one.state.value} already", "there is nothing to undo")
        return self._commit(store, move)

    def _commit(self, store: Store, move: Moves) -> Action:
        """Commit a move of one action, and give the action as it is then."""
        store.submit(Change(move.events, move.records)).result()
        return next(record for record in move.records if isinstance(record, Action))

    def _agreed(self, one: Action, by: str, at: str) -> Moves:
        """Give what one person's agreement does."""
        agreed = replace(one, approvals=(*one.approvals, by), version=one.version + 1)
        if len(agreed.approvals) < (2 if one.approval is Approval.TWO else 1):
            return Moves((Event("action:agreed", one.id, at, {"by": by}),), (agreed,))
        return self._order(replace(agreed, state=ActionState.ORDERED), at)

    def _back(self, one: Action, by: str, at: str) -> Moves | None:
        """Give what takes an action back; None where it is not standing."""
        if one.state is ActionState.WAITING:
            dropped = replace(one, state=ActionState.DROPPED, undone=at, version=one.version + 1)
            return Moves((Event("action:dropped", one.id, at, {"by": by}),), (dropped,))
        if one.state is not ActionState.ORDERED:
            return None
        undone = replace(one, state=ActionState.UNDONE, undone=at, version=one.version + 1)
        # Due no earlier than the order itself, so that the two arrive in their order.
        told = self._message(undone, KINDS[one.kind].undo, self.new_id(), max(at, self._due(one, at)))
        return Moves((Event("action:undone", one.id, at, {"kind": one.kind, "by": by}),), (undone, *told))

    def _order(self, one: Action, at: str) -> Moves:
        """Give what orders an action."""
        body = {"kind": one.kind, "content": one.content, "rule": one.rule, "approvals": list(one.approvals)}
        told = self._message(one, KINDS[one.kind].verb, one.id, self._due(one, at))
        return Moves((Event("action:ordered", one.id, at, body),), (one, *told))

    def _message(self, one: Action, verb: str, message: str, due: str) -> Iterator[Delivery]:
        """Give the message to the platform, where it is sent any."""
        if self.on:
            data = {
                "action": one.id,
                "content": one.content,
                "revision": one.revision,
                "decision": one.decision,
                "rule": one.rule,
                "note": one.note,
            }
            yield Delivery(message, PLATFORM, verb, {"type": verb, "timestamp": due, "data": data}, due)

    @staticmethod
    def _due(one: Action, at: str) -> str:
        """Give when an action is carried out: spread over its jitter by its id, which nobody outside knows beforehand."""
        if not one.jitter:
            return at
        share = int.from_bytes(hashlib.sha256(one.id.encode()).digest()[:4], "big") / 2**32
        return instant((datetime.fromisoformat(at) + timedelta(seconds=one.jitter * share)).timestamp())


def _waits(one: Action, at: str) -> Moves:
    """Give what lets an action wait for somebody."""
    body = {"kind": one.kind, "content": one.content, "rule": one.rule, "approval": one.approval.value}
    return Moves((Event("action:proposed", one.id, at, body),), (one,))


def _joined(moves: Sequence[Moves]) -> Moves:
    """Give several moves as one."""
    return Moves(
        tuple(event for move in moves for event in move.events),
        tuple(record for move in moves for record in move.records),
    )


def _found(store: Store, action_id: str) -> Action:
    """Give an action by its id; raises NotFound."""
    one = store.action(action_id)
    if one is None:
        raise NotFound(f"there is no action `{action_id[:64]}`", "`forestall action list` shows those that wait")
    return one
