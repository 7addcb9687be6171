"""Finding cues: as words, in parts, in Arabic with what is written together, and in disguise."""

import pytest

from forestall.detect.recruit.lexicon import lexicon
from forestall.detect.recruit.match import Hit, find
from forestall.text.fold import Folded, fold


def hits(view: Folded) -> list[Hit]:
    """Find the cues of English and Arabic."""
    return find(view, [lexicon().tongue("en"), lexicon().tongue("ar")])


def cues(text: str) -> set[str]:
    """Give the ids of the cues in a text."""
    return {hit.cue.id for hit in hits(fold(text))}


def shown(text: str, cue: str) -> list[str]:
    """Give the original words behind a cue."""
    view = fold(text)
    spans = [view.span(hit.start, hit.end) for hit in hits(view) if hit.cue.id == cue]
    return [text[start:end] for start, end in spans]


def test_a_cue_is_a_word() -> None:
    """Cues are found at the edges of words only."""
    assert "armed" in cues("rifles")
    assert "armed" not in cues("strifles")
    assert "band-words" not in cues("embroidered")


def test_an_open_end_takes_an_ending() -> None:
    """A pattern with an open end takes up to eight letters more."""
    assert "armed" in cues("grenades")
    assert "armed" not in cues("grenadeabcdefghijk")


def test_parts_stand_near_each_other() -> None:
    """A phrase of two parts is one cue where little stands between them."""
    assert "oath" in cues("I pledge my full and eternal allegiance")


@pytest.mark.parametrize("text", ["انضموا إلينا", "وانضموا إلينا", "فَانْضَمُّوا إلَيْنا", "انـضـمـوا إلينا", "ٱنضموا الينا"])
def test_arabic_is_found_as_written(text: str) -> None:
    """Attached particles, vowels, tatweel and letter forms do not hide an Arabic cue."""
    assert "join-ar" in cues(text)


def test_arabic_pronouns_may_follow() -> None:
    """An Arabic noun with a possessive is the noun."""
    assert "armed-words-ar" in cues("معسكرنا")
    assert "armed-words-ar" not in cues("معسكرقن")


@pytest.mark.parametrize(
    ("text", "cue", "words"),
    [
        ("please j0in u5 now", "join", "j0in u5"),
        ("j.o.i.n us", "join", "j.o.i.n us"),
        ("joiiiin us", "join", "joiiiin us"),
        ("jоin uѕ", "join", "jоin uѕ"),
        ("j\u200boin us", "join", "j\u200boin us"),
        ("take up 4rms with us", "armed", "take up 4rms"),
        ("ا ن ض م  إلينا", "join-ar", "ا ن ض م  إلينا"),
    ],
)
def test_disguise_is_undone_and_shown(text: str, cue: str, words: str) -> None:
    """Disguised words are found, and the finding points at them as they were written."""
    assert words in shown(text, cue)


def test_disguise_is_told() -> None:
    """A hit says whether the words were disguised."""
    assert any(hit.hidden for hit in hits(fold("j0in u5")))
    assert not any(hit.hidden for hit in hits(fold("join us")))


def test_chance_inside_glued_words_is_no_cue() -> None:
    """Short words do not appear by chance inside of a hashtag."""
    assert "armed" not in cues("#begunchapter")
