"""The detector `match`: what it says about known material."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forestall.detect.match import MatchDetector
from forestall.detect.match.detector import LABELS, MOST_PER_PART, score
from forestall.detect.match.signals.pdq import hash_plane
from forestall.model.bank import Bank, BankState, Opinion, Purpose, Signal, Stance, Trust
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector
from forestall.model.reading import FileFacts, Plane, Reading
from tests.contracts.detector import DetectorContract
from tests.detect.match.shelf import bank, banked, library
from tests.detect.match.test_signals import painting

LUMA = painting(320, 200)
NOW = "2026-06-01T12:00:00.000Z"
OURS = bank()


def picture(luma: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]" = LUMA, part: str = "p.png") -> Plane:
    """Give a picture as a plane."""
    return Plane(part, luma.shape[1], luma.shape[0], np.ascontiguousarray(luma).tobytes())


def value(plane: Plane, flips: int = 0) -> str:
    """Give the PDQ hash of a plane in hex, with the given number of bits changed."""
    forms = hash_plane(plane)
    assert forms is not None
    bits = np.unpackbits(forms.hashes[0])
    bits[:flips] ^= 1
    return np.packbits(bits).tobytes().hex()


def look(signals: Sequence[Signal], reading: Reading, own: Bank = OURS) -> list[Finding]:
    """Give the findings on a reading against one bank."""
    return list(MatchDetector(library((own, signals)), lambda: NOW).look(reading))


def file(part: str = "p.png", sha256: str = "ab" * 32) -> FileFacts:
    """Give the facts of a file."""
    return FileFacts(part, "image/png", 10, "12" * 16, "34" * 20, sha256)


def test_confirmed_copy_is_known_exactly() -> None:
    """A byte-for-byte copy of confirmed material is `known-exact`, and the evidence says from which bank and source."""
    reading = Reading("1", files=(file("a.zip"), file("a.zip/p.png", "cd" * 32)))
    (found,) = look([banked(OURS, "sha256", "CD" * 32, Opinion("desk", label="poster"))], reading)
    assert (found.label, found.score, found.ceiling, found.part) == ("known-exact", 1.0, Outcome.REMOVE, "a.zip/p.png")
    wanted = {
        "bank": "ours",
        "signal": "sha256",
        "value": "cd" * 32,
        "distance": 0,
        "trust": "confirmed",
        "label": "poster",
        "source": "desk",
    }
    assert wanted.items() <= found.evidence.items()
    assert found.evidence["bank_version"]


@pytest.mark.parametrize("trust", [Trust.PARTNER, Trust.CANDIDATE])
def test_what_nobody_of_ours_confirmed_asks_a_person(trust: Trust) -> None:
    """Material vouched for by others alone, exact or near, may only put content in front of a person."""
    theirs = bank("theirs", trust)
    signals = [banked(theirs, "md5", "12" * 16), banked(theirs, "pdq", value(picture()))]
    found = look(signals, Reading("1", files=(file(),), planes=(picture(),)), theirs)
    assert [(finding.label, finding.ceiling) for finding in found] == [("known-unconfirmed", Outcome.REVIEW)] * 2


def test_a_dispute_asks_a_person() -> None:
    """Where one source says yes and another no, even a confirmed copy only asks a person, and the evidence says so."""
    signal = banked(OURS, "md5", "12" * 16, Opinion("desk"), Opinion("peer", Stance.NEGATIVE))
    (found,) = look([signal], Reading("1", files=(file(),)))
    assert (found.label, found.evidence["disputed"]) == ("known-unconfirmed", True)


@pytest.mark.parametrize(
    "opinions",
    [
        (Opinion("desk", withdrawn=NOW),),
        (Opinion("desk", withdrawn=NOW), Opinion("peer", Stance.NEGATIVE)),
        (Opinion("peer", Stance.NEGATIVE),),
        (Opinion("desk", Stance.SEED), Opinion("peer", Stance.NEGATIVE)),
    ],
)
def test_what_nobody_stands_by_does_not_match(opinions: tuple[Opinion, ...]) -> None:
    """A signal that every source withdrew, or that is only spoken against, matches nothing."""
    assert look([banked(OURS, "md5", "12" * 16, *opinions)], Reading("1", files=(file(),))) == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": BankState.OFF},
        {"state": BankState.PREVIEW},
        {"disabled_until": "2027-01-01T00:00:00.000Z"},
        {"expires": "2026-05-31"},
    ],
)
def test_a_bank_that_is_off_does_not_match(change: dict[str, Any]) -> None:
    """A bank that is off, in preview, disabled or expired matches nothing; the same bank live does."""
    reading = Reading("1", files=(file(),))
    assert look([banked(OURS, "md5", "12" * 16)], reading, replace(OURS, **change)) == []
    assert len(look([banked(OURS, "md5", "12" * 16)], reading)) == 1


@pytest.mark.parametrize("change", [{"disabled_until": "2027-01-01T00:00:00.000Z"}, {"expires": "2026-05-31"}])
def test_a_signal_that_is_off_does_not_match(change: dict[str, Any]) -> None:
    """A signal that is disabled or expired matches nothing."""
    assert look([replace(banked(OURS, "md5", "12" * 16), **change)], Reading("1", files=(file(),))) == []


def test_near_copy_is_known_nearly() -> None:
    """A picture a few bits away is `known-near` with distance, quality and a score below certainty; it may hold, not remove."""
    (found,) = look([banked(OURS, "pdq", value(picture(), 9))], Reading("1", planes=(picture(),)))
    assert (found.label, found.ceiling) == ("known-near", Outcome.HOLD)
    assert found.evidence["distance"] == 9
    assert found.evidence["apart"] == "9 of 256 bits"
    assert found.evidence["quality"] >= 50
    assert "variant" not in found.evidence
    assert 0.6 < found.score < 1


def test_mirrored_copy_is_named() -> None:
    """A mirrored copy is found with a bank that keeps one hash, and the finding says it is mirrored."""
    (found,) = look([banked(OURS, "pdq", value(picture()))], Reading("1", planes=(picture(LUMA[:, ::-1]),)))
    assert found.evidence["variant"] == "mirrored"


@pytest.mark.parametrize(
    ("flips", "own", "whole", "found"),
    [
        (31, None, 31, 1),
        (32, None, 31, 0),
        (10, 10, 31, 1),
        (11, 10, 31, 0),
        (0, 0, 31, 1),
        (8, None, 8, 1),
        (9, None, 8, 0),
    ],
)
def test_distance_limit_holds(flips: int, own: int | None, whole: int, found: int) -> None:
    """A hash matches up to 31 bits, or up to the smaller distance its bank or the signal itself gives, and not one further."""
    plane, own_bank = picture(), bank(distances={"pdq": whole})
    signal = banked(own_bank, "pdq", value(plane, flips), distance=own)
    assert len(look([signal], Reading("1", planes=(plane,)), own_bank)) == found


def test_a_bank_may_reach_further() -> None:
    """A bank that allows 40 bits matches at 40 while another at 31 bits does not."""
    plane, wide = picture(), bank("wide", distances={"pdq": 40})
    signals = [banked(OURS, "pdq", value(plane, 40))], [banked(wide, "pdq", value(plane, 40))]
    detector = MatchDetector(library((OURS, signals[0]), (wide, signals[1])), lambda: NOW)
    assert [found.evidence["bank"] for found in detector.look(Reading("1", planes=(plane,)))] == ["wide"]


def test_a_bank_may_ask_for_more_detail() -> None:
    """A bank's own quality floor leaves out pictures that have less detail."""
    plane = picture()
    quality = int(look([banked(OURS, "pdq", value(plane))], Reading("1", planes=(plane,)))[0].evidence["quality"])
    strict = bank(quality=quality + 1) if quality < 100 else bank(quality=101)
    assert look([banked(strict, "pdq", value(plane))], Reading("1", planes=(plane,)), strict) == []


