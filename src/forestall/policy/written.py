"""What analysts wrote, read but not yet proven to hold together: rules, excuses, weights, evidence keys, queues, incidents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from forestall.model.action import Approval
from forestall.model.decision import Fact
from forestall.model.outcome import Outcome
from forestall.policy.fault import Place
from forestall.policy.syntax import Expr
from forestall.policy.template import Template


@dataclass(frozen=True, slots=True)
class Condition:
    """One line under `when:` (or an `unless:`): as written, where its first character stands, and what it means."""

    source: str
    place: Place
    expr: Expr


@dataclass(frozen=True, slots=True)
class Clue:
    """A finding in an example: its label, its score and what it says."""

    label: str
    score: float
    evidence: Mapping[str, Fact]
    place: Place


@dataclass(frozen=True, slots=True)
class Example:
    """A case a rule must (`fires`) or must not fire on: what was found, facts, and a text that its patterns are looked for in."""

    fires: bool
    clues: tuple[Clue, ...]
    facts: Mapping[str, Fact]
    place: Place
    text: str = ""


class Status(StrEnum):
    """What a rule is for now."""

    DRAFT = "draft"
    """It is checked, and does nothing."""
    SHADOW = "shadow"
    """It is asked beside the others, and what it would have said is kept; it changes nothing."""
    LIVE = "live"
    """It decides."""
    RETIRED = "retired"
    """It decided once; it is checked, and does nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When and where a rule applies: from one day to another (UTC, both included; empty is open), in which areas and surfaces."""

    since: str = ""
    until: str = ""
    jurisdictions: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consequence:
    """What is done on the platform beside the outcome where a rule fires: a kind of `forestall.model.action.KINDS`.

    `approval` says who must agree first, `note` is what the platform is told with it, `jitter` the longest wait in seconds: the
    action is spread over it, so that nobody outside can tell by the moment what caused it.
    """

    kind: str
    approval: Approval
    note: str = ""
    jitter: int = 0
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: when all its conditions are true it asks for `outcome` and says `reason`.

    `unknown` is what it asks for when a condition cannot be answered and none is false: `review` or `pass`. `limb` is the part of the
    policy clause, `severity` 1 to 5, `owner` who looks after it, `false_positives` what it is known to catch wrongly. `places` says
    where each field was written.
    """

    id: str
    version: int
    title: str
    clause: str
    outcome: Outcome
    when: tuple[Condition, ...]
    reason: Template
    unknown: Outcome
    examples: tuple[Example, ...] = ()
    status: Status = Status.LIVE
    limits: Limits = Limits()
    limb: str = ""
    severity: int = 3
    owner: str = ""
    false_positives: tuple[str, ...] = ()
    actions: tuple[Consequence, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Pardon:
    """An excuse: where a `context` finding of at least `at_least` stands, findings labelled `excuses` in the same part do not count.

    Not if `unless` is true or cannot be answered. `text` says it in plain words.
    """

    name: str
    text: str
    context: str
    at_least: float
    excuses: tuple[str, ...]
    unless: Condition | None
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A label that was written in some list, and where."""

    label: str
    place: Place


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a label's strongest finding adds to the priority, 0..1."""

    label: str
    weight: float
    place: Place


@dataclass(frozen=True, slots=True)
class Keys:
    """The evidence keys that findings with a label carry."""

    label: str
    keys: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Queue:
    """Where cases wait together: the first queue whose conditions are all true takes a case, to be answered within `minutes`."""

    id: str
    title: str
    minutes: int
    when: tuple[Condition, ...]
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Incident:
    """A kind of crisis: while it lasts, rules take findings for more certain than they are, and what asks a person comes sooner.

    `lowers` says by label how much lower the thresholds of rules are: as much is added to the scores they see. `raises` is the part of
    what is missing to 1 that is added to the priority. It ends by itself after `hours`; `text` is what people at the desk should know.
    """

    id: str
    title: str
    hours: int
    lowers: tuple[Weight, ...] = ()
    raises: float = 0.0
    text: str = ""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Written:
    """Everything the files of a ruleset say. `discount` is the part of its weight that an excused finding keeps."""

    name: str
    rules: tuple[Rule, ...]
    pardons: tuple[Pardon, ...]
    never_excused: tuple[Named, ...]
    weights: tuple[Weight, ...]
    discount: float
    evidence: tuple[Keys, ...]
    queues: tuple[Queue, ...] = ()
    incidents: tuple[Incident, ...] = ()
