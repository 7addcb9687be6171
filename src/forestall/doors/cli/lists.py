"""`forestall list`: lists that rules and detectors look things up in, from importing one to taking it out of use."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from forestall.doors.cli import exits
from forestall.doors.cli.house import existing, opened, store_option
from forestall.doors.cli.safe import safe
from forestall.flow.listing import Plan
from forestall.model.errors import BadInput
from forestall.model.lists import Diff, Edition, ListEntry, ListKind, Watchlist

BY = "cli"

_SHOWN = 20
_SHORT = 16
_NAME = click.argument("name", metavar="LIST")
_FORMAT = click.option("--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
_LIMIT = click.option("--limit", type=click.IntRange(0), default=_SHOWN, show_default=True, help="Most entries shown.")


@click.group("list")
def command() -> None:
    """Import, look at, compare and remove lists.

    A list holds names of listed organisations, terms, web addresses, domains, contact points or digests of files. Rules ask for
    them with `terms("list")` and `in_list("list", contact)`; a listed name is context and nothing else. Persons on sanctions lists
    are counted and left out. Every change is a line in the ledger, and every edition is kept.
    """


@command.command(
    "import",
    epilog="""\b
Examples:
  forestall list import slogans slogans.txt --kind terms --source "our own team" --expires 2027-06-30
  forestall list import un consolidated.xml --dry-run
  forestall list import un consolidated.xml
  forestall list import ofac sdn.csv alt.csv

\b
Takes the UN's consolidated XML, the EU's FSF (XML 1.1, CSV), OFAC's SDN (sdn.xml; sdn.csv with alt.csv), the UK sanctions list
(XML, CSV), CSV with a column name, term, url, domain, contact or hash, and plain text with one entry per line.

\b
Exit status: 0 all is in, 10 entries were refused, 1 error, 2 wrong use.""",
)
@_NAME
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice([item.value for item in ListKind]), help="What the entries are, if not told.")
@click.option("--source", default="", help="Who publishes it; told by the file where it is a sanctions list.")
@click.option("--dated", metavar="DAY", default="", help="The day its source gives it, where the file does not say.")
@click.option("--expires", metavar="DAY", default="", help="Last day on which it counts (2027-06-30).")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@_LIMIT
@store_option
def import_(
    *, name: str, files: tuple[Path, ...], kind: str | None, dry_run: bool, limit: int, folder: str, **said: Any
) -> int:
    """Import a list as a new edition: what its entries are now is what the file holds."""
    with opened(folder) as house:
        file = house.list_files.read([(str(path), _bytes(path)) for path in files])
        plan = house.lister.plan(name, file, BY, kind=ListKind(kind) if kind else None, **said)
        _tell_plan(plan, limit)
        if dry_run:
            click.echo("Nothing was changed (--dry-run).")
        else:
            house.lister.import_(plan)
            click.echo(safe(f"The list {plan.after.name} is imported; version {plan.after.digest[:_SHORT]}."))
    return exits.PERSON if plan.checked.refused else exits.OK


@command.command(
    "show",
    epilog="""\b
Examples:
  forestall list show slogans
  forestall list show un --history
  forestall list show un --limit 100000 --format jsonl""",
)
@_NAME
@click.option("--history", is_flag=True, help="Show its editions instead of its entries.")
@_LIMIT
@_FORMAT
@store_option
def show(*, name: str, history: bool, limit: int, form: str, folder: str) -> None:
    """Show a list, and some of its entries or the editions it has had."""
    with existing(folder) as house:
        found = house.lister.find(name)
        editions = house.lister.history(found) if history else ()
        entries = () if history else house.lister.entries(found)[:limit]
        today = house.clock()[:10]
    if form == "jsonl":
        for line in [_shape(found), *map(_edition_shape, editions), *map(_entry_shape, entries)]:
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    click.echo(safe(_described(found, today)))
    for edition in editions:
        click.echo(safe(f"  {edition.imported[:19]}  {edition.digest[:_SHORT]}  {_counts(edition)}  by {edition.by}"))
    for entry in entries:
        click.echo(safe(f"  {_written(entry)}"))
    if not history and found.size > len(entries):
        click.echo(f"  … and {found.size - len(entries):,} more (--limit {found.size})")


@command.command(
    "diff",
    epilog="""\b
