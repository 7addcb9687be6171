"""Names by their sound: the same name in Arabic, Cyrillic and Latin letters is heard, and hardly anything else is."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.detect.names.sounds import Ear, bones_of, sound
from forestall.model.lists import ListEntry
from forestall.text.fold import fold

SPEECH = Path(__file__).parents[4] / "shared" / "data" / "speech"
FIRST = "harakat liwa jaysh kataib saraya jabhat ansar junud ahrar usud"
LAST = "fajr ramad bahr nur sahil layl shams jabal rih hadid barq haqq umma dawla islam"
LISTED = (
    "Harakat al-Fajr al-Ramadi",
    "Liwa Husayn al-Bahr",
    "Рассвет Гавани",
    "كتائب الموج الأسود",
    "The Ashen Banner",
)
EAR = Ear([ListEntry(name) for name in LISTED])


def heard(text: str) -> list[tuple[int, str]]:
    """Give the entries that are heard in a text, with the folded words."""
    view = fold(text)
    return [(one.entry, view.text[one.start : one.end]) for one in EAR.find(view)]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("Haraket el Fadjr el-Ramadi said", 0),
        ("the harakat alfajr alramadi", 0),
        ("Harakatul Fajr ul-Ramadi", None),
        ("حركة الفجر الرمادي", 0),
        ("وحركة الفجر الرمادي", 0),
        ("Харакат аль-Фаджр ар-Рамади", 0),
        ("Liwa Hussein ul-Bahr", 1),
        ("liwaa hossain el bahr", 1),
        ("لواء حسين البحر", 1),
        ("Лива Хусейн аль-Бахр", 1),
        ("Rassvet Gavani", 2),
        ("Kataib al-Mawj al-Aswad", 3),
        ("Катаиб аль-Мавдж аль-Асвад", 3),
    ],
)
def test_other_spellings_are_heard(text: str, entry: int | None) -> None:
    """Articles, doubled letters, vowels and the script do not hide a name of several words."""
    assert {number for number, _ in heard(text)} == ({entry} if entry is not None else set())


@pytest.mark.parametrize(
    "text",
    [
        "the shin binary",
        "Harakat",
        "al-Fajr",
        "Liwa and Husayn of al-Bahr",
        "الفجر حركة",
        "a Ashen b Banner",
        "",
        "al el ul",
        "ال",
    ],
)
def test_parts_are_not_names(text: str) -> None:
    """A word of a name, its words in another order or apart, and articles alone are nothing."""
    assert heard(text) == []


def test_short_names_are_left_to_the_letter() -> None:
    """Names of one word, and of few letters, sound like too much else to be heard at all."""
    ear = Ear([ListEntry("Meridian"), ListEntry("Al Nur"), ListEntry("Ab Cd"), ListEntry("+++")])
    assert not list(ear.find(fold("meridian meridyan al-nur noor ab cd")))


@given(st.text(max_size=200))
def test_any_text_is_heard_out(text: str) -> None:
    """Whatever a text holds, hearing ends, and gives places inside it."""
    view = fold(text)
    assert all(0 <= one.start < one.end <= len(view.text) for one in EAR.find(view))


def test_long_texts_take_linear_time() -> None:
    """A text that begins a name at every word is looked at a few words at a time."""
    assert not heard("harakat al-fajr " * 50_000)
    assert len(heard("liwa husayn al-bahr " * 1_000)) == 1_000


@pytest.mark.parametrize(
    "spellings",
    [
        ("muhammad", "mohamed", "mohammed", "мухаммад"),
        ("husayn", "hussein", "hossain", "хусейн"),
        ("dawud", "daoud", "dawood", "давуд"),
        ("rashid", "rasheed", "рашид"),
        ("jihad", "djihad", "джихад"),
        ("shams", "chams", "schams", "шамс"),
        ("nusra", "nusrah", "alnusra", "el" + "nusra"),
    ],
)
def test_spellings_of_a_word_sound_the_same(spellings: tuple[str, ...]) -> None:
    """The ways in which one word is written in Latin and Cyrillic letters have one sound, and so the same consonants."""
    assert len({sound(fold(word).text) for word in spellings}) == 1
    assert len({bones_of(fold(word).text) for word in spellings}) == 1


@pytest.mark.skipif(not SPEECH.is_dir(), reason="the speech sets are not beside the repository")
def test_false_alarms_are_rare() -> None:
    """Of 78,000 rows of ordinary speech, at most one in a thousand sounds like one of 150 invented names in everyday words."""
    ear = Ear([ListEntry(f"{one} al-{other}") for one, other in product(FIRST.split(" "), LAST.split(" "))])
    rows = alarms = 0
    for path in sorted(SPEECH.rglob("*.[ct][sx][vt]")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                rows += 1
                alarms += any(True for _ in ear.find(fold(line)))
    assert rows > 50_000
    assert alarms <= rows / 1_000
