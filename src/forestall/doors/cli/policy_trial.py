"""`forestall policy diff`, `backtest` and `impact`: what a ruleset would change, before it decides anything."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from forestall.assembly import House
from forestall.doors.cli import exits
from forestall.doors.cli.house import existing, store_option
from forestall.doors.cli.safe import isolated, safe
from forestall.doors.cli.table import console_for_output
from forestall.insights.backtest import report, rows
from forestall.insights.backtest.impact import Impact, capacity_of, needed
from forestall.insights.backtest.impact import impact as impact_of
from forestall.insights.backtest.plan import plan_of
from forestall.insights.backtest.run import Backtest, tried
from forestall.insights.backtest.run import backtest as run
from forestall.insights.backtest.tally import Moves, Tally
from forestall.policy.difference import Difference, differences
from forestall.policy.engine import Ruleset
from forestall.policy.ruleset import files_of, load

_MINUTES = 2.0
_HOURS = 5.0
"""What a reviewer of such material can be asked for a day; wellbeing guidance says less than a whole shift."""


F = TypeVar("F", bound=Callable[..., Any])


def policy_argument(command: F) -> F:
    """Add the policy folder to a command."""
    return click.argument("policy", metavar="DIR", type=click.Path(exists=True, file_okay=False))(command)


@click.command("diff", epilog="\b\nExamples:\n  forestall policy diff my-policy/\n  forestall policy diff old/ new/")
@click.argument("folders", metavar="[OLD] NEW", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
@store_option
def diff(folders: tuple[str, ...], folder: str) -> int:
    """Show rule by rule what differs from another folder, or from the rules that decide now, and what could become harsher."""
    if len(folders) > 2:
        raise click.UsageError("Name one policy folder, or two.")
    with existing(folder) as house:
        after = load(files_of(folders[-1]), house.labels)
        before = load(files_of(folders[0]), house.labels) if len(folders) == 2 else house.screening.ruleset
    found = differences(before, after)
    show_differences(console_for_output(), found)
    return exits.PERSON if any(one.harsher for one in found) else exits.OK


@click.command(
    "backtest",
    epilog="""\b
Examples:
  forestall policy backtest my-policy/
  forestall policy backtest my-policy/ --rows decisions.jsonl
  forestall policy backtest my-policy/ --format json

