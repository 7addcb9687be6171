"""`forestall evaluate`: how good the detection is, on a suite or on labelled rows, through the whole path."""

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from forestall.assembly import House
from forestall.doors.cli import exits, quality_page
from forestall.doors.cli.house import made, settings_of, store_option
from forestall.doors.cli.meter import progress
from forestall.doors.cli.safe import safe
from forestall.doors.cli.table import console_for_output
from forestall.insights import suite as suites
from forestall.insights import swap
from forestall.insights.compare import differences
from forestall.insights.judge import Row, judged, of_case, of_line
from forestall.insights.quality import Judged, Quality, Slice, measure, parity
from forestall.insights.rates import Rate
from forestall.insights.swap import Spread
from forestall.model.content import Content
from forestall.model.errors import BadInput
from forestall.model.ids import now

_EPILOG = """\b
Examples:
  forestall evaluate suites/recruitcheck --part held
  forestall evaluate labelled.jsonl --report quality.html --save today.json
  forestall evaluate suites/recruitcheck --languages fr,ar --format json
  forestall evaluate --compare yesterday.json today.json

\b
DATA are folders of a suite, or files of JSON lines: text, label (recruiting or safe), and if given id, family,
language, group. Nothing is stored and no text is printed; rows are named.

\b
Exit status: 0 done, 10 rows could not be read or, with --baseline, something is worse than it; 1 error, 2 wrong use."""


@click.command("evaluate", epilog=_EPILOG)
@click.argument("data", nargs=-1, metavar="[DATA]...", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--part", type=click.Choice(["tune", "held", "all"]), default="all", show_default=True, help="Templates of a suite."
)
@click.option("--languages", default="", metavar="XX,YY", help="Only these languages of a suite.")
@click.option("--all-creeds", is_flag=True, help="Fill every template for all creeds, not for two.")
@click.option(
    "--base-rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.001,
    show_default=True,
    help="Share of posts that are recruiting where you run it; precision is given for it.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="What to print."
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the measurement as JSON, to compare with later.",
)
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Also write one self-contained HTML page."
)
@click.option(
    "--compare",
    nargs=2,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    metavar="OLD NEW",
    help="Compare two saved measurements; takes no DATA.",
)
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A saved measurement; exit with 10 where a part is worse than it beyond chance.",
)
@click.option(
    "--swaps", is_flag=True, help="Also swap names and identities in a suite's sentences; no score should move."
)
@click.option("--policy", metavar="DIR", default="", help="Folder with the ruleset to use.")
@store_option
def command(
    *,
    data: tuple[Path, ...],
    part: str,
    languages: str,
    all_creeds: bool,
    base_rate: float,
    form: str,
    save: Path | None,
    report: Path | None,
    compare: tuple[Path, Path] | None,
    baseline: Path | None,
    swaps: bool,
    policy: str,
    folder: str,
) -> int:
    """Measure recall and false alarms: family by family, language by language, creed by creed.

    Every row goes through the whole path (reading, all detectors, policy, decision). Shares come with 95 % Wilson intervals.
    """
    if bool(data) == (compare is not None):
        raise click.UsageError("Name a suite or files of rows, or two measurements with --compare.")
    if compare is not None:
        return _told(saved(compare[0]), saved(compare[1]))
    unread: list[str] = []
    chosen = [name.strip() for name in languages.split(",") if name.strip()]
    with made(settings_of(folder, policy), keep=False) as house:
        rows = _rows(data, part, chosen, unread, all_creeds=all_creeds)
        quality = measure(_screened(house, rows), base_rate)
        moved = [spread for path in data if swaps and path.is_dir() for spread in _swapped(house, path, part, chosen)]
    if save is not None:
        save.write_bytes(msgspec.json.format(msgspec.json.encode(quality)))
    if report is not None:
        quality_page.write(report, quality, [str(path) for path in data], now())
    if form == "json":
        sys.stdout.buffer.write(msgspec.json.encode(quality) + b"\n")
    else:
        show(console_for_output(), quality)
    if swaps:
        _tell_swaps(moved)
    for line in unread[:20]:
        click.echo(safe(line), err=True)
    if unread:
        click.echo(f"{len(unread):,} rows could not be read and were left out", err=True)
    worse = baseline is not None and _told(saved(baseline), quality) == exits.PERSON
    return exits.PERSON if unread or worse else exits.OK


