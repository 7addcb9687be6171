"""Notice: every detector looks; what could not be read or looked at is a finding too."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from forestall.flow import advise
from forestall.model.content import Problem
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector, ThreadDetector
from forestall.model.reading import Reading
from forestall.policy import hits

READER = "reader"
"""The detector name of findings about what could not be read."""
READER_VERSION = "1"
UNREADABLE = "unreadable"
READER_LABELS: Mapping[str, Outcome] = {UNREADABLE: Outcome.REVIEW}
"""The reader's labels with their ceilings: not being able to read may ask a person, never hide anything."""

_log = structlog.get_logger(__name__)


def look(reading: Reading, detectors: Sequence[Detector]) -> tuple[Finding, ...]:
    """Give all findings on a reading, in the order of problems, then detectors.

    A detector that fails is a finding with the cause `detector-failed`; the others still look (fail direction: a person).
    """
    findings = [_unreadable(problem) for problem in reading.problems]
    for detector in detectors:
        try:
            findings += [_within(finding, detector) for finding in detector.look(reading)]
        except Exception as error:
            _log.error("detector_failed", detector=detector.name, error=type(error).__name__)
            findings.append(_failed(detector))
    return tuple(findings)


def labels(detectors: Sequence[Detector | ThreadDetector]) -> dict[str, Outcome]:
    """Give every label that can appear in a finding, with its ceiling."""
    declared = {**READER_LABELS, **advise.LABELS, **hits.LABELS}
    for detector in detectors:
        declared.update(detector.labels)
    return declared


def _within(finding: Finding, detector: Detector) -> Finding:
    """Give a finding with a ceiling no harsher than its detector declared for the label; an undeclared label may cause nothing."""
    declared = detector.labels.get(finding.label, Outcome.PASS)
    return finding if finding.ceiling.rank <= declared.rank else replace(finding, ceiling=declared)


def _unreadable(problem: Problem) -> Finding:
    """Give a Problem as a finding."""
    evidence = {"cause": problem.cause, "what": problem.what, "next_step": problem.next_step}
    part = problem.part or "text"
    return Finding(READER, READER_VERSION, UNREADABLE, 1.0, Outcome.REVIEW, part, (), evidence)


def _failed(detector: Detector) -> Finding:
    """Say that a detector could not look."""
    what = f"the detector `{detector.name}` failed on this item"
    return _unreadable(Problem("detector-failed", what, "look at the item by hand and report the fault"))
