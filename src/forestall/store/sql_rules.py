"""Reading what rules are kept by and tried on from a database: versions of the ruleset, shadows, and decisions by the many."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    Engine,
    Row,
    Select,
    SQLColumnExpression,
    bindparam,
    create_engine,
    exists,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError

from forestall.model.decision import MACHINE, Fact
from forestall.model.errors import StoreFailed
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import Segment
from forestall.model.rulebook import Batches, RulesetState, RulesetVersion, Shadow, Snapshot
from forestall.store import cursor as cursors
from forestall.store.readers import Readers, columns
from forestall.store.rows import RULESET, SHADOW
from forestall.store.tables import contents, decisions, rulesets, shadows

BATCH = 1_000
"""Snapshots read at a time."""

_RULESET = columns(RULESET).where(rulesets.c.id == bindparam("id"))
_RULESETS = columns(RULESET).order_by(rulesets.c.id.desc()).limit(bindparam("limit"))
_LIVE = columns(RULESET).where(rulesets.c.state == RulesetState.LIVE.value).order_by(rulesets.c.id.desc()).limit(1)
_SHADOWS = (
    columns(SHADOW)
    .where(shadows.c.at >= bindparam("since"))
    .order_by(shadows.c.at.desc(), shadows.c.id.desc())
    .limit(bindparam("limit"))
)
_LABELLED = decisions.c.labels != literal_column("''")
_LABEL_SETS = select(decisions.c.labels, func.count().label("number")).where(_LABELLED).group_by(decisions.c.labels)
_COUNT_DECIDED = select(func.count()).select_from(decisions)
_FIRST = select(func.min(decisions.c.seq))
_NEWEST_DECISION = select(func.max(decisions.c.seq))
_later = decisions.alias("later")
_SUPERSEDED = exists().where(
    _later.c.content == decisions.c.content,
    _later.c.seq > decisions.c.seq,
    _later.c.revision == decisions.c.revision,
    _later.c.by == MACHINE,
)
_answers = decisions.alias("answers")
_ANSWER = (
    select(_answers.c.outcome)
    .where(
        _answers.c.content == decisions.c.content,
        _answers.c.revision == decisions.c.revision,
        _answers.c.by != MACHINE,
    )
    .order_by(_answers.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_day = func.substr(decisions.c.at, 1, 10)
_ASKED_BY_DAY = (
    select(_day.label("day"), func.count().label("number"))
    .where(decisions.c.outcome.in_([one.value for one in Outcome if one.asks_a_person]))
    .where(decisions.c.by == MACHINE, ~_SUPERSEDED)
    .group_by(_day)
)
_READ: tuple[SQLColumnExpression[Any], ...] = (
    decisions.c.id,
    decisions.c.content,
    decisions.c.revision,
    decisions.c.at,
    decisions.c.language,
    decisions.c.outcome,
    decisions.c.facts,
    decisions.c.findings,
    decisions.c.versions,
    _ANSWER,
)

_facts = msgspec.json.Decoder(dict[str, Fact]).decode
_segments = msgspec.json.Decoder(tuple[Segment, ...]).decode


class Evidence(Mapping[str, Any]):
    """What a finding says, read from its JSON only where somebody asks: decoding it is most of reading a finding."""

    __slots__ = ("_raw", "_read")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._read: dict[str, Any] | None = None

    @property
    def _values(self) -> dict[str, Any]:
        if self._read is None:
            self._read = _said(self._raw)
        return self._read

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _Finding(msgspec.Struct):
    """A finding as read, its evidence left as it is; where it stands in the text decides nothing."""

    detector: str
    version: str
    label: str
    score: float
    ceiling: Outcome
    part: str
    evidence: msgspec.Raw


_said = msgspec.json.Decoder(dict[str, Any]).decode
_read_findings = msgspec.json.Decoder(list[_Finding]).decode


def _findings(text: str) -> tuple[Finding, ...]:
    """Give the findings of a decision."""
    return tuple(
        [
            Finding(
                one.detector,
                one.version,
                one.label,
                one.score,
                one.ceiling,
                one.part,
                (),
                Evidence(bytes(one.evidence)),
            )
            for one in _read_findings(text)
        ]
    )


class _Reason(msgspec.Struct):
    """What is read of a reason."""

    rule: str


_reasons = msgspec.json.Decoder(list[_Reason]).decode
_unknowns = msgspec.json.Decoder(tuple[str, ...]).decode


class _Versions(msgspec.Struct):
    """What is read of a decision's versions."""

    bundle: str = msgspec.field(default="", name="ruleset-files")


_versions = msgspec.json.Decoder(_Versions).decode


