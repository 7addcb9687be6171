"""`forestall schema`: the JSON Schema of one screened item."""

import json

import click

from forestall.flow.result import json_schema


@click.command("schema", epilog="\b\nExample:\n  forestall schema > result.schema.json")
def command() -> None:
    """Print the JSON Schema (2020-12) of one line of `screen --format jsonl` and of the API's answers."""
    click.echo(json.dumps(json_schema(), indent=2))
