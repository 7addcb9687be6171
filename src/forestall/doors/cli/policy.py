"""`forestall policy`: rules checked, tried on what was decided before, and put to work by two people."""

from pathlib import Path

import click

from forestall.assembly import check_policy, try_examples
from forestall.doors.cli import exits, policy_trial, policy_versions
from forestall.doors.cli.safe import safe
from forestall.model.ids import now
from forestall.policy.ruleset import EXAMPLES, default_files, example_files, second_looks


@click.group("policy")
def command() -> None:
    """Check rules, try them on what was decided before, and put them to work."""


@command.command(
    "check",
    epilog="\b\nExample:\n  forestall policy check my-policy/\n\n"
    "Exit status: 0 it holds, 10 it holds and something is worth a second look, 2 it does not hold.",
)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False))
def check(folder: str) -> int:
    """Check a policy folder: spelling, types, labels, ceilings, unreachable rules, and every example in it.

    What holds together and is still odd is told too: rules that repeat or contradict each other, have ended, or have no example.
    """
    rules = check_policy(folder)
    examples = sum(len(rule.examples) for rule in rules.rules)
    odd = second_looks(rules.files, now()[:10])
    for line in odd:
        click.echo(safe(f"look again: {line}", lines=True), err=True)
    click.echo(safe(f"{rules.name}: {len(rules.rules)} rules hold, {examples} examples too"))
    click.echo(f"version {rules.version}")
    return exits.PERSON if odd else exits.OK


@command.command(
    "test",
    epilog="\b\nExamples:\n  forestall policy test my-policy/\n  forestall policy test my-policy/ --rule pledge\n\n"
    "Exit status: 0 all hold, 10 some do not.",
)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False))
@click.option("--rule", metavar="ID", default="", help="Only the examples of this rule.")
def test(folder: str, rule: str) -> int:
    """Try every example of a policy folder and show each; those of rules that do not decide yet as if they did."""
    tried = [one for one in try_examples(folder) if rule in ("", one.rule.id)]
    if not tried:
        raise click.UsageError(f"There is no example{f' of a rule {rule}' if rule else ''} in {folder}.")
    for one in tried:
        wanted = "must match" if one.example.fires else "must not match"
        place = one.example.place
        mark = "✗" if one.wrong else "✓"
        click.echo(
            safe(f"{mark} {one.rule.id} {wanted}  {place.file}:{place.line}{f'  {one.wrong}' if one.wrong else ''}")
        )
    wrong = sum(bool(one.wrong) for one in tried)
    click.echo(f"{len(tried) - wrong} of {len(tried)} examples hold")
    return exits.PERSON if wrong else exits.OK


@command.command(
    "copy", epilog="\b\nExamples:\n  forestall policy copy my-policy/\n  forestall policy copy my-policy/ --with tvec"
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--with",
    "example",
    type=click.Choice(EXAMPLES),
    help="Also the example policy for terrorist and violent extremist content: over thirty more rules, most only watched.",
)
def copy(folder: Path, example: str | None) -> None:
    """Write the ruleset that comes with Forestall into a folder, to start your own from."""
    files = {**default_files(), **(example_files(example) if example else {})}
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
