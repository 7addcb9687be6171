"""Decisions to try rules on out of a file: JSON lines as the API gives decisions, or Parquet with the same columns.

A row has `findings` (a list as in a decision) and may have `facts`, `id`, `content`, `revision`, `at`, `language`, `outcome`,
`family`, and `person`, what a person answered (`pass` or one of the harsher outcomes).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from forestall.flow import parquet
from forestall.model.decision import Fact
from forestall.model.errors import BadInput
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.rulebook import Snapshot

LARGEST_LINE = 16 * 1024 * 1024
"""Most bytes of one line."""
_COLUMNS = (
    "findings",
    "facts",
    "id",
    "content",
    "revision",
    "at",
    "language",
    "outcome",
    "family",
    "person",
)


class _Finding(msgspec.Struct, frozen=True):
    """A finding as a row gives it."""

    label: str
    score: float = 1.0
    ceiling: Outcome = Outcome.PASS
    part: str = "text"
    evidence: dict[str, Any] = msgspec.field(default_factory=dict)
    detector: str = "file"
    version: str = "1"


class _Row(msgspec.Struct, frozen=True):
    """A row of a file."""

    findings: list[_Finding]
    facts: dict[str, Fact] = msgspec.field(default_factory=dict)
    id: str = ""
    content: str = ""
    revision: str = ""
    at: str = ""
    language: str = "und"
    outcome: Outcome = Outcome.PASS
    family: str = ""
    person: Outcome | None = None


_row = msgspec.json.Decoder(_Row).decode


def read(path: Path, ceilings: Mapping[str, Outcome]) -> Iterator[Snapshot]:
    """Give the rows of a file; raises BadInput naming file and row.

    A finding causes at most what its label may cause here (`ceilings`), whatever the row says; a label unknown here causes nothing.
    """
    rows = _parquet(path) if path.suffix == ".parquet" else _lines(path)
    for number, row in rows:
        yield _snapshot(row, f"{path.name}:{number}", ceilings)


def _lines(path: Path) -> Iterator[tuple[int, _Row]]:
    """Give the rows of JSON lines; empty lines are none."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LARGEST_LINE + 1):
                number += 1
                if len(line) > LARGEST_LINE:
                    raise BadInput(f"{path}, line {number} is longer than {LARGEST_LINE >> 20} MiB", "split the file")
                if line.strip():
                    yield number, _decoded(line, path, number)
    except OSError as error:
        raise BadInput(f"{path} can't be read ({error.strerror})", "check its path and permissions") from None


def _decoded(line: bytes, path: Path, number: int) -> _Row:
    try:
        return _row(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            f"{path}, row {number} is no decision ({error})",
            'write one JSON object a line: {"findings": […], "facts": {…}}',
        ) from None


def _parquet(path: Path) -> Iterator[tuple[int, _Row]]:
    """Give the rows of a Parquet file; `findings` and `facts` may be JSON texts or nested columns."""
    kept: list[str] = []

    def chosen(names: Sequence[str]) -> list[str]:
        kept.extend(name for name in names if name in _COLUMNS)
        if "findings" not in kept:
            raise BadInput(f"{path} has no column `findings`", f"give the columns {', '.join(_COLUMNS)}")
        return [parquet.column(name) for name in kept]

    rows = (row for batch in parquet.batches(path, chosen) for row in batch)
    for number, values in enumerate(rows, 1):
        plain = {name: _parsed(value) for name, value in zip(kept, values, strict=True) if value is not None}
        try:
            yield number, msgspec.convert(plain, _Row, strict=False)
        except (msgspec.MsgspecError, ValueError) as error:
            raise BadInput(f"{path}, row {number} is no decision ({error})", "check its columns") from None


def _parsed(value: Any) -> Any:
    """Give a column's value, JSON text read as what it says where it is an object or a list."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _snapshot(row: _Row, name: str, ceilings: Mapping[str, Outcome]) -> Snapshot:
    """Give a row as a snapshot."""
    findings = tuple(
        Finding(
            one.detector,
            one.version,
            one.label,
            one.score,
            _least(one.ceiling, ceilings.get(one.label, Outcome.PASS)),
            one.part,
            (),
            one.evidence,
        )
        for one in row.findings
    )
    content = row.content or row.id or name
    return Snapshot(
        decision=row.id or name,
        content=content,
        revision=row.revision,
        at=row.at,
        language=row.language,
        outcome=row.outcome,
        facts=row.facts,
        findings=findings,
        person=row.person,
        family=row.family,
    )


def _least(said: Outcome, ceiling: Outcome) -> Outcome:
    """Give the ceiling of a finding: its label's; a row may lower it but not raise it."""
    return said if Outcome.PASS.rank < said.rank < ceiling.rank else ceiling
