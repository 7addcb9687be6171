"""The store in memory: what rules are kept by and tried on."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forestall.model.decision import MACHINE, Decision
from forestall.model.outcome import Outcome
from forestall.model.records import StoredContent
from forestall.model.rulebook import Batches, RulesetState, RulesetVersion, Shadow, Snapshot
from forestall.store import cursor as cursors
from forestall.store.memory_rows import MemoryRows
from forestall.store.rows import CONTENT, DECISION, RULESET, SHADOW, labels_of


@dataclass(frozen=True, slots=True)
class MemoryBatches:
    """Snapshots in one batch."""

    found: tuple[Snapshot, ...]
    apart: bool = False

    def __iter__(self) -> Iterator[Sequence[Snapshot]]:
        """Give the only batch."""
        yield self.found


class MemoryRules(MemoryRows):
    """See `forestall.model.rulebook.RuleSource`."""

    def rulesets(self, limit: int = 100) -> Sequence[RulesetVersion]:
        """Give versions of the ruleset, newest first."""
        return sorted(self._all(RULESET), key=lambda one: one.id, reverse=True)[: cursors.limit(limit)]

    def ruleset(self, version_id: str) -> RulesetVersion | None:
        """Give a version of the ruleset by its id."""
        return self._one(RULESET, (version_id,))

    def ruleset_live(self) -> RulesetVersion | None:
        """Give the version that decides, where one was ever promoted."""
        live = [one for one in self._all(RULESET) if one.state is RulesetState.LIVE]
        return max(live, key=lambda one: one.id, default=None)

    def shadows(self, since: str = "", limit: int = 10_000) -> Sequence[Shadow]:
        """Give what shadow rules would have said from an instant on, newest first."""
        found = [one for one in self._all(SHADOW) if one.at >= since]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:limit]

    def label_sets(self) -> Mapping[str, int]:
        """Give how many decisions have findings with exactly these labels."""
        return Counter(labels for one in self._all(DECISION) if (labels := labels_of(one.findings)))

    def count_decided(self) -> int:
        """Count all decisions."""
        return len(self._all(DECISION))

    def asked_by_day(self) -> Mapping[str, int]:
        """Give how many machine decisions asked a person, by day."""
        return Counter(one.at[:10] for one in self._last() if one.outcome.asks_a_person)

    def snapshots(
        self, labels: Collection[str] | None, parts: int, *, since: str = "", texts: bool = False, rules: bool = False
    ) -> Sequence[Batches]:
        """Give the machine's last decision on every revision of content, in parts."""
        answers = {(one.content, one.revision): one.outcome for one in self._all(DECISION) if one.by != MACHINE}
        found = []
        for one in self._last():
            if one.at < since or (labels is not None and not (one.findings and labels_of(one.findings) in labels)):
                continue
            kept = self._one(CONTENT, (one.content, one.revision)) if texts else None
            found.append(_snapshot(one, kept, answers.get((one.content, one.revision)), rules=rules))
        size = max(-(-len(found) // max(parts, 1)), 1)
        return [MemoryBatches(tuple(found[start : start + size])) for start in range(0, len(found), size)]

    def _last(self) -> Sequence[Decision]:
        """Give the machine's last decision on every revision."""
        made = {(one.content, one.revision): one for one in self._all(DECISION) if one.by == MACHINE}
        return list(made.values())


def _snapshot(one: Decision, kept: StoredContent | None, person: Outcome | None, *, rules: bool) -> Snapshot:
    """Give a decision as a snapshot."""
    return Snapshot(
        one.id,
        one.content,
        one.revision,
        one.at,
        one.language,
        one.outcome,
        one.facts,
        one.findings,
        tuple(reason.rule for reason in one.reasons) if rules else (),
        one.unknowns if rules else (),
        one.versions.get("ruleset-files", ""),
        person,
        kept.segments if kept is not None and not kept.purged else None,
    )