Examples:
  forestall list diff un
  forestall list diff un 2026-10-01 2026-11-01""",
)
@_NAME
@click.argument("first", default="", metavar="[OLDER]")
@click.argument("second", default="", metavar="[NEWER]")
@_LIMIT
@store_option
def diff(name: str, first: str, second: str, limit: int, folder: str) -> None:
    """Show what changed from one edition to another: the last two, or those named by day of import or version."""
    with existing(folder) as house:
        older, newer, changes = house.lister.difference(name, first, second)
    click.echo(
        f"From {older.imported[:10]} ({older.digest[:_SHORT]}) to {newer.imported[:10]} ({newer.digest[:_SHORT]}):"
    )
    _tell_diff(changes, limit)


@command.command(
    "remove", epilog='\b\nExample:\n  forestall list remove slogans --note "out of date, see mail of 3 May"'
)
@_NAME
@click.option("--note", default="", help="Why; the ledger keeps it.")
@store_option
def remove(name: str, note: str, folder: str) -> None:
    """Take a list out of use. Its editions stay; a rule that asks for it can no longer be answered and says so."""
    with existing(folder) as house:
        found = house.lister.remove(name, BY, note)
    click.echo(safe(f"The list {found.name} is no longer looked up."))


@command.command("lists", epilog="\b\nExample:\n  forestall list lists --format jsonl")
@_FORMAT
@store_option
def lists(form: str, folder: str) -> None:
    """List all lists: how many entries, of which day, until when, and what no longer counts."""
    with existing(folder) as house:
        found = house.store.watchlists()
        today, warnings = house.clock()[:10], house.lists.warnings()
    if form == "jsonl":
        for one in found:
            click.echo(json.dumps(_shape(one), ensure_ascii=False))
        return
    for one in found:
        click.echo(safe(_described(one, today)))
    for warning in warnings:
        click.echo(safe(f"Warning: {warning}"), err=True)
    if not found:
        click.echo("There is no list. Make one: forestall list import NAME FILE")


def _bytes(path: Path) -> bytes:
    """Give a file's bytes; raises BadInput."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"`{path}` can't be read ({error.strerror})", "check its path and permissions") from None


def _tell_plan(plan: Plan, limit: int) -> None:
    """Say what an import changes and what of the file could not be used."""
    after, checked = plan.after, plan.checked
    about = ", ".join(part for part in (after.source, f"of {after.dated[:10]}" if after.dated else "") if part)
    click.echo(safe(f"{after.name}: {after.size:,} {after.kind.value}{f' ({about})' if about else ''}"))
    if after.people:
        click.echo(f"  {after.people:,} persons are left out: names of people are not looked for")
    if checked.repeated:
        click.echo(f"  {checked.repeated:,} entries say what another one says")
    if checked.refused:
        click.echo(f"  {checked.refused:,} entries can't be used; the first:")
        for problem in checked.problems:
            click.echo(safe(f"    {problem.what}: {problem.next_step}"))
    if plan.same:
        click.echo("  its entries are as they were")
    else:
        _tell_diff(plan.diff, limit)


def _tell_diff(changes: Diff, limit: int) -> None:
    """Say what was added, went and changed, the first of each."""
    _tell("added", "+", [_written(entry) for entry in changes.added], limit)
    _tell("gone", "-", [_written(entry) for entry in changes.gone], limit)
    _tell("changed", "~", [f"{_written(was)} → {_written(now)}" for was, now in changes.changed], limit)
    if not changes:
        click.echo("  nothing changed")


def _tell(what: str, mark: str, written: Sequence[str], limit: int) -> None:
    """Say how many entries, and which."""
    if written:
        click.echo(f"  {len(written):,} {what}")
        for line in written[:limit]:
            click.echo(safe(f"    {mark} {line}"))
        if len(written) > limit:
            click.echo(f"    … and {len(written) - limit:,} more")


def _written(entry: ListEntry) -> str:
    """Give an entry on one line."""
    others = f" ({'; '.join([*entry.aliases, *entry.weak])})" if entry.aliases or entry.weak else ""
    rest = " · ".join(part for part in (entry.reference, entry.programme, entry.note) if part)
    return f"{entry.value}{others}{f'  [{rest}]' if rest else ''}"


def _described(found: Watchlist, today: str) -> str:
    """Give a list on one line."""
    state = "removed" if found.removed else f"expired on {found.expires}" if found.past(today) else "in force"
    if state == "in force" and found.expires:
        state = f"until {found.expires}"
    parts = (
        f"{found.size:,} {found.kind.value}",
        state,
        found.source,
        f"of {found.dated[:10]}" if found.dated else "",
        f"imported {found.imported[:10]} by {found.by}",
        f"version {found.digest[:_SHORT]}",
    )
    return f"{found.name}: {' · '.join(part for part in parts if part)}"


def _counts(edition: Edition) -> str:
    """Give what an edition changed, in short."""
    return f"+{edition.added:,} -{edition.gone:,} ~{edition.changed:,}"


def _shape(found: Watchlist) -> dict[str, Any]:
    """Give a list as JSON."""
    names: Iterable[str] = (
        "id", "name", "kind", "source", "dated", "imported", "by", "digest", "size", "people", "expires", "removed",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names}


def _edition_shape(edition: Edition) -> dict[str, Any]:
    """Give an edition as JSON, without its entries."""
    names = ("id", "digest", "source", "dated", "imported", "by", "added", "changed", "gone", "people")
    return {name: getattr(edition, name) for name in names}


def _entry_shape(entry: ListEntry) -> dict[str, Any]:
    """Give an entry as JSON; what is empty is left out."""
    names = ("value", "aliases", "weak", "reference", "programme", "note")
    return {name: value for name in names if (value := getattr(entry, name))}
