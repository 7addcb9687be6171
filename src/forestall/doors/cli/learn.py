"""`forestall learn`: a model of recruiting from people's decisions, compared with the one in use, and used once somebody approved it."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from forestall.doors.cli.house import existing, opened, store_option
from forestall.doors.cli.safe import safe
from forestall.doors.cli.table import console_for_output
from forestall.flow import learning
from forestall.flow.learning import Approval, Comparison, Gathered
from forestall.insights.rates import Rate

_SHORT = 12
_TRAIN = """\b
Examples:
  forestall learn train
  forestall learn train --from labelled.jsonl

\b
A line of --from is {"text": "…", "label": "recruiting"} or "safe", and where known "group" (an account or a thread),
"family" and "language". Learning needs SciPy: pip install 'forestall[learn]'."""


@click.group("learn")
def command() -> None:
    """Learn a model from people's decisions, compare it, approve it."""


@command.command("train", epilog=_TRAIN)
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also learn from labelled texts in a file of JSON lines.",
)
@click.option(
    "--least",
    type=click.IntRange(min=20),
    default=learning.LEAST,
    show_default=True,
    help="Examples of each kind it takes.",
)
@store_option
def train(file: Path | None, least: int, folder: str) -> None:
    """Learn a model from the answers to cases about the language of recruiting. It is kept in the data folder, and not used yet."""
    with opened(folder) if file is not None else existing(folder) as house:
        decided = learning.gather(house.store)
        gathered = [("decided cases", decided)]
        if file is not None:
            with file.open("rb") as lines:
                gathered.append((file.name, learning.read_lines(lines)))
        for name, one in gathered:
            click.echo(f"{safe(name)}: {_told(one)}", err=True)
        examples = [example for _, one in gathered for example in one.examples]
        with Console(stderr=True).status("learning, and measuring on what was left out …"):
            compared = learning.learn(house.learner, examples, house.clock, least)
    _show(compared)
    click.echo(f"Not used yet. To use it: forestall learn approve {compared.model[:_SHORT]} --by NAME --why REASON")


@command.command("compare", epilog="\b\nExample:\n  forestall learn compare 3f6f1c2b7a10")
@click.argument("digest", metavar="DIGEST")
@store_option
def compare(digest: str, folder: str) -> None:
    """Show how a model did beside the one that was in use when it was learnt, on accounts and threads left out of learning."""
    with existing(folder) as house:
        compared = learning.compared(house.learner, digest)
    if compared is None:
        click.echo("That model came without a comparison.")
        return
    _show(compared)


@command.command(
    "approve",
    epilog="""\b
Examples:
  forestall learn approve 3f6f1c2b7a10 --by ada --why "fewer false alarms on our gaming boards"
  forestall learn approve bundled --by ada --why "back to what comes with Forestall" """,
)
@click.argument("digest", metavar="DIGEST")
@click.option("--by", required=True, metavar="NAME", help="Who approves it.")
@click.option("--why", required=True, metavar="REASON", help="Why it is better; kept in the ledger.")
@store_option
def approve(digest: str, by: str, why: str, folder: str) -> None:
    """Use a model from the next start on. A line in the ledger says who approved it and why; earlier decisions stay as they are."""
    with existing(folder) as house:
        whole = learning.approve(house.store, house.learner, Approval(digest, by, why), house.clock)
    click.echo(f"The model {whole[:_SHORT]} is used from the next start on. Restart the service.")


@command.command("show", epilog="\b\nExample:\n  forestall learn show")
@store_option
def show(folder: str) -> None:
    """List the models there are, and which one is in use."""
    with existing(folder) as house:
        shelf = house.learner.shelf
        table = Table("digest", "from", "learnt", "examples", "in use")
        for number, digest in enumerate(shelf.names()):
            compared = learning.compared(house.learner, digest)
            examples = (
                f"{sum(compared.parts[name].total for name in _ALL if name in compared.parts):,}" if compared else ""
            )
            source = "decided here" if number else "with Forestall"
            table.add_row(
                digest[:_SHORT], source, compared.made[:10] if compared else "", examples, _used(digest, shelf.in_use)
            )
    console_for_output().print(table)


_ALL = ("recruiting all", "safe all")


def _used(digest: str, in_use: str) -> str:
    """Say whether a model is in use."""
    return "in use" if digest == in_use else ""


def _told(gathered: Gathered) -> str:
    """Say how many examples there are, and what was left out."""
    recruiting = sum(example.recruits for example in gathered.examples)
    parts = [f"{recruiting:,} recruiting, {len(gathered.examples) - recruiting:,} safe"]
    parts += [f"{count:,} left out ({why})" for why, count in gathered.left_out.items() if count]
    return ", ".join(parts)


def _show(compared: Comparison) -> None:
    """Print a comparison: shares of a score of one half or more, with 95 % Wilson intervals."""
    table = Table("asked for a person", "of", f"model {compared.model[:_SHORT]}", f"in use {compared.beside[:_SHORT]}")
    for name, count in compared.parts.items():
        table.add_row(safe(name), f"{count.total:,}", _share(count.new, count.total), _share(count.old, count.total))
    output = console_for_output()
    output.print(table)
    output.print(
        f"{compared.groups:,} accounts and threads; each was scored by a model that never saw it. "
        f"The form of the texts alone tells them apart with an F1 of {compared.form_f1:.2f}.",
        soft_wrap=True,
    )


def _share(hits: int, total: int) -> str:
    """Give a share with its interval, in per cent."""
    rate = Rate(hits, total)
    low, high = rate.interval
    return f"{100 * rate.share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"
