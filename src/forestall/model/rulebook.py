"""What is kept about rules themselves: versions of a ruleset, what shadow rules would have said, and decisions to try rules on."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Segment


class RulesetState(StrEnum):
    """Where a version of the ruleset stands."""

    PROPOSED = "proposed"
    """Written down, waiting for a second person."""
    LIVE = "live"
    """The one that decides; at most one is."""
    RETIRED = "retired"
    """It decided once; it can be taken back in one step."""
    REFUSED = "refused"
    """The second person said no, or another version overtook it."""


@dataclass(frozen=True, slots=True)
class RulesetVersion:
    """One version of the ruleset: what it is, who wanted it and why, who agreed.

    `id` orders versions, `digest` names its files (SHA-256 of the ruleset), `bundle` is the blob that holds them with the label
    ceilings they were checked against. `base` is the digest of the ruleset it was proposed against, `proof` the totals of the
    backtest that was run of exactly these files. `version` grows by one with every change.
    """

    id: str
    name: str
    digest: str
    bundle: str
    base: str
    state: RulesetState
    author: str
    reason: str
    proposed: str
    harsher: tuple[str, ...] = ()
    proof: Mapping[str, Any] = field(default_factory=dict)
    second: str = ""
    remark: str = ""
    decided: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Shadow:
    """What shadow rules would have said of a decision (`id`): the rules that were true, and those that could not be answered."""

    id: str
    at: str
    fired: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A machine decision as far as rules are tried on it.

    `rules` are the ids of the rules it rests on, `unknown` of those that could not be answered, `bundle` names its ruleset, `person`
    is the last answer a person gave on the same revision of the content. `texts` are those that were read; `None` where they were
    not asked for or are purged. `family` is what kind of speech it is, where a file of rows says so.
    """

    decision: str
    content: str
    revision: str
    at: str
    language: str
    outcome: Outcome
    facts: Mapping[str, Fact] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    bundle: str = ""
    person: Outcome | None = None
    texts: tuple[Segment, ...] | None = None
    family: str = ""


class Batches(Protocol):
    """Snapshots in batches, read as they are asked for. `apart` says that it can be handed to another process and read there."""

    @property
    def apart(self) -> bool:
        """True where it can be pickled and read elsewhere."""
        ...

    def __iter__(self) -> Iterator[Sequence[Snapshot]]: ...


class RuleSource(Protocol):
    """What rules are kept by and tried on; part of every store."""

    def rulesets(self, limit: int = 100) -> Sequence[RulesetVersion]:
        """Give versions of the ruleset, newest first."""
        ...

    def ruleset(self, version_id: str) -> RulesetVersion | None:
        """Give a version of the ruleset by its id."""
        ...

    def ruleset_live(self) -> RulesetVersion | None:
        """Give the version that decides, where one was ever promoted. Cheap enough to ask often."""
        ...

    def shadows(self, since: str = "", limit: int = 10_000) -> Sequence[Shadow]:
        """Give what shadow rules would have said from an instant on, newest first."""
        ...

    def label_sets(self) -> Mapping[str, int]:
        """Give how many decisions have findings with exactly these labels (sorted, with blanks between); without findings none."""
        ...

    def count_decided(self) -> int:
        """Count all decisions."""
        ...

    def asked_by_day(self) -> Mapping[str, int]:
        """Give how many machine decisions asked a person, by day (UTC), each revision of content by the last decision on it."""
        ...

    def snapshots(
        self, labels: Collection[str] | None, parts: int, *, since: str = "", texts: bool = False, rules: bool = False
    ) -> Sequence[Batches]:
        """Give the machine's last decision on every revision of content, in about so many parts of equal size.

        Takes:
            labels: only decisions with one of these label sets; all, also those without findings, where it is None.
            since: only decisions made from this instant on.
            texts: with the texts that were read, where they are not purged.
            rules: with the rules each rests on, and those that could not be answered.
        """
        ...
