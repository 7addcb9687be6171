"""`forestall doctor`: says what this machine can and can't do for Forestall, and what to do about it."""

import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from forestall import __version__
from forestall.assembly import capabilities
from forestall.doors.cli import exits
from forestall.doors.cli.house import made, settings_of, store_option
from forestall.doors.cli.safe import safe
from forestall.doors.cli.table import console_for_output
from forestall.ledger.verify import verify_log
from forestall.model.errors import ForestallError
from forestall.model.settings import Settings

_FREE_BYTES = 1024**3
"""Free space below which the data folder is near its end."""
_MOST_LINES = 200_000
"""Ledger lines checked here; a longer ledger is checked by `forestall ledger verify`."""
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Check:
    """What one check came to: `state` is ok, note (works, but less well) or bad (does not work)."""

    name: str
    state: str
    text: str


@click.command("doctor", epilog="\b\nExit status: 0 all well (notes included), 10 something does not work.")
@store_option
def command(folder: str) -> int:
    """Check Python, the media box, settings, policy, store and ledger. Changes nothing and sends nothing."""
    checks = list(_all(folder))
    table = Table(show_header=False, box=None, pad_edge=False)
    styles = {"ok": "green", "note": "yellow", "bad": "red"}
    for check in checks:
        table.add_row(Text(check.state, style=styles[check.state]), check.name, Text(safe(check.text)))
    console_for_output().print(table)
    return exits.PERSON if any(check.state == "bad" for check in checks) else exits.OK


def _all(folder: str) -> Iterator[Check]:
    """Give every check; one that fails with an error is bad and the others still run."""
    yield Check(
        "forestall", "ok", f"{__version__} on Python {platform.python_version()}, {platform.platform(terse=True)}"
    )
    yield Check("sqlite", "ok", sqlite3.sqlite_version)
    yield from _box()
    try:
        settings = settings_of(folder)
    except ForestallError as error:
        yield Check("settings", "bad", str(error))
        return
    yield Check("settings", "ok", _settings(settings))
    there = (Path(folder) / "keys").is_dir()
    for name, check in (("house", _house), ("ledger", _ledger), ("data folder", _data)):
        if there or name == "house":
            yield _tried(name, check, settings)
    if not there:
        yield Check("data folder", "note", f"{folder} is not there yet; the first `screen` or `up` makes it")
    found = next(filter(None, map(shutil.which, _BROWSERS)), "")
    text = found or "not installed; only the project's own browser tests need it"
    yield Check("chromium", "ok" if found else "note", text)


def _tried(name: str, check: Callable[[Settings], Check], settings: Settings) -> Check:
    """Run a check; an error is its result."""
    try:
        return check(settings)
    except ForestallError as error:
        return Check(name, "bad", str(error))


def _box() -> Iterator[Check]:
    """Say what protects the opening of files; without a box no file can be opened, without a layer it is opened less safely."""
    for name, text in capabilities().items():
        off = text.startswith("off")
        state = "ok" if not off else "bad" if name == "box" else "note"
        yield Check(f"box: {name}" if name != "box" else "box", state, text)


def _settings(settings: Settings) -> str:
    """Name what was changed from the defaults; secrets are not shown."""
    default = Settings()
    changed = [
        name
        for name in Settings.__dataclass_fields__
        if getattr(settings, name) != getattr(default, name) and name != "data"
    ]
    return f"changed from their defaults: {', '.join(changed)}" if changed else "all at their defaults"


def _house(settings: Settings) -> Check:
    """Load policy, banks and lists and start the detectors."""
    with made(settings, keep=False) as house:
        names = [name for name in house.screening.versions if name.startswith(("bank:", "list:"))]
        missing = sorted(house.lists.missing(house.screening.ruleset.lists))
        warnings = [
            *house.lists.warnings(),
            *(f"rules ask for the list `{name}`, which is not there" for name in missing),
        ]
        if warnings:
            return Check("house", "note", "; ".join(warnings))
        rules = f"policy {house.screening.versions['ruleset']}, {len(house.screening.ruleset.rules)} rules"
        return Check(
            "house", "ok", f"{rules}, {len(house.screening.detectors)} detectors, {len(names)} banks and lists"
        )


def _ledger(settings: Settings) -> Check:
    """Check the ledger's lines and signatures."""
    with made(settings) as house:
        size = house.store.ledger_size()
        if size > _MOST_LINES:
            return Check("ledger", "note", f"{size:,} lines; check them with `forestall ledger verify`")
        key = house.signer.verifier_key if house.signer else ""
        report = verify_log(house.store.ledger_rows(), house.store.checkpoints(), key)
        if report.ok:
            return Check("ledger", "ok", f"{report.rows:,} lines under {report.checkpoints:,} checkpoints")
        return Check("ledger", "bad", f"{report.faults[0].what}; see `forestall ledger verify`")


def _data(settings: Settings) -> Check:
    """Check who may look into the data folder and how much room it has."""
    folder = Path(settings.data)
    free = shutil.disk_usage(folder).free
    if folder.stat().st_mode & 0o077:
        return Check("data folder", "bad", f"{folder} can be read by others; do `chmod 700 {folder}`")
    room = f"{free / 1024**3:.1f} GB free"
    return Check("data folder", "ok" if free > _FREE_BYTES else "bad", f"{folder}, {room}")
