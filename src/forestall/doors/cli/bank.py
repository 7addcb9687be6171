"""`forestall bank`: banks of known material, from making one to taking back what a source said."""

import re
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import click

from forestall.assembly import House
from forestall.doors.cli import bank_tables as tables
from forestall.doors.cli import exits
from forestall.doors.cli.house import existing, opened, store_option
from forestall.doors.cli.hunting import hunt_for
from forestall.doors.cli.meter import progress
from forestall.doors.cli.safe import safe
from forestall.flow import bankfile
from forestall.flow.impact import Impact
from forestall.model.bank import Bank, BankState, Entry, Match, Opinion, Purpose, Trust
from forestall.model.content import Problem
from forestall.model.errors import BadInput, NotFound

BY = "cli"

_PAGE = 20
_BY_LINE = frozenset({"csv", "ndjson", "list", "tcap-csv", "hma-lines"})
"""Formats in which a line holds a signal."""
_VALUE = re.compile(r"`([^`]{1,80})`: ")
_NAME = click.argument("name", metavar="BANK")
_TRUST = click.Choice([item.value for item in Trust])
_STATE = click.Choice([item.value for item in BankState])
_FORMAT = click.option("--format", "form", type=click.Choice(tables.FORMATS), default="table", show_default=True)
_NOTE = click.option("--note", default="", help="Why; the ledger keeps it.")
_DISTANCES = click.option(
    "--distance",
    "distances",
    metavar="TYPE=N",
    multiple=True,
    help="Largest distance that matches, per signal type; repeatable.",
)
_QUALITY = click.option("--quality", type=click.IntRange(0, 100), help="Least quality of what is matched.")
_EXPIRES = click.option("--expires", metavar="DAY", help="Last day on which it matches (2027-01-31).")
_DESCRIPTION = click.option("--description", help="What it holds, in a sentence.")


@click.group("bank")
def command() -> None:
    """Make, fill, search, change and export banks of known material.

    A bank holds signals: hashes of files and pictures, addresses, passages of text. Content that meets one is noticed; what follows
    depends on how far the signal is trusted and on the policy. Every change is a line in the ledger.
    """


@command.command(
    "create",
    epilog="""\b
Examples:
  forestall bank create ours --trust confirmed
  forestall bank create partner-list --trust partner --state preview --distance pdq=24
  forestall bank create news-photos --purpose allow""",
)
@_NAME
@click.option("--trust", type=_TRUST, default=Trust.CANDIDATE.value, show_default=True, help="How far to trust it.")
@click.option(
    "--purpose",
    type=click.Choice([item.value for item in Purpose]),
    default=Purpose.BLOCK.value,
    show_default=True,
    help="`allow` excuses what only looks like known material.",
)
@click.option(
    "--state",
    type=_STATE,
    default=BankState.LIVE.value,
    show_default=True,
    help="`preview` matches nothing until it is switched on.",
)
@_DESCRIPTION
@_DISTANCES
@_QUALITY
@_EXPIRES
@_NOTE
@store_option
def create(name: str, folder: str, distances: tuple[str, ...], note: str, **given: Any) -> None:
    """Make an empty bank."""
    with opened(folder) as house:
        fields = _fields({**given, "distances": _distances(distances)})
        bank = house.banker.create(name, BY, note=note, **fields)
    click.echo(f"Bank {safe(bank.name)} is {bank.state.value}. Fill it: forestall bank import {safe(bank.name)} FILE")


@command.command("list", epilog="\b\nExample:\n  forestall bank list --format jsonl")
@_FORMAT
@store_option
def list_(form: str, folder: str) -> None:
    """List all banks with the number of their signals."""
    with existing(folder) as house:
        found = [(bank, house.store.count_signals(bank.id)) for bank in house.store.banks()]
    if form == "jsonl":
        for bank, counts in found:
            tables.line(tables.bank_shape(bank, counts))
    elif found:
        tables.show_banks(found)
    else:
        click.echo("There is no bank. Make one: forestall bank create NAME")