class SqlRules:
    """The part of a store on a database that reads about rules; see `forestall.model.rulebook.RuleSource`."""

    _readers: Readers

    def rulesets(self, limit: int = 100) -> Sequence[RulesetVersion]:
        """Give versions of the ruleset, newest first."""
        return self._readers.records(RULESET, _RULESETS, limit=cursors.limit(limit))

    def ruleset(self, version_id: str) -> RulesetVersion | None:
        """Give a version of the ruleset by its id."""
        return self._readers.record(RULESET, _RULESET, id=version_id)

    def ruleset_live(self) -> RulesetVersion | None:
        """Give the version that decides, where one was ever promoted."""
        return self._readers.record(RULESET, _LIVE)

    def shadows(self, since: str = "", limit: int = 10_000) -> Sequence[Shadow]:
        """Give what shadow rules would have said from an instant on, newest first."""
        return self._readers.records(SHADOW, _SHADOWS, since=since, limit=limit)

    def label_sets(self) -> Mapping[str, int]:
        """Give how many decisions have findings with exactly these labels."""
        return {str(row.labels): int(row.number) for row in self._readers.rows(_LABEL_SETS)}

    def count_decided(self) -> int:
        """Count all decisions."""
        return int(self._readers.value(_COUNT_DECIDED))

    def asked_by_day(self) -> Mapping[str, int]:
        """Give how many machine decisions asked a person, by day."""
        return {str(row.day): int(row.number) for row in self._readers.rows(_ASKED_BY_DAY)}

    def snapshots(
        self, labels: Collection[str] | None, parts: int, *, since: str = "", texts: bool = False, rules: bool = False
    ) -> Sequence[Batches]:
        """Give the machine's last decision on every revision of content, in parts by ledger position."""
        first, last = self._readers.value(_FIRST), self._readers.value(_NEWEST_DECISION)
        if first is None or (labels is not None and not labels):
            return []
        wanted = None if labels is None else tuple(sorted(labels))
        size = -(-(last - first + 1) // max(parts, 1))
        url = self._readers.url
        return [
            SqlBatches(url, low, min(low + size, last + 1), wanted, since, texts, rules)
            for low in range(first, last + 1, size)
        ]


@dataclass(frozen=True, slots=True)
class SqlBatches:
    """Snapshots of the decisions at ledger positions `low` to `high` (exclusive), over a connection of its own."""

    url: str
    low: int
    high: int
    labels: tuple[str, ...] | None
    since: str
    texts: bool
    rules: bool
    apart: bool = True

    def __iter__(self) -> Iterator[Sequence[Snapshot]]:
        """Give the snapshots in batches; raises StoreFailed where the database cannot be read."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            yield from self._read(engine)
        except DBAPIError as error:
            raise StoreFailed(
                f"the store could not be read ({error.orig})", "check the disk and run `forestall ledger verify`"
            ) from None
        finally:
            engine.dispose()

    def _read(self, engine: Engine) -> Iterator[Sequence[Snapshot]]:
        parameters: dict[str, Any] = {"low": self.low, "high": self.high, "since": self.since}
        if self.labels is not None:
            parameters["labels"] = self.labels
        query = snapshot_query(labelled=self.labels is not None, texts=self.texts, rules=self.rules)
        with engine.connect() as connection:
            found = connection.execution_options(yield_per=BATCH).execute(query, parameters)
            for rows in found.partitions():
                yield [_snapshot(row) for row in rows]


def snapshot_query(*, labelled: bool, texts: bool, rules: bool) -> Select[Any]:
    """Give the query of snapshots in a stretch of the ledger, of some label sets only, with texts, and with rules."""
    none = literal(None)
    extra = [contents.c.segments, contents.c.purged] if texts else [none, none]
    spoken = [decisions.c.reasons, decisions.c.unknowns] if rules else [none, none]
    query = select(*_READ, *spoken, *extra)
    if texts:
        query = query.outerjoin_from(
            decisions,
            contents,
            (contents.c.id == decisions.c.content) & (contents.c.revision == decisions.c.revision),
        )
    query = query.where(
        decisions.c.seq >= bindparam("low"),
        decisions.c.seq < bindparam("high"),
        decisions.c.at >= bindparam("since"),
        decisions.c.by == MACHINE,
        ~_SUPERSEDED,
    )
    if labelled:
        query = query.where(decisions.c.labels.in_(bindparam("labels", expanding=True)), _LABELLED)
    return query


def _snapshot(row: Row[Any]) -> Snapshot:
    """Give a row as a snapshot; raises StoreFailed where it is damaged."""
    found, content, revision, at, language, outcome, facts, findings, *rest = tuple(row)
    versions, person, reasons, unknowns, segments, purged = rest
    try:
        return Snapshot(
            found,
            content,
            revision,
            at,
            language,
            Outcome(outcome),
            _facts(facts),
            _findings(findings) if findings != "[]" else (),
            tuple([one.rule for one in _reasons(reasons)]) if reasons and reasons != "[]" else (),
            _unknowns(unknowns) if unknowns and unknowns != "[]" else (),
            _versions(versions).bundle,
            Outcome(person) if person else None,
            _segments(segments) if segments is not None and not purged else None,
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise StoreFailed(
            f"the decision {found!r} in the store is damaged ({error})",
            "run `forestall ledger verify` and restore the database from a backup",
        ) from None
