"""Where each evaluation set lies in the data folder, and which of its rows are ordinary speech.

Every reader gives `(row, text)` with rows counted from 1, header not counted, as the folder's README does. Texts of these
sets are never printed: a row number says enough.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Row = tuple[int, str]


@dataclass(frozen=True)
class SafeSet:
    """A set of ordinary speech: its name, its language, and how to read it from the data folder."""

    name: str
    language: str
    read: Callable[[Path], Iterator[Row]]


def _table(
    path: str, column: str, keep: Callable[[dict[str, str]], bool] | None = None
) -> Callable[[Path], Iterator[Row]]:
    """Give a reader of one column of a CSV or TSV file with a header, for the rows to keep."""

    def read(data: Path) -> Iterator[Row]:
        tabs = path.endswith(".tsv")
        with (data / path).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(
                file, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
            )
            for number, row in enumerate(reader, 1):
                if keep is None or keep(row):
                    yield number, row[column]

    return read


def _lines(*paths: str, column: int | None = None) -> Callable[[Path], Iterator[Row]]:
    """Give a reader of files with one text a line, or with one in a column of a table without header."""

    def read(data: Path) -> Iterator[Row]:
        for path in paths:
            with (data / path).open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    text = line.rstrip("\n")
                    yield number, text if column is None else text.split("\t")[column]

    return read


def _is(column: str, *values: str) -> Callable[[dict[str, str]], bool]:
    """Keep rows whose column has one of the values."""
    return lambda row: row[column] in values


SETS = (
    SafeSet("arsarcasm train", "ar", _table("speech/arsarcasm/ArSarcasm_train.csv", "tweet")),
    SafeSet("arsarcasm test", "ar", _table("speech/arsarcasm/ArSarcasm_test.csv", "tweet")),
    SafeSet("mlma-ar", "ar", _table("speech/mlma-ar/ar_dataset.csv", "tweet")),
    SafeSet("scripture Arabic", "ar", _lines("speech/scripture/quran-ar.txt")),
    SafeSet("scripture Palmer", "en", _lines("speech/scripture/quran-en-palmer.txt")),
    SafeSet("scripture Rodwell", "en", _lines("speech/scripture/quran-en-rodwell.txt")),
    SafeSet("goemotions general", "en", _table("speech/goemotions/general_3000.tsv", "text")),
    SafeSet("goemotions grievance", "en", _table("speech/goemotions/grievance.tsv", "text")),
    SafeSet("naijasenti train", "ha", _table("speech/naijasenti-hausa/train.tsv", "tweet")),
    SafeSet("naijasenti dev", "ha", _table("speech/naijasenti-hausa/dev.tsv", "tweet")),
    SafeSet("naijasenti test", "ha", _table("speech/naijasenti-hausa/test.tsv", "tweet")),
    SafeSet("somali headlines", "so", _table("speech/somali-headlines/headlines_sample_5000.csv", "text")),
    SafeSet(
        "roman-urdu",
        "ur-Latn",
        _lines(
            "speech/roman-urdu/task_1_train.tsv",
            "speech/roman-urdu/task_1_validation.tsv",
            "speech/roman-urdu/task_1_test.tsv",
            column=0,
        ),
    ),
    SafeSet(
        "hatecheck",
        "en",
        _table("suites/hatecheck/test_suite_cases.csv", "test_case", _is("label_gold", "non-hateful")),
    ),
    *(
        SafeSet(
            f"multilingual hatecheck {language}",
            {"hi": "hi-Latn"}.get(language, language),
            _table(f"suites/multilingual-hatecheck/{language}.csv", "test_case", _is("label_gold", "non-hateful")),
        )
        for language in ("ar", "de", "fr", "hi")
    ),
    SafeSet(
        "hatecheckhin",
        "hi",
        _table("suites/hatecheckhin/monolingual_functionalities.csv", "test_case", _is("label", "nonhateful")),
    ),
    SafeSet("hatemoji", "en", _table("suites/hatemoji/test.csv", "text", _is("label_gold", "0"))),
    SafeSet("xstest safe", "en", _table("suites/xstest/xstest_prompts.csv", "prompt", _is("label", "safe"))),
)
"""The sets of ordinary speech. Task 2 of roman-urdu repeats the texts of task 1."""
