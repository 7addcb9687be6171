"""The detector `match`: what it says about known material."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from forestall.detect.match import detector, load_bank
from forestall.detect.match.detector import LABELS, MOST_PER_PART, score
from forestall.detect.match.signals.pdq import hash_plane
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector
from forestall.model.reading import FileFacts, Plane, Reading
from tests.contracts.detector import DetectorContract
from tests.detect.match.test_signals import painting

LUMA = painting(320, 200)


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


def look(folder: Path, rows: Sequence[str], reading: Reading, name: str = "ours.csv") -> list[Finding]:
    """Give the findings on a reading against one bank."""
    path = folder / name
    path.write_text("\n".join(["type,value,trust,label,source,distance", *rows]), "utf-8")
    return list(detector([load_bank(path)]).look(reading))


def file(part: str = "p.png", sha256: str = "ab" * 32) -> FileFacts:
    """Give the facts of a file."""
    return FileFacts(part, "image/png", 10, "12" * 16, "34" * 20, sha256)


def test_confirmed_copy_is_known_exactly(tmp_path: Path) -> None:
    """A byte-for-byte copy of confirmed material is `known-exact`, and the evidence says from which bank and source."""
    reading = Reading("1", files=(file("a.zip"), file("a.zip/p.png", "cd" * 32)))
    (found,) = look(tmp_path, [f"sha256,{'CD' * 32},confirmed,poster,desk,"], reading)
    assert (found.label, found.score, found.ceiling, found.part) == ("known-exact", 1.0, Outcome.REMOVE, "a.zip/p.png")
    assert found.evidence["bank"] == "ours"
    assert len(found.evidence["bank_version"]) == 64
    wanted = {
        "signal": "sha256",
        "value": "cd" * 32,
        "distance": 0,
        "trust": "confirmed",
        "label": "poster",
        "source": "desk",
    }
    assert wanted.items() <= found.evidence.items()


@pytest.mark.parametrize("trust", ["partner", "candidate", ""])
def test_what_nobody_of_ours_confirmed_asks_a_person(tmp_path: Path, trust: str) -> None:
    """Material vouched for by others alone, exact or near, may only put content in front of a person."""
    rows = [f"md5,{'12' * 16},{trust},,,", f"pdq,{value(picture())},{trust},,,"]
    found = look(tmp_path, rows, Reading("1", files=(file(),), planes=(picture(),)))
    assert [(finding.label, finding.ceiling) for finding in found] == [("known-unconfirmed", Outcome.REVIEW)] * 2


def test_near_copy_is_known_nearly(tmp_path: Path) -> None:
    """A picture a few bits away is `known-near` with distance, quality and a score below certainty; it may hold, not remove."""
    (found,) = look(tmp_path, [f"pdq,{value(picture(), 9)},confirmed,,,"], Reading("1", planes=(picture(),)))
    assert (found.label, found.ceiling) == ("known-near", Outcome.HOLD)
    assert found.evidence["distance"] == 9
    assert found.evidence["quality"] >= 50
    assert "variant" not in found.evidence
    assert 0.6 < found.score < 1


def test_mirrored_copy_is_named(tmp_path: Path) -> None:
    """A mirrored copy is found with a bank that keeps one hash, and the finding says it is mirrored."""
    (found,) = look(tmp_path, [f"pdq,{value(picture())},confirmed,,,"], Reading("1", planes=(picture(LUMA[:, ::-1]),)))
    assert found.evidence["variant"] == "mirrored"


@pytest.mark.parametrize(
    ("flips", "own", "found"), [(31, "", 1), (32, "", 0), (10, "10", 1), (11, "10", 0), (0, "0", 1)]
)
def test_distance_limit_holds(tmp_path: Path, flips: int, own: str, found: int) -> None:
    """A hash matches up to 31 bits, or up to the smaller distance the bank gives for it, and not one further."""
    plane = picture()
    assert len(look(tmp_path, [f"pdq,{value(plane, flips)},confirmed,,,{own}"], Reading("1", planes=(plane,)))) == found


def test_picture_without_detail_never_matches(tmp_path: Path) -> None:
    """A flat picture does not match even its own hash: flat pictures are all alike."""
    flat = picture(np.full((100, 100), 80, np.uint8))
    assert look(tmp_path, [f"pdq,{value(flat)},confirmed,,,"], Reading("1", planes=(flat,))) == []


def test_one_finding_per_part_and_signal(tmp_path: Path) -> None:
    """Each frame that shows a banked picture is one finding at its nearest form; two banked pictures are two, nearest first."""
    rows = [f"pdq,{value(picture(), flips)},confirmed,at {flips},," for flips in (4, 2)]
    planes = (picture(part="a.gif#frame1"), picture(part="a.gif#frame2"))
    found = look(tmp_path, rows, Reading("1", planes=planes))
    assert [(finding.part, finding.evidence["distance"]) for finding in found] == [
        ("a.gif#frame1", 2),
        ("a.gif#frame1", 4),
        ("a.gif#frame2", 2),
        ("a.gif#frame2", 4),
    ]


def test_a_cluster_gives_its_nearest(tmp_path: Path) -> None:
    """A picture near hundreds of banked near-copies gives the nearest few and the number of the others."""
    rows = [f"pdq,{int(value(picture()), 16) ^ (1 << bit):064x},confirmed,,," for bit in range(200)]
    found = look(tmp_path, [*rows, f"pdq,{value(picture())},confirmed,,,"], Reading("1", planes=(picture(),)))
    assert len(found) == MOST_PER_PART
    assert [finding.evidence["distance"] for finding in found[:2]] == [0, 1]
    assert [finding.evidence.get("others", 0) for finding in found] == [201 - MOST_PER_PART] + [0] * (MOST_PER_PART - 1)


def test_every_bank_speaks(tmp_path: Path) -> None:
    """The same file in two banks is two findings, one from each, in the order the banks were given."""
    banks = []
    for name, trust in (("ours", "confirmed"), ("theirs", "partner")):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"value,trust\n{'12' * 16},{trust}\n{'34' * 20},{trust}\n", "utf-8")
        banks.append(load_bank(path))
    found = list(detector(banks).look(Reading("1", files=(file(),))))
    assert [(finding.evidence["bank"], finding.label) for finding in found] == [
        ("ours", "known-exact"),
        ("theirs", "known-unconfirmed"),
    ] * 2


def test_version_names_the_banks(tmp_path: Path) -> None:
    """The detector's version changes with the content of any bank, and no bank is fine."""
    versions = set()
    for digest in ("12" * 16, "13" * 16):
        path = tmp_path / "b.csv"
        path.write_text(f"value\n{digest}\n", "utf-8")
        versions.add(detector([load_bank(path)]).version)
    versions.add(detector([]).version)
    assert len(versions) == 3
    assert list(detector([]).look(Reading("1", files=(file(),), planes=(picture(),)))) == []


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
    def detector(cls, tmp_path_factory: pytest.TempPathFactory) -> Detector:
        """Give the detector with a bank of one picture and one file."""
        path = tmp_path_factory.mktemp("banks") / "bank.csv"
        path.write_text(f"type,value,trust\nsha256,{'ab' * 32},confirmed\npdq,{'5a' * 32},confirmed\n")
        return detector([load_bank(path)])
