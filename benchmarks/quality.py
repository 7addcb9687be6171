"""How often screening is wrong: ordinary speech put in front of a person, and synthetic recruiting missed.

python benchmarks/quality.py                              the whole path, default ruleset; rewrites the tables in docs/quality.md
python benchmarks/quality.py --data ../shared/data        where the evaluation sets lie
python benchmarks/quality.py --rows                       also the row numbers of what was put in front of a person (never texts)

Every set is split: even rows may be looked at while cues and weights are worked on, odd rows are only counted.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.quality_sets import SETS

from forestall.assembly import House, build
from forestall.insights import suite as suites
from forestall.insights.disguise import STYLES, Style
from forestall.insights.judge import judged, of_case
from forestall.insights.quality import measure
from forestall.insights.rates import Rate
from forestall.model.content import Content
from forestall.model.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "quality.md"
SUITE = ROOT / "suites" / "recruitcheck"
OWN = ROOT / "tests" / "detect" / "recruit" / "dev"
MOST = 0.01
"""Largest share of a set of ordinary speech that may be put in front of a person."""


@dataclass
class Count:
    """How many of how many, with the row numbers behind the first number."""

    total: int = 0
    rows: list[int] = field(default_factory=list)

    @property
    def hits(self) -> int:
        """How many."""
        return len(self.rows)

    @property
    def rate(self) -> Rate:
        """The share with its interval."""
        return Rate(self.hits, self.total)


def ask_a_person(house: House, text: str) -> bool:
    """Screen one text through the real path and say whether a person would be asked."""
    return house.screening.screen(Content(id="row", text=text)).decision.outcome.asks_a_person


def speech(house: House, data: Path) -> Iterator[tuple[str, str, Count, Count]]:
    """Screen every set of ordinary speech: its name, its language, and the counts of its even and its odd rows."""
    for one in SETS:
        even, odd = Count(), Count()
        for row, text in one.read(data):
            count = odd if row % 2 else even
            count.total += 1
            if ask_a_person(house, text):
                count.rows.append(row)
        yield one.name, one.language, even, odd


def own(name: str) -> list[dict[str, str]]:
    """Give the rows of one of our own synthetic sets (`tests/detect/recruit/dev/README.md`)."""
    return [json.loads(line) for line in (OWN / f"{name}.jsonl").read_text("utf-8").splitlines()]


def synthetic(house: House, name: str) -> Iterator[tuple[str, str, str, Count]]:
    """Screen one of our own sets, plain and obfuscated: kind of row, language, spelling, and how many a person would see."""
    rows = own(name)
    for kind in ("recruiting", "safe"):
        for language in ("en", "ar"):
            chosen = [
                (n, row["text"]) for n, row in enumerate(rows, 1) if row["kind"] == kind and row["lang"] == language
            ]
            styles: dict[str, Style] = {"as written": str}
            if kind == "recruiting":
                styles |= STYLES[{"en": "latin", "ar": "arabic"}[language]]
            for style, change in styles.items():
                count = Count(len(chosen), [n for n, text in chosen if ask_a_person(house, change(text))])
                yield kind, language, style, count


def speech_table(results: Iterable[tuple[str, str, Count, Count]]) -> str:
    """Write the table of ordinary speech, with a line per language and one for all."""
    lines = ["| set | language | odd rows, only counted | even rows, looked at |", "|---|---|---|---|"]
    by_language: dict[str, tuple[Count, Count]] = {}
    for name, language, even, odd in results:
        lines.append(f"| {name} | {language} | {odd.rate} | {even.rate} |")
        for key in (language, "all"):
            for total, part in zip(by_language.setdefault(key, (Count(), Count())), (even, odd), strict=True):
                total.total += part.total
                total.rows += part.rows
    for language, (even, odd) in sorted(by_language.items(), key=lambda item: (item[0] == "all", item[0])):
        lines.append(f"| **{language}** | | **{odd.rate}** | {even.rate} |")
    return "\n".join(lines)


def synthetic_table(house: House) -> str:
    """Write the table of our own sets."""
    lines = ["| set | kind | language | spelling | asked a person |", "|---|---|---|---|---|"]
    for name in ("dev", "heldout"):
        for kind, language, style, count in synthetic(house, name):
            lines.append(f"| {name} | {kind} | {language} | {style} | {count.rate} |")
    return "\n".join(lines)


def suite_tables(house: House) -> str:
    """Write the tables of RecruitCheck: what is found at some shares of false alarms, then language by language and family by family."""
    suite = suites.read(SUITE)
    by_part = {part: measure(judged(house.screening, map(of_case, suite.cases([part])))) for part in suites.PARTS}
    lines = [
        "| part | recall | false alarms on contrasts and safe speech | recall at 1 % | at 2 % | at 5 % false alarms |"
    ]
    lines.append("|---|---|---|---|---|---|")
    for part, quality in by_part.items():
        at = {one.share: f"{100 * one.recall.share:.1f} %" for one in quality.at_false}
        lines.append(f"| {part} | {quality.all.recall} | {quality.all.false} | {at[0.01]} | {at[0.02]} | {at[0.05]} |")
    held = by_part["held"]
    for title, slices in (("language", held.languages), ("creed", held.groups), ("family", held.families)):
        lines += ["", f"| {title} (held) | recall | false alarms |", "|---|---|---|"]
        lines += [f"| {one.name} | {_shown(one.recall)} | {_shown(one.false)} |" for one in slices]
    return "\n".join(lines)


def _shown(rate: Rate) -> str:
    """Write a share, or nothing where nothing was counted."""
    return str(rate) if rate.total else ""


def replace_between(text: str, name: str, table: str) -> str:
    """Put a table between the markers `<!-- name -->` and `<!-- /name -->`."""
    before, found, rest = text.partition(f"<!-- {name} -->\n")
    _, closed, after = rest.partition(f"<!-- /{name} -->")
    if not found or not closed:
        raise SystemExit(
            f"{DOCUMENT} has no markers for {name}: put `<!-- {name} -->` and `<!-- /{name} -->` on lines of their own"
        )
    return f"{before}{found}\n{table}\n\n{closed}{after}"


def main() -> int:
    """Measure, rewrite the tables, and say which sets are above the bound; gives 1 where any is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the evaluation sets"
    )
    parser.add_argument(
        "--rows", action="store_true", help="print the row numbers of what was put in front of a person"
    )
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"{options.data} is no folder: give the evaluation data with --data")
    with build(Settings(), keep=False) as house:
        results = []
        for name, language, even, odd in speech(house, options.data):
            print(f"{name:28} {language:8} odd {odd.rate!s:36} even {even.rate}")
            if options.rows:
                print("   rows", *sorted(odd.rows + even.rows))
            results.append((name, language, even, odd))
        tables = {
            "speech": speech_table(results),
            "synthetic": synthetic_table(house),
            "recruitcheck": suite_tables(house),
        }
    document = DOCUMENT.read_text("utf-8")
    for name, table in tables.items():
        print(table)
        document = replace_between(document, name, table)
    DOCUMENT.write_text(document, "utf-8")
    over = [name for name, _, even, odd in results if even.hits + odd.hits > MOST * (even.total + odd.total)]
    print("above the bound:", ", ".join(over) or "none")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
