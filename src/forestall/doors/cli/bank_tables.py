"""Banks, signals, matches and hunts as a person reads them on a terminal, and as lines of JSON for scripts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec
from rich.table import Column, Table
from rich.text import Text

from forestall.doors.cli.safe import isolated, safe
from forestall.doors.cli.table import STYLES, console_for_output
from forestall.flow.banks import Added
from forestall.flow.impact import Impact
from forestall.model.bank import Bank, Match, Opinion, Signal
from forestall.model.records import Case, Hunt

FORMATS = ("table", "jsonl")
_LONGEST_VALUE = 64
_encode = msgspec.json.Encoder().encode


def line(shape: Mapping[str, Any]) -> None:
    """Write one JSON line."""
    click.echo(_encode(shape))


def bank_shape(bank: Bank, counts: Mapping[str, int]) -> dict[str, Any]:
    """Give a bank as JSON."""
    shape: dict[str, Any] = msgspec.to_builtins(bank)
    return {**shape, "signals": dict(counts)}


def signal_shape(signal: Signal) -> dict[str, Any]:
    """Give a signal as JSON."""
    shape: dict[str, Any] = msgspec.to_builtins(signal)
    return shape


def match_shape(match: Match) -> dict[str, Any]:
    """Give a match of a written value as JSON."""
    opinion = match.standing.opinion
    return {
        "bank": match.bank.name,
        "purpose": match.bank.purpose.value,
        "signal": match.signal.id,
        "type": match.signal.type,
        "value": match.signal.value,
        "distance": match.distance,
        "variant": match.variant,
        "trust": match.standing.trust.value,
        "disputed": match.standing.disputed,
        "label": opinion.label,
        "source": opinion.source,
    }


def impact_shape(impact: Impact) -> dict[str, Any]:
    """Give the impact of a bank as JSON."""
    shape: dict[str, Any] = msgspec.to_builtins(impact)
    return shape


def hunt_shape(hunt: Hunt, bank: str) -> dict[str, Any]:
    """Give a hunt as JSON, with its bank's name."""
    shape: dict[str, Any] = msgspec.to_builtins(hunt)
    return {**shape, "bank_name": bank}


def show_banks(banks: Sequence[tuple[Bank, Mapping[str, int]]]) -> None:
    """Print all banks."""
    table = Table("name", "state", "trust", "purpose", "signals", "by type", "thresholds")
    for bank, counts in banks:
        by_type = "  ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items()))
        table.add_row(
            isolated(bank.name), bank.state.value, bank.trust.value, bank.purpose.value, f"{sum(counts.values()):,}",
            by_type, _thresholds(bank),
        )  # fmt: skip
    console_for_output().print(table)


def show_bank(bank: Bank, counts: Mapping[str, int]) -> None:
    """Print one bank."""
    table = Table.grid(padding=(0, 2))
    facts = {
        "name": isolated(bank.name),
        "id": bank.id,
        "state": bank.state.value,
        "trust": bank.trust.value,
        "purpose": bank.purpose.value,
        "description": isolated(bank.description),
        "thresholds": _thresholds(bank),
        "disabled until": bank.disabled_until,
        "expires": bank.expires,
        "filled by": bank.exchange,
        "made": bank.created,
        "signals": "  ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items())) or "none",
    }
    for name, value in facts.items():
        if value:
            table.add_row(Text(name, style="dim"), value)
    console_for_output().print(table)


def show_signals(signals: Sequence[Signal], more: bool) -> None:
    """Print some signals with what each source says."""
    table = Table(Column("id", no_wrap=True), "type", Column("value", overflow="fold"), "what each source says")
    for signal in signals:
        said = Text("\n").join([Text(_opinion(opinion)) for opinion in signal.opinions])
        extra = [f"within {signal.distance}"] if signal.distance is not None else []
        extra += [f"disabled until {signal.disabled_until}"] if signal.disabled_until else []
        extra += [f"until {signal.expires}"] if signal.expires else []
        if extra:
            said.append("\n" + ", ".join(extra), style="dim")
        table.add_row(str(signal.id), signal.type, _short(signal.value), said)
    console = console_for_output()
    console.print(table)
    if more:
        console.print("… and more (--limit, --value, --source, or forestall bank export)")


