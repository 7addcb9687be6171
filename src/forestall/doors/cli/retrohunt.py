"""`forestall retrohunt`: searches what was screened before, or hashes of content kept elsewhere, for known material."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from forestall.assembly import House
from forestall.doors.cli import bank_tables as tables
from forestall.doors.cli import exits
from forestall.doors.cli.bank import BY
from forestall.doors.cli.house import existing, made, settings_of, store_option
from forestall.doors.cli.hunting import do
from forestall.doors.cli.meter import progress
from forestall.doors.cli.safe import safe
from forestall.flow import hashfile
from forestall.flow.hashfile import HashRow
from forestall.model.bank import Match
from forestall.model.content import Problem
from forestall.model.errors import BadInput, NotFound

_SHOWN = 20


@click.group(
    "retrohunt",
    invoke_without_command=True,
    epilog="""\b
Examples:
  forestall retrohunt run
  forestall retrohunt run --bank partner-list --whole
  forestall retrohunt list
  forestall retrohunt --hashes archive.parquet --type pdq > matches.jsonl
  forestall retrohunt --hashes hashes.ndjson --bank known.csv

\b
A file of hashes is NDJSON, CSV or Parquet with the columns id, type and value (--type where there is no column `type`); each
row that meets a bank is written as one JSON line with its matches. Parquet needs the extra `analytics`.

