"""A self-contained proof that one entry is in the ledger: whoever has the verifier key can check it, without us and offline."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from forestall.ledger import checkpoint, tree
from forestall.ledger.checkpoint import Checkpoint
from forestall.ledger.entry import leaf_hash, parse
from forestall.model.errors import LedgerBroken, NotFound
from forestall.model.records import Event, LedgerRow

FORMAT = "forestall-ledger-proof/1"
"""What the `format` key of a proof says."""

_NEXT = "ask for a fresh proof"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof proves: that `event` stands at `seq` in the log that `checkpoint` signs."""

    seq: int
    event: Event
    checkpoint: Checkpoint


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """A proof as handed over."""

    format: str
    entry: Annotated[str, msgspec.Meta(max_length=1 << 20)]
    seq: Annotated[int, msgspec.Meta(ge=0)]
    size: Annotated[int, msgspec.Meta(ge=1)]
    path: Annotated[list[str], msgspec.Meta(max_length=63)]
    checkpoint: str


def prove(rows: Iterable[LedgerRow], seq: int, note: str, verifier_key: str) -> dict[str, Any]:
    """Give the proof, as JSON-able values, that line `seq` is under the signed checkpoint `note`.

    Takes the ledger's lines from the first on; reads as many as the checkpoint covers. Raises NotFound where the checkpoint
    does not cover the line, LedgerBroken where the lines are not what was signed.
    """
    signed = checkpoint.verify(note, verifier_key)
    if not 0 <= seq < signed.size:
        raise NotFound(
            f"the checkpoint of {signed.size} ledger lines does not cover line {seq}", "take a newer checkpoint"
        )
    found: list[bytes] = []

    def leaves() -> Iterator[bytes]:
        for row in rows:
            if row.seq == seq:
                found.append(row.entry)
            yield row.leaf

    source = leaves()
    path = tree.inclusion(source, seq, signed.size)
    for _ in source:  # the path to the last line leads past it
        if found:
            break
    if not found:
        raise LedgerBroken(f"ledger line {seq} is missing", "run `forestall ledger verify`")
    document = {
        "format": FORMAT,
        "entry": found[0].decode("utf-8", "replace"),
        "seq": seq,
        "size": signed.size,
        "path": [base64.b64encode(item).decode() for item in path],
        "checkpoint": note,
    }
    verify_proof(document, verifier_key)
    return document


def verify_proof(document: Mapping[str, Any], verifier_key: str) -> Proven:
    """Give what a proof proves; raises LedgerBroken where it proves nothing."""
    try:
        said = msgspec.convert(document, _Document)
        path = [base64.b64decode(item, validate=True) for item in said.path]
        entry = said.entry.encode()
    except (msgspec.ValidationError, binascii.Error, ValueError) as error:
        raise LedgerBroken(f"this is not a ledger proof ({error})", _NEXT) from None
    if said.format != FORMAT:
        raise LedgerBroken(f"the proof has the format {said.format!r}, not {FORMAT!r}", _NEXT)
    signed = checkpoint.verify(said.checkpoint, verifier_key)
    if said.size != signed.size:
        raise LedgerBroken(f"the proof is for {said.size} ledger lines, its checkpoint for {signed.size}", _NEXT)
    seq, event = parse(entry)
    if seq != said.seq:
        raise LedgerBroken(f"the proof is for line {said.seq}, its entry for line {seq}", _NEXT)
    if not tree.verify_inclusion(leaf_hash(entry), seq, signed.size, path, signed.root):
        raise LedgerBroken(f"the path does not lead from ledger line {seq} to the signed root", _NEXT)
    return Proven(seq, event, signed)
