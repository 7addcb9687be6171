"""The tables of `channels.yaml`, read once: which host leads to which kind of place, and what names beside words look like."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from forestall.text.fold import fold


@dataclass(frozen=True, slots=True)
class Row:
    """One form of link: what follows the host, and the kind and id it leads to.

    `called`: it counts only where the words around ask to be written to. `barred` are first groups that name no place.
    """

    kind: str
    path: re.Pattern[str]
    id: str
    lower: bool = False
    upper: bool = False
    called: bool = False
    barred: frozenset[str] = frozenset()

    def read(self, host: str, path: str) -> tuple[str, str] | None:
        """Give kind and id of a path as typed, or nothing."""
        found = self.path.match(path)
        if found is None:
            return None
        parts = [part or "" for part in found.groups()]
        if parts and parts[0].lower().rstrip("/") in self.barred:
            return None
        name = self.id.format(*(part.rstrip("./-") for part in parts), host=host)
        return self.kind, name.lower() if self.lower else name.upper() if self.upper else name

    def used(self, path: str) -> int:
        """Give how many characters of a path that was read name the place."""
        found = self.path.match(path)
        return found.end() if found else 0


@dataclass(frozen=True, slots=True)
class App:
    """How a name stands beside the word for a messenger.

    `sure`: the word means nothing else. `plain`: a name needs no @ behind a colon. `called`: as in `Row`. `channel`: the word
    only means a channel, so that a name elsewhere must not stand before it. `near`: a name further off counts where the words
    around ask to be written to.
    """

    kind: str
    name: re.Pattern[str]
    sure: bool = False
    plain: bool = False
    called: bool = False
    channel: bool = False
    near: bool = False


@dataclass(frozen=True)
class Channels:
    """All tables: readers and rows by host, rows by label and by parent domain, rows for any host, and messengers by word."""

    readers: Mapping[str, str]
    hosts: Mapping[str, Sequence[Row]]
    labels: Mapping[str, Sequence[Row]]
    parents: Mapping[str, Sequence[Row]]
    anywhere: Sequence[Row]
    not_fediverse: frozenset[str]
    apps: Mapping[str, App]

    def rows(self, host: str) -> Sequence[Row]:
        """Give the rows for a host, without `www.` and the like."""
        found = self.hosts.get(host)
        if found is not None:
            return found
        parts = host.split(".")
        for start in range(1, min(len(parts) - 1, 6)):
            below = self.parents.get(".".join(parts[start:]))
            if below is not None:
                return below
        return next((self.labels[part] for part in parts[:6] if part in self.labels), ())


@cache
def channels() -> Channels:
    """Read the tables; some milliseconds, once per process."""
    data = yaml.safe_load(files(__package__).joinpath("channels.yaml").read_text("utf-8"))
    by: dict[str, dict[str, list[Row]]] = {"hosts": {}, "labels": {}, "parents": {}}
    for entry in data["links"]:
        row = _row(entry)
        for host in entry["hosts"]:
            table = "parents" if host.startswith("*.") else "hosts" if "." in host else "labels"
            by[table].setdefault(host.removeprefix("*."), []).append(row)
    apps = {
        fold(word).text: App(
            entry["kind"],
            re.compile(entry["name"]),
            *(bool(entry.get(flag)) for flag in ("sure", "plain", "called", "channel", "near")),
        )
        for entry in data["apps"]
        for word in entry["words"]
    }
    readers = {host: name for name, hosts in data["read"].items() for host in hosts}
    return Channels(
        readers, **by, anywhere=[_row(entry) for entry in data["anywhere"]],
        not_fediverse=frozenset(data["not_fediverse"]), apps=apps,
    )  # fmt: skip


def _row(entry: Mapping[str, Any]) -> Row:
    """Make a row of what the file says."""
    flags = {flag: bool(entry.get(flag)) for flag in ("lower", "upper", "called")}
    return Row(entry["kind"], re.compile(entry["path"]), entry["id"], **flags, barred=frozenset(entry.get("not", ())))
