"""The detector `recruit`: what it says, in which words, and what it leaves alone."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from forestall.detect.recruit import detector
from forestall.detect.recruit.detector import LABELS, STEPS
from forestall.insights.disguise import STYLES
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector
from forestall.model.reading import Reading, Role, Segment
from forestall.text.language import identify
from tests.contracts.detector import DetectorContract

OWN = Path(__file__).parent / "dev"


def look(text: str, role: Role = Role.BODY) -> dict[str, Finding]:
    """Give the findings on a text by label."""
    reading = Reading("1", (Segment("text", role, text),), language=identify(text))
    return {finding.label: finding for finding in detector().look(reading)}


def score(text: str) -> float:
    """Give the score of the text as a whole, 0 where there is no finding."""
    found = look(text).get("recruiting")
    return found.score if found else 0.0


class TestContract(DetectorContract):
    """The promises of every detector."""

    must_not_catch = (
        "Join our football club, training starts Monday, message coach Ben on WhatsApp.",
        "Police said three men were arrested for recruiting teenagers for an armed group.",
        "If someone online asks you to keep secrets from your parents, tell an adult.",
        "And fight in the way of God with those who fight with you, but transgress not.",
        "Our church has a new Telegram channel, join us for daily prayer.",
        "Our guild is recruiting fighters for the raid, join our Discord.",
        "I am so sick of this country, no job, no future, and they laugh at us.",
        "Brothers and sisters of the union, we strike on Monday. Stand with us.",
        "We are hiring drivers and medics, housing and travel covered, apply with your CV.",
        "The navy's recruitment office is open on weekdays.",
        "Donate blankets for families that fled the fighting.",
        "Rest in peace, brother. You died in the war and we miss you.",
        "انضموا إلى قناة المسجد على تلغرام لمتابعة الدروس",
        "أعلنت الشرطة اعتقال ثلاثة متهمين بتجنيد شباب لصالح جماعة متطرفة",
        "رحم الله أخي الشهيد، سنة على رحيله",
        "مطلوب سائقين للعمل في الخارج، السكن علينا، أرسل السيرة الذاتية",
    )

    @pytest.fixture(scope="class")
    @classmethod
    def detector(cls) -> Detector:
        """Give the detector under test."""
        return detector()


def test_no_label_does_more_than_ask() -> None:
    """Text never convicts: no ceiling is harsher than review, and contexts and grievance can cause nothing."""
    assert set(LABELS.values()) == {Outcome.PASS, Outcome.REVIEW}
    assert LABELS["grievance"] is Outcome.PASS
    assert all(ceiling is Outcome.PASS for label, ceiling in LABELS.items() if label.startswith("context-"))


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("contact", "Join us, brothers in arms. Leave this app and write me on Session, the fighters are waiting."),
        ("training", "Weapons training for new fighters, ask the admin. Lessons on explosives for sworn members only."),
        ("pledge", "I pledge allegiance to the commander of the Ninth Tide, to hear and obey until death."),
        ("incitement", "Attack the unbelievers where they live, take a knife, kill them in the streets."),
        (
            "propaganda",
            "Glory to our martyrs! Our lions died smiling and took ten of them. Watch our new video of the fighters.",
        ),
        ("contact", "التحقوا بصفوف المجاهدين يا إخوة، راسلني على ثريما"),
        ("training", "دورة تدريب على السلاح للمقاتلين الجدد، اسألوا المشرف على الخاص"),
        ("pledge", "أبايع أمير راية الرماد على السمع والطاعة حتى الموت"),
        ("incitement", "اقتلوا الكفار في بلادهم، خذ سكينا واضرب"),
        ("propaganda", "المجد لشهدائنا، ارتقى أسودنا مقبلين غير مدبرين، أكملوا الطريق، شاهدوا الإصدار الجديد"),
    ],
)
def test_each_step_is_named(step: str, text: str) -> None:
    """Each step of recruiting is found in English and in Arabic, with its words and the cues that say so."""
    found = look(text)
    assert found["recruiting"].score >= 0.5
    assert found[step].score >= 0.5
    assert found[step].spans
    assert found[step].evidence["cues"]
    assert len(found[step].evidence["gloss"]) == len(found[step].evidence["cues"])


def test_a_grievance_never_counts() -> None:
    """Hurt and anger are noted for prevention and ask nobody."""
    found = look(
        "They humiliated us, took our jobs and our dignity, nobody cares, there is no justice and no future for us."
    )
    assert found["grievance"].ceiling is Outcome.PASS
    assert found.get("recruiting") is None or found["recruiting"].score < 0.1


def test_no_step_is_likelier_than_the_whole() -> None:
    """A step's score never exceeds the score of the text."""
    for row in _rows("dev"):
        found = look(row["text"])
        whole = found["recruiting"].score if "recruiting" in found else 0.0
        assert all(found[step].score <= whole for step in STEPS if step in found)