@command.command(
    "show",
    epilog="""\b
Examples:
  forestall bank show ours
  forestall bank show ours --source partner --limit 100
  forestall bank show ours --value d8f8 --format jsonl""",
)
@_NAME
@click.option("--type", "kind", default="", help="Only signals of this type.")
@click.option("--source", default="", help="Only signals this source has an opinion on.")
@click.option("--value", default="", help="Only signals whose value begins so.")
@click.option("--limit", type=click.IntRange(0, 5_000), default=_PAGE, show_default=True, help="Most signals shown.")
@_FORMAT
@store_option
def show(*, name: str, kind: str, source: str, value: str, limit: int, form: str, folder: str) -> None:
    """Show a bank and some of its signals, with what each source says."""
    with existing(folder) as house:
        bank = house.banker.find(name)
        counts = house.store.count_signals(bank.id)
        page = house.store.signals_of(bank.id, limit=max(limit, 1), kind=kind, source=source, value=value)
    signals = page.items[:limit]
    if form == "jsonl":
        tables.line(tables.bank_shape(bank, counts))
        for signal in signals:
            tables.line(tables.signal_shape(signal))
        return
    tables.show_bank(bank, counts)
    if signals:
        tables.show_signals(signals, bool(page.next_cursor))


@command.command(
    "add",
    epilog="""\b
Examples:
  forestall bank add ours d41d8cd98f00b204e9800998ecf8427e --label "magazine, issue 3"
  forestall bank add ours d8f8f0cce0f4a84f0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22 --type pdq""",
)
@_NAME
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
@click.option("--type", "kind", default="", help="Signal type; told by the value where only one fits.")
@click.option("--trust", type=_TRUST, help="How far to trust these; the bank's trust where not said.")
@click.option("--label", default="", help="What it is.")
@click.option("--source", default=BY, show_default=True, help="Who says so.")
@click.option("--within", "distance", type=click.IntRange(0), help="Largest distance for these alone.")
@click.option("--confirmed-by", default="", help="Who looked and confirmed it.")
@click.option("--expires", metavar="DAY", default="", help="Last day on which they match.")
@_NOTE
@store_option
def add(
    *, name: str, values: tuple[str, ...], kind: str, trust: str | None, distance: int | None, expires: str,
    folder: str, **said: Any,
) -> int:  # fmt: skip
    """Add signals by their values. What was screened before is searched for them at once."""
    with existing(folder) as house:
        bank = house.banker.find(name)
        opinion = Opinion(trust=Trust(trust) if trust else None, **said)
        entries = [Entry(kind or _kind(house, value), value, opinion, distance, expires) for value in values]
        added = house.banker.add(bank, entries, BY)
        tables.show_added(added, bank)
        cases = hunt_for(house, bank, BY) if added.added or added.changed else 0
    return exits.PERSON if added.refused or cases else exits.OK


@command.command(
    "import",
    epilog="""\b
Examples:
  forestall bank import ours known.csv
  forestall bank import partner-list export.json --preview
  forestall bank change partner-list --state live

\b
Takes CSV and JSON lines with the columns of `forestall bank export`, plain lists of hashes, HMA exports, TCAP lists (CSV, JSON),
ThreatExchange JSON, and STIX bundles with file hashes; the format is recognised. The same file again changes nothing.

\b
Exit status: 0 all is in, 10 rows were refused or earlier content matches, 1 error, 2 wrong use.""",
)
@_NAME
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--source", default="", help="Who says so, for rows that do not name one; the file's name where not said."
)
@click.option("--trust", type=_TRUST, help="How far to trust rows that do not say.")
@click.option(
    "--preview", is_flag=True, help="Match nothing yet; say what it would have matched, and how to switch it on."
)
@store_option
def import_(*, name: str, files: tuple[Path, ...], source: str, trust: str | None, preview: bool, folder: str) -> int:
    """Import files of signals into a bank. With --preview a bank that does not exist is made."""
    with opened(folder) as house:
        bank = _previewed(house, name) if preview else house.banker.find(name)
        refused = 0
        for path in files:
            refused += _import(house, bank, path, source, Trust(trust) if trust else None)
        if preview:
            _tell_impact(house, bank)
            return exits.PERSON if refused else exits.OK
        cases = hunt_for(house, bank, BY)
    return exits.PERSON if refused or cases else exits.OK


