"""Write RecruitCheck as one table, for whoever wants to run it on another detector.

    python suites/recruitcheck/make.py [--format csv|jsonl] [--part tune|held|all] > recruitcheck.csv

Columns: case_id, text, label (recruiting or safe), functionality, family, kind (of contrast), language, creed, part, pair_id, style (of
disguise). Needs Forestall installed. The same cases come out every time.
"""

import argparse
import csv
import json
import sys
from pathlib import Path

from forestall.insights.suite import PARTS, RECRUITING, SAFE, Case, read

COLUMNS = (
    "case_id", "text", "label", "functionality", "family", "kind", "language", "creed", "part", "pair_id", "style",
)  # fmt: skip


def row(case: Case) -> tuple[str, ...]:
    """Give a case's columns."""
    label = RECRUITING if case.meant else SAFE
    return (
        case.id, case.text, label, case.function, case.family, case.kind, case.language, case.creed, case.part, case.pair,
        case.style,
    )  # fmt: skip


def main() -> None:
    """Write the table to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
    parser.add_argument("--part", choices=[*PARTS, "all"], default="all")
    options = parser.parse_args()
    cases = read(Path(__file__).parent).cases(PARTS if options.part == "all" else (options.part,))
    if options.format == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows(map(row, cases))
        return
    for case in cases:
        print(json.dumps(dict(zip(COLUMNS, row(case), strict=True)), ensure_ascii=False))


if __name__ == "__main__":
    main()
