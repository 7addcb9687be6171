"""Settings: every knob an operator has, with its default. Read once, by `assembly`, from `forestall.toml` and the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from forestall.model.errors import BadSetting

_PREFIX = "FORESTALL_"
_TRUTHS = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. In `forestall.toml` a setting has its own name; in the environment it is `FORESTALL_` plus the name in capitals."""

    data: str = "forestall-data"
    """Folder where the database, media, keys and settings live."""
    host: str = "127.0.0.1"
    """Address the server listens on."""
    port: int = 8080
    """Port the server listens on."""
    public_url: str = ""
    """The address people reach the console under, such as `https://desk.example`; empty means `http://host:port`."""
    policy: str = ""
    """Folder with the ruleset; empty means the one that comes with Forestall."""
    banks: tuple[str, ...] = ()
    """Bank files (CSV or NDJSON of signals) to match against."""
    lists: tuple[str, ...] = ()
    """Lists of listed names (UN consolidated XML, CSV or plain text) for context."""
    box_workers: int = 2
    """Processes that open files."""
    max_file_bytes: int = 64 * 1024 * 1024
    """Largest file opened; a larger one becomes a finding."""
    max_pixels: int = 100_000_000
    """Most pixels of a picture decoded (width × height)."""
    max_pages: int = 200
    """Most pages of a document read."""
    max_frames: int = 16
    """Most frames of an animation looked at, spread evenly."""
    max_entries: int = 2_000
    """Most members of an archive opened."""
    max_ratio: int = 200
    """Largest ratio of unpacked to packed bytes of an archive."""
    max_depth: int = 4
    """Deepest nesting of archives and mails opened."""
    max_seconds: float = 20.0
    """Longest time for opening one file."""
    max_text: int = 1_000_000
    """Most characters of one text that are read; the rest is named in a finding."""
    picture_hash: str = "luma"
    """How pictures above 512 pixels are hashed: `luma` (fast, within a bit or two) or `exact` (equal to the reference to the bit)."""
    keep_transient_days: int = 30
    """Days the texts and media of content that passed unseen are kept."""
    keep_case_days: int = 184
    """Days the texts and media of content a person was asked about are kept (TCO Art 6, DSA Art 20: six months)."""
    keep_hashes_days: int = 365
    """Days the signals (hashes) of screened content are kept for retro-hunts, without the content; 0 keeps none."""
    shadow_sample: float = 0.05
    """Share of what rules in shadow would have caught that is put before a person, who is not told why; 0 puts none."""
    shadow_sample_per_day: int = 10
    """Most such samples a day for each rule."""
    session_hours: int = 12
    """Hours until a signed-in browser must sign in again."""
    webhook_url: str = ""
    """Where the platform receives decisions to hold, remove or restore; empty sends none and the platform reads `/v1/decisions`."""
    webhook_secret: str = ""
    """Secret with which webhook messages are signed (Standard Webhooks, `whsec_…`)."""
    webhook_private_hosts: tuple[str, ...] = ()
    """Host names in `webhook_url` that may resolve to private addresses."""
    fetch_hosts: tuple[str, ...] = ()
    """Host names whose files may be fetched when a caller names an address instead of sending a file; empty fetches nothing."""
    fetch_private_hosts: tuple[str, ...] = ()
    """Host names in `fetch_hosts` that may resolve to private addresses, and be asked on any port."""
    adviser_url: str = ""
    """Address of a language model that answers like OpenAI's API, such as `http://127.0.0.1:11434/v1`; empty asks none."""
    adviser_model: str = ""
    """Name of the model to ask there."""
    adviser_private_hosts: tuple[str, ...] = ()
    """Host names in `adviser_url` that may resolve to private addresses, as a model on this machine does."""
    adviser_seconds: float = 8.0
    """Longest time for one answer; without one by then, the item goes on without advice."""
    adviser_per_minute: int = 20
    """Most questions a minute; further items go on without advice."""
    hma: bool = False
    """Answer under `/hma` like a Hasher-Matcher-Actioner (HMA), on the same banks; asks for an API key."""
    hma_open_on_loopback: bool = False
    """Let programs on this very machine use `/hma` without a key, as HMA does for everybody."""


def load(text: str, environment: Mapping[str, str], source: str = "forestall.toml") -> Settings:
    """Build settings from a TOML text, overlaid with `FORESTALL_*` variables; raises BadSetting naming what is wrong."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{source} is not valid TOML ({error})", "correct that line") from None
    hints = get_type_hints(Settings)
    unknown = sorted(set(given) - set(hints))
    if unknown:
        raise BadSetting(
            f"{source} has the unknown setting `{unknown[0]}`", f"known settings are {', '.join(sorted(hints))}"
        )
    values = {name: _checked(name, value, hints[name], source) for name, value in given.items()}
    for field in fields(Settings):
        raw = environment.get(_PREFIX + field.name.upper())
        if raw is not None:
            values[field.name] = _parsed(field.name, raw, hints[field.name])
    return replace(Settings(), **values)


def from_folder(data: str, environment: Mapping[str, str] = os.environ) -> Settings:
    """Build settings for a data folder, reading its `forestall.toml` where there is one."""
    path = Path(data) / "forestall.toml"
    text = path.read_text("utf-8") if path.is_file() else ""
    return replace(load(text, environment, str(path)), data=data)


def _checked(name: str, value: Any, hint: Any, source: str) -> Any:
    """Give a TOML value as the setting's type, or raise BadSetting."""
    if hint == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is hint:
        return value
    wanted = "a list of strings" if hint == tuple[str, ...] else f"a {hint.__name__}"
    raise BadSetting(f"`{name}` in {source} is {value!r}", f"give {wanted}")


def _parsed(name: str, raw: str, hint: Any) -> Any:
    """Give an environment value as the setting's type, or raise BadSetting."""
    if hint == tuple[str, ...]:
        return tuple(part for part in raw.split(os.pathsep) if part)
    if hint is bool:
        if raw.lower() not in _TRUTHS:
            raise BadSetting(f"{_PREFIX}{name.upper()} is {raw!r}", "give true or false")
        return _TRUTHS[raw.lower()]
    try:
        return hint(raw)
    except ValueError:
        raise BadSetting(f"{_PREFIX}{name.upper()} is {raw!r}", f"give a {hint.__name__}") from None
