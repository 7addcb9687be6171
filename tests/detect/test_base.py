"""What detector families share."""

import pytest

from forestall.detect.base import Declared, folded
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role, Segment


def test_a_segment_is_folded_once() -> None:
    """All detectors see the same folded view of a segment, made once per reading."""
    reading = Reading("1", (Segment("text", Role.BODY, "Ｊｏｉｎ"), Segment("a.html", Role.PAGE, "US")))
    first = folded(reading, 0)
    assert (first.text, folded(reading, 1).text) == ("join", "us")
    assert folded(reading, 0) is first
    assert Reading("1", reading.segments) == reading


def test_a_finding_keeps_to_what_was_declared() -> None:
    """A detector cannot give a label it did not declare, a ceiling other than the declared one, or a score outside 0..1."""
    declared = Declared("fog", "1", {"thick": Outcome.REVIEW})
    finding = declared.finding("thick", 1.7, spans=[(4, 5), (1, 2), (4, 5)], evidence={"metres": 40})
    assert (finding.detector, finding.version, finding.ceiling, finding.score) == ("fog", "1", Outcome.REVIEW, 1.0)
    assert finding.spans == ((1, 2), (4, 5))
    assert declared.finding("thick", -0.1).score == 0.0
    with pytest.raises(KeyError):
        declared.finding("thin", 0.5)
