"""`forestall policy promote`, `approve`, `refuse`, `rollback` and `versions`: how a ruleset comes to decide, and how it goes again."""

import click

from forestall.doors.cli.house import existing, store_option
from forestall.doors.cli.policy_trial import policy_argument, show, try_on_store
from forestall.doors.cli.safe import isolated, safe
from forestall.doors.cli.table import console_for_output
from forestall.insights.backtest import report
from forestall.insights.backtest.impact import impact
from forestall.model.rulebook import RulesetState
from forestall.policy.difference import differences
from forestall.policy.ruleset import files_of, load

_by = click.option("--by", required=True, metavar="NAME", help="Who does this; kept in the ledger.")
_why = click.option("--why", required=True, metavar="REASON", help="Why; kept with the version.")
_version = click.argument("version", metavar="ID")


@click.command(
    "promote",
    epilog='\b\nExample:\n  forestall policy promote my-policy/ --by ada --why "two false alarms a day from the old rule"',
)
@policy_argument
@_by
@_why
@store_option
def promote(policy: str, by: str, why: str, folder: str) -> None:
    """Propose a policy folder: check it, try it on everything decided so far, and write it down for a second person."""
    with existing(folder) as house:
        after = load(files_of(policy), house.labels)
        found = try_on_store(house, after)
        show(console_for_output(), found, 0.0)
        harsher = [one.harsher for one in differences(house.screening.ruleset, after) if one.harsher]
        made = house.rulebook.propose(after, by, why, report.totals(found, impact(found)), harsher)
    click.echo(f"Proposed as {made.id}. It decides once a second person agrees:")
    click.echo(f'  forestall policy approve {made.id} --by NAME --why "…"')


@click.command(
    "approve", epilog='\b\nExample:\n  forestall policy approve 019a… --by ben --why "read the twenty changes"'
)
@_version
@_by
@_why
@store_option
def approve(version: str, by: str, why: str, folder: str) -> None:
    """Agree to a proposed version, as another person than its author. It decides from now on, in running servers too."""
    with existing(folder) as house:
        live = house.rulebook.approve(version, by, why)
    click.echo(safe(f"{live.name} {live.digest[:12]} decides now. To go back: forestall policy rollback"))


@click.command("refuse", epilog='\b\nExample:\n  forestall policy refuse 019a… --by ben --why "it misses too much"')
@_version
@_by
@_why
@store_option
def refuse(version: str, by: str, why: str, folder: str) -> None:
    """Say no to a proposed version, or take one's own back."""
    with existing(folder) as house:
        house.rulebook.refuse(version, by, why)
    click.echo("Refused; nothing changes.")


@click.command("rollback", epilog='\b\nExample:\n  forestall policy rollback --by ada --why "alarms on sermons"')
@_by
@_why
@store_option
def rollback(by: str, why: str, folder: str) -> None:
    """Let the version that decided before decide again, at once; needs no second person."""
    with existing(folder) as house:
        back = house.rulebook.roll_back(by, why)
    click.echo(safe(f"{back.name} {back.digest[:12]} decides again."))


@click.command("versions", epilog="\b\nExample:\n  forestall policy versions")
@store_option
def versions(folder: str) -> None:
    """List the versions of the ruleset: which decides, who wanted it, who agreed, and why."""
    with existing(folder) as house:
        kept = house.store.rulesets()
        standing = house.rulebook.standing
    if standing.version is None:
        click.echo(safe(f"The policy folder decides: {standing.ruleset.name} {standing.ruleset.version[:12]}"))
    for one in kept:
        mark = "→ " if one.state is RulesetState.LIVE else "  "
        second = f", {one.second} agreed" if one.second and one.state is not RulesetState.REFUSED else ""
        second = f", {one.second} refused" if one.second and one.state is RulesetState.REFUSED else second
        click.echo(
            safe(f"{mark}{one.id}  {one.state.value}  {one.digest[:12]}  {one.proposed[:16]}  {one.author}{second}")
        )
        for line in (one.reason, one.remark):
            if line:
                click.echo(f"    {isolated(line)}")
        for line in one.harsher:
            click.echo(f"    harsher: {isolated(line)}")
