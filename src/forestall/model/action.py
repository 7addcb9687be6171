"""Actions: what is done on the platform beside hiding or removing, who must agree first, and how it is undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from forestall.model.outcome import Outcome


class Approval(StrEnum):
    """Who must agree before an action is carried out."""

    NONE = "none"
    """Nobody: it follows from the machine's decision. Only within the ceilings of what the rule rests on."""
    PERSON = "person"
    """One person, by answering the case."""
    TWO = "two"
    """Two people: the one who answers the case, and another."""


class ActionState(StrEnum):
    """Where an action stands."""

    WAITING = "waiting"
    """Somebody must agree first."""
    ORDERED = "ordered"
    """The platform is told; whether it has heard is said by the delivery of the same id."""
    UNDONE = "undone"
    """The platform is told to take it back."""
    DROPPED = "dropped"
    """Nobody agreed, so it was never ordered."""


@dataclass(frozen=True, slots=True)
class ActionKind:
    """A kind of action. `verb` and `undo` name the messages, `harshness` the outcome it weighs as much as."""

    verb: str
    undo: str
    harshness: Outcome
    meaning: str


KINDS: Mapping[str, ActionKind] = {
    "limit": ActionKind("content.limit", "content.unlimit", Outcome.HOLD, "not recommended, not found by search"),
    "label": ActionKind("content.label", "content.unlabel", Outcome.HOLD, "shown with a notice beside it"),
    "lock": ActionKind("content.lock", "content.unlock", Outcome.HOLD, "no replies, no shares"),
    "signpost": ActionKind(
        "content.signpost", "content.unsignpost", Outcome.REVIEW, "shown with an offer of help beside it"
    ),
    "alert": ActionKind("desk.alert", "desk.calm", Outcome.REVIEW, "people on call are told at once"),
}
"""Every kind by name. What restricts weighs as much as `hold`; what only offers or tells as much as `review`."""

LABELLING = frozenset({"label", "signpost"})
"""Kinds whose `note` says what is shown."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action on one revision of content. `id` is that of its delivery: the key under which the platform sees it.

    `kind` is one of `KINDS`, `rule` the rule that asked, `decision` the decision it follows from, `approvals` the pseudonyms of those
    who agreed. `jitter` is the longest wait in seconds once nothing stands in its way. `version` grows by one with every change.
    """

    id: str
    content: str
    revision: str
    decision: str
    rule: str
    kind: str
    approval: Approval
    state: ActionState
    at: str
    note: str = ""
    jitter: int = 0
    approvals: tuple[str, ...] = ()
    undone: str = ""
    version: int = 1
