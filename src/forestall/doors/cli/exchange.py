"""`forestall exchange`: partners whose signals are pulled again and again into banks of their own."""

import os
import sys
from pathlib import Path

import click
from rich.table import Table

from forestall.assembly import House
from forestall.doors.cli import exits
from forestall.doors.cli.house import existing, opened, store_option
from forestall.doors.cli.hunting import hunt_for
from forestall.doors.cli.meter import progress
from forestall.doors.cli.safe import safe
from forestall.doors.cli.table import console_for_output
from forestall.flow.exchange import LEAST_MINUTES, MOST_MINUTES
from forestall.flow.tokens import LONGEST_TOKEN, Tokens, variable
from forestall.model.bank import BankState, Stance
from forestall.model.content import Problem
from forestall.model.errors import BadInput, Conflict, NotFound
from forestall.model.records import Exchange

BY = "cli"

_SHOWN = 5
_VERDICTS = {"agree": Stance.POSITIVE, "disagree": Stance.NEGATIVE, "seen": Stance.SEED}
_NAME = click.argument("name", metavar="NAME")


@click.group("exchange")
def command() -> None:
    """Add, pull and watch exchanges: partners who share signals.

    Each exchange fills a bank of its own, trusted as a partner's: a match asks a person until one of yours confirms the signal.
    While the server runs it pulls every exchange that is due.
    """


@command.command(
    "add",
    epilog="""\b
Examples:
  forestall exchange add tat tcap --user desk@example.org
  forestall exchange add tat-urls tcap-urls --user desk@example.org --minutes 1440
  forestall exchange add gifct threatexchange --group 123456789 --reports
  forestall exchange add mirror tcap --user desk --address http://10.0.0.7:8080 --private""",
)
@_NAME
@click.argument("kind", metavar="KIND")
@click.option("--user", default="", help="Who signs in (tcap, tcap-urls).")
@click.option("--group", default="", help="Number of the privacy group (threatexchange).")
@click.option("--address", default="", metavar="URL", help="Where it is asked; without it, the partner's own address.")
@click.option("--bank", "bank_name", default="", help="Name of the bank it fills; without it, NAME.")
@click.option(
    "--minutes",
    type=click.IntRange(LEAST_MINUTES, MOST_MINUTES),
    default=60,
    show_default=True,
    help="How often it is pulled.",
)
@click.option(
    "--option", "more", metavar="NAME=VALUE", multiple=True, help="What its protocol needs beside; repeatable."
)
@click.option("--reports", is_flag=True, help="Tell the partner what your people find about its signals.")
@click.option("--private", is_flag=True, help="It may be inside your own network, and without TLS.")
@click.option("--preview", is_flag=True, help="Its bank matches nothing until it is switched on.")
@click.option("--token-stdin", is_flag=True, help="Read its token or password from standard input.")
@store_option
def add(
    *,
    name: str,
    kind: str,
    user: str,
    group: str,
    address: str,
    bank_name: str,
    minutes: int,
    more: tuple[str, ...],
    reports: bool,
    private: bool,
    preview: bool,
    token_stdin: bool,
    folder: str,
) -> None:
    """Add an exchange of KIND (tcap, tcap-urls, threatexchange) and its bank; asks for its token without showing it."""
    flags = {"reports": reports, "private": private}
    options = _options(more) | {key: value for key, value in {"user": user, "group": group}.items() if value}
    options |= {key: "yes" for key, on in flags.items() if on}
    with opened(folder) as house:
        exchange = house.puller.add(
            name,
            kind,
            BY,
            bank_name=bank_name,
            address=address,
            options=options,
            minutes=minutes,
            state=BankState.PREVIEW if preview else BankState.LIVE,
        )
        click.echo(f"Exchange {exchange.name} is added; it fills the bank {safe(bank_name or exchange.name)}.")
        _ask_for_token(house, exchange, token_stdin)
    click.echo(f"Try it: forestall exchange pull {exchange.name}")


