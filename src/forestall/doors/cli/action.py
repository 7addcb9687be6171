"""`forestall action`: what rules do on the platform beside hiding and removing, and who must agree."""

import click

from forestall.doors.cli.house import existing, store_option
from forestall.doors.cli.safe import safe
from forestall.model.action import Action, ActionState

_by = click.option("--by", required=True, metavar="NAME", help="Who does this; kept in the ledger.")
_id = click.argument("action", metavar="ID")


@click.group("action")
def command() -> None:
    """List actions on the platform, agree to one as the second person, or take one back.

    Rules ask for them under `actions:`. One that needs a person goes out when its case is answered, one that needs two when a second
    agrees; an answer that overturns the decision takes all of them back.
    """


@command.command("list", epilog="\b\nExamples:\n  forestall action list\n  forestall action list --state ordered")
@click.option(
    "--state",
    type=click.Choice([one.value for one in ActionState]),
    default=ActionState.WAITING.value,
    show_default=True,
    help="Which actions.",
)
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True, help="Most actions shown.")
@store_option
def list_(state: str, limit: int, folder: str) -> None:
    """List actions in a state, newest first."""
    with existing(folder) as house:
        found = house.store.actions(ActionState(state), limit)
    if not found:
        click.echo(f"No action is {state}.")
    for one in found:
        click.echo(safe(f"{one.id}  {one.kind}  {one.content}  by rule {one.rule}  {_wants(one)}".rstrip()))


def _wants(one: Action) -> str:
    """Say whom an action waits for."""
    if one.state is not ActionState.WAITING:
        return f"agreed: {', '.join(one.approvals)}" if one.approvals else ""
    if not one.approvals:
        return "waits for the answer to its case"
    return f"waits for a second person beside {one.approvals[0]}"


@command.command("approve", epilog="\b\nExample:\n  forestall action approve 019a… --by ben")
@_id
@_by
@store_option
def approve(action: str, by: str, folder: str) -> None:
    """Agree to an action as the second person; it goes out now."""
    with existing(folder) as house:
        one = house.outbox.actions.approve(house.store, action, by, house.clock)
    click.echo(safe(f"{one.kind} on {one.content} is ordered."))


@command.command("undo", epilog="\b\nExample:\n  forestall action undo 019a… --by ada")
@_id
@_by
@store_option
def undo(action: str, by: str, folder: str) -> None:
    """Take an action back; the platform is told where it was told of it."""
    with existing(folder) as house:
        one = house.outbox.actions.undo(house.store, action, by, house.clock)
    click.echo(safe(f"{one.kind} on {one.content} is {one.state.value}."))
