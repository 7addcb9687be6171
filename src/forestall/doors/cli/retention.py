"""`forestall retention`: purges what the law and the settings no longer let us keep, and only that."""

import click

from forestall.doors.cli.house import existing, store_option


@click.group("retention")
def command() -> None:
    """Apply the retention rules."""


@command.command("apply", epilog="\b\nExample (daily, from cron):\n  forestall retention apply --store forestall-data")
@store_option
def apply(folder: str) -> None:
    """Purge the texts and media whose time is over. Decisions and ledger lines stay; open cases are never touched.

    The times are the settings keep_transient_days and keep_case_days.
    """
    with existing(folder) as house:
        count = house.purge()
        settings = house.settings
    click.echo(
        f"{count:,} contents purged (passed unseen: {settings.keep_transient_days} days, "
        f"seen by a person: {settings.keep_case_days} days)"
    )
