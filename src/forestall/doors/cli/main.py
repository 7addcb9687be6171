"""The `forestall` command: finds the subcommand, and turns errors into words and exit statuses."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
import structlog

from forestall import __version__
from forestall.doors.cli import exits
from forestall.doors.cli.safe import safe
from forestall.model.errors import BadInput, ForestallError

_COMMANDS = {
    "up": "up",
    "screen": "screen",
    "explain": "explain",
    "replay": "replay",
    "ledger": "ledger",
    "bank": "bank",
    "retrohunt": "retrohunt",
    "exchange": "exchange",
    "list": "lists",
    "learn": "learn",
    "policy": "policy",
    "crisis": "crisis",
    "action": "action",
    "evaluate": "evaluate",
    "key": "key",
    "invite": "invite",
    "retention": "retention",
    "doctor": "doctor",
    "schema": "schema",
}
"""Command → its module in this room, in the order a newcomer meets them. Imported only when called: starting stays quick."""

_HELP = """\
Keep terrorist recruiters off your service: recognise, decide, document.

\b
Try:
  forestall screen posts.jsonl                     screen a file, see what needs a person
  forestall screen export/ --report report.html    screen a folder, write a page to send on
  forestall up                                     serve API and console on this machine"""

_STATUSES = """\b
Exit status of every command:
  0    done, nothing needs a person
  10   done, and something needs a person (an item, a difference, a broken ledger, a failed check)
  1    it could not be done; standard error says why and what next
  2    what was given cannot be used
  130  stopped by Ctrl-C; what was recorded stays recorded
  141  the reader of the output went away"""


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"forestall.doors.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; where nobody reads its output any more, stop quietly."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            # Python flushes once more at exit; let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(exits.PIPE_CLOSED) from None


@click.command(cls=_Commands, help=_HELP, epilog=_STATUSES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="forestall")
def forestall() -> None:
    """Keep terrorist recruiters off your service."""


def main() -> None:
    """Run the command line and exit with the documented status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a letter shows a question mark; it never stops a run.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    # Standard output belongs to results.
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(sort_keys=True)],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (the process's own where none is given) and give the exit status; errors are told on standard error."""
    try:
        status = forestall(arguments, prog_name="forestall", standalone_mode=False)
        return status if isinstance(status, int) else exits.OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return exits.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ForestallError as error:
        click.echo(told(error), err=True)
        return exits.USAGE if isinstance(error, BadInput) else exits.ERROR


def told(error: ForestallError) -> str:
    """Give an error as it is shown: what happened, and on a line of its own what to do next."""
    what = "\n".join(safe(line) for line in error.what.split("\n"))
    return f"forestall: {what}" + (f"\n  next: {safe(error.next_step)}" if error.next_step else "")
