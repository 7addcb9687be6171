"""`forestall invite`: one-time links with which people make their account at the console."""

import click

from forestall.assembly import House
from forestall.doors.cli.house import opened, store_option
from forestall.model.settings import Settings
from forestall.review import people

WELCOME = "/console/welcome/"
"""Where the console takes an invitation's token."""
HOURS = 24
"""How long a link works."""


@click.command(
    "invite",
    epilog="""\b
Examples:
  forestall invite
  forestall invite --role moderator --hours 72""",
)
@click.option(
    "--role",
    type=click.Choice(list(people.ROLES)),
    default="admin",
    show_default=True,
    help="; ".join(f"{name}: {does}" for name, does in people.ROLES.items()) + ".",
)
@click.option(
    "--hours", type=click.IntRange(1, 24 * 30), default=HOURS, show_default=True, help="How long the link works."
)
@store_option
def command(role: str, hours: int, folder: str) -> None:
    """Print a link that works once: whoever opens it makes an account at the console."""
    with opened(folder) as house:
        link = link_for(house, role, hours, console_url(house.settings))
    click.echo(
        f"This link makes one {role}'s account. It works once, for {hours} hours; hand it over privately:", err=True
    )
    click.echo(link)


def link_for(house: House, role: str, hours: int, url: str) -> str:
    """Make an invitation and give its link under the console's address."""
    token = people.invite(house.store, role, hours, house.clock, house.new_id)
    return f"{url}{WELCOME}{token}"


def console_url(settings: Settings) -> str:
    """Give the address people reach the console under, without a slash at its end."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return (settings.public_url or f"http://{host}:{settings.port}").rstrip("/")
