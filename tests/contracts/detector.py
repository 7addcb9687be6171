"""What every detector keeps: inherit `DetectorContract`, give the detector and texts it must and must not catch."""

import string
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.model.finding import Finding
from forestall.model.ports import Detector
from forestall.model.reading import FileFacts, Plane, Reading, Role, Segment

ODD = [
    "",
    " ",
    "\0",
    "\n" * 1_000,
    "\u202ereversed\u202c \u2066\u2069\u200f",
    "\u200b\u200c\u200d\ufeff" * 500,
    "e" + "\u0301" * 5_000,
    "\ufffd\uffff\U0010ffff",
    "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪" * 50,
    "ﷺ ﷽ ﻻ",
    "٣٤٥ ۱۲۳ 𝟏𝟐𝟑",
    "@" * 10_000,
    "t.me/" * 5_000,
    "a" * 50_000,
    "a " * 50_000,
    "." * 50_000,
    '"' * 20_000,
    "> " * 20_000,
    "join us " * 20_000,
    "انضم " * 20_000,
]
"""Texts that break careless code; each is also looked at as a link and as a code."""
_LETTERS = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " .,:/@#+-_'\"\n\t\u200b\u202e\u0640\u064fانضمвой€👍\u0000"),
    max_size=400,
)


def reading_of(*texts: str, role: Role = Role.BODY) -> Reading:
    """Give a reading whose segments are these texts."""
    return Reading("1", tuple(Segment("text" if n == 0 else f"part{n}", role, text) for n, text in enumerate(texts)))


class DetectorContract:
    """Tests every detector inherits. A subclass gives `detector`, and texts on both sides."""

    #: Texts on which the detector must give nothing that asks a person.
    must_not_catch: Sequence[str] = ()

    @pytest.fixture(scope="class")
    @classmethod
    def detector(cls) -> Detector:
        """Give the detector under test."""
        raise NotImplementedError("a subclass gives its detector here")

    def check(self, detector: Detector, reading: Reading) -> list[Finding]:
        """Look, check what every finding must keep, and that looking again gives the same."""
        found = list(detector.look(reading))
        texts = {segment.part: segment.text for segment in reading.segments}
        for finding in found:
            assert (finding.detector, finding.version) == (detector.name, detector.version)
            assert finding.label in detector.labels
            assert finding.ceiling is detector.labels[finding.label]
            assert 0.0 <= finding.score <= 1.0
            assert list(finding.spans) == sorted(set(finding.spans))
            for start, end in finding.spans:
                assert 0 <= start < end <= len(texts[finding.part])
        again = Reading(reading.content_id, reading.segments, reading.planes, reading.files, language=reading.language)
        assert list(detector.look(again)) == found
        return found

    def test_it_names_itself(self, detector: Detector) -> None:
        """A detector has a name, a version and at least one label."""
        assert detector.name
        assert detector.version
        assert detector.labels

    def test_nothing_gives_nothing(self, detector: Detector) -> None:
        """An empty reading has no findings."""
        assert self.check(detector, Reading("1")) == []

    @pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
    @pytest.mark.parametrize("role", Role)
    def test_odd_text_is_survived(self, detector: Detector, text: str, role: Role) -> None:
        """Odd and hostile text in any role raises nothing and keeps the promises."""
        self.check(detector, reading_of(text, role=role))

    def test_a_megabyte_is_survived(self, detector: Detector) -> None:
        """A text of a million characters is looked at."""
        self.check(detector, reading_of("Good morning, harbour. " * 43_000))

    def test_odd_pictures_and_files_are_survived(self, detector: Detector) -> None:
        """Pictures of one pixel or none, and files without digests, raise nothing."""
        planes = (Plane("a", 1, 1, b"\x80"), Plane("b", 0, 0, b""), Plane("c", 3, 1, b"abc"))
        facts = (FileFacts("a", "", 0, "", "", ""),)
        assert self.check(detector, Reading("1", planes=planes, files=facts)) == []

    @given(texts=st.lists(_LETTERS, max_size=3))
    # One test runs for several detectors: examples are derived from the code and kept nowhere, so none can leak from one to another.
    @settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_any_text(self, detector: Detector, texts: list[str]) -> None:
        """Any segments at all keep the promises."""
        self.check(detector, reading_of(*texts))

    def test_it_leaves_safe_speech_alone(self, detector: Detector) -> None:
        """What the subclass names as safe gives no finding that could ask a person with a score of one half or more."""
        for number, text in enumerate(self.must_not_catch):
            loud = [
                item
                for item in self.check(detector, reading_of(text))
                if item.ceiling.asks_a_person and item.score >= 0.5
            ]
            assert not loud, f"text {number}: {[(item.label, item.score) for item in loud]}"
