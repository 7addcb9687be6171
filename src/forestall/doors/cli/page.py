"""Pages that a command writes: one HTML file that needs nothing else, fetches nothing and runs no script."""

import base64
import hashlib
import os
import tempfile
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from forestall.model.errors import BadInput


def render(template: str, **values: object) -> str:
    """Fill a template of ours. Everything given is escaped; the policy in its head allows its one style sheet and nothing else."""
    folder = files("forestall.doors.cli") / "templates"
    style = (folder / "report.css").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.from_string((folder / template).read_text("utf-8")).render(
        csp=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704 - our own packaged file
        **values,
    )


def write(path: Path, text: str) -> None:
    """Write a page so that it appears whole or not at all; raises BadInput where the place can't be written."""
    try:
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(fresh, path)
    except OSError as error:
        what = f"the page `{path}` can't be written ({error.strerror})"
        raise BadInput(what, "name a file in a folder you can write to") from None
