"""Hunting from the command line: what a command set off is done before it ends, with progress."""

import click

from forestall.assembly import House
from forestall.doors.cli.meter import progress
from forestall.doors.cli.safe import safe
from forestall.model.bank import Bank
from forestall.model.records import Hunt, HuntState


def hunt_for(house: House, bank: Bank, by: str, *, before: Bank | None = None) -> int:
    """Search what was screened before for the new signals of a bank, or, given the bank as it was `before`, for what it matches more.

    Gives how many cases that opened; 0 where there is nothing to hunt for.
    """
    if not house.hunter.wanted(bank):
        return 0
    hunt = house.hunter.arrived(before or bank, bank, by)
    return do(house, hunt) if hunt is not None else 0


def do(house: House, hunt: Hunt) -> int:
    """Do a hunt to its end, saying how it went; gives how many cases it opened."""
    with progress(0, lambda: 0, "searching what was screened") as advance:
        looked = hunt.looked

        def further(now: Hunt) -> None:
            nonlocal looked
            advance(max(0, now.looked - looked))
            looked = now.looked

        done = house.hunter.run(hunt, further)
    cases = len(house.store.cases_in(done.id))
    what = f"{done.looked:,} signals looked up among what was screened before: {done.matched:,} contents match"
    told = f", {cases:,} cases opened (forestall retrohunt show {done.id})" if cases else ""
    click.echo(f"Retro-hunt {done.state.value}: {what}{told}.")
    if done.state is HuntState.FAILED:
        click.echo(f"  it ended early: {safe(done.error)}", err=True)
    return cases
