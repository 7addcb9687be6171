"""Languages, scripts, sentences and quotations."""

import csv
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.text.fold import fold
from forestall.text.language import identify
from forestall.text.script import letters
from forestall.text.segments import quotations, sentences

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The ferry was late again because of the fog on the sound this morning."),
        ("ar", "العبارة تأخرت مرة أخرى هذا الصباح بسبب الضباب الكثيف"),
        ("fr", "Le bateau est encore en retard ce matin à cause du brouillard sur le chenal."),
        ("de", "Die Fähre hat heute Morgen wegen des dichten Nebels wieder Verspätung."),
        ("tr", "Vapur bu sabah yoğun sis yüzünden yine gecikti, herkes bekliyor."),
        ("ru", "Паром сегодня утром опять опаздывает из-за тумана."),
        ("ur", "آج صبح دھند کی وجہ سے کشتی پھر دیر سے آئی ہے۔"),
        ("fa", "قایق امروز صبح به خاطر مه غلیظ باز هم دیر کرد و همه منتظر می‌مانند."),
        ("id", "Feri pagi ini terlambat lagi karena kabut yang sangat tebal."),
        ("es", "El barco llega tarde otra vez esta mañana por la niebla."),
        ("hi", "आज सुबह कोहरे के कारण नाव फिर देर से आई।"),
        ("bn", "আজ সকালে কুয়াশার জন্য ফেরি আবার দেরি করেছে।"),
        ("sw", "Feri imechelewa tena asubuhi hii kwa sababu ya ukungu mkubwa."),
    ],
)
def test_languages_are_told(language: str, text: str) -> None:
    """A plain sentence is recognised without help."""
    assert identify(text) == language


@pytest.mark.parametrize("text", ["", " ", "12.50", "👍👍👍", "...", "\u202e", "\0" * 50])
def test_too_little_text_is_undetermined(text: str) -> None:
    """Where nothing can be told, nothing is claimed."""
    assert identify(text) == "und"


@given(st.text(max_size=100), st.sampled_from(["", "en", "xx", "nonsense-\ud83d", "ar"]))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_any_text_has_an_answer(text: str, declared: str) -> None:
    """Any text and any declared language give a short code and the same one again."""
    found = identify(text, declared)
    assert found == identify(text, declared)
    assert 2 <= len(found) <= 8


@pytest.mark.shared
@pytest.mark.parametrize(
    ("language", "file", "column", "least"),
    [
        ("ha", "speech/naijasenti-hausa/dev.tsv", "tweet", 0.6),
        ("so", "speech/somali-headlines/headlines_sample_5000.csv", "", 0.6),
        ("de", "suites/multilingual-hatecheck/de.csv", "test_case", 0.9),
        ("fr", "suites/multilingual-hatecheck/fr.csv", "test_case", 0.9),
    ],
)
def test_languages_of_real_texts(language: str, file: str, column: str, least: float) -> None:
    """Most real short texts of a language are told right."""
    path = DATA / file
    if not path.is_file():
        pytest.skip(f"the evaluation data is not beside this checkout: ../shared/data/{file}")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t" if file.endswith("tsv") else ","))[:400]
    texts = [row[column] if column else max(row.values(), key=len) for row in rows]
    right = sum(identify(text) == language for text in texts)
    assert right / len(texts) >= least, f"{right} of {len(texts)}"


def test_scripts_are_counted() -> None:
    """Letters are counted by script; digits and marks are none."""
    assert dict(letters("abc где 123 سلام")) == {"latin": 3, "cyrillic": 3, "arabic": 4}
    assert letters("123 !") == {}


@given(st.text(st.sampled_from("ab .!?\n\"'>;:…。"), max_size=200))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_sentences_cover_every_letter_once(text: str) -> None:
    """Sentences come in order, do not overlap, and leave no letter out; quotations come in order within the text."""
    view = fold(text).text
    spans = sentences(view)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    covered = {at for start, end in spans for at in range(start, end)}
    assert all(at in covered for at, char in enumerate(view) if char.isalpha())
    quoted = quotations(view)
    assert all(0 <= quote.start <= quote.end <= len(view) for quote in quoted)
    assert all(first.end <= second.start for first, second in itertools.pairwise(quoted))


def test_quotations_are_what_others_said() -> None:
    """Quotation marks of all kinds, and lines quoted with `>`, are found; an apostrophe opens nothing."""
    for text in (
        "He said “join us” today",
        "He said «join us» today",
        "He said 'join us' today",
        'He said "join us" today',
    ):
        view = fold(text).text
        (quote,) = quotations(view)
        assert view[quote.start : quote.end].strip() == "join us"
    (line,) = quotations(fold("> join us\nNo, thank you.").text)
    assert line.line
    assert quotations(fold("Don't you think it's Anna's boat?").text) == []
