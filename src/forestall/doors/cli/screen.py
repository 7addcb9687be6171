"""`forestall screen`: files, folders, exports or a pipe in; what needs a person out."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import FrameType
from typing import BinaryIO, cast

import click
import msgspec

from forestall.assembly import House
from forestall.doors.cli import exits
from forestall.doors.cli.feed import Feed
from forestall.doors.cli.house import NONE, made, settings_of, store_option
from forestall.doors.cli.meter import MeteredExports, progress, size_of, with_files
from forestall.doors.cli.pipeline import Chunk, stream
from forestall.doors.cli.report import Report, write
from forestall.doors.cli.summary import Summary
from forestall.doors.cli.table import console_for_output, show
from forestall.flow import result
from forestall.flow.gather import Gatherer

REPORT_ITEMS = 1_000
"""Items in a report; how many more there are is said."""

_EPILOG = """\b
Examples:
  forestall screen posts.jsonl media/
  forestall screen outbox.json --bank known.csv --list un-consolidated.xml --report report.html
  tail -n +1 -f posts.jsonl | forestall screen - --format jsonl --store none | jq -c 'select(.outcome != "pass")'

\b
Takes JSONL and CSV of posts (id, text, optional author, thread, lang, published, media, audience, url, surface, jurisdiction),
exports of Mastodon and other ActivityPub servers, Telegram, Matrix and Discourse, RSS and Atom, HTML, mail, plain text, pictures, PDF,
and ZIP or TAR of any of these. What can't be read is a finding on that item.

\b
Exit status: 0 nothing needs a person, 10 something does, 1 error, 2 wrong use, 130 interrupted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for."""

    paths: tuple[str, ...]
    form: str
    report: Path | None
    top: int
    folder: str


@click.command("screen", epilog=_EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl"]),
    default="table",
    show_default=True,
    help="A table to read, or one JSON object per item in input order (see `forestall schema`).",
)
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Also write one self-contained HTML page."
)
@click.option(
    "--top", type=click.IntRange(0, REPORT_ITEMS), default=20, show_default=True, help="Most items in the table."
)
@click.option("--policy", metavar="DIR", default="", help="Folder with the ruleset to use.")
@click.option(
    "--bank", "banks", metavar="FILE", multiple=True, help="Bank of known material to match against; repeatable."
)
@click.option("--list", "lists", metavar="FILE", multiple=True, help="List of listed names, for context; repeatable.")
@store_option
def command(
    *,
    paths: tuple[str, ...],
    form: str,
    report: Path | None,
    top: int,
    policy: str,
    banks: tuple[str, ...],
    lists: tuple[str, ...],
    folder: str,
) -> int:
    """Screen files, folders, platform exports or standard input (`-`).

    Everything is recorded in the store and its ledger, exactly as through the API; `--store none` keeps nothing.
    """
    asked = Asked(paths, form, report, top, folder)
    settings = settings_of(folder, policy, banks, lists)
    with made(settings, keep=folder != NONE) as house, _interruptible() as interrupt:
        if policy and house.rulebook.overruled:
            raise click.UsageError(
                f"In {folder} another ruleset was promoted and decides. Try {policy} with `--store none`, or promote it: "
                f"forestall policy promote {policy} --by NAME --why REASON"
            )
        started = time.monotonic()
        summary = Summary(REPORT_ITEMS if report else top)
        for chunk in chunks(house, asked, interrupt):
            summary.add(chunk.items, chunk.repeated)
            if form == "jsonl":
                _write(chunk)
        seconds = time.monotonic() - started
        _finish(house, asked, summary, seconds, interrupted=interrupt.asked)
    if interrupt.asked:
        return exits.INTERRUPTED
    return exits.PERSON if summary.for_a_person else exits.OK


def chunks(house: House, asked: Asked, interrupt: "_Interrupt") -> Iterator[Chunk]:
    """Give the screened chunks of what was asked for, drawing progress where there is a terminal."""
    exports = MeteredExports(house.exports)
    limits = house.settings
    gatherer = Gatherer(exports, house.opener, limits.max_file_bytes, limits.max_depth)
    stdin = cast("BinaryIO", FileIO(0, closefd=False)) if "-" in asked.paths else None
    feed = Feed(with_files(gatherer.gather(asked.paths, stdin), exports))
    interrupt.then = feed.stop
    total = size_of(asked.paths) if sys.stderr.isatty() else 0
    try:
        with progress(total, lambda: exports.bytes_read) as advance:
            for chunk in stream(house, feed, lambda: interrupt.asked):
                yield chunk
                advance(len(chunk.items))
    finally:
        feed.stop()


def _write(chunk: Chunk) -> None:
    """Write a chunk as JSON lines and hand it on at once."""
    encode = msgspec.json.Encoder().encode
    sys.stdout.buffer.write(b"".join(encode(result.of(item.decision)) + b"\n" for item in chunk.items))
    sys.stdout.buffer.flush()


def _finish(house: House, asked: Asked, summary: Summary, seconds: float, *, interrupted: bool) -> None:
    """Print the table, write the report, and say what an interruption left."""
    kept_in = "" if house.kept is None else asked.folder
    if asked.form == "table":
        show(console_for_output(), summary, asked.top, seconds, kept_in)
    if asked.report is not None:
        write(asked.report, Report(summary, seconds, asked.paths, house.screening.versions, house.clock()))
        click.echo(f"Report written to {asked.report}", err=True)
    if interrupted:
        kept = f"recorded in {asked.folder}" if kept_in else "recorded nowhere (--store none)"
        click.echo(
            f"Interrupted: {summary.items:,} items were screened and {kept}. Run it again to do the rest.", err=True
        )


class _Interrupt:
    """Whether Ctrl-C was pressed; `then` is called the first time, so that waiting ends."""

    def __init__(self) -> None:
        self.asked = False
        self.then: Callable[[], None] = lambda: None


@contextmanager
def _interruptible() -> Iterator[_Interrupt]:
    """Turn the first Ctrl-C into a wish to stop after what was begun; the second stops at once."""
    interrupt = _Interrupt()

    def asked(_number: int, _frame: FrameType | None) -> None:
        if interrupt.asked:
            raise KeyboardInterrupt
        interrupt.asked = True
        interrupt.then()

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
