"""`forestall crisis`: declare that something grave is happening, agree to it, end it, and look back on it."""

import json

import click

from forestall.doors.cli.house import existing, store_option
from forestall.doors.cli.safe import isolated, safe
from forestall.flow.house import House
from forestall.insights.aftermath import Aftermath, Stretch, aftermath, totals
from forestall.model.crisis import Crisis, CrisisState
from forestall.model.errors import Conflict

_by = click.option("--by", required=True, metavar="NAME", help="Who does this; kept in the ledger.")
_why = click.option("--why", required=True, metavar="REASON", help="Why; kept with the crisis.")
_id = click.argument("crisis", metavar="ID")


@click.group("crisis")
def command() -> None:
    """Declare a crisis, agree to one, end it, and report on it.

    While a crisis is in force rules take what its kind names for more certain, what asks a person comes sooner, and it waits in the
    queue that the rules keep for it. Kinds stand in the rule files under `incidents:`. It takes two people to begin one, and it
    ends by itself. Ceilings stay: text alone still removes nothing.
    """


@command.command("kinds", epilog="\b\nExample:\n  forestall crisis kinds")
@store_option
def kinds(folder: str) -> None:
    """List the kinds of incident that can be declared, and what each changes."""
    with existing(folder) as house:
        incidents = house.screening.ruleset.incidents
    if not incidents:
        click.echo("There are none: write some under `incidents:` in a rule file.")
    for ready in incidents.values():
        one = ready.incident
        click.echo(safe(f"{one.id}  {one.title} ({one.hours} h)"))
        lowers = ", ".join(f"{label} by {weight:g}" for label, weight in ready.lowers.items())
        if lowers:
            click.echo(safe(f"    thresholds lower: {lowers}"))
        if one.raises:
            click.echo(f"    priority raised by {one.raises:g} of what is missing to 1")


@command.command(
    "declare",
    epilog='\b\nExample:\n  forestall crisis declare attack --by ada --why "shooting in the city centre, footage is going round"',
)
@click.argument("kind", metavar="KIND")
@click.option("--hours", type=click.IntRange(0), default=0, help="How long it lasts; as its kind says if not given.")
@_by
@_why
@store_option
def declare(kind: str, hours: int, by: str, why: str, folder: str) -> None:
    """Declare a crisis, for a second person to agree to."""
    with existing(folder) as house:
        made = house.crises.declare(kind, by, why, hours)
    click.echo(safe(f"Declared: {made.title}, for {made.hours} hours. It begins once a second person agrees:"))
    click.echo(f'  forestall crisis agree {made.id} --by NAME --why "…"')


@command.command(
    "agree", epilog='\b\nExample:\n  forestall crisis agree 019a… --by ben --why "confirmed by the police"'
)
@_id
@_by
@_why
@store_option
def agree(crisis: str, by: str, why: str, folder: str) -> None:
    """Agree to a declared crisis, as another person than the one who declared it. It begins now, in running servers too."""
    with existing(folder) as house:
        begun = house.crises.agree(crisis, by, why)
    click.echo(safe(f"In force until {begun.until}: {begun.title}. It ends by itself."))


@command.command(
    "refuse", epilog='\b\nExample:\n  forestall crisis refuse 019a… --by ben --why "an old film, not an attack"'
)
@_id
@_by
@_why
@store_option
def refuse(crisis: str, by: str, why: str, folder: str) -> None:
    """Say no to a declared crisis, or take one's own back."""
    with existing(folder) as house:
        house.crises.refuse(crisis, by, why)
    click.echo("Refused; nothing changes.")


@command.command("end", epilog='\b\nExample:\n  forestall crisis end --by ada --why "nothing new for six hours"')
@_by
@_why
@store_option
def end(by: str, why: str, folder: str) -> None:
    """End the crisis that is in force; needs no second person."""
    with existing(folder) as house:
        ended = house.crises.end(by, why)
    click.echo(f"Ended. Look back on it: forestall crisis report {ended.id}")


