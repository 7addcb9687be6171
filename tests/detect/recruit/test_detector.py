"""The detector of recruiting language: it sees the moves whatever the creed and the spelling, and leaves ordinary speech alone."""

import json
from pathlib import Path

import pytest
from benchmarks.obfuscate import STYLES

from forestall.detect.recruit import detector as make
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector
from tests.contracts.detector import DetectorContract, reading_of

DEV = [json.loads(line) for line in (Path(__file__).parent / "dev" / "dev.jsonl").read_text("utf-8").splitlines()]
GROUPS = ("the Ashen Banner", "the Ninth Tide", "the Order of the Pale Dawn", "the Iron Meridian")
RECRUITER = make()


def score(text: str) -> float:
    """Give the score of a whole post."""
    return max((found.score for found in RECRUITER.look(reading_of(text)) if found.label == "recruiting"), default=0.0)


def labels(text: str, least: float = 0.5) -> set[str]:
    """Give the labels noticed with at least this score."""
    return {found.label for found in RECRUITER.look(reading_of(text)) if found.score >= least}


class TestContract(DetectorContract):
    """The contract of all detectors."""

    must_not_catch = (
        "Join our team! We are hiring two cooks, apply by Friday.",
        "Join our clan tonight, we fight for the fortress at nine.",
        "I lost my job and nobody listens to us. I am so angry.",
        "Police said the group had called on young men to join and swear allegiance.",
        "Do not join them. They lie and they kill.",
        "انضم إلى فريقنا، نبحث عن خباز، راسلنا هنا",
        "قال تعالى: ومن أحياها فكأنما أحيا الناس جميعا",
        "لا تنضموا إليهم، هؤلاء يكذبون ويقتلون",
    )

    @pytest.fixture(scope="class")
    @classmethod
    def detector(cls) -> Detector:
        """Give the detector."""
        return make()


def test_grievance_alone_never_counts() -> None:
    """Anger and hurt, however strong, may not cause anything, and score next to nothing as recruiting."""
    for text in ("I have been unemployed for two years and they humiliate us.", "سنتين بلا عمل والإهانة كل يوم، تعبت"):
        assert score(text) < 0.2
    assert RECRUITER.labels["grievance"] is Outcome.PASS


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    "template",
    [
        "Brothers, join {} and take up arms with us.",
        "Swear your oath to {} and fight for our people.",
        "Join {}, message me on Telegram and tell nobody.",
    ],
)
def test_the_organisation_is_a_slot(group: str, template: str) -> None:
    """The same words score as high for an organisation nobody has heard of: no name is a cue."""
    known, unheard = score(template.format(group)), score(template.format("the Blue Lantern Society"))
    assert known == pytest.approx(unheard, abs=0.02)
    assert known >= 0.5


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Brothers, join us and fight the unbelievers.", "Comrades, join us and fight the bosses."),
        ("Swear allegiance to the commander.", "Swear loyalty to the leader."),
        ("Our training camp teaches weapons to believers.", "Our training camp teaches weapons to patriots."),
    ],
)
def test_creeds_are_treated_alike(first: str, second: str) -> None:
    """The same move in the words of another creed asks a person just the same."""
    assert (score(first) >= 0.5) == (score(second) >= 0.5)


def test_most_of_the_development_set_is_seen_and_its_safe_half_left_alone() -> None:
    """The set the detector was made with stays where docs/quality.md says it is: a change that worsens either side fails."""
    positive = [score(row["text"]) >= 0.5 for row in DEV if row["kind"] == "recruiting"]
    negative = [score(row["text"]) >= 0.5 for row in DEV if row["kind"] == "safe"]
    assert sum(positive) / len(positive) >= 0.8
    assert sum(negative) / len(negative) <= 0.06


@pytest.mark.parametrize(
    ("language", "style"), [(language, style) for language in STYLES for style in STYLES[language]]
)
def test_disguised_spelling_changes_little(language: str, style: str) -> None:
    """Of what is seen in plain spelling, at least nine in ten are seen in disguise."""
    plain = [
        row["text"]
        for row in DEV
        if row["kind"] == "recruiting" and row["lang"] == language and score(row["text"]) >= 0.5
    ]
    seen = sum(score(STYLES[language][style](text)) >= 0.5 for text in plain)
    assert seen / len(plain) >= 0.9, f"{seen} of {len(plain)}"


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (
            "context-news",
            "Police said on Tuesday that the group had told its followers to join and to swear allegiance, the agency reported.",
        ),
        (
            "context-counter-speech",
            "Do not answer them. They lie to our young people; report every message that asks you to join and fight.",
        ),
        (
            "context-research",
            "Our study analyses how recruiters ask young men to join and fight; the seminar discusses the interviews.",
        ),
    ],
)
def test_contexts_are_named(label: str, text: str) -> None:
    """News, counter-speech and research are recognised as what they are, and nothing in them asks a person."""
    found = list(RECRUITER.look(reading_of(text)))
    assert label in {item.label for item in found}
    assert not [item for item in found if item.ceiling.asks_a_person and item.score >= 0.5]


def test_evidence_says_what_was_seen() -> None:
    """Every step carries the marked words and the ids of the cues behind it."""
    text = "Brothers, join the Ashen Banner and take up arms with us. Write me on Telegram, tell nobody."
    found = list(RECRUITER.look(reading_of(text)))
    whole = next(item for item in found if item.label == "recruiting")
    assert whole.spans
    assert whole.evidence["cues"]
    words = " ".join(text[start:end] for start, end in whole.spans).lower()
    assert "join" in words


def test_spans_point_at_disguised_words() -> None:
    """In a disguised text the marks are on the characters as written."""
    text = "Brothers, j\u200bo\u200bi\u200bn us and fight for the Ninth Tide."
    marked: list[Finding] = [item for item in RECRUITER.look(reading_of(text)) if item.label == "recruiting"]
    assert any("j\u200bo" in text[start:end] for start, end in marked[0].spans)
