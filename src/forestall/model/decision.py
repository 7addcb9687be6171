"""Decisions: an outcome, with everything needed to understand and replay it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forestall.model.finding import Finding
from forestall.model.outcome import Outcome

Fact = str | int | float | bool | None
"""A plain value about the content or its place on the service; `None` means unknown."""

MACHINE = "machine"
"""`Decision.by` of a decision nobody looked at; a person's is `person:<pseudonym>`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule that spoke, in words a moderator reads, and which findings (by index) it rests on."""

    rule: str
    text: str
    findings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Excuse:
    """A named reason that findings (by index) did not count."""

    name: str
    text: str
    findings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What policy concludes from findings: pure, without time or identity.

    `priority` is 0..1 and comparable between items, also between items that pass: it orders what people see first.
    `unknowns` are the ids of rules that could not be answered.
    """

    outcome: Outcome
    priority: float
    reasons: tuple[Reason, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    unknowns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict that was recorded. `content` and `revision` (digest of what was screened) say on what, `by` says who.

    Replaying `facts` and `findings` under the ruleset named in `versions` gives the same outcome (promise 4).
    `key` is the idempotency key: the same content screened with the same versions has the same key.
    """

    id: str
    content: str
    revision: str
    outcome: Outcome
    priority: float
    by: str
    at: str
    reasons: tuple[Reason, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    unknowns: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    language: str = "und"
    key: str = ""
    case: str = ""
    note: str = ""