def test_contexts_do_not_excuse_what_they_do_not_cover() -> None:
    """Where the text still asks for a person, its contexts are shown as unsure, so that no excuse takes them for certain."""
    text = (
        "Police said nothing, haha. Brothers, take up arms, join the fighters of the Banner, swear the oath to the emir, "
        "write me on Session, tell nobody, kill the traitors where they live."
    )
    found = look(text)
    assert found["recruiting"].score >= 0.5
    assert all(finding.score < 0.5 for label, finding in found.items() if label.startswith("context-"))


def test_only_words_people_read_are_looked_at() -> None:
    """Link targets and codes hold no language."""
    text = "join-the-fighters-take-up-arms-brothers"
    assert look(text, Role.LINK) == {}
    assert look(text, Role.CODE) == {}


CREEDS = {
    "religious": ("the Order of the Pale Dawn", "emir", "believers", "the faith", "unbelievers"),
    "far-right": ("the Iron Meridian", "leader", "patriots", "the nation", "invaders"),
    "far-left": ("the Red Lantern Front", "commander", "comrades", "the revolution", "oppressors"),
    "ethno": ("the Highland Brigade", "commander", "sons of Orvan", "the homeland", "occupiers"),
}
SAYINGS = [
    "{people}, join {group} and fight for {cause}. Write me in private.",
    "I pledge allegiance to the {leader} of {group}, to hear and obey until death.",
    "{group} is recruiting fighters. We give you weapons and training, ask the admin on Session.",
    "{people}, attack the {enemy} where they live, for {cause}.",
    "Do not tell your parents. We will bring you over the border to {group}, write me on Threema.",
]


@pytest.mark.parametrize("saying", SAYINGS, ids=range(len(SAYINGS)))
def test_creeds_are_treated_alike(saying: str) -> None:
    """The same words score about the same, whichever creed the group has: what is said counts, not who says it."""
    scores = {
        creed: score(saying.format(group=group, leader=leader, people=people.capitalize(), cause=cause, enemy=enemy))
        for creed, (group, leader, people, cause, enemy) in CREEDS.items()
    }
    assert min(scores.values()) >= 0.5, scores
    assert max(abs(one - other) for one, other in itertools.combinations(scores.values(), 2)) <= 0.4, scores


def _rows(name: str) -> list[dict[str, str]]:
    """Give the rows of one of our own sets."""
    return [json.loads(line) for line in (OWN / f"{name}.jsonl").read_text("utf-8").splitlines()]


def _asked(name: str, kind: str, language: str, change: Callable[[str], str] = str) -> float:
    """Give the share of rows that score one half or more."""
    texts = [change(row["text"]) for row in _rows(name) if row["kind"] == kind and row["lang"] == language]
    return sum(score(text) >= 0.5 for text in texts) / len(texts)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", ["dev", "heldout"])
def test_recall_does_not_worsen(name: str, language: str) -> None:
    """On our own synthetic sets most recruiting is found, and most hard safe speech left alone (docs/quality.md has the numbers)."""
    assert _asked(name, "recruiting", language) >= {"dev": 0.85, "heldout": 0.8}[name]
    assert _asked(name, "safe", language) <= {"dev": 0.02, "heldout": 0.08}[name]


@pytest.mark.parametrize(
    ("language", "style"),
    [(language, style) for language, script in (("en", "latin"), ("ar", "arabic")) for style in STYLES[script]],
)
def test_disguise_costs_little(language: str, style: str) -> None:
    """No way of misspelling on purpose hides more than one message in five of those found in clear."""
    change = STYLES[{"en": "latin", "ar": "arabic"}[language]][style]
    assert _asked("dev", "recruiting", language, change) >= 0.8 * _asked("dev", "recruiting", language)
