"""The words that call a reader to a place, language by language: what they catch, and what they must not."""

import pytest

from forestall.detect.contact.appeal import ACTS, Appeal, appeal
from forestall.detect.contact.words import files_of_words, signs, words
from forestall.text.fold import fold

LAUNCH = {"en", "ar", "ar-Latn", "fr", "de", "tr", "ru", "ur", "ur-Latn", "fa", "id", "so", "ha", "sw", "es", "bn"}
FILES = files_of_words()
KEYS = {
    "language",
    "acts",
    "not_after",
    "negations",
    "reporting",
    "addressees",
    "possession",
    "secrecy",
    "phone",
    "signs",
}


def read(text: str, language: str = "") -> Appeal:
    """Read the words around a place."""
    return appeal(fold(text).text, language)


def test_every_launch_language_has_its_words() -> None:
    """Each launch language has a file, complete and of texts only (a bare `no` or `on` would be read as a truth value)."""
    assert set(FILES) >= LAUNCH
    for language, data in FILES.items():
        assert set(data) == KEYS, language
        assert {"join", "write", "follow"} <= set(data["acts"]) <= ACTS, language
        listed = [
            word
            for key in ("not_after", "reporting", "addressees", "possession", "secrecy", "phone")
            for word in data[key]
        ]
        listed += [word for entry in data["acts"].values() for word in entry["say"]]
        listed += [word for side in data["negations"].values() for word in side]
        assert all(isinstance(word, str) and word.strip() == word and word for word in listed), language
        assert all(entry["gloss"] and entry["not"] for entry in data["acts"].values()), language


@pytest.mark.parametrize("language", sorted(FILES))
def test_every_phrase_calls(language: str) -> None:
    """Each phrase that a file lists is found as the act it is listed for."""
    for act, entry in FILES[language]["acts"].items():
        for phrase in entry["say"]:
            hits = list(words().find(fold(f"- {phrase} -").text))
            assert any(m.act == act and m.language == language for hit in hits for m in hit.meanings), phrase


@pytest.mark.parametrize("language", sorted(FILES))
def test_no_phrase_catches_what_it_must_not(language: str) -> None:
    """What a file says its words must not catch calls nobody."""
    for entry in FILES[language]["acts"].values():
        for text in entry["not"]:
            assert read(text.format(x="-"), language).invites == "", text


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("Don't join", "negation"),
        ("Never, ever click here", "negation"),
        ("Don't wait, join us", ""),
        ("please do not write to us", "negation"),
        ("не пишите", "negation"),
        ("jangan klik", "negation"),
        ("klickt nicht", "negation"),
        ("no hagas clic, no entren", "negation"),
        ("police say the group told members to join us", "reporting"),
        ("selon le journal, rejoignez-nous", "reporting"),
        ("those who join", "statement"),
        ("they click here", "statement"),
    ],
)
def test_what_turns_an_act(text: str, turned: str) -> None:
    """An act that is denied, reported or somebody else's calls nobody, and the reason is said; a comma ends what is denied."""
    said = read(text)
    assert (said.turned, bool(said.invites)) == (turned, not turned)


def test_a_call_behind_a_report_still_calls() -> None:
    """What one sentence reports, the next may ask for."""
    assert read("Police said the old channel was closed. Join us in the new one").act == "join"


def test_act_addressee_language() -> None:
    """The words are named with what they ask, whom, and in which language."""
    said = read("Brothers, write to me and delete this after")
    assert (said.act, said.addressee, said.language, said.secrecy) == ("write", "brothers", "en", "delete this")
    assert read("Schreibt uns").addressee == "reader"
    assert read("gabung sini", "id").language == "id"


def test_possession_is_no_call() -> None:
    """`My mail is` gives an address and asks nothing."""
    said = read("my mail is")
    assert (said.invites, said.owner) == ("", "my")


def test_words_stuck_together() -> None:
    """Arabic prepositions written together with a word hide it from nobody, and a longer word is another one."""
    assert read("وانضموا").act == "join"
    assert read("تعالى").act == ""
    assert read("rejoined").act == ""


def test_signs_are_words() -> None:
    """Words for the signs of an address are folded, and none is a sign itself."""
    for name, spoken in signs().items():
        assert spoken, name
        assert all(fold(word).text == word and any(map(str.isalnum, word)) for word in spoken)