def _rows(
    data: Iterable[Path], part: str, languages: list[str], unread: list[str], *, all_creeds: bool
) -> Iterator[Row]:
    """Give the rows of suites and files; rows that cannot be read are said in `unread`."""
    parts = suites.PARTS if part == "all" else (part,)
    for path in data:
        if path.is_dir():
            suite = suites.read(path)
            strange = sorted(set(languages) - set(suite.languages))
            if strange:
                raise BadInput(f"{path} has no language `{strange[0]}`", f"it has {', '.join(suite.languages)}")
            yield from map(of_case, suite.cases(parts, languages, all_creeds=all_creeds))
            continue
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        yield of_line(line, number)
                    except BadInput as error:
                        unread.append(f"{path}: {error}")


def _screened(house: House, rows: Iterable[Row]) -> Iterator[Judged]:
    """Screen the rows, drawing progress where there is a terminal."""
    with progress(0, lambda: 0, "evaluating") as advance:
        for item in judged(house.screening, rows):
            yield item
            advance(1)


def _swapped(house: House, folder: Path, part: str, languages: list[str]) -> list[Spread]:
    """Give how far the scores of a suite's sentences move when names and identities in them are swapped, widest first."""

    def score(text: str) -> float:
        return house.screening.screen(Content(id="swap", text=text)).decision.priority

    parts = suites.PARTS if part == "all" else (part,)
    identities = folder / "identities.yaml"
    frames = swap.framed(identities, languages) if identities.is_file() else iter(())
    return swap.spreads(chain(swap.named(suites.read(folder), parts, languages), frames), score)


def _tell_swaps(spreads: list[Spread]) -> None:
    """Print how many scores moved, and the furthest."""
    far = [spread for spread in spreads if spread.width > swap.BOUND]
    click.echo(
        f"swaps: {Rate(len(far), len(spreads))} of sentences move by more than {swap.BOUND:g} when names or identities are swapped"
    )
    for spread in far[:5]:
        click.echo(safe(f"  {spread.name}: {spread.least:.3f} to {spread.most:.3f}"))


def saved(path: Path) -> Quality:
    """Read a saved measurement; raises BadInput where it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Quality)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is no saved measurement ({error})", "make one with --save") from None


def _told(old: Quality, new: Quality) -> int:
    """Print what moved beyond chance; gives PERSON where something became worse."""
    moved = differences(old, new)
    for one in moved:
        click.echo(f"{'worse ' if one.worse else 'better'}  {safe(str(one))}")
    if not moved:
        click.echo("Nothing moved by more than chance explains.")
    return exits.PERSON if any(one.worse for one in moved) else exits.OK


def show(console: Console, quality: Quality) -> None:
    """Print what a quality lead wants first: recall and false alarms, overall and by part."""
    whole = quality.all
    console.print(f"recall        {whole.recall}")
    console.print(f"false alarms  {whole.false}")
    console.print(
        f"precision     {100 * quality.precision:.1f} % where {100 * quality.base:g} % of posts are recruiting; "
        f"calibration error {quality.calibration_error:.3f}"
    )
    for one in quality.at_false:
        console.print(f"recall at {100 * one.share:g} % false alarms: {one.recall} (from {one.threshold:.3f} on)")
    for title, slices in (
        ("language", quality.languages),
        ("creed or group", quality.groups),
        ("family", quality.families),
    ):
        if slices:
            console.print(_table(title, slices))
    for title, rows in (("worst false alarms", quality.false_alarms), ("furthest misses", quality.misses)):
        if rows:
            console.print(f"\n{title}")
        for row in rows[:5]:
            console.print(safe(f"  {row.score:.2f} {row.id}: {'; '.join(row.why) or 'nothing found'}"), soft_wrap=True)


def _table(title: str, slices: tuple[Slice, ...]) -> Table:
    """Give the table of one way of parting the items, with each false share against the median."""
    like = parity(slices, lambda one: one.false)
    table = Table(title_justify="left", box=None, pad_edge=False)
    for heading in (title, "recall", "false alarms", "× median"):
        table.add_column(heading, justify="left")
    for one in slices:
        ratio = f"{like[one.name]:.2f}" if one.name in like else ""
        table.add_row(
            safe(one.name),
            str(one.recall) if one.recall.total else "",
            str(one.false) if one.false.total else "",
            ratio,
        )
    return table
