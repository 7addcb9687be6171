"""`forestall key`: API keys for the services that call."""

import click
from rich.table import Table

from forestall.doors.cli.house import existing, opened, store_option
from forestall.doors.cli.safe import safe
from forestall.doors.cli.table import console_for_output
from forestall.review import keys


@click.group("key")
def command() -> None:
    """Make, list and revoke API keys."""


@command.command(
    "create",
    epilog="""\b
Examples:
  forestall key create forum --scope screen
  forestall key create dashboard --scope read""",
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(list(keys.SCOPES)),
    help="What the key may do; repeatable. " + "; ".join(f"{k}: {v}" for k, v in keys.SCOPES.items()) + ".",
)
@store_option
def create(name: str, scopes: tuple[str, ...], folder: str) -> None:
    """Make a key and print its secret, this once: only a hash of it is kept."""
    with opened(folder) as house:
        key, secret = keys.create(house.store, name, scopes, house.clock, house.new_id)
    click.echo(
        f"Key {key.id} ({safe(key.name)}) may {' and '.join(key.scopes)}. Its secret, shown this once:", err=True
    )
    click.echo(secret)


@command.command("list")
@store_option
def show(folder: str) -> None:
    """List all keys; secrets are not kept and can't be shown."""
    with existing(folder) as house:
        found = house.store.api_keys()
    if not found:
        click.echo("There is no key. Make one: forestall key create NAME --scope screen")
        return
    table = Table("id", "name", "scopes", "created", "revoked")
    for key in found:
        table.add_row(key.id, safe(key.name), " ".join(key.scopes), key.created, key.revoked or "")
    console_for_output().print(table)


@command.command("revoke", epilog="\b\nExample:\n  forestall key revoke 0198c1f0-5b7e-7c11-9d2a-3f6f1c2b7a10")
@click.argument("key_id", metavar="ID")
@store_option
def revoke(key_id: str, folder: str) -> None:
    """Revoke a key; calls with it are refused from now on."""
    with existing(folder) as house:
        key = keys.revoke(house.store, key_id, house.clock)
    click.echo(f"Key {key.id} ({safe(key.name)}) is revoked since {key.revoked}.")
