"""`forestall ledger`: checks the ledger, proves a line of it to others, and gives its signed checkpoint."""

import json
from pathlib import Path
from typing import TextIO

import click

from forestall.assembly import House
from forestall.doors.cli import exits
from forestall.doors.cli.house import existing, store_option
from forestall.doors.cli.safe import safe
from forestall.ledger import extension
from forestall.ledger.extension import prove_extension
from forestall.ledger.proof import prove as prove_line
from forestall.ledger.proof import verify_proof
from forestall.ledger.report import Report
from forestall.ledger.state import verify_state
from forestall.ledger.verify import verify_log
from forestall.model.errors import BadInput, LedgerBroken, NotFound

_LARGEST_CHECKPOINT = 64 * 1024


@click.group("ledger")
def command() -> None:
    """Check and prove what was recorded.

    Every receipt, decision and human answer is a line in a Merkle tree (RFC 9162) whose root is signed. Keep a checkpoint
    somewhere else, and nobody can change, remove, reorder or cut off a line without being found out.
    """


@command.command(
    "verify",
    epilog="""\b
Examples:
  forestall ledger verify
  forestall ledger verify --checkpoint saved-last-month.txt

\b
Exit status: 0 nothing is wrong, 10 something is, 1 error, 2 wrong use.""",
)
@click.option(
    "--checkpoint",
    "saved",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept elsewhere, which the ledger must continue.",
)
@store_option
def verify(saved: Path | None, folder: str) -> int:
    """Check every line, signature and record; name what was changed, moved, removed or cut off."""
    note = _read(saved) if saved else ""
    with existing(folder) as house:
        store = house.store
        log = verify_log(store.ledger_rows(), store.checkpoints(), _key(house), note)
        state = verify_state(store)
    for report in (log, state):
        _tell(report)
    ok = log.ok and state.ok
    continued = ", and it continues the saved one" if note and ok else ""
    click.echo(f"{log.rows:,} lines, {state.records:,} records and {log.checkpoints:,} checkpoints checked{continued}")
    click.echo(f"root {log.root}")
    click.echo(
        "Nothing is wrong." if ok else f"{_count(log) + _count(state):,} faults: the ledger or store was altered."
    )
    return exits.OK if ok else exits.PERSON


@command.command("prove", epilog="\b\nExample:\n  forestall ledger prove 4711 > proof.json")
@click.argument("asked", metavar="ID")
@store_option
def prove(asked: str, folder: str) -> None:
    """Print a proof, one JSON object per ledger line about ID, that others can check offline.

    ID names a decision, a case, a piece of content or anything else the ledger speaks of. A checker needs the proof and the
    ledger's verifier key (`forestall ledger checkpoint --key`); `forestall ledger check` checks it.
    """
    with existing(folder) as house:
        rows = house.store.ledger_of(asked)
        if not rows:
            raise NotFound(f"the ledger has no line about `{asked}`", "give the id of a decision, case or content")
        note = _newest(house)
        for row in rows:
            proof = prove_line(house.store.ledger_rows(), row.seq, note, _key(house))
            click.echo(json.dumps(proof, ensure_ascii=True))


@command.command("checkpoint", epilog="\b\nExample:\n  forestall ledger checkpoint > saved-elsewhere.txt")
@click.option("--key", is_flag=True, help="Print the verifier key instead, for those who check.")
@store_option
def checkpoint(key: bool, folder: str) -> None:
    """Print the newest signed checkpoint (C2SP tlog-checkpoint). Keep it elsewhere and give it to `verify` later."""
    with existing(folder) as house:
        click.echo(_key(house) if key else _newest(house), nl=key)


@command.command("extend", epilog="\b\nExample:\n  forestall ledger extend saved-last-month.txt > extension.json")
@click.argument("saved", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_option
def extend(saved: Path, folder: str) -> None:
    """Print a proof that the ledger of today continues the checkpoint in SAVED, for whoever keeps that checkpoint."""
    with existing(folder) as house:
        proof = prove_extension(house.store.ledger_rows(), _read(saved), _newest(house), _key(house))
    click.echo(json.dumps(proof, ensure_ascii=True))


@command.command(
    "check",
    epilog="""\b
Example:
  forestall ledger check proof.json --key 'forestall/1a2b3c4d+…'

\b
Exit status: 0 every proof holds, 10 one does not, 2 wrong use.""",
)
@click.argument("proofs", type=click.File("r", encoding="utf-8"))
@click.option("--key", "verifier_key", required=True, help="The ledger's verifier key, got from elsewhere.")
def check(proofs: TextIO, verifier_key: str) -> int:
    """Check proofs made by `prove` or `extend`, one JSON object per line, without the ledger and offline."""
    status = exits.OK
    for number, line in enumerate(proofs, 1):
        try:
            click.echo(f"proof {number}: {safe(_proven(line, verifier_key))}")
        except LedgerBroken as error:
            click.echo(f"proof {number} does not hold: {safe(str(error))}")
            status = exits.PERSON
    return status


def _proven(line: str, verifier_key: str) -> str:
    """Say what one proof proves; raises LedgerBroken."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise LedgerBroken("the line is no JSON object", "give the file that `ledger prove` wrote")
    if document.get("format") == extension.FORMAT:
        old, new = extension.verify_extension(document, verifier_key)
        return f"the log of {new.size:,} lines continues the one of {old.size:,}"
    proven = verify_proof(document, verifier_key)
    event = proven.event
    return f"line {proven.seq:,} of {proven.checkpoint.size:,} is {event.tag} {event.subject} at {event.at}"


def _newest(house: House) -> str:
    """Give the newest checkpoint; raises NotFound where nothing was recorded yet."""
    checkpoints = house.store.checkpoints()
    if not checkpoints:
        raise NotFound("the ledger has no checkpoint yet", "screen something first")
    return checkpoints[-1]


def _key(house: House) -> str:
    """Give the ledger's verifier key."""
    if house.signer is None:
        raise LedgerBroken("this house has no ledger key", "name the data folder with --store DIR")
    return house.signer.verifier_key


def _read(path: Path) -> str:
    """Give a saved checkpoint; raises BadInput where it can't be one."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_CHECKPOINT + 1)
        if len(data) <= _LARGEST_CHECKPOINT:
            return data.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        pass
    raise BadInput(f"`{path}` is no checkpoint", "give the file that `forestall ledger checkpoint` wrote")


def _tell(report: Report) -> None:
    """Print the faults of a report."""
    for fault in report.faults:
        click.echo(f"{fault.kind.value}: {safe(fault.what)}")
    if report.more:
        click.echo(f"… and {report.more:,} more")


def _count(report: Report) -> int:
    return len(report.faults) + report.more