def test_picture_without_detail_never_matches() -> None:
    """A flat picture does not match even its own hash: flat pictures are all alike."""
    flat = picture(np.full((100, 100), 80, np.uint8))
    assert look([banked(OURS, "pdq", value(flat))], Reading("1", planes=(flat,))) == []


def test_one_finding_per_part_and_signal() -> None:
    """Each frame that shows a banked picture is one finding at its nearest form; two banked pictures are two, nearest first."""
    signals = [banked(OURS, "pdq", value(picture(), flips)) for flips in (4, 2)]
    planes = (picture(part="a.gif#frame1"), picture(part="a.gif#frame2"))
    found = look(signals, Reading("1", planes=planes))
    assert [(finding.part, finding.evidence["distance"]) for finding in found] == [
        ("a.gif#frame1", 2),
        ("a.gif#frame1", 4),
        ("a.gif#frame2", 2),
        ("a.gif#frame2", 4),
    ]


def test_a_cluster_gives_its_nearest() -> None:
    """A picture near hundreds of banked near-copies gives the nearest few and the number of the others."""
    signals = [banked(OURS, "pdq", f"{int(value(picture()), 16) ^ (1 << bit):064x}") for bit in range(200)]
    found = look([*signals, banked(OURS, "pdq", value(picture()))], Reading("1", planes=(picture(),)))
    assert len(found) == MOST_PER_PART
    assert [finding.evidence["distance"] for finding in found[:2]] == [0, 1]
    assert [finding.evidence.get("others", 0) for finding in found] == [201 - MOST_PER_PART] + [0] * (MOST_PER_PART - 1)


