"""Rulesets: a folder of YAML files, read, proven to hold together, compiled, and named by a digest of its content."""

import hashlib
import json
from collections.abc import Collection, Mapping
from importlib.resources import files as packaged
from pathlib import Path

from forestall.model.errors import BadPolicy
from forestall.model.outcome import Outcome
from forestall.policy import hits
from forestall.policy.check import check
from forestall.policy.engine import Ruleset, make_ready
from forestall.policy.examples import Tried, tried, unmet
from forestall.policy.fault import Fault, refuse, render
from forestall.policy.read import Reader
from forestall.policy.warn import warnings
from forestall.policy.written import Written

__all__ = ["Ruleset", "Tried", "default_files", "files_of", "load"]

LARGEST = 1024 * 1024
"""Most characters of all files of a ruleset together."""
MOST_FILES = 200
"""Most files of a ruleset."""


def load(files: Mapping[str, str], labels: Mapping[str, Outcome], *, examples: bool = True) -> Ruleset:
    """Make a ruleset of rule files; raises BadPolicy that tells every fault with file, line, column and hint.

    Takes:
        files: file name → text. Names order the files; line ends and a byte order mark make no difference.
        examples: whether the examples must hold too.
        labels: every label the detectors declare → its ceiling; keep them with a bundle that is kept, to load it again years later.
    """
    labels = {**hits.LABELS, **labels}
    normal = {name: _normal(text) for name, text in sorted(files.items())}
    if not normal:
        raise BadPolicy("the ruleset has no files", "give a folder with at least one `.yaml` file of rules")
    if len(normal) > MOST_FILES or sum(map(len, normal.values())) > LARGEST:
        raise BadPolicy(
            f"the ruleset has more than {MOST_FILES} files or {LARGEST} characters", "leave out what is no rule"
        )
    written, faults = _read(normal)
    faults += check(written, labels)
    if faults:
        raise refuse(faults, normal)
    ruleset = make_ready(written, _version(normal), normal)
    faults = unmet(ruleset, labels) if examples else []
    if faults:
        raise refuse(faults, normal)
    return ruleset


def try_all(files: Mapping[str, str], labels: Mapping[str, Outcome]) -> list[Tried]:
    """Try every example of rule files that hold together otherwise; raises BadPolicy where they do not."""
    return list(tried(load(files, labels, examples=False), {**hits.LABELS, **labels}))


def second_looks(files: Mapping[str, str], today: str, lists: Collection[str] | None = None) -> list[str]:
    """Give, as text with the lines they are about, the warnings on rule files that hold together (see `warn.warnings`)."""
    normal = {name: _normal(text) for name, text in sorted(files.items())}
    return [render(fault, normal) for fault in sorted(warnings(_read(normal)[0], today, lists))]


def _read(normal: Mapping[str, str]) -> tuple[Written, list[Fault]]:
    """Read normalised files; give what they say and what is wrong with how."""
    reader = Reader()
    for name, text in normal.items():
        reader.file(name, text)
    return reader.written(), reader.faults


EXAMPLES = ("tvec",)
"""Rule files that come beside the packaged ruleset, to be copied with it: terrorist and violent extremist content, in full."""


def default_files() -> dict[str, str]:
    """Give the files of the ruleset that comes with Forestall."""
    return _packaged("default")


def example_files(name: str) -> dict[str, str]:
    """Give the files of an example that comes beside it; raises BadPolicy for an unknown one."""
    if name not in EXAMPLES:
        raise BadPolicy(f"there is no example `{name[:64]}`", f"there is {', '.join(EXAMPLES)}")
    return _packaged(name)


def _packaged(name: str) -> dict[str, str]:
    folder = packaged("forestall.policy") / name
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return {name: (folder / name).read_text("utf-8") for name in names}


def files_of(folder: str) -> dict[str, str]:
    """Give the YAML files of a policy folder by name, or the packaged ones where none is named; raises BadPolicy."""
    if not folder:
        return default_files()
    try:
        files = {path.name: path.read_text("utf-8") for path in sorted(Path(folder).glob("*.yaml"))}
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"the policy folder `{folder}` can't be read ({error})", "check its files") from None
    if not files:
        raise BadPolicy(f"the policy folder `{folder}` has no .yaml file", "put the ruleset there")
    return files


def _normal(text: str) -> str:
    """Give a text with line feeds for line ends, one at the end, and no byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


def _version(files: Mapping[str, str]) -> str:
    """Give the SHA-256 of the sorted names and texts."""
    return hashlib.sha256(json.dumps(sorted(files.items()), separators=(",", ":")).encode()).hexdigest()
