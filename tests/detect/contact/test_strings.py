"""The labelled strings: addresses of every kind in every disguise are found, and what only looks like one is not.

Rows of the set `tune` were looked at while the patterns were written. Rows of the set `held` were made by other generators with
other wordings before that, and only their totals were looked at.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from forestall.detect.contact import canonical, detector
from forestall.detect.contact.kinds import KINDS
from forestall.detect.contact.points import read_closely, scan
from forestall.model.reading import BODY, Reading, Role, Segment
from forestall.text.fold import fold

ROWS: Sequence[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("strings.jsonl").read_text("utf-8").splitlines()
]
HALVES = ("tune", "held")


def found(text: str) -> set[str]:
    """Give the canonical ids in a text."""
    return {point.canonical for point in scan(text, fold(text))}


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall(half: str) -> None:
    """On both halves at least 99 % of what is found is there, and at least 97 % of what is there is found."""
    right = wrong = missed = 0
    rows: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(ROWS, 1):
        if row["set"] == half:
            got, wanted = found(row["text"]), set(row["points"])
            right, wrong, missed = right + len(got & wanted), wrong + len(got - wanted), missed + len(wanted - got)
            if got != wanted:
                rows[row["family"]].append(number)
    assert right / (right + wrong) >= 0.99, dict(rows)
    assert right / (right + missed) >= 0.97, dict(rows)


@pytest.mark.parametrize("half", HALVES)
def test_invitations_and_mentions(half: str) -> None:
    """On both halves at least 95 % of the rows that say so are told apart: calls to the reader, and warnings, reports, mentions."""
    look, wrong, count = detector().look, defaultdict(list), 0
    for number, row in enumerate(ROWS, 1):
        if row["set"] == half and "invites" in row:
            reading = Reading("1", segments=(Segment(BODY, Role.BODY, row["text"]),))
            invites = any("invites" in finding.evidence for finding in look(reading))
            count += 1
            if invites != row["invites"]:
                wrong[row["family"]].append(number)
    assert count >= 60
    assert sum(map(len, wrong.values())) / count <= 0.05, dict(wrong)


def test_the_first_question_loses_nothing() -> None:
    """No labelled point is lost by asking first whether a text can hold one, or only a plainly written one."""
    for number, row in enumerate(ROWS, 1):
        whole = {point.canonical for point in read_closely(row["text"], fold(row["text"]), disguises=True)}
        assert whole == found(row["text"]), f"row {number}, family {row['family']}"


def test_the_set_is_a_fair_one() -> None:
    """At least 2,000 strings, 800 of them without a point, in two halves of about equal size, with every kind that there is."""
    halves = Counter(row["set"] for row in ROWS)
    assert len(ROWS) >= 2_000
    assert len({row["text"] for row in ROWS}) == len(ROWS)
    assert sum(not row["points"] for row in ROWS) >= 800
    assert min(halves[half] for half in HALVES) >= 1_000
    kinds = {
        max((kind for kind in KINDS if point.startswith(f"{kind}:")), key=len)
        for row in ROWS
        for point in row["points"]
    }
    assert kinds == set(KINDS)


def test_the_labels_are_canonical() -> None:
    """Every label is the one id of its place: read again, it gives itself."""
    for point in {point for row in ROWS for point in row["points"]}:
        assert canonical(point) == point