@command.command(
    "search",
    epilog="""\b
Examples:
  forestall bank search d41d8cd98f00b204e9800998ecf8427e
  forestall bank search https://example.org/magazine --type url --format jsonl

\b
Exit status: 0 nothing is known of it, 10 something is.""",
)
@click.argument("value")
@click.option("--type", "kind", default="", help="Signal type; all types it could be where not said.")
@_FORMAT
@store_option
def search(value: str, kind: str, form: str, folder: str) -> int:
    """Look a value up in all banks that are live: equal and near signals, nearest first."""
    with existing(folder) as house:
        found = [match for name in ([kind] if kind else _kinds(house, value)) for match in _met(house, name, value)]
    if form == "jsonl":
        for match in found:
            tables.line(tables.match_shape(match))
    elif found:
        tables.show_matches(found)
    else:
        click.echo("No live bank knows it. By the beginning of a value: forestall bank show BANK --value BEGINNING")
    return exits.PERSON if found else exits.OK


@command.command("export", epilog="\b\nExample:\n  forestall bank export ours --format csv > ours.csv")
@_NAME
@click.option("--format", "form", type=click.Choice(bankfile.FORMATS), default="csv", show_default=True)
@store_option
def export(name: str, form: str, folder: str) -> None:
    """Write all signals of a bank, one row per source; importing them elsewhere makes the same bank."""
    with existing(folder) as house:
        for text in house.banker.export(house.banker.find(name), form):
            click.echo(text, nl=False)


@command.command(
    "change",
    epilog="""\b
Examples:
  forestall bank change partner-list --state live
  forestall bank change partner-list --distance pdq=16 --note "too many templates"
  forestall bank change ours --disable-until 2027-01-31""",
)
@_NAME
@click.option("--state", type=_STATE, help="Switch it on (live), off, or to preview.")
@click.option("--trust", type=_TRUST, help="How far to trust it.")
@click.option("--name", "new_name", help="Call it so from now on.")
@_DESCRIPTION
@_DISTANCES
@_QUALITY
@_EXPIRES
@click.option("--disable-until", "disabled_until", metavar="INSTANT", help="Match nothing until then; empty ends it.")
@_NOTE
@store_option
def change(name: str, folder: str, distances: tuple[str, ...], new_name: str | None, note: str, **given: Any) -> int:
    """Change a bank. Switched on, made wider or trusted more, earlier content is searched for all of it."""
    with existing(folder) as house:
        bank = house.banker.find(name)
        fields = _fields({**given, "name": new_name})
        if distances:
            fields["distances"] = {**bank.distances, **_distances(distances)}
        if not fields:
            raise BadInput("nothing is to be changed", "name what: `forestall bank change --help`")
        after = house.banker.change(bank, BY, note=note, **fields)
        click.echo(f"Bank {safe(after.name)} is {after.state.value}, version {after.version}.")
        cases = hunt_for(house, after, BY, before=bank)
    return exits.PERSON if cases else exits.OK


@command.command(
    "disable",
    epilog="""\b
Examples:
  forestall bank disable ours 4711 --until 2027-01-31 --note "template, matches innocent posters"
  forestall bank disable ours 4711 --lift""",
)
@_NAME
@click.argument("number", type=int, metavar="SIGNAL")
@click.option(
    "--until", default="9999-12-31", show_default=True, metavar="INSTANT", help="Keep it from matching until then."
)
@click.option("--lift", is_flag=True, help="Let it match again.")
@_NOTE
@store_option
def disable(*, name: str, number: int, until: str, lift: bool, note: str, folder: str) -> None:
    """Keep one signal from matching; its record stays."""
    with existing(folder) as house:
        signal = house.banker.disable(house.banker.find(name), number, "" if lift else until, BY, note)
    click.echo(
        f"Signal {number} "
        + (f"is disabled until {signal.disabled_until}." if signal.disabled_until else "matches again.")
    )


@command.command(
    "withdraw", epilog='\b\nExample:\n  forestall bank withdraw partner-list --source them --note "they said so"'
)
@_NAME
@click.option("--source", required=True, help="Whose word is taken back.")
@_NOTE
@store_option
def withdraw(name: str, source: str, note: str, folder: str) -> None:
    """Take back everything a source said in a bank.

    What no other source stands by stops matching at once; the records, and what matched before, stay.
    """
    with existing(folder) as house:
        count = house.banker.withdraw(house.banker.find(name), source, BY, note)
    click.echo(f"{count:,} signals: what {safe(source)} said of them is taken back.")


