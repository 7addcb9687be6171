"""The table a person reads on a terminal after screening: what needs them first, why, and the words it rests on."""

from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from forestall.doors.cli.evidence import Passage, shortened
from forestall.doors.cli.safe import isolated, safe
from forestall.doors.cli.summary import Row, Summary
from forestall.model.outcome import Outcome

STYLES = {Outcome.PASS: "green", Outcome.REVIEW: "yellow", Outcome.HOLD: "dark_orange3", Outcome.REMOVE: "red"}
_PIPE_WIDTH = 120
"""Columns where output is no terminal and has no width of its own."""
_CONTEXT = 160
"""Characters of marked text per part in the table; the report has more."""


def console_for_output() -> Console:
    """Give the console on standard output; without a terminal it is plain and wide enough to read."""
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=_PIPE_WIDTH)


def show(console: Console, summary: Summary, limit: int, seconds: float, kept_in: str) -> None:
    """Print the foremost items and the totals.

    Takes:
        limit: most items in the table; how many more there are is said.
        seconds: how long the run took.
        kept_in: where everything was recorded; empty where nothing was.
    """
    rows = summary.first(limit)
    if rows:
        console.print(_table(rows, plain=not console.is_terminal))
        more = summary.for_a_person - len(rows)
        if more > 0:
            console.print(f"… and {more:,} more for a person (--top {summary.for_a_person}, or --report FILE)")
    console.print(totals(summary, seconds))
    if summary.unreadable:
        console.print(f"{summary.unreadable:,} with something that could not be read; each says so as a finding")
    if summary.repeated:
        console.print(f"{summary.repeated:,} had been recorded before, unchanged")
    console.print(
        safe(
            f"Recorded in {kept_in}; `forestall explain ID` shows more"
            if kept_in
            else "Nothing recorded (--store none)"
        )
    )


def totals(summary: Summary, seconds: float) -> Text:
    """Give the line of totals per outcome."""
    line = Text()
    for outcome in reversed(Outcome):
        count = summary.outcomes[outcome]
        line.append(f"{outcome.value} {count:,}", style=STYLES[outcome] if count else "dim").append("  ")
    rate = summary.items / seconds if seconds > 0 else 0.0
    line.append(f"of {summary.items:,} items in {seconds:.1f} s ({rate:,.0f}/s)", style="dim")
    if not summary.for_a_person:
        line.append("  Nothing needs a person.", style="green")
    return line


def _table(rows: list[Row], plain: bool) -> Table:
    """Give the table of items, foremost first."""
    table = Table(title="What needs a person first", title_justify="left", show_lines=True, expand=True)
    table.add_column("item", ratio=2, overflow="fold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("lang", no_wrap=True)
    table.add_column("why", ratio=4)
    table.add_column("words in context", ratio=5)
    for row in rows:
        outcome = Text(row.outcome.value, style=STYLES[row.outcome]).append(f"\n{row.priority:.2f}", style="dim")
        table.add_row(Text(isolated(row.id)), outcome, safe(row.language), _why(row), _words(row, plain))
    return table


def _why(row: Row) -> Text:
    """Give the reasons, then what was excused."""
    text = Text("\n").join(Text(isolated(reason)) for reason in row.reasons)
    for excuse in row.excuses:
        text.append("\n" if text else "").append(f"excused: {isolated(excuse)}", style="dim")
    return text


def _words(row: Row, plain: bool) -> Text:
    """Give the marked passages; a part other than the post's own text carries its name."""
    shown = [passage for passage in row.passages if passage.marked][:3] or list(row.passages[:1])
    lines = [marked(shortened(passage, _CONTEXT), plain) for passage in shown]
    if not lines and row.files:
        lines = [Text(isolated(", ".join(row.files[:3])), style="dim")]
    return Text("\n").join(lines)


def marked(passage: Passage, plain: bool) -> Text:
    """Give a passage on one line with its marks; `plain` marks with brackets where there are no colours."""
    text = Text()
    if passage.part != "text":
        text.append(f"{isolated(passage.part)}: ", style="dim")
    text.append("\u2068")
    # Where findings overlap, their pieces read as one mark.
    for (noticed, counts), pieces in groupby(passage.pieces, key=lambda piece: (bool(piece.label), piece.counts)):
        line = safe("".join(piece.text for piece in pieces))
        if not noticed:
            text.append(line)
        elif plain:
            text.append(f"⟦{line}⟧" if counts else f"⟨{line}⟩")
        else:
            text.append(line, style="bold reverse" if counts else "underline dim")
    return text.append("\u2069")
