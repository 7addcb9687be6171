"""Which contact points are found in ordinary speech, and what looking for them costs.

python benchmarks/channels.py                    points in the evaluation sets, by kind, with row numbers; µs per post
python benchmarks/channels.py --ids              also the id of each, to see that it is truly there
python benchmarks/channels.py --speed            only the cost

Texts are never printed. In the sets `@user`, `[email]` and `[phone]` stand for what was there, so what remains are addresses
that the sets' makers missed or left on purpose: each one listed has to be truly in its text.
"""

import argparse
import csv
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.posts import posts
from benchmarks.quality_sets import SETS, Row

from forestall.detect.contact.points import scan
from forestall.detect.contact.trigger import suspicious
from forestall.text.fold import Folded, fold

DATA = Path(__file__).parents[2] / "shared" / "data"
ROUNDS = 5
_SUITES = {one.name for one in SETS if one.name.startswith(("hatecheck", "multilingual", "hatemoji", "xstest"))}
"""Sets that are rows of a suite; here the suites are read whole."""


def suites(data: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    """Give every table of the suites with all its rows, hateful ones too: the column of texts, rows counted from 1."""
    for path in sorted((data / "suites").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        column = next((name for name in ("test_case", "text", "prompt") if rows and name in rows[0]), "")
        if column:
            yield f"{path.parent.name} {path.stem}"[:28], iter(list(enumerate((row[column] or "" for row in rows), 1)))


def speech(data: Path, *, ids: bool) -> None:
    """Print what is found in each set of ordinary speech: kind, how many, in which rows."""
    total, asked, kinds = 0, 0, Counter[str]()
    sets = [(one.name, one.read(data)) for one in SETS if one.name not in _SUITES]
    for name, texts in [*sets, *suites(data)]:
        found: dict[str, list[str]] = defaultdict(list)
        rows = 0
        for number, text in texts:
            rows += 1
            view = fold(text)
            asked += suspicious(view.text)
            for point in scan(text, view):
                found[point.kind].append(f"{number}={point.id}" if ids else str(number))
                kinds[point.kind] += 1
        total += rows
        said = "; ".join(f"{kind} {len(where)} (rows {', '.join(where[:12])})" for kind, where in sorted(found.items()))
        print(f"  {name:<28}{rows:>7,} rows  {said or 'none'}")
    print(f"  {total:,} rows, {sum(kinds.values())} points {dict(kinds)}; {asked / total:.1%} were looked at closely")


def cost(name: str, texts: Sequence[str]) -> None:
    """Print µs per post of the first question, and of the whole search, over folded texts; the median of some rounds."""
    folded = [fold(text) for text in texts]

    def median(look: Callable[[str, Folded], object]) -> float:
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for text, view in zip(texts, folded, strict=True):
                look(text, view)
            taken.append((time.perf_counter() - started) / len(texts) * 1e6)
        return statistics.median(taken)

    close = sum(suspicious(view.text) for view in folded) / len(folded)
    first = median(lambda _, view: suspicious(view.text))
    whole = median(lambda text, view: list(scan(text, view)))
    length = statistics.mean(map(len, texts))
    print(
        f"  {name:<28}{length:>6.0f} characters  first question {first:5.1f} µs  whole {whole:5.1f} µs  looked at {close:.1%}"
    )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of evaluation data")
    parser.add_argument("--ids", action="store_true", help="print the id of every point")
    parser.add_argument("--speed", action="store_true", help="only the cost")
    chosen = parser.parse_args()
    if not chosen.speed:
        print("points in ordinary speech")
        speech(chosen.data, ids=chosen.ids)
    print("cost of looking for points in folded texts")
    cost("made-up posts", [post["text"] for post in posts(5_000)])
    if chosen.data.is_dir():
        for one in SETS:
            if one.name in ("arsarcasm train", "goemotions general", "naijasenti train", "roman-urdu"):
                cost(one.name, [text for _, text in one.read(chosen.data)][:3_000])


if __name__ == "__main__":
    main()