@command.command(
    "token",
    epilog="\b\nExamples:\n  forestall exchange token tat\n  pass show tat | forestall exchange token tat --token-stdin",
)
@_NAME
@click.option("--token-stdin", is_flag=True, help="Read it from standard input.")
@store_option
def token(name: str, token_stdin: bool, folder: str) -> None:
    """Give an exchange another token or password; it is kept in a file only its owner can read."""
    with existing(folder) as house:
        exchange = house.puller.find(name)
        if not (token_stdin or sys.stdin.isatty()):
            raise BadInput("there is no terminal to ask for the token", "pipe it in with --token-stdin")
        _ask_for_token(house, exchange, token_stdin)
        # What failed for want of a token is worth another try at once.
        house.puller.wake(exchange)


@command.command("list")
@store_option
def list_(folder: str) -> int:
    """List all exchanges: when they were pulled, what came, and when they are due.

    Exit status 10 where one that is on has an error.
    """
    with existing(folder) as house:
        found = house.store.exchanges()
        banks = {bank.id: bank.name for bank in house.store.banks()}
    if not found:
        click.echo("There is no exchange. Add one: forestall exchange add NAME KIND")
        return exits.OK
    table = Table("name", "kind", "bank", "state", "last success", "added", "withdrawn", "refused", "next due", "error")
    for item in found:
        state, due = ("on", item.due) if item.enabled else ("off", "")
        counts = (f"{count:,}" for count in (item.added, item.withdrawn, item.refused))
        bank = safe(banks.get(item.bank, "?"))
        table.add_row(
            safe(item.name),
            safe(item.kind),
            bank,
            state,
            item.last_success or "never",
            *counts,
            due,
            safe(item.last_error),
        )
    console_for_output().print(table)
    return exits.PERSON if any(item.enabled and item.last_error for item in found) else exits.OK


@command.command("status", epilog="\b\nExample:\n  forestall exchange status gifct")
@_NAME
@store_option
def status(name: str, folder: str) -> int:
    """Show one exchange in full. Exit status 10 where it is on and has an error."""
    with existing(folder) as house:
        item = house.puller.find(name)
        bank = house.store.bank(item.bank)
        counts = house.store.count_signals(item.bank)
        has_token = bool(_tokens(house)(item.name))
    lines = {
        "name": item.name,
        "kind": item.kind,
        "bank": f"{bank.name} ({sum(counts.values()):,} signals)" if bank else "missing",
        "address": item.address or "the partner's own",
        "options": " ".join(f"{key}={value}" for key, value in sorted(item.options.items())),
        "token": "kept" if has_token else f"missing: forestall exchange token {item.name}",
        "pulled": f"every {item.minutes} minutes" if item.enabled else "off",
        "last success": item.last_success or "never",
        "next due": item.due if item.enabled else "",
        "so far": f"{item.added:,} added, {item.withdrawn:,} withdrawn, {item.refused:,} refused",
        "checkpoint": item.checkpoint or "the start",
        "error": item.last_error,
    }
    for key, value in lines.items():
        if value:
            click.echo(f"{key:>12}  {safe(value)}")
    return exits.PERSON if item.enabled and item.last_error else exits.OK


