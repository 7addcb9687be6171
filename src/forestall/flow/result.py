"""The documented shape of one screened item: JSON Lines of the command line, responses of the API, version 1."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from forestall.model.decision import Decision
from forestall.model.outcome import Outcome

SCHEMA_ID = "forestall.result/1"
"""Name and version of the shape; a change that could break a reader gives a new number."""


class ResultReason(msgspec.Struct, frozen=True):
    """Why: the rule that spoke, in plain words."""

    rule: str
    text: str


class ResultFinding(msgspec.Struct, frozen=True):
    """What a detector noticed. `spans` are character offsets (end exclusive) into the original text of `part`."""

    detector: str
    version: str
    label: str
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]
    spans: tuple[tuple[int, int], ...]
    evidence: Mapping[str, Any]
    part: str
    ceiling: Outcome


class ResultExcuse(msgspec.Struct, frozen=True):
    """A named reason that a finding did not count."""

    name: str
    text: str


class Result(msgspec.Struct, frozen=True):
    """One screened item. `priority` is 0..1 and comparable between items, also between items that pass."""

    id: str
    outcome: Outcome
    priority: Annotated[float, msgspec.Meta(ge=0, le=1)]
    reasons: tuple[ResultReason, ...]
    findings: tuple[ResultFinding, ...]
    excuses: tuple[ResultExcuse, ...]
    language: str
    versions: Mapping[str, str]
    decision: str


def of(decision: Decision) -> Result:
    """Give the documented shape of a decision."""
    return Result(
        id=decision.content,
        outcome=decision.outcome,
        priority=decision.priority,
        reasons=tuple(ResultReason(reason.rule, reason.text) for reason in decision.reasons),
        findings=tuple(
            ResultFinding(f.detector, f.version, f.label, f.score, f.spans, f.evidence, f.part, f.ceiling)
            for f in decision.findings
        ),
        excuses=tuple(ResultExcuse(excuse.name, excuse.text) for excuse in decision.excuses),
        language=decision.language,
        versions=decision.versions,
        decision=decision.id,
    )


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of the shape."""
    (reference,), components = msgspec.json.schema_components((Result,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "A screened item",
        **reference,
        "$defs": components,
    }
