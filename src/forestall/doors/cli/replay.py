"""`forestall replay`: stored decisions evaluated again, and every difference named."""

import click

from forestall.doors.cli import exits
from forestall.doors.cli.house import existing, store_option
from forestall.doors.cli.safe import safe
from forestall.flow.replay import Replayed, replay_all

_EPILOG = """\b
Examples:
  forestall replay --all
  forestall replay 0198c1f0-5b7e-7c11-9d2a-3f6f1c2b7a10

\b
Exit status: 0 every decision came to the same, 10 one did not, 1 error, 2 wrong use."""


@click.command("replay", epilog=_EPILOG)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Replay every decision in the store.")
@store_option
def command(ids: tuple[str, ...], everything: bool, folder: str) -> int:
    """Evaluate stored decisions again under the ruleset they were made with.

    A decision that comes out differently, or can't be evaluated any more, is printed. People's decisions are not replayed.
    """
    if bool(ids) == everything:
        raise click.UsageError("Name the decisions or contents to replay, or say --all.")
    count = differing = 0
    with existing(folder) as house:
        for replayed in replay_all(house.store, None if everything else ids):
            count += 1
            difference = told(replayed)
            if difference:
                differing += 1
                click.echo(difference)
    same = "all came to the same" if not differing else f"{differing:,} did not come to the same"
    click.echo(f"{count:,} decisions replayed: {same if count else 'there is none by the machine'}")
    return exits.PERSON if differing else exits.OK


def told(replayed: Replayed) -> str:
    """Say how a decision differs; empty where it does not."""
    decision, difference = replayed.decision, replayed.difference
    name = f"decision {decision.id} on {safe(decision.content)}"
    if replayed.failed:
        return f"{name}: {safe(replayed.failed)}"
    if difference is None:
        return ""
    was, now = difference.was, difference.now
    outcomes = f"was {was.outcome.value} {was.priority:.3f}, now {now.outcome.value} {now.priority:.3f}"
    return f"{name}: {', '.join(difference.changed)} differ; {outcomes}"
