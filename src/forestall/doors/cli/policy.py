"""`forestall policy`: checks a folder of rules before anything is decided by them."""

from pathlib import Path

import click

from forestall.assembly import check_policy
from forestall.doors.cli.safe import safe
from forestall.policy.ruleset import default_files


@click.group("policy")
def command() -> None:
    """Look at and check rulesets."""


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