\b
Exit status: 0 nothing matches, 10 something does, 1 error, 2 wrong use.""",
)
@click.option("--hashes", "path", type=click.Path(path_type=Path), help="File of hashes of content kept elsewhere.")
@click.option("--bank", default="", metavar="BANK|FILE", help="Only against this bank of the store, or this bank file.")
@click.option("--type", "kind", default="", help="Signal type of rows that do not name one.")
@store_option
@click.pass_context
def command(context: click.Context, path: Path | None, bank: str, kind: str, folder: str) -> int:
    """Search what was screened before for signals that came later, or match a file of hashes against the banks.

    Hashes of everything screened are kept for `keep_hashes_days`, so this needs no content. A server does it by itself whenever
    signals arrive.
    """
    if context.invoked_subcommand is not None:
        if path is not None:
            raise BadInput("--hashes goes without a subcommand", "forestall retrohunt --hashes FILE")
        return exits.OK
    if path is None:
        click.echo(context.get_help())
        return exits.OK
    return _over_file(path, bank, kind, folder)


@command.command("run", epilog="\b\nExample:\n  forestall retrohunt run --bank ours")
@click.option("--bank", default="", metavar="BANK", help="Begin a hunt for this bank's new signals.")
@click.option("--whole", is_flag=True, help="For all of its signals, not only the new ones.")
@store_option
def run(bank: str, whole: bool, folder: str) -> int:
    """Do the hunts that wait, those that broke off among them; or begin one."""
    if whole and not bank:
        raise BadInput("--whole needs a bank", "name it: --bank BANK")
    with existing(folder) as house:
        if bank:
            hunts = [house.hunter.start(house.banker.find(bank), BY, whole=whole)]
        else:
            house.hunter.overlooked()
            hunts = list(house.hunter.waiting())
        cases = sum([do(house, hunt) for hunt in hunts])
    if not hunts:
        click.echo("No hunt waits. Begin one: forestall retrohunt run --bank BANK")
    return exits.PERSON if cases else exits.OK


@command.command("list", epilog="\b\nExample:\n  forestall retrohunt list --format jsonl")
@click.option("--format", "form", type=click.Choice(tables.FORMATS), default="table", show_default=True)
@store_option
def list_(form: str, folder: str) -> None:
    """List the hunts, newest first."""
    with existing(folder) as house:
        hunts = house.store.hunts(100)
        names = {bank.id: bank.name for bank in house.store.banks()}
    if form == "jsonl":
        for hunt in hunts:
            tables.line(tables.hunt_shape(hunt, names.get(hunt.bank, "")))
    elif hunts:
        tables.show_hunts((hunt, names.get(hunt.bank, hunt.bank)) for hunt in hunts)
    else:
        click.echo("There was no hunt yet.")


@command.command("show", epilog="\b\nExample:\n  forestall retrohunt show 0198c1f0-5b7e-7c11-9d2a-3f6f1c2b7a10")
@click.argument("hunt_id", metavar="ID")
@store_option
def show(hunt_id: str, folder: str) -> None:
    """Show a hunt and the cases it opened."""
    with existing(folder) as house:
        hunt = house.store.hunt(hunt_id)
        if hunt is None:
            raise NotFound(f"there is no retro-hunt `{hunt_id}`", "list them: `forestall retrohunt list`")
        bank = house.store.bank(hunt.bank)
        cases = house.store.cases_in(hunt.id)
    tables.show_hunts([(hunt, bank.name if bank else hunt.bank)])
    if cases:
        tables.show_cases(cases)
    else:
        click.echo("It opened no case.")


def _over_file(path: Path, bank: str, kind: str, folder: str) -> int:
    """Match a file of hashes against banks and write what matches."""
    rows = hashfile.read(path, kind)
    with _house(folder, bank) as house:
        name = Path(bank).stem if _is_file(bank) else house.banker.find(bank).name if bank else ""
        matched = count = 0
        problems = _Problems()
        with progress(0, lambda: 0, "matching") as advance:
            for batch in hashfile.batches(rows):
                for row, matches in _met(house, batch, name, problems):
                    tables.line({**row._asdict(), "matches": [tables.match_shape(match) for match in matches]})
                    matched += 1
                count += len(batch)
                advance(len(batch))
    problems.tell()
    click.echo(f"{count:,} rows, {matched:,} match.", err=True)
    return exits.PERSON if matched else exits.OK


def _house(folder: str, bank: str) -> House:
    """Open the store with the bank file beside it; where there is no store, a bank file alone is enough."""
    files = (bank,) if _is_file(bank) else ()
    if files and not (Path(folder) / "keys").is_dir():
        return made(settings_of(folder, banks=files), keep=False)
    return made(settings_of(folder, banks=files)) if files else existing(folder)


def _is_file(bank: str) -> bool:
    """Tell whether a bank is named by its file."""
    return bool(bank) and Path(bank).is_file()


def _met(
    house: House, batch: Sequence[HashRow | Problem], bank: str, problems: "_Problems"
) -> Iterator[tuple[HashRow, list[Match]]]:
    """Give the rows of a batch that meet a bank, in order, looking up all values of a type at once."""
    values: dict[str, dict[str, list[int]]] = {}
    for place, row in enumerate(batch):
        if isinstance(row, Problem):
            problems.add(row.what)
            continue
        try:
            value = house.types.normalise(row.type, row.value)
        except BadInput as error:
            problems.add(f"{row.id}: {error}")
            continue
        values.setdefault(row.type, {}).setdefault(value, []).append(place)
    found: dict[int, list[Match]] = {}
    now = house.clock()
    for kind, places in values.items():
        for at, matches in zip(places.values(), house.library.lookup(kind, list(places), now), strict=True):
            kept = [match for match in matches if not bank or match.bank.name == bank]
            if kept:
                found.update(dict.fromkeys(at, kept))
    for place in sorted(found):
        row = batch[place]
        if isinstance(row, HashRow):
            yield row, found[place]


class _Problems:
    """Rows that could not be used: the first in words, the rest counted."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._count = 0

    def add(self, what: str) -> None:
        """Count one."""
        self._count += 1
        if len(self._said) < _SHOWN:
            self._said.append(what)

    def tell(self) -> None:
        """Say them on standard error."""
        for what in self._said:
            click.echo(f"  not used: {safe(what)}", err=True)
        if self._count > len(self._said):
            click.echo(f"  … and {self._count - len(self._said):,} more", err=True)