@command.command("list", epilog="\b\nExample:\n  forestall crisis list")
@store_option
def list_(folder: str) -> None:
    """List crises, newest first: which is in force, who declared it, who agreed, and how it ended."""
    with existing(folder) as house:
        found, now = house.store.crises(), house.clock()
    if not found:
        click.echo("There was none.")
    for one in found:
        mark = "→ " if one.on(now) else "  "
        state = "over" if one.state is CrisisState.ACTIVE and not one.on(now) else one.state.value
        click.echo(safe(f"{mark}{one.id}  {state}  {one.kind}  {(one.began or one.declared)[:16]}  {_who(one)}"))
        for line in (one.reason, one.remark, one.closing):
            if line:
                click.echo(f"    {isolated(line)}")


def _who(one: Crisis) -> str:
    """Say who declared a crisis and who answered."""
    verb = "refused" if one.state is CrisisState.REFUSED else "agreed"
    return one.author + (f", {one.second} {verb}" if one.second else "")


@command.command("report", epilog="\b\nExample:\n  forestall crisis report 019a…")
@_id
@click.option("--json", "as_json", is_flag=True, help="As JSON, for a file or another program.")
@store_option
def report(crisis: str, as_json: bool, folder: str) -> None:
    """Report on a crisis: what only it put before people, what they answered, how long they took, and the time before it."""
    with existing(folder) as house:
        found = report_on(house, house.crises.found(crisis))
    if as_json:
        click.echo(json.dumps(totals(found), indent=2, ensure_ascii=False))
        return
    one = found.crisis
    click.echo(safe(f"{one.title} ({one.kind})"))
    click.echo(safe(f"  {one.began} to {found.until}{'' if one.ended else ', still in force'}"))
    click.echo(safe(f"  declared by {one.author}: {one.reason}"))
    click.echo(safe(f"  agreed by {one.second}: {one.remark}"))
    if one.closing:
        click.echo(safe(f"  ended{' by ' + one.ended_by if one.ended_by else ' by itself'}: {one.closing}"))
    click.echo("")
    click.echo(f"  {'':28} {'during':>12} {'as long before':>16}")
    for name, values in _lines(found.during, found.before):
        click.echo(f"  {name:28} {values[0]:>12} {values[1]:>16}")
    click.echo("")
    click.echo(f"  Only because of it {found.only:,} were put before a person; of the answers on them")
    click.echo(f"  {found.only_precision} agreed.")
    if found.unsure:
        click.echo(f"  {found.unsure:,} cannot be told: their ruleset is gone.")


def report_on(house: House, crisis: Crisis) -> Aftermath:
    """Give the report on a crisis that began; raises Conflict where it never did."""
    if not crisis.began:
        raise Conflict(f"the crisis `{crisis.id}` never began", "report on one that did: `forestall crisis list`")
    return aftermath(crisis, house.store, house.rulebook.kept, house.clock())


def _lines(during: Stretch, before: Stretch) -> list[tuple[str, tuple[str, str]]]:
    """Give the lines of the comparison."""
    both = (during, before)

    def numbers(name: str, values: list[str]) -> tuple[str, tuple[str, str]]:
        return name, (values[0], values[1])

    return [
        numbers("items decided", [f"{one.looked:,}" for one in both]),
        numbers("put before a person", [f"{one.asked:,}" for one in both]),
        numbers("held", [f"{one.held:,}" for one in both]),
        numbers("removed", [f"{one.removed:,}" for one in both]),
        numbers("answered", [f"{one.precision.total:,}" for one in both]),
        numbers("of these agreed", [f"{100 * one.precision.share:.0f} %" for one in both]),
        numbers("median minutes to an answer", [_minutes(one.median_minutes) for one in both]),
        numbers("answered late", [f"{one.late:,}" for one in both]),
        numbers("still waiting", [f"{one.waiting:,}" for one in both]),
    ]


def _minutes(value: float | None) -> str:
    """Write minutes, or a dash where there are none."""
    return "–" if value is None else f"{value:,.0f}"
