"""`forestall up`: the data folder, the keys, the first admin's link, and the server."""

import os
import time
from dataclasses import replace

import click

from forestall.assembly import House
from forestall.doors.cli import demo
from forestall.doors.cli.house import DEFAULT_FOLDER, made, settings_of
from forestall.doors.cli.housekeeping import housekeeping
from forestall.doors.cli.invite import HOURS, link_for
from forestall.doors.cli.safe import safe
from forestall.doors.server import serve

_EPILOG = """\b
Examples:
  forestall up --demo               the example platform, to look around
  forestall up --port 9000
  FORESTALL_PUBLIC_URL=https://desk.example forestall up --store forestall-data

\b
Settings come from forestall.toml in the data folder and from FORESTALL_* variables. To be reached from elsewhere, put a
reverse proxy with TLS in front and set public_url."""


@click.command("up", epilog=_EPILOG)
@click.option(
    "--demo",
    "with_demo",
    is_flag=True,
    help=f"Screen the example platform into the folder {demo.FOLDER} first; screened posts are not screened again.",
)
@click.option(
    "--store",
    "folder",
    metavar="DIR",
    default=None,
    help=f"Data folder (else FORESTALL_DATA, else {DEFAULT_FOLDER}; with --demo {demo.FOLDER}).",
)
@click.option("--host", default=None, help="Address to listen on (setting host; 127.0.0.1 unless set).")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="Port to listen on (setting port; 8080 unless set)."
)
def command(*, with_demo: bool, folder: str | None, host: str | None, port: int | None) -> None:
    """Serve API and console on this machine until Ctrl-C.

    The first start makes the data folder and the ledger's key. As long as there is no account, each start prints a link with
    which the first admin makes one.
    """
    # FORESTALL_DATA is never the demo's folder: made-up posts do not belong among real ones.
    given = folder or (demo.FOLDER if with_demo else os.environ.get("FORESTALL_DATA") or DEFAULT_FOLDER)
    settings = settings_of(given)
    settings = replace(settings, host=host or settings.host, port=settings.port if port is None else port)
    if with_demo:
        settings = demo.with_harbour(settings)
    with made(settings) as house, housekeeping(house):
        if with_demo:
            started = time.monotonic()
            click.echo(demo.told(demo.screen_harbour(house), started), err=True)
        serve(house, settings.host, settings.port, lambda address: _greet(house, address))


def _greet(house: House, address: str) -> None:
    """Say where everything is, once requests are answered."""
    url = house.settings.public_url.rstrip("/") or address
    if house.settings.policy and house.rulebook.overruled:
        told = (
            f"The promoted ruleset decides; the folder {house.settings.policy} differs from it (forestall policy diff)."
        )
        click.echo(safe(told), err=True)
    click.echo(f"Console  {url}/console", err=True)
    click.echo(
        f"API      {url}/v1  (keys: forestall key create NAME --scope screen --store {house.settings.data})", err=True
    )
    if not house.store.people():
        link = link_for(house, "admin", HOURS, url)
        click.echo(
            f"\nThere is no account yet. This link makes the first admin; it works once, for {HOURS} hours:", err=True
        )
        click.echo(link)
    click.echo("\nCtrl-C stops.", err=True)
