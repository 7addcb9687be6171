"""`forestall policy`: rules checked, tried on what was decided before, and put to work by two people."""

from pathlib import Path

import click

from forestall.assembly import check_policy
from forestall.doors.cli import policy_trial, policy_versions
from forestall.doors.cli.safe import safe
from forestall.policy.ruleset import default_files


@click.group("policy")
def command() -> None:
    """Check rules, try them on what was decided before, and put them to work."""


@command.command(
    "check", epilog="\b\nExample:\n  forestall policy check my-policy/\n\nExit status: 0 it holds, 2 it does not."
)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False))
def check(folder: str) -> None:
    """Check a policy folder: spelling, types, labels, ceilings, unreachable rules, and every example in it."""
    rules = check_policy(folder)
    examples = sum(len(rule.examples) for rule in rules.rules)
    click.echo(safe(f"{rules.name}: {len(rules.rules)} rules hold, {examples} examples too"))
    click.echo(f"version {rules.version}")


@command.command("copy", epilog="\b\nExample:\n  forestall policy copy my-policy/")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def copy(folder: Path) -> None:
    """Write the ruleset that comes with Forestall into a folder, to start your own from."""
    files = default_files()
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise click.UsageError(f"{folder / there[0]} exists already; name an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
        click.echo(f"wrote {folder / name}")


for _one in (
    policy_trial.diff,
    policy_trial.backtest,
    policy_trial.impact,
    policy_versions.promote,
    policy_versions.approve,
    policy_versions.refuse,
    policy_versions.rollback,
    policy_versions.versions,
):
    command.add_command(_one)