\b
A line of --rows is a decision as the API gives it: {"findings": [{"label": "recruiting", "score": 0.7}], "facts": {…}},
and where known "person" (what a person answered), "family", "language", "at". Parquet has the same columns.""",
)
@policy_argument
@click.option(
    "--rows",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Try it on the decisions in a file instead of those in the store.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="What to print."
)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="How many work at once.")
@store_option
def backtest(policy: str, file: Path | None, form: str, processes: int, folder: str) -> None:
    """Try a policy folder on everything that was decided: what would newly ask a person, no longer, or otherwise."""
    with existing(folder) as house:
        after = load(files_of(policy), house.labels)
        started = time.monotonic()
        found = try_on_store(house, after, processes) if file is None else _try_on_file(house, after, file)
        seconds = time.monotonic() - started
    if form == "json":
        click.echo(json.dumps({**report.totals(found), "surprises": report.surprises(found.tally)}, indent=2))
        return
    show(console_for_output(), found, seconds)


@click.command(
    "impact", epilog="\b\nExample:\n  forestall policy impact my-policy/ --reviewers 3 --minutes 2 --hours 5"
)
@policy_argument
@click.option("--reviewers", type=click.IntRange(min=0), default=0, help="How many people look at cases on a day.")
@click.option(
    "--minutes", type=click.FloatRange(min=0.1), default=_MINUTES, show_default=True, help="Minutes a case takes."
)
@click.option(
    "--hours", type=click.FloatRange(min=0.1), default=_HOURS, show_default=True, help="Hours a person looks a day."
)
@store_option
def impact(policy: str, reviewers: int, minutes: float, hours: float, folder: str) -> int:
    """Say how many cases a day a policy folder would make, and whether the people who look can answer them."""
    with existing(folder) as house:
        found = try_on_store(house, load(files_of(policy), house.labels))
    what = impact_of(found, capacity_of(reviewers, hours, minutes))
    output = console_for_output()
    output.print(what.told(), soft_wrap=True)
    if what.days:
        people = needed(what.mean_after, hours, minutes)
        busiest = needed(what.most_after, hours, minutes)
        output.print(f"that takes {people:,} people on the average day and {busiest:,} on the busiest", soft_wrap=True)
        output.print(_by_day(what))
    return exits.OK if what.fits else exits.PERSON


def try_on_store(house: House, after: Ruleset, processes: int = 2) -> Backtest:
    """Try a ruleset on everything a house holds, drawing progress where there is a terminal."""
    with _progress("trying on what was decided") as advance:
        return run(house.screening.ruleset, after, house.labels, house.store, processes=processes, progress=advance)


def _try_on_file(house: House, after: Ruleset, file: Path) -> Backtest:
    """Try a ruleset on the decisions in a file."""
    plan = plan_of(house.screening.ruleset, after)
    tally = tried(plan, rows.read(file, house.labels))
    return Backtest(plan, tally, tally.looked, tally.looked, {})


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Draw how many decisions were looked at, where standard error is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _all: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, number: bar.update(task, completed=done, total=number)


def show(output: Console, found: Backtest, seconds: float) -> None:
    """Print a backtest: how much was looked at, what moves, by rule and language, and the changes most worth reading."""
    tally = found.tally
    output.print(_looked(found, seconds), soft_wrap=True)
    show_differences(output, differences(found.plan.before, found.plan.after), brief=True)
    if not tally.moves.any:
        output.print("Nothing would come out otherwise.")
    else:
        output.print(_said(tally.moves), soft_wrap=True)
        for what, rate in (("newly asked", tally.caught.precision), ("no longer asked", tally.dropped.precision)):
            if rate.total:
                output.print(f"of what is {what}, people had found a violation in {rate}", soft_wrap=True)
    if tally.rules:
        output.print(_rules(tally))
    for name, slices in (("language", tally.languages), ("surface", tally.surfaces), ("family", tally.families)):
        if slices:
            output.print(_slices(name, slices))
    if found.asked:
        output.print(impact_of(found).told(), soft_wrap=True)
    if tally.surprises:
        output.print("Most worth reading (`forestall explain ID` shows each whole):")
        output.print(_surprises(tally))


def show_differences(output: Console, found: list[Difference], *, brief: bool = False) -> None:
    """Print what differs between two rulesets; `brief` leaves the fields out."""
    if not found:
        output.print("The rules are the same.")
    for one in found:
        output.print(safe(f"{one.how} {one.what} {one.name}"), soft_wrap=True)
        for edit in () if brief or one.how == "added" else one.edits:
            output.print(safe(f"  {edit.field}"))
            for sign, text in (("-", edit.was), ("+", edit.now)):
                for line in text.split("\n") if text else ():
                    output.print(f"    {sign} {safe(line)}", soft_wrap=True)
    for line in dict.fromkeys(one.harsher for one in found if one.harsher):
        output.print(f"harsher: {safe(line)}", soft_wrap=True)


def _looked(found: Backtest, seconds: float) -> str:
    """Say what was looked at."""
    looked, number = found.tally.looked, found.decisions
    rest = f" of {number:,} with findings; the others cannot change" if looked < number else ""
    took = f" ({seconds:.1f} s)" if seconds else ""
    return f"rules that differ: {len(found.plan.rules):,}; decisions looked at: {looked:,}{rest}{took}"


def _said(moves: Moves) -> str:
    """Say what moves."""
    return (
        f"newly asks a person: {moves.caught:,} · no longer: {moves.dropped:,} · "
        f"harsher: {moves.harsher:,} · milder: {moves.milder:,}"
    )


def _rules(tally: Tally) -> Table:
    """Give the table of rules in question."""
    table = Table("rule", "speaks", "alone", "unknown", "people agreed", "together with")
    for name, one in sorted(tally.rules.items(), key=lambda item: (-item[1].fired, item[0])):
        beside = ", ".join(f"{other} {number:,}" for other, number in one.beside.most_common(3))
        agreed = str(one.precision) if one.precision.total else "nobody answered"
        table.add_row(safe(name), f"{one.fired:,}", f"{one.alone:,}", f"{one.unknown:,}", agreed, safe(beside))
    return table


def _slices(name: str, slices: dict[str, Moves]) -> Table:
    """Give the table of moves by language, surface or family."""
    table = Table(name, "newly", "no longer", "harsher", "milder")
    for key, moves in sorted(slices.items(), key=lambda item: (-item[1].caught - item[1].dropped, item[0]))[:20]:
        numbers = (moves.caught, moves.dropped, moves.harsher, moves.milder)
        table.add_row(safe(key), *(f"{number:,}" for number in numbers))
    return table


def _surprises(tally: Tally) -> Table:
    """Give the table of the changes most worth reading."""
    table = Table("content", "", "becomes", "rules", "a person said", "why")
    for one in tally.surprises:
        rules = ", ".join([*(f"+{rule}" for rule in one.gained), *(f"-{rule}" for rule in one.lost)])
        becomes = f"{one.before} → {one.after}"
        person = one.person.value if one.person else ""
        table.add_row(isolated(one.content), one.language, becomes, safe(rules), person, isolated(one.reason))
    return table


def _by_day(what: Impact) -> Table:
    """Give the table of the last days."""
    table = Table("day", "before", "with the new rules")
    for day, before, after in what.by_day[-14:]:
        table.add_row(day, f"{before:,}", f"{after:,}")
    return table
