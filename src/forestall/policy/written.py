"""What analysts wrote, read but not yet proven to hold together: rules, excuses, weights, evidence keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """A case a rule must (`fires`) or must not fire on."""

    fires: bool
    clues: tuple[Clue, ...]
    facts: Mapping[str, Fact]
    place: Place


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: when all its conditions are true it asks for `outcome` and says `reason`.

    `unknown` is what it asks for when a condition cannot be answered and none is false: `review` or `pass`.
    `places` says where each field was written.
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
class Written:
    """Everything the files of a ruleset say. `discount` is the part of its weight that an excused finding keeps."""

    name: str
    rules: tuple[Rule, ...]
    pardons: tuple[Pardon, ...]
    never_excused: tuple[Named, ...]
    weights: tuple[Weight, ...]
    discount: float
    evidence: tuple[Keys, ...]
