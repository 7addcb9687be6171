"""The table on a terminal and in a pipe."""

import io

from rich.console import Console

from forestall.doors.cli.summary import Summary
from forestall.doors.cli.table import show
from forestall.model.outcome import Outcome
from tests.doors.cli.samples import finding, item


def printed(summary: Summary, top: int = 20, terminal: bool = False, kept_in: str = "data") -> str:
    """Give the table as it would be written."""
    file = io.StringIO()
    console = Console(file=file, width=140, force_terminal=terminal, highlight=False, markup=False, emoji=False)
    show(console, summary, top, 2.0, kept_in)
    return file.getvalue()


def of(*items: object) -> Summary:
    """Give a summary of items."""
    summary = Summary(20)
    summary.add(items)  # type: ignore[arg-type]
    return summary


def test_an_item_is_told_whole() -> None:
    """A row has the id, outcome, priority, language, reason, excuse, and the words marked in their context."""
    one = item(
        "Come and write to us tonight", finding("cue", (9, 17)), finding("b", (0, 4)), name="post-7", excused=(1,)
    )
    text = printed(of(one))
    for expected in (
        "post-7",
        "review",
        "0.50",
        "en",
        "speaks for itself",
        "excused: It reports.",
        "and ⟦write to⟧ us tonight",
    ):
        assert expected in text
    assert "review 1  pass 0" in text.replace("hold 0  ", "")
    assert "Recorded in data" in text


def test_hostile_text_cannot_drive_the_terminal() -> None:
    """Escape sequences, console markup and direction overrides in ids, texts and reasons are shown, not obeyed."""
    evil = "\x1b[31m[bold red]x[/] \u202egnp :warning:"
    text = printed(of(item(evil + " words", finding("cue", (0, 5)), name=evil)), terminal=True)
    assert "\u202e" not in text
    assert "␛" in text
    assert "[bold" in text
    assert ":warning:" in text
    assert "\x1b[31m[" not in text


def test_more_than_fits_is_said() -> None:
    """Items beyond the table's length are counted, never silently dropped."""
    text = printed(of(*[item("x", name=f"post-{n}", priority=n / 10) for n in range(5)]), top=2)
    assert "post-4" in text
    assert "post-3" in text
    assert "post-2" not in text
    assert "3 more" in text


def test_nothing_to_do_is_said() -> None:
    """Where nothing needs a person there is no empty table, only the totals and that sentence."""
    text = printed(of(item("x", outcome=Outcome.PASS)), kept_in="")
    assert "Nothing needs a person" in text
    assert "Nothing recorded" in text
    assert "┏" not in text