def test_every_bank_speaks() -> None:
    """The same file in two banks is two findings for each type, one from each bank by name."""
    banks = [bank("ours"), bank("theirs", Trust.PARTNER)]
    both = [(own, [banked(own, "md5", "12" * 16), banked(own, "sha1", "34" * 20)]) for own in banks]
    found = list(MatchDetector(library(*both), lambda: NOW).look(Reading("1", files=(file(),))))
    assert [(finding.evidence["bank"], finding.label) for finding in found] == [
        ("ours", "known-exact"),
        ("theirs", "known-unconfirmed"),
    ] * 2


def test_allow_bank_excuses() -> None:
    """An allow bank that is at least as near turns a match into context, and the finding names it; one further away does not."""
    plane, safe = picture(), bank("safe", purpose=Purpose.ALLOW)
    for flips, label in ((2, "known-excused"), (4, "known-excused"), (6, "known-near")):
        shelves = library(
            (OURS, [banked(OURS, "pdq", value(plane, 4))]), (safe, [banked(safe, "pdq", value(plane, flips))])
        )
        (found,) = MatchDetector(shelves, lambda: NOW).look(Reading("1", planes=(plane,)))
        assert found.label == label
        assert found.evidence.get("excused_by", "") == ("safe" if label == "known-excused" else "")


def test_an_allowed_file_excuses_what_it_looks_like() -> None:
    """A file that an allow bank names by its digest is excused whatever it looks like; another file beside it is not."""
    safe = bank("safe", purpose=Purpose.ALLOW)
    shelves = library((OURS, [banked(OURS, "pdq", value(picture()))]), (safe, [banked(safe, "sha256", "ab" * 32)]))
    planes = (picture(part="p.png"), picture(part="q.png"))
    found = MatchDetector(shelves, lambda: NOW).look(Reading("1", files=(file(),), planes=planes))
    assert [(one.part, one.label) for one in found] == [("p.png", "known-excused"), ("q.png", "known-near")]


def test_version_names_the_banks() -> None:
    """The detector's version changes with any bank, and no bank is fine."""
    shelves = [library(), library((OURS, [])), library((replace(OURS, id="other"), []))]
    assert len({MatchDetector(shelf).version for shelf in shelves}) == 3
    assert list(MatchDetector(library()).look(Reading("1", files=(file(),), planes=(picture(),)))) == []


def test_labels_carry_their_ceilings() -> None:
    """Only an exact copy of confirmed material may ever be removed without a person."""
    assert {label for label, ceiling in LABELS.items() if ceiling is Outcome.REMOVE} == {"known-exact"}


def test_score_falls_with_distance() -> None:
    """The further a copy, the less sure; every value within 0..1."""
    scores = [score(distance, 31) for distance in range(32)]
    assert scores == sorted(scores, reverse=True)
    assert (scores[0], scores[-1], score(0, 0)) == (0.98, 0.6, 1.0)


class TestContract(DetectorContract):
    """The contract of all detectors."""

    must_not_catch = ("A hash in a text is a text: " + "ab" * 32,)

    @pytest.fixture(scope="class")
    @classmethod
    def detector(cls) -> Detector:
        """Give the detector with a bank of one picture and one file."""
        signals = [banked(OURS, "sha256", "ab" * 32), banked(OURS, "pdq", "5a" * 32)]
        return MatchDetector(library((OURS, signals)))
