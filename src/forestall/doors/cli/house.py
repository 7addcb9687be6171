"""Opening a house for a command: the option every command shares, and the settings it makes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from forestall.assembly import House, build
from forestall.model.errors import NotFound
from forestall.model.settings import Settings, from_folder

DEFAULT_FOLDER = "forestall-data"
NONE = "none"
F = TypeVar("F", bound=Callable[..., Any])


def store_option(command: F) -> F:
    """Add `--store DIR` to a command."""
    option = click.option(
        "--store",
        "folder",
        metavar="DIR",
        default=DEFAULT_FOLDER,
        envvar="FORESTALL_DATA",
        show_default=True,
        help="Data folder with the store, ledger, keys and settings (environment: FORESTALL_DATA).",
    )
    return option(command)


def settings_of(folder: str, policy: str = "", banks: tuple[str, ...] = (), lists: tuple[str, ...] = ()) -> Settings:
    """Give a folder's settings with what the command line adds: another policy, more banks, more lists."""
    settings = from_folder(DEFAULT_FOLDER if folder == NONE else folder)
    return replace(
        settings, policy=policy or settings.policy, banks=settings.banks + banks, lists=settings.lists + lists
    )


def made(settings: Settings, *, keep: bool = True) -> House:
    """Open the house of some settings; `keep=False` gives one that stores nothing."""
    return build(settings, keep=keep)


def opened(folder: str) -> House:
    """Open the house of a data folder, making the folder where it is new."""
    return made(settings_of(folder))


def existing(folder: str) -> House:
    """Open the house of a folder that was used before; raises NotFound rather than making an empty one."""
    if not (Path(folder) / "keys").is_dir():
        raise NotFound(
            f"there is no data folder `{folder}`", "screen something first, or name the folder with --store DIR"
        )
    return opened(folder)
