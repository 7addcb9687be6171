"""Writes the generated pages of `docs/reference/` from the code: `python docs/reference.py`. A test compares them."""

import ast
import inspect
import itertools
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import click

from forestall import __version__
from forestall.assembly import build
from forestall.doors.api.openapi import document
from forestall.doors.cli.main import forestall
from forestall.doors.server import create_app
from forestall.flow import result
from forestall.ledger.checkpoint import Signer
from forestall.model.ids import now
from forestall.model.settings import Settings
from forestall.policy.ruleset import Ruleset
from forestall.store import MemoryStore

HERE = Path(__file__).parent / "reference"
MADE = "<!-- Made by docs/reference.py. Change the code, then run it again. -->\n"


def settings() -> str:
    """Every setting with its default and what it does."""
    source = ast.parse(textwrap.dedent(inspect.getsource(Settings)))
    (body,) = [node.body for node in source.body if isinstance(node, ast.ClassDef)]
    told = {}
    for field, words in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant):
            told[ast.unparse(field.target)] = str(words.value.value)
    lines = [
        "# Settings",
        "",
        "In `forestall.toml`, or in the environment as `FORESTALL_` and the name in capitals.",
        "",
    ]
    for field in fields(Settings):
        default = json.dumps(list(field.default) if isinstance(field.default, tuple) else field.default)
        lines += [f"## `{field.name}`", "", f"{told[field.name]} Default: `{default}`.", ""]
    return "\n".join(lines)


def commands() -> str:
    """Every command with its help."""
    lines = ["# Commands", "", "As `forestall …` in the environment, or `python3 run.py …` from the repository.", ""]

    def tell(command: click.Command, path: str, parent: click.Context | None) -> None:
        sizes = {"max_content_width": 110, "terminal_width": 110}
        context = click.Context(command, parent, path.rpartition(" ")[2], **sizes, **command.context_settings)
        help_text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        lines.extend([f"## `{path}`", "", "```", help_text, "```", ""])
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                if found is not None:
                    tell(found, f"{path} {name}", context)

    tell(forestall, "forestall", None)
    return "\n".join(lines)


def routes() -> str:
    """Every API route from the OpenAPI description."""
    store = MemoryStore(Signer("forestall/docs", bytes(32)), now)
    with build(Settings(), store=store) as house:
        schema = document(create_app(house).routes, __version__)
    lines = ["# Routes", "", "The contract is `/openapi.json`; this page lists what is in it.", ""]
    for path, operations in sorted(schema["paths"].items()):
        for method, operation in sorted(operations.items()):
            answers = ", ".join(f"`{status}`" for status in sorted(operation.get("responses", {})))
            lines += [f"## `{method.upper()} {path}`", "", operation.get("summary", ""), ""]
            if operation.get("description"):
                lines += [str(operation["description"]).strip(), ""]
            lines += [f"Answers: {answers}.", ""]
    return "\n".join(lines)


def shape() -> str:
    """The shape of a screened item with its JSON Schema."""
    schema = json.dumps(result.json_schema(), indent=2, ensure_ascii=False)
    return f"""# The result of screening

One object per item: a line of `forestall screen --format jsonl`, an item of the API's answer. Name and version: `{result.SCHEMA_ID}`.
A change that could break a reader gives a new number; new keys may appear in an object at any time.

- `spans` are character offsets (Unicode code points, end exclusive) into the original text of `part`; `text` is the post itself;
  for a post in HTML that is its visible text.
- `priority` orders items: it is comparable between all items, also between items that pass.
- `versions` names everything that could change the result. Two results with the same content and versions are the same.

```json
{schema}
```
"""


def rules() -> str:
    """The packaged rules and excuses."""
    with build(Settings(), keep=False) as house:
        ruleset: Ruleset = house.screening.ruleset
    lines = ["# Rules of the packaged ruleset", "", "Source: `src/forestall/policy/default/`.", ""]
    for rule in ruleset.rules:
        conditions = "\n".join(condition.source for condition in rule.when)
        lines += [f"## `{rule.id}`", "", f"{rule.title}. Asks for `{rule.outcome}`.", "", "```", conditions, "```", ""]
    lines += ["# Excuses", ""]
    for pardon in ruleset.pardons:
        labels = ", ".join(f"`{label}`" for label in pardon.excuses)
        lines += [f"## `{pardon.name}`", "", f"{pardon.text} Excuses {labels}.", ""]
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings,
    "commands.md": commands,
    "routes.md": routes,
    "result.md": shape,
    "rules.md": rules,
}


def page(name: str) -> str:
    """Give one generated page."""
    title, _, rest = PAGES[name]().partition("\n")
    return re.sub(r"\n{3,}", "\n\n", f"{title}\n\n{MADE}{rest}").rstrip() + "\n"


if __name__ == "__main__":
    for name in PAGES:
        (HERE / name).write_text(page(name), "utf-8")