def show_matches(matches: Sequence[Match]) -> None:
    """Print what a value meets in the banks."""
    table = Table("bank", "type", "distance", "signal", "value", "trust", "label", "source")
    for match in matches:
        opinion = match.standing.opinion
        how = f"{match.distance} of {match.radius}" + (f" ({match.variant})" if match.variant else "")
        trust = match.standing.trust.value + (" (disputed)" if match.standing.disputed else "")
        table.add_row(
            isolated(match.bank.name), match.signal.type, how, str(match.signal.id), _short(match.signal.value), trust,
            isolated(opinion.label), isolated(opinion.source),
        )  # fmt: skip
    console_for_output().print(table)


def show_added(added: Added, bank: Bank) -> None:
    """Print what became of entries, and the first that could not be used."""
    counts = {
        "new": added.added,
        "changed": added.changed,
        "known already": added.same,
        "taken back": added.withdrawn,
        "taken back, never had": added.unknown,
        "refused": added.refused,
    }
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"
    click.echo(f"Of {added.read:,} entries for {safe(bank.name)}: {told}.")
    for problem in added.problems:
        what = problem.what if problem.what.startswith(problem.part) else f"{problem.part}: {problem.what}"
        click.echo(f"  refused {safe(what)}" + (f" ({safe(problem.next_step)})" if problem.next_step else ""))
    if added.refused > len(added.problems):
        click.echo(f"  … and {added.refused - len(added.problems):,} more")


def show_impact(impact: Impact, bank: Bank) -> None:
    """Print what a bank would have matched."""
    console = console_for_output()
    more = "more than " if impact.more else ""
    console.print(
        f"{safe(bank.name)}: {impact.signals:,} signals would have matched {more}{impact.contents:,} revisions of content"
        " screened before."
    )
    if not impact.contents:
        return
    table = Table("month", "contents")
    for month, count in impact.months.items():
        table.add_row(month, f"{count:,}")
    console.print(table)
    console.print("By type: " + "  ".join(f"{kind} {count:,}" for kind, count in impact.types.items()))
    sample = Table("content", "seen", "part", "type", "distance", "signal", title="The nearest and the furthest")
    for item in impact.sample:
        sample.add_row(
            isolated(item.content), item.at, isolated(item.part), item.type, str(item.distance), str(item.signal)
        )
    console.print(sample)


def show_hunts(hunts: Iterable[tuple[Hunt, str]]) -> None:
    """Print hunts with the names of their banks."""
    table = Table(Column("id", no_wrap=True), "bank", "state", "begun", "ended", "signals", "contents")
    for hunt, name in hunts:
        state = hunt.state.value + (f": {hunt.error}" if hunt.error else "")
        table.add_row(
            hunt.id, isolated(name), safe(state), hunt.started, hunt.finished, f"{hunt.looked:,}", f"{hunt.matched:,}"
        )
    console_for_output().print(table)


def show_cases(cases: Sequence[Case]) -> None:
    """Print the cases of a hunt."""
    table = Table(Column("case", no_wrap=True), "content", "outcome", "state", "rules")
    for case in cases:
        outcome = Text(case.outcome.value, style=STYLES[case.outcome])
        table.add_row(case.id, isolated(case.content), outcome, case.state.value, safe(" ".join(case.rules)))
    console_for_output().print(table)


def _thresholds(bank: Bank) -> str:
    """Say what a bank sets for itself."""
    said = [f"{kind} ≤ {distance}" for kind, distance in sorted(bank.distances.items())]
    return ", ".join([*said, *([f"quality ≥ {bank.quality}"] if bank.quality else [])])


def _opinion(opinion: Opinion) -> str:
    """Say an opinion in one line."""
    said = [opinion.stance.value, opinion.trust.value if opinion.trust else "", opinion.label, opinion.ideology]
    what = ", ".join(item for item in said if item)
    withdrawn = f" (taken back {opinion.withdrawn})" if opinion.withdrawn else ""
    return f"{isolated(opinion.source or 'no source')}: {isolated(what)}{withdrawn}"


def _short(value: str) -> str:
    """Give a value short enough for a table."""
    return safe(value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 1]}…")
