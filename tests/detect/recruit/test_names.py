"""Names: what is taken for one, what never is, and a text without them."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.recruit import names
from forestall.detect.recruit.lexicon import lexicon
from forestall.detect.recruit.modelfile import bundled
from forestall.detect.recruit.names import UNSAID
from forestall.detect.recruit.tongues import spoken
from forestall.text.fold import fold
from forestall.text.language import identify

PARTS = [
    "Join us",
    "Zorvan",
    "the Grey Heron",
    "Emir Tulzan",
    "T4ke up",
    "fi ght",
    "\u200b",
    "كتيبة الفجر",
    "É",
    "“Ash”",
    "\n",
    "#IronOak",
    "ß",
    "a@b.example",
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=8).map(" ".join)


def found(text: str) -> list[str]:
    """Give the names found in a text, as they stand in it."""
    view = fold(text)
    tongues = spoken(lexicon(), view.text, identify(text))
    return [text[slice(*view.span(*span))] for span in names.find(text, view, tongues, bundled().vocabulary)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Come and fight with the Grey Heron Column tonight.", ["the Grey Heron Column"]),
        ("They serve Emir Tulzan in Zorvan, far from here.", ["Emir Tulzan", "Zorvan"]),
        ("The Brigade of the Ninth Lantern calls you.", ["The Brigade of the Ninth Lantern"]),
        ("Hier soir la Brigade du Chêne gris a appelé les jeunes.", ["la Brigade du Chêne gris"]),
        ("Komm zu uns, die Männer von Marek Tulzan warten.", ["Marek Tulzan"]),
        ("وصل مقاتلو كتيبة الفجر الشاحب إلى المدينة", ["كتيبة الفجر الشاحب"]),
        ("Брат, Железный Дуб снова зовет молодых в горы.", ["Железный Дуб"]),
    ],
)
def test_names_are_found(text: str, said: list[str]) -> None:
    """A name is found by what it is made of, with its title, its kind of group and its article."""
    assert found(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "join our brigade and take up arms",
        "Join Us And Fight, Take Up Arms, Swear The Oath",
        "JOIN US AND FIGHT, TAKE UP ARMS, SWEAR THE OATH",
        "Please Join And Fight beside our Brothers, Swear the Oath",
        "j.o.i.n us and t4ke up 4rms",
        "J.o.i.n us and T4ke up 4rms with Figgghters",
        "انضم إلينا واحمل السلاح",
    ],
)
def test_words_of_cues_are_no_names(text: str) -> None:
    """Neither capitals nor a disguise make a name of the words that cues are made of."""
    assert found(text) == []


@given(TEXTS)
@settings(derandomize=True, max_examples=80, deadline=None)
def test_a_text_without_names_leads_back(text: str) -> None:
    """Every sign that is left in the place of a name leads back to where it stood, and words that are hushed keep their length."""
    view = fold(text)
    tongues = spoken(lexicon(), view.text, identify(text))
    spans = names.find(text, view, tongues, bundled().vocabulary)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    without = names.nameless(view, spans)
    signs = [at for at, sign in enumerate(without.text) if sign == UNSAID]
    assert [without.span(at, at + 1) for at in signs] == [view.span(*span) for span in spans]
    assert without.span(0, len(without.text)) == view.span(0, len(view.text))
    assert [hit.start for hit in names.mentions(without)] == signs
    quiet = names.hushed(without, tongues, bundled().vocabulary)
    assert len(quiet.text) == len(without.text)
    assert all(new in {old, UNSAID} for new, old in zip(quiet.text, without.text, strict=True))
    assert [quiet.span(at, at + 1)[0] for at in range(len(quiet.text))] == [
        without.span(at, at + 1)[0] for at in range(len(without.text))
    ]


def test_words_are_known_in_other_forms() -> None:
    """A known word is known with another ending and with Arabic particles; a word that only begins alike is not."""
    known = names.Vocabulary(["fighting", "سلاح"])
    assert known.knows("fighting")
    assert known.knows("fightings")
    assert known.knows("والسلاح")
    assert not known.knows("fig")
    assert not known.knows("fightrovanian")


def test_every_tongue_says_what_names_are_made_of() -> None:
    """Each tongue that has cues has words for every kind that has a meaning, and no other kinds."""
    document = names.document()
    kinds = set(document["kinds"])
    assert set(document) == {"kinds", *lexicon().names}
    for tongue in lexicon().names:
        assert set(document[tongue]) - {"endings"} <= kinds
        assert kinds - {"article", "link"} <= set(document[tongue]), tongue
        assert all(isinstance(word, str) and word for kind in document[tongue].values() for word in kind)