@command.command(
    "pull",
    epilog="\b\nExamples:\n  forestall exchange pull\n  forestall exchange pull tat\n  forestall exchange pull tat --from-start",
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--from-start", is_flag=True, help="Forget how far we got and ask for everything.")
@store_option
def pull(names: tuple[str, ...], from_start: bool, folder: str) -> int:
    """Pull exchanges now: those named, or all that are due. What came before a failure is kept."""
    if from_start and not names:
        raise BadInput("--from-start needs the name of an exchange", "name it")
    with existing(folder) as house:
        wanted = [house.puller.find(name) for name in names] if names else house.puller.due(house.clock())
        if not wanted:
            click.echo("No exchange is due.")
        results = [_pulled(house, exchange, from_start) for exchange in wanted]
    return exits.OK if all(results) else exits.ERROR


@command.command("on", epilog="\b\nExample:\n  forestall exchange on gifct")
@_NAME
@store_option
def on(name: str, folder: str) -> None:
    """Have an exchange pulled again, at once."""
    with existing(folder) as house:
        exchange = house.puller.enable(house.puller.find(name), BY)
    click.echo(f"Exchange {exchange.name} is on and due now.")


@command.command("off", epilog="\b\nExample:\n  forestall exchange off gifct")
@_NAME
@store_option
def off(name: str, folder: str) -> None:
    """Stop pulling an exchange. What its bank holds stays and matches; see `forestall bank withdraw`."""
    with existing(folder) as house:
        exchange = house.puller.disable(house.puller.find(name), BY)
    click.echo(f"Exchange {exchange.name} is off. Its bank stays as it is.")


@command.command("report", epilog="\b\nExample:\n  forestall exchange report gifct pdq f8f8f0ce… disagree")
@_NAME
@click.argument("kind", metavar="TYPE")
@click.argument("value")
@click.argument("verdict", type=click.Choice(list(_VERDICTS)))
@store_option
def report(name: str, kind: str, value: str, verdict: str, folder: str) -> None:
    """Queue what you found about a partner's signal for that partner; the exchange must have been added with --reports."""
    with existing(folder) as house:
        exchange = house.puller.find(name)
        canonical = house.types.normalise(kind, value)
        page = house.store.signals_of(exchange.bank, limit=1, kind=kind, value=canonical)
        bank = house.store.bank(exchange.bank)
        if bank is None or not page.items or page.items[0].value != canonical:
            raise NotFound(
                "the exchange's bank has no such signal", f"search for it: forestall bank search {value[:40]}"
            )
        queued = house.puller.report(bank, page.items[0], _VERDICTS[verdict], BY)
    if queued is None:
        raise BadInput(
            f"nothing is told to {exchange.name}", "it was added without --reports, takes no verdicts, or gave no ids"
        )
    click.echo(f"Queued for {exchange.name} as {queued.id}; the server sends it.")


def _pulled(house: House, exchange: Exchange, from_start: bool) -> bool:
    """Pull one exchange; where somebody else is at it, say so and leave it to them."""
    try:
        return _pull(house, exchange, from_start)
    except Conflict as error:
        click.echo(f"{exchange.name}: {safe(str(error))}", err=True)
        return False


def _pull(house: House, exchange: Exchange, from_start: bool) -> bool:
    """Pull one exchange, say how it went, and search earlier content for what is new; tells whether all was well."""
    if from_start and exchange.checkpoint:
        exchange = house.puller.change(exchange, BY, checkpoint="")
    problems: list[Problem] = []
    with progress(0, lambda: 0, f"pulling {exchange.name}") as advance:
        after = house.puller.pull(exchange, advance, problems.append)
    added, withdrawn, refused = (
        getattr(after, name) - getattr(exchange, name) for name in ("added", "withdrawn", "refused")
    )
    click.echo(f"{exchange.name}: {added:,} added, {withdrawn:,} withdrawn, {refused:,} refused.")
    for problem in problems[:_SHOWN]:
        click.echo(f"  {safe(problem.what)}", err=True)
    if after.last_error:
        click.echo(f"  it ended early: {safe(after.last_error)}", err=True)
        click.echo(f"  next try: {after.due}" if after.enabled else "  it is off", err=True)
    bank = house.store.bank(after.bank)
    if bank is not None and after.checkpoint != exchange.checkpoint:
        hunt_for(house, bank, BY)
    return not after.last_error


def _options(more: tuple[str, ...]) -> dict[str, str]:
    """Read `name=value` options; raises BadInput without repeating a value."""
    options = {}
    for given in more:
        name, equals, value = given.partition("=")
        if not equals:
            raise BadInput("an option has no `=`", "write it as name=value")
        options[name.strip()] = value.strip()
    return options


def _tokens(house: House) -> Tokens:
    """Give where tokens are kept."""
    return Tokens(Path(house.settings.data))


def _ask_for_token(house: House, exchange: Exchange, from_stdin: bool) -> None:
    """Take a token from standard input or a hidden prompt and keep it; say where it is looked for otherwise."""
    if from_stdin:
        given = sys.stdin.readline(LONGEST_TOKEN + 2)
    elif os.environ.get(variable(exchange.name)):
        click.echo(f"Its token is taken from {variable(exchange.name)}.")
        return
    elif sys.stdin.isatty():
        given = click.prompt(f"Token or password of {exchange.name}", hide_input=True, err=True)
    else:
        click.echo(f"Give its token: forestall exchange token {exchange.name}, or {variable(exchange.name)}")
        return
    path = _tokens(house).keep(exchange.name, given)
    click.echo(f"Its token is kept in {safe(str(path))}.")
