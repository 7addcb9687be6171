"""A self-contained proof that the ledger of a later checkpoint continues that of an earlier one: nothing before was changed or removed."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from forestall.ledger import checkpoint, tree
from forestall.ledger.checkpoint import Checkpoint
from forestall.model.errors import BadInput, LedgerBroken
from forestall.model.records import LedgerRow

FORMAT = "forestall-ledger-extension/1"
"""What the `format` key of such a proof says."""

_NEXT = "ask for a fresh proof"


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """A proof as handed over."""

    format: str
    earlier: str
    later: str
    path: Annotated[list[str], msgspec.Meta(max_length=64)]


def prove_extension(rows: Iterable[LedgerRow], earlier: str, later: str, verifier_key: str) -> dict[str, Any]:
    """Give the consistency proof (RFC 9162 §2.1.4) between two signed checkpoints, as JSON-able values.

    Takes the ledger's lines from the first on. Raises BadInput where `earlier` is the later one, LedgerBroken where the lines do
    not lead from one to the other: then something that was signed has been changed or removed.
    """
    old, new = checkpoint.verify(earlier, verifier_key), checkpoint.verify(later, verifier_key)
    if old.size > new.size:
        raise BadInput(
            f"the saved checkpoint covers {old.size} lines, the ledger only {new.size}", "run `forestall ledger verify`"
        )
    path = tree.consistency((row.leaf for row in rows), old.size, new.size)
    document = {
        "format": FORMAT,
        "earlier": earlier,
        "later": later,
        "path": [base64.b64encode(item).decode() for item in path],
    }
    verify_extension(document, verifier_key)
    return document


def verify_extension(document: Mapping[str, Any], verifier_key: str) -> tuple[Checkpoint, Checkpoint]:
    """Give the earlier and the later checkpoint, once proven that one continues the other; raises LedgerBroken."""
    try:
        said = msgspec.convert(document, _Document)
        path = [base64.b64decode(item, validate=True) for item in said.path]
    except (msgspec.ValidationError, binascii.Error) as error:
        raise LedgerBroken(f"this is no proof of extension ({error})", _NEXT) from None
    if said.format != FORMAT:
        raise LedgerBroken(f"the proof has the format {said.format!r}, not {FORMAT!r}", _NEXT)
    old, new = checkpoint.verify(said.earlier, verifier_key), checkpoint.verify(said.later, verifier_key)
    if not tree.verify_consistency(old.size, new.size, old.root, new.root, path):
        raise LedgerBroken(
            f"the log of {new.size} lines does not continue the one of {old.size} that was signed before",
            "something that was signed has been changed or removed; keep both checkpoints as evidence",
        )
    return old, new