@command.command("preview", epilog="\b\nExample:\n  forestall bank preview partner-list")
@_NAME
@_FORMAT
@store_option
def preview_(name: str, form: str, folder: str) -> None:
    """Say what a bank would have matched of everything screened before. Decides nothing."""
    with existing(folder) as house:
        bank = house.banker.find(name)
        impact = _impact(house, bank)
        if form == "jsonl":
            tables.line(tables.impact_shape(impact))
        else:
            tables.show_impact(impact, bank)


def _import(house: House, bank: Bank, path: Path, source: str, trust: Trust | None) -> int:
    """Import one file and tell what became of it; gives how many rows were refused."""
    with bankfile.opened(path, house.files) as (form, file):
        click.echo(f"{safe(str(path))}: {form}", err=True)
        entries = bankfile.sourced(house.files.read(form, path.name, file), source or path.stem, trust)
        with progress(path.stat().st_size, file.tell, "importing") as advance:
            added = house.banker.add(bank, entries, BY, advance)
    by_line = form in _BY_LINE
    problems = tuple(_placed(path, item) if by_line else item for item in added.problems)
    tables.show_added(replace(added, problems=problems), bank)
    return added.refused


def _placed(path: Path, problem: Problem) -> Problem:
    """Give a problem of an entry with the line it stands in, where its value is found there."""
    named = _VALUE.match(problem.what) if problem.part.startswith("entry ") else None
    number = bankfile.line_of(path, named[1]) if named else 0
    return replace(problem, part=f"line {number}") if number else problem


def _previewed(house: House, name: str) -> Bank:
    """Give a bank that matches nothing yet, making it where it is new; raises BadInput for one that is on and filled."""
    try:
        bank = house.banker.find(name)
    except NotFound:
        return house.banker.create(name, BY, state=BankState.PREVIEW)
    if bank.state is BankState.LIVE and house.store.count_signals(bank.id):
        raise BadInput(
            f"the bank `{bank.name}` is live", "preview into a bank of its own, or switch this one off first"
        )
    return bank if bank.state is BankState.PREVIEW else house.banker.change(bank, BY, state=BankState.PREVIEW)


def _tell_impact(house: House, bank: Bank) -> None:
    """Print what a bank would match, and how to switch it on."""
    tables.show_impact(_impact(house, bank), bank)
    click.echo(f"It matches nothing yet. Switch it on: forestall bank change {safe(bank.name)} --state live")


def _impact(house: House, bank: Bank) -> Impact:
    """Give the impact of a bank, drawing progress."""
    with progress(0, lambda: 0, "searching what was screened") as advance:
        return house.hunter.preview(bank, advance)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """Give the fields that were named, as the bank has them."""
    kinds = {"trust": Trust, "state": BankState, "purpose": Purpose}
    return {name: kinds.get(name, lambda item: item)(value) for name, value in given.items() if value is not None}


def _distances(given: Iterable[str]) -> dict[str, int]:
    """Read `type=number`; raises BadInput."""
    found = {}
    for text in given:
        kind, _, number = text.partition("=")
        if not number.isdecimal():
            raise BadInput(f"`{text[:40]}` is no distance", "write it as pdq=24")
        found[kind.strip().lower()] = int(number)
    return found


def _kinds(house: House, value: str) -> list[str]:
    """Give the types a value could be of; raises BadInput where there is none."""
    found = []
    for name in house.types.names:
        try:
            house.types.normalise(name, value)
        except BadInput:
            continue
        found.append(name)
    if not found:
        raise BadInput(f"`{value[:40]}` is no value of any signal type", f"types are {', '.join(house.types.names)}")
    return found


def _kind(house: House, value: str) -> str:
    """Tell the type of a value as in a plain list; raises BadInput where it does not tell."""
    for entry in house.files.read("list", "values.txt", BytesIO(value.encode("utf-8", "replace"))):
        if isinstance(entry, Entry):
            return entry.type
    raise BadInput(f"`{value[:80]}` does not tell which type of signal it is", "say it: --type")


def _met(house: House, kind: str, value: str) -> list[Match]:
    """Give what a value meets, nearest first."""
    (found,) = house.lookup(kind, [value])
    return sorted(found, key=lambda match: (match.distance, match.bank.name, match.signal.value))
